"""Alembic's door: migrations run at start, on the connection that `engine.py` hands over."""

from alembic import context

from ranmailbot.adapters.sql.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
