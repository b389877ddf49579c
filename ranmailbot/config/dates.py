"""Do the days of the call fit together: publication, deadline, sessions, and the clocks of their zones?

Each check looks at just the keys it needs, so that one fault elsewhere does not hide another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from pydantic import BaseModel

from ranmailbot.call.timeline import NoSuchTime, wall_to_utc
from ranmailbot.config.complaint import Fault, Where
from ranmailbot.config.shape import Tables, seen, seen_list
from ranmailbot.config.values import STRICT, Day, Key, WallTime, Zone

MIDNIGHT = time(0, 0)


class CallDays(BaseModel):
    """The days of the call."""

    model_config = STRICT
    published: Day
    deadline: Day


class CallZone(BaseModel):
    """The zone of the call."""

    model_config = STRICT
    zone: Zone


class SessionKey(BaseModel):
    """The name of a session."""

    model_config = STRICT
    key: Key


class SessionTimes(BaseModel):
    """When a session is."""

    model_config = STRICT
    date: Day
    start: WallTime
    end: WallTime
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A session whose times are sound, in UTC; `index` is its position in the file from 0."""

    index: int
    times: SessionTimes
    zone: str
    start: datetime
    end: datetime


def faults(tables: Tables) -> Iterator[Fault]:
    """Everything wrong with days and times, the timeline aside."""
    yield from _call_days(tables)
    yield from _keys(tables)
    yield from _session_times(tables)
    yield from _session_order(tables)
    yield from _deadline_before_sessions(tables)


def held(tables: Tables) -> list[Held]:
    """The sessions whose times are sound, in the order of the file."""
    found = []
    for index, times in seen_list(SessionTimes, tables.get("sessions")):
        zone = times.zone or call_zone(tables)
        if zone is None:
            continue
        try:
            start, end = (wall_to_utc(times.date, at, zone) for at in (times.start, times.end))
        except NoSuchTime:
            continue
        if start < end:
            found.append(Held(index, times, zone, start, end))
    return found


def call_zone(tables: Tables) -> str | None:
    """The zone of the call, if it is a sound one."""
    call = seen(CallZone, tables.get("call"))
    return call.zone if call else None


def _call_days(tables: Tables) -> Iterator[Fault]:
    call = seen(CallDays, tables.get("call"))
    if call is None:
        return
    if call.published > call.deadline:
        yield Fault(
            ("call", "deadline"), call.deadline, f"The deadline is before the call is published ({call.published})."
        )
    zone = call_zone(tables)
    if zone is None:
        return
    for name, value, day in (
        ("published", call.published, call.published),
        ("deadline", call.deadline, call.deadline + timedelta(days=1)),
    ):
        yield from _no_such_time(("call", name), value, (day, MIDNIGHT, zone))


def _keys(tables: Tables) -> Iterator[Fault]:
    known: dict[str, int] = {}
    for index, session in seen_list(SessionKey, tables.get("sessions")):
        if session.key in known:
            other = known[session.key] + 1
            yield Fault(
                ("sessions", index, "key"), session.key, f"Session no. {other} has this key: give each its own."
            )
        known.setdefault(session.key, index)


def _session_times(tables: Tables) -> Iterator[Fault]:
    for index, times in seen_list(SessionTimes, tables.get("sessions")):
        if times.end <= times.start:
            remedy = f"The session must end after it starts ({times.start:%H:%M}), on the same day."
            yield Fault(("sessions", index, "end"), times.end, remedy)
        zone = times.zone or call_zone(tables)
        if zone is not None:
            for name, at in (("start", times.start), ("end", times.end)):
                yield from _no_such_time(("sessions", index, name), at, (times.date, at, zone))


def _session_order(tables: Tables) -> Iterator[Fault]:
    for before, after in pairwise(held(tables)):
        if after.start < before.start:
            remedy = f"It is earlier than session no. {before.index + 1}: put the sessions in order."
            yield Fault(("sessions", after.index, "date"), after.times.date, remedy)
        elif after.start < before.end:
            remedy = f"It overlaps with session no. {before.index + 1}, which ends later than this one starts."
            yield Fault(("sessions", after.index, "start"), after.times.start, remedy)


def _deadline_before_sessions(tables: Tables) -> Iterator[Fault]:
    call = seen(CallDays, tables.get("call"))
    days = [times.date for _, times in seen_list(SessionTimes, tables.get("sessions"))]
    if call is not None and days and call.deadline >= min(days):
        remedy = f"The first session is on {min(days)}: the deadline must be before that day."
        yield Fault(("call", "deadline"), call.deadline, remedy)


def _no_such_time(where: Where, value: object, wall: tuple[date, time, str]) -> Iterator[Fault]:
    day, at, zone = wall
    try:
        wall_to_utc(day, at, zone)
    except NoSuchTime as error:
        yield Fault(where, value, f"{error}. Choose another time.")
