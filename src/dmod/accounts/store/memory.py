"""Accounts in memory: the twin of those in a database, for tests and for what need not last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from dmod.accounts.audit import AuditEntry, AuditPage, AuditQuery
from dmod.accounts.role import Role
from dmod.accounts.store.absence import last_administrator, no_token, no_user, token_exists, user_exists
from dmod.accounts.store.port import AccountStore, Credential
from dmod.accounts.token import Token
from dmod.accounts.user import User


class MemoryAccounts(AccountStore):
    """Accounts in memory; see the port for what each method does."""

    address = "memory:"

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users: dict[str, User] = {}
        self._tokens: dict[str, tuple[Token, bytes]] = {}
        self._entries: list[AuditEntry] = []
        self._sequence = 0

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def add_user(self, user: User, entry: AuditEntry) -> None:
        """Keep a new user."""
        with self._lock:
            if user.name in self._users:
                raise user_exists(user.name)
            self._users[user.name] = user
            self.record(entry)

    def user(self, name: str) -> User:
        """Return a user."""
        with self._lock:
            if name not in self._users:
                raise no_user(name)
            return self._users[name]

    def users(self, after: str = "", limit: int = 1000) -> tuple[User, ...]:
        """Return users whose names come after a name."""
        with self._lock:
            names = sorted(name for name in self._users if name > after)
            return tuple(self._users[name] for name in names[:limit])

    def change_user(self, name: str, change: Callable[[User], User], entry: AuditEntry) -> User:
        """Change a user."""
        with self._lock:
            before = self.user(name)
            changed = replace(change(before), name=name)
            others = (user for user in self._users.values() if user.name != name)
            if _administers(before) and not _administers(changed) and not any(map(_administers, others)):
                raise last_administrator(name)
            self._users[name] = changed
            self.record(entry)
            return changed

    def add_token(self, token: Token, digest: bytes, entry: AuditEntry) -> None:
        """Keep a new token."""
        with self._lock:
            self.user(token.user)
            if token.id in self._tokens:
                raise token_exists(token.id)
            self._tokens[token.id] = token, digest
            self.record(entry)

    def credential(self, token_id: str) -> Credential | None:
        """Return a token, its user and the hash of its text."""
        with self._lock:
            if token_id not in self._tokens:
                return None
            token, digest = self._tokens[token_id]
            return Credential(token, self._users[token.user], digest)

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Return a user's tokens, or all."""
        with self._lock:
            found = [token for token, _ in self._tokens.values() if not user or token.user == user]
        return tuple(sorted(found, key=lambda token: (token.created, token.id)))

    def revoke_token(self, token_id: str, at: datetime, entry: AuditEntry) -> Token:
        """Let a token be valid no more."""
        with self._lock:
            if token_id not in self._tokens:
                raise no_token(token_id)
            token, digest = self._tokens[token_id]
            if token.revoked is None:
                token = replace(token, revoked=at)
                self._tokens[token_id] = token, digest
                self.record(entry)
            return token

    def touch_token(self, token_id: str, at: datetime, every: timedelta) -> bool:
        """Note that a token was used."""
        with self._lock:
            token, digest = self._tokens.get(token_id, (None, b""))
            if token is None or (token.last_used is not None and token.last_used > at - every):
                return False
            self._tokens[token_id] = replace(token, last_used=at), digest
            return True

    def record(self, entry: AuditEntry) -> None:
        """Add an entry to the log."""
        with self._lock:
            self._sequence += 1
            self._entries.append(replace(entry, sequence=self._sequence))

    def audit(self, query: AuditQuery) -> AuditPage:
        """Return a page of the log."""
        with self._lock:
            found = [entry for entry in reversed(self._entries) if _is_asked_for(entry, query)]
        page = tuple(found[: query.limit])
        return AuditPage(page, page[-1].sequence if len(found) > len(page) and page else 0)

    def prune_audit(self, before: datetime) -> int:
        """Forget the entries of before a time."""
        with self._lock:
            kept = [entry for entry in self._entries if entry.at >= before]
            forgotten = len(self._entries) - len(kept)
            self._entries = kept
            return forgotten


def _administers(user: User) -> bool:
    return user.role is Role.ADMIN and user.disabled is None


def _is_asked_for(entry: AuditEntry, query: AuditQuery) -> bool:
    texts = ("actor", "address", "action", "target", "request")
    return (
        all(getattr(query, name) in {"", getattr(entry, name)} for name in texts)
        and (query.outcome is None or entry.outcome is query.outcome)
        and (query.begin is None or entry.at >= query.begin)
        and (query.end is None or entry.at < query.end)
        and (not query.before or entry.sequence < query.before)
    )
