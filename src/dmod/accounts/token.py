"""A token: that its bearer acts for a user, for some purposes, for some time. Its text is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dmod.accounts.role import Scope
from dmod.errors import InputError

MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Parameters
    ----------
    id : public; part of the text
    user : name of the user
    name : what the user calls it
    expires : None where it does not
    last_used : to the minute
    revoked : since when it is not valid any more
    """

    id: str
    user: str
    name: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None = None
    last_used: datetime | None = None
    revoked: datetime | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MOST_NAME or not self.name.isprintable():
            raise InputError(
                f"{self.name[:MOST_NAME]!r} cannot be the name of a token",
                hint=f"use 1 to {MOST_NAME} characters that can be printed",
            )

    def is_expired(self, at: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= at

    def is_valid(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked is None and not self.is_expired(at)
