"""The first form of the tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _job_id(*, primary_key: bool = True) -> sa.Column[Any]:
    key = sa.ForeignKey("job.id", ondelete="CASCADE")
    return sa.Column("job_id", _name, key, primary_key=primary_key, nullable=False)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    """Make the tables."""
    _make_jobs()
    _make_finding()
    _make_steps()
    _make_events()
    _make_present()


def _make_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", _name, primary_key=True),
        sa.Column("kind", _name, nullable=False),
        sa.Column("owner", _name, nullable=False),
        sa.Column("state", _name, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("digest", _name, nullable=False),
        sa.Column("idempotency_key", _name),
        sa.Column("answered_by", _name, nullable=False),
        sa.Column("words", _name, nullable=False),
        sa.Column("origin", sa.LargeBinary(16), nullable=False),
        sa.Column("face", sa.LargeBinary(16), nullable=False),
        sa.UniqueConstraint("owner", "idempotency_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("job_owner", "job", ["owner", "id"])
    op.create_index("job_owner_state", "job", ["owner", "state", "id"])
    op.create_index("job_state", "job", ["state", "id"])
    op.create_index("job_kind", "job", ["kind", "id"])
    op.create_index("job_digest", "job", ["digest", "id"])
    op.create_index("job_ended", "job", ["ended"])
    op.create_index("job_words", "job", ["id", "created", "words"])
    _partial("job_active", "job", ["id"], "NOT is_over")
    for table in ("job_summary", "job_request"):
        op.create_table(table, _job_id(), sa.Column("document", sa.Text, nullable=False))


def _make_finding() -> None:
    op.create_table(
        "job_label",
        sa.Column("name", _name, primary_key=True),
        sa.Column("value", _name, primary_key=True),
        _job_id(),
        sqlite_with_rowid=False,
    )
    op.create_index("job_label_job", "job_label", ["job_id"])
    op.create_table(
        "job_viewer",
        sa.Column("viewer", _name, primary_key=True),
        _job_id(),
        sa.Column("state", _name, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("job_viewer_state", "job_viewer", ["viewer", "state", "job_id"])
    op.create_index("job_viewer_job", "job_viewer", ["job_id"])


def _make_steps() -> None:
    op.create_table(
        "job_step",
        _job_id(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", _name, nullable=False),
        sa.Column("mark", sa.LargeBinary(16), nullable=False),
        sa.Column("done_key", _name),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
    )
    _partial("job_step_done", "job_step", ["done_key", "job_id"], "done_key IS NOT NULL")
    op.create_table(
        "job_attempt",
        _job_id(),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", _name, nullable=False),
        sa.Column("cpus", sa.Integer, nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("job_attempt_ended", "job_attempt", ["ended", "owner", "cpus", "begun"])


def _make_events() -> None:
    op.create_table(
        "job_event",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("job_id", _name, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", _name, nullable=False),
        sa.Column("is_change", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("job_event_job", "job_event", ["job_id", "sequence"])
    _partial("job_event_progress", "job_event", ["job_id"], "kind = 'progress'")
    counter = op.create_table(
        "job_counter",
        sa.Column("name", _name, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"name": "event", "last": 0}])


def _make_present() -> None:
    op.create_table(
        "job_report",
        sa.Column("label", _name, primary_key=True),
        sa.Column("job_id", _name, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("job_report_job", "job_report", ["job_id"])
    op.create_table(
        "job_node",
        sa.Column("name", _name, primary_key=True),
        sa.Column("executor", _name, nullable=False),
        sa.Column("cpus", sa.Integer, nullable=False),
        sa.Column("memory", sa.BigInteger, nullable=False),
        sa.Column("is_ready", sa.Boolean, nullable=False),
    )
    op.create_table(
        "job_right",
        sa.Column("name", _name, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("lasts", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Refuse: what a later version kept of jobs cannot be kept in an earlier form."""
    raise NotImplementedError("use the version of dmod that made the tables, or a later one")
