"""The call as its organisers published it: who asks what of whom, by when, for which sessions.

Everything here is frozen data. Moments are aware datetimes in UTC; `zone` is the IANA name in which people read them.
Known limit: one call has one zone for its deadline; each session has its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ranmailbot.call.timeline import Anchors, Milestone, Plan, milestones


@dataclass(frozen=True, slots=True)
class Question:
    """One open question, word for word. `number` counts from 1 in the order of the call."""

    number: int
    text: str


ProfileKey = Literal["name", "organisation", "country", "role", "email"]


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """An optional line of the form about the applicant, such as "Your name". `key` says what we store it as."""

    key: ProfileKey
    label: str


@dataclass(frozen=True, slots=True)
class Person:
    """A contact or an organiser: a display name and one e-mail address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class MeetingRoom:
    """How to join one online session. Never the host key. Its repr, which may reach a log, says none of it.

    `approved_by` empty means that no organiser has approved the details yet: they must not be sent.
    """

    join_url: str = field(repr=False)
    meeting_number: str = field(repr=False)
    password: str = field(repr=False)
    numeric_password: str = field(repr=False)
    video_address: str = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)
    approved_by: str
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """One session of the meeting. `key` is unique in the call and stands in causes and calendars for ever."""

    key: str
    number: int
    title: str
    start: datetime
    end: datetime
    zone: str
    place: str
    online: bool
    room: MeetingRoom | None


@dataclass(frozen=True, slots=True)
class Privacy:
    """What Regulation (EU) 2018/1725 and the GDPR want said: who is responsible, why, how long, who else."""

    controller: str
    data_protection_contact: str
    legal_basis: str
    retention: str
    processors: str
    notice: str


@dataclass(frozen=True, slots=True)
class Call:
    """The whole call. `deadline` is the first moment that is too late (midnight after the last day)."""

    key: str
    title: str
    caller: str
    partners: str
    short_title: str
    """Neutral and short: for subjects and shared calendars. Says nothing of the subject of the meeting."""
    summary: tuple[str, ...]
    """Paragraphs that say what the meeting is about, for the call mail and the page."""
    audiences: tuple[str, ...]
    places: int | None
    language: str
    language_note: str
    rule: str
    zone: str
    published: datetime
    deadline: datetime
    questions: tuple[Question, ...]
    profile_lines: tuple[ProfileLine, ...]
    sessions: tuple[Session, ...]
    contacts: tuple[Person, ...]
    organisers: tuple[Person, ...]
    mailbox: Person
    """The bot's own name and address: what people write to."""
    privacy: Privacy
    timeline: tuple[Plan, ...]
    reference_prefix: str = "A"

    @property
    def deadline_day(self) -> datetime:
        """Any moment of the last day on which an application is in time (its last microsecond, UTC)."""
        return self.deadline - timedelta(microseconds=1)

    def session(self, key: str) -> Session:
        """The session with this key. Raises KeyError."""
        for session in self.sessions:
            if session.key == key:
                return session
        raise KeyError(key)

    def reference(self, number: int) -> str:
        """How people name an application: "A-017"."""
        return f"{self.reference_prefix}-{number:03d}"

    def is_late(self, moment: datetime) -> bool:
        """Whether something that arrived at this moment missed the deadline."""
        return moment >= self.deadline

    def organiser(self, email: str) -> Person | None:
        """The organiser with this address (case-folded), if there is one."""
        wanted = email.casefold()
        return next((person for person in self.organisers if person.email.casefold() == wanted), None)

    def milestones(self) -> tuple[Milestone, ...]:
        """The whole timeline in UTC, by moment. Raises NoSuchTime, but config.py asks first."""
        sessions = tuple((s.key, s.start.astimezone(ZoneInfo(s.zone)).date(), s.zone) for s in self.sessions)
        here = ZoneInfo(self.zone)
        published, deadline = (moment.astimezone(here).date() for moment in (self.published, self.deadline_day))
        return milestones(self.timeline, Anchors(published, deadline, sessions, self.zone))
