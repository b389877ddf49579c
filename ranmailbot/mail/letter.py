"""A letter: what a received message says, as plain values. `decode` makes one from bytes.

Fear everyone here: the bytes are whatever a stranger sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ranmailbot.mail import headers as fields
from ranmailbot.mail import mime
from ranmailbot.mail.address import Address, clean_email, parse_address
from ranmailbot.mail.authentication import Authentication, Trust, judge, repeated
from ranmailbot.mail.delivery_report import Report, original_message_id, reports
from ranmailbot.mail.dkim_signature import Signature, signatures
from ranmailbot.mail.headers import Headers
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.odd_bounces import looks_returned, odd_reports
from ranmailbot.mail.reply_text import Line, VisibleText
from ranmailbot.mail.silence import came_back, reasons
from ranmailbot.mail.visible import Attachment, Document, Seen, see

__all__ = [
    "Attachment",
    "Authentication",
    "Document",
    "Letter",
    "Line",
    "NotALetter",
    "Report",
    "VisibleText",
    "decode",
]

_BARE_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]]{1,64}@[^\s<>(),;:\"\[\]]{1,253}")
_RECIPIENTS = 50


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
    also: tuple[str, ...] = ()
    """Lines of alternatives and attached messages that were not chosen as the text and say something else."""
    borrowed: bool = False
    """Whether some of the text stands in an attached message: somebody else may have written it."""
    returned: bool = False
    """Whether it is a mail of ours that came back."""
    documents: tuple[Document, ...] = ()
    """Attachments that could be read, in order."""
    signatures: tuple[Signature, ...] = ()
    """DKIM signatures that would prove the author if they verify; none if nobody asks for them."""

    @property
    def keys_wanted(self) -> tuple[str, ...]:
        """The DNS names of the keys that might prove the author, while nothing has."""
        return () if self.authentication.passed else tuple(one.key_name for one in self.signatures)

    @property
    def answerable(self) -> bool:
        """Whether an automatic reply may be sent at all."""
        return self.sender is not None and not self.silence

    @property
    def refers_to(self) -> tuple[str, ...]:
        """Message-IDs this letter answers, the nearest first."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))


class NotALetter(Exception):
    """Bytes from which no letter can be made. The text says why, without a word of them."""

    def __init__(self, reason: str) -> None:
        """`reason` goes to the organisers as it is."""
        super().__init__(reason)
        self.reason = reason


def decode(
    raw: bytes,
    stamp: datetime,
    limits: Limits,
    trust: Trust,
    own_addresses: Collection[str],
    *,
    junk: bool = False,
) -> Letter:
    """What these bytes say. `stamp` is when our mailbox received them. Raises NotALetter if they are empty or too big.

    Everything else that is wrong with them is named in `faults`, and as much as possible is read.
    """
    root, seen, broken = _opened(raw, limits)
    headers = root.headers
    sender, return_path = _sender(headers), _return_path(headers)
    silence, automatic = reasons(headers, sender, return_path, root.content_type, own_addresses)
    return Letter(
        key=_key(root),
        message_id=fields.message_id(headers),
        in_reply_to=fields.message_ids(fields.first(headers, "in-reply-to")),
        references=fields.message_ids(fields.first(headers, "references")),
        sender=sender,
        recipients=_recipients(headers),
        subject=fields.subject(headers),
        date=fields.date(fields.first(headers, "date")),
        arrived=stamp,
        return_path=return_path,
        text=seen.text,
        attachments=seen.attachments,
        calendars=seen.calendars,
        reports=_reports(raw, root, sender, return_path, limits),
        authentication=judge(headers, sender.domain if sender else "", trust),
        silence=silence,
        automatic=automatic,
        encrypted=seen.encrypted,
        junk=junk,
        faults=tuple(dict.fromkeys((*broken, *seen.faults))),
        size=len(raw),
        also=seen.also,
        borrowed=seen.borrowed,
        returned=came_back(headers, sender, own_addresses),
        documents=seen.documents,
        signatures=_signatures(headers, sender, stamp) if trust.own_dkim else (),
    )


def _opened(raw: bytes, limits: Limits) -> tuple[mime.Part, Seen, tuple[str, ...]]:
    """The parts, what a reader sees of them, and what is wrong with them."""
    if len(raw) > limits.message_bytes:
        raise NotALetter("the message is larger than the limit")
    if not raw.strip():
        raise NotALetter("the message is empty")
    try:
        root, broken = mime.split(raw, limits)
        return root, see(root, limits), broken
    except RecursionError as error:
        raise NotALetter("the message is nested too deeply") from error


def _sender(headers: Headers) -> Address | None:
    written = fields.every(headers, "from")
    return parse_address(written[0]) if len(written) == 1 else None


def _reports(
    raw: bytes, root: mime.Part, sender: Address | None, return_path: str | None, limits: Limits
) -> tuple[Report, ...]:
    """What it says of mail that could not be delivered, in the standard form or in one of the others."""
    found = reports(root, limits)
    if found or not looks_returned(root.headers, sender, return_path, root.content_type):
        return found
    return odd_reports(raw, original_message_id(root, limits))


def _signatures(headers: Headers, sender: Address | None, stamp: datetime) -> tuple[Signature, ...]:
    """Those that might prove the author, of a letter whose fields stand once each."""
    if sender is None or repeated(headers):
        return ()
    return signatures(headers, sender.domain, stamp)


def _return_path(headers: Headers) -> str | None:
    written = fields.every(headers, "return-path")
    if not written:
        return None
    bare = written[0].strip()
    return "" if bare in ("<>", "") else (clean_email(bare.strip("<>")) or bare[:254])


def _recipients(headers: Headers) -> tuple[str, ...]:
    """Every address in To, Cc, Delivered-To and the like: for tokens in plus parts, never to reply to."""
    found: dict[str, None] = {}
    for name in ("to", "cc", "delivered-to", "x-original-to", "envelope-to"):
        for value in fields.every(headers, name):
            for text in _BARE_ADDRESS.findall(value)[:_RECIPIENTS]:
                email = clean_email(text)
                if email:
                    found[email] = None
                if len(found) >= _RECIPIENTS:
                    return tuple(found)
    return tuple(found)


def _key(root: mime.Part) -> str:
    """The same for a copy that came over another route: only what the author's side wrote goes into it."""
    digest = hashlib.sha256()
    for name in ("message-id", "from", "date", "subject"):
        for value in fields.every(root.headers, name):
            digest.update(f"{name}:{value}\n".encode("utf-8", "replace"))
    digest.update(b"\n" + root.raw.rstrip())
    return digest.hexdigest()
