"""The invitation: one mail with its calendar part for each session (RFC 5546 3.2.2).

It shares its cause with the regret, so that nobody can ever hold both. Standing: decisions taken later go out later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application, Decision
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import CalendarWish, Draft
from ranmailbot.mailings.verdict import tell, untold, waits_for

STANDING = True


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Whom the organisers decided to invite and who was told nothing yet."""
    return untold(ledger, Decision.INVITE)


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """All sessions at once, in one transaction with the mark that this person was told."""
    person = recipient.application
    if person is None or not waits_for(person, Decision.INVITE):
        return Outcome("not_needed")
    drafts = tuple(
        Draft(
            kind="invitation",
            to=recipient.address,
            facts={
                "reference": person.reference,
                "session": session,
                "sessions": call.sessions,
                "answer_by": None,
            },
            application=person.number,
            session=session.key,
            not_after=session.end,
            calendar=CalendarWish(session.key),
        )
        for session in call.sessions
    )
    return tell("invited", recipient, person, drafts)


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Only while the decision stands."""
    return person.decision is Decision.INVITE
