"""Trouble, drawn from the seed of a campaign: the process dies, the disk is full, the network breaks, clocks lie.

Every hand of the bot asks here before and after each thing it does. Nothing happens once the campaign is `calm`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ranmailbot.ports import Unavailable

DEATH, NETWORK, DISK = 0.006, 0.012, 0.0006
"""How likely each is at one moment. A statement of SQL is a moment of the disk; a campaign has about a thousand."""
HARMLESS = ("PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")
"""Statements that touch no page of the file."""
CLOCKS = (-7200, -600, 600, 5400, 93_600)
"""Seconds by which the clock of the bot is wrong for a while: back, ahead, and ahead by more than a day."""


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Trouble:
    """The dice of one campaign. `story` is what happened, for a replay; `count` how often which trouble came."""

    chance: Random
    calm: bool = False
    mild: float = 1.0
    """The share of trouble in this campaign: some are quiet, so that the long ways through the house are walked too."""
    story: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    committed: Callable[[], None] = lambda: None
    """Told after each COMMIT, and `effect` before each thing that cannot be undone (power.py)."""
    effect: Callable[[], None] = lambda: None

    def happens(self, what: str, likely: float) -> bool:
        """Whether this trouble comes now."""
        if self.calm or self.chance.random() >= likely * self.mild:
            return False
        self.tell(f"trouble: {what}")
        self.count[what.partition(":")[0]] += 1
        return True

    def deadly(self, where: str) -> None:
        """A moment at which the process may die. Raises Killed."""
        if self.happens(f"killed: {where}", DEATH):
            raise Killed

    def broken(self, where: str) -> None:
        """A moment at which the network may be gone. Raises Unavailable."""
        if self.happens(f"network: {where}", NETWORK):
            raise Unavailable(f"the connection broke: {where}")

    def disk(self, where: str) -> None:
        """A moment at which the database may be locked or its disk full. Raises what SQLite raises."""
        if where.startswith(HARMLESS):
            return
        if self.happens(f"disk: {where}", DISK):
            raise sqlite3.OperationalError(self.chance.choice(("database or disk is full", "disk I/O error")))

    def tell(self, what: str) -> None:
        """One line of the story."""
        self.story.append(what)


@dataclass
class Clock:
    """True time, which only goes on, and the bot's, which may be wrong. Mail is stamped by a server that is right."""

    true: datetime
    wrong_by: timedelta = timedelta()

    def now(self) -> datetime:
        return self.true + self.wrong_by

    def monotonic(self) -> float:
        return self.true.timestamp()

    def arrival(self, stamp: datetime) -> datetime:
        return stamp

    def wobble(self, trouble: Trouble) -> None:
        """Sometimes the clock goes wrong; in the next step it may be set right."""
        if self.wrong_by and trouble.chance.random() < 0.4:
            self.wrong_by = timedelta()
            trouble.tell("the clock is right again")
        elif trouble.happens("clock", 0.015):
            self.wrong_by = timedelta(seconds=trouble.chance.choice(CLOCKS))
            trouble.tell(f"the clock is wrong by {self.wrong_by}")


class Statement(sqlite3.Cursor):
    """A statement of SQL that the disk may refuse."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.connection.moment(sql[:24])  # type: ignore[attr-defined]
        return super().execute(sql, *values)


class Disk(sqlite3.Connection):
    """A connection whose statements and commits may fail; `moment` is asked before each of them."""

    moment: Callable[[str], None]

    def cursor(self, factory: type[sqlite3.Cursor] = Statement) -> sqlite3.Cursor:  # type: ignore[override]
        return super().cursor(factory)

    def commit(self) -> None:
        self.moment("COMMIT")
        super().commit()


@dataclass
class DyingStore:
    """Hands everything on to the store; the process may die before a transaction, before its COMMIT, and after it."""

    inner: Any
    trouble: Trouble

    def begin(self) -> DyingTransaction:
        return DyingTransaction(self.inner.begin(), self.trouble)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class DyingTransaction:
    """One transaction of a store that may die."""

    inner: Any
    trouble: Trouble

    def __enter__(self) -> Any:
        self.trouble.deadly("before a transaction")
        return self.inner.__enter__()

    def __exit__(self, *fault: Any) -> Any:
        if fault[0] is None:
            try:
                self.trouble.deadly("before COMMIT")
            except Killed as dead:
                self.inner.__exit__(Killed, dead, dead.__traceback__)
                raise
        answer = self.inner.__exit__(*fault)
        if fault[0] is None:
            self.trouble.committed()
            self.trouble.deadly("after COMMIT")
        return answer
