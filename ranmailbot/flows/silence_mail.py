"""Silence told to the organisers by their own mail, as far as mail works: one alarm at its beginning, one at its end.

What hinders the mail itself is told by mail only when it is over; until then the other routes tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ranmailbot.flows import journal
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import holds
from ranmailbot.flows.pulse import Pulse
from ranmailbot.flows.silence import Watcher, remedy, what_is_over, what_is_silent
from ranmailbot.ports import Books, Store
from ranmailbot.records import Level, State
from ranmailbot.watching import Kind, News, Now, Part, Tolerance

ALIVE = "alive"
"""Name of a fact: when the bot last proved that it can write."""
TRIAL_SECONDS = 300
"""How often a commit is tried at least; more often where its silence is told sooner."""
NOTHING_TO_DO = "Nothing. What waited is done now, as far as it is not too late."


@dataclass(frozen=True, slots=True)
class OrganisersRoute:
    """Writes alarms into the outbox; used by the timeline's own thread."""

    store: Store
    alarms: Alarms
    name: str = "mail to the organisers"

    def tell(self, news: News) -> None:
        """One alarm under the name of the silence. Raises Unavailable."""
        if news.now is Now.SILENT and news.kind is not Kind.FETCH:
            return
        if news.now is Now.OVER:
            what, todo = what_is_over(news.kind, news.since, news.at), NOTHING_TO_DO
        else:
            what, todo = what_is_silent(news.kind, news.since, news.at), remedy(news.kind)
        cause = f"silence/{news.kind}/{news.at.wall.isoformat()}"
        with self.store.begin() as books:
            self.alarms.raise_once(books, cause, news.at.wall, what=what, remedy=todo)


@dataclass(frozen=True, slots=True)
class LogRoute:
    """The log: what every bot has, also one without any other route."""

    name: str = "log"

    def tell(self, news: News) -> None:
        """One line."""
        journal.silence(news.text)


@dataclass(slots=True)
class Vitals:
    """With each tick: a commit now and then, so that its failing shows; what waits for people; mail to organisers."""

    store: Store
    pulse: Pulse
    watcher: Watcher
    _proved: float = field(default=float("-inf"), init=False)

    def run(self) -> None:
        """Raises Unavailable if the database cannot be used."""
        with self.pulse.trying(Part.COMMIT):
            now = self.pulse.now()
            often = min(TRIAL_SECONDS, self.watcher.tolerance.commit.total_seconds() / 4)
            if now.ticks - self._proved >= often:
                with self.store.begin() as books:
                    books.note_fact(ALIVE, "", now.wall)
                self._proved = now.ticks
            with self.store.look() as books:
                self.pulse.stopped, self.pulse.paused = _waits_for_people(books)
        self.watcher.look()


def vitals(store: Store, alarms: Alarms, pulse: Pulse, tolerance: Tolerance, who: str) -> Vitals:
    """Ready to run."""
    return Vitals(store, pulse, Watcher(OrganisersRoute(store, alarms), pulse, tolerance, who))


def _waits_for_people(books: Books) -> tuple[str, bool]:
    """What the organisers ought to know of, in a few words without names; and whether a person has stopped all."""
    found = holds(books)
    words = ["the bot has stopped what it sends" for hold in found if hold.by_bot][:1]
    if books.numbers_in(State.HELD):
        words.append("mails are held until a person has looked")
    return " and ".join(words), any(hold.level is Level.ALL and not hold.by_bot for hold in found)
