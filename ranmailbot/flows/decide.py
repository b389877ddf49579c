"""A command of an organiser at the machine: the third cause, through the same commit, also while the worker runs."""

from __future__ import annotations

from collections.abc import Sequence

from ranmailbot.call.application import Application, Decision, StepRefused, decide
from ranmailbot.call.call import Call
from ranmailbot.desk import Outcome
from ranmailbot.ports import Books, Clock, Store, Tokens


def decide_by_command(
    store: Store, clock: Clock, tokens: Tokens, call: Call, *, decision: Decision | None, numbers: Sequence[int]
) -> tuple[Application, ...]:
    """Decide all of these applications, or none. Raises StepRefused with the reason."""
    with store.begin() as books:
        decided = tuple(_one(books, call, number, decision) for number in numbers)
        note = f"{decision or 'undecide'} by command: " + " ".join(person.reference for person in decided)
        outcome = Outcome("decided", applications=decided, note=note)
        books.record(f"command/{tokens.uuid()}", outcome, (), clock.now(), None)
    return decided


def _one(books: Books, call: Call, number: int, decision: Decision | None) -> Application:
    person = books.application(number)
    if person is None:
        raise StepRefused(f"there is no application {call.reference(number)}")
    return decide(person, decision)
