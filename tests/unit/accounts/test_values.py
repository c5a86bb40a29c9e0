"""Users, tokens and entries of the log: what they accept, and what they make of strangers' texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dmod.accounts.audit import MOST, AuditEntry, Outcome
from dmod.accounts.issuing import LONGEST, expiry_of, scopes_of
from dmod.accounts.principal import Principal
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.secret import new_token
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.errors import InputError, NotPermitted

AT = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("name", ["a", "_www", "alice", "a.b-c+d_e", "alice@example.org", "1000", "x" * 64])
def test_name_of_a_user_is_accepted(name):
    assert User(name, Role.USER, AT).name == name


@pytest.mark.parametrize(
    "name", ["", "*", "a*", "-a", "a-", ".a", "a b", "a\n", "jörg", "x" * 65, "a/b", "a:b", "a\x00", "'a'"]
)
def test_name_that_no_user_can_have_is_refused(name):
    with pytest.raises(InputError, match="name of a user"):
        User(name, Role.USER, AT)


@pytest.mark.parametrize(
    "quota", [{"a": b"bytes"}, {1: 2}, {"a": "x" * 5_000}, {"a": "\x00"}, {"a": float("nan")}], ids=str
)
def test_limits_that_cannot_be_kept_are_refused(quota):
    with pytest.raises(InputError, match="limits"):
        User("a", Role.USER, AT, quota=quota)


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\x00"])
def test_name_that_no_token_can_have_is_refused(name):
    with pytest.raises(InputError, match="name of a token"):
        Token("abc", "alice", name, frozenset(), AT)


def test_token_is_valid_until_it_expires_or_is_revoked():
    token = Token("abc", "alice", "t", frozenset(), AT, expires=AT + DAY)
    assert token.is_valid(AT)
    assert token.is_valid(AT + DAY - timedelta(microseconds=1))
    assert not token.is_valid(AT + DAY)
    assert token.is_expired(AT + DAY)
    assert not Token("abc", "alice", "t", frozenset(), AT, revoked=AT).is_valid(AT)
    assert Token("abc", "alice", "t", frozenset(), AT).is_valid(AT + 1000 * DAY)


def test_roles_and_their_scopes_grow():
    assert [role.rank for role in (Role.VIEWER, Role.USER, Role.ADMIN)] == [0, 1, 2]
    assert ROLE_SCOPES[Role.VIEWER] == {Scope.JOBS_READ, Scope.DATA_READ}
    assert ROLE_SCOPES[Role.USER] == set(Scope) - {Scope.ADMIN}
    assert ROLE_SCOPES[Role.ADMIN] == set(Scope)


# New tokens


def test_scopes_are_all_that_are_allowed_or_fewer():
    allowed = ROLE_SCOPES[Role.VIEWER]
    assert scopes_of(None, allowed) == allowed
    assert scopes_of([Scope.JOBS_READ], allowed) == {Scope.JOBS_READ}
    with pytest.raises(NotPermitted, match=r"jobs:write.*\n.*data:read, jobs:read"):
        scopes_of([Scope.JOBS_READ, Scope.JOBS_WRITE], allowed)
    for nothing in (scopes_of, lambda wanted, _: scopes_of(wanted, frozenset())):
        with pytest.raises(InputError, match="without scopes"):
            nothing([] if nothing is scopes_of else None, allowed)


@pytest.mark.parametrize(
    ("role", "own", "lifetime", "expected"),
    [
        (Role.USER, 10, 3, 3),
        (Role.USER, 10, 30, 10),
        (Role.USER, 10, None, 10),
        (Role.USER, None, 30, 30),
        (Role.USER, None, None, None),
        (Role.ADMIN, 10, 30, 30),
        (Role.ADMIN, 10, None, None),
    ],
)
def test_token_outlives_that_in_use_only_by_an_administrator(role, own, lifetime, expected):
    ends = None if own is None else AT + own * DAY
    principal = Principal("me", role, ROLE_SCOPES[role], "abc", ends)
    found = expiry_of(principal, AT, None if lifetime is None else lifetime * DAY)
    assert found == (None if expected is None else AT + expected * DAY)


def test_administrators_token_without_that_scope_is_not_outlived():
    principal = Principal("me", Role.ADMIN, ROLE_SCOPES[Role.USER], "abc", AT + DAY)
    assert expiry_of(principal, AT, None) == AT + DAY


@pytest.mark.parametrize("lifetime", [timedelta(0), -DAY, LONGEST + DAY, timedelta.max])
def test_lifetime_that_is_none_is_refused(lifetime):
    with pytest.raises(InputError, match="valid for"):
        expiry_of(Principal("me", Role.USER, frozenset(), "abc"), AT, lifetime)


# The log


def entry_with(**texts: str) -> AuditEntry:
    return AuditEntry(
        **({"at": AT, "actor": "a", "action": "b", "target": "c", "outcome": Outcome.DONE} | texts)
    )


@pytest.mark.parametrize("name", MOST)
def test_text_of_an_entry_is_cut_and_made_printable(name):
    exact = "x" * MOST[name]
    assert getattr(entry_with(**{name: exact}), name) == exact
    assert getattr(entry_with(**{name: exact + "y"}), name) == exact[:-1] + "…"
    assert getattr(entry_with(**{name: "x" * 100_000}), name) == exact[:-1] + "…"
    assert getattr(entry_with(**{name: "a\nb\x00\x1b[2J\ud800é"}), name) == "a\ufffdb\ufffd\ufffd[2J\ufffdé"


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("before", [0, 10, 30, 40, 200])
def test_text_of_an_entry_holds_no_token_even_where_it_is_cut(name, before):
    _, secret = new_token()
    kept = getattr(entry_with(**{name: "-" * before + secret.reveal()}), name)
    hidden = secret.reveal().split("_")[2]
    assert not any(hidden[i : i + 4] in kept for i in range(0, 40))
