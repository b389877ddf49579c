"""Wording: how moments, sessions, places and people are written in plain English, always with their zone.

Names of days and months are our own: strftime would follow the locale of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call, Session
from ranmailbot.mail.address import Address
from ranmailbot.mail.characters import clean_line

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAME_CHARACTERS = 60
_LINK_LIKE = re.compile(r"://|@|\bwww\.|[<>{}\[\]|\\]", re.IGNORECASE)
_LIST_MARK = re.compile(r"\s*(?:[-•] |\d{1,2}[.)] )?")


def day(moment: datetime, zone: str) -> str:
    """ "Thursday 10 March 2022", as the date reads in `zone`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"


def zone_words(at: datetime, zone: str) -> str:
    """ "Brussels time, CET": the place and what its clocks are called then (an offset where they have no name)."""
    place = zone.rpartition("/")[2].replace("_", " ")
    name = at.astimezone(ZoneInfo(zone)).tzname() or ""
    if name[:1] in "+-" and name:
        name = f"UTC{name[:3]}" + (f":{name[3:]}" if name[3:] else "")
    return name if name == place or not name else f"{place} time, {name}"


def moment(at: datetime, zone: str) -> str:
    """ "Thursday 10 March 2022, 23:59 (Brussels time, CET)"."""
    return f"{day(at, zone)}, {at.astimezone(ZoneInfo(zone)):%H:%M} ({zone_words(at, zone)})"


def clock(session: Session) -> str:
    """ "09:00–12:30 (Brussels time, CEST)"; if it ends on another day, that day is named."""
    zone = ZoneInfo(session.zone)
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{day(end, session.zone)}, {end:%H:%M}"
    return f"{start:%H:%M}–{until} ({zone_words(session.start, session.zone)})"


def session_day(session: Session) -> str:
    """The session's day in the session's own zone."""
    return day(session.start, session.zone)


def session_label(call: Call, session: Session) -> str:
    """ "Day 1 of 2", or "Session 1 of 2" if two sessions share a day; "Meeting" if there is only one."""
    if len(call.sessions) == 1:
        return "Meeting"
    return f"{session_noun(call).capitalize()} {session.number} of {len(call.sessions)}"


def session_noun(call: Call) -> str:
    """What people call one of several sessions: "day" if each has its own, otherwise "session"."""
    days = {one.start.astimezone(ZoneInfo(one.zone)).date() for one in call.sessions}
    return "day" if len(days) == len(call.sessions) else "session"


def session_line(call: Call, session: Session) -> str:
    """ "Day 1 of 2: Tuesday 5 April 2022, 09:00–12:30 (Brussels time, CEST)"."""
    return f"{session_label(call, session)}: {session_day(session)}, {clock(session)}"


def greeting(person: Address) -> str:
    """ "Dear Anna Example,", or "Hello," if the display name is empty or could carry a link or markup."""
    name = clean_line(person.name, _NAME_CHARACTERS)
    return "Hello," if not name or _LINK_LIKE.search(name) else f"Dear {name},"


def listing(things: Sequence[object]) -> str:
    """ "1", "1 and 2", "1, 2 and 3"."""
    words = [str(thing) for thing in things]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def wrapped(text: str, width: int = 74) -> str:
    """Every line at most `width` wide, if it has spaces to break at; what follows stands under the words before it."""
    return "\n".join(line if len(line) <= width else _wrap(line, width) for line in text.split("\n"))


def sentence(text: str) -> str:
    """The text with a capital letter at the beginning and a full stop at the end, if it has none."""
    line = text.strip()
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "!", "?", "…", ":")) or not line else ".")


def paragraphs(text: str) -> list[str]:
    """Paragraphs, each on one line: they part at blank lines, however the lines between were broken."""
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [" ".join(block) for block in blocks if block]


def excerpt(text: str, characters: int) -> str:
    """At most so many characters, cut between words, with " …" if something was left out."""
    if len(text) <= characters:
        return text
    cut = text[:characters]
    return (cut.rsplit(None, 1)[0] if any(c.isspace() for c in cut.strip()) else cut).rstrip() + " …"


def _wrap(line: str, width: int) -> str:
    mark = _LIST_MARK.match(line)
    hang = " " * (mark.end() if mark else 0)
    start = line[: len(hang)]
    lines = [start]
    for word in line[len(hang) :].split(" "):
        if len(lines[-1]) + 1 + len(word) > width and lines[-1].strip() and lines[-1] != start:
            lines.append(hang + word)
        else:
            lines[-1] += word if lines[-1] in (start, hang) else f" {word}"
    return "\n".join(lines)
