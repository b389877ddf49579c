"""SQL about people: applications with their versions and RSVPs, calendar events, correspondents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, exists, func, select

from ranmailbot.adapters.sql import about, owners, tables
from ranmailbot.adapters.sql.packing import answers_of, application_facts, profile_of
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.call.application import Application, Decision, Reply, Rsvp, Status
from ranmailbot.desk import Recipient, addressee
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import CalendarEvent
from ranmailbot.records import NUMBERS
from ranmailbot.sealing import KeyGone

GROUP = 500
"""How many applications are unsealed at a time while all of them are read."""


def application(shelf: Shelf, number: int) -> Application | None:
    """The application with this number."""
    row = shelf.one(tables.applications, number=number)
    return next(_read(shelf, [row]), None) if row is not None else None


def applications_of(shelf: Shelf, email: str) -> tuple[Application, ...]:
    """All applications of this address, by number."""
    asked = {"call": shelf.call.key, "address": shelf.seal.lookup(email)}
    return tuple(_read(shelf, shelf.connection.execute(_theirs(), asked).all()))


def everybody(shelf: Shelf) -> Iterator[Application]:
    """Every application, by number, in groups."""
    last = 0
    while True:
        asked = {"call": shelf.call.key, "last": last, "most": GROUP}
        rows = shelf.connection.execute(_next_people(), asked).all()
        if not rows:
            return
        yield from _read(shelf, rows)
        if len(rows) < GROUP:
            return
        last = rows[-1].number


def changed_between(shelf: Shelf, since: datetime, until: datetime) -> tuple[Application, ...]:
    """Applications that were made or changed in this time, by number."""
    table = tables.applications
    query = shelf.of(table).where(table.c.updated_at >= since, table.c.updated_at < until).order_by(table.c.number)
    return tuple(_read(shelf, shelf.all(query)))


def next_number(shelf: Shelf) -> int:
    """The number after the last one that was ever given, as far as that is known.

    A number is never given twice, not even after its applicant was erased.
    """
    highest = shelf.connection.execute(_highest(), {"call": shelf.call.key}).scalar()
    given = about.fact(shelf, NUMBERS)
    number = max(int(highest or 0), int(given.value) if given else 0) + 1
    while shelf.seal.gone(shelf.applicant(number)):
        number += 1
    return number


def count(shelf: Shelf) -> int:
    """How many applications there are."""
    table = tables.applications
    total = select(func.count()).where(table.c.call == shelf.call.key)
    return int(shelf.connection.execute(total).scalar_one())


def save(shelf: Shelf, person: Application, letter: int | None) -> None:
    """The application as it shall be; a new version is kept beside the older ones."""
    table = tables.applications
    owner = shelf.applicant(person.number)
    sealed = shelf.close(owner, application_facts(person))
    before = shelf.one(table, number=person.number)
    values = _columns(shelf, person) | {"sealed": sealed}
    if before is None:
        shelf.insert(table, number=person.number, **values)
    else:
        shelf.change(table, {"number": person.number}, **values)
    if before is None or before.version != person.version:
        _keep_version(shelf, person, letter, sealed)
    for rsvp in person.rsvps.values():
        _save_rsvp(shelf, person.number, owner, rsvp)


def event(shelf: Shelf, number: int, session: str, now: datetime, uid: str) -> CalendarEvent:
    """The person's event for this session, for one more mail: SEQUENCE and DTSTAMP only ever grow."""
    table = tables.events
    mine = {"application": number, "session": session}
    row = shelf.one(table, **mine)
    if row is None:
        shelf.insert(table, application=number, session=session, uid=uid, sequence=0, stamped_at=now)
        return CalendarEvent(uid, 0, now)
    stamp = max(now, row.stamped_at + timedelta(seconds=1))
    shelf.change(table, mine, sequence=row.sequence + 1, stamped_at=stamp)
    return CalendarEvent(row.uid, row.sequence + 1, stamp)


def event_owner(shelf: Shelf, uid: str) -> tuple[int, str] | None:
    """Whose event this is: application number and session key."""
    row = shelf.one(tables.events, uid=uid)
    return (row.application, row.session) if row is not None else None


def note_asked(shelf: Shelf, address: Address, at: datetime) -> None:
    """Remember that this address was sent the call or the form."""
    _correspondent(shelf, address.email, address.name, asked_at=at)


def unsubscribe(shelf: Shelf, email: str) -> None:
    """No mailing goes to this address any more."""
    _correspondent(shelf, email, "", unsubscribed=True)


def knows(shelf: Shelf, email: str) -> bool:
    """Whether this address was ever sent the call or the form."""
    table = tables.correspondents
    row = shelf.one(table, address=shelf.seal.lookup(email))
    return row is not None and row.asked_at is not None


def is_unsubscribed(shelf: Shelf, email: str) -> bool:
    """Whether this address wants, or can get, no mailing any more."""
    table = tables.correspondents
    row = shelf.one(table, address=shelf.seal.lookup(email))
    return row is not None and bool(row.unsubscribed)


def silent(shelf: Shelf) -> Iterator[Recipient]:
    """Who was asked, can be reached, and has no application, withdrawn or not, nor wrote one for somebody else.

    Organisers are no applicants.
    """
    writers = {person.correspondent.casefold() for person in everybody(shelf) if person.correspondent}
    table, others = tables.correspondents, tables.applications
    applied = exists().where(others.c.call == table.c.call, others.c.address == table.c.address)
    query = shelf.of(table).where(table.c.asked_at.is_not(None), table.c.unsubscribed.is_(False), ~applied)
    for row in shelf.all(query.order_by(table.c.address)):
        for person in _address(shelf, row):
            if shelf.call.organiser(person.email) is None and person.key not in writers:
                yield Recipient(f"C:{row.address}", person)


def correspondent(shelf: Shelf, key: str) -> Address | None:
    """The address behind a keyed hash."""
    row = shelf.one(tables.correspondents, address=key)
    return next(_address(shelf, row), None) if row is not None else None


def recipient(person: Application) -> Recipient:
    """An applicant as recipient of a mailing."""
    return Recipient(f"A:{person.number}", addressee(person), person)


def listed(shelf: Shelf, people: Iterable[Address]) -> Iterator[Recipient]:
    """The announcement list as recipients; who unsubscribed or has applied is left out."""
    for person in people:
        if not is_unsubscribed(shelf, person.email) and not applications_of(shelf, person.email):
            _correspondent(shelf, person.email, person.name)
            yield Recipient(f"C:{shelf.seal.lookup(person.email)}", person)


def _address(shelf: Shelf, row: Row[Any]) -> Iterator[Address]:
    """Name and address, or nobody if the key is gone."""
    with suppress(KeyGone):
        facts = shelf.open(owners.asked(shelf.call.key, row.address), row.sealed)
        yield Address(facts["name"], facts["email"])


def _correspondent(shelf: Shelf, email: str, name: str, **values: object) -> None:
    table, key = tables.correspondents, shelf.seal.lookup(email)
    if shelf.one(table, address=key) is not None:
        if values:
            shelf.change(table, {"address": key}, **values)
        return
    sealed = shelf.close(owners.asked(shelf.call.key, key), {"email": email, "name": name})
    shelf.insert(table, address=key, sealed=sealed, **({"unsubscribed": False, "asked_at": None} | values))


def _columns(shelf: Shelf, person: Application) -> dict[str, object]:
    return {
        "address": shelf.seal.lookup(person.address),
        "status": str(person.status),
        "decision": str(person.decision) if person.decision else None,
        "told": str(person.told) if person.told else None,
        "version": person.version,
        "late": person.late,
        "late_changes": person.late_changes,
        "proven": person.proven,
        "undeliverable": person.undeliverable,
        "received_at": person.received_at,
        "updated_at": person.updated_at,
    }


def _keep_version(shelf: Shelf, person: Application, letter: int | None, sealed: bytes) -> None:
    shelf.insert(
        tables.versions,
        application=person.number,
        version=person.version,
        letter=letter,
        at=person.updated_at,
        sealed=sealed,
    )


def _save_rsvp(shelf: Shelf, number: int, owner: str, rsvp: Rsvp) -> None:
    table = tables.rsvps
    mine = {"application": number, "session": rsvp.session}
    values: dict[str, object] = {
        "reply": str(rsvp.reply),
        "via": rsvp.via,
        "sequence": rsvp.sequence,
        "stamp": rsvp.stamp,
        "at": rsvp.at,
    }
    before = shelf.one(table, **mine)
    if before is None:
        comment = shelf.close(owner, {"comment": rsvp.comment})
        shelf.insert(table, application=number, session=rsvp.session, comment=comment, **values)
    elif any(getattr(before, name) != value for name, value in values.items()):
        shelf.change(table, mine, comment=shelf.close(owner, {"comment": rsvp.comment}), **values)


def _read(shelf: Shelf, rows: Sequence[Row[Any]]) -> Iterator[Application]:
    opened = [(row, facts) for row in rows for facts in _facts(shelf, row)]
    replies = _rsvps(shelf, [row.number for row, _ in opened])
    for row, facts in opened:
        yield Application(
            number=row.number,
            reference=shelf.call.reference(row.number),
            address=facts["address"],
            name=facts["name"],
            status=Status(row.status),
            answers=answers_of(facts),
            profile=profile_of(facts),
            remarks=tuple(facts["remarks"]),
            version=row.version,
            late=row.late,
            proven=row.proven,
            received_at=row.received_at,
            updated_at=row.updated_at,
            decision=Decision(row.decision) if row.decision else None,
            told=Decision(row.told) if row.told else None,
            late_changes=row.late_changes,
            undeliverable=row.undeliverable,
            possibly_same_as=tuple(facts["possibly_same_as"]),
            # Applications of earlier versions of the bot know nothing of these.
            correspondent=facts.get("correspondent", ""),
            asked=tuple(facts.get("asked", ())),
            several=bool(facts.get("several", False)),
            rsvps=MappingProxyType(replies.get(row.number, {})),
        )


def _facts(shelf: Shelf, row: Row[Any]) -> Iterator[dict[str, Any]]:
    """What is sealed in an application; nothing of one who was erased."""
    with suppress(KeyGone):
        yield shelf.open(shelf.applicant(row.number), row.sealed)


def _rsvps(shelf: Shelf, numbers: Sequence[int]) -> dict[int, dict[str, Rsvp]]:
    found: dict[int, dict[str, Rsvp]] = {}
    if not numbers:
        return found
    for row in shelf.connection.execute(_replies(), {"call": shelf.call.key, "numbers": numbers}).all():
        comment = shelf.open(shelf.applicant(row.application), row.comment)["comment"]
        rsvp = Rsvp(row.session, Reply(row.reply), row.at, row.via, row.sequence, row.stamp, comment)
        found.setdefault(row.application, {})[row.session] = rsvp
    return found


# What is asked for each letter and with each tick: built once, since building a statement costs more than running it.


@cache
def _theirs() -> Select[Any]:
    table = tables.applications
    mine = (table.c.call == bindparam("call"), table.c.address == bindparam("address"))
    return select(table).where(*mine).order_by(table.c.number)


@cache
def _next_people() -> Select[Any]:
    table = tables.applications
    mine = (table.c.call == bindparam("call"), table.c.number > bindparam("last"))
    return select(table).where(*mine).order_by(table.c.number).limit(bindparam("most"))


@cache
def _highest() -> Select[Any]:
    return select(func.max(tables.applications.c.number)).where(tables.applications.c.call == bindparam("call"))


@cache
def _replies() -> Select[Any]:
    table = tables.rsvps
    numbers: BindParameter[int] = bindparam("numbers", expanding=True)
    return select(table).where(table.c.call == bindparam("call"), table.c.application.in_(numbers))
