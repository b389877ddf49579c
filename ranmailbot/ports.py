"""What we need of the world, in our own words. Hands that do it live in adapters/; fakes in tests/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

from ranmailbot.mail.delivery import Delivery
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import CalendarEvent, Draft, OutgoingMail


class Unavailable(Exception):
    """Something we depend on is not there just now: leave everything as it is and come again. The text says what."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to log in. `security` is "tls", "starttls", or "none" (built-in server on loopback only)."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str
    password: str
    ca_file: Path | None = None

    def __repr__(self) -> str:
        """Without the password: this text may reach a log."""
        return f"Account({self.user}@{self.host}:{self.port}, {self.security})"


class Clock(Protocol):
    """Time is handed in. `now` is aware UTC wall time; `monotonic` counts seconds for waiting."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def arrival(self, stamp: datetime) -> datetime:
        """The clock's own time for a moment the mailbox stamped (the same, unless the clock is shifted or played)."""
        ...


class Tokens(Protocol):
    """Unguessable text is handed in."""

    def token(self) -> str:
        """At least 120 bits, lower-case letters and digits."""
        ...

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

    def archived(self, message_id: str, since: datetime) -> Archived:
        """Whether the archive folder holds a mail of ours with this Message-ID, sent after `since`."""
        ...

    def close(self) -> None: ...


class Submission(Protocol):
    """Hands one mail to the submission server."""

    def send(self, mail: OutgoingMail, before_data: Callable[[], bool]) -> Delivery:
        """Send, calling `before_data` once between RCPT and DATA; if that says False, nothing is sent (Unwanted).

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


class Seal(Protocol):
    """Stands between rows and personal data. `owner` says whose data it is; its key can be destroyed later."""

    def seal(self, owner: str, plain: bytes) -> bytes: ...
    def unseal(self, owner: str, sealed: bytes) -> bytes: ...
    def lookup(self, value: str) -> str:
        """A keyed hash by which a value is found again without being stored. Case and outer space do not matter."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message nobody could decode: kept, shown, never dropped. `reason` holds no word of it."""

    reason: str


class ReadingRoom(Protocol):
    """Decodes messages where they can do no harm."""

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        """One answer for each envelope, in order."""
        ...
