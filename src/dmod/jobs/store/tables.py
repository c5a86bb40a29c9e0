"""The tables of a job store in a database; `migrations` makes them, statements elsewhere use them.

What jobs are found by stands in narrow columns; what a list shows of each is one document, and what is large
(requests, inputs and results of steps) stands apart from both. Times are whole microseconds since 1970.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

REVISIONS = ("0001",)
"""Every form that the tables have had, the present one last."""
REVISION_TABLE = "dmod_jobs_revision"

metadata = MetaData()

_Name = Text().with_variant(Text(collation="C"), "postgresql")  # ordered byte by byte, as SQLite does


def _job_id(*, primary_key: bool = True) -> Column[str]:
    key = ForeignKey("job.id", ondelete="CASCADE")
    return Column("job_id", _Name, key, primary_key=primary_key, nullable=False)


jobs = Table(
    "job",
    metadata,
    Column("id", _Name, primary_key=True),
    Column("kind", _Name, nullable=False),
    Column("owner", _Name, nullable=False),
    Column("state", _Name, nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("digest", _Name, nullable=False),
    Column("idempotency_key", _Name),  # none where nobody chose one
    Column("answered_by", _Name, nullable=False),
    Column("words", _Name, nullable=False),  # that a text is looked for in
    Column("origin", LargeBinary(16), nullable=False),  # hash of what stays as it was submitted
    Column("face", LargeBinary(16), nullable=False),  # hash of what labels, viewers and words are made from
    UniqueConstraint("owner", "idempotency_key"),
    sqlite_with_rowid=False,
)
Index("job_owner", jobs.c.owner, jobs.c.id)
Index("job_owner_state", jobs.c.owner, jobs.c.state, jobs.c.id)
Index("job_state", jobs.c.state, jobs.c.id)
Index("job_kind", jobs.c.kind, jobs.c.id)
Index("job_digest", jobs.c.digest, jobs.c.id)
Index("job_ended", jobs.c.ended)
Index("job_words", jobs.c.id, jobs.c.created, jobs.c.words)  # to be looked through, as it is narrow
Index("job_active", jobs.c.id, sqlite_where=~jobs.c.is_over, postgresql_where=~jobs.c.is_over)

summaries = Table("job_summary", metadata, _job_id(), Column("document", Text, nullable=False))

requests = Table("job_request", metadata, _job_id(), Column("document", Text, nullable=False))

labels = Table(
    "job_label",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("value", _Name, primary_key=True),
    _job_id(),
    Index("job_label_job", "job_id"),
    sqlite_with_rowid=False,
)

viewers = Table(
    "job_viewer",
    metadata,
    Column("viewer", _Name, primary_key=True),  # the owner, or who it is shared with
    _job_id(),
    Column("state", _Name, nullable=False),  # of the job, so that a viewer's are found by it
    Index("job_viewer_state", "viewer", "state", "job_id"),
    Index("job_viewer_job", "job_id"),
    sqlite_with_rowid=False,
)

steps = Table(
    "job_step",
    metadata,
    _job_id(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", _Name, nullable=False),
    Column("mark", LargeBinary(16), nullable=False),  # hash of the row
    Column("done_key", _Name),  # key of a step that is done
    Column("inputs", Text, nullable=False),
    Column("result", Text),
)
Index(
    "job_step_done",
    steps.c.done_key,
    steps.c.job_id,
    sqlite_where=steps.c.done_key.is_not(None),
    postgresql_where=steps.c.done_key.is_not(None),
)

attempts = Table(
    "job_attempt",
    metadata,
    _job_id(),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("owner", _Name, nullable=False),
    Column("cpus", Integer, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),  # `LAST_MOMENT` while it is under way
    Index("job_attempt_ended", "ended", "owner", "cpus", "begun"),
    sqlite_with_rowid=False,
)

events = Table(
    "job_event",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("job_id", _Name, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", _Name, nullable=False),
    Column("is_change", Boolean, nullable=False),  # it came with a change of the job
    Column("document", Text, nullable=False),
    Index("job_event_job", "job_id", "sequence"),
    sqlite_with_rowid=False,
)
Index(
    "job_event_progress",
    events.c.job_id,
    sqlite_where=events.c.kind == "progress",
    postgresql_where=events.c.kind == "progress",
)

counters = Table(
    "job_counter",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

reports = Table(
    "job_report",
    metadata,
    Column("label", _Name, primary_key=True),
    Column("job_id", _Name, nullable=False),
    Column("document", Text, nullable=False),
    Index("job_report_job", "job_id"),
)

nodes = Table(
    "job_node",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("executor", _Name, nullable=False),
    Column("cpus", Integer, nullable=False),
    Column("memory", BigInteger, nullable=False),
    Column("is_ready", Boolean, nullable=False),
)

rights = Table(
    "job_right",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("lasts", BigInteger, nullable=False),
    Column("boot", Text, nullable=False),  # of the machine whose clock counts; "" where the server's does
)
