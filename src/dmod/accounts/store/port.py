"""The port of account stores: users, their tokens, and the log of what was done.

What changes users or tokens goes into the log in the same transaction: nothing is changed that the log does
not tell of, and it tells of nothing that was not done.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dmod.accounts.audit import AuditEntry, AuditPage, AuditQuery
from dmod.accounts.token import Token
from dmod.accounts.user import User


@dataclass(frozen=True, slots=True)
class Credential:
    """What is needed to see whether a token's text is right, and whose it is.

    Parameters
    ----------
    digest : SHA-256 of the text
    """

    token: Token
    user: User
    digest: bytes

    def __repr__(self) -> str:
        return f"Credential({self.token.id})"


class AccountStore(ABC):
    """Users, tokens and the audit log; safe to use from several threads and processes at once.

    Every method is one transaction. Errors of every method: `IndexFailure`, retryable where the
    database could not be reached or was busy.
    """

    address: str

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    @abstractmethod
    def add_user(self, user: User, entry: AuditEntry) -> None:
        """Keep a new user.

        Raises
        ------
        AlreadyExists
            there is one of this name.
        """

    @abstractmethod
    def user(self, name: str) -> User:
        """Return a user.

        Raises
        ------
        NotFoundError
            there is none of this name.
        """

    @abstractmethod
    def users(self, after: str = "", limit: int = 1000) -> tuple[User, ...]:
        """Return users whose names come after a name, in the order of names."""

    @abstractmethod
    def change_user(self, name: str, change: Callable[[User], User], entry: AuditEntry) -> User:
        """Change a user; return it as it is then. Of several changes at once each sees the one before.

        Parameters
        ----------
        change : returns the user as it is to be, but for the name; it may be called again

        Raises
        ------
        NotFoundError
            there is none of this name.
        ConflictError
            no administrator would be left who can act: nothing was changed.
        """

    @abstractmethod
    def add_token(self, token: Token, digest: bytes, entry: AuditEntry) -> None:
        """Keep a new token with the hash of its text.

        Raises
        ------
        NotFoundError
            there is no such user.
        AlreadyExists
            there is a token of this id.
        """

    @abstractmethod
    def credential(self, token_id: str) -> Credential | None:
        """Return a token, its user and the hash of its text; None where there is none of this id."""

    @abstractmethod
    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Return a user's tokens, or all, in the order in which they were made."""

    @abstractmethod
    def revoke_token(self, token_id: str, at: datetime, entry: AuditEntry) -> Token:
        """Let a token be valid no more; return it. One that was revoked before stays as it is.

        Raises
        ------
        NotFoundError
            there is none of this id.
        """

    @abstractmethod
    def touch_token(self, token_id: str, at: datetime, every: timedelta) -> bool:
        """Note that a token was used, unless that was noted less than some time ago; return whether."""

    @abstractmethod
    def record(self, entry: AuditEntry) -> None:
        """Add an entry to the log."""

    @abstractmethod
    def audit(self, query: AuditQuery) -> AuditPage:
        """Return a page of the log, the newest entries first."""

    @abstractmethod
    def prune_audit(self, before: datetime) -> int:
        """Forget the entries of before a time; return how many. Nothing else takes any from the log."""
