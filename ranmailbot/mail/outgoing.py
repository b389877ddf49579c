"""Drafts become mails: everything a mail needs to say, and the finished bytes with their envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ranmailbot.call.call import ProfileLine, Question
from ranmailbot.mail.address import Address
from ranmailbot.mail.form import SentForm

Automatic = Literal["auto-replied", "auto-generated"]


@dataclass(frozen=True, slots=True)
class CalendarWish:
    """An iCalendar part wanted for this session; `link` if it shall carry how to join.

    `method` CANCEL takes the event out of the person's calendar.
    """

    session: str
    method: Literal["REQUEST", "CANCEL"] = "REQUEST"
    link: bool = False
    answered: str = ""
    """The PARTSTAT to keep ("ACCEPTED"), or empty if the person has not answered yet."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What the store keeps of one person's event: same UID for ever, SEQUENCE and DTSTAMP growing."""

    uid: str
    sequence: int
    stamp: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """One mail somebody wants sent: its kind (the template's name), whom to, and the facts the template needs.

    `asks` are the questions it asks (it then carries a form). `thread` names mails that replace each other while they
    still wait: a newer acknowledgement makes the older one void. `wait` is how many seconds it may be replaced.
    """

    kind: str
    to: Address
    facts: Mapping[str, object]
    automatic: Automatic = "auto-generated"
    application: int | None = None
    session: str | None = None
    asks: tuple[Question, ...] = ()
    profile_lines: tuple[ProfileLine, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_subject: str = ""
    """The subject of the letter that is answered; the mail keeps it with "Re: " so that clients thread it."""
    not_after: datetime | None = None
    thread: str = ""
    wait: int = 0
    calendar: CalendarWish | None = None


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A finished mail. A retry sends these very bytes. `recipient` is the envelope's, one only."""

    message_id: str
    sender: str
    recipient: str
    content: bytes
    subject: str
    form: SentForm
