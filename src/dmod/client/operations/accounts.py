"""What is asked of users, tokens and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from dmod.client.asking import ask_json
from dmod.client.call import Call, Transport

Document = dict[str, Any]
LIFETIME = timedelta(days=90)
PAGE = 1000


async def create_token(
    transport: Transport,
    name: str,
    *,
    user: str = "",
    scopes: Iterable[str] | None = None,
    lifetime: timedelta | None = LIFETIME,
) -> Document:
    """Make a token; its text is in the answer (``text``), and nowhere else.

    Parameters
    ----------
    user : whose; "" is one's own
    scopes : None is all that there can be
    lifetime : None is for ever
    """
    body = {
        "name": name,
        "user": user,
        "scopes": None if scopes is None else sorted(scopes),
        "seconds": None if lifetime is None else max(1, int(lifetime.total_seconds())),
    }
    return await _act(transport, Call("POST", "tokens", body=body))


async def tokens(transport: Transport, user: str = "") -> list[Document]:
    """Return the tokens of a user, without their texts; "" is one's own."""
    found: list[Document] = await ask_json(transport, Call("GET", "tokens", {"user": user or None}))
    return found


async def revoke_token(transport: Transport, token_id: str) -> Document:
    """Let a token be valid no more."""
    return await _act(transport, Call("DELETE", f"tokens/{quote(token_id, safe='')}"))


async def users(transport: Transport) -> list[Document]:
    """Return the users whom one may see."""
    found: list[Document] = []
    while True:
        after = found[-1]["name"] if found else None
        page = await ask_json(transport, Call("GET", "users", {"after": after, "limit": PAGE}))
        found += page
        if len(page) < PAGE:
            return found


async def create_user(transport: Transport, name: str, role: str = "user") -> Document:
    """Make a user."""
    return await _act(transport, Call("POST", "users", body={"name": name, "role": role}))


async def change_user(
    transport: Transport, name: str, *, role: str | None = None, disabled: bool | None = None
) -> Document:
    """Give a user another role, or let nobody act as that user, or again."""
    body = {"role": role, "disabled": disabled}
    said = {key: value for key, value in body.items() if value is not None}
    call = Call("PATCH", f"users/{quote(name, safe='')}", body=said, is_repeatable=True)
    return await _act(transport, call)


async def _act(transport: Transport, call: Call) -> Document:
    found: Document = await ask_json(transport, call)
    return found
