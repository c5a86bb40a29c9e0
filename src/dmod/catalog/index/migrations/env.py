"""What Alembic runs: the migrations, on the connection that the index opens and in its transaction."""

from alembic import context

from dmod.catalog.index.describing import describe_all
from dmod.catalog.index.tables import REVISION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=REVISION_TABLE,
    transactional_ddl=False,  # the transaction is the caller's
)
was_there = context.get_context().get_current_revision() is not None
context.run_migrations()
if was_there:
    # migrations make the tables that describe versions empty; what fills them now also does so later
    describe_all(connection)
