"""What the store tells: states, holds, and the lists and sums that people and rehearsals look at. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """States of a mail in the outbox; docs/architecture.md draws the edges."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    REFUSED = "refused"
    HELD = "held"
    VOID = "void"
    LAPSED = "lapsed"


class Level(StrEnum):
    """How much is stopped."""

    BULK = "bulk"
    """Mailings of the timeline: none is written, none is handed over."""
    ALL = "all"
    """Everything: nothing is handed over. Letters are still received."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Something is stopped until a person resumes it. `reason` is a sentence without personal data."""

    level: Level
    reason: str
    at: datetime
    by_bot: bool
    """Whether the bot stopped itself: its alarms to the organisers then still go out."""


RESTORED = "restored"
"""Name of a fact: up to when a lost database was at work. Letters that arrived before were probably answered."""
NUMBERS = "numbers"
"""Name of a fact: the highest application number that was ever given, where the applications do not show it."""


DISK_FULL = "disk_full"
"""Name of a fact: the disk is full, and the organisers were told."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the whole store, and since when."""

    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """A letter that was put aside. `again` says whether it waits to be judged once more."""

    number: int
    arrived: datetime
    outcome: str
    note: str
    kept: bool
    """Whether its bytes are in the store; one that is too large lies in the mailbox only."""
    again: bool


@dataclass(frozen=True, slots=True)
class LetterRecord:
    """One letter and how it ended."""

    number: int
    message_id: str
    sender: str
    subject: str
    kind: str
    outcome: str
    folder: str
    application: int | None
    arrived: datetime
    copies: int
    note: str


@dataclass(frozen=True, slots=True)
class MailRecord:
    """One mail of the outbox and where it stands."""

    number: int
    message_id: str
    kind: str
    recipient: str
    application: int | None
    session: str | None
    state: State
    cause: str
    created_at: datetime
    settled_at: datetime | None
    next_at: datetime
    attempts: int
    last_reply: str


@dataclass(frozen=True, slots=True)
class BooksReport:
    """The sums: distinct letters by outcome, copies, mails by kind (sent ones) and by state, settled milestones."""

    letters: Mapping[str, int]
    copies: int
    sent: Mapping[str, int]
    states: Mapping[str, int]
    applications: int
    milestones: tuple[tuple[str, str, datetime], ...]
