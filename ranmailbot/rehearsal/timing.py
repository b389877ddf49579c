"""When people write: hours or days later, mostly by day, always on a whole minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call

_MORNING, _NIGHT = 7, 22


def later(now: datetime, earliest: float, latest: float, chance: Random, zone: str) -> datetime:
    """A moment between so many hours after `now`; in the small hours people sleep and write when they get up."""
    return by_day(now + timedelta(hours=chance.uniform(earliest, latest)), chance, zone)


def by_day(moment: datetime, chance: Random, zone: str) -> datetime:
    """This moment, or the next morning if it is night in `zone`; on a whole minute."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.hour >= _NIGHT:
        local += timedelta(hours=26 - local.hour)
    if local.hour < _MORNING:
        local = local.replace(hour=_MORNING, minute=chance.randrange(60))
    return local.replace(second=0, microsecond=0).astimezone(moment.tzinfo) + timedelta(minutes=1)


def in_time(now: datetime, call: Call, chance: Random, share: float = 0.7) -> datetime:
    """A moment between an hour from now and `share` of the time that is left until the deadline."""
    left = (call.deadline - now).total_seconds() / 3600
    if left < 4:  # noqa: PLR2004 - hours: too late for sleeping
        return now + timedelta(minutes=max(1.0, left * 20))
    moment = later(now, 1, max(2.0, left * share), chance, call.zone)
    return min(moment, call.deadline - timedelta(hours=2))


def last_day(call: Call, chance: Random) -> datetime:
    """A moment in the last fourteen hours before the deadline."""
    return (call.deadline - timedelta(minutes=chance.randint(30, 14 * 60))).replace(second=0, microsecond=0)
