"""The tables of accounts in a database; `migrations` makes them, statements elsewhere use them.

Times are whole microseconds since 1970.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from dmod.database.migrating import TableGroup

REVISION_TABLE = "dmod_accounts_revision"
ACCOUNTS = TableGroup(
    title="accounts",
    revision_table=REVISION_TABLE,
    revisions=("0001",),
    migrations=Path(__file__).parent / "migrations",
    lock=0x646D6F61,
)

metadata = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")
_Name = Text().with_variant(Text(collation="C"), "postgresql")  # ordered byte by byte, as SQLite does

users = Table(
    "account_user",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("role", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("disabled", BigInteger),
    Column("quota", Text, nullable=False),  # JSON
)

tokens = Table(
    "account_token",
    metadata,
    Column("id", _Name, primary_key=True),
    Column("user", _Name, ForeignKey("account_user.name"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # sorted, with blanks between
    Column("digest", LargeBinary(32), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("last_used", BigInteger),
    Column("revoked", BigInteger),
    Index("account_token_user", "user"),
)

entries = Table(
    "account_audit",  # no statement changes a row, and the database refuses it
    metadata,
    Column("sequence", _Number, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("account_audit_at", "at"),
    Index("account_audit_actor", "actor", "sequence"),
    Index("account_audit_target", "target", "sequence"),
    sqlite_autoincrement=True,  # numbers of entries that were forgotten do not come again
)
