"""The chronicle: every mail that was posted or arrived, numbered in order, its bytes on disk, its facts in memory.

Known limit: facts of all mails are held in memory (about 1 KB each), their bytes are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.parser import BytesHeaderParser
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Session
from ranmailbot.rehearsal.posting import Posting
from ranmailbot.rehearsal.received import Received, header

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
INCOMING, OUTGOING = "incoming", "outgoing"


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter to the bot. `posting` no longer holds its bytes: they are in `file`."""

    number: int
    at: datetime
    posting: Posting
    subject: str
    file: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail of the bot's that arrived. `at` is played time; `opens` are the sessions whose join link it holds."""

    number: int
    at: datetime
    file: str
    delivered_to: str
    to: tuple[str, ...]
    others: int
    kind: str
    subject: str
    message_id: str
    answers: str
    """The Message-ID of the letter it answers, or the empty text."""
    session: str
    method: str
    uid: str
    sequence: int
    starts: datetime | None
    ends: datetime | None
    attendees: int
    opens: tuple[str, ...]
    untold: str
    """What the text of a mail about a session fails to say of its date and time, in the session's own zone."""


@dataclass(slots=True)
class Chronicle:
    """All mail in order. `folder` has the subfolders incoming and outgoing."""

    folder: Path
    sessions: tuple[Session, ...]
    posted: list[Posted] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    bounces: list[tuple[int, datetime, str, str]] = field(default_factory=list)
    """Delivery reports found in the bot's mailbox: number, when, Message-ID, file."""

    @classmethod
    def begin(cls, folder: Path, sessions: Iterable[Session]) -> Chronicle:
        """An empty chronicle. Makes the folders, and takes the numbered mails of an earlier rehearsal out of them."""
        for name in (INCOMING, OUTGOING):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for old in (folder / name).glob("[0-9][0-9][0-9][0-9][0-9].eml"):
                old.unlink()
        return cls(folder, tuple(sessions))

    def write_posted(self, posting: Posting, at: datetime) -> None:
        """Record a letter that was handed over."""
        number = self._next()
        file = self._write(INCOMING, number, posting.raw)
        bare = replace(posting, raw=b"")
        self.posted.append(Posted(number, at, bare, subject_of(posting.raw), file))

    def write_seen(self, mail: Received, at: datetime) -> None:
        """Record a mail that arrived."""
        number = self._next()
        event = mail.event
        opened = tuple(s for s in self.sessions if s.room and opens(mail, s.room.join_url))
        session = next((s for s in self.sessions if event and s.start == event.start), None)
        told = session or next(iter(opened), None)
        self.seen.append(
            Seen(
                number=number,
                at=at,
                file=self._write(OUTGOING, number, mail.raw),
                delivered_to=mail.delivered_to,
                to=mail.to,
                others=mail.others,
                kind=mail.kind,
                subject=mail.subject,
                message_id=mail.message_id,
                answers=mail.answers,
                session=session.key if session else "",
                method=event.method if event else "",
                uid=event.uid if event else "",
                sequence=event.sequence if event else 0,
                starts=event.start if event else None,
                ends=event.end if event else None,
                attendees=event.attendees if event else 0,
                opens=tuple(s.key for s in opened),
                untold=untold(mail.text, told) if told else "",
            )
        )

    def write_bounce(self, message_id: str, raw: bytes, at: datetime) -> None:
        """Record a delivery report that the server put into the bot's mailbox."""
        number = self._next()
        self.bounces.append((number, at, message_id, self._write(INCOMING, number, raw)))

    def _next(self) -> int:
        return len(self.posted) + len(self.seen) + len(self.bounces) + 1

    def _write(self, kind: str, number: int, raw: bytes) -> str:
        file = f"{kind}/{number:05d}.eml"
        (self.folder / file).write_bytes(raw)
        return file


def subject_of(raw: bytes) -> str:
    """The decoded subject of a letter, one line."""
    return header(BytesHeaderParser().parsebytes(raw), "Subject")


def opens(mail: Received, link: str) -> bool:
    """Whether this join link stands anywhere in the mail: text, HTML or calendar."""
    faces = [mail.text, unescape(mail.html), *(mail.event.lines if mail.event else ())]
    return any(link in face or link in face.replace("\\", "") for face in faces)


def untold(text: str, session: Session) -> str:
    """What is missing in this text of when the session is: reckoned here by zoneinfo, not by the bot's own wording."""
    zone = ZoneInfo(session.zone)
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    wanted = (f"{start:%H:%M}", f"{end:%H:%M}", f"{start.day} {_MONTHS[start.month - 1]} {start.year}")
    words = " ".join(text.split())
    return ", ".join(fact for fact in wanted if fact not in words)
