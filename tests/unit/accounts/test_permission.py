"""The table of permissions, rule by rule, against a second statement of it, and what holds for all rules."""

from __future__ import annotations

import pytest

from dmod.accounts.access import can_see, require
from dmod.accounts.permission import RULES, SEEING, Permission, Relation, Thing, acting_role, is_allowed
from dmod.accounts.principal import Principal
from dmod.accounts.role import ROLE_SCOPES, Role, Scope
from dmod.accounts.user import EVERYBODY
from dmod.errors import NotPermitted

P, V, U, A = Permission, Role.VIEWER, Role.USER, Role.ADMIN

WHO_MAY = {
    # each permission: who may with their own, with what is shared with them, with all others
    P.JOB_SEE: ("viewer user admin", "viewer user admin", "admin"),
    P.JOB_SUBMIT: ("user admin", "admin", "admin"),
    P.JOB_CHANGE: ("user admin", "admin", "admin"),
    P.JOB_SHARE: ("user admin", "admin", "admin"),
    P.JOB_REMOVE: ("user admin", "admin", "admin"),
    P.DATASET_SEE: ("viewer user admin", "viewer user admin", "admin"),
    P.DATASET_ADD: ("user admin", "admin", "admin"),
    P.DATASET_CHANGE: ("user admin", "admin", "admin"),
    P.DATASET_SHARE: ("user admin", "admin", "admin"),
    P.DATASET_REMOVE: ("user admin", "admin", "admin"),
    P.USER_SEE: ("viewer user admin", "admin", "admin"),
    P.USER_CREATE: ("admin", "admin", "admin"),
    P.USER_CHANGE: ("admin", "admin", "admin"),
    P.TOKEN_SEE: ("viewer user admin", "admin", "admin"),
    P.TOKEN_ISSUE: ("user admin", "admin", "admin"),
    P.TOKEN_REVOKE: ("user admin", "admin", "admin"),
    P.NODE_SEE: ("viewer user admin", "viewer user admin", "viewer user admin"),
    P.NODE_CHANGE: ("admin", "admin", "admin"),
    P.AUDIT_SEE: ("admin", "admin", "admin"),
}

NEEDS = {
    **dict.fromkeys([P.JOB_SEE, P.NODE_SEE], Scope.JOBS_READ),
    **dict.fromkeys([P.JOB_SUBMIT, P.JOB_CHANGE, P.JOB_SHARE, P.JOB_REMOVE], Scope.JOBS_WRITE),
    P.DATASET_SEE: Scope.DATA_READ,
    **dict.fromkeys([P.DATASET_ADD, P.DATASET_CHANGE, P.DATASET_SHARE, P.DATASET_REMOVE], Scope.DATA_WRITE),
}

THINGS = {
    Relation.OWN: ("me", ()),
    Relation.SHARED: ("alice", ("bob", "me")),
    Relation.OTHERS: ("alice", ("bob",)),
}


def principal_of(role: Role, scopes: frozenset[Scope] | None = None) -> Principal:
    return Principal("me", role, ROLE_SCOPES[role] if scopes is None else scopes, "abc")


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_rule_allows_exactly_who_may(permission, role, relation):
    owner, shared_with = THINGS[relation]
    expected = role.value in WHO_MAY[permission][list(Relation).index(relation)].split()
    assert is_allowed(permission, role, ROLE_SCOPES[role], relation) is expected
    # nor does it hang on scopes alone, which may be left from a higher role
    assert is_allowed(permission, role, frozenset(Scope), relation) is expected
    if expected:
        require(principal_of(role), permission, owner, shared_with)
    else:
        with pytest.raises(NotPermitted):
            require(principal_of(role), permission, owner, shared_with)


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("permission", Permission)
def test_rule_needs_exactly_its_scope(permission, relation):
    needed = {NEEDS[permission]} if permission in NEEDS else set()
    for scope in Scope:
        scopes = frozenset(Scope) - {scope}
        # without the scope "admin" an administrator is a user
        role = Role.USER if scope is Scope.ADMIN else Role.ADMIN
        expected = scope not in needed and role.value in WHO_MAY[permission][list(Relation).index(relation)]
        assert is_allowed(permission, Role.ADMIN, scopes, relation) is expected, scope


@pytest.mark.parametrize("permission", Permission)
def test_rule_gives_no_less_to_who_is_nearer_or_higher(permission):
    rule = RULES[permission]
    assert rule.own.rank <= rule.shared.rank <= rule.others.rank
    for relation in Relation:
        allowed = [is_allowed(permission, role, frozenset(Scope), relation) for role in (V, U, A)]
        assert allowed == sorted(allowed)


def test_every_permission_has_a_rule_and_every_thing_is_seen():
    assert set(RULES) == set(Permission) == set(WHO_MAY)
    assert set(SEEING) == set(Thing) == {permission.thing for permission in Permission}
    assert set(SEEING.values()) == {p for p in Permission if p.name.endswith("_SEE")}


def test_viewer_changes_nothing():
    changing = [p for p in Permission if not p.name.endswith("_SEE")]
    viewer = principal_of(V, frozenset(Scope))  # as if scopes had been left from a higher role
    assert not [p for p in changing for relation in Relation if viewer.may_with(p, relation)]


def test_token_without_scopes_may_next_to_nothing():
    bearer = principal_of(A, frozenset())
    assert {p for p in Permission if bearer.may(p)} == {
        P.USER_SEE,
        P.TOKEN_SEE,
        P.TOKEN_ISSUE,
        P.TOKEN_REVOKE,
    }
    assert not bearer.may_with(P.USER_SEE, Relation.OTHERS)


@pytest.mark.parametrize(
    ("role", "scopes", "acting"),
    [
        (A, {Scope.ADMIN}, A),
        (A, {Scope.JOBS_READ}, U),
        (A, set(), U),
        (U, {Scope.ADMIN}, U),
        (V, {Scope.ADMIN}, V),
        (V, set(), V),
    ],
)
def test_role_is_that_of_the_token_where_that_is_less(role, scopes, acting):
    assert acting_role(role, scopes) is acting


@pytest.mark.parametrize(
    ("owner", "shared_with", "relation"),
    [
        ("me", (), Relation.OWN),
        ("me", ("me", "*"), Relation.OWN),
        ("alice", ("me",), Relation.SHARED),
        ("alice", (EVERYBODY,), Relation.SHARED),
        ("", (EVERYBODY,), Relation.SHARED),
        ("alice", (), Relation.OTHERS),
        ("alice", ("bob", "m", "Me", "me2"), Relation.OTHERS),
        ("ME", (), Relation.OTHERS),
        ("", (), Relation.OTHERS),
        ("*", (), Relation.OTHERS),
    ],
)
def test_relation_is_found_from_owner_and_sharing(owner, shared_with, relation):
    assert principal_of(U).relation(owner, shared_with) is relation


@pytest.mark.parametrize("thing", [Thing.JOB, Thing.DATASET])
def test_thing_is_seen_by_owner_readers_and_administrators_only(thing):
    for role in (V, U):
        assert can_see(principal_of(role), thing, "me")
        assert can_see(principal_of(role), thing, "alice", ["me"])
        assert can_see(principal_of(role), thing, "alice", ["*"])
        assert not can_see(principal_of(role), thing, "alice", ["bob"])
        assert not can_see(principal_of(role), thing)
    assert can_see(principal_of(A), thing, "alice")
    assert not can_see(principal_of(A, ROLE_SCOPES[U]), thing, "alice")


def test_nodes_are_seen_by_all_users_and_accounts_by_administrators():
    assert can_see(principal_of(V), Thing.NODE)
    for thing in (Thing.USER, Thing.TOKEN, Thing.AUDIT):
        assert not can_see(principal_of(U), thing, "alice")
        assert can_see(principal_of(A), thing, "alice")


def test_may_says_whether_there_can_be_anything():
    assert principal_of(V).may(P.JOB_SEE)
    assert not principal_of(V).may(P.JOB_SUBMIT)
    assert principal_of(U).may(P.JOB_CHANGE)
    assert not principal_of(U).may(P.NODE_CHANGE)
    assert principal_of(V).may(P.NODE_SEE)


@pytest.mark.parametrize("permission", [p for p in Permission if p not in {P.NODE_SEE}])
def test_refusal_is_the_same_whoever_owns_it_and_names_nobody(permission):
    said = set()
    for owner, shared_with in (("alice", ()), ("bob", ("carol",)), ("", ())):
        with pytest.raises(NotPermitted) as caught:
            require(principal_of(U, ROLE_SCOPES[U]), permission, owner, shared_with)
        said.add(str(caught.value))
    (message,) = said
    assert not any(name in message for name in ("alice", "bob", "carol"))


@pytest.mark.parametrize(
    ("role", "scopes", "permission", "hint"),
    [
        (U, {Scope.JOBS_READ}, P.JOB_SUBMIT, "use a token with the scope jobs:write"),
        (V, set(Scope), P.JOB_SUBMIT, "the role viewer does not allow it"),
        (U, set(Scope), P.JOB_CHANGE, "only who owns it may, or an administrator"),
    ],
)
def test_refusal_says_what_would_be_needed(role, scopes, permission, hint):
    with pytest.raises(NotPermitted, match=hint):
        require(principal_of(role, frozenset(scopes)), permission, "alice")
