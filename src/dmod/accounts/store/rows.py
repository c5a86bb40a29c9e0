"""Users, tokens and entries as rows of the tables, and rows as values."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from dmod.accounts.audit import AuditEntry, Outcome
from dmod.accounts.role import Role, Scope
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.database.moment import moment, time_of


def user_row(user: User) -> dict[str, Any]:
    """Return a user's row."""
    return {
        "name": user.name,
        "role": user.role.value,
        "created": moment(user.created),
        "disabled": _moment(user.disabled),
        "quota": json.dumps(dict(user.quota), sort_keys=True),
    }


def user_of(row: Row[Any]) -> User:
    """Return the user of a row."""
    return _user(row.name, row.role, row.created, row.disabled, row.quota)


def owner_of(row: Row[Any]) -> User:
    """Return the user of a token's row."""
    return _user(row.owner_name, row.owner_role, row.owner_created, row.owner_disabled, row.owner_quota)


def _user(name: str, role: str, created: int, disabled: int | None, quota: str) -> User:
    return User(name, Role(role), time_of(created), _time(disabled), quota=json.loads(quota))


def token_row(token: Token, digest: bytes) -> dict[str, Any]:
    """Return a token's row."""
    return {
        "id": token.id,
        "user": token.user,
        "name": token.name,
        "scopes": " ".join(sorted(token.scopes)),
        "digest": digest,
        "created": moment(token.created),
        "expires": _moment(token.expires),
        "last_used": _moment(token.last_used),
        "revoked": _moment(token.revoked),
    }


def token_of(row: Row[Any]) -> Token:
    """Return the token of a row."""
    return Token(
        id=row.id,
        user=row.user,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        created=time_of(row.created),
        expires=_time(row.expires),
        last_used=_time(row.last_used),
        revoked=_time(row.revoked),
    )


def entry_row(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry's row; the database numbers it."""
    return {
        "at": moment(entry.at),
        "actor": entry.actor,
        "address": entry.address,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome.value,
        "request": entry.request,
        "detail": entry.detail,
    }


def entry_of(row: Row[Any]) -> AuditEntry:
    """Return the entry of a row."""
    return AuditEntry(
        at=time_of(row.at),
        actor=row.actor,
        action=row.action,
        target=row.target,
        outcome=Outcome(row.outcome),
        address=row.address,
        request=row.request,
        detail=row.detail,
        sequence=row.sequence,
    )


def _moment(time: datetime | None) -> int | None:
    return None if time is None else moment(time)


def _time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else time_of(microseconds)
