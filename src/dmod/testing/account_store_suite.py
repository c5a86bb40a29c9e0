# ruff: noqa: D102 - the names of tests say what they test
"""What every store of accounts must do: tests to subclass, shipped for authors of other stores.

Give a fixture that returns an empty store, and where it can be opened twice, say how::

    class TestMyAccounts(AccountStoreSuite):
        @pytest.fixture
        def store(self, tmp_path):
            return MyAccounts(...)

        def opened_again(self, store): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dmod.accounts.audit import AuditEntry, AuditQuery, Outcome
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.secret import digest_of, new_token
from dmod.accounts.store.port import AccountStore
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.errors import AlreadyExists, ConflictError, NotFoundError
from dmod.testing.store_suite import at_once

AT = datetime(2024, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WORKERS = 12


def entry_of(action: str = "trial", **more: object) -> AuditEntry:
    """Return an entry for the log."""
    ordinary = AuditEntry(AT, "alice", action, "target", Outcome.DONE, "10.0.0.1", "r-1")
    return replace(ordinary, **more)  # type: ignore[arg-type]


def add_user(store: AccountStore, name: str, role: Role = Role.USER, **more: object) -> User:
    """Add a user and return it."""
    user = replace(User(name, role, AT), **more)  # type: ignore[arg-type]
    store.add_user(user, entry_of("user:create", target=name))
    return user


def add_token(store: AccountStore, user: str, **more: object) -> tuple[Token, bytes]:
    """Add a token; return it and the hash of its text."""
    token_id, secret = new_token()
    ordinary = Token(token_id, user, "for trials", ROLE_SCOPES[Role.USER], AT)
    token = replace(ordinary, **more)  # type: ignore[arg-type]
    store.add_token(token, digest_of(secret), entry_of("token:issue", target=token.id))
    return token, digest_of(secret)


def actions(store: AccountStore) -> list[str]:
    """Return the actions in the log, the earliest first."""
    return [entry.action for entry in reversed(store.audit(AuditQuery(limit=1000)).entries)]


class AccountStoreSuite:
    """Tests of an `AccountStore`; override the fixture."""

    @pytest.fixture
    def store(self) -> Iterator[AccountStore]:
        """Return an empty store."""
        raise NotImplementedError

    def opened_again(self, store: AccountStore) -> AccountStore:
        """Return another store that works on the same data, as another process would have it."""
        return store

    # Users

    def test_user_comes_back_as_it_was_added(self, store: AccountStore) -> None:
        quota = {"jobs": 3, "nested": {"bytes": 1.5, "none": None, "list": ["ä", True]}}
        alice = add_user(store, "alice", Role.ADMIN, quota=quota)
        bob = add_user(store, "bob@example.org", Role.VIEWER, disabled=AT + MINUTE)
        other = self.opened_again(store)
        assert [other.user("alice"), other.user("bob@example.org")] == [alice, bob]

    def test_user_that_is_absent_is_not_found(self, store: AccountStore) -> None:
        add_user(store, "alice")
        for name in ("bob", "Alice", "", "alic", "a%", "*"):
            with pytest.raises(NotFoundError):
                store.user(name)
            with pytest.raises(NotFoundError):
                store.change_user(name, lambda user: user, entry_of("user:change"))
        assert actions(store) == ["user:create"]

    def test_user_that_exists_is_not_added_again(self, store: AccountStore) -> None:
        alice = add_user(store, "alice")
        with pytest.raises(AlreadyExists, match="alice"):
            add_user(store, "alice", Role.ADMIN)
        assert store.user("alice") == alice
        assert actions(store) == ["user:create"]

    def test_user_added_by_many_at_once_has_one_winner(self, store: AccountStore) -> None:
        stores = [store, self.opened_again(store)]
        results = at_once(lambda number: add_user(stores[number % 2], "alice", quota={"n": number}), WORKERS)
        winners = [result for result in results if isinstance(result, User)]
        assert sum(isinstance(result, AlreadyExists) for result in results) == WORKERS - 1
        assert [store.user("alice")] == winners
        assert actions(store) == ["user:create"]

    def test_users_are_listed_by_name_in_pages(self, store: AccountStore) -> None:
        for name in ("b", "B", "a-1", "a_1", "a.1", "c", "A"):
            add_user(store, name)
        names = [user.name for user in store.users()]
        assert names == sorted(names) == ["A", "B", "a-1", "a.1", "a_1", "b", "c"]
        assert [user.name for user in store.users("a.1", limit=2)] == ["a_1", "b"]
        assert store.users("c") == ()

    def test_user_is_changed_and_the_log_tells(self, store: AccountStore) -> None:
        add_user(store, "alice")
        changed = store.change_user(
            "alice",
            lambda user: replace(user, role=Role.VIEWER, disabled=AT, quota={"jobs": 1}),
            entry_of("user:change"),
        )
        assert changed == User("alice", Role.VIEWER, AT, AT, {"jobs": 1})
        assert self.opened_again(store).user("alice") == changed
        assert actions(store) == ["user:create", "user:change"]

    def test_user_keeps_the_name_whatever_the_change(self, store: AccountStore) -> None:
        add_user(store, "alice")
        assert store.change_user("alice", lambda user: replace(user, name="bob"), entry_of()).name == "alice"
        assert [user.name for user in store.users()] == ["alice"]

    def test_changes_of_a_user_at_once_all_count(self, store: AccountStore) -> None:
        add_user(store, "alice", quota={"n": 0})
        stores = [store, self.opened_again(store)]

        def count(user: User) -> User:
            return replace(user, quota={"n": user.quota["n"] + 1})

        at_once(lambda number: stores[number % 2].change_user("alice", count, entry_of("count")), WORKERS)
        assert store.user("alice").quota == {"n": WORKERS}
        assert actions(store).count("count") == WORKERS

    @pytest.mark.parametrize("change", [{"role": Role.USER}, {"disabled": AT}])
    def test_last_administrator_stays(self, store: AccountStore, change: dict[str, object]) -> None:
        alice = add_user(store, "alice", Role.ADMIN)
        add_user(store, "bob")
        add_user(store, "carol", Role.ADMIN, disabled=AT)

        def step_down(user: User) -> User:
            return replace(user, **change)  # type: ignore[arg-type]

        with pytest.raises(ConflictError, match="alice"):
            store.change_user("alice", step_down, entry_of("user:change"))
        assert store.user("alice") == alice
        assert "user:change" not in actions(store)
        store.change_user("bob", step_down, entry_of())  # was none
        store.change_user("bob", lambda user: User("bob", Role.ADMIN, AT), entry_of())
        store.change_user("alice", step_down, entry_of())
        store.change_user("alice", lambda user: replace(user, quota={"jobs": 1}), entry_of())

    def test_administrators_who_step_down_at_once_leave_one(self, store: AccountStore) -> None:
        names = [f"admin-{number}" for number in range(WORKERS)]
        for name in names:
            add_user(store, name, Role.ADMIN)
        stores = [store, self.opened_again(store)]

        def step_down(number: int) -> User:
            # each lets another go
            name = names[(number + 1) % WORKERS]
            return stores[number % 2].change_user(name, lambda u: replace(u, disabled=AT), entry_of())

        results = at_once(step_down, WORKERS)
        assert sum(isinstance(result, ConflictError) for result in results) == 1
        assert sum(user.disabled is None for user in store.users()) == 1

    # Tokens

    def test_token_comes_back_as_it_was_added(self, store: AccountStore) -> None:
        alice = add_user(store, "alice")
        token, digest = add_token(
            store,
            "alice",
            name="für Ünis",
            scopes=frozenset({Scope.JOBS_READ, Scope.ADMIN}),
            expires=AT + MINUTE,
            last_used=AT + 2 * MINUTE,
            revoked=AT + 3 * MINUTE,
        )
        plain, _ = add_token(store, "alice", scopes=frozenset())
        other = self.opened_again(store)
        found = other.credential(token.id)
        assert found is not None
        assert (found.token, found.user, found.digest) == (token, alice, digest)
        assert digest.hex() not in repr(found)
        assert other.tokens() == tuple(sorted([token, plain], key=lambda one: one.id))

    def test_token_that_is_absent_is_none(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, _ = add_token(store, "alice")
        for token_id in ("", "-", token.id[:-1], token.id.upper(), "%"):
            assert store.credential(token_id) is None
            assert not store.touch_token(token_id, AT, MINUTE)
            with pytest.raises(NotFoundError):
                store.revoke_token(token_id, AT, entry_of("token:revoke"))
        assert "token:revoke" not in actions(store)

    def test_token_of_nobody_is_refused(self, store: AccountStore) -> None:
        with pytest.raises(NotFoundError, match="bob"):
            add_token(store, "bob")
        assert store.tokens() == ()
        assert actions(store) == []

    def test_token_id_that_is_taken_is_refused(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, digest = add_token(store, "alice")
        with pytest.raises(AlreadyExists, match=token.id):
            store.add_token(replace(token, name="other"), bytes(32), entry_of("again"))
        found = store.credential(token.id)
        assert found is not None
        assert (found.token, found.digest) == (token, digest)
        assert "again" not in actions(store)

    def test_tokens_are_listed_by_user_in_the_order_of_making(self, store: AccountStore) -> None:
        for name in ("alice", "bob"):
            add_user(store, name)
        later, _ = add_token(store, "alice", created=AT + MINUTE)
        first, _ = add_token(store, "alice")
        other, _ = add_token(store, "bob", created=AT + 2 * MINUTE)
        assert store.tokens("alice") == (first, later)
        assert store.tokens("bob") == (other,)
        assert store.tokens("carol") == ()
        assert store.tokens() == (first, later, other)

    def test_token_shows_its_user_as_it_is_now(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, _ = add_token(store, "alice")
        changed = store.change_user("alice", lambda user: replace(user, disabled=AT), entry_of())
        found = store.credential(token.id)
        assert found is not None
        assert found.user == changed

    def test_revoked_token_stays_as_it_was_revoked_first(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, _ = add_token(store, "alice")
        other, _ = add_token(store, "alice")
        revoked = store.revoke_token(token.id, AT + MINUTE, entry_of("token:revoke"))
        assert revoked == replace(token, revoked=AT + MINUTE)
        assert store.revoke_token(token.id, AT + 2 * MINUTE, entry_of("token:revoke")) == revoked
        assert set(self.opened_again(store).tokens()) == {revoked, other}
        assert actions(store).count("token:revoke") == 1

    def test_use_of_a_token_is_noted_at_most_once_a_minute(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, _ = add_token(store, "alice")
        other, _ = add_token(store, "alice")
        seconds = [0, 1, 59, 59.999999, 60, 61, 119, 120.5]
        noted = [store.touch_token(token.id, AT + timedelta(seconds=s), MINUTE) for s in seconds]
        assert noted == [True, False, False, False, True, False, False, True]
        assert set(store.tokens()) == {replace(token, last_used=AT + timedelta(seconds=120.5)), other}

    def test_use_of_a_token_by_many_at_once_is_noted_once(self, store: AccountStore) -> None:
        add_user(store, "alice")
        token, _ = add_token(store, "alice")
        stores = [store, self.opened_again(store)]
        noted = at_once(lambda number: stores[number % 2].touch_token(token.id, AT, MINUTE), WORKERS)
        assert sorted(noted) == [False] * (WORKERS - 1) + [True]

    # The audit log

    def test_entry_comes_back_as_it_was_recorded(self, store: AccountStore) -> None:
        entry = AuditEntry(
            AT,
            "alice",
            "job:cancel",
            "job-1",
            Outcome.REFUSED,
            "2001:db8::1",
            "r-7",
            "only hers, wünscht „er“",
        )
        store.record(entry)
        (found,) = self.opened_again(store).audit(AuditQuery()).entries
        assert found == replace(entry, sequence=found.sequence)
        assert found.sequence > 0

    def test_entries_come_newest_first_in_pages(self, store: AccountStore) -> None:
        for number in range(7):
            # their times are those of several machines, and may go back
            store.record(entry_of(detail=str(number), at=AT - number * MINUTE))
        query, pages = AuditQuery(limit=3), []
        while True:
            page = store.audit(query)
            pages.append([entry.detail for entry in page.entries])
            if not page.next:
                break
            store.record(entry_of("later"))  # does not move what was not seen yet
            query = replace(query, before=page.next)
        assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]

    def test_page_that_is_full_and_last_says_so(self, store: AccountStore) -> None:
        for _ in range(3):
            store.record(entry_of())
        assert store.audit(AuditQuery(limit=3)).next == 0
        assert store.audit(AuditQuery(limit=2)).next > 0
        assert store.audit(AuditQuery(actor="nobody")) == replace(
            store.audit(AuditQuery()), entries=(), next=0
        )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("actor", "bob"),
            ("address", "10.0.0.2"),
            ("action", "job:cancel"),
            ("target", "job-2"),
            ("request", "r-2"),
            ("outcome", Outcome.FAILED),
        ],
    )
    def test_entries_are_found_by_each_of_their_texts(
        self, store: AccountStore, name: str, value: str
    ) -> None:
        store.record(entry_of(detail="plain"))
        store.record(entry_of(detail="wanted", **{name: value}))
        store.record(entry_of(detail="plain"))
        found = store.audit(replace(AuditQuery(), **{name: value}))  # type: ignore[arg-type]
        assert [entry.detail for entry in found.entries] == ["wanted"]

    def test_entries_are_found_by_time_half_open(self, store: AccountStore) -> None:
        for number in range(5):
            store.record(entry_of(detail=str(number), at=AT + number * MINUTE))
        query = AuditQuery(begin=AT + MINUTE, end=AT + 3 * MINUTE)
        assert [entry.detail for entry in store.audit(query).entries] == ["2", "1"]
        assert [e.detail for e in store.audit(replace(query, end=None, limit=2)).entries] == ["4", "3"]

    def test_entries_of_before_a_time_are_forgotten(self, store: AccountStore) -> None:
        for number in range(5):
            store.record(entry_of(detail=str(number), at=AT + number * MINUTE))
        last = store.audit(AuditQuery()).entries[0].sequence
        assert store.prune_audit(AT + 3 * MINUTE) == 3
        assert store.prune_audit(AT + 3 * MINUTE) == 0
        assert [entry.detail for entry in store.audit(AuditQuery()).entries] == ["4", "3"]
        assert store.prune_audit(AT + 9 * MINUTE) == 2
        store.record(entry_of())
        assert store.audit(AuditQuery()).entries[0].sequence > last

    def test_entries_recorded_by_many_at_once_are_all_there(self, store: AccountStore) -> None:
        stores = [store, self.opened_again(store)]
        at_once(lambda number: stores[number % 2].record(entry_of(detail=str(number))), WORKERS)
        found = store.audit(AuditQuery()).entries
        assert sorted(int(entry.detail) for entry in found) == list(range(WORKERS))
        assert len({entry.sequence for entry in found}) == WORKERS
