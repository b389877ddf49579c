"""What the two reminders before the deadline share: whom they go to, and that they ask only for what is open."""

from __future__ import annotations

from collections.abc import Iterable

from ranmailbot.call.application import Status, open_questions
from ranmailbot.call.call import Call
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft


def incomplete_or_silent(ledger: Ledger) -> Iterable[Recipient]:
    """Incomplete applicants who can be reached, then the silent."""
    for person in ledger.applications():
        if person.status is Status.INCOMPLETE and not person.undeliverable:
            yield ledger.recipient(person)
    yield from ledger.silent()


def ask_again(kind: str, call: Call, recipient: Recipient) -> Outcome:
    """What is still open, or everything to who is silent; never after the deadline."""
    person = recipient.application
    if person is not None and person.status is not Status.INCOMPLETE:
        return Outcome("not_needed")
    numbers = tuple(question.number for question in call.questions)
    still_open = open_questions(person.answers, numbers) if person else numbers
    draft = Draft(
        kind=kind,
        to=recipient.address,
        facts={"reference": person.reference if person else "", "open": list(still_open)},
        application=person.number if person else None,
        asks=tuple(question for question in call.questions if question.number in still_open),
        profile_lines=call.profile_lines if person is None else (),
        not_after=call.deadline,
    )
    return Outcome(kind, drafts=(draft,))
