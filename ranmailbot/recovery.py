"""The way back: a backup in the place of the database, and what it cannot know asked of the lost one and of the keys.

Fear: a database that knows less than happened. What it would send is held, and no number is given twice.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ranmailbot.adapters.keyring import open_seal
from ranmailbot.adapters.sql.backup import BackupFacts, inspect, prepared, put_in_place
from ranmailbot.adapters.sql.engine import DATABASE, StoreRefused
from ranmailbot.config import Settings
from ranmailbot.flows.after_restore import Lost, settle_restored
from ranmailbot.flows.alarm import Alarms
from ranmailbot.ports import Clock
from ranmailbot.service import keys_of, open_desktop

__all__ = ["Lost", "Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore found and did. `aside` is where the database that was there lies now."""

    backup: BackupFacts
    held: int
    lost: Lost
    aside: Path | None


def restore(settings: Settings, clock: Clock, source: Path, lost: Lost) -> Restored:
    """Put a backup in the place of the database; the caller holds `worker_lock`. Raises StoreRefused or SealBroken.

    What is missing in `lost` is asked of the present database, if it can still be read.
    """
    state, now, facts = settings.storage.folder, clock.now(), inspect(source)
    if facts.calls - {settings.call.key}:
        raise StoreRefused(f"{source} holds the call {', '.join(sorted(facts.calls))}, not {settings.call.key}")
    lost = _loss(settings, state, lost)
    with prepared(state, source) as part:
        desktop = open_desktop(settings, clock, state, database=part.name)
        try:
            with desktop.store.begin() as books:
                held = settle_restored(books, Alarms(desktop.desk, settings.call), lost, now)
        finally:
            desktop.close()
        aside = put_in_place(state, part, f"before-restore-{now:%Y%m%dT%H%M%S.%fZ}.sqlite")
    return Restored(facts, held, lost, aside)


def _loss(settings: Settings, state: Path, lost: Lost) -> Lost:
    """Until when the lost database worked, and which numbers it gave: as it tells itself, and as its keys tell.

    Raises SealBroken without keys: nothing can be restored without them.
    """
    keys = keys_of(settings, state)
    seal, _ = open_seal(keys.folder, keys.wrapping, make=False)
    lost = replace(lost, numbers_above=max(lost.numbers_above, seal.highest(settings.call.key)))
    seal.keys.close()
    with suppress(StoreRefused):
        present = inspect(state / DATABASE)
        numbers_above = max(lost.numbers_above, present.highest_number)
        return Lost(lost.until if lost.until_known else present.newest or lost.until, numbers_above, until_known=True)
    return lost
