"""A reminder on the morning of a session, with how to join: to confirmed participants only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:
    """Who has confirmed this session."""
    return [ledger.recipient(p) for p in ledger.applications() if wanted(p, milestone.session) and not p.undeliverable]


def obstacle(milestone: Milestone, call: Call) -> str:
    """The same as for the details themselves: missing or not approved."""
    session = call.session(milestone.session or "")
    if not session.online or (session.room is not None and session.room.approved_by):
        return ""
    return f"the join details of {session.key} are missing or not approved"


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """Never after the session has begun."""
    person, session = recipient.application, call.session(milestone.session or "")
    if person is None or not person.confirmed(session.key):
        return Outcome("not_needed")
    draft = Draft(
        kind="session_reminder",
        to=recipient.address,
        facts={"reference": person.reference, "session": session, "room": session.room},
        application=person.number,
        session=session.key,
        not_after=session.start,
    )
    return Outcome("session_reminder", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:
    """Only who is confirmed for exactly this session."""
    return session is not None and person.confirmed(session)
