"""Sets of places are kept once, by blocks; summaries refer to them.

What is described of versions is written anew after this, see ``env.py``.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of places, and the summaries anew; codes of elements are needed no more."""
    op.create_table(
        "places",
        sa.Column("id", _number, sa.Identity(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("anywhere", sa.Integer, nullable=False),
    )
    somewhere = sa.text("anywhere != 0")
    op.create_index("places_anywhere", "places", ["id"], sqlite_where=somewhere, postgresql_where=somewhere)
    op.create_table(
        "places_block",
        sa.Column("code", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "places_id", _number, sa.ForeignKey("places.id", ondelete="CASCADE"), primary_key=True,
            autoincrement=False,
        ),
        sa.Column("mask", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("places_block_places", "places_block", ["places_id"])
    op.drop_table("dataset_summary")
    op.drop_column("dataset_document", "coded")
    op.drop_column("dataset_document", "codes")
    _make_summaries()


def _make_summaries() -> None:
    version = sa.ForeignKey("dataset_version.id", ondelete="CASCADE")
    op.create_table(
        "dataset_summary",
        sa.Column("version_id", _number, version, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("time_begin", sa.BigInteger, nullable=False),
        sa.Column("time_end", sa.BigInteger, nullable=False),
        sa.Column("duration", sa.SmallInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("stated", sa.Integer, nullable=False),
        sa.Column("unbounded", sa.Integer, nullable=False),
        sa.Column("places_id", _number, sa.ForeignKey("places.id")),
        *(sa.Column(f"others_{number}", sa.BigInteger, nullable=False) for number in range(4)),
    )
    period = ["category", "duration", "time_begin", "time_end"]
    for name, columns in {
        "places": ["places_id", *period],
        "time": period,
        "created": ["category", "created"],
        "places_created": ["places_id", "category", "created"],
    }.items():
        op.create_index(f"dataset_summary_{name}", "dataset_summary", columns)


def downgrade() -> None:
    """Refuse: an index is written anew from the store's records."""
    raise NotImplementedError("delete the index and write it anew with `dmod data reindex`")
