"""Who acts, and whose things are in which relation to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from dmod.accounts.permission import Permission, Relation, is_allowed
from dmod.accounts.role import Role, Scope
from dmod.accounts.user import EVERYBODY


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: a user by way of a token.

    Parameters
    ----------
    user : name
    role : of the user, when the token was looked at
    scopes : of the token, as far as the role allows them
    token : its id
    expires : when the token does
    """

    user: str
    role: Role
    scopes: frozenset[Scope]
    token: str
    expires: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether there can be anything that they may do this with; which it is `require` says."""
        return any(self.may_with(permission, relation) for relation in Relation)

    def may_with(self, permission: Permission, relation: Relation) -> bool:
        """Whether they may do this with all things in a relation to them; for OTHERS: no list hides any."""
        return is_allowed(permission, self.role, self.scopes, relation)

    def relation(self, owner: str, shared_with: Collection[str] = ()) -> Relation:
        """Return the relation of a thing to them.

        Parameters
        ----------
        owner : name of a user; "" is nobody
        shared_with : names of users; ``*`` is everybody
        """
        if owner and owner == self.user:
            return Relation.OWN
        if EVERYBODY in shared_with or self.user in shared_with:
            return Relation.SHARED
        return Relation.OTHERS


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, from where, and with which request: what the audit log says of each act.

    Parameters
    ----------
    address : of the machine that asked
    request : its id, to find it in other logs
    """

    principal: Principal
    address: str = ""
    request: str = ""
