"""Users and tokens of a server, and what its audit log tells of them."""

from __future__ import annotations

import itertools
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from dmod.accounts.audit import AuditQuery, Outcome
from dmod.accounts.permission import Permission
from dmod.accounts.principal import Caller, Principal
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.secret import Secret, id_of, new_token
from dmod.accounts.store.memory import MemoryAccounts
from dmod.accounts.store.opening import open_accounts
from dmod.accounts.user import User
from dmod.errors import (
    AlreadyExists,
    ConflictError,
    IndexFailure,
    InputError,
    NotAuthenticated,
    NotFoundError,
    NotPermitted,
    QuotaExceeded,
    StoreError,
)
from dmod.services.accounts import MOST_TOKENS, RETENTION, AccountService
from dmod.services.local_token import LOCAL, local_token, read_local_token, system_user

AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """Return a store; what matters must not depend on which."""
    store = MemoryAccounts() if request.param == "memory" else open_accounts(str(tmp_path / "a.sqlite"))
    yield store
    store.close()


@pytest.fixture
def accounts(store, clock):
    return AccountService(store, clock)


ROOT = Caller(Principal("root", Role.ADMIN, ROLE_SCOPES[Role.ADMIN], LOCAL), "10.0.0.9", "r-0")


def enter(accounts, name, role=Role.USER, **more):
    """Make a user and a token; return them as who calls, and the token's text."""
    accounts.create_user(ROOT, name, role)
    issued = accounts.issue_token(ROOT, "first", user=name, **more)
    return Caller(accounts.authenticate(issued.secret), "10.0.0.1", "r-1"), issued


def told(accounts, **query):
    """Return what the audit log tells, the earliest first."""
    entries = accounts.store.audit(AuditQuery(limit=1000, **query)).entries
    return [(e.actor, e.action, e.target, e.outcome.value, e.detail) for e in reversed(entries)]


# Who asks


def test_token_authenticates_its_user(accounts):
    accounts.create_user(ROOT, "alice")
    issued = accounts.issue_token(ROOT, "laptop", user="alice", scopes=[Scope.JOBS_READ], lifetime=DAY)
    expected = Principal("alice", Role.USER, frozenset({Scope.JOBS_READ}), issued.token.id, AT + DAY)
    assert accounts.authenticate(issued.secret) == expected
    assert accounts.authenticate(issued.secret.reveal()) == expected
    assert told(accounts, action="authenticate") == []


def forged(text: str) -> str:
    return text[:-1] + ("a" if text[-1] != "a" else "b")


def test_token_that_is_not_valid_is_refused_in_the_same_words_and_the_log_says_why(accounts, clock):
    texts = {}
    by, issued = enter(accounts, "alice", lifetime=10 * DAY)
    texts["wrong secret"] = forged(issued.secret.reveal())
    texts["unknown id"] = new_token()[1].reveal()
    revoked = accounts.issue_token(by, "other")
    accounts.revoke_token(by, revoked.token.id)
    texts["revoked"] = revoked.secret.reveal()
    _, disabled = enter(accounts, "bob")
    texts["user disabled"] = disabled.secret.reveal()
    accounts.disable_user(ROOT, "bob")
    _, expired = enter(accounts, "carol", lifetime=DAY)
    texts["expired"] = expired.secret.reveal()
    texts["no token"] = "hunter2"
    clock.now = AT + DAY
    messages = set()
    for text in texts.values():
        with pytest.raises(NotAuthenticated) as caught:
            accounts.authenticate(text, address="10.0.0.7", request="r-5")
        messages.add(str(caught.value))
        assert caught.value.__cause__ is None
    assert len(messages) == 1
    found = told(accounts, action="authenticate", address="10.0.0.7", request="r-5")
    assert [detail for *_, detail in found] == list(texts)
    assert {outcome for *_, outcome, _ in found} == {"refused"}
    actors = dict(zip(texts, (actor for actor, *_ in found), strict=True))
    # who shows a wrong secret is nobody, though the id is known
    assert actors == {
        "wrong secret": "", "unknown id": "", "revoked": "alice", "user disabled": "bob",
        "expired": "carol", "no token": "",
    }  # fmt: skip
    assert found[0][2] == issued.token.id
    assert found[-1][2] == ""


@pytest.mark.parametrize(
    "text", ["", "dmod_", "Bearer x", "dmod_abcdefghijkl_\ud800", "\x00", "x" * 100_000], ids=ascii
)
def test_text_that_is_no_token_is_refused(accounts, text):
    with pytest.raises(NotAuthenticated):
        accounts.authenticate(text)
    ((actor, _, target, _, detail),) = told(accounts)
    assert (actor, target, detail) == ("", "", "no token")


def test_every_refusal_does_the_same_work(clock):
    class Counting(MemoryAccounts):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[str] = []

        def credential(self, token_id):
            self.calls.append("credential")
            return super().credential(token_id)

        def record(self, entry):
            self.calls.append("record")
            super().record(entry)

    counting = Counting()
    service = AccountService(counting, clock)
    _, issued = enter(service, "alice", lifetime=DAY)
    clock.now = AT + 2 * DAY
    done = []
    for text in ("nothing", new_token()[1], forged(issued.secret.reveal()), issued.secret):
        counting.calls.clear()
        with pytest.raises(NotAuthenticated):
            service.authenticate(text)
        done.append(tuple(counting.calls))
    assert set(done) == {("credential", "record")}


def test_scopes_shrink_with_the_role_and_come_back(accounts):
    _, issued = enter(accounts, "alice")
    accounts.set_role(ROOT, "alice", Role.VIEWER)
    assert accounts.authenticate(issued.secret).scopes == {Scope.JOBS_READ, Scope.DATA_READ}
    accounts.set_role(ROOT, "alice", Role.ADMIN)
    assert accounts.authenticate(issued.secret).scopes == set(Scope) - {Scope.ADMIN}


def test_disabled_user_is_let_in_again_when_enabled(accounts):
    _, issued = enter(accounts, "alice")
    assert accounts.disable_user(ROOT, "alice").disabled == AT
    with pytest.raises(NotAuthenticated):
        accounts.authenticate(issued.secret)
    assert accounts.enable_user(ROOT, "alice").disabled is None
    assert accounts.authenticate(issued.secret).user == "alice"


def test_user_disabled_twice_is_so_since_the_first_time(accounts, clock):
    accounts.create_user(ROOT, "alice")
    accounts.disable_user(ROOT, "alice")
    clock.now = AT + DAY
    assert accounts.disable_user(ROOT, "alice").disabled == AT


def test_use_of_a_token_is_noted_once_a_minute(accounts, clock):
    _, issued = enter(accounts, "alice")
    noted = []
    for seconds in (1, 59, 60, 100, 125):
        clock.now = AT + timedelta(seconds=seconds)
        accounts.authenticate(issued.secret)
        noted.append((accounts.store.tokens("alice")[0].last_used - AT).total_seconds())
    assert noted == [0, 0, 60, 60, 125]


def test_token_that_is_refused_is_not_noted_as_used(accounts):
    accounts.create_user(ROOT, "alice")
    issued = accounts.issue_token(ROOT, "first", user="alice")
    with pytest.raises(NotAuthenticated):
        accounts.authenticate(forged(issued.secret.reveal()))
    assert accounts.store.tokens("alice")[0].last_used is None


def test_busy_database_turns_nobody_away_for_noting_the_use(clock):
    class Busy(MemoryAccounts):
        def touch_token(self, token_id, at, every):
            raise IndexFailure("busy", retryable=True)

    service = AccountService(Busy(), clock)
    by, _ = enter(service, "alice")
    assert by.principal.user == "alice"


# Users


def test_user_is_made_and_the_log_tells_by_whom(accounts):
    user = accounts.create_user(ROOT, "alice", Role.VIEWER, {"jobs": 2})
    assert user == User("alice", Role.VIEWER, AT, None, {"jobs": 2})
    assert accounts.user(ROOT, "alice") == user
    (entry,) = accounts.store.audit(AuditQuery()).entries
    assert (entry.actor, entry.action, entry.target) == ("root", "user:create", "alice")
    assert (entry.address, entry.request, entry.at, entry.outcome) == ("10.0.0.9", "r-0", AT, Outcome.DONE)


def test_act_on_users_is_refused_to_all_but_administrators(accounts):
    by, _ = enter(accounts, "alice")
    narrow = Caller(Principal("root", Role.ADMIN, ROLE_SCOPES[Role.USER], "t"))
    before = accounts.store.users()
    acts = [
        lambda who: accounts.create_user(who, "bob"),
        lambda who: accounts.set_role(who, "alice", Role.ADMIN),
        lambda who: accounts.set_quota(who, "alice", {"jobs": 1_000}),
        lambda who: accounts.disable_user(who, "alice"),
        lambda who: accounts.enable_user(who, "nobody"),
    ]
    for act, who in itertools.product(acts, (by, narrow)):
        with pytest.raises(NotPermitted):
            act(who)
    assert accounts.store.users() == before
    refused = told(accounts, outcome=Outcome.REFUSED)
    assert len(refused) == 2 * len(acts)
    assert {actor for actor, *_ in refused} == {"alice", "root"}
    assert ("alice", "user:change", "alice", "refused", "role admin") in refused


def test_act_that_fails_is_told_and_changes_nothing(accounts):
    accounts.create_user(ROOT, "alice", Role.ADMIN)
    for act, error in [
        (lambda: accounts.create_user(ROOT, "alice"), AlreadyExists),
        (lambda: accounts.create_user(ROOT, "a b"), InputError),
        (lambda: accounts.set_role(ROOT, "nobody", Role.USER), NotFoundError),
        (lambda: accounts.set_role(ROOT, "alice", Role.USER), ConflictError),
        (lambda: accounts.set_quota(ROOT, "alice", {"a": object()}), InputError),
    ]:
        with pytest.raises(error):
            act()
    assert [outcome for *_, outcome, _ in told(accounts)] == ["done"] + ["failed"] * 5
    assert accounts.store.users() == (User("alice", Role.ADMIN, AT),)


def test_users_are_seen_by_administrators_and_themselves(accounts):
    by, _ = enter(accounts, "bob", Role.VIEWER)
    accounts.create_user(ROOT, "alice")
    assert [user.name for user in accounts.users(ROOT)] == ["alice", "bob"]
    assert [user.name for user in accounts.users(by)] == ["bob"]
    assert accounts.users(by, after="bob") == ()
    assert accounts.user(by, "bob").name == "bob"
    said = []
    for name in ("alice", "zoe"):  # there is one, and none
        with pytest.raises(NotFoundError) as caught:
            accounts.user(by, name)
        said.append(str(caught.value).replace(name, "NAME"))
    assert said[0] == said[1]


def test_quota_is_the_users_own(accounts):
    accounts.create_user(ROOT, "alice")
    assert accounts.set_quota(ROOT, "alice", {"jobs": 7}).quota == {"jobs": 7}
    assert accounts.store.user("alice").quota == {"jobs": 7}


# Tokens


def test_token_is_issued_with_all_scopes_of_the_role_for_ninety_days(accounts):
    accounts.create_user(ROOT, "alice", Role.VIEWER)
    issued = accounts.issue_token(ROOT, "laptop", user="alice")
    token = issued.token
    assert (token.user, token.name, token.created, token.expires) == ("alice", "laptop", AT, AT + 90 * DAY)
    assert token.scopes == ROLE_SCOPES[Role.VIEWER]
    assert id_of(issued.secret) == token.id
    assert issued.secret.reveal() not in repr(issued) + str(told(accounts))
    assert told(accounts, action="token:issue") == [
        ("root", "token:issue", "alice", "done", f"{token.id} laptop: data:read jobs:read")
    ]


def test_own_token_has_no_scope_and_no_life_beyond_that_in_use(accounts):
    by, _ = enter(accounts, "alice", scopes=[Scope.JOBS_READ, Scope.JOBS_WRITE], lifetime=10 * DAY)
    issued = accounts.issue_token(by, "second", lifetime=None)
    assert issued.token.scopes == {Scope.JOBS_READ, Scope.JOBS_WRITE}
    assert issued.token.expires == AT + 10 * DAY
    with pytest.raises(NotPermitted, match="data:read"):
        accounts.issue_token(by, "third", scopes=[Scope.DATA_READ])
    assert len(accounts.tokens(by)) == 2


def test_administrators_own_token_has_no_scope_beyond_that_in_use(accounts):
    by, _ = enter(accounts, "alice", Role.ADMIN, scopes=[Scope.ADMIN])
    with pytest.raises(NotPermitted, match="jobs:write"):
        accounts.issue_token(by, "second", scopes=[Scope.JOBS_WRITE])


def test_token_wider_than_the_role_is_refused_even_to_administrators(accounts):
    accounts.create_user(ROOT, "alice", Role.VIEWER)
    with pytest.raises(NotPermitted, match="jobs:write"):
        accounts.issue_token(ROOT, "x", user="alice", scopes=[Scope.JOBS_READ, Scope.JOBS_WRITE])
    assert accounts.store.tokens() == ()


def test_token_of_another_is_issued_by_administrators_only(accounts):
    by, _ = enter(accounts, "alice")
    viewer, _ = enter(accounts, "victor", Role.VIEWER)
    for who, user in ((by, "victor"), (by, "nobody"), (viewer, "victor"), (viewer, "")):
        with pytest.raises(NotPermitted):
            accounts.issue_token(who, "x", user=user)
    with pytest.raises(NotFoundError):
        accounts.issue_token(ROOT, "x", user="nobody")
    accounts.disable_user(ROOT, "alice")
    with pytest.raises(ConflictError, match="disabled"):
        accounts.issue_token(ROOT, "x", user="alice")
    assert len(accounts.store.tokens()) == 2


def test_tokens_of_a_user_are_limited_to_so_many_valid_ones(accounts, clock):
    accounts.create_user(ROOT, "alice")
    made = [accounts.issue_token(ROOT, "x", user="alice", lifetime=DAY) for _ in range(MOST_TOKENS)]
    with pytest.raises(QuotaExceeded):
        accounts.issue_token(ROOT, "x", user="alice")
    accounts.revoke_token(ROOT, made[0].token.id)
    accounts.issue_token(ROOT, "x", user="alice")
    clock.now = AT + DAY
    accounts.issue_token(ROOT, "x", user="alice")


def test_tokens_are_listed_for_their_user_and_administrators(accounts):
    by, issued = enter(accounts, "alice")
    other, _ = enter(accounts, "bob", Role.VIEWER)
    assert [token.id for token in accounts.tokens(by)] == [issued.token.id]
    assert [token.id for token in accounts.tokens(ROOT, "alice")] == [issued.token.id]
    assert accounts.tokens(other, "alice") == ()
    assert [token.user for token in accounts.tokens(other)] == ["bob"]


def test_token_is_revoked_by_id_or_text(accounts, clock):
    by, issued = enter(accounts, "alice")
    second = accounts.issue_token(by, "second")
    clock.now = AT + MINUTE
    assert accounts.revoke_token(by, second.token.id).revoked == AT + MINUTE
    clock.now = AT + 2 * MINUTE
    assert accounts.revoke_token(by, second.secret.reveal()).revoked == AT + MINUTE
    assert accounts.revoke_token(ROOT, issued.secret.reveal()).revoked == AT + 2 * MINUTE
    for text in (issued.secret, second.secret):
        with pytest.raises(NotAuthenticated):
            accounts.authenticate(text)


def test_token_that_one_may_not_see_cannot_be_told_from_none(accounts):
    by, issued = enter(accounts, "alice")
    other, _ = enter(accounts, "bob")
    said = []
    for token_id in (issued.token.id, "abcdefghijkl"):
        with pytest.raises(NotFoundError) as caught:
            accounts.revoke_token(other, token_id)
        said.append(str(caught.value).replace(token_id, "ID"))
    assert said[0] == said[1]
    assert accounts.authenticate(issued.secret) == by.principal


def test_viewer_does_not_revoke(accounts):
    viewer, issued = enter(accounts, "victor", Role.VIEWER)
    with pytest.raises(NotPermitted):
        accounts.revoke_token(viewer, issued.token.id)
    assert accounts.authenticate(issued.secret) == viewer.principal


# The audit log


def test_log_is_read_by_administrators_only(accounts):
    by, _ = enter(accounts, "alice")
    accounts.record(by, Permission.JOB_CHANGE, "job-1", Outcome.REFUSED, "of bob")
    with pytest.raises(NotPermitted):
        accounts.audit(by, AuditQuery())
    (entry,) = accounts.audit(ROOT, AuditQuery(actor="alice")).entries
    assert (entry.action, entry.target, entry.detail) == ("job:change", "job-1", "of bob")
    assert (entry.address, entry.request, entry.outcome) == ("10.0.0.1", "r-1", Outcome.REFUSED)


def test_log_is_kept_as_long_as_it_is_to_be(store, clock):
    accounts = AccountService(store, clock, retention=10 * DAY)
    for number in range(4):
        clock.now = AT + number * DAY
        accounts.record(ROOT, "trial", str(number))
    clock.now = AT + 12 * DAY
    assert accounts.prune_audit() == 2
    assert [target for _, _, target, *_ in told(accounts)] == ["2", "3"]
    assert AccountService(store, clock).retention == RETENTION


# The token of a local server


def test_first_start_makes_administrator_token_and_file(accounts, tmp_path):
    home = tmp_path / "home"
    secret = local_token(accounts, home)
    path = home / "token"
    assert path.read_text() == secret.reveal() + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    principal = accounts.authenticate(secret)
    assert (principal.user, principal.role, principal.expires) == (system_user(), Role.ADMIN, None)
    assert principal.scopes == ROLE_SCOPES[Role.ADMIN]
    assert [entry.name for entry in home.iterdir()] == ["token"]
    assert [(action, outcome) for _, action, _, outcome, _ in told(accounts, address=LOCAL)] == [
        ("user:create", "done"),
        ("token:issue", "done"),
    ]


def test_later_starts_find_the_same_token(accounts, tmp_path):
    secret = local_token(accounts, tmp_path)
    assert local_token(accounts, tmp_path) == secret
    assert read_local_token(tmp_path) == secret
    assert len(accounts.store.tokens()) == 1


def test_file_mode_does_not_depend_on_the_umask(accounts, tmp_path):
    before = os.umask(0)
    try:
        local_token(accounts, tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_token_that_is_not_accepted_any_more_is_replaced(accounts, tmp_path):
    first = local_token(accounts, tmp_path)
    accounts.revoke_token(ROOT, first.reveal())
    second = local_token(accounts, tmp_path)
    assert second != first
    assert read_local_token(tmp_path) == second
    assert accounts.authenticate(second).role is Role.ADMIN
    other = AccountService(MemoryAccounts())  # the database was made anew
    assert other.authenticate(local_token(other, tmp_path)).user == system_user()


def test_user_who_is_there_keeps_the_role(accounts, tmp_path):
    accounts.create_user(ROOT, system_user(), Role.VIEWER)
    principal = accounts.authenticate(local_token(accounts, tmp_path))
    assert (principal.role, principal.scopes) == (Role.VIEWER, ROLE_SCOPES[Role.VIEWER])


def test_user_who_is_disabled_gets_no_token(accounts, tmp_path):
    accounts.create_user(ROOT, system_user())
    accounts.disable_user(ROOT, system_user())
    with pytest.raises(ConflictError, match="disabled"):
        local_token(accounts, tmp_path)
    assert read_local_token(tmp_path) is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_file_that_is_open_to_others_is_refused(accounts, tmp_path, mode):
    secret = local_token(accounts, tmp_path)
    (tmp_path / "token").chmod(mode)
    for act in (lambda: read_local_token(tmp_path), lambda: local_token(accounts, tmp_path)):
        with pytest.raises(NotPermitted, match=f"{mode:04o}") as caught:
            act()
        assert "chmod 600" in str(caught.value)
        assert secret.reveal() not in str(caught.value)
    assert len(accounts.store.tokens()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_file_of_another_user_is_refused(accounts, tmp_path):
    local_token(accounts, tmp_path)
    os.chown(tmp_path / "token", 12345, -1)
    with pytest.raises(NotPermitted, match="12345"):
        read_local_token(tmp_path)


@pytest.mark.parametrize("content", ["", "hunter2", "dmod_abcdefghijkl_short", "\udcff"], ids=ascii)
def test_file_that_holds_no_token_is_refused_without_showing_it(accounts, tmp_path, content):
    path = tmp_path / "token"
    path.write_text(content, errors="surrogateescape")
    path.chmod(0o600)
    with pytest.raises(InputError, match="does not hold a token") as caught:
        local_token(accounts, tmp_path)
    assert "hunter2" not in str(caught.value)
    assert accounts.store.tokens() == ()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_file_that_is_none_is_refused(tmp_path, kind):
    path = tmp_path / "token"
    if kind == "link":
        (tmp_path / "elsewhere").write_text(new_token()[1].reveal())
        (tmp_path / "elsewhere").chmod(0o600)
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "folder":
        path.mkdir(0o700)
    else:
        os.mkfifo(path, 0o600)
    with pytest.raises((StoreError, InputError), match="token file"):
        read_local_token(tmp_path)


def test_home_that_is_absent_holds_no_token(tmp_path):
    assert read_local_token(tmp_path / "nowhere") is None
    (tmp_path / "file").write_text("")
    assert read_local_token(tmp_path / "file") is None


def test_token_whose_file_cannot_be_written_is_revoked(accounts, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        local_token(accounts, tmp_path / "file" / "home")
    assert [token.is_valid(AT) for token in accounts.store.tokens()] == [False]


def test_what_a_killed_start_left_does_not_hinder(accounts, tmp_path):
    left = tmp_path / f".token.{os.getpid()}.partial"
    left.write_text("half")
    assert read_local_token(tmp_path) is None
    secret = local_token(accounts, tmp_path)
    assert (tmp_path / "token").read_text().strip() == secret.reveal()
    assert not left.exists()


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("alice", "alice"),
        ("Jörg Müller", "J_rg_M_ller"),
        ("corp\\bob", "corp_bob"),
        ("-x-", "_-x-_"),
        ("é", "_"),
    ],
)
def test_system_user_gets_a_name_that_fits(monkeypatch, system, expected):
    monkeypatch.setenv("LOGNAME", system)
    assert system_user() == expected
    assert User(system_user(), Role.USER, AT)


def test_secret_of_the_local_token_is_wrapped(accounts, tmp_path):
    assert isinstance(local_token(accounts, tmp_path), Secret)
    assert isinstance(read_local_token(tmp_path), Secret)
