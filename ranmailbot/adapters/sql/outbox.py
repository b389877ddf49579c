"""SQL of the outbox: every edge of the drawing in docs/architecture.md is one compare-and-set here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ranmailbot.adapters.sql import people, tables
from ranmailbot.adapters.sql.packing import form_of, mail_facts
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import KeyGone, State, Waiting, Written


def put(shelf: Shelf, written: Written, outcome: int, at: datetime) -> None:
    """Queue a finished mail; an older one of the same thread that still waits becomes void."""
    draft, mail = written.draft, written.mail
    if draft.thread:
        void_thread(shelf, draft.thread, at)
    owner = shelf.owner(draft.application, mail.recipient, at)
    shelf.insert(
        tables.outbox,
        outcome=outcome,
        kind=draft.kind,
        application=draft.application,
        session=draft.session,
        thread=draft.thread,
        recipient=shelf.seal.lookup(mail.recipient),
        message_id=mail.message_id,
        reply=draft.automatic == "auto-replied",
        asks=bool(draft.asks),
        state=str(State.QUEUED),
        attempts=0,
        next_at=at + timedelta(seconds=draft.wait),
        not_after=draft.not_after,
        claimed_by="",
        lease_until=None,
        doubted_at=None,
        created_at=at,
        settled_at=None,
        last_reply="",
        owner=owner,
        sealed=shelf.close(owner, mail_facts(mail)),
        content=shelf.seal.seal(owner, mail.content),
    )
    if draft.asks:
        people.note_asked(shelf, draft.to, at)


def void_thread(shelf: Shelf, thread: str, at: datetime) -> None:
    """Mails of this thread that still wait are no longer wanted."""
    waiting_ones = {"thread": thread, "state": str(State.QUEUED)}
    shelf.change(tables.outbox, waiting_ones, state=str(State.VOID), settled_at=at)


def replies_since(shelf: Shelf, email: str, since: datetime) -> int:
    """Automatic replies to this address since then, void ones aside."""
    asked = {"call": shelf.call.key, "to": shelf.seal.lookup(email), "since": since}
    return int(shelf.connection.execute(_replies(), asked).scalar_one())


def claim(shelf: Shelf, now: datetime, owner: str, lease_until: datetime, limit: int) -> tuple[Waiting, ...]:
    """Take the mails that are due, the oldest first, for as long as the lease lasts."""
    table = tables.outbox
    rows = shelf.connection.execute(_due(), {"call": shelf.call.key, "now": now, "most": limit}).all()
    if rows:
        numbers = [row.id for row in rows]
        values = {"state": str(State.CLAIMED), "claimed_by": owner, "lease_until": lease_until}
        shelf.connection.execute(update(table).where(table.c.id.in_(numbers)).values(**values))
    return tuple(found for row in rows for found in _readable(shelf, row, now))


def state_of(shelf: Shelf, number: int) -> State:
    """The state of this mail."""
    return State(shelf.connection.execute(_state(), {"number": number}).scalar_one())


def advance(shelf: Shelf, number: int, before: State, after: State, *, at: datetime, reply: str) -> bool:
    """Compare and set. False if the mail was in another state."""
    settled = after not in (State.IN_DOUBT, State.CLAIMED, State.QUEUED, State.HELD)
    values: dict[str, object] = {"state": str(after), "last_reply": reply}
    if settled:
        values["settled_at"] = at
    if after is State.QUEUED:
        values |= {"claimed_by": "", "lease_until": None, "next_at": at}
    return _set(shelf, number, before, values)


def doubt(shelf: Shelf, number: int, archived_at: datetime | None) -> bool:
    """From claimed to in doubt."""
    return _set(shelf, number, State.CLAIMED, {"state": str(State.IN_DOUBT), "doubted_at": archived_at})


def extend(shelf: Shelf, number: int, lease_until: datetime) -> None:
    """Still in doubt, until then."""
    shelf.change(tables.outbox, {"id": number, "state": str(State.IN_DOUBT)}, lease_until=lease_until)


def defer(shelf: Shelf, number: int, before: State, at: datetime, reply: str) -> bool:
    """Back to the queue, one attempt more."""
    attempts = tables.outbox.c.attempts
    values = {"state": str(State.QUEUED), "claimed_by": "", "lease_until": None, "next_at": at, "last_reply": reply}
    return _set(shelf, number, before, values, attempts=attempts + 1)


def expired(shelf: Shelf, now: datetime, owner: str) -> tuple[tuple[State, Waiting], ...]:
    """Mails whose lease is over, or that a worker before this one had claimed and not begun to send."""
    rows = shelf.connection.execute(_expired(), {"call": shelf.call.key, "now": now, "owner": owner}).all()
    return tuple((State(row.state), found) for row in rows for found in _readable(shelf, row, now))


def sent_since(shelf: Shelf, moment: datetime) -> int:
    """How many mails were handed over since then."""
    return int(shelf.connection.execute(_sent_since(), {"call": shelf.call.key, "moment": moment}).scalar_one())


def _readable(shelf: Shelf, row: Row[Any], now: datetime) -> Iterator[Waiting]:
    """The row with its mail; one whose key was destroyed can never be sent, and becomes void."""
    try:
        yield waiting(shelf, row)
    except KeyGone:
        values = {"state": str(State.VOID), "settled_at": now, "last_reply": "its key was destroyed"}
        shelf.change(tables.outbox, {"id": row.id}, **values)


def waiting(shelf: Shelf, row: Row[Any]) -> Waiting:
    """A row with its mail unsealed. Raises KeyGone."""
    facts = shelf.open(row.owner, row.sealed)
    mail = OutgoingMail(
        message_id=row.message_id,
        sender=facts["sender"],
        recipient=facts["recipient"],
        content=shelf.seal.unseal(row.owner, row.content),
        subject=facts["subject"],
        form=form_of(row.message_id, facts),
    )
    return Waiting(row.id, mail, row.kind, row.application, row.session, row.attempts, row.not_after, row.doubted_at)


def _set(shelf: Shelf, number: int, before: State, values: dict[str, Any], **counted: ColumnElement[int]) -> bool:
    to = {f"to_{name}": value for name, value in values.items()}
    statement = _compare_and_set(tuple(values))
    if counted:
        statement = statement.values(**counted)
    found = shelf.connection.execute(statement, {"number": number, "before": str(before), **to})
    return found.first() is not None


# What the submitter asks each time it wakes: built once, since building a statement costs more than running it.


@cache
def _due() -> Select[Any]:
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.state == str(State.QUEUED), table.c.next_at <= bindparam("now"))
    return select(table).where(*mine).order_by(table.c.next_at, table.c.id).limit(bindparam("most"))


@cache
def _expired() -> Select[Any]:
    table = tables.outbox
    claimed = table.c.state == str(State.CLAIMED)
    taken = table.c.state.in_((str(State.CLAIMED), str(State.IN_DOUBT)))
    over = (taken & (table.c.lease_until < bindparam("now"))) | (claimed & (table.c.claimed_by != bindparam("owner")))
    return select(table).where(table.c.call == bindparam("call"), over).order_by(table.c.id)


@cache
def _sent_since() -> Select[Any]:
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.settled_at > bindparam("moment"))
    return select(func.count()).where(*mine, table.c.state == str(State.SENT))


@cache
def _replies() -> Select[Any]:
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.recipient == bindparam("to"))
    replies = (table.c.created_at >= bindparam("since"), table.c.reply.is_(True), table.c.state != str(State.VOID))
    return select(func.count()).where(*mine, *replies)


@cache
def _state() -> Select[Any]:
    return select(tables.outbox.c.state).where(tables.outbox.c.id == bindparam("number"))


@cache
def _compare_and_set(names: tuple[str, ...]) -> ReturningUpdate[Any]:
    table = tables.outbox
    here = (table.c.id == bindparam("number"), table.c.state == bindparam("before"))
    return update(table).where(*here).values({name: bindparam(f"to_{name}") for name in names}).returning(table.c.id)
