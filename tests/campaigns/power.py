"""Loss of power: the disk comes back with an older database than the one the bot had committed.

With each death of the process the file falls back to what the disk had written by then. The world outside, mailboxes
and sent mails, does not fall back. Three disks show what the bot relies on:
- "every commit": a COMMIT returns when it is on the disk. That is what the bot asks SQLite for (synchronous=FULL).
- "before effects": at least what was committed before a MOVE, before the content of a mail, and before a command says
  that it is done is on the disk. Every promise holds: this order is all that is relied on.
- "sometime": a COMMIT returns before it is on the disk (a lying disk, or synchronous=OFF). Promises break.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.campaigns.disk import Workbench
from tests.campaigns.model import Model
from tests.campaigns.trouble import Trouble

Promise = Literal["every commit", "before effects", "sometime"]
MOST_LOST = 6
"""Transactions that a disk may lose."""
BOOKS = ("people", "judged", "unreachable")
"""What the model knows from the books: it falls back with them. (What was ever decided only allows, and stays.)"""


@dataclass
class Plug:
    """Remembers states of the disk, and pulls the plug."""

    bench: Workbench
    model: Model
    trouble: Trouble
    promise: Promise
    states: list[tuple[dict[str, bytes], dict[str, Any]]] = field(default_factory=list)

    def start(self) -> None:
        """From here on."""
        self.trouble.committed, self.trouble.effect = self.committed, self.effect
        self.committed()

    def committed(self) -> None:
        """A transaction was committed; what the disk has of it depends on its promise."""
        books = deepcopy({name: getattr(self.model, name) for name in BOOKS})
        self.states = [*self.states[-MOST_LOST:], (self.bench.files(), books)]
        if self.promise == "every commit":
            self.states = self.states[-1:]

    def effect(self) -> None:
        """Something is about to be done that nobody can undo."""
        if self.promise == "before effects":
            self.states = self.states[-1:]

    def pull(self) -> None:
        """The power is gone; what comes back is one of the states the disk may be in."""
        at = self.trouble.chance.randrange(len(self.states))
        self.trouble.tell(f"power is lost, and with it {len(self.states) - 1 - at} transactions")
        files, books = self.states[at]
        self.bench.restore(files)
        for name, value in deepcopy(books).items():
            setattr(self.model, name, value)
        self.states = [(files, books)]
