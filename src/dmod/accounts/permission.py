"""Who may do what with what: one table, and how it is read.

A rule names the least role that may do something with a thing of one's own, with one that its owner shares,
and with any other. Where it names a scope, the token must have that. Who acts with a token without the scope
*admin* is at most a user, so what asks for the role of an administrator asks for that scope, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dmod.accounts.role import Role, Scope


class Thing(StrEnum):
    """What something is done with."""

    JOB = "job"
    DATASET = "dataset"
    USER = "user"
    TOKEN = "token"
    NODE = "node"
    AUDIT = "audit"


class Permission(StrEnum):
    """What can be done."""

    JOB_SEE = "job:see"
    JOB_SUBMIT = "job:submit"
    JOB_CHANGE = "job:change"
    """cancel, retry, name, label, change priority"""
    JOB_SHARE = "job:share"
    JOB_REMOVE = "job:remove"
    DATASET_SEE = "dataset:see"
    """read, and use in jobs"""
    DATASET_ADD = "dataset:add"
    DATASET_CHANGE = "dataset:change"
    DATASET_SHARE = "dataset:share"
    DATASET_REMOVE = "dataset:remove"
    USER_SEE = "user:see"
    USER_CREATE = "user:create"
    USER_CHANGE = "user:change"
    """role, limits, disable and enable"""
    TOKEN_SEE = "token:see"
    TOKEN_ISSUE = "token:issue"
    TOKEN_REVOKE = "token:revoke"
    NODE_SEE = "node:see"
    NODE_CHANGE = "node:change"
    AUDIT_SEE = "audit:see"

    @property
    def thing(self) -> Thing:
        """Return what it is done with."""
        return Thing(self.value.partition(":")[0])


class Relation(StrEnum):
    """Whose a thing is, seen from who acts."""

    OWN = "own"
    SHARED = "shared"
    OTHERS = "others"
    """another user's who does not share it, or nobody's"""


@dataclass(frozen=True, slots=True)
class Rule:
    """The least role for each relation, and the scope that the token must have; None where it may be any."""

    scope: Scope | None
    own: Role
    shared: Role
    others: Role

    def least(self, relation: Relation) -> Role:
        """Return the least role for a relation."""
        return {Relation.OWN: self.own, Relation.SHARED: self.shared, Relation.OTHERS: self.others}[relation]


V, U, A = Role.VIEWER, Role.USER, Role.ADMIN
JR, JW, DR, DW = Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.DATA_READ, Scope.DATA_WRITE

RULES: Mapping[Permission, Rule] = {
    #                               scope  own shared others
    Permission.JOB_SEE:        Rule(JR,    V,  V,  A),
    Permission.JOB_SUBMIT:     Rule(JW,    U,  A,  A),
    Permission.JOB_CHANGE:     Rule(JW,    U,  A,  A),
    Permission.JOB_SHARE:      Rule(JW,    U,  A,  A),
    Permission.JOB_REMOVE:     Rule(JW,    U,  A,  A),
    Permission.DATASET_SEE:    Rule(DR,    V,  V,  A),
    Permission.DATASET_ADD:    Rule(DW,    U,  A,  A),
    Permission.DATASET_CHANGE: Rule(DW,    U,  A,  A),
    Permission.DATASET_SHARE:  Rule(DW,    U,  A,  A),
    Permission.DATASET_REMOVE: Rule(DW,    U,  A,  A),
    Permission.USER_SEE:       Rule(None,  V,  A,  A),
    Permission.USER_CREATE:    Rule(None,  A,  A,  A),
    Permission.USER_CHANGE:    Rule(None,  A,  A,  A),
    Permission.TOKEN_SEE:      Rule(None,  V,  A,  A),
    Permission.TOKEN_ISSUE:    Rule(None,  U,  A,  A),
    Permission.TOKEN_REVOKE:   Rule(None,  U,  A,  A),
    Permission.NODE_SEE:       Rule(JR,    V,  V,  V),
    Permission.NODE_CHANGE:    Rule(None,  A,  A,  A),
    Permission.AUDIT_SEE:      Rule(None,  A,  A,  A),
}  # fmt: skip

SEEING: Mapping[Thing, Permission] = {
    permission.thing: permission for permission in Permission if permission.value.endswith(":see")
}
"""What one needs to know that a thing exists."""


def acting_role(role: Role, scopes: Collection[Scope]) -> Role:
    """Return the role that a user of some role has with a token of some scopes."""
    return role if role is not Role.ADMIN or Scope.ADMIN in scopes else Role.USER


def is_allowed(permission: Permission, role: Role, scopes: Collection[Scope], relation: Relation) -> bool:
    """Whether a role may do something with a thing that stands in a relation to who acts."""
    rule = RULES[permission]
    has_scope = rule.scope is None or rule.scope in scopes
    return has_scope and acting_role(role, scopes).rank >= rule.least(relation).rank
