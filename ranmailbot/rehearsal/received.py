"""A mail of ours as its recipient's client sees it: read by the standard library, by nothing of the bot's own.

Only our own mails are read here, so nobody needs to be feared. Known limit: an event's times are taken from its first
VEVENT, in UTC or with a TZID that is an IANA name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Question


@dataclass(frozen=True, slots=True)
class Event:
    """The calendar part. `lines` are its unfolded content lines; `start` and `end` are in UTC."""

    method: str
    uid: str
    sequence: int
    start: datetime | None
    end: datetime | None
    asks: bool
    """Whether it asks for an answer (RSVP=TRUE)."""
    attendees: int
    lines: tuple[str, ...]

    def line(self, name: str) -> str:
        """The first content line of this property, parameters and all, or the empty text."""
        return next((line for line in self.lines if _property(line) == name), "")


@dataclass(frozen=True, slots=True)
class Received:
    """One mail that arrived at `delivered_to`."""

    delivered_to: str
    kind: str
    """What it is, as its X-Ranmailbot-Kind says."""
    message_id: str
    sender: tuple[str, str]
    to: tuple[str, ...]
    named: str
    """The display name beside the first address in To."""
    others: int
    """How many addresses stand in Cc and Bcc."""
    subject: str
    date: datetime | None
    answers: str
    """The Message-ID of the letter it answers, or the empty text."""
    references: tuple[str, ...]
    reply_to: str
    """Where a client sends the reply: Reply-To or From."""
    text: str
    html: str
    event: Event | None
    raw: bytes


def receive(raw: bytes) -> Received:
    """Read one mail, with the Delivered-To that the server stamped on top."""
    message = message_from_bytes(raw)
    parts = {part.get_content_type(): part for part in reversed(list(message.walk())) if not part.is_multipart()}
    calendar = parts.get("text/calendar")
    sender, to = _addresses(message, "From"), _addresses(message, "To")
    return Received(
        delivered_to=header(message, "Delivered-To"),
        kind=header(message, "X-Ranmailbot-Kind"),
        message_id=header(message, "Message-ID"),
        sender=sender[0] if sender else ("", ""),
        to=tuple(address for _, address in to),
        named=next((name for name, _ in to), ""),
        others=len(_addresses(message, "Cc")) + len(_addresses(message, "Bcc")),
        subject=header(message, "Subject"),
        date=_moment(message),
        answers=header(message, "In-Reply-To"),
        references=tuple(header(message, "References").split()),
        reply_to=next((address for _, address in (*_addresses(message, "Reply-To"), *sender)), ""),
        text=_text(parts.get("text/plain")),
        html=_text(parts.get("text/html")),
        event=_event(_text(calendar)) if calendar is not None else None,
        raw=raw,
    )


def header(message: Message, name: str) -> str:
    """The first header of this name as one decoded line, or the empty text. What cannot be decoded stays as it is."""
    value = str(message.get(name, ""))
    if "=?" in value:
        with suppress(LookupError, ValueError):
            value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    pairs = getaddresses([str(value) for value in message.get_all(name, [])])
    return [(str(make_header(decode_header(shown))), address) for shown, address in pairs if address]


def _moment(message: Message) -> datetime | None:
    try:
        return parsedate_to_datetime(header(message, "Date")).astimezone(UTC)
    except ValueError:
        return None


def _text(part: Message | None) -> str:
    if part is None:
        return ""
    octets = part.get_payload(decode=True)
    text = octets.decode(part.get_content_charset() or "utf-8", "replace") if isinstance(octets, bytes) else ""
    return text.replace("\r\n", "\n")


def _property(line: str) -> str:
    return line.partition(":")[0].partition(";")[0].upper()


def _event(text: str) -> Event:
    lines = tuple(text.replace("\n ", "").replace("\n\t", "").split("\n"))
    inside = lines[lines.index("BEGIN:VEVENT") :] if "BEGIN:VEVENT" in lines else lines
    values = {_property(line): line for line in reversed(inside)}
    attendees = [line for line in inside if _property(line) == "ATTENDEE"]
    return Event(
        method=next((line.partition(":")[2] for line in lines if _property(line) == "METHOD"), "").strip().upper(),
        uid=values.get("UID", "").partition(":")[2].strip(),
        sequence=int(values.get("SEQUENCE", "SEQUENCE:0").partition(":")[2] or 0),
        start=_time(values.get("DTSTART", "")),
        end=_time(values.get("DTEND", "")),
        asks=any("RSVP=TRUE" in line.upper() for line in attendees),
        attendees=len(attendees),
        lines=tuple(inside),
    )


def _time(line: str) -> datetime | None:
    head, _, value = line.partition(":")
    parameters = dict(pair.split("=", 1) for pair in head.split(";")[1:] if "=" in pair)
    try:
        if value.endswith("Z"):
            return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        zone = ZoneInfo(parameters.get("TZID", "UTC").strip('"'))
        return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, KeyError):
        return None


def question_lines(lines: list[str], questions: Iterable[Question]) -> Mapping[int, int]:
    """For each question that stands in these lines, the index of the last line of its paragraph.

    People write below the paragraph: a short question is followed by more words of ours.
    """
    return {number: end for number, (_, end) in question_spans(lines, questions).items()}


def question_spans(lines: list[str], questions: Iterable[Question]) -> Mapping[int, tuple[int, int]]:
    """First and last line of the paragraph in which each question stands last, wrapped or not."""
    found = {}
    for question in questions:
        span = _span(lines, question.text.split())
        if span is not None:
            start, end = span
            while end + 1 < len(lines) and lines[end + 1].strip():
                end += 1
            found[question.number] = (start, end)
    return found


def _span(lines: list[str], words: list[str]) -> tuple[int, int] | None:
    for start in range(len(lines) - 1, -1, -1):
        if words[0] not in lines[start].split():
            continue
        gathered: list[str] = []
        for end in range(start, min(start + len(words), len(lines))):
            gathered += lines[end].split()
            if _contains(gathered, words):
                return start, end
    return None


def _contains(gathered: list[str], words: list[str]) -> bool:
    return any(gathered[at : at + len(words)] == words for at in range(len(gathered) - len(words) + 1))


def asked(mail: Received, questions: Iterable[Question]) -> tuple[int, ...]:
    """The numbers of the questions that stand in the mail's text."""
    return tuple(question_lines(mail.text.split("\n"), questions))
