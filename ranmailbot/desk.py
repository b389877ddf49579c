"""What lies on the desk: the Case (all that judging a letter may know), the Ledger (all that a mailing may know),
and the Outcome (all that either may want). Judgement is a pure function between them: no store, no network, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call, Person
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.calendar import CalendarReply
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import Letter, Report
from ranmailbot.mail.outgoing import Draft


class Folder(StrEnum):
    """Where a judged letter is filed in IMAP: one folder for each way a letter can end."""

    APPLICATIONS = "Applications"
    REPLIES = "Replies"
    REQUESTS = "Requests"
    ORGANISERS = "Organisers"
    ENQUIRIES = "Enquiries"
    AUTOMATIC = "Automatic"
    BOUNCES = "Bounces"
    SHUNTED = "Shunted"
    QUARANTINE = "Quarantine"
    COPIES = "Copies"


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail of ours that somebody refers to."""

    message_id: str
    kind: str
    recipient: str
    application: int | None
    session: str | None
    at: datetime
    form: SentForm


@dataclass(frozen=True, slots=True)
class Bounced:
    """A delivery report and the mail of ours it speaks of (None if it cannot be told)."""

    report: Report
    mail: SentMail | None
    application: Application | None
    theirs: tuple[Application, ...] = ()
    """All applications of the address that mail went to: what came back says as much of each of them."""


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """An iMIP reply and whose invitation its UID belongs to (None if the UID is not ours)."""

    reply: CalendarReply
    application: Application | None
    session: str


@dataclass(frozen=True, slots=True)
class Named:
    """The address that a letter names as the participant's: somebody who has written nothing, so far."""

    email: str
    applications: tuple[Application, ...]
    mails_today: int
    """Automatic mails that went there since yesterday."""
    unsubscribed: bool
    organiser: bool
    """Whether it belongs to an organiser, or is our own mailbox."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the store knows of a letter before it is judged: references, people and calendars are resolved."""

    replied: SentMail | None
    referred: Application | None
    """The application that the referred mail was about; its address may be another than the sender's."""
    form: SentForm
    applications: tuple[Application, ...]
    """Of this sender's address, by number."""
    organiser: Person | None
    bounced: tuple[Bounced, ...]
    calendar_answers: tuple[CalendarAnswer, ...]
    replies_today: int
    domain_replies_today: int
    """To all addresses of this one's domain together."""
    form_sent: bool
    """Whether this address was ever sent the form."""
    next_number: int
    """The number a new application would get."""
    decided: Mapping[int, Application] = field(default_factory=lambda: MappingProxyType({}))
    """Applications by number, for a letter of an organiser; else empty."""
    named: Named | None = None
    """Whom the letter names as the participant by a valid address, if it does."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a kind of letter may know."""

    letter: Letter
    context: Context
    reading: Reading
    call: Call
    now: datetime
    reply_limit: int
    domain_limit: int
    settle_seconds: int

    @property
    def sender(self) -> Address:
        """The one author. Raises ValueError for a letter without one: such letters are never answered."""
        if self.letter.sender is None:
            raise ValueError("this letter has no single author")
        return self.letter.sender

    @property
    def round_trip(self) -> bool:
        """Whether it answers a mail that only went to this very address: its Message-ID cannot be guessed.

        The reference in the closing line is seen by everybody the mail is shown to: alone it proves nothing.
        """
        replied, sender = self.context.replied, self.letter.sender
        if replied is None or sender is None or replied.recipient.casefold() != sender.key:
            return False
        return self.letter.authentication.passed or replied.message_id in self.letter.refers_to

    @property
    def proven(self) -> bool:
        """Whether the author is authenticated, or shows the round trip (docs/security.md)."""
        return self.letter.authentication.passed or self.round_trip

    @property
    def late(self) -> bool:
        """Whether the letter arrived after the deadline."""
        return self.call.is_late(self.letter.arrived)

    @property
    def beside_answers(self) -> str:
        """Everything the person wrote that is no answer: the remainder, unchosen parts, what is left of documents."""
        ours = " ".join(self.context.form.text.split())
        also = [line for line in self.letter.also if " ".join(line.split()) not in ours]
        texts = (self.reading.remainder.strip(), "\n".join(also), self.reading.attached)
        return "\n\n".join(text for text in texts if text)

    @property
    def command(self) -> str:
        """The new text as far as it may command something: nothing of it, if an attached message lent some."""
        return "" if self.letter.borrowed else self.reading.remainder

    @property
    def may_answer(self) -> bool:
        """Whether an automatic reply may go out now: allowed at all (RFC 3834), and not too many today.

        An address that proves nothing may be a stranger's whose name was borrowed: one mail a day, no more, and
        not many to the whole domain.
        """
        limit = self.reply_limit if self.proven else 1
        return self.letter.answerable and self.context.replies_today < limit and not self.domain_days

    @property
    def domain_days(self) -> int:
        """How many days an answer to this letter waits for others that went to addresses of its domain unproven."""
        return 0 if self.proven else self.context.domain_replies_today // self.domain_limit

    @property
    def may_ask(self) -> bool:
        """Whether the stored address may be asked about a letter that proves nothing."""
        return self.letter.answerable and self.context.replies_today < self.reply_limit


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one outcome of a cause: its name, the data as it shall be, the mails it asks for. Committed once, whole."""

    name: str
    folder: Folder | None = None
    applications: tuple[Application, ...] = ()
    drafts: tuple[Draft, ...] = ()
    note: str = ""
    """For the organisers' digest and the log: no personal data, references only."""
    void: tuple[str, ...] = ()
    """Threads of waiting mails that are no longer wanted."""
    unsubscribe: tuple[str, ...] = ()
    """Addresses that no mailing goes to any more: they bounced, or asked for it."""
    cause: str = ""
    """Overrides the cause's own name where two mailings must exclude each other (invitation and regret)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a mailing goes to. `key` is stable and holds no personal data: "A:17", "C:<hash>", "O:<hash>"."""

    key: str
    address: Address
    application: Application | None = None


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A letter that a human should read, as the digest shows it."""

    sender: str
    subject: str
    excerpt: str
    reason: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened between two moments, for the digest."""

    outcomes: Mapping[str, int]
    sent: Mapping[str, int]
    changed: tuple[Application, ...]
    enquiries: tuple[Enquiry, ...]
    troubles: tuple[str, ...]
    copies: int
    waiting: int
    """Mails that are in the outbox and not settled."""


def answering(case: Case, person: Application) -> Address:
    """Whom the answer to this letter goes to: who wrote it for somebody else, or the person we write to."""
    sender = case.letter.sender
    if sender is not None and sender.key == person.correspondent.casefold():
        return sender
    return addressee(person)


def addressee(person: Application) -> Address:
    """Whom we write to. By name only if the name is theirs: proven, or read by the organisers who decided."""
    known = person.proven or person.decision is not None
    return Address(person.name if known else "", person.address)


class Ledger(Protocol):
    """All that a mailing may know. Read within the transaction that will commit its outcome."""

    def applications(self) -> Iterable[Application]:
        """Every application, by number."""
        ...

    def recipient(self, application: Application) -> Recipient: ...

    def listed(self) -> Iterable[Recipient]:
        """The people of the announcement list."""
        ...

    def silent(self) -> Iterable[Recipient]:
        """People who were sent the call or the form, can be reached, and have not applied."""
        ...

    def organisers(self) -> Iterable[Recipient]: ...
    def kept(self) -> frozenset[str]:
        """Keys of the milestones that were kept."""
        ...

    def news(self, since: datetime, until: datetime) -> News: ...
