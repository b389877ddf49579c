"""A restored database knows less than happened: what it would send is held, and no number is given a second time.

Known limit: what was decided or withdrawn after the backup is known again only once those letters are judged anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Outcome
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import fact_of, pull
from ranmailbot.ports import Books
from ranmailbot.records import NUMBERS, RESTORED, Hold, Level, State

REMEDY = "Look at `ranmailbot outbox --state held`: release what was not sent, drop what was. Mark each mailing that \
went out since the backup with `ranmailbot timeline --kept KEY`. Then `ranmailbot resume`."
WAITING = (State.QUEUED, State.CLAIMED, State.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Lost:
    """What is known of the database that was lost."""

    until: datetime
    """No letter that arrived later was judged by it."""
    numbers_above: int = 0
    """The highest application number that it gave, or 0 if nothing is known."""
    until_known: bool = False
    """Whether `until` is more than the moment of the restore."""


def settle_restored(books: Books, alarms: Alarms, lost: Lost, now: datetime) -> int:
    """Hold what waits, stop mailings, and write down what is known of the loss; how many mails were held."""
    waiting = [(number, state) for state in WAITING for number in books.numbers_in(state)]
    for number, state in waiting:
        books.advance(number, state, State.HELD, now, "it waited in the backup that was restored")
    books.note_fact(RESTORED, f"restored {now.isoformat()}", lost.until)
    known = books.fact(NUMBERS)
    books.note_fact(NUMBERS, str(max(lost.numbers_above, int(known.value) if known else 0)), now)
    reason = (
        "a backup was restored; mails that waited in it are held, and mailings that went out since are not known. "
        f"Held now: {len(waiting)}"
    )
    books.forget_fact(fact_of(Level.BULK))  # an older reason must not hide this one
    pull(books, alarms, Hold(Level.BULK, reason, now, by_bot=True), f"restored/{now.isoformat()}", REMEDY)
    return len(waiting)


def may_have_gone_out(books: Books, milestone: Milestone) -> bool:
    """Whether the lost database may have sent this to whoever is a recipient now: then a person looks at it first."""
    restored = books.fact(RESTORED)
    return (
        restored is not None
        and milestone.moment <= restored.at
        and not books.has_outcome(_looked_through(milestone, restored.at))
    )


def looked_through(books: Books, milestone: Milestone, now: datetime) -> None:
    """Everybody who may have got it before the restore is in the outbox, held: whoever comes later gets it at once."""
    restored = books.fact(RESTORED)
    if restored is not None:
        books.record(_looked_through(milestone, restored.at), Outcome("opened"), (), now, None)


def _looked_through(milestone: Milestone, restored: datetime) -> str:
    return f"{milestone.key}/restored/{restored.isoformat()}"


def was_judged_before_restore(books: Books, arrived: datetime) -> bool:
    """Whether a letter that arrived then was probably judged, and answered, by the database that was lost."""
    restored = books.fact(RESTORED)
    return restored is not None and arrived <= restored.at
