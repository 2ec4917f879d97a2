"""Runs migrations on the connection, and in the transaction, that `schema.migrate` hands over."""

from alembic import context

from reticket.directory.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
