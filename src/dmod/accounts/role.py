"""What users are, and what their tokens are for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a user is; each may all that the one before may."""

    VIEWER = "viewer"
    """reads what is shared, and changes nothing"""
    USER = "user"
    """submits jobs and adds datasets"""
    ADMIN = "admin"
    """sees to everybody's things, to users and to nodes"""

    @property
    def rank(self) -> int:
        """Return its place among the roles, from 0."""
        return _ORDER.index(self)


_ORDER = tuple(Role)


class Scope(StrEnum):
    """What a token is for; it may less than its user where it has fewer scopes."""

    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    DATA_READ = "data:read"
    DATA_WRITE = "data:write"
    ADMIN = "admin"
    """without it an administrator's token may what a user's may"""


_READING = frozenset({Scope.JOBS_READ, Scope.DATA_READ})
_WRITING = _READING | {Scope.JOBS_WRITE, Scope.DATA_WRITE}

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: _READING,
    Role.USER: _WRITING,
    Role.ADMIN: _WRITING | {Scope.ADMIN},
}
"""The most that a token of each role can be for."""
