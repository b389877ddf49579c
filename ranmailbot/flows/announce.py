"""From the calendar to the outbox: a milestone fixes its recipients, and each recipient is a cause of its own.

Whatever moment the bot was switched off at, running again makes it good: a milestone fires late once, or it lapses and
the organisers are told. A mailing that is due but hindered (missing join details) sends nothing and says so every day.
One recipient whose mail cannot be written keeps nobody else from theirs: the mailing stays open for this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone, due, next_moment
from ranmailbot.desk import Outcome, Recipient
from ranmailbot.flows import journal
from ranmailbot.flows.after_restore import looked_through, may_have_gone_out
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import holds
from ranmailbot.flows.compose import Desk
from ranmailbot.mailings import MAILINGS
from ranmailbot.ports import Books, Clock, Store, TemplateFault

GROUP = 50
"""Recipients in one transaction. If the mail of so many cannot be written, it is the template, and nobody's facts."""
_NAMED = 10
"""So many of those whose mail cannot be written are named in the alarm."""


@dataclass(frozen=True, slots=True)
class _Stuck:
    """A recipient whose mail cannot be written, and why."""

    application: Application | None
    fault: TemplateFault


@dataclass(frozen=True, slots=True)
class Announcer:
    """Keeps the timeline. `run` is idempotent."""

    store: Store
    desk: Desk
    call: Call
    clock: Clock
    seen: dict[str, int] = field(default_factory=dict)
    """For each standing milestone the newest outcome when it last looked for recipients: no news, no look."""

    def run(self) -> int:
        """Fire what is due and settle what has lapsed; how many mails and settlements. Nothing while it is stopped."""
        timeline, now = self.call.milestones(), self.clock.now()
        with self.store.look() as books:
            settled, held = books.settled(), holds(books)
        if held:
            return 0
        fire, lapsed = due(timeline, settled, now)
        return sum(self._end(milestone) for milestone in lapsed) + sum(self._try(milestone) for milestone in fire)

    def next_moment(self) -> datetime | None:
        """When the next milestone becomes due."""
        with self.store.look() as books:
            settled = books.settled()
        return next_moment(self.call.milestones(), settled, self.clock.now())

    def _try(self, milestone: Milestone) -> int:
        """Fire it; a mailing that cannot be written stops no other one."""
        try:
            return self._fire(milestone)
        except TemplateFault as fault:
            remedy = f"Mend the template {fault.args[0]} and restart the bot; {milestone.key} then goes out by itself."
            return self._alarm(milestone, "it cannot be written", remedy)

    def _fire(self, milestone: Milestone) -> int:
        mailing = MAILINGS[milestone.mailing]
        if hindrance := mailing.obstacle(milestone, self.call):
            remedy = f"Put them into config.toml and restart the bot; {milestone.key} then goes out by itself."
            return self._alarm(milestone, hindrance, remedy)
        with self.store.begin() as books:
            newest = books.newest()
            if mailing.STANDING and self.seen.get(milestone.key) == newest:
                return 0
            if mailing.STANDING or not books.has_outcome(_opened(milestone)):
                books.fix_recipients(milestone.key, mailing.recipients(books, milestone))
            books.record(_opened(milestone), Outcome("opened"), (), self.clock.now(), None)
            doubtful = may_have_gone_out(books, milestone)
        count, stuck = 0, dict[str, _Stuck]()
        while done := self._group(milestone, stuck, held=doubtful):
            count += done
        if stuck:
            return count - len(stuck) + self._tell_of(milestone, stuck)
        if doubtful:
            with self.store.begin() as books:
                looked_through(books, milestone, self.clock.now())
        self.seen[milestone.key] = newest  # only now: a run that broke off looks again
        if not mailing.STANDING:
            self._settle(milestone, "kept", count)
            count += 1
        return count

    def _group(self, milestone: Milestone, stuck: dict[str, _Stuck], *, held: bool) -> int:
        """Some more recipients, committed together; those whose mail cannot be written are added to `stuck`."""
        with self.store.begin() as books:
            pending = books.pending(milestone.key, GROUP, but=stuck)
            for recipient in pending:
                try:
                    with books.savepoint():
                        self._one(books, milestone, recipient, held=held)
                except TemplateFault as fault:
                    stuck[recipient.key] = _Stuck(recipient.application, fault)
                    if len(stuck) >= GROUP:
                        raise
            return len(pending)

    def _tell_of(self, milestone: Milestone, stuck: dict[str, _Stuck]) -> int:
        """These are tried again at every look, until the template takes their facts or the mailing lapses."""
        named = [one.application.reference for one in stuck.values() if one.application is not None][:_NAMED]
        unnamed = len(stuck) - len(named)
        who = ", ".join([*named, *([f"{unnamed} {'more' if named else 'of its recipients'}"] if unnamed else [])])
        templates = ", ".join(sorted({str(one.fault.args[0]) for one in stuck.values()}))
        remedy = f"Mend the template {templates} and restart the bot; they then get it. All others have got theirs."
        return self._alarm(milestone, f"it cannot be written to {who}", remedy)

    def _one(self, books: Books, milestone: Milestone, recipient: Recipient, *, held: bool) -> None:
        now = self.clock.now()
        outcome = MAILINGS[milestone.mailing].handle(milestone, recipient, self.call, books, now)
        cause = outcome.cause or f"{milestone.key}/{recipient.key}"
        if outcome.drafts and not books.has_outcome(cause):
            books.record(cause, outcome, self.desk.write(books, outcome.drafts, now), now, None, held=held)
        if outcome.drafts or not MAILINGS[milestone.mailing].STANDING:
            books.done(milestone.key, recipient.key)
        else:
            books.release(milestone.key, recipient.key)

    def _end(self, milestone: Milestone) -> int:
        """Its time is over: a standing mailing that ran was kept; anything else that did not finish has lapsed."""
        with self.store.look() as books:
            ran = books.has_outcome(_opened(milestone))
        if ran and MAILINGS[milestone.mailing].STANDING:
            self._settle(milestone, "kept", 0)
        elif milestone.mailing == "digest":
            self._settle(milestone, "lapsed", 0)  # the next digest covers its time too
        elif self._missed_somebody(milestone):
            self._lapse(milestone)
        else:
            self._settle(milestone, "lapsed", 0)
        return 1

    def _missed_somebody(self, milestone: Milestone) -> bool:
        """Whether anybody would have got it: a call that nobody knows of yet needs no alarm."""
        with self.store.begin() as books:
            waiting = books.pending(milestone.key, 1)
            return bool(waiting) or any(True for _ in MAILINGS[milestone.mailing].recipients(books, milestone))

    def _lapse(self, milestone: Milestone) -> None:
        what = f"{milestone.key} was due and did not go out in time; it will not be sent any more"
        remedy = "If people should still get it, give it a new moment and a new edition in config.toml."
        now = self.clock.now()
        with self.store.begin() as books:
            self._alarms.raise_once(books, f"{milestone.key}/lapsed", now, what=what, remedy=remedy, name="lapsed")
            books.settle(milestone.key, "lapsed", now)
        journal.milestone(milestone.key, "lapsed", 0)

    def _alarm(self, milestone: Milestone, hindrance: str, remedy: str) -> int:
        """Told at once, and again every day, until it is mended."""
        now = self.clock.now()
        day = now.astimezone(ZoneInfo(self.call.zone)).date()
        with self.store.begin() as books:
            cause, what = f"{milestone.key}/hindered/{day}", f"{milestone.key} is due, but {hindrance}"
            if not self._alarms.raise_once(books, cause, now, what=what, remedy=remedy):
                return 0
        journal.milestone(milestone.key, "hindered", 0)
        return 1

    @property
    def _alarms(self) -> Alarms:
        return Alarms(self.desk, self.call)

    def _settle(self, milestone: Milestone, state: str, count: int) -> None:
        with self.store.begin() as books:
            books.settle(milestone.key, "kept" if state == "kept" else "lapsed", self.clock.now())
        journal.milestone(milestone.key, state, count)


def _opened(milestone: Milestone) -> str:
    return f"{milestone.key}/opened"
