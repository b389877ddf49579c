"""iCalendar both ways: invitations that every client shows at the right hour, and what calendars answer.

Writing: one event, one attendee, one recipient (RFC 5545, 5546, 7986). Reading fears strangers: a linear parser that
knows seven properties, takes nothing for a time, and gives up on whatever is no event.
Known limit: of a reply with several events only the first is read (we never send more than one).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call, MeetingRoom, Session
from ranmailbot.mail.address import Address
from ranmailbot.mail.calendar_zone import vtimezone
from ranmailbot.mail.characters import clean, clean_line
from ranmailbot.mail.outgoing import CalendarEvent, CalendarWish
from ranmailbot.mail.wording import session_label

PRODUCT = "-//ranmailbot//ranmailbot//EN"
REPLY_CHARACTERS = 100_000
"""Of a calendar part that is read; a reply to one of our events has about 2,000."""
_COMMENT_CHARACTERS = 2_000
_OCTETS = 75
_PARTSTATS = frozenset({"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
_STAMP = re.compile(r"\d{8}T\d{6}Z?")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_DIGITS = re.compile(r"[0-9]{1,9}")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """What somebody's calendar says of one event. All text is cleaned; nothing of it is trusted.

    `method` and `partstat` are upper case, empty if absent; `attendee` is the first one's address; `attendees` counts
    all of them; `dtstamp` is as written ("20220311T080000Z", sorts by time) or empty.
    """

    method: str
    uid: str
    partstat: str
    attendee: str
    attendees: int
    sequence: int
    dtstamp: str
    comment: str


def write_event(  # noqa: PLR0917 - an invitation is made of these six things
    call: Call, session: Session, event: CalendarEvent, attendee: Address, wish: CalendarWish, organizer: str
) -> str:
    """An iCalendar object with CRLF and folded lines (RFC 5545 3.1). `organizer` is the address replies go to.

    How to join comes from `session.room` and only if `wish.link`. Raises ValueError for moments without a zone.
    """
    lines = [
        "BEGIN:VCALENDAR",
        f"PRODID:{PRODUCT}",
        "VERSION:2.0",
        f"METHOD:{wish.method}",
        *vtimezone(session.zone, session.start, session.end),
        "BEGIN:VEVENT",
        *_identity(call, session, event),
        f'ORGANIZER;CN="{_parameter(call.mailbox.name)}":{_mailto(organizer)}',
        _attendee(attendee, wish),
        *_what(call, session, wish),
        *(_alarm(call, session) if wish.method == "REQUEST" else ()),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def event_summary(call: Call, session: Session) -> str:
    """What stands in a calendar that colleagues may see: neutral, "RAN PRISONS online meeting, day 1 of 2"."""
    return (
        call.short_title if len(call.sessions) == 1 else f"{call.short_title}, {session_label(call, session).lower()}"
    )


def read_reply(text: str) -> CalendarReply | None:
    """What a calendar part says of its first event; None if it holds none with a UID. Never raises."""
    method, found = "", _Found()
    for name, parameters, value, inside in _properties(text[:REPLY_CHARACTERS]):
        if name == "METHOD" and not inside:
            method = clean_line(value, 20).upper()
        elif inside:
            found.take(name, parameters, value)
    return found.reply(method)


def _identity(call: Call, session: Session, event: CalendarEvent) -> list[str]:
    zone = ZoneInfo(session.zone)
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    return [
        f"UID:{_escaped(event.uid)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{event.stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={session.zone}:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={session.zone}:{end:%Y%m%dT%H%M%S}",
        f"SUMMARY:{_escaped(event_summary(call, session))}",
        "CLASS:PRIVATE",
    ]


def _attendee(attendee: Address, wish: CalendarWish) -> str:
    """Once answered, the answer is kept and not asked for again: an update must not reset it (RFC 5546 2.1.4)."""
    partstat = wish.answered or "NEEDS-ACTION"
    if partstat not in _PARTSTATS:
        raise ValueError("the answer to keep is no PARTSTAT of RFC 5545 3.2.12")
    rsvp = "FALSE" if wish.answered or wish.method == "CANCEL" else "TRUE"
    name = f'CN="{_parameter(attendee.name or attendee.email)}"'
    role = f"CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};RSVP={rsvp}"
    return f"ATTENDEE;{name};{role}:{_mailto(attendee.email)}"


def _what(call: Call, session: Session, wish: CalendarWish) -> list[str]:
    # Our CANCEL takes one person out of a session that goes on: STATUS:CANCELLED would be untrue (RFC 5546 3.2.5).
    if wish.method == "CANCEL":
        return ["TRANSP:TRANSPARENT"]
    room = session.room if wish.link else None
    shown = [
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        f"DESCRIPTION:{_escaped(_description(call, session, room))}",
    ]
    if room is None:
        return [*shown, f"LOCATION:{_escaped(session.place)}"] if session.place else shown
    return [
        *shown,
        f"LOCATION:{_escaped(room.join_url)}",
        f"URL:{_uri(room.join_url)}",
        f'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Join online":{_uri(room.join_url)}',
    ]


def _description(call: Call, session: Session, room: MeetingRoom | None) -> str:
    """Neutral as well: who else can see this calendar is not ours to know."""
    questions = f"Questions: {call.mailbox.email}"
    if room is None:
        later = "How to join comes later, to everybody who has accepted.\n" if session.online else ""
        return f"{call.caller}\n{later}{questions}"
    rows = [
        ("Join", room.join_url),
        ("Meeting number", room.meeting_number),
        ("Password", room.password),
        ("Password by phone", room.numeric_password),
        ("Video system", room.video_address),
        *(("Phone", phone) for phone in room.phones),
    ]
    return "\n".join([call.caller, *(f"{label}: {value}" for label, value in rows if value), questions])


def _alarm(call: Call, session: Session) -> list[str]:
    summary = _escaped(event_summary(call, session))
    return ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", f"DESCRIPTION:{summary}", "END:VALARM"]


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545 3.3.11)."""
    plain = clean(text)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _parameter(text: str) -> str:
    """A quoted parameter value: it can hold no double quote and no line break (RFC 5545 3.2)."""
    return clean_line(text, 120).replace('"', "'")


def _mailto(email: str) -> str:
    return f"mailto:{quote(clean_line(email, 320), safe='@!$&+=_.~-')}"


def _uri(url: str) -> str:
    """A URI as it is; blanks and controls, which would end it or its line, are encoded."""
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~._-")


def _folded(line: str) -> str:
    """The line with CRLF, cut at 75 octets between characters (RFC 5545 3.1)."""
    if len(line) <= _OCTETS and line.isascii():
        return f"{line}\r\n"
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _OCTETS:
            pieces.append(piece)
            piece, size = "", 1  # the blank that begins a continuation counts
        piece += character
        size += octets
    return "\r\n ".join([*pieces, piece]) + "\r\n"


class _Found:
    """What was found of the first event; the first value of each property counts."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._attendee = ("", "", "")
        self._attendees = 0

    def take(self, name: str, parameters: str, value: str) -> None:
        if name != "ATTENDEE":
            self._values.setdefault(name, value)
            return
        self._attendees += 1
        if self._attendees == 1:
            known = {key.upper(): text.strip('"') for key, text in _PARAMETER.findall(parameters)}
            comment = known.get("X-RESPONSE-COMMENT", "")
            self._attendee = (_address(value), clean_line(known.get("PARTSTAT", ""), 20).upper(), comment)

    def reply(self, method: str) -> CalendarReply | None:
        uid = clean_line(self._values.get("UID", ""), 255)
        if not uid:
            return None
        attendee, partstat, response = self._attendee
        stamp = self._values.get("DTSTAMP", "").strip()
        return CalendarReply(
            method=method,
            uid=uid,
            partstat=partstat,
            attendee=attendee,
            attendees=self._attendees,
            sequence=_number(self._values.get("SEQUENCE", "")),
            dtstamp=stamp if _STAMP.fullmatch(stamp) and stamp.isascii() else "",
            comment=clean(_unescaped(self._values.get("COMMENT", "") or response))[:_COMMENT_CHARACTERS].strip(),
        )


_Property = tuple[str, str, str, bool]


def _properties(text: str) -> Iterator[_Property]:
    """Name, raw parameters, value, and whether it stands directly in the first VEVENT. One pass over the lines."""
    stack: list[str] = []
    for line in _unfolded(text):
        match = _NAME.match(line)
        if match is None:
            continue
        name, (parameters, value) = match[0].upper(), _split(line[match.end() :])
        if name == "BEGIN":
            stack.append(value.strip().upper()[:20])
        elif name == "END":
            if stack and stack.pop() == "VEVENT":
                return
        else:
            yield name, parameters, value, bool(stack) and stack[-1] == "VEVENT"


def _unfolded(text: str) -> Iterator[str]:
    """Logical lines; also of objects whose lines were ended or folded by something careless."""
    parts: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield "".join(parts)
        parts = [line]
    yield "".join(parts)


def _split(rest: str) -> tuple[str, str]:
    """Parameters and value: they part at the first colon outside of double quotes."""
    quoted = False
    for position, character in enumerate(rest):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return rest[:position], rest[position + 1 :]
    return rest, ""


def _address(value: str) -> str:
    scheme, _, rest = value.strip().partition(":")
    return clean_line(unquote(rest) if scheme.lower() == "mailto" else value, 320)


def _number(text: str) -> int:
    digits = text.strip()
    return int(digits) if _DIGITS.fullmatch(digits) else 0


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], text)
