"""What is stored. A call key on every table; everything personal is sealed, and found again by keyed hashes.

Moments are whole microseconds since 1970 in UTC, so that every database orders and returns them alike.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 (UTC)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's shape
        """To the database."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's shape
        """From the database."""
        return None if value is None else EPOCH + timedelta(microseconds=int(value))


def _key() -> Column[str]:
    return Column("call", Text, nullable=False)


def _row() -> Column[int]:
    # SQLite numbers rows only for INTEGER primary keys.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


about = Table(
    "about",
    metadata,
    _key(),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("call", "name"),
)
"""Facts about the whole: which key store belongs to it, whether sending is stopped, whether it was restored."""

attempts = Table(
    "attempts",
    metadata,
    _key(),
    Column("digest", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    PrimaryKeyConstraint("call", "digest"),
)

letters = Table(
    "letters",
    metadata,
    _row(),
    _key(),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("junk", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("arrived_at", Moment, nullable=False),
    Column("copies", Integer, nullable=False, default=0),
    Column("editions", Integer, nullable=False, default=1),
    Column("again", Boolean, nullable=False, default=False),
    Column("owner", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("call", "key"),
    Index(None, "call", "arrived_at"),
    Index(None, "call", "again"),
)

outcomes = Table(
    "outcomes",
    metadata,
    _row(),
    _key(),
    Column("cause", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("letter", BigInteger),
    Column("application", Integer),
    Column("note", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("call", "cause"),
    Index(None, "call", "at"),
    Index(None, "call", "letter"),
)

applications = Table(
    "applications",
    metadata,
    _key(),
    Column("number", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("decision", Text),
    Column("told", Text),
    Column("version", Integer, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("late_changes", Boolean, nullable=False),
    Column("proven", Boolean, nullable=False),
    Column("undeliverable", Boolean, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("call", "number"),
    Index(None, "call", "address"),
    Index(None, "call", "updated_at"),
)

versions = Table(
    "versions",
    metadata,
    _key(),
    Column("application", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("letter", BigInteger),
    Column("at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("call", "application", "version"),
)

rsvps = Table(
    "rsvps",
    metadata,
    _key(),
    Column("application", Integer, nullable=False),
    Column("session", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("comment", LargeBinary, nullable=False),
    PrimaryKeyConstraint("call", "application", "session"),
)

events = Table(
    "events",
    metadata,
    _key(),
    Column("application", Integer, nullable=False),
    Column("session", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamped_at", Moment, nullable=False),
    PrimaryKeyConstraint("call", "application", "session"),
    UniqueConstraint("call", "uid"),
)

correspondents = Table(
    "correspondents",
    metadata,
    _key(),
    Column("address", Text, nullable=False),
    Column("unsubscribed", Boolean, nullable=False),
    Column("asked_at", Moment),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("call", "address"),
)

outbox = Table(
    "outbox",
    metadata,
    _row(),
    _key(),
    Column("outcome", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("application", Integer),
    Column("session", Text),
    Column("thread", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("domain", Text, nullable=False, default="", server_default=""),
    Column("message_id", Text, nullable=False),
    Column("reply", Boolean, nullable=False),
    Column("asks", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("not_after", Moment),
    Column("claimed_by", Text, nullable=False),
    Column("lease_until", Moment),
    Column("doubted_at", Moment),
    Column("doubted_after", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("last_reply", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("call", "message_id"),
    Index(None, "call", "state", "next_at"),
    Index(None, "call", "recipient", "created_at"),
    Index(None, "call", "domain", "created_at"),
    Index(None, "call", "reply", "created_at"),
    Index(None, "call", "settled_at"),
)

milestones = Table(
    "milestones",
    metadata,
    _key(),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("call", "key"),
)

recipients = Table(
    "recipients",
    metadata,
    _row(),
    _key(),
    Column("milestone", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    UniqueConstraint("call", "milestone", "recipient"),
    Index(None, "call", "milestone", "done"),
)
