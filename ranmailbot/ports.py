"""What we need of the world, in our own words. Hands that do it live in adapters/; fakes in tests/."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

from ranmailbot.call.application import Application
from ranmailbot.desk import Ledger, Outcome, Recipient, SentMail
from ranmailbot.grants import TokenSource
from ranmailbot.mail.delivery import Delivery
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import CalendarEvent, Draft, OutgoingMail
from ranmailbot.records import Aside, BooksReport, Fact, LetterRecord, MailRecord, State


class Unavailable(Exception):
    """Something we depend on is not there just now: leave everything as it is and come again.

    `what` says what; `remedy` what a person can do about it, if that is known. The text is both.
    """

    def __init__(self, what: str = "", remedy: str = "") -> None:
        """Both are sentences without the full stop, and hold no secret and nobody's words."""
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to log in: with a password, or with tokens. `security` "none" is for loopback only."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str
    password: str
    ca_file: Path | None = None
    tokens: TokenSource | None = None
    """Where tokens come from; the password then is empty."""

    def __repr__(self) -> str:
        """Without password and tokens: this text may reach a log."""
        return f"Account({self.user}@{self.host}:{self.port}, {self.security})"


class Clock(Protocol):
    """Time is handed in. `now` is aware UTC wall time; `monotonic` counts seconds for waiting."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def arrival(self, stamp: datetime) -> datetime:
        """The clock's own time for a moment the mailbox stamped (the same, unless the clock is shifted or played)."""


class Tokens(Protocol):
    """Unguessable text is handed in."""

    def token(self) -> str:
        """At least 120 bits, lower-case letters and digits."""

    def uuid(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as the mailbox holds it. `stamp` is when the mailbox received it (aware)."""

    folder: str
    uid: int
    uidvalidity: int
    stamp: datetime
    size: int
    raw: bytes
    """All bytes, or nothing if `size` is over the limit."""
    junk: bool = False


class Archived(Enum):
    """Whether our own archive holds a mail."""

    FOUND = "found"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Mailbox(Protocol):
    """The mailbox people write to. Every method may raise Unavailable. Not for use by two threads at once."""

    def fetch(self, limit: int) -> Sequence[Envelope]:
        """Up to `limit` messages that wait in INBOX and Junk, the oldest first; nothing is marked or moved."""
        ...

    def file(self, folder: str, filed: Iterable[Envelope]) -> None:
        """Move these messages to `folder`, made if missing. One that is gone by now is no error."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until something may have arrived, `wake` was called, or the time is over. True if something may have."""
        ...

    def wake(self) -> None:
        """End a `wait` at once; the only method another thread may call."""
        ...

    def archived(self, message_id: str, since: datetime, later: Collection[str] | None = None) -> Archived:
        """Whether the archive folder holds a mail of ours with this Message-ID, in doubt since `since`.

        `later`: the only mails that may witness its absence, known to have been sent after it was in doubt.
        """
        ...

    def close(self) -> None: ...


class Submission(Protocol):
    """Hands one mail to the submission server."""

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        """Send, calling `before_data` once between RCPT and DATA; if that says False, nothing is sent (Unwanted).

        `before_data` is told whether our archive accepted a copy: without one, an absent mail proves nothing.

        Raises Unavailable if the server cannot be reached or logged into at all (nothing was sent).
        """
        ...

    def close(self) -> None: ...


class Stationery(Protocol):
    """Writes mails from templates."""

    def write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
        """The finished mail. Raises TemplateFault if the template cannot render these facts."""
        ...


class TemplateFault(Exception):
    """A template that cannot render: which one, and why. Found by `check`, never by an applicant."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message nobody could decode: kept, shown, never dropped. `reason` holds no word of it."""

    reason: str
    hopeless: bool = False
    """Whether it was not even tried: too large, or it took the bot down too often."""


class ReadingRoom(Protocol):
    """Decodes messages where they can do no harm."""

    def prepare(self) -> None:
        """Make ready to read, so that a moment spent on that counts as no attempt at a letter. Raises Unavailable."""
        ...

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        """One answer for each envelope, in order. Raises Unavailable if there is no place to read; none was touched."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail taken from the outbox, with what deciding about it needs."""

    number: int
    mail: OutgoingMail
    kind: str
    application: int | None
    session: str | None
    attempts: int
    not_after: datetime | None
    doubted_at: datetime | None
    """Since when it is in doubt, if our archive then accepted a copy; else the archive can prove nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """A draft and the mail it became; both go into the outbox in the transaction of their cause."""

    draft: Draft
    mail: OutgoingMail


@dataclass(frozen=True, slots=True)
class Filed:
    """A letter as it goes into the store: the envelope, what was read of it, and how it ended."""

    key: str
    envelope: Envelope
    arrived: datetime
    kind: str
    letter: Letter | None
    remainder: str
    application: int | None
    """Whose letter it is, if it is an applicant's."""
    again: int | None = None
    """The number of the letter, if it was kept before and put aside: it is the same letter, judged once more."""


@dataclass(frozen=True, slots=True)
class Again:
    """A stored letter that shall be judged once more, for the `edition`th time."""

    number: int
    key: str
    edition: int
    envelope: Envelope
    arrived: datetime


class Books(Ledger, Protocol):
    """The store within one transaction. Everything read here is as it will be when this transaction commits."""

    # Letters and what they refer to.
    def seen(self, key: str, envelope: Envelope) -> str | None:
        """The folder for a letter that has its outcome already, else None. Counts it if it is another copy."""
        ...

    def knows_letter(self, key: str) -> bool: ...
    def aside(self) -> tuple[Aside, ...]:
        """Letters that were shunted or put into quarantine, in the order of arrival."""
        ...

    def judge_again(self, number: int) -> None:
        """This letter shall be judged once more, by the worker."""
        ...

    def waiting_again(self, limit: int) -> tuple[Again, ...]:
        """The next letters that shall be judged once more."""
        ...

    def sent_mail(self, message_ids: Sequence[str], reference: str) -> SentMail | None:
        """The first of these Message-IDs that is a mail of ours, else the mail with this visible reference."""
        ...

    def last_form(self, email: str) -> SentMail | None: ...
    def applications_of(self, email: str) -> tuple[Application, ...]: ...
    def application(self, number: int) -> Application | None: ...
    def event_owner(self, uid: str) -> tuple[int, str] | None:
        """Whose calendar event this is: application number and session key."""
        ...

    def replies_since(self, email: str, since: datetime) -> int:
        """How many automatic replies this address was promised or sent since then."""
        ...

    def replies_to_domain_since(self, email: str, since: datetime) -> int:
        """The same for all addresses of this one's domain together."""
        ...

    def all_replies_since(self, since: datetime) -> int:
        """The same for everybody together."""
        ...

    def knows(self, email: str) -> bool:
        """Whether this address was ever sent the call or the form."""
        ...

    def unsubscribed(self, email: str) -> bool:
        """Whether no mailing goes to this address any more."""
        ...

    def next_number(self) -> int: ...
    def forget_attempts(self, digests: Sequence[str]) -> None:
        """These messages have their outcome: attempts at them are no longer counted."""
        ...

    # Outcomes: one cause, one outcome.
    def savepoint(self) -> AbstractContextManager[object]: ...
    def event(self, application: int, session: str, now: datetime, uid: str) -> CalendarEvent:
        """The event of this person and session for one more mail: a new one with `uid`, or the next SEQUENCE."""
        ...

    def has_outcome(self, cause: str) -> bool: ...
    def record(
        self,
        cause: str,
        outcome: Outcome,
        mails: Sequence[Written],
        at: datetime,
        filed: Filed | None,
        *,
        held: bool = False,
    ) -> bool:
        """Everything an outcome wants, under the unique name of its cause. False, and nothing, if it had one.

        `held`: its mails may have been sent before a restore, so they wait for a person.
        """
        ...

    # Timeline.
    def newest(self) -> int:
        """The number of the newest outcome, 0 if there is none: nothing changes without one."""
        ...

    def settled(self) -> frozenset[str]:
        """Keys of milestones that are kept or lapsed."""
        ...

    def settle(self, key: str, state: Literal["kept", "lapsed"], at: datetime) -> None: ...
    def fix_recipients(self, milestone: str, recipients: Iterable[Recipient]) -> None:
        """Add these to the milestone's recipients; who is on it already stays as it is."""
        ...

    def pending(self, milestone: str, limit: int, *, but: Collection[str] = ()) -> tuple[Recipient, ...]:
        """The next recipients that are not done, in the order they were fixed, without these keys."""
        ...

    def done(self, milestone: str, recipient: str) -> None: ...
    def release(self, milestone: str, recipient: str) -> None:
        """Nothing was sent, and it may still be wanted later: not a recipient any more until it is one again."""
        ...

    # Outbox.
    def claim(
        self,
        now: datetime,
        owner: str,
        lease_until: datetime,
        limit: int,
        *,
        only: Collection[str] | None = None,
        but: Collection[str] = (),
    ) -> tuple[Waiting, ...]:
        """Take mails that are due, the oldest first: all kinds `but` these, or `only` these."""
        ...

    def state_of(self, number: int) -> State: ...
    def find_state(self, number: int) -> State | None:
        """The state of this mail, None if there is no such mail."""
        ...

    def numbers_in(self, state: State) -> tuple[int, ...]:
        """The mails in this state, by number."""
        ...

    def advance(self, number: int, before: State, after: State, at: datetime, reply: str = "") -> bool:
        """Compare and set; False if the mail was not in state `before`."""
        ...

    def doubt(self, number: int, archived_at: datetime | None, lease_until: datetime) -> bool:
        """From claimed to in doubt, for a new lease; `archived_at` is None if our archive gets no copy."""
        ...

    def defer(self, number: int, before: State, at: datetime, reply: str) -> bool:
        """Back to the queue until `at`, one attempt more."""
        ...

    def extend(self, number: int, lease_until: datetime) -> None:
        """This mail stays in doubt until then."""
        ...

    def sent_after_doubt(self, number: int) -> frozenset[str]:
        """Message-IDs of the newest mails that were written after this one was in doubt, and sent: by no clock."""
        ...

    def erase(self, number: int, at: datetime) -> None:
        """Empty all rows of this applicant, stop their mail, destroy their keys. Raises StepRefused."""
        ...

    def reopen(self, number: int) -> None:
        """This mail became void: its cause is free again, so that its mailing may write a new one."""
        ...

    def expired(self, now: datetime, owner: str) -> tuple[tuple[State, Waiting], ...]:
        """Mails whose lease is over, or that a worker before `owner` had claimed and not begun to send."""
        ...

    def sent_between(self, since: datetime, until: datetime) -> int: ...
    def shift_waiting(self, by: timedelta) -> None:
        """The clock was set: what waits for a moment waits for one that is later by this much."""
        ...

    # The whole.
    def fact(self, name: str) -> Fact | None:
        """What is written about the whole under this name."""
        ...

    def note_fact(self, name: str, value: str, at: datetime) -> None:
        """Write that down, instead of what stood there."""
        ...

    def forget_fact(self, name: str) -> None: ...


class Store(Protocol):
    """Where everything is kept. `begin` is one transaction: all of it, or none if the block raises."""

    def begin(self) -> AbstractContextManager[Books]: ...
    def look(self) -> AbstractContextManager[Books]:
        """A transaction that only reads and hinders nobody."""
        ...

    def has_room(self) -> bool:
        """Whether there is room for more letters and mailings; what is under way can be finished in any case."""
        ...

    def attempts(self, digests: Sequence[str]) -> tuple[int, ...]:
        """How often each of these messages was tried and had no outcome."""
        ...

    def count_attempts(self, digests: Sequence[str]) -> None:
        """Count one more attempt at each of these messages, committed before any of them is parsed."""
        ...


class Reports(Protocol):
    """What people and rehearsals may ask of the store. Reads only."""

    def books(self) -> BooksReport: ...
    def letters(self) -> tuple[LetterRecord, ...]: ...
    def mails(self, states: Sequence[State] = ()) -> tuple[MailRecord, ...]: ...
    def applications(self) -> tuple[Application, ...]: ...
    def letter_bytes(self, number: int) -> bytes:
        """The letter as it arrived. Raises KeyError."""
        ...

    def mail_bytes(self, number: int) -> bytes:
        """The mail as it goes out. Raises KeyError."""
        ...

    def next_attempt(self, now: datetime) -> datetime | None:
        """When the next waiting mail, or expiring lease, wants the submitter after now."""
        ...
