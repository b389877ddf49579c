"""Thanks, the day after the last session, to everybody who had confirmed one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Who had confirmed at least one session."""
    return [ledger.recipient(p) for p in ledger.applications() if wanted(p, None) and not p.undeliverable]


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """Short, and without any name but theirs."""
    person = recipient.application
    if person is None or not wanted(person, None):
        return Outcome("not_needed")
    facts = {"reference": person.reference}
    draft = Draft(kind="thanks", to=recipient.address, facts=facts, application=person.number)
    return Outcome("thanks", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Who has not withdrawn and had confirmed."""
    return any(person.confirmed(session) for session in person.rsvps)
