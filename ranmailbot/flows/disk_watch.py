"""Watches the disk: one alarm when it is full, and a line in the log when there is room again."""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.flows import journal
from ranmailbot.flows.alarm import Alarms
from ranmailbot.ports import Clock, Store
from ranmailbot.records import DISK_FULL

WHAT = "The disk of the mail bot is full. No letter is fetched and no mailing is written until there is room"
REMEDY = "Make room on that machine. The bot then goes on by itself; letters wait in the mailbox, and none is lost."


@dataclass(frozen=True, slots=True)
class DiskWatch:
    """`run` is idempotent."""

    store: Store
    alarms: Alarms
    clock: Clock

    def run(self) -> bool:
        """Whether there is room for what is new. Raises Unavailable if not even the alarm can be written."""
        room, now = self.store.has_room(), self.clock.now()
        with self.store.look() as books:
            told = books.fact(DISK_FULL)
        if room and told is not None:
            with self.store.begin() as books:
                books.forget_fact(DISK_FULL)
            journal.disk("there is room again")
        elif not room and told is None:
            with self.store.begin() as books:
                books.note_fact(DISK_FULL, WHAT, now)
                self.alarms.raise_once(books, f"disk/{now.isoformat()}", now, what=WHAT, remedy=REMEDY)
            journal.disk("full: nothing is fetched until there is room")
        return room
