"""Accounts in a database, SQLite or PostgreSQL, by one path of code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from dmod.accounts.audit import AuditEntry, AuditPage, AuditQuery
from dmod.accounts.role import Role
from dmod.accounts.store.absence import last_administrator, no_token, no_user, token_exists, user_exists
from dmod.accounts.store.port import AccountStore, Credential
from dmod.accounts.store.rows import entry_of, entry_row, owner_of, token_of, token_row, user_of, user_row
from dmod.accounts.store.tables import entries, tokens, users
from dmod.accounts.token import Token
from dmod.accounts.user import User
from dmod.database.database import Database
from dmod.database.moment import moment
from dmod.database.upsert import insert_new

PRUNED_AT_ONCE = 5_000
"""Entries that are forgotten in one transaction, so that others need not wait long."""

_OWNED = select(tokens, *(column.label(f"owner_{column.name}") for column in users.c)).join_from(
    tokens, users
)


class SqlAccounts(AccountStore):
    """Accounts in a database; see the port for what each method does."""

    def __init__(self, database: Database) -> None:
        self.address = database.address
        self._database = database

    def close(self) -> None:
        """Let all connections go."""
        self._database.close()

    def add_user(self, user: User, entry: AuditEntry) -> None:
        """Keep a new user."""

        def add(connection: Connection) -> None:
            added = insert_new(connection, users, "name").values(user_row(user)).returning(users.c.name)
            if connection.execute(added).first() is None:
                raise user_exists(user.name)
            _note(connection, entry)

        self._database.write(add)

    def user(self, name: str) -> User:
        """Return a user."""
        return self._database.read(lambda c: _user(c, name))

    def users(self, after: str = "", limit: int = 1000) -> tuple[User, ...]:
        """Return users whose names come after a name."""
        chosen = select(users).where(users.c.name > after).order_by(users.c.name).limit(limit)
        return self._database.read(lambda c: tuple(user_of(row) for row in c.execute(chosen)))

    def change_user(self, name: str, change: Callable[[User], User], entry: AuditEntry) -> User:
        """Change a user."""
        return self._database.write(lambda c: _change_user(c, name, change, entry))

    def add_token(self, token: Token, digest: bytes, entry: AuditEntry) -> None:
        """Keep a new token."""

        def add(connection: Connection) -> None:
            _user(connection, token.user)
            row = token_row(token, digest)
            added = insert_new(connection, tokens, "id").values(row).returning(tokens.c.id)
            if connection.execute(added).first() is None:
                raise token_exists(token.id)
            _note(connection, entry)

        self._database.write(add)

    def credential(self, token_id: str) -> Credential | None:
        """Return a token, its user and the hash of its text."""

        def find(connection: Connection) -> Credential | None:
            # one statement, so that it takes as long for an id that is there as for one that is not
            row = connection.execute(_OWNED.where(tokens.c.id == token_id)).first()
            return None if row is None else Credential(token_of(row), owner_of(row), row.digest)

        return self._database.read(find)

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Return a user's tokens, or all."""
        chosen = select(tokens).order_by(tokens.c.created, tokens.c.id)
        if user:
            chosen = chosen.where(tokens.c.user == user)
        return self._database.read(lambda c: tuple(token_of(row) for row in c.execute(chosen)))

    def revoke_token(self, token_id: str, at: datetime, entry: AuditEntry) -> Token:
        """Let a token be valid no more."""

        def revoke(connection: Connection) -> Token:
            one = tokens.c.id == token_id
            marked = update(tokens).where(one, tokens.c.revoked.is_(None)).values(revoked=moment(at))
            if connection.execute(marked).rowcount:
                _note(connection, entry)
            row = connection.execute(select(tokens).where(one)).first()
            if row is None:
                raise no_token(token_id)
            return token_of(row)

        return self._database.write(revoke)

    def touch_token(self, token_id: str, at: datetime, every: timedelta) -> bool:
        """Note that a token was used."""
        is_due = or_(tokens.c.last_used.is_(None), tokens.c.last_used <= moment(at - every))
        noted = update(tokens).where(tokens.c.id == token_id, is_due).values(last_used=moment(at))
        return self._database.write(lambda c: c.execute(noted).rowcount > 0)

    def record(self, entry: AuditEntry) -> None:
        """Add an entry to the log."""
        self._database.write(lambda c: _note(c, entry))

    def audit(self, query: AuditQuery) -> AuditPage:
        """Return a page of the log."""
        return self._database.read(lambda c: _page(c, query))

    def prune_audit(self, before: datetime) -> int:
        """Forget the entries of before a time."""
        old = select(entries.c.sequence).where(entries.c.at < moment(before)).limit(PRUNED_AT_ONCE)
        some = delete(entries).where(entries.c.sequence.in_(old.scalar_subquery()))
        total = 0
        while forgotten := self._database.write(lambda c: c.execute(some).rowcount):
            total += forgotten
        return total


def _note(connection: Connection, entry: AuditEntry) -> None:
    connection.execute(insert(entries).values(entry_row(entry)))


def _user(connection: Connection, name: str) -> User:
    row = connection.execute(select(users).where(users.c.name == name)).first()
    if row is None:
        raise no_user(name)
    return user_of(row)


def _change_user(
    connection: Connection, name: str, change: Callable[[User], User], entry: AuditEntry
) -> User:
    # all administrators are held, so that of two who disable each other one comes too late
    administers = and_(users.c.role == Role.ADMIN.value, users.c.disabled.is_(None))
    chosen = select(users).where(or_(users.c.name == name, administers)).order_by(users.c.name)
    held = {row.name: user_of(row) for row in connection.execute(chosen.with_for_update())}
    if name not in held:
        raise no_user(name)
    changed = replace(change(held[name]), name=name)
    after = {**held, name: changed}
    if _administrators(held) and not _administrators(after):
        raise last_administrator(name)
    connection.execute(update(users).where(users.c.name == name).values(user_row(changed)))
    _note(connection, entry)
    return changed


def _administrators(found: dict[str, User]) -> int:
    return sum(user.role is Role.ADMIN and user.disabled is None for user in found.values())


def _page(connection: Connection, query: AuditQuery) -> AuditPage:
    chosen = select(entries).order_by(entries.c.sequence.desc()).limit(query.limit + 1)
    for name in ("actor", "address", "action", "target", "request"):
        if asked := getattr(query, name):
            chosen = chosen.where(entries.c[name] == asked)
    if query.outcome is not None:
        chosen = chosen.where(entries.c.outcome == query.outcome.value)
    if query.begin is not None:
        chosen = chosen.where(entries.c.at >= moment(query.begin))
    if query.end is not None:
        chosen = chosen.where(entries.c.at < moment(query.end))
    if query.before:
        chosen = chosen.where(entries.c.sequence < query.before)
    found = [entry_of(row) for row in connection.execute(chosen)]
    page = tuple(found[: query.limit])
    return AuditPage(page, page[-1].sequence if len(found) > len(page) and page else 0)
