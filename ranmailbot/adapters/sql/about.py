"""SQL of facts about the whole store: what is stopped and why, since when, whether it was restored."""

from __future__ import annotations

from datetime import datetime

from ranmailbot.adapters.sql import tables
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.records import Fact


def fact(shelf: Shelf, name: str) -> Fact | None:
    """What is written under this name."""
    row = shelf.one(tables.about, name=name)
    return Fact(str(row.value), row.at) if row is not None else None


def note(shelf: Shelf, name: str, value: str, at: datetime) -> None:
    """Write it down, instead of what stood there."""
    if shelf.one(tables.about, name=name) is None:
        shelf.insert(tables.about, name=name, value=value, at=at)
    else:
        shelf.change(tables.about, {"name": name}, value=value, at=at)


def forget(shelf: Shelf, name: str) -> None:
    """Nothing is written under this name any more."""
    table = tables.about
    shelf.connection.execute(table.delete().where(table.c.call == shelf.call.key, table.c.name == name))
