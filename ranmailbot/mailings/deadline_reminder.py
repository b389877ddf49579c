"""A reminder some days before the deadline, to applicants who are incomplete and to people who never answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application, Status, open_questions
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Incomplete applicants who can be reached, then the silent."""
    for person in ledger.applications():
        if person.status is Status.INCOMPLETE and not person.undeliverable:
            yield ledger.recipient(person)
    yield from ledger.silent()


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """What is still open, or everything to who is silent; never after the deadline."""
    person = recipient.application
    if person is not None and person.status is not Status.INCOMPLETE:
        return Outcome("not_needed")
    numbers = tuple(question.number for question in call.questions)
    still_open = open_questions(person.answers, numbers) if person else numbers
    draft = Draft(
        kind="deadline_reminder",
        to=recipient.address,
        facts={"reference": person.reference if person else "", "open": list(still_open)},
        application=person.number if person else None,
        asks=tuple(question for question in call.questions if question.number in still_open),
        profile_lines=call.profile_lines if person is None else (),
        not_after=call.deadline,
    )
    return Outcome("deadline_reminder", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Only while something is still open."""
    return person.status is Status.INCOMPLETE
