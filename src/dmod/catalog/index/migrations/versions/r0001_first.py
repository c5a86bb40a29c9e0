"""The first form of the tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _version_id(**more: Any) -> sa.Column[Any]:
    key = sa.ForeignKey("dataset_version.id", ondelete="CASCADE")
    return sa.Column("version_id", _number, key, nullable=False, autoincrement=False, **more)


def _holder() -> list[sa.Column[Any]]:
    return [
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("process_started", sa.Text, nullable=False),
    ]


def upgrade() -> None:
    """Make the tables."""
    _make_versions()
    _make_matching()
    _make_holding()
    _make_content()


def _make_versions() -> None:
    op.create_table(
        "dataset_name",
        sa.Column("name", _name, primary_key=True),
        sa.Column("highest", sa.Integer, nullable=False),
    )
    op.create_table(
        "manifest",
        sa.Column("id", _number, sa.Identity(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
    )
    op.create_table(
        "dataset_version",
        sa.Column("id", _number, sa.Identity(), primary_key=True),
        sa.Column("name", _name, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False, unique=True),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("read_only", sa.Boolean, nullable=False),
        sa.Column("digest", sa.LargeBinary(32)),
        sa.Column("lineage_key", sa.Text, nullable=False),
        sa.Column("manifest_id", _number, sa.ForeignKey("manifest.id")),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_index("dataset_version_state", "dataset_version", ["state", "expires"])
    op.create_index("dataset_version_digest", "dataset_version", ["digest"])
    op.create_index("dataset_version_manifest", "dataset_version", ["manifest_id"])
    op.create_index("dataset_version_lineage", "dataset_version", ["lineage_key", "created"])
    op.create_table(
        "dataset_input",
        _version_id(primary_key=True),
        sa.Column("uuid", sa.Text, primary_key=True),
    )
    op.create_index("dataset_input_uuid", "dataset_input", ["uuid"])


def _make_matching() -> None:
    words = [f"{kind}_{number}" for kind in ("places", "others") for number in range(4)]
    op.create_table(
        "dataset_document",
        _version_id(primary_key=True),
        sa.Column("coded", sa.Integer, nullable=False),
        sa.Column("codes", sa.LargeBinary, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "dataset_summary",
        sa.Column("category", sa.Text, primary_key=True),
        sa.Column("format", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time_begin", sa.BigInteger, primary_key=True, autoincrement=False),
        _version_id(primary_key=True),
        sa.Column("time_end", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("stated", sa.Integer, nullable=False),
        sa.Column("unbounded", sa.Integer, nullable=False),
        sa.Column("place_count", sa.Integer, nullable=False),
        *(sa.Column(word, sa.BigInteger, nullable=False) for word in words),
        sqlite_with_rowid=False,
    )
    op.create_index("dataset_summary_version", "dataset_summary", ["version_id"], unique=True)


def _make_holding() -> None:
    op.create_table(
        "dataset_upload",
        _version_id(primary_key=True),
        *_holder(),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("lease", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "dataset_hold",
        sa.Column("id", sa.Text, primary_key=True),
        _version_id(),
        sa.Column("purpose", sa.Text, nullable=False),
        *_holder(),
        sa.Column("lease", sa.BigInteger, nullable=False),
        sa.Column("lasting", sa.Boolean, nullable=False),
    )
    op.create_index("dataset_hold_version", "dataset_hold", ["version_id"])
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        *_holder(),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def _make_content() -> None:
    op.create_table(
        "content",
        sa.Column("id", _number, sa.Identity(), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("claimed", sa.BigInteger, nullable=False),
        sa.Column("condemned", sa.Boolean, nullable=False),
    )
    op.create_index(
        "content_condemned",
        "content",
        ["id"],
        sqlite_where=sa.text("condemned"),
        postgresql_where=sa.text("condemned"),
    )
    op.create_table(
        "manifest_content",
        sa.Column(
            "manifest_id", _number, sa.ForeignKey("manifest.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("content_id", _number, sa.ForeignKey("content.id"), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("manifest_content_content", "manifest_content", ["content_id"])


def downgrade() -> None:
    """Refuse: an index is written anew from the store's records."""
    raise NotImplementedError("delete the index and write it anew with `dmod data reindex`")
