"""SQL of the outbox: every edge of the drawing in docs/architecture.md is one compare-and-set here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, func, select, type_coerce, update

from ranmailbot.adapters.sql import people, tables
from ranmailbot.adapters.sql.packing import form_of, mail_facts
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Waiting, Written
from ranmailbot.records import State
from ranmailbot.sealing import KeyGone

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
    return _replies(shelf, since, tables.outbox.c.recipient == shelf.seal.lookup(email))


def replies_to_domain_since(shelf: Shelf, email: str, since: datetime) -> int:
    """The same for all addresses of this one's domain; mails from before the column was there are not counted."""
    return _replies(shelf, since, tables.outbox.c.domain == _domain(shelf, email))


def all_replies_since(shelf: Shelf, since: datetime) -> int:
    """The same for everybody."""
    return _replies(shelf, since)


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
    query = shelf.of(table).where(table.c.state == str(State.QUEUED), table.c.next_at <= now)
    if only is not None:
        query = query.where(table.c.kind.in_(list(only)))
    if but:
        query = query.where(table.c.kind.not_in(list(but)))
    rows = shelf.all(query.order_by(table.c.next_at, table.c.id).limit(limit))
    numbers = [row.id for row in rows]
    values = {"state": str(State.CLAIMED), "claimed_by": owner, "lease_until": lease_until}
    shelf.connection.execute(update(table).where(table.c.id.in_(numbers)).values(**values))
    return tuple(found for row in rows for found in _readable(shelf, row, now))


def state_of(shelf: Shelf, number: int) -> State:
    """The state of this mail."""
    table = tables.outbox
    return State(shelf.connection.execute(select(table.c.state).where(table.c.id == number)).scalar_one())


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
    return _set(shelf, number, State.CLAIMED, values)


def extend(shelf: Shelf, number: int, lease_until: datetime) -> None:
    """Still in doubt, until then."""
    shelf.change(tables.outbox, {"id": number, "state": str(State.IN_DOUBT)}, lease_until=lease_until)


def defer(shelf: Shelf, number: int, before: State, at: datetime, reply: str) -> bool:
    """Back to the queue, one attempt more."""
    table = tables.outbox
    values = {
        "state": str(State.QUEUED),
        "claimed_by": "",
        "lease_until": None,
        "next_at": at,
        "attempts": table.c.attempts + 1,
        "last_reply": reply,
    }
    return _set(shelf, number, before, values)


def expired(shelf: Shelf, now: datetime, owner: str) -> tuple[tuple[State, Waiting], ...]:
    """Mails whose lease is over, or that a worker before this one had claimed and not begun to send."""
    table = tables.outbox
    claimed = table.c.state == str(State.CLAIMED)
    over = table.c.state.in_((str(State.CLAIMED), str(State.IN_DOUBT))) & (table.c.lease_until < now)
    query = shelf.of(table).where(over | (claimed & (table.c.claimed_by != owner))).order_by(table.c.id)
    rows = shelf.all(query)
    return tuple((State(row.state), found) for row in rows for found in _readable(shelf, row, now))


def sent_between(shelf: Shelf, since: datetime, until: datetime) -> int:
    """How many mails were handed over in this time; not those that a wrong clock sent in the future."""
    table = tables.outbox
    query = select(func.count()).where(
        table.c.call == shelf.call.key,
        table.c.settled_at > since,
        table.c.settled_at <= until,
        table.c.state == str(State.SENT),
    )
    return int(shelf.connection.execute(query).scalar_one())


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


def _replies(shelf: Shelf, since: datetime, *where: ColumnElement[bool]) -> int:
    table = tables.outbox
    query = select(func.count()).where(
        table.c.call == shelf.call.key,
        table.c.created_at >= since,
        table.c.reply.is_(True),
        table.c.state != str(State.VOID),
        *where,
    )
    return int(shelf.connection.execute(query).scalar_one())


def _set(shelf: Shelf, number: int, before: State, values: dict[str, Any]) -> bool:
    table = tables.outbox
    statement = update(table).where(table.c.id == number, table.c.state == str(before)).values(**values)
    return shelf.connection.execute(statement.returning(table.c.id)).first() is not None
