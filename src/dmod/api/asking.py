"""Who asks, and what a route lets them: every route but the open ones names the permission that it needs."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, WebSocket
from starlette.requests import HTTPConnection

from dmod.accounts.access import can_see, require
from dmod.accounts.permission import SEEING, Permission, Relation
from dmod.accounts.principal import Caller, Principal
from dmod.accounts.rate_limit import RateLimiter, address_key
from dmod.api.problems import RateExceeded
from dmod.api.services import Services
from dmod.errors import NotAuthenticated, NotPermitted

SCHEME = "bearer"
LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_NO_TOKEN = "send a token: Authorization: Bearer dmod_…"


@dataclass(slots=True)
class Asking:
    """Who asks, with which services behind.

    Parameters
    ----------
    token : text of the token, to look again whether it holds
    target : what the audit log says that something was done with; else what the path names
    """

    services: Services
    caller: Caller
    token: str = field(default="", repr=False)
    target: str = ""

    @property
    def principal(self) -> Principal:
        """Return who it is."""
        return self.caller.principal

    @property
    def user(self) -> str:
        """Return the user's name."""
        return self.caller.principal.user

    def sees_all(self, permission: Permission) -> bool:
        """Whether no list hides anything from them."""
        return self.principal.may_with(permission, Relation.OTHERS)

    def can_see(self, permission: Permission, owner: str, shared_with: Collection[str] = ()) -> bool:
        """Whether they may know that a thing exists."""
        return can_see(self.principal, permission.thing, owner, shared_with)

    def require(self, permission: Permission, owner: str = "", shared_with: Collection[str] = ()) -> None:
        """Refuse what they may not do; see `dmod.accounts.access.require`."""
        require(self.principal, permission, owner, shared_with)

    def still_holds(self) -> bool:
        """Whether the token is still that of the same user, with the same rights."""
        try:
            now = self.services.accounts.authenticate(
                self.token, address=self.caller.address, request=self.caller.request
            )
        except NotAuthenticated:
            return False
        return now == self.principal


class Needs:
    """What a route needs; as a dependency it returns who asks.

    Parameters
    ----------
    permission : None is any token
    audited : whether the gateway notes what was done; where not, a service does, or it is no change
    open_to_loopback : whether the setting ``open_metrics`` lets the machine itself in without a token
    """

    def __init__(
        self,
        permission: Permission | None = None,
        *,
        audited: bool | None = None,
        open_to_loopback: bool = False,
    ) -> None:
        self.permission = permission
        self.is_audited = (
            permission is not None and permission not in SEEING.values() if audited is None else audited
        )
        self.open_to_loopback = open_to_loopback

    async def __call__(self, request: Request) -> Asking | None:
        """Return who asks; the route has found out before."""
        found: Asking | None = request.state.asking
        return found


class Gate:
    """Lets requests in: finds out who asks, and whether they ask too often."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._users = RateLimiter(services.settings.user_limit)
        self._strangers = RateLimiter(services.settings.stranger_limit)

    def admit(self, request: HTTPConnection, needs: Needs) -> Asking | None:
        """Return who asks; None where nobody has to say.

        Raises
        ------
        NotAuthenticated, NotPermitted, RateExceeded
        """
        header = request.headers.getlist("authorization")
        if needs.open_to_loopback and not header and self._is_near(request):
            return None
        try:
            asking = self.authenticate(request, _token_of(header))
        except NotAuthenticated:
            self.turn_away(request)
            raise
        require_any(asking, needs.permission)
        return asking

    def authenticate(self, request: HTTPConnection, token: str) -> Asking:
        """Return who asks with a token."""
        address, request_id = address_of(request), str(getattr(request.state, "request_id", ""))
        if not token:
            raise NotAuthenticated("this needs a token", hint=_NO_TOKEN)
        principal = self.services.accounts.authenticate(token, address=address, request=request_id)
        verdict = self._users.ask(principal.user, time.monotonic())
        if not verdict.is_admitted:
            raise RateExceeded(verdict.wait)
        return Asking(self.services, Caller(principal, address, request_id), token)

    def turn_away(self, request: HTTPConnection) -> None:
        """Count a request of nobody.

        Raises
        ------
        RateExceeded
            its address has sent too many.
        """
        verdict = self._strangers.ask(address_key(address_of(request)), time.monotonic())
        if not verdict.is_admitted:
            raise RateExceeded(verdict.wait)

    def _is_near(self, request: HTTPConnection) -> bool:
        forwarded = {"x-forwarded-for", "forwarded", "x-real-ip"} & set(request.headers.keys())
        return self.services.settings.open_metrics and not forwarded and address_of(request) in LOOPBACK


def require_any(asking: Asking, permission: Permission | None) -> None:
    """Refuse who has nothing that they may do this with."""
    if permission is not None and not asking.principal.may(permission):
        asking.require(permission, asking.user)
        raise NotPermitted(f"{asking.user} may not do this: {permission}")


def address_of(request: HTTPConnection) -> str:
    """Return the address of who asks, "" where nobody knows."""
    return request.client.host if request.client else ""


def services_of(connection: Request | WebSocket) -> Services:
    """Return the services that the application was made with."""
    found: Services = connection.app.state.services
    return found


def gate_of(app: Any) -> Gate:
    """Return the gate of an application."""
    found: Gate = app.state.gate
    return found


def _token_of(header: list[str]) -> str:
    """Return the token of a header ``Authorization``; "" where there is none."""
    if len(header) != 1:
        return ""
    scheme, _, text = header[0].partition(" ")
    return text.strip() if scheme.lower() == SCHEME else ""
