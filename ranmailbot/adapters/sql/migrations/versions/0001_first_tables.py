"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite numbers rows only for INTEGER primary keys.
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Everything, table by table."""
    _applications()
    _attempts()
    _correspondents()
    _events()
    _letters()
    _milestones()
    _outbox()
    _outcomes()
    _recipients()
    _rsvps()
    _versions()


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("late_changes", sa.Boolean(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("undeliverable", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call", "number", name=op.f("pk_applications")),
    )
    op.create_index(op.f("ix_applications_call_address"), "applications", ["call", "address"], unique=False)
    op.create_index(op.f("ix_applications_call_updated_at"), "applications", ["call", "updated_at"], unique=False)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call", "digest", name=op.f("pk_attempts")),
    )


def _correspondents() -> None:
    op.create_table(
        "correspondents",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("unsubscribed", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call", "address", name=op.f("pk_correspondents")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("application", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call", "application", "session", name=op.f("pk_events")),
        sa.UniqueConstraint("call", "uid", name=op.f("uq_events_call_uid")),
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("junk", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("call", "key", name=op.f("uq_letters_call_key")),
    )
    op.create_index(op.f("ix_letters_call_arrived_at"), "letters", ["call", "arrived_at"], unique=False)


def _milestones() -> None:
    op.create_table(
        "milestones",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call", "key", name=op.f("pk_milestones")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("outcome", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("application", sa.Integer(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("reply", sa.Boolean(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("doubted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_reply", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("call", "message_id", name=op.f("uq_outbox_call_message_id")),
    )
    op.create_index(
        op.f("ix_outbox_call_recipient_created_at"), "outbox", ["call", "recipient", "created_at"], unique=False
    )
    op.create_index(op.f("ix_outbox_call_settled_at"), "outbox", ["call", "settled_at"], unique=False)
    op.create_index(op.f("ix_outbox_call_state_next_at"), "outbox", ["call", "state", "next_at"], unique=False)


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("letter", sa.BigInteger(), nullable=True),
        sa.Column("application", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("call", "cause", name=op.f("uq_outcomes_call_cause")),
    )
    op.create_index(op.f("ix_outcomes_call_at"), "outcomes", ["call", "at"], unique=False)
    op.create_index(op.f("ix_outcomes_call_letter"), "outcomes", ["call", "letter"], unique=False)


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint("call", "milestone", "recipient", name=op.f("uq_recipients_call_milestone_recipient")),
    )
    op.create_index(
        op.f("ix_recipients_call_milestone_done"), "recipients", ["call", "milestone", "done"], unique=False
    )


def _rsvps() -> None:
    op.create_table(
        "rsvps",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("application", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call", "application", "session", name=op.f("pk_rsvps")),
    )


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("application", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("letter", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("call", "application", "version", name=op.f("pk_versions")),
    )
