"""Refusing what one may not do, without telling of what one may not see."""

from __future__ import annotations

from collections.abc import Collection

from dmod.accounts.permission import RULES, SEEING, Permission, Relation, Thing
from dmod.accounts.principal import Principal
from dmod.errors import NotPermitted


def can_see(principal: Principal, thing: Thing, owner: str = "", shared_with: Collection[str] = ()) -> bool:
    """Whether they may know that a thing exists; where not, answer as if it did not.

    Parameters
    ----------
    owner : name of a user; "" is nobody
    shared_with : names of users; ``*`` is everybody
    """
    return principal.may_with(SEEING[thing], principal.relation(owner, shared_with))


def require(
    principal: Principal, permission: Permission, owner: str = "", shared_with: Collection[str] = ()
) -> None:
    """Refuse what they may not do; the message tells nothing of the thing, nor of its owner or readers.

    Ask `can_see` first: that a thing is refused says that it exists.

    Raises
    ------
    NotPermitted
        neither their role nor the token's scopes allow it.
    """
    if not principal.may_with(permission, principal.relation(owner, shared_with)):
        raise NotPermitted(
            f"{principal.user} may not do this: {permission}", hint=_hint(principal, permission)
        )


def _hint(principal: Principal, permission: Permission) -> str:
    scope = RULES[permission].scope
    if scope is not None and scope not in principal.scopes:
        return f"use a token with the scope {scope}"
    if not any(principal.may_with(permission, relation) for relation in Relation):
        return f"the role {principal.role} does not allow it with this token; ask an administrator"
    return "only who owns it may, or an administrator"
