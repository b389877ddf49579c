"""The played clock: it stands still until it is moved, and only ever forwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class PlayedClock:
    """A `ports.Clock` whose time is set by `move_to`. `moment` is aware UTC."""

    moment: datetime
    started: datetime

    @classmethod
    def at(cls, moment: datetime) -> PlayedClock:
        """A clock that stands at this aware moment."""
        return cls(moment, moment)

    def now(self) -> datetime:
        """The played moment."""
        return self.moment

    def monotonic(self) -> float:
        """Played seconds since the start: wall and monotonic time agree, so nothing looks like a jump."""
        return (self.moment - self.started).total_seconds()

    def arrival(self, stamp: datetime) -> datetime:  # noqa: ARG002 - the mailbox stamps real time, which is not played
        """Whatever the mailbox stamped: in a played world a letter arrives now."""
        return self.moment

    def move_to(self, moment: datetime) -> None:
        """Set the clock. Raises ValueError for a moment in the past: played time does not run backwards."""
        if moment < self.moment:
            raise ValueError(f"the played clock cannot go back from {self.moment} to {moment}")
        self.moment = moment
