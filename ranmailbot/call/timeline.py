"""Which mailing is due when: plans relative to deadline and sessions become milestones in UTC.

A milestone's key is unique for ever. What was kept or lapsed stands in the store, so a restart, a moved date or days of
downtime need no code of their own. Wall times that do not exist or exist twice (when clocks change) are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Anchor = Literal["published", "deadline", "each session", "first session", "last session", "date", "daily"]


class NoSuchTime(ValueError):
    """A wall time that the zone skips or repeats on that day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One line of the timeline as configured: `days` after (or, negative, before) the anchor's local day, at `at`.

    `late` is how long after its moment the mailing may still start (for standing mailings: how long it goes on).
    `edition` makes a new key on purpose, so that a mailing that was kept goes out once more.
    """

    mailing: str
    anchor: Anchor
    days: int
    at: time
    late: timedelta
    edition: int = 1
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """One mailing at one moment. After `late_until` it is recorded as lapsed, never sent."""

    key: str
    mailing: str
    moment: datetime
    late_until: datetime
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Anchors:
    """The local days that plans refer to. `sessions` are (key, local day, zone) in order."""

    published: date
    deadline: date
    sessions: Sequence[tuple[str, date, str]]
    zone: str


def wall_to_utc(day: date, at: time, zone: str) -> datetime:
    """The moment of a wall time, in UTC. Raises NoSuchTime if the zone skips or repeats it (PEP 495)."""
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        there = local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None)
        what = "exists twice" if there else "does not exist"
        raise NoSuchTime(f"{day} {at:%H:%M} {what} in {zone}: the clocks change that night")
    return local.astimezone(UTC)


def milestones(plans: Iterable[Plan], anchors: Anchors) -> tuple[Milestone, ...]:
    """All milestones of the plans, by moment. Raises NoSuchTime."""
    found = [milestone for plan in plans for milestone in _of(plan, anchors)]
    return tuple(sorted(found, key=lambda milestone: (milestone.moment, milestone.key)))


def due(
    timeline: Iterable[Milestone], settled: Collection[str], now: datetime
) -> tuple[tuple[Milestone, ...], tuple[Milestone, ...]]:
    """What must fire now and what has lapsed, of those that are not settled (kept or lapsed) yet."""
    ripe = [milestone for milestone in timeline if milestone.moment <= now and milestone.key not in settled]
    fire = tuple(milestone for milestone in ripe if now <= milestone.late_until)
    lapsed = tuple(milestone for milestone in ripe if now > milestone.late_until)
    return fire, lapsed


def next_moment(timeline: Iterable[Milestone], settled: Collection[str], now: datetime) -> datetime | None:
    """When the next unsettled milestone becomes due, if any lies ahead."""
    ahead = [milestone.moment for milestone in timeline if milestone.moment > now and milestone.key not in settled]
    return min(ahead, default=None)


def _of(plan: Plan, anchors: Anchors) -> list[Milestone]:
    return [
        Milestone(
            key=f"{plan.mailing}:{scope}:{plan.edition}",
            mailing=plan.mailing,
            moment=moment,
            late_until=moment + plan.late,
            session=session,
        )
        for scope, session, moment in _moments(plan, anchors)
    ]


def _moments(plan: Plan, anchors: Anchors) -> list[tuple[str, str | None, datetime]]:
    shift = timedelta(days=plan.days)
    if plan.anchor == "daily":
        return _daily(plan, anchors)
    if plan.anchor == "each session":
        return [(key, key, wall_to_utc(day + shift, plan.at, zone)) for key, day, zone in anchors.sessions]
    if plan.anchor in ("first session", "last session"):
        _, day, zone = anchors.sessions[0 if plan.anchor == "first session" else -1]
        return [("call", None, wall_to_utc(day + shift, plan.at, zone))]
    day = {"published": anchors.published, "deadline": anchors.deadline}.get(plan.anchor) or _fixed(plan)
    return [("call", None, wall_to_utc(day + shift, plan.at, anchors.zone))]


def _fixed(plan: Plan) -> date:
    if plan.day is None:
        raise ValueError(f"the plan for {plan.mailing} names no day")
    return plan.day


def _daily(plan: Plan, anchors: Anchors) -> list[tuple[str, str | None, datetime]]:
    """Every day from the day after publication to the day after the last session."""
    last = max((day for _, day, _ in anchors.sessions), default=anchors.deadline) + timedelta(days=1)
    count = (last - anchors.published).days
    days = [anchors.published + timedelta(days=n) for n in range(1, count + 1)]
    return [(f"{day:%Y-%m-%d}", None, wall_to_utc(day, plan.at, anchors.zone)) for day in days]
