"""Watches when what the bot logs in with ends: an alarm a week before, and from then on a line in the log every day."""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.flows import journal
from ranmailbot.flows.alarm import Alarms
from ranmailbot.grants import Grant, ending
from ranmailbot.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class AccessWatch:
    """`run` is idempotent; run it once a day. Known limit: it knows only the days that the configuration says."""

    store: Store
    alarms: Alarms
    clock: Clock
    grants: tuple[Grant, ...]

    def run(self) -> None:
        """Tell of every access that ends within a week: to the log, and once to the organisers. Raises Unavailable."""
        now = self.clock.now()
        for grant in self.grants:
            told = ending(grant, now.date())
            if told is None:
                continue
            what, remedy = told
            journal.access(what)
            with self.store.begin() as books:
                self.alarms.raise_once(books, f"access/{grant.expires}", now, what=what, remedy=remedy)
