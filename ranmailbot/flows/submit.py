"""From the outbox to the submission server: never twice, never to who should not get it, never silently lost.

`in_doubt` is committed between RCPT and DATA, in the same transaction as the last check of the recipient. Whatever
happens after that is either a clear answer, or looked up in our own archive, or held for a human.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from ranmailbot.desk import Outcome
from ranmailbot.flows import journal
from ranmailbot.flows.brake import Brake, passing
from ranmailbot.intake.bounce import TOLD_AT_ONCE, reason, what_to_do
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear
from ranmailbot.mail.limits import Limits
from ranmailbot.mailings import FOR_NEWCOMERS, wanted
from ranmailbot.ports import Archived, Books, Clock, Store, Submission, Unavailable, Waiting
from ranmailbot.records import State

GROUP = 20
LEASE = timedelta(minutes=15)
"""Longer than any timeout of the submission: a mail is never in two hands."""
STANDING_KINDS = frozenset({"session_details"})
"""Mails that a standing mailing writes anew if they became void and are wanted again: somebody accepts after all."""
ASK_AGAIN_FOR = timedelta(hours=2)
"""How long the archive is asked again before a mail in doubt is held for a human."""
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=2)
A_MINUTE = timedelta(minutes=1)
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class Submitter:
    """Empties the outbox. `owner` names this worker; `probe` asks our archive whether a mail was sent."""

    submission: Submission
    store: Store
    clock: Clock
    limits: Limits
    owner: str
    probe: Callable[[str, datetime, Collection[str]], Archived]
    brake: Brake

    def run(self) -> int:
        """Hand over what is due, within the pace; how many mails were settled or tried. Raises Unavailable."""
        recovered = self._recover()
        now = self.clock.now()
        only, but = passing(self.brake.check(self.store, now))
        with self.store.look() as books:
            allowance = self.limits.messages_per_minute - books.sent_between(now - A_MINUTE, now)
        if allowance <= 0:
            return recovered
        with self.store.begin() as books:
            claimed = books.claim(now, self.owner, now + LEASE, min(allowance, GROUP), only=only, but=but)
        for position, waiting in enumerate(claimed):
            try:
                self._deliver(waiting)
            except Unavailable:
                self._release(claimed[position:])
                raise
        return recovered + len(claimed)

    def _deliver(self, waiting: Waiting) -> None:
        delivery = self._send(waiting)
        with self.store.begin() as books:
            self._settle(books, waiting, delivery)

    def _send(self, waiting: Waiting) -> Delivery:
        try:
            return self.submission.send(waiting.mail, lambda archived: self._last_check(waiting, archived=archived))
        except ValueError as fault:  # nothing was sent: this mail can go to no server, and must not stop the others
            return Refused(str(fault))

    def _last_check(self, waiting: Waiting, *, archived: bool) -> bool:
        """Between RCPT and DATA: still wanted, still in time? Then, and only then, in doubt."""
        now = self.clock.now()
        with self.store.begin() as books:
            if waiting.not_after is not None and now > waiting.not_after:
                books.advance(waiting.number, State.CLAIMED, State.LAPSED, now)
                return False
            if not _still_wanted(books, waiting):
                books.advance(waiting.number, State.CLAIMED, State.VOID, now)
                if waiting.kind in STANDING_KINDS:
                    books.reopen(waiting.number)
                return False
            return books.doubt(waiting.number, now if archived else None, now + LEASE)

    def _settle(self, books: Books, waiting: Waiting, delivery: Delivery) -> None:
        now, before = self.clock.now(), books.state_of(waiting.number)
        if isinstance(delivery, Sent):
            books.advance(waiting.number, State.IN_DOUBT, State.SENT, now)
        elif isinstance(delivery, Deferred) and waiting.attempts + 1 < self.limits.send_attempts:
            books.defer(waiting.number, before, now + _pause(waiting.attempts), delivery.reply)
        elif isinstance(delivery, Deferred):
            self._refuse(books, waiting, before, Refused(f"{delivery.reply}, given up"))
        elif isinstance(delivery, Refused):
            self._refuse(books, waiting, before, delivery)
        reply = delivery.reply if isinstance(delivery, (Deferred, Refused, Unclear)) else ""
        journal.mail(waiting.number, waiting.kind, type(delivery).__name__.lower(), reply)

    def _refuse(self, books: Books, waiting: Waiting, before: State, refused: Refused) -> None:
        """For good. A refusal of the address itself also marks who has it as one who cannot be reached."""
        now = self.clock.now()
        books.advance(waiting.number, before, State.REFUSED, now, refused.reply)
        person = books.application(waiting.application) if waiting.application is not None else None
        theirs = books.applications_of(waiting.mail.recipient) if refused.recipient else ()
        marked = tuple(replace(one, undeliverable=True) for one in theirs)
        unreachable = (waiting.mail.recipient,) if refused.recipient else ()
        who = person.reference if person else "somebody who has not applied"
        note = f"{waiting.kind} to {who}: {refused.reply}"
        outcome = Outcome("refused", applications=marked, note=note, unsubscribe=unreachable)
        books.record(f"mail/{waiting.number}/refused", outcome, (), now, None)
        if waiting.kind in TOLD_AT_ONCE:
            what, remedy = what_to_do(waiting.kind, person.reference if person else "", _why(refused.reply))
            self.brake.alarms.raise_once(books, f"mail/{waiting.number}/told", now, what=what, remedy=remedy)

    def _recover(self) -> int:
        """Mails whose worker is gone: what was not begun goes back, what is in doubt is looked up."""
        now = self.clock.now()
        with self.store.look() as books:
            expired = books.expired(now, self.owner)
        for state, waiting in expired:
            self._reclaim(state, waiting, now)
        return len(expired)

    def _reclaim(self, state: State, waiting: Waiting, now: datetime) -> None:
        after = State.QUEUED if state is State.CLAIMED else self._looked_up(waiting, now)
        with self.store.begin() as books:
            if after is State.IN_DOUBT:
                books.extend(waiting.number, now + LEASE)
                return
            if books.advance(waiting.number, state, after, now) and after is State.HELD:
                note = f"mail {waiting.number} ({waiting.kind}) may or may not have been sent; it is held for a human"
                books.record(
                    _free(books, f"mail/{waiting.number}/held"), Outcome("held_mail", note=note), (), now, None
                )
        journal.mail(waiting.number, waiting.kind, f"recovered: {after}")

    def _looked_up(self, waiting: Waiting, now: datetime) -> State:
        """What our archive says of a mail in doubt. A mail there that was written later can prove an absence."""
        since = waiting.doubted_at
        if since is None:
            return State.HELD
        with self.store.look() as books:
            later = books.sent_after_doubt(waiting.number)
        found = self.probe(waiting.mail.message_id, since, later)
        undecided = State.IN_DOUBT if now - since < ASK_AGAIN_FOR else State.HELD
        return {Archived.FOUND: State.SENT, Archived.ABSENT: State.QUEUED}.get(found, undecided)

    def _release(self, claimed: tuple[Waiting, ...]) -> None:
        """The server cannot be reached: what was claimed waits again; none of it was begun, or it stays in doubt."""
        with self.store.begin() as books:
            for waiting in claimed:
                books.advance(waiting.number, State.CLAIMED, State.QUEUED, self.clock.now())


def _still_wanted(books: Books, waiting: Waiting) -> bool:
    """Asked at the moment of sending, of what is stored at that moment."""
    if waiting.application is not None:
        return wanted(waiting.kind, books.application(waiting.application), waiting.session)
    if waiting.kind in FOR_NEWCOMERS:
        return not books.unsubscribed(waiting.mail.recipient) and not books.applications_of(waiting.mail.recipient)
    return True


def _free(books: Books, cause: str) -> str:
    """A mail that a person released may be held once more, and that is told once more."""
    if not books.has_outcome(cause):
        return cause
    return next(name for n in count(2) if not books.has_outcome(name := f"{cause}#{n}"))


def _why(reply: str) -> str:
    """What the submission server said, in words if it gave an enhanced status code (RFC 3463)."""
    status = _STATUS.search(reply)
    words = reason(status[0]) if status else ""
    return words or f"the mail server refused it ({reply})"


def _pause(attempts: int) -> timedelta:
    """Doubles with each attempt, up to the longest."""
    return min(FIRST_PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)
