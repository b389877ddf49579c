"""The books about time: each mail on its day, each mailing at its hour. Local times are reckoned here, by zoneinfo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ranmailbot.call.call import Call, Session
from ranmailbot.call.timeline import Plan
from ranmailbot.rehearsal.chronicle import Seen
from ranmailbot.rehearsal.play import Played

SESSION_KINDS = frozenset({"invitation", "session_details", "session_reminder"})
STANDING = frozenset({"invitation", "regret", "session_details"})
_PROMPT = timedelta(minutes=3)
"""How soon after its hour the first mail of a mailing must have arrived."""


def _on_last_day(mail: Seen, call: Call, _session: Session | None) -> bool:
    last = (call.deadline - timedelta(seconds=1)).astimezone(ZoneInfo(call.zone)).date()
    return mail.at.astimezone(ZoneInfo(call.zone)).date() == last and mail.at < call.deadline


def _before_session(mail: Seen, _call: Call, session: Session | None) -> bool:
    return session is not None and mail.at < session.start


def _on_its_morning(mail: Seen, call: Call, session: Session | None) -> bool:
    """Before the session, and on its own local day unless the timeline says another."""
    if session is None or mail.at >= session.start:
        return False
    shifts = {timedelta(days=plan.days) for plan in call.timeline if plan.mailing == mail.kind}
    zone = ZoneInfo(session.zone)
    return mail.at.astimezone(zone).date() - session.start.astimezone(zone).date() in shifts


_DAYS: Mapping[str, Callable[[Seen, Call, Session | None], bool]] = {
    "announcement": lambda mail, call, _: call.published <= mail.at < call.deadline,
    "deadline_reminder": lambda mail, call, _: mail.at < call.deadline,
    "deadline_notice": _on_last_day,
    "closing": lambda mail, call, _: mail.at >= call.deadline,
    "invitation": _before_session,
    "session_details": _before_session,
    "session_reminder": _on_its_morning,
    "thanks": lambda mail, call, _: all(mail.at > session.end for session in call.sessions),
}


def right_days(played: Played) -> Iterator[str]:
    """No mail of a kind that belongs to certain days arrived on any other."""
    sessions = {session.key: session for session in played.call.sessions}
    about = {mail.message_id: mail.session or "" for mail in played.mails}
    for mail in played.chronicle.seen:
        right = _DAYS.get(mail.kind)
        session = sessions.get(mail.session or about.get(mail.message_id, ""))
        if right is not None and not right(mail, played.call, session):
            yield f"mail {mail.number} ({mail.kind}) arrived at the wrong time: {mail.at:%d %B %Y %H:%M} UTC"


def right_hours(played: Played) -> Iterator[str]:
    """The first mail of each mailing that had readers arrived at the wall time the timeline names."""
    arrived: dict[str, list[datetime]] = {}
    for mail in played.chronicle.seen:
        arrived.setdefault(mail.kind, []).append(mail.at)
    plans = Counter(plan.mailing for plan in played.call.timeline)
    for plan in played.call.timeline:
        if plans[plan.mailing] > 1 or plan.mailing not in arrived:
            continue  # of several editions nobody can tell from the outside which mail belongs to which
        for day, zone in _plan_days(plan, played.call):
            yield from _first_of_day(plan, arrived[plan.mailing], day, ZoneInfo(zone))


def _first_of_day(plan: Plan, arrived: list[datetime], day: date, zone: ZoneInfo) -> Iterator[str]:
    begins = datetime.combine(day, plan.at, tzinfo=zone)
    midnight = datetime.combine(day, time(), tzinfo=zone)
    first = min((at for at in arrived if midnight <= at < midnight + timedelta(days=1)), default=None)
    if first is None:
        return
    # Invitations and the like also go out later, to whoever is decided or confirms later.
    late = first > begins + _PROMPT and plan.mailing not in STANDING
    if first < begins or late:
        began = f"{first.astimezone(zone):%H:%M}"
        yield f"{plan.mailing} on {day} began at {began} instead of {plan.at:%H:%M} in {zone.key}"


def sessions_told(played: Played) -> Iterator[str]:
    """Mails about a session: calendar and text both have its local date and times."""
    sessions = {session.key: session for session in played.call.sessions}
    for mail in played.chronicle.seen:
        if mail.kind not in SESSION_KINDS:
            continue
        if mail.untold:
            yield f"the text of mail {mail.number} ({mail.kind}) does not say {mail.untold}"
        if mail.uid and mail.session not in sessions:
            yield f"the event of mail {mail.number} ({mail.kind}) begins at {mail.starts}: no session does"
        elif mail.uid and mail.ends != sessions[mail.session].end:
            yield f"the event of mail {mail.number} ({mail.kind}) ends at {mail.ends}"


def _plan_days(plan: Plan, call: Call) -> list[tuple[date, str]]:
    """The local days of a plan, reckoned anew from the call."""
    shift = timedelta(days=plan.days)
    sessions = [(session.start.astimezone(ZoneInfo(session.zone)).date(), session.zone) for session in call.sessions]
    here = ZoneInfo(call.zone)
    published = call.published.astimezone(here).date()
    deadline = (call.deadline - timedelta(seconds=1)).astimezone(here).date()
    if plan.anchor == "daily":
        last = max([day for day, _ in sessions] or [deadline]) + timedelta(days=1)
        return [(published + timedelta(days=n), call.zone) for n in range(1, (last - published).days + 1)]
    if plan.anchor == "each session":
        return [(day + shift, zone) for day, zone in sessions]
    if plan.anchor in ("first session", "last session") and sessions:
        day, zone = sessions[0 if plan.anchor == "first session" else -1]
        return [(day + shift, zone)]
    day = {"published": published, "deadline": deadline}.get(plan.anchor, plan.day or published)
    return [(day + shift, call.zone)]
