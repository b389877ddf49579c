"""SQL about milestones: which are settled, who their recipients are, who of them is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from ranmailbot.adapters.sql import people, tables
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.desk import Recipient
from ranmailbot.mail.address import Address


def settled(shelf: Shelf) -> frozenset[str]:
    """Keys of milestones that are kept or lapsed."""
    return frozenset(shelf.connection.execute(_settled(), {"call": shelf.call.key}).scalars())


def kept(shelf: Shelf) -> frozenset[str]:
    """Keys of milestones that were kept."""
    table = tables.milestones
    query = select(table.c.key).where(table.c.call == shelf.call.key, table.c.state == "kept")
    return frozenset(shelf.connection.execute(query).scalars())


def settle(shelf: Shelf, key: str, state: str, at: datetime) -> None:
    """Record that a milestone was kept or has lapsed; the first record stays."""
    if shelf.one(tables.milestones, key=key) is None:
        shelf.insert(tables.milestones, key=key, state=state, at=at)


def fix_recipients(shelf: Shelf, milestone: str, wanted: Iterable[Recipient]) -> None:
    """Add recipients to a milestone; who is on it already stays as it is."""
    table = tables.recipients
    known = set(shelf.connection.execute(_fixed(), {"call": shelf.call.key, "milestone": milestone}).scalars())
    for recipient in wanted:
        if recipient.key not in known:
            known.add(recipient.key)
            shelf.insert(table, milestone=milestone, recipient=recipient.key, done=False)


def pending(shelf: Shelf, milestone: str, limit: int, but: Collection[str]) -> tuple[Recipient, ...]:
    """The next recipients that are not done, in the order they were fixed, without these few keys."""
    asked = {"call": shelf.call.key, "milestone": milestone, "most": limit + len(but)}
    while keys := [key for key in shelf.connection.execute(_pending(), asked).scalars() if key not in but]:
        found = [(key, resolve(shelf, key)) for key in keys[:limit]]
        for key in (key for key, recipient in found if recipient is None):
            done(shelf, milestone, key)  # erased meanwhile: nobody is left to write to
        if people_left := tuple(recipient for _, recipient in found if recipient is not None):
            return people_left
    return ()


def done(shelf: Shelf, milestone: str, recipient: str) -> None:
    """This recipient needs nothing more of this milestone."""
    table = tables.recipients
    shelf.change(table, {"milestone": milestone, "recipient": recipient}, done=True)


def release(shelf: Shelf, milestone: str, recipient: str) -> None:
    """Not a recipient of this milestone any more."""
    table = tables.recipients
    mine = (table.c.call == shelf.call.key, table.c.milestone == milestone, table.c.recipient == recipient)
    shelf.connection.execute(table.delete().where(*mine))


def reopen(shelf: Shelf, number: int) -> None:
    """Give the cause of this mail another name, and forget that its recipient was done."""
    mail = shelf.one(tables.outbox, id=number)
    outcome = shelf.one(tables.outcomes, id=mail.outcome) if mail is not None else None
    if outcome is None:
        return
    shelf.change(tables.outcomes, {"id": outcome.id}, cause=f"{outcome.cause}#void-{number}")
    milestone, _, recipient = outcome.cause.rpartition("/")
    release(shelf, milestone, recipient)


def organisers(shelf: Shelf) -> Iterable[Recipient]:
    """The organisers as recipients."""
    for person in shelf.call.organisers:
        yield Recipient(f"O:{shelf.seal.lookup(person.email)}", Address(person.name, person.email))


def resolve(shelf: Shelf, key: str) -> Recipient | None:
    """The recipient behind a stable key; None for one that is gone."""
    sort, _, rest = key.partition(":")
    if sort == "A":
        person = people.application(shelf, int(rest))
        if person is not None:
            return people.recipient(person)
    if sort == "C":
        address = people.correspondent(shelf, rest)
        if address is not None:
            return Recipient(key, address)
    return next((organiser for organiser in organisers(shelf) if organiser.key == key), None)


# What the announcer asks with every tick: built once, since building a statement costs more than running it.


@cache
def _settled() -> Select[Any]:
    return select(tables.milestones.c.key).where(tables.milestones.c.call == bindparam("call"))


@cache
def _fixed() -> Select[Any]:
    table = tables.recipients
    return select(table.c.recipient).where(
        table.c.call == bindparam("call"), table.c.milestone == bindparam("milestone")
    )


@cache
def _pending() -> Select[Any]:
    table = tables.recipients
    mine = (table.c.call == bindparam("call"), table.c.milestone == bindparam("milestone"), table.c.done.is_(False))
    return select(table.c.recipient).where(*mine).order_by(table.c.id).limit(bindparam("most"))
