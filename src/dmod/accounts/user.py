"""A user."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dmod.accounts.role import Role
from dmod.errors import InputError

NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._@+-]{0,62}[A-Za-z0-9_])?")
EVERYBODY = "*"
"""Who a thing is shared with that all users may see; no name of a user."""
MOST_QUOTA = 4_000
"""Characters of a user's own limits as JSON."""


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Parameters
    ----------
    name : letters, digits and ``_ . @ + -``, 64 at most
    disabled : since when nobody may act as this user; None where they may
    quota : limits that are this user's own, JSON data by name; others are everybody's
    """

    name: str
    role: Role
    created: datetime
    disabled: datetime | None = None
    quota: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_name(self.name)
        require_quota(self.quota)


def require_name(name: str) -> None:
    """Refuse what cannot be a user's name.

    Raises
    ------
    InputError
        it has other characters, or too many.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name[:80]!r} cannot be the name of a user",
            hint="use 1 to 64 letters, digits and _ . @ + -, beginning and ending with a letter, digit or _",
        )


def require_quota(quota: Mapping[str, Any]) -> None:
    """Refuse what cannot be kept as a user's limits.

    Raises
    ------
    InputError
        it is no JSON object, or a very large one.
    """
    try:
        text = json.dumps(dict(quota), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"a user's limits are not JSON: {error}") from error
    if not all(isinstance(key, str) for key in quota) or len(text) > MOST_QUOTA or r"\u0000" in text:
        raise InputError(
            f"a user's limits are an object of at most {MOST_QUOTA} characters of JSON, with text as keys"
        )
