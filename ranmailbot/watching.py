"""What we need of an alarm, in our own words: what is told when the bot is silent, and a route by which to tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on both clocks: aware UTC time for people, seconds for measuring."""

    wall: datetime
    ticks: float


class Part(StrEnum):
    """What the three lines of the worker do: the mailbox, the outbox, the timeline (which also tries the database)."""

    FETCH = "fetch"
    SEND = "send"
    COMMIT = "commit"


class Kind(StrEnum):
    """What is silent."""

    FETCH = "fetch"
    SEND = "send"
    COMMIT = "commit"
    UNTOLD = "untold"
    """Something waits for the organisers, and the submission server is what fails."""
    TRIAL = "trial"


class Now(StrEnum):
    """What a message is about: a silence, its end, or nothing but a trial of the route."""

    SILENT = "silent"
    OVER = "over"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """After how long each silence is one, how often it is told again, and how soon after a route failed."""

    fetch: timedelta = timedelta(hours=1)
    send: timedelta = timedelta(hours=2)
    commit: timedelta = timedelta(minutes=30)
    untold: timedelta = timedelta(minutes=15)
    repeat: timedelta = timedelta(hours=6)
    retry: timedelta = timedelta(minutes=5)

    def of(self, part: Part) -> timedelta:
        """How long this part may be silent."""
        return {Part.FETCH: self.fetch, Part.SEND: self.send, Part.COMMIT: self.commit}[part]


@dataclass(frozen=True, slots=True)
class News:
    """What a route shall say. `text` is whole sentences, with the remedy, and no personal data."""

    kind: Kind
    now: Now
    since: Moment
    at: Moment
    text: str


class Route(Protocol):
    """A way to people that does not need what fails."""

    @property
    def name(self) -> str:
        """What the log calls it; no secret, no address."""
        ...

    def tell(self, news: News) -> None:
        """Say it. Raises Unavailable if it could not be said; then it is tried again."""
        ...
