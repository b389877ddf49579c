"""SQL about letters and the mails they refer to; outcomes under the unique name of their cause; the news of a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Delete, Row, Select, bindparam, func, select

from ranmailbot.adapters.sql import people, tables
from ranmailbot.adapters.sql.packing import form_of
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.desk import Enquiry, Folder, News, Outcome, SentMail
from ranmailbot.ports import Envelope, Filed
from ranmailbot.records import State
from ranmailbot.sealing import KeyGone

EXCERPT = 600
"""Characters of an enquiry that the digest shows."""
MOST_SHOWN = 200
"""Enquiries and troubles in one digest; the numbers above them are always complete."""
FOR_PEOPLE = ("enquired", "form_sent", "unreadable", "held", "rsvp_held", "passed_on", "withdrawal_asked", "shunted")
TROUBLES = ("shunted", "quarantined", "bounced", "refused", "held_mail", "alarm", "lapsed", "decision_refused")


def seen(shelf: Shelf, key: str, envelope: Envelope) -> str | None:
    """Where a letter that is stored already belongs: its own folder if it was never moved, else among the copies."""
    table = tables.letters
    row = shelf.one(table, key=key)
    if row is None:
        return None
    if (row.uidvalidity, row.uid) == (envelope.uidvalidity, envelope.uid):
        return str(row.folder)
    shelf.change(table, {"key": key}, copies=row.copies + 1)
    return str(Folder.COPIES)


def attempts(shelf: Shelf, digests: Sequence[str]) -> tuple[int, ...]:
    """How often each message was tried, in order."""
    rows = shelf.connection.execute(_tries(), {"call": shelf.call.key, "digests": list(digests)})
    tried = {row.digest: row.tries for row in rows}
    return tuple(tried.get(digest, 0) for digest in digests)


def count_attempts(shelf: Shelf, digests: Sequence[str]) -> None:
    """One more attempt at each."""
    tried = dict(zip(digests, attempts(shelf, digests), strict=True))
    forget_attempts(shelf, digests)
    for digest, times in tried.items():
        shelf.insert(tables.attempts, digest=digest, tries=times + 1)


def forget_attempts(shelf: Shelf, digests: Sequence[str]) -> None:
    """Attempts at these messages are no longer counted."""
    shelf.connection.execute(_forget(), {"call": shelf.call.key, "digests": list(digests)})


def keep_letter(shelf: Shelf, filed: Filed, folder: str) -> int:
    """Store the letter with all its bytes; the id of its row."""
    return shelf.number(
        tables.letters,
        **judged(shelf, filed, folder),
        uidvalidity=filed.envelope.uidvalidity,
        uid=filed.envelope.uid,
        junk=filed.envelope.junk,
        size=filed.envelope.size,
        arrived_at=filed.arrived,
        copies=0,
        editions=1,
        again=False,
    )


def judged(shelf: Shelf, filed: Filed, folder: str) -> dict[str, object]:
    """What judging a letter tells of it: these columns change if it is judged again."""
    letter = filed.letter
    sender = letter.sender.email if letter and letter.sender else ""
    owner = shelf.owner(filed.application, sender, filed.arrived)
    facts: dict[str, object] = {
        "message_id": letter.message_id if letter else "",
        "sender": sender,
        "name": letter.sender.name if letter and letter.sender else "",
        "subject": letter.subject if letter else "",
        "remainder": filed.remainder,
    }
    return {
        "key": filed.key,
        "kind": filed.kind,
        "folder": folder,
        "owner": owner,
        "sealed": shelf.close(owner, facts),
        "raw": shelf.seal.seal(owner, filed.envelope.raw),
    }


def has_outcome(shelf: Shelf, cause: str) -> bool:
    """Whether this cause has had its outcome."""
    return shelf.one(tables.outcomes, cause=cause) is not None


def newest(shelf: Shelf) -> int:
    """The id of the newest outcome, or 0."""
    return int(shelf.connection.execute(_newest(), {"call": shelf.call.key}).scalar() or 0)


def about(outcome: Outcome) -> int | None:
    """Whom an outcome is about, if it changes one application."""
    return outcome.applications[0].number if len(outcome.applications) == 1 else None


def keep_outcome(
    shelf: Shelf, cause: str, outcome: Outcome, letter: int | None, application: int | None, *, at: datetime
) -> int:
    """One row under the unique name of the cause; its id."""
    return shelf.number(
        tables.outcomes,
        cause=cause,
        name=outcome.name,
        letter=letter,
        application=application,
        note=outcome.note,
        config=shelf.config,
        at=at,
    )


def sent_mail(shelf: Shelf, message_ids: Sequence[str], reference: str) -> SentMail | None:
    """The first of these Message-IDs that is ours, else the mail whose Message-ID begins with the visible reference."""
    table = tables.outbox
    found = (shelf.one(table, message_id=message_id) for message_id in message_ids)
    row = next((row for row in found if row is not None), None)
    if row is None and reference.isalnum():
        begins = shelf.of(table).where(table.c.message_id.startswith(f"<{reference.lower()}", autoescape=True))
        row = shelf.connection.execute(begins.limit(1)).first()
    return _sent(shelf, row) if row is not None else None


def last_form(shelf: Shelf, email: str) -> SentMail | None:
    """The newest mail with questions that went to this address."""
    row = shelf.connection.execute(_last_form(), {"call": shelf.call.key, "to": shelf.seal.lookup(email)}).first()
    return _sent(shelf, row) if row is not None else None


def news(shelf: Shelf, since: datetime, until: datetime) -> News:
    """What happened in this time, for the digest."""
    table = tables.outcomes
    mine = (table.c.call == shelf.call.key, table.c.at >= since, table.c.at < until)
    letters = table.c.letter.is_not(None)
    counted = select(table.c.name, func.count().label("total")).where(*mine, letters).group_by(table.c.name)
    troubles = select(table.c.name, table.c.note).where(*mine, table.c.name.in_(TROUBLES)).order_by(table.c.at)
    return News(
        outcomes={str(row.name): int(row.total) for row in shelf.all(counted)},
        sent=_sent_kinds(shelf, since, until),
        changed=people.changed_between(shelf, since, until),
        enquiries=_enquiries(shelf, since, until),
        troubles=tuple(f"{row.name}: {row.note}" for row in shelf.all(troubles.limit(MOST_SHOWN))),
        copies=_copies(shelf),
        waiting=_waiting(shelf),
    )


def _enquiries(shelf: Shelf, since: datetime, until: datetime) -> tuple[Enquiry, ...]:
    letters, outcomes = tables.letters, tables.outcomes
    query = (
        select(letters.c.owner, letters.c.sealed, letters.c.junk, outcomes.c.name, outcomes.c.note)
        .join(outcomes, (outcomes.c.letter == letters.c.id) & (outcomes.c.call == letters.c.call))
        .where(outcomes.c.call == shelf.call.key, outcomes.c.at >= since, outcomes.c.at < until)
        .where(outcomes.c.name.in_(FOR_PEOPLE))
        .order_by(outcomes.c.at, outcomes.c.id)
        .limit(MOST_SHOWN)
    )
    return tuple(found for row in shelf.all(query) for found in _enquiry(shelf, row))


def _enquiry(shelf: Shelf, row: Row[Any]) -> Iterator[Enquiry]:
    try:
        facts = shelf.open(row.owner, row.sealed)
    except KeyGone:
        return  # erased, or too old to be shown
    text = facts["remainder"].strip()
    reason = "; ".join(part for part in (row.name, row.note, "found in Junk" if row.junk else "") if part)
    excerpt = text if len(text) <= EXCERPT else text[:EXCERPT] + " …"
    yield Enquiry(facts["sender"], facts["subject"], excerpt, reason)


def _sent(shelf: Shelf, row: Row[Any]) -> SentMail | None:
    """The mail as far as it matters for replies; None if its key is gone: then it is a mail we know nothing of."""
    try:
        facts = shelf.open(row.owner, row.sealed)
    except KeyGone:
        return None
    return SentMail(
        message_id=row.message_id,
        kind=row.kind,
        recipient=facts["recipient"],
        application=row.application,
        session=row.session,
        at=row.settled_at or row.created_at,
        form=form_of(row.message_id, facts),
    )


def _sent_kinds(shelf: Shelf, since: datetime, until: datetime) -> dict[str, int]:
    table = tables.outbox
    query = (
        select(table.c.kind, func.count().label("total"))
        .where(table.c.call == shelf.call.key, table.c.state == str(State.SENT))
        .where(table.c.settled_at >= since, table.c.settled_at < until)
        .group_by(table.c.kind)
    )
    return {str(row.kind): int(row.total) for row in shelf.all(query)}


def _copies(shelf: Shelf) -> int:
    table = tables.letters
    total = select(func.sum(table.c.copies)).where(table.c.call == shelf.call.key)
    return int(shelf.connection.execute(total).scalar() or 0)


def _waiting(shelf: Shelf) -> int:
    table = tables.outbox
    live = [str(state) for state in (State.QUEUED, State.CLAIMED, State.IN_DOUBT, State.HELD)]
    total = select(func.count()).where(table.c.call == shelf.call.key, table.c.state.in_(live))
    return int(shelf.connection.execute(total).scalar() or 0)


# What is asked for each letter and with each tick: built once, since building a statement costs more than running it.


@cache
def _newest() -> Select[Any]:
    return select(func.max(tables.outcomes.c.id)).where(tables.outcomes.c.call == bindparam("call"))


@cache
def _tries() -> Select[Any]:
    table = tables.attempts
    return select(table).where(
        table.c.call == bindparam("call"), table.c.digest.in_(bindparam("digests", expanding=True))
    )


@cache
def _forget() -> Delete:
    table = tables.attempts
    return table.delete().where(
        table.c.call == bindparam("call"), table.c.digest.in_(bindparam("digests", expanding=True))
    )


@cache
def _last_form() -> Select[Any]:
    table = tables.outbox
    mine = (table.c.call == bindparam("call"), table.c.recipient == bindparam("to"), table.c.asks.is_(True))
    sent = select(table).where(*mine, table.c.state == str(State.SENT))
    return sent.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(1)
