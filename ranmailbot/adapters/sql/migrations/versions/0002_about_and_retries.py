"""Facts about the whole store; letters that a person wants to be judged again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table, and two columns with what they were so far."""
    op.create_table(
        "about",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call", "name", name=op.f("pk_about")),
    )
    op.add_column("letters", sa.Column("editions", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("letters", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
