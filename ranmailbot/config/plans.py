"""Does the timeline make sense: no mailing twice, none at a time that does not exist, none in an impossible order?

The rules stand in one table, each with what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ranmailbot.call.timeline import Anchors, Milestone, NoSuchTime, Plan, milestones, wall_to_utc
from ranmailbot.config.complaint import Fault
from ranmailbot.config.dates import MIDNIGHT, CallDays, Held, SessionKey, call_zone, held
from ranmailbot.config.sections import TimelineSection
from ranmailbot.config.shape import Tables, seen, seen_list
from ranmailbot.config.when import parse_late, parse_when

FOR_EACH_SESSION = frozenset({"session_details", "session_reminder"})
DAILY = frozenset({"digest"})


@dataclass(frozen=True, slots=True)
class Days:
    """The moments that mailings are held against, in UTC; `sessions` by key, each (start, end)."""

    published: datetime
    deadline: datetime
    sessions: dict[str, tuple[datetime, datetime]]
    anchors: Anchors

    @property
    def in_order(self) -> bool:
        """Whether the call itself is possible; if not, that alone is complained of."""
        return self.published < self.deadline <= self.first

    @property
    def first(self) -> datetime:
        """When the meeting starts."""
        return min(start for start, _ in self.sessions.values())

    @property
    def last(self) -> datetime:
        """When the meeting is over."""
        return max(end for _, end in self.sessions.values())

    def start(self, milestone: Milestone) -> datetime:
        """When the milestone's session starts (the first, if it has none)."""
        return self.sessions[milestone.session][0] if milestone.session else self.first

    def end(self, milestone: Milestone) -> datetime:
        """When the milestone's session ends (the last, if it has none)."""
        return self.sessions[milestone.session][1] if milestone.session else self.last


@dataclass(frozen=True, slots=True)
class Rule:
    """An order that cannot be: for which mailings, at which key, when it is broken, what to do."""

    mailings: frozenset[str]
    name: str
    broken: Callable[[Milestone, Days], bool]
    remedy: str


def _rule(mailings: str, name: str, broken: Callable[[Milestone, Days], bool], remedy: str) -> Rule:
    return Rule(frozenset(mailings.split()), name, broken, remedy)


RULES = (
    _rule(
        "announcement deadline_reminder deadline_notice",
        "when",
        lambda mail, days: mail.moment < days.published,
        "It would go out before the call is published.",
    ),
    _rule(
        "announcement deadline_reminder deadline_notice",
        "when",
        lambda mail, days: mail.moment >= days.deadline,
        "It would go out after the deadline, when nobody can apply any more: choose an earlier moment.",
    ),
    _rule(
        "announcement deadline_reminder deadline_notice",
        "late",
        lambda mail, days: mail.moment < days.deadline < mail.late_until,
        "If the bot was off, it could go out after the deadline: shorten late.",
    ),
    _rule(
        "closing",
        "when",
        lambda mail, days: mail.moment < days.deadline,
        'It would go out before the deadline is over: write for example when = "deadline + 1 day at 10:00".',
    ),
    _rule(
        "closing invitation regret rsvp_reminder",
        "when",
        lambda mail, days: mail.moment >= days.first,
        "It would go out after the meeting has begun: choose an earlier moment.",
    ),
    _rule(
        "invitation rsvp_reminder",
        "late",
        lambda mail, days: mail.moment < days.first and mail.late_until > days.last,
        "It could go out after the meeting: shorten late.",
    ),
    _rule(
        "session_details session_reminder",
        "when",
        lambda mail, days: mail.moment >= days.start(mail),
        "It would go out after the session has begun: choose an earlier moment.",
    ),
    _rule(
        "session_details",
        "late",
        lambda mail, days: mail.late_until < days.start(mail),
        "It must go on until the session begins, or who confirms late gets no details: lengthen late.",
    ),
    _rule(
        "session_details session_reminder",
        "late",
        lambda mail, days: mail.moment < days.start(mail) and mail.late_until > days.end(mail),
        "It could go out after the session is over: shorten late.",
    ),
    _rule(
        "thanks",
        "when",
        lambda mail, days: mail.moment < days.last,
        'It would go out before the last session is over: write for example when = "last session + 1 day at 10:00".',
    ),
)


def faults(tables: Tables) -> Iterator[Fault]:
    """Everything wrong with the timeline."""
    lines = seen_list(TimelineSection, tables.get("timeline"))
    yield from _fitting(lines)
    yield from _twice(lines)
    days = _days(tables)
    if days is not None:
        unfit = {fault.where[1] for fault in _fitting(lines)}
        for index, line in lines:
            if index not in unfit:
                yield from _orders(index, line, days)
        yield from _reminder_after_invitation(lines, days)


def plan(line: TimelineSection) -> Plan:
    """The line as the call keeps it."""
    return parse_when(line.when).plan(line.mailing, parse_late(line.late), line.edition)


def too_early(tables: Tables) -> Iterator[Fault]:
    """Verdicts that go out while people can still apply: possible, but worth a warning."""
    days = _days(tables)
    for index, line in seen_list(TimelineSection, tables.get("timeline")):
        found = _milestones(line, days) if days and line.mailing in ("invitation", "regret") else ()
        if days and any(mail.moment < days.deadline for mail in found):
            yield Fault(("timeline", index, "when"), line.when, "It goes out before the deadline is over.")


def _days(tables: Tables) -> Days | None:
    """The moments of the call, if all of them are sound."""
    call, zone, sessions = seen(CallDays, tables.get("call")), call_zone(tables), held(tables)
    keys = dict(seen_list(SessionKey, tables.get("sessions")))
    known = [session for session in sessions if session.index in keys]
    if call is None or zone is None or not known or len({key.key for key in keys.values()}) < len(keys):
        return None
    try:
        published = wall_to_utc(call.published, MIDNIGHT, zone)
        deadline = wall_to_utc(call.deadline + timedelta(days=1), MIDNIGHT, zone)
    except NoSuchTime:
        return None
    named = [(keys[session.index].key, session) for session in known]
    return Days(
        published,
        deadline,
        {key: (session.start, session.end) for key, session in named},
        Anchors(call.published, call.deadline, _anchors(named), zone),
    )


def _anchors(named: list[tuple[str, Held]]) -> list[tuple[str, date, str]]:
    return [(key, session.times.date, session.zone) for key, session in named]


def _fitting(lines: list[tuple[int, TimelineSection]]) -> Iterator[Fault]:
    """Mailings for each session need each session; only the digest is daily."""
    for index, line in lines:
        anchor = parse_when(line.when).anchor
        where = ("timeline", index, "when")
        if line.mailing in FOR_EACH_SESSION and anchor != "each session":
            remedy = f'{line.mailing} belongs to a session: write for example "each session - 1 day at 10:00".'
            yield Fault(where, line.when, remedy)
        elif anchor == "each session" and line.mailing not in FOR_EACH_SESSION:
            remedy = (
                f'{line.mailing} goes out once for the whole call: write for example "first session - 7 days at 10:00".'
            )
            yield Fault(where, line.when, remedy)
        elif anchor == "daily" and line.mailing not in DAILY:
            remedy = (
                f'Only the digest goes out daily. Write for {line.mailing} for example "deadline - 2 days at 09:00".'
            )
            yield Fault(where, line.when, remedy)


def _twice(lines: list[tuple[int, TimelineSection]]) -> Iterator[Fault]:
    known: dict[tuple[str, int, str], int] = {}
    for index, line in lines:
        anchor = parse_when(line.when).anchor
        # What the milestone's key says after the mailing's name: the day, the session, or "call".
        scope = anchor if anchor in ("daily", "each session") else "call"
        name = (line.mailing, line.edition, scope)
        if name in known:
            remedy = (
                f"Line no. {known[name] + 1} is the same mailing and edition, and each goes out once only. "
                f"Take one out, or add edition = {line.edition + 1} here to send it again."
            )
            yield Fault(("timeline", index, "edition"), line.edition, remedy)
        known.setdefault(name, index)


def _orders(index: int, line: TimelineSection, days: Days) -> Iterator[Fault]:
    """The first rule that each key of this line breaks."""
    try:
        found = milestones([plan(line)], days.anchors)
    except NoSuchTime as error:
        yield Fault(("timeline", index, "when"), line.when, f"{error}. Choose another time.")
        return
    complained: set[str] = set()
    for rule in RULES if days.in_order else ():
        if line.mailing not in rule.mailings or rule.name in complained:
            continue
        if any(rule.broken(mail, days) for mail in found):
            complained.add(rule.name)
            yield Fault(("timeline", index, rule.name), getattr(line, rule.name), rule.remedy)


def _reminder_after_invitation(lines: list[tuple[int, TimelineSection]], days: Days) -> Iterator[Fault]:
    """Nobody is reminded of an invitation that has not gone out."""
    invited = [mail.moment for _, line in lines if line.mailing == "invitation" for mail in _milestones(line, days)]
    for index, line in lines:
        found = _milestones(line, days) if line.mailing == "rsvp_reminder" and invited else ()
        if any(mail.moment <= min(invited) for mail in found):
            yield Fault(
                ("timeline", index, "when"), line.when, "It would go out before the invitation: choose a later moment."
            )


def _milestones(line: TimelineSection, days: Days) -> tuple[Milestone, ...]:
    """The milestones of this line; none if one of its times does not exist."""
    try:
        return milestones([plan(line)], days.anchors)
    except NoSuchTime:
        return ()
