"""A reminder to the invited who have not said whether they come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application, Decision
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Invited people with a session they have not answered."""
    for person in ledger.applications():
        if wanted(person, None) and not person.withdrawn and not person.undeliverable:
            yield ledger.recipient(person)


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """The sessions that are still unanswered."""
    person = recipient.application
    unanswered = tuple(s for s in call.sessions if person is not None and s.key not in person.rsvps)
    if person is None or person.withdrawn or not unanswered:
        return Outcome("not_needed")
    facts = {"reference": person.reference, "sessions": unanswered}
    draft = Draft(
        kind="rsvp_reminder",
        to=recipient.address,
        facts=facts,
        application=person.number,
        session=unanswered[0].key if len(unanswered) == 1 else None,
        not_after=call.sessions[-1].start,
    )
    return Outcome("rsvp_reminder", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Only who was invited and has answered nothing at all yet."""
    return person.told is Decision.INVITE and not person.rsvps
