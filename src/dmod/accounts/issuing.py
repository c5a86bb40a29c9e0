"""What a new token may be for, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from dmod.accounts.permission import acting_role
from dmod.accounts.principal import Principal
from dmod.accounts.role import Role, Scope
from dmod.errors import InputError, NotPermitted

LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=36_525)


def scopes_of(wanted: Collection[Scope] | None, allowed: frozenset[Scope]) -> frozenset[Scope]:
    """Return the scopes of a new token; None is all that are allowed.

    Raises
    ------
    NotPermitted
        not all of them are allowed.
    InputError
        there would be none.
    """
    chosen = allowed if wanted is None else frozenset(wanted)
    if not chosen:
        raise InputError("a token without scopes is for nothing", hint=f"allowed: {_said(allowed)}")
    if not chosen <= allowed:
        raise NotPermitted(
            f"the token cannot have the scope {_said(chosen - allowed)}", hint=f"allowed: {_said(allowed)}"
        )
    return chosen


def expiry_of(principal: Principal, now: datetime, lifetime: timedelta | None) -> datetime | None:
    """Return when a new token expires: not after that of who makes it, unless an administrator does.

    Raises
    ------
    InputError
        it would have expired already, or lasts longer than anybody lives.
    """
    if lifetime is not None and not timedelta(0) < lifetime <= LONGEST:
        raise InputError(
            f"a token cannot be valid for {lifetime}", hint="give between a second and a hundred years"
        )
    wanted = None if lifetime is None else now + lifetime
    limit = None if acting_role(principal.role, principal.scopes) is Role.ADMIN else principal.expires
    ends = [end for end in (wanted, limit) if end is not None]
    return min(ends, default=None)


def _said(scopes: Collection[Scope]) -> str:
    return ", ".join(sorted(scopes)) or "none"
