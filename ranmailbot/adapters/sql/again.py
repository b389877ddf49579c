"""SQL about letters that were put aside, and are judged once more: the same letter, a new outcome."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from ranmailbot.adapters.sql import tables
from ranmailbot.adapters.sql.post import judged
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.ports import Again, Envelope, Filed
from ranmailbot.records import Aside

ASIDE = ("shunted", "quarantined")
UNFETCHED = "unfetched-"
"""How the key of a letter begins whose bytes were never fetched: it is too large."""


def knows(shelf: Shelf, key: str) -> bool:
    """Whether a letter with this key is kept."""
    return shelf.one(tables.letters, key=key) is not None


def aside(shelf: Shelf) -> tuple[Aside, ...]:
    """Letters whose outcome is to be looked at by a person, in the order of arrival."""
    letters, outcomes = tables.letters, tables.outcomes
    columns = (letters.c.id, letters.c.key, letters.c.arrived_at, letters.c.again, outcomes.c.name, outcomes.c.note)
    query = (
        select(*columns)
        .join(outcomes, (outcomes.c.letter == letters.c.id) & (outcomes.c.call == letters.c.call))
        .where(letters.c.call == shelf.call.key, outcomes.c.name.in_(ASIDE))
        .order_by(letters.c.arrived_at, letters.c.id)
    )
    return tuple(
        Aside(row.id, row.arrived_at, row.name, row.note, not row.key.startswith(UNFETCHED), bool(row.again))
        for row in shelf.all(query)
    )


def mark(shelf: Shelf, number: int) -> None:
    """This letter shall be judged once more."""
    shelf.change(tables.letters, {"id": number}, again=True)


def waiting(shelf: Shelf, limit: int) -> tuple[Again, ...]:
    """Letters that shall be judged once more, the oldest first."""
    table = tables.letters
    query = shelf.of(table).where(table.c.again.is_(True)).order_by(table.c.arrived_at, table.c.id).limit(limit)
    return tuple(_again(shelf, row) for row in shelf.all(query))


def keep(shelf: Shelf, filed: Filed, folder: str) -> int:
    """What the letter is now. Its earlier outcome stays in the books, but is no longer that of the letter."""
    mine = {"id": filed.again}
    row = shelf.one(tables.letters, **mine)
    if row is None:
        raise KeyError(f"letter {filed.again} is not in the store")
    shelf.change(tables.outcomes, {"letter": row.id}, letter=None)
    shelf.change(tables.letters, mine, **judged(shelf, filed, folder), editions=row.editions + 1, again=False)
    return int(row.id)


def _again(shelf: Shelf, row: Row[Any]) -> Again:
    raw = shelf.seal.unseal(row.owner, row.raw)
    # Its place in the mailbox has changed since, and is not asked for: the letter is read from the store.
    envelope = Envelope(row.folder, row.uid, row.uidvalidity, row.arrived_at, row.size, raw, row.junk)
    return Again(row.id, row.key, row.editions + 1, envelope, row.arrived_at)
