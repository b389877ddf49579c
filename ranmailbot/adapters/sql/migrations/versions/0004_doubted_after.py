"""Which mail was the newest when one was in doubt: only those after it can witness its absence."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One column; mails in doubt from before have no witness, and are held."""
    op.add_column("outbox", sa.Column("doubted_after", sa.BigInteger(), nullable=True))
