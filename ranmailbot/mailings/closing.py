"""The day after the deadline: to every applicant, what we hold and what happens next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application, Status
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Every applicant who can be reached and has not withdrawn."""
    return [ledger.recipient(p) for p in ledger.applications() if not p.withdrawn and not p.undeliverable]


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """Complete or not, the call is closed."""
    person = recipient.application
    if person is None or person.withdrawn:
        return Outcome("not_needed")
    facts = {"reference": person.reference, "complete": person.status is Status.COMPLETE}
    draft = Draft(kind="closing", to=recipient.address, facts=facts, application=person.number)
    return Outcome("closing", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Whoever has not withdrawn."""
    return True
