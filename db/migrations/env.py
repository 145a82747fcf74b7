"""Alembic environment: runs on a connection handed in by db.migrate, never on its own."""

from __future__ import annotations

from alembic import context

from db import tables  # noqa: F401 - declares the tables
from db.fields import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
