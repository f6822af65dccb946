"""What Alembic runs for each migration: on the connection that `store` gives it, inside its transaction."""

from __future__ import annotations

from alembic import context

from rhinecloud.access.tables import metadata

# SQLite can change its schema in a transaction too; the transaction is the caller's.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="access_revision",
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
