"""A command of the administrator: one applicant is erased, in the database and in every copy of it."""

from __future__ import annotations

from ranmailbot.call.call import Call
from ranmailbot.desk import Outcome
from ranmailbot.ports import Clock, Store, Tokens


def erase_by_command(store: Store, clock: Clock, tokens: Tokens, call: Call, number: int) -> None:
    """Erase this applicant. Raises StepRefused with the reason."""
    now = clock.now()
    with store.begin() as books:
        books.erase(number, now)
        note = f"{call.reference(number)} by command: data, waiting mail and keys"
        books.record(f"command/{tokens.uuid()}", Outcome("erased", note=note), (), now, None)
