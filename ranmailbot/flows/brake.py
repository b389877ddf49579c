"""The brake: stops mailings, or all sending, until a person resumes it. People pull it, and so does the bot itself.

Fear: a flood of letters from ten thousand addresses, each of which would get an answer. Receiving always goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ranmailbot.desk import Outcome
from ranmailbot.flows import alarm, journal
from ranmailbot.flows.alarm import Alarms
from ranmailbot.mailings import MAILINGS
from ranmailbot.ports import Books, Clock, Store, Tokens
from ranmailbot.records import Hold, Level

AN_HOUR = timedelta(hours=1)
RESUMED = "resumed"
BOT, PERSON = "bot", "person"
REMEDY = "Find out why. Then `ranmailbot outbox --state queued` shows what waits, `ranmailbot drop` takes mails out of \
it, and `ranmailbot resume` lets the rest go."


def holds(books: Books) -> tuple[Hold, ...]:
    """What is stopped now, the wider one first."""
    found = ((level, books.fact(fact_of(level))) for level in (Level.ALL, Level.BULK))
    return tuple(
        Hold(level, fact.value.partition(": ")[2], fact.at, fact.value.startswith(BOT)) for level, fact in found if fact
    )


def passing(held: Collection[Hold]) -> tuple[Collection[str] | None, Collection[str]]:
    """Which kinds of mail may still be handed over: these only (None: any kind), and never those."""
    if any(hold.level is Level.ALL for hold in held):
        told = all(hold.by_bot for hold in held)
        return (frozenset({alarm.KIND}) if told else frozenset()), ()
    return None, (frozenset(MAILINGS) if held else frozenset())


def pull(books: Books, alarms: Alarms, hold: Hold, cause: str, remedy: str = REMEDY) -> bool:
    """Stop, and say so to the organisers. False, and nothing, if that much is stopped already."""
    if books.fact(fact_of(hold.level)) is not None:
        return False
    books.note_fact(fact_of(hold.level), f"{BOT if hold.by_bot else PERSON}: {hold.reason}", hold.at)
    stopped = "All sending" if hold.level is Level.ALL else "Mailings"
    what = f"{stopped} stopped: {hold.reason}"
    if hold.by_bot or hold.level is Level.BULK:
        alarms.raise_once(books, cause, hold.at, what=what, remedy=remedy)
    else:  # whoever stops everything by hand wants no mail about it
        books.record(cause, Outcome("alarm", note=what), (), hold.at, None)
    journal.stopped(str(hold.level), hold.reason, by_bot=hold.by_bot)
    return True


def hold_by_command(store: Store, alarms: Alarms, tokens: Tokens, hold: Hold) -> bool:
    """A person stops it. False if that much is stopped already."""
    with store.begin() as books:
        return pull(books, alarms, hold, f"command/{tokens.uuid()}")


def resume_by_command(store: Store, clock: Clock, tokens: Tokens) -> tuple[Hold, ...]:
    """A person lets everything go again; what was stopped."""
    now = clock.now()
    with store.begin() as books:
        found = holds(books)
        for hold in found:
            books.forget_fact(fact_of(hold.level))
        if found:
            books.note_fact(RESUMED, "by command", now)
            note = "sending goes on; it was stopped: " + "; ".join(hold.reason for hold in found)
            books.record(f"command/{tokens.uuid()}", Outcome("resumed", note=note), (), now, None)
    return found


@dataclass(frozen=True, slots=True)
class Brake:
    """Pulls itself if more automatic replies were written in an hour than `limit`, counted anew after a `resume`."""

    alarms: Alarms
    limit: int

    def check(self, store: Store, now: datetime) -> tuple[Hold, ...]:
        """What is stopped now, after a look at the last hour."""
        with store.look() as books:
            found, count = holds(books), self._replies(books, now)
        if count <= self.limit or any(hold.level is Level.ALL for hold in found):
            return found
        reason = (
            f"{count} automatic replies were written within an hour; replies_per_hour allows {self.limit}. "
            "This may be an attack."
        )
        with store.begin() as books:
            pull(books, self.alarms, Hold(Level.ALL, reason, now, by_bot=True), f"hold/all/{now.isoformat()}")
            return holds(books)

    def _replies(self, books: Books, now: datetime) -> int:
        resumed = books.fact(RESUMED)
        anew = now - AN_HOUR
        if resumed is not None and resumed.at <= now:  # later: a wrong clock resumed it, or that of a trial
            anew = max(anew, resumed.at)
        return books.all_replies_since(anew)


def fact_of(level: Level) -> str:
    """The name under which it is written that this much is stopped."""
    return f"hold:{level}"
