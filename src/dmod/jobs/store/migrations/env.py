"""What Alembic runs: the migrations, on the connection that the store opens and in its transaction."""

from alembic import context

from dmod.jobs.store.tables import REVISION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISION_TABLE,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
