"""The regret: there was no place. It shares its cause with the invitation, so that nobody can ever hold both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application, Decision
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft
from ranmailbot.mailings.verdict import tell, untold, waits_for

STANDING = True


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Whom the organisers decided to decline and who was told nothing yet."""
    return untold(ledger, Decision.DECLINE)


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """One kind mail, in one transaction with the mark that this person was told."""
    person = recipient.application
    if person is None or not waits_for(person, Decision.DECLINE):
        return Outcome("not_needed")
    facts = {"reference": person.reference}
    draft = Draft(kind="regret", to=recipient.address, facts=facts, application=person.number)
    return tell("regretted", recipient, person, (draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Only while the decision stands."""
    return person.decision is Decision.DECLINE
