"""What the page shows, as plain data: the mails in order, the people with their stories, the bodies in packed chunks.

Bodies are gzip-packed in groups, so that the one file stays small with a thousand applicants; a browser unpacks only
the groups that somebody looks at.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot.rehearsal.books_of_people import fates, rsvp_of
from ranmailbot.rehearsal.play import Played
from ranmailbot.rehearsal.received import header

GROUP = 64
"""Mails in one chunk."""
_LONGEST = 200_000
"""Characters of one body that the page holds; the rest is in the .eml."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail of the page. `kind` is the mail's kind, or for a letter its outcome; `what` says it in words."""

    at: datetime
    file: str
    incoming: bool
    address: str
    person: int | None
    kind: str
    folder: str
    subject: str
    what: str


def entries(played: Played) -> list[Entry]:
    """All mails in the order in which they happened."""
    judged = {letter.message_id: letter for letter in played.letters}
    homes: dict[str, int] = {}
    for persona in reversed(played.people):
        homes[persona.key] = persona.index
    found: list[tuple[datetime, int, Entry]] = []
    for letter in played.chronicle.posted:
        record, posting = judged.get(letter.posting.message_id), letter.posting
        outcome, folder = (record.outcome, record.folder or "") if record else ("lost", "")
        entry = Entry(
            letter.at,
            letter.file,
            True,
            posting.sender,
            posting.person,
            outcome,
            str(folder),
            letter.subject,
            posting.what,
        )
        found.append((letter.at, letter.number, entry))
    for mail in played.chronicle.seen:
        person = homes.get(mail.delivered_to.casefold())
        entry = Entry(mail.at, mail.file, False, mail.delivered_to, person, mail.kind, "", mail.subject, "")
        found.append((mail.at, mail.number, entry))
    for number, at, message_id, file in played.chronicle.bounces:
        record = judged.get(message_id)
        folder = str(record.folder or "") if record else ""
        outcome = record.outcome if record else "lost"
        entry = Entry(at, file, True, "the mail system", None, outcome, folder, "Delivery report", "a delivery report")
        found.append((at, number, entry))
    return [entry for _, _, entry in sorted(found, key=lambda item: item[:2])]


def index_of(found: Sequence[Entry], zone: str) -> list[list[object]]:
    """Rows for the list: [local time, incoming, address, person, kind, folder, subject, what, file]."""
    here = ZoneInfo(zone)
    return [
        [
            f"{entry.at.astimezone(here):%Y-%m-%d %H:%M}",
            int(entry.incoming),
            entry.address,
            entry.person,
            entry.kind,
            entry.folder,
            entry.subject,
            entry.what,
            entry.file,
        ]
        for entry in found
    ]


def people_of(played: Played) -> list[dict[str, object]]:
    """One record for each person: who, how, what they wrote and what was understood."""
    return [
        {
            "name": fate.persona.name,
            "email": fate.persona.email,
            "role": f"{fate.persona.role}, {fate.persona.organisation}, {fate.persona.country}",
            "habit": fate.persona.habit.value,
            "style": fate.persona.style.value,
            "manner": fate.persona.manner.value,
            "proven": fate.persona.authenticated,
            "reference": fate.story.reference if fate.story else "",
            "status": str(fate.story.status) if fate.story else "",
            "late": bool(fate.story and fate.story.late),
            "decision": str(fate.story.decision or "") if fate.story else "",
            "wrote": {str(number): text for number, text in fate.truth.answers.items()},
            "understood": {str(number): text for number, text in fate.story.answers.items()} if fate.story else {},
            "rsvps": {s.key: rsvp_of(fate.story, s.key).lower() for s in played.call.sessions} if fate.story else {},
        }
        for fate in fates(played)
    ]


def chunks(found: Sequence[Entry], folder: Path) -> Iterator[str]:
    """The bodies, group by group: base64 of gzip of a JSON list of {text, html, calendar, head, parts}."""
    for at in range(0, len(found), GROUP):
        group = [body_of((folder / entry.file).read_bytes()) for entry in found[at : at + GROUP]]
        packed = gzip.compress(json.dumps(group, ensure_ascii=False).encode("utf-8", "replace"), 6, mtime=0)
        yield base64.b64encode(packed).decode()


def body_of(raw: bytes) -> dict[str, object]:
    """What there is to see of one mail. Never raises for odd mail: what cannot be decoded is replaced."""
    message = message_from_bytes(raw)
    body: dict[str, object] = {"text": "", "html": "", "calendar": ""}
    parts = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = {"text/plain": "text", "text/html": "html", "text/calendar": "calendar"}.get(kind, "")
        if name and not body[name]:
            body[name] = _decoded(part)[:_LONGEST]
        elif not name:
            parts.append(kind)
    return {**body, "head": _head(message), "parts": parts}


def _decoded(part: Message) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    try:
        text = octets.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = octets.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


_SHOWN = (
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "Auto-Submitted", "Authentication-Results",
    "X-Spam-Flag", "X-Auto-Response-Suppress",
)  # fmt: skip


def _head(message: Message) -> list[list[str]]:
    return [[name, header(message, name)] for name in _SHOWN if message[name] is not None]
