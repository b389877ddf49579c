"""What people and rehearsals may ask of the store: lists and sums. Reads only, and unseals what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Table, func, select

from ranmailbot.adapters.sql import outbox, people, tables
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.ports import BooksReport, KeyGone, LetterRecord, MailRecord, Seal, State

GONE = "(erased)"


class SqlReports:
    """Implements ports.Reports."""

    def __init__(self, engine: Engine, call: Call, seal: Seal) -> None:
        """On the same engine as the store."""
        self._engine, self._call, self._seal = engine, call, seal

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def books(self) -> BooksReport:
        """All sums, of one moment."""
        with self._shelf() as shelf:
            letters, boxes = tables.letters, tables.outbox
            copies = select(func.sum(letters.c.copies)).where(letters.c.call == shelf.call.key)
            sent = _count(shelf, boxes, boxes.c.kind, boxes.c.state == str(State.SENT))
            milestones = shelf.all(shelf.of(tables.milestones).order_by(tables.milestones.c.at))
            return BooksReport(
                letters=_count(shelf, tables.outcomes, tables.outcomes.c.name, tables.outcomes.c.letter.is_not(None)),
                copies=int(shelf.connection.execute(copies).scalar() or 0),
                sent=sent,
                states=_count(shelf, boxes, boxes.c.state),
                applications=people.next_number(shelf) - 1,
                milestones=tuple((row.key, row.state, row.at) for row in milestones),
            )

    def letters(self) -> tuple[LetterRecord, ...]:
        """Every letter, in the order of arrival."""
        letters, outcomes = tables.letters, tables.outcomes
        with self._shelf() as shelf:
            query = (
                select(
                    *_without(letters, "raw"), outcomes.c.name.label("outcome"), outcomes.c.note, outcomes.c.application
                )
                .join(outcomes, outcomes.c.letter == letters.c.id)
                .where(letters.c.call == shelf.call.key)
                .order_by(letters.c.arrived_at, letters.c.id)
            )
            return tuple(_letter(shelf, row) for row in shelf.all(query))

    def mails(self, states: Sequence[State] = ()) -> tuple[MailRecord, ...]:
        """Every mail of the outbox, or those in these states, in the order they were written."""
        boxes, outcomes = tables.outbox, tables.outcomes
        with self._shelf() as shelf:
            query = (
                select(*_without(boxes, "content"), outcomes.c.cause)
                .join(outcomes, outcomes.c.id == boxes.c.outcome)
                .where(boxes.c.call == shelf.call.key)
                .order_by(boxes.c.id)
            )
            if states:
                query = query.where(boxes.c.state.in_([str(state) for state in states]))
            return tuple(_mail(shelf, row) for row in shelf.all(query))

    def applications(self) -> tuple[Application, ...]:
        """Every application, by number."""
        with self._shelf() as shelf:
            return tuple(people.everybody(shelf))

    def letter_bytes(self, number: int) -> bytes:
        """The letter as it arrived. Raises KeyError."""
        with self._shelf() as shelf:
            row = _one(shelf, tables.letters, number)
            return _or_key_error(lambda: shelf.seal.unseal(row.owner, row.raw), number)

    def mail_bytes(self, number: int) -> bytes:
        """The mail as it goes out. Raises KeyError."""
        with self._shelf() as shelf:
            row = _one(shelf, tables.outbox, number)
            return _or_key_error(lambda: outbox.waiting(shelf, row).mail.content, number)

    def next_attempt(self, now: datetime) -> datetime | None:
        """The earliest moment after now at which a mail becomes due or a lease ends."""
        table = tables.outbox
        taken = (str(State.CLAIMED), str(State.IN_DOUBT))
        with self._shelf() as shelf:
            mine = table.c.call == shelf.call.key
            due = select(func.min(table.c.next_at)).where(mine, table.c.state == str(State.QUEUED))
            lease = select(func.min(table.c.lease_until)).where(mine, table.c.state.in_(taken))
            found = [shelf.connection.execute(query).scalar() for query in (due, lease)]
        moments = [max(moment, now) for moment in found if moment is not None]
        return min(moments, default=None)

    @contextmanager
    def _shelf(self) -> Iterator[Shelf]:
        with self._engine.connect().execution_options(reading=True) as connection, connection.begin():
            self._seal.begin()
            yield Shelf(connection, self._call, self._seal, "")


def _count(shelf: Shelf, table: Table, column: ColumnElement[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    query = select(column.label("name"), func.count().label("total")).where(table.c.call == shelf.call.key, *where)
    return {str(row.name): int(row.total) for row in shelf.all(query.group_by(column).order_by(column))}


def _without(table: Table, large: str) -> list[ColumnElement[Any]]:
    """All columns but the one that holds whole mails."""
    return [column for column in table.c if column.name != large]


def _one(shelf: Shelf, table: Table, number: int) -> Row[Any]:
    row = shelf.one(table, id=number)
    if row is None:
        raise KeyError(number)
    return row


def _or_key_error(opened: Callable[[], bytes], number: int) -> bytes:
    try:
        return opened()
    except KeyGone:
        raise KeyError(number) from None


def _facts(shelf: Shelf, row: Row[Any]) -> dict[str, Any]:
    """What is sealed in a row; nothing if its key is gone."""
    try:
        return shelf.open(row.owner, row.sealed)
    except KeyGone:
        return {}


def _letter(shelf: Shelf, row: Row[Any]) -> LetterRecord:
    facts = _facts(shelf, row)
    return LetterRecord(
        number=row.id,
        message_id=facts.get("message_id", ""),
        sender=facts.get("sender", GONE),
        subject=facts.get("subject", ""),
        kind=row.kind,
        outcome=row.outcome,
        folder=row.folder,
        application=row.application,
        arrived=row.arrived_at,
        copies=row.copies,
        note=row.note,
    )


def _mail(shelf: Shelf, row: Row[Any]) -> MailRecord:
    return MailRecord(
        number=row.id,
        message_id=row.message_id,
        kind=row.kind,
        recipient=_facts(shelf, row).get("recipient", GONE),
        application=row.application,
        session=row.session,
        state=State(row.state),
        cause=row.cause,
        created_at=row.created_at,
        settled_at=row.settled_at,
        next_at=row.next_at,
        attempts=row.attempts,
        last_reply=row.last_reply,
    )
