"""The port: one transaction on one call, in which everything is read and written together or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from ranmailbot.adapters.sql import about, again, erasing, outbox, people, post, timeline
from ranmailbot.adapters.sql.engine import unavailable
from ranmailbot.adapters.sql.reserve import Reserve
from ranmailbot.adapters.sql.shelf import Shelf
from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.desk import News, Outcome, Recipient, SentMail
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import CalendarEvent
from ranmailbot.ports import Again, Envelope, Filed, Unavailable, Waiting, Written
from ranmailbot.records import Aside, Fact, State
from ranmailbot.sealing import Seal


class SqlStore:
    """Implements ports.Store on an engine. `config` is the digest of the configuration in force."""

    def __init__(
        self,
        engine: Engine,
        call: Call,
        seal: Seal,
        config: str,
        listed: Sequence[Address] = (),
        *,
        reserve: Reserve | None = None,
    ) -> None:
        """`listed` are the people of the announcement list."""
        self._reserve = reserve
        self._engine = engine
        self._call = call
        self._seal = seal
        self._config = config
        self._listed = tuple(listed)

    @contextmanager
    def begin(self) -> Iterator[SqlBooks]:
        """One writing transaction. Raises Unavailable if the database is locked or full."""
        with self._transaction(reading=False) as books:
            yield books

    @contextmanager
    def look(self) -> Iterator[SqlBooks]:
        """One reading transaction."""
        with self._transaction(reading=True) as books:
            yield books

    def has_room(self) -> bool:
        """Whether the reserve on the disk is there; it is made if it can be."""
        return self._reserve is None or self._reserve.keep()

    def attempts(self, digests: Sequence[str]) -> tuple[int, ...]:
        """Attempts so far, in order."""
        with self.look() as books:
            return post.attempts(books.shelf, digests)

    def count_attempts(self, digests: Sequence[str]) -> None:
        """One more attempt at each, committed."""
        with self.begin() as books:
            post.count_attempts(books.shelf, digests)

    @contextmanager
    def _transaction(self, *, reading: bool) -> Iterator[SqlBooks]:
        try:
            with self._engine.connect().execution_options(reading=reading) as connection, connection.begin():
                self._seal.begin()
                with nullcontext() if reading else self._new_keys():
                    yield SqlBooks(Shelf(connection, self._call, self._seal, self._config), self._listed)
        except OperationalError as fault:
            raise self._explained(fault) from fault
        except Unavailable as told:  # by a savepoint, which knows of no reserve
            if isinstance(told.__cause__, OperationalError):
                raise self._explained(told.__cause__) from told.__cause__
            raise

    def _explained(self, fault: OperationalError) -> Unavailable:
        full = self._reserve is not None and self._reserve.give_up_if(fault)
        return unavailable(fault, full=full)

    @contextmanager
    def _new_keys(self) -> Iterator[None]:
        """New keys are on the disk before the commit that needs them; those of a failed transaction are dropped."""
        try:
            yield
            self._seal.keep()
        finally:
            self._seal.forget()


@dataclass(frozen=True, slots=True)
class SqlBooks:
    """Implements ports.Books: each method hands on to the room that knows the SQL."""

    shelf: Shelf
    people_listed: tuple[Address, ...]

    def seen(self, key: str, envelope: Envelope) -> str | None:
        return post.seen(self.shelf, key, envelope)

    def knows_letter(self, key: str) -> bool:
        return again.knows(self.shelf, key)

    def aside(self) -> tuple[Aside, ...]:
        return again.aside(self.shelf)

    def judge_again(self, number: int) -> None:
        again.mark(self.shelf, number)

    def waiting_again(self, limit: int) -> tuple[Again, ...]:
        return again.waiting(self.shelf, limit)

    def sent_mail(self, message_ids: Sequence[str], reference: str) -> SentMail | None:
        return post.sent_mail(self.shelf, message_ids, reference)

    def last_form(self, email: str) -> SentMail | None:
        return post.last_form(self.shelf, email)

    def applications_of(self, email: str) -> tuple[Application, ...]:
        return people.applications_of(self.shelf, email)

    def application(self, number: int) -> Application | None:
        return people.application(self.shelf, number)

    def event_owner(self, uid: str) -> tuple[int, str] | None:
        return people.event_owner(self.shelf, uid)

    def replies_since(self, email: str, since: datetime) -> int:
        return outbox.replies_since(self.shelf, email, since)

    def replies_to_domain_since(self, email: str, since: datetime) -> int:
        return outbox.replies_to_domain_since(self.shelf, email, since)

    def all_replies_since(self, since: datetime) -> int:
        return outbox.all_replies_since(self.shelf, since)

    def knows(self, email: str) -> bool:
        return people.knows(self.shelf, email)

    def unsubscribed(self, email: str) -> bool:
        return people.is_unsubscribed(self.shelf, email)

    def next_number(self) -> int:
        return people.next_number(self.shelf)

    def forget_attempts(self, digests: Sequence[str]) -> None:
        post.forget_attempts(self.shelf, digests)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens in here is undone if it raises. A disk that fails is Unavailable, no fault of the letter."""
        try:
            with self.shelf.connection.begin_nested():
                yield
        except OperationalError as fault:
            raise unavailable(fault) from fault

    def event(self, application: int, session: str, now: datetime, uid: str) -> CalendarEvent:
        return people.event(self.shelf, application, session, now, uid)

    def has_outcome(self, cause: str) -> bool:
        return post.has_outcome(self.shelf, cause)

    def record(
        self,
        cause: str,
        outcome: Outcome,
        mails: Sequence[Written],
        at: datetime,
        filed: Filed | None,
        *,
        held: bool = False,
    ) -> bool:
        """One cause, one outcome: the letter, the row, the people, the mails."""
        if post.has_outcome(self.shelf, cause):
            return False
        letter = self._keep_letter(filed, outcome)
        whose = filed.application if filed is not None else post.about(outcome)
        number = post.keep_outcome(self.shelf, cause, outcome, letter, whose, at=at)
        for person in outcome.applications:
            people.save(self.shelf, person, letter)
        for thread in outcome.void:
            outbox.void_thread(self.shelf, thread, at)
        for written in mails:
            outbox.put(self.shelf, written, number, at, held=held)
        for email in outcome.unsubscribe:
            people.unsubscribe(self.shelf, email)
        return True

    def newest(self) -> int:
        return post.newest(self.shelf)

    def settled(self) -> frozenset[str]:
        return timeline.settled(self.shelf)

    def settle(self, key: str, state: Literal["kept", "lapsed"], at: datetime) -> None:
        timeline.settle(self.shelf, key, state, at)

    def fix_recipients(self, milestone: str, recipients: Iterable[Recipient]) -> None:
        timeline.fix_recipients(self.shelf, milestone, recipients)

    def pending(self, milestone: str, limit: int, *, but: Collection[str] = ()) -> tuple[Recipient, ...]:
        return timeline.pending(self.shelf, milestone, limit, but)

    def done(self, milestone: str, recipient: str) -> None:
        timeline.done(self.shelf, milestone, recipient)

    def release(self, milestone: str, recipient: str) -> None:
        timeline.release(self.shelf, milestone, recipient)

    def claim(
        self,
        now: datetime,
        owner: str,
        lease_until: datetime,
        limit: int,
        *,
        only: Collection[str] | None = None,
        but: Collection[str] = (),
    ) -> tuple[Waiting, ...]:
        return outbox.claim(self.shelf, now, owner, lease_until, limit=limit, only=only, but=but)

    def find_state(self, number: int) -> State | None:
        return outbox.find_state(self.shelf, number)

    def numbers_in(self, state: State) -> tuple[int, ...]:
        return outbox.numbers_in(self.shelf, state)

    def state_of(self, number: int) -> State:
        return outbox.state_of(self.shelf, number)

    def advance(self, number: int, before: State, after: State, at: datetime, reply: str = "") -> bool:
        return outbox.advance(self.shelf, number, before, after, at=at, reply=reply)

    def doubt(self, number: int, archived_at: datetime | None, lease_until: datetime) -> bool:
        return outbox.doubt(self.shelf, number, archived_at, lease_until)

    def defer(self, number: int, before: State, at: datetime, reply: str) -> bool:
        return outbox.defer(self.shelf, number, before, at, reply)

    def extend(self, number: int, lease_until: datetime) -> None:
        outbox.extend(self.shelf, number, lease_until)

    def sent_after_doubt(self, number: int) -> frozenset[str]:
        return outbox.sent_after_doubt(self.shelf, number)

    def erase(self, number: int, at: datetime) -> None:
        erasing.erase(self.shelf, number, at)

    def reopen(self, number: int) -> None:
        timeline.reopen(self.shelf, number)

    def expired(self, now: datetime, owner: str) -> tuple[tuple[State, Waiting], ...]:
        return outbox.expired(self.shelf, now, owner)

    def sent_between(self, since: datetime, until: datetime) -> int:
        return outbox.sent_between(self.shelf, since, until)

    def shift_waiting(self, by: timedelta) -> None:
        outbox.shift_waiting(self.shelf, by)

    def fact(self, name: str) -> Fact | None:
        return about.fact(self.shelf, name)

    def note_fact(self, name: str, value: str, at: datetime) -> None:
        about.note(self.shelf, name, value, at)

    def forget_fact(self, name: str) -> None:
        about.forget(self.shelf, name)

    def applications(self) -> Iterable[Application]:
        return people.everybody(self.shelf)

    def recipient(self, application: Application) -> Recipient:
        return people.recipient(application)

    def listed(self) -> Iterable[Recipient]:
        return people.listed(self.shelf, self.people_listed)

    def silent(self) -> Iterable[Recipient]:
        return people.silent(self.shelf)

    def kept(self) -> frozenset[str]:
        return timeline.kept(self.shelf)

    def organisers(self) -> Iterable[Recipient]:
        return timeline.organisers(self.shelf)

    def news(self, since: datetime, until: datetime) -> News:
        return post.news(self.shelf, since, until)

    def _keep_letter(self, filed: Filed | None, outcome: Outcome) -> int | None:
        if filed is None:
            return None
        folder = str(outcome.folder or "")
        return again.keep(self.shelf, filed, folder) if filed.again else post.keep_letter(self.shelf, filed, folder)
