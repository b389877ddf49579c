"""What calendar clients send back when somebody clicks Accept or Decline: iMIP replies (RFC 5546 3.2.3, RFC 6047)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from ranmailbot.rehearsal.letters import Head
from ranmailbot.rehearsal.received import Event

PartStat = Literal["ACCEPTED", "DECLINED", "TENTATIVE"]
Client = Literal["outlook", "google"]

SAID = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentatively accepted"}


def calendar_reply(head: Head, event: Event, partstat: PartStat, stamp: datetime, client: Client) -> bytes:
    """The reply of one attendee, who is the author of the letter. `stamp` is its DTSTAMP (aware)."""
    message = EmailMessage(policy=SMTP)
    for name, value in head.fields().items():
        message[name] = value
    if client == "google":
        # Google marks the replies of its calendar as written by a machine.
        message["Auto-Submitted"] = "auto-generated"
    text = f"{head.name} has {SAID[partstat]} this invitation."
    message.set_content("" if client == "outlook" else text)
    message.add_alternative(
        _icalendar(head, event, partstat, stamp).encode(), maintype="text", subtype="calendar", cte="base64"
    )
    calendar = message.get_payload()[-1]  # type: ignore[index]  # add_alternative made it a list of parts
    calendar.set_param("charset", "utf-8")  # type: ignore[union-attr]  # of messages
    calendar.set_param("method", "REPLY")  # type: ignore[union-attr]  # of messages
    return message.as_bytes()


def _icalendar(head: Head, event: Event, partstat: PartStat, stamp: datetime) -> str:
    kept = [line for name in ("DTSTART", "DTEND", "ORGANIZER", "UID") if (line := event.line(name))]
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Sample client//EN",
        "VERSION:2.0",
        "METHOD:REPLY",
        "BEGIN:VEVENT",
        *kept,
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;PARTSTAT={partstat};CN={_quoted(head.name)}:mailto:{head.email}",
        event.line("SUMMARY") or "SUMMARY:Meeting",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(_folded(line) for line in lines) + "\r\n"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', "'") + '"'


def _folded(line: str) -> str:
    """Lines of at most 75 octets (RFC 5545 3.1); ours are ASCII, so characters are octets."""
    return "\r\n ".join([line[:75], *[line[at : at + 74] for at in range(75, len(line), 74)]])
