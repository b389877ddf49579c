"""How to join one session: to confirmed participants only, asked again at the moment of sending.

What must never happen: details that are missing, unapproved, or in the hands of somebody who is not confirmed.
Standing: whoever confirms later gets them later, until the session ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import CalendarWish, Draft

STANDING = True


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:
    """Who has confirmed this session."""
    return [ledger.recipient(p) for p in ledger.applications() if wanted(p, milestone.session) and not p.undeliverable]


def obstacle(milestone: Milestone, call: Call) -> str:
    """Online details that are missing or that no organiser has approved."""
    session = call.session(milestone.session or "")
    if not session.online:
        return ""
    if session.room is None:
        return f"the join details of {session.key} are not in config.toml"
    return "" if session.room.approved_by else f"no organiser has approved the join details of {session.key}"


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """The same calendar event again, now with the link."""
    person, session = recipient.application, call.session(milestone.session or "")
    if person is None or not person.confirmed(session.key):
        return Outcome("not_needed")
    draft = Draft(
        kind="session_details",
        to=recipient.address,
        facts={"reference": person.reference, "session": session, "room": session.room},
        application=person.number,
        session=session.key,
        not_after=session.end,
        calendar=CalendarWish(session.key, link=True, answered="ACCEPTED"),
    )
    return Outcome("session_details", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:
    """Only who is confirmed for exactly this session."""
    return session is not None and person.confirmed(session)
