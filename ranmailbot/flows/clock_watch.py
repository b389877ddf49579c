"""Watches the clock: wall time against monotonic time, within one process. Days switched off are no jump.

A jump ahead of more than a day stops mailings until a person has looked: else a wrong clock would let a whole timeline
go out, or lapse. A jump back sends nothing twice (what was kept stands in the store); what waits is set back with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import pull
from ranmailbot.ports import Clock, Store
from ranmailbot.records import Hold, Level

AHEAD = timedelta(hours=24)
BACK = timedelta(minutes=5)
"""A clock that is put right by less than this is what clocks do."""


@dataclass(slots=True)
class ClockWatch:
    """`run` before each look at the timeline. The first run only notes the time."""

    store: Store
    alarms: Alarms
    clock: Clock
    _start: tuple[datetime, float] | None = field(default=None, init=False)

    def run(self) -> bool:
        """Compare the clocks; whether they disagree more than they may. Raises Unavailable; then look again."""
        now, ticks = self.clock.now(), self.clock.monotonic()
        start = self._start = self._start or (now, ticks)
        gap = (now - start[0]) - timedelta(seconds=ticks - start[1])
        if -BACK <= gap <= AHEAD:
            return False
        if gap > AHEAD:
            self._ahead(gap, now)
        else:
            self._back(-gap, now)
        self._start = now, ticks  # only now: what could not be told is found again
        return True

    def _ahead(self, gap: timedelta, now: datetime) -> None:
        reason = f"the clock of this machine jumped ahead by {_hours(gap)} while the bot ran"
        with self.store.begin() as books:
            pull(books, self.alarms, Hold(Level.BULK, reason, now, by_bot=True), f"clock/ahead/{now.isoformat()}")

    def _back(self, gap: timedelta, now: datetime) -> None:
        what = f"The clock of this machine went back by {_hours(gap)} while the bot ran"
        remedy = "See that the machine keeps the right time (NTP). Nothing is sent twice; you need to do nothing else."
        with self.store.begin() as books:
            if self.alarms.raise_once(books, f"clock/back/{now.isoformat()}", now, what=what, remedy=remedy):
                books.shift_waiting(-gap)


def _hours(gap: timedelta) -> str:
    minutes = int(gap.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"
