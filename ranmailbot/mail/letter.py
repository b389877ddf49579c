"""A letter: what a received message says, as plain values. `decode` makes one from bytes.

Fear everyone here: the bytes are whatever a stranger sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ranmailbot.mail.address import Address
from ranmailbot.mail.authentication import Authentication


@dataclass(frozen=True, slots=True)
class Line:
    """One line of visible text. `depth` is how deeply it is quoted (">" or blockquote); 0 if not at all."""

    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class VisibleText:
    """The text a reader would see, as lines. Spans of answers are character offsets into `text`."""

    lines: tuple[Line, ...]
    source: str
    """Which part it came from: "plain", "html" or "none"."""

    @property
    def text(self) -> str:
        """The lines without quote marks, joined by newlines."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text: its cleaned name, its type and its size in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report (RFC 3464): what happened to which mail of ours."""

    action: str
    """failed, delayed, delivered, relayed or expanded; decides alone (RFC 3464 2.3.3)."""
    recipient: str
    status: str
    original_message_id: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A received message. All text is decoded and freed of control characters; nothing of it is trusted."""

    key: str
    """Identity: SHA-256 over Message-ID, From, Date, Subject and body; the same for a redelivered copy."""
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: Address | None
    """The one author: None unless there is exactly one From header with exactly one valid address."""
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    arrived: datetime
    return_path: str | None
    """Envelope sender: None if unknown, the empty text for the null sender <>."""
    text: VisibleText
    attachments: tuple[Attachment, ...]
    calendars: tuple[str, ...]
    reports: tuple[Report, ...]
    authentication: Authentication
    silence: str
    """Why this letter may not be answered (RFC 3834 and neighbours), or the empty text if it may."""
    automatic: bool
    """Whether a machine wrote it: an autoresponder, a list, a report."""
    encrypted: bool
    junk: bool
    """Whether it was found in the Junk folder."""
    faults: tuple[str, ...]
    size: int

    @property
    def answerable(self) -> bool:
        """Whether an automatic reply may be sent at all."""
        return self.sender is not None and not self.silence

    @property
    def refers_to(self) -> tuple[str, ...]:
        """Message-IDs this letter answers, the nearest first."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))
