"""The domain of a recipient, as a keyed hash; indices for counting replies and finding letters to judge again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One column, empty for mails of before (their recipients are sealed), and indices."""
    op.add_column("outbox", sa.Column("domain", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_outbox_call_domain_created_at"), "outbox", ["call", "domain", "created_at"], unique=False)
    op.create_index(op.f("ix_outbox_call_reply_created_at"), "outbox", ["call", "reply", "created_at"], unique=False)
    op.create_index(op.f("ix_letters_call_again"), "letters", ["call", "again"], unique=False)
