"""Alembic runs the migrations on the connection, and in the transaction, that adapter/store/created.py gives it."""

from alembic import context

from adapter.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
