"""Erasing one applicant: rows emptied, mail stopped, keys destroyed, so that no old copy can be read either.

Fear: half a person. Everything that can hold their words is listed here: their application and its versions, letters
and mails; mail of their address from before they applied; and mail to organisers, whose digests show applicants'
words. Known limits: letters in the mailbox's folders are not ours to delete; what others wrote about the person stays.
Where two applicants share an address, stored letters from before either applied are erased: nobody can tell whose.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, or_, select, update

from ranmailbot.adapters.sql import owners, tables
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.call.application import Status, StepRefused
from ranmailbot.ports import KeyGone, State

WAITING = (str(State.QUEUED), str(State.HELD))
UNDERWAY = (str(State.CLAIMED), str(State.IN_DOUBT))


def erase(shelf: Shelf, number: int, at: datetime) -> None:
    """Erase this applicant. May be repeated after a crash. Raises StepRefused with the reason."""
    row = shelf.one(tables.applications, number=number)
    if row is None:
        raise StepRefused(f"there is no application {shelf.call.reference(number)}")
    mine, organisers = shelf.applicant(number), owners.organisers(shelf.call.key)
    _refuse_while_sending(shelf, mine, organisers, number)
    alone = bool(row.address) and not _others_at(shelf, row)
    theirs = owners.person(shelf.call.key, row.address)
    _empty(shelf, tables.outbox, (mine, organisers, theirs), content=b"")
    _empty(shelf, tables.letters, (mine, organisers, theirs), raw=b"")
    _stop(shelf, number, at)
    _rows_of(shelf, number)
    gone = [*shelf.seal.owners(organisers), *(shelf.seal.owners(theirs) if row.address else ())]
    gone += _asked(shelf, row.address, alone=alone)
    shelf.seal.destroy([mine], for_ever=True)
    shelf.seal.destroy(gone)


def _refuse_while_sending(shelf: Shelf, mine: str, organisers: str, number: int) -> None:
    table = tables.outbox
    theirs = (table.c.owner == mine) & table.c.state.in_(UNDERWAY)
    digests = _begins(table, organisers) & table.c.state.in_((*WAITING, *UNDERWAY))
    query = select(func.count()).where(table.c.call == shelf.call.key, or_(theirs, digests))
    count = int(shelf.connection.execute(query).scalar_one())
    if count:
        raise StepRefused(
            f"{count} mails to {shelf.call.reference(number)} or to organisers are on their way or wait in the outbox; "
            "erase when they are settled (`ranmailbot outbox` shows them)"
        )


def _others_at(shelf: Shelf, row: Row[Any]) -> bool:
    """Whether another applicant has the same address."""
    table = tables.applications
    query = shelf.of(table).where(table.c.address == row.address, table.c.number != row.number)
    return shelf.connection.execute(query.limit(1)).first() is not None


def _empty(shelf: Shelf, table: Table, which: tuple[str, str, str], **emptied: bytes) -> None:
    mine, organisers, theirs = which
    owned = or_(table.c.owner == mine, _begins(table, organisers), _begins(table, theirs))
    shelf.connection.execute(update(table).where(table.c.call == shelf.call.key, owned).values(sealed=b"", **emptied))


def _stop(shelf: Shelf, number: int, at: datetime) -> None:
    table = tables.outbox
    mine = (table.c.call == shelf.call.key, table.c.application == number, table.c.state.in_(WAITING))
    shelf.connection.execute(update(table).where(*mine).values(state=str(State.VOID), settled_at=at))


def _rows_of(shelf: Shelf, number: int) -> None:
    """The row of the application stays, empty: its number is never given again."""
    for table in (tables.versions, tables.rsvps, tables.events):
        shelf.connection.execute(table.delete().where(table.c.call == shelf.call.key, table.c.application == number))
    shelf.change(tables.applications, {"number": number}, address="", sealed=b"", status=str(Status.WITHDRAWN))


def _asked(shelf: Shelf, address: str, *, alone: bool) -> list[str]:
    """That the call went to this address: forgotten, or kept without the name if somebody else there applied."""
    table, owner = tables.correspondents, owners.asked(shelf.call.key, address)
    row = shelf.one(table, address=address)
    if row is None:
        return []
    try:
        facts = None if alone else shelf.open(owner, row.sealed)
    except KeyGone:  # an erasure before this one was cut short
        facts = None
    if facts is None:
        shelf.connection.execute(table.delete().where(table.c.call == shelf.call.key, table.c.address == address))
        return [owner]
    shelf.seal.destroy([owner])
    shelf.change(table, {"address": address}, sealed=shelf.close(owner, {**facts, "name": ""}))
    return []


def _begins(table: Table, beginning: str) -> ColumnElement[bool]:
    return table.c.owner.startswith(beginning, autoescape=True)
