"""A time zone as iCalendar says it (RFC 5545 3.6.5): with yearly rules where the zone has them.

Outlook shifts events whose zone has explicit dates only, so rules come first. Zones whose changes follow no such rule
(Morocco's follow the moon) get the observances around the session, each with its own date.
Known limit: a rule is taken from four years around the session; an event of ours is never asked about later years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STEP = timedelta(days=7)
_LONG_AGO = "19700101T000000"


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of the clocks: `onset` is the wall time, in the offset before, at which the new offset begins."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str


def vtimezone(zone: str, start: datetime, end: datetime) -> list[str]:
    """The lines of a VTIMEZONE that is right from a year before `start` to a year after `end`."""
    return list(_lines(zone, start.astimezone(UTC).year, end.astimezone(UTC).year))


@lru_cache(maxsize=64)
def _lines(zone: str, first: int, last: int) -> tuple[str, ...]:
    # Remembered because thousands of invitations to one session share it; it depends on nothing but its arguments.
    changes = _changes(ZoneInfo(zone), first - 1, last + 2)
    body = _fixed(ZoneInfo(zone), first) if not changes else _ruled(changes) or _dated(ZoneInfo(zone), changes)
    return ("BEGIN:VTIMEZONE", f"TZID:{zone}", *body, "END:VTIMEZONE")


def _changes(zone: ZoneInfo, first: int, last: int) -> list[_Change]:
    """All changes of offset from the beginning of year `first` to the end of year `last`."""
    at, until = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    found = []
    while at < until:
        if _offset(zone, at) != _offset(zone, at + _STEP):
            moment = _bisect(zone, at, at + _STEP)
            before, after = _offset(zone, at), _offset(zone, moment)
            onset = (moment + before).replace(tzinfo=None)
            found.append(_Change(onset, before, after, moment.astimezone(zone).tzname() or ""))
        at += _STEP
    return found


def _bisect(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    """The first whole minute after the change between the two moments."""
    old = _offset(zone, early)
    low, high = 0, int((late - early).total_seconds()) // 60
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, early + timedelta(minutes=middle)) == old:
            low = middle
        else:
            high = middle
    return early + timedelta(minutes=high)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _fixed(zone: ZoneInfo, year: int) -> list[str]:
    moment = datetime(year, 1, 1, tzinfo=UTC)
    offset = _offset(zone, moment)
    return _observance("STANDARD", _LONG_AGO, offset, offset, moment.astimezone(zone).tzname() or "")


def _ruled(changes: list[_Change]) -> list[str]:
    """Two observances with yearly rules, or nothing if the changes of all years do not follow one rule each."""
    lines: list[str] = []
    for kind in {(change.before, change.after): change for change in changes}.values():
        same = [change for change in changes if (change.before, change.after) == (kind.before, kind.after)]
        rule = _rule(same)
        if len(changes) != 2 * len(same) or not _yearly(same) or not rule:
            return []
        lines += _observance(
            _part(kind), f"{same[0].onset:%Y%m%dT%H%M%S}", kind.before, kind.after, kind.name, f"RRULE:{rule}"
        )
    return lines


def _yearly(changes: list[_Change]) -> bool:
    years = [change.onset.year for change in changes]
    return len(years) >= 3 and years == list(range(years[0], years[0] + len(years)))  # noqa: PLR2004 - fewer prove no rule


def _rule(changes: list[_Change]) -> str:
    """ "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" if that holds for all of them, else nothing."""
    onsets = [change.onset for change in changes]
    if len({(onset.month, onset.weekday(), onset.time()) for onset in onsets}) != 1:
        return ""
    weekday = WEEKDAYS[onsets[0].weekday()]
    weeks = {(onset.day - 1) // 7 + 1 for onset in onsets}
    if all((onset + timedelta(days=7)).month != onset.month for onset in onsets):
        nth = "-1"
    elif len(weeks) == 1:
        nth = str(weeks.pop())
    else:
        return ""
    return f"FREQ=YEARLY;BYMONTH={onsets[0].month};BYDAY={nth}{weekday}"


def _dated(zone: ZoneInfo, changes: list[_Change]) -> list[str]:
    """What held before the first change, then each change with its own date."""
    first = changes[0]
    earlier = datetime(first.onset.year, first.onset.month, first.onset.day, tzinfo=UTC) - timedelta(days=2)
    name = earlier.astimezone(zone).tzname() or ""
    lines = _observance("STANDARD", _LONG_AGO, first.before, first.before, name)
    for change in changes:
        lines += _observance(_part(change), f"{change.onset:%Y%m%dT%H%M%S}", change.before, change.after, change.name)
    return lines


def _part(change: _Change) -> str:
    return "DAYLIGHT" if change.after > change.before else "STANDARD"


def _observance(  # noqa: PLR0917 - the parts of an observance
    part: str, onset: str, before: timedelta, after: timedelta, name: str, rule: str = ""
) -> list[str]:
    return [
        f"BEGIN:{part}",
        f"DTSTART:{onset}",
        *([rule] if rule else []),
        f"TZOFFSETFROM:{_signed(before)}",
        f"TZOFFSETTO:{_signed(after)}",
        *([f"TZNAME:{name}"] if name else []),
        f"END:{part}",
    ]


def _signed(offset: timedelta) -> str:
    """ "+0100"; with seconds only if there are any (RFC 5545 3.3.14)."""
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    sign = "-" if offset < timedelta(0) else "+"
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}" + (f"{seconds:02d}" if seconds else "")
