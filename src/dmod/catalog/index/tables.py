"""The tables of an index in a database; `migrations` makes them, statements elsewhere use them.

Times are whole microseconds since 1970, and hashes bytes, so that all databases order and compare them alike.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

REVISIONS = ("0001", "0002")
"""Every form that the tables have had, the present one last."""
REVISION_TABLE = "dmod_index_revision"

PENDING, COMMITTED, REMOVED = 0, 1, 2
"""States of a version."""

OTHERS = ("others_0", "others_1", "others_2", "others_3")
"""Columns that hold the words of a signature, see `dmod.catalog.index.signature`."""

metadata = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")
_Name = Text().with_variant(Text(collation="C"), "postgresql")  # ordered byte by byte, as SQLite does


def _own_id() -> Column[int]:
    return Column("id", _Number, Identity(), primary_key=True)


def _version_id(*, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("dataset_version.id", ondelete="CASCADE")
    return Column("version_id", _Number, key, primary_key=primary_key, nullable=False, autoincrement=False)


def _holder() -> tuple[Column[str], Column[int], Column[str]]:
    return (
        Column("host", Text, nullable=False),
        Column("pid", BigInteger, nullable=False),
        Column("process_started", Text, nullable=False),
    )


names = Table(
    "dataset_name",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("highest", Integer, nullable=False),  # version that was ever reserved
)

manifests = Table(
    "manifest",
    metadata,
    _own_id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
)

versions = Table(
    "dataset_version",
    metadata,
    _own_id(),
    Column("name", _Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("uuid", Text, nullable=False, unique=True),
    Column("state", SmallInteger, nullable=False),
    Column("category", Text, nullable=False),
    Column("format", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("read_only", Boolean, nullable=False),
    Column("digest", LargeBinary(32)),
    Column("lineage_key", Text, nullable=False),
    Column("manifest_id", _Number, ForeignKey("manifest.id")),
    UniqueConstraint("name", "version"),
    Index("dataset_version_state", "state", "expires"),
    Index("dataset_version_digest", "digest"),
    Index("dataset_version_manifest", "manifest_id"),
    Index("dataset_version_lineage", "lineage_key", "created"),
)

documents = Table(
    "dataset_document",
    metadata,
    _version_id(primary_key=True),
    Column("record", Text, nullable=False),
)

places = Table(
    "places",  # each set once, however many datasets lie there
    metadata,
    _own_id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("anywhere", Integer, nullable=False),  # indices that may hold whatever is asked for, as bits
)
Index(
    "places_anywhere",
    places.c.id,
    sqlite_where=places.c.anywhere != 0,
    postgresql_where=places.c.anywhere != 0,
)

blocks = Table(
    "places_block",
    metadata,
    Column("code", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "places_id", _Number, ForeignKey("places.id", ondelete="CASCADE"), primary_key=True,
        autoincrement=False,
    ),
    Column("mask", BigInteger, nullable=False),  # a bit for each element
    Index("places_block_places", "places_id"),
    sqlite_with_rowid=False,
)  # fmt: skip

summaries = Table(
    "dataset_summary",  # of committed versions, narrow, so that all of them are looked through quickly
    metadata,
    _version_id(primary_key=True),
    Column("category", Text, nullable=False),
    Column("format", Integer, nullable=False),
    Column("time_begin", BigInteger, nullable=False),
    Column("time_end", BigInteger, nullable=False),
    Column("duration", SmallInteger, nullable=False),  # how long that is, roughly
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("stated", Integer, nullable=False),  # indices, as bits
    Column("unbounded", Integer, nullable=False),  # indices that a set of elements cannot exceed
    Column("places_id", _Number, ForeignKey("places.id")),  # none where it does not say where it lies
    *(Column(word, BigInteger, nullable=False) for word in OTHERS),
    Index("dataset_summary_places", "places_id", "category", "duration", "time_begin", "time_end"),
    Index("dataset_summary_time", "category", "duration", "time_begin", "time_end"),
    Index("dataset_summary_created", "category", "created"),
    Index("dataset_summary_places_created", "places_id", "category", "created"),
)

uploads = Table(
    "dataset_upload",
    metadata,
    _version_id(primary_key=True),
    *_holder(),
    Column("started", BigInteger, nullable=False),
    Column("lease", BigInteger, nullable=False),
)

inputs = Table(
    "dataset_input",
    metadata,
    _version_id(primary_key=True),
    Column("uuid", Text, primary_key=True),  # of what it was derived from, known here or not
    Index("dataset_input_uuid", "uuid"),
)

holds = Table(
    "dataset_hold",
    metadata,
    Column("id", Text, primary_key=True),
    _version_id(),
    Column("purpose", Text, nullable=False),
    *_holder(),
    Column("lease", BigInteger, nullable=False),
    Column("lasting", Boolean, nullable=False),
    Index("dataset_hold_version", "version_id"),
)

contents = Table(
    "content",
    metadata,
    _own_id(),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("claimed", BigInteger, nullable=False),
    Column("condemned", Boolean, nullable=False),
)
Index(
    "content_condemned",
    contents.c.id,
    sqlite_where=contents.c.condemned,
    postgresql_where=contents.c.condemned,
)

needs = Table(
    "manifest_content",
    metadata,
    Column("manifest_id", _Number, ForeignKey("manifest.id"), primary_key=True, autoincrement=False),
    Column("content_id", _Number, ForeignKey("content.id"), primary_key=True, autoincrement=False),
    Index("manifest_content_content", "content_id"),
    sqlite_with_rowid=False,
)

leases = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    *_holder(),
    Column("until", BigInteger, nullable=False),
)
