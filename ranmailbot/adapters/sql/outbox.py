"""SQL of the outbox: every edge of the drawing in docs/architecture.md is one compare-and-set here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from ranmailbot.adapters.sql import people, tables
from ranmailbot.adapters.sql.packing import form_of, mail_facts
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Waiting, Written
from ranmailbot.records import State
from ranmailbot.sealing import KeyGone

WITNESSES = 200
"""How many of the newest mails may witness that another one is absent."""
PERHAPS_SENT = "probably sent before the restore"


def put(shelf: Shelf, written: Written, outcome: int, at: datetime, *, held: bool = False) -> None:
    """Queue a finished mail (or hold it); an older one of the same thread that still waits becomes void."""
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
        domain=_domain(shelf, mail.recipient),
        message_id=mail.message_id,
        reply=draft.automatic == "auto-replied",
        asks=bool(draft.asks),
        state=str(State.HELD if held else State.QUEUED),
        attempts=0,
        next_at=at + timedelta(seconds=draft.wait),
        not_after=draft.not_after,
        claimed_by="",
        lease_until=None,
        doubted_at=None,
        created_at=at,
        settled_at=None,
        last_reply=PERHAPS_SENT if held else "",
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
    return _counted(shelf, since, "recipient", shelf.seal.lookup(email))


def replies_to_domain_since(shelf: Shelf, email: str, since: datetime) -> int:
    """The same for all addresses of this one's domain; mails from before the column was there are not counted."""
    return _counted(shelf, since, "domain", _domain(shelf, email))


def all_replies_since(shelf: Shelf, since: datetime) -> int:
    """The same for everybody."""
    return _counted(shelf, since)


def claim(
    shelf: Shelf,
    now: datetime,
    owner: str,
    lease_until: datetime,
    *,
    limit: int,
    only: Collection[str] | None,
    but: Collection[str],
) -> tuple[Waiting, ...]:
    """Take the mails that are due, the oldest first, for as long as the lease lasts."""
    table = tables.outbox
    chosen = None if only is None else tuple(sorted(only))
    due = _due(chosen, tuple(sorted(but)))
    rows = shelf.connection.execute(due, {"call": shelf.call.key, "now": now, "most": limit}).all()
    if rows:
        numbers = [row.id for row in rows]
        values = {"state": str(State.CLAIMED), "claimed_by": owner, "lease_until": lease_until}
        shelf.connection.execute(update(table).where(table.c.id.in_(numbers)).values(**values))
    return tuple(found for row in rows for found in _readable(shelf, row, now))


def state_of(shelf: Shelf, number: int) -> State:
    """The state of this mail."""
    return State(shelf.connection.execute(_state(), {"number": number}).scalar_one())


def find_state(shelf: Shelf, number: int) -> State | None:
    """The state of this mail of this call, if there is one."""
    row = shelf.one(tables.outbox, id=number)
    return State(row.state) if row is not None else None


def numbers_in(shelf: Shelf, state: State) -> tuple[int, ...]:
    """The mails in this state, by number."""
    table = tables.outbox
    query = select(table.c.id).where(table.c.call == shelf.call.key, table.c.state == str(state)).order_by(table.c.id)
    return tuple(shelf.connection.execute(query).scalars())


def advance(shelf: Shelf, number: int, before: State, after: State, *, at: datetime, reply: str) -> bool:
    """Compare and set. False if the mail was in another state."""
    settled = after not in (State.IN_DOUBT, State.CLAIMED, State.QUEUED, State.HELD)
    values: dict[str, object] = {"state": str(after), "last_reply": reply}
    if settled:
        values["settled_at"] = at
    if after is State.QUEUED:
        values |= {"claimed_by": "", "lease_until": None}  # it was due before: it is at once
    return _set(shelf, number, before, values)


def doubt(shelf: Shelf, number: int, archived_at: datetime | None, lease_until: datetime) -> bool:
    """From claimed to in doubt, with a lease of its own: the mails before it in its group may have taken long."""
    values = {"state": str(State.IN_DOUBT), "doubted_at": archived_at, "lease_until": lease_until}
    newest = select(func.max(tables.outbox.c.id)).scalar_subquery()
    return _set(shelf, number, State.CLAIMED, values, doubted_after=newest)


def sent_after_doubt(shelf: Shelf, number: int) -> frozenset[str]:
    """Mails that were written after this one was in doubt, and sent: the order of rows knows of no clock."""
    table = tables.outbox
    row = shelf.one(table, id=number)
    if row is None or row.doubted_after is None:
        return frozenset()
    sent = (table.c.call == shelf.call.key, table.c.id > row.doubted_after, table.c.state == str(State.SENT))
    query = select(table.c.message_id).where(*sent).order_by(table.c.id.desc()).limit(WITNESSES)
    return frozenset(shelf.connection.execute(query).scalars())


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


def sent_between(shelf: Shelf, since: datetime, until: datetime) -> int:
    """How many mails were handed over in this time; not those that a wrong clock sent in the future."""
    asked = {"call": shelf.call.key, "since": since, "until": until}
    return int(shelf.connection.execute(_sent_between(), asked).scalar_one())


def _readable(shelf: Shelf, row: Row[Any], now: datetime) -> Iterator[Waiting]:
    """The row with its mail; one whose key was destroyed can never be sent, and becomes void."""
    try:
        yield waiting(shelf, row)
    except KeyGone:
        values = {"state": str(State.VOID), "settled_at": now, "last_reply": "its key was destroyed"}
        shelf.change(tables.outbox, {"id": row.id}, **values)


def shift_waiting(shelf: Shelf, by: timedelta) -> None:
    """The moments that waiting mails wait for, and the ends of leases, are later by this much (or earlier)."""
    table, amount = tables.outbox, by // timedelta(microseconds=1)
    for column, states in (("next_at", (State.QUEUED,)), ("lease_until", (State.CLAIMED, State.IN_DOUBT))):
        later = type_coerce(type_coerce(table.c[column], BigInteger) + amount, tables.Moment)
        mine = (table.c.call == shelf.call.key, table.c.state.in_([str(state) for state in states]))
        shelf.connection.execute(update(table).where(*mine).values({column: later}))


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


def _domain(shelf: Shelf, email: str) -> str:
    return shelf.seal.lookup(email.rpartition("@")[2])


def _counted(shelf: Shelf, since: datetime, column: str = "", value: str = "") -> int:
    asked = {"call": shelf.call.key, "since": since} | ({"value": value} if column else {})
    return int(shelf.connection.execute(_replies(column), asked).scalar_one())


def _set(
    shelf: Shelf, number: int, before: State, values: dict[str, Any], **counted: ColumnElement[Any] | ScalarSelect[Any]
) -> bool:
    to = {f"to_{name}": value for name, value in values.items()}
    statement = _compare_and_set(tuple(values))
    if counted:
        statement = statement.values(**counted)
    found = shelf.connection.execute(statement, {"number": number, "before": str(before), **to})
    return found.first() is not None


# What the submitter asks each time it wakes: built once, since building a statement costs more than running it.


@cache
def _due(only: tuple[str, ...] | None, but: tuple[str, ...]) -> Select[Any]:
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.state == str(State.QUEUED), table.c.next_at <= bindparam("now"))
    query = select(table).where(*mine)
    if only is not None:
        query = query.where(table.c.kind.in_(only))
    if but:
        query = query.where(table.c.kind.not_in(but))
    return query.order_by(table.c.next_at, table.c.id).limit(bindparam("most"))


@cache
def _expired() -> Select[Any]:
    table = tables.outbox
    claimed = table.c.state == str(State.CLAIMED)
    taken = table.c.state.in_((str(State.CLAIMED), str(State.IN_DOUBT)))
    over = (taken & (table.c.lease_until < bindparam("now"))) | (claimed & (table.c.claimed_by != bindparam("owner")))
    return select(table).where(table.c.call == bindparam("call"), over).order_by(table.c.id)


@cache
def _sent_between() -> Select[Any]:
    table = tables.outbox
    during = (table.c.settled_at > bindparam("since"), table.c.settled_at <= bindparam("until"))
    mine = (table.c.call == bindparam("call"), table.c.state == str(State.SENT))
    return select(func.count()).where(*mine, *during)


@cache
def _replies(column: str) -> Select[Any]:
    """Automatic replies since a moment, those with this value in this column only, if one is named."""
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.created_at >= bindparam("since"))
    query = select(func.count()).where(*mine, table.c.reply.is_(True), table.c.state != str(State.VOID))
    return query.where(table.c[column] == bindparam("value")) if column else query


@cache
def _state() -> Select[Any]:
    return select(tables.outbox.c.state).where(tables.outbox.c.id == bindparam("number"))


@cache
def _compare_and_set(names: tuple[str, ...]) -> ReturningUpdate[Any]:
    table = tables.outbox
    here = (table.c.id == bindparam("number"), table.c.state == bindparam("before"))
    return update(table).where(*here).values({name: bindparam(f"to_{name}") for name in names}).returning(table.c.id)
