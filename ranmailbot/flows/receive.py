"""From the mailbox to the books: each letter ends in exactly one named outcome and one folder, whatever it is.

Fear: every letter. One that cannot be judged is shunted, one that takes the bot down is quarantined; others go on.
Nothing is moved in the mailbox before its outcome is committed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ranmailbot.call.call import Call
from ranmailbot.desk import Case, Context, Folder, Outcome
from ranmailbot.flows import journal
from ranmailbot.flows.after_restore import was_judged_before_restore
from ranmailbot.flows.compose import Desk
from ranmailbot.flows.resolve import named, resolve
from ranmailbot.intake import recognise
from ranmailbot.intake.understanding import understand
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Again, Books, Clock, Envelope, Filed, Mailbox, ReadingRoom, Store, Unavailable, Unreadable

BATCH = 100


@dataclass(frozen=True, slots=True)
class Received:
    """One message on its way: what the mailbox gave, and what was read of it."""

    envelope: Envelope
    arrived: datetime
    read: Letter | Unreadable
    digest: str
    key: str
    again: Again | None = None
    """The letter in the store, if it was put aside and is judged once more."""

    @property
    def cause(self) -> str:
        """The unique name of this judgement."""
        return f"letter/{self.again.key}#{self.again.edition}" if self.again else f"letter/{self.key}"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives one batch at a time. `run` is idempotent: a crash at any point is made good by the next run."""

    mailbox: Mailbox
    room: ReadingRoom
    store: Store
    desk: Desk
    call: Call
    clock: Clock
    limits: Limits

    def run(self) -> int:
        """Judge and file what waits in the mailbox; how many messages that were. Raises Unavailable."""
        if not self.store.has_room():
            raise Unavailable("the disk is full: letters wait in the mailbox until there is room")
        retried = self._retry()
        waiting = self.mailbox.fetch(BATCH)
        if not waiting:
            return retried
        envelopes = self._batch(waiting)
        received = self._read(envelopes, [self.clock.arrival(envelope.stamp) for envelope in envelopes])
        with self.store.begin() as books:
            folders = [self._settle(books, one) for one in received]
            books.forget_attempts([one.digest for one in received])
        for folder in sorted(set(folders)):
            self.mailbox.file(folder, [e for e, there in zip(envelopes, folders, strict=True) if there == folder])
        return retried + len(envelopes)

    def _retry(self) -> int:
        """Judge one letter again that was put aside, if a person wants that; how many letters that were."""
        with self.store.look() as books:
            waiting = books.waiting_again(1)
        for again in waiting:
            (one,) = self._read([again.envelope], [again.arrived])
            with self.store.begin() as books:
                self._settle(books, replace(one, again=again))
                books.forget_attempts([one.digest])
        return len(waiting)

    def _batch(self, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
        """All of them; but after a crash one by one, so that only the letter that caused it is tried too often."""
        tried = self.store.attempts([_digest(envelope) for envelope in envelopes])
        suspects = [envelope for envelope, times in zip(envelopes, tried, strict=True) if times]
        return suspects[:1] or envelopes

    def _read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> list[Received]:
        """Decode everything that may be decoded. Attempts are committed first: a letter may take the bot down."""
        self.room.prepare()
        digests = [_digest(envelope) for envelope in envelopes]
        tried = self.store.attempts(digests)
        self.store.count_attempts(digests)
        sound = [n for n, times in enumerate(tried) if envelopes[n].raw and times < self.limits.attempts]
        try:
            letters = iter(self.room.read([envelopes[n] for n in sound], [arrived[n] for n in sound]))
        except Unavailable:
            self._forget(digests)
            raise
        chosen = set(sound)
        return [
            Received(envelope, arrived[n], read, digests[n], read.key if isinstance(read, Letter) else digests[n])
            for n, envelope in enumerate(envelopes)
            for read in (next(letters) if n in chosen else self._unread(envelope),)
        ]

    def _forget(self, digests: Sequence[str]) -> None:
        """No letter was touched: that was no attempt at any."""
        with self.store.begin() as books:
            books.forget_attempts(digests)

    def _unread(self, envelope: Envelope) -> Unreadable:
        if not envelope.raw:
            return Unreadable(f"it has {envelope.size} bytes; the limit is {self.limits.message_bytes}", hopeless=True)
        return Unreadable(f"it could not be read in {self.limits.attempts} attempts", hopeless=True)

    def _settle(self, books: Books, one: Received) -> str:
        """The one outcome of one message, and its folder."""
        if one.again is None and (folder := books.seen(one.key, one.envelope)):
            journal.copied(one.key)
            return folder
        if one.again is not None and one.key != one.again.key and books.knows_letter(one.key):
            note = "it had been judged meanwhile, from another copy"
            return self._set_aside(
                books, replace(one, key=one.again.key), Outcome("repeated", Folder.COPIES, note=note)
            )
        if isinstance(one.read, Unreadable):
            name, there = ("quarantined", Folder.QUARANTINE) if one.read.hopeless else ("shunted", Folder.SHUNTED)
            return self._set_aside(books, one, Outcome(name, there, note=one.read.reason))
        try:
            with books.savepoint():
                return self._judge(books, one, one.read)
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - the one of the house: no letter may stop the next one
            journal.shunted(one.key, fault)
            note = f"could not be judged ({type(fault).__name__}); it waits in the folder {Folder.SHUNTED}"
            return self._set_aside(books, one, Outcome("shunted", Folder.SHUNTED, note=note))

    def _judge(self, books: Books, one: Received, letter: Letter) -> str:
        now = self.clock.now()
        context = resolve(books, letter, self.call, now)
        reading = understand(letter, context, self.call)
        context = replace(context, named=named(books, reading, letter, self.call, now))
        case = Case(
            letter=letter,
            context=context,
            reading=reading,
            call=self.call,
            now=now,
            reply_limit=self.limits.replies_per_sender_per_day,
            domain_limit=self.limits.replies_per_domain_per_day,
            settle_seconds=self.limits.settle_seconds,
        )
        name, kind = recognise(case)
        outcome = kind.handle(case)
        filed = Filed(
            key=one.key,
            envelope=one.envelope,
            arrived=one.arrived,
            kind=name,
            letter=letter,
            remainder=case.beside_answers,
            application=_whose(context, outcome),
            again=one.again.number if one.again else None,
        )
        held = was_judged_before_restore(books, one.arrived)
        books.record(one.cause, outcome, self.desk.write(books, outcome.drafts, now), now, filed, held=held)
        journal.judged(one.key, name, outcome.name, outcome.note)
        return str(outcome.folder)

    def _set_aside(self, books: Books, one: Received, outcome: Outcome) -> str:
        """Kept with all its bytes, counted, shown in the digest; nothing is answered."""
        letter = one.read if isinstance(one.read, Letter) else None
        text = "\n\n".join((letter.text.text, *(each.text.text for each in letter.documents))) if letter else ""
        again = one.again.number if one.again else None
        filed = Filed(one.key, one.envelope, one.arrived, outcome.name, letter, text, None, again)
        books.record(one.cause, outcome, (), self.clock.now(), filed)
        journal.set_aside(one.key, outcome.name, outcome.note)
        return str(outcome.folder)


def _whose(context: Context, outcome: Outcome) -> int | None:
    """The applicant a letter belongs to: kept under that person's key, shown with that person's story."""
    if context.organiser is not None:
        return None
    people = outcome.applications or context.applications[-1:]
    return people[0].number if people else None


def _digest(envelope: Envelope) -> str:
    """The identity of a message before anything of it is parsed."""
    if envelope.raw:
        return hashlib.sha256(envelope.raw).hexdigest()
    return f"unfetched-{envelope.uidvalidity}-{envelope.uid}"
