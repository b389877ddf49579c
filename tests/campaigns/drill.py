"""The restore drill: a full store, a backup, the loss of the database, a restore, a comparison of every row.

`make drill APPLICATIONS=10000` is the long form. Applications are judged, written and sealed as in a real call;
mailbox, submission and clock are played. Closes on one line with seconds and differences. What a restore changes on
purpose (mails that waited are held, mailings are stopped) is checked as such; all else is compared unsealed, by column.
Known limits: SQLite does not wait for the disk while the store is filled, for speed; backup and restore do wait.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ranmailbot import recovery, service
from ranmailbot.adapters.keyring import open_seal
from ranmailbot.adapters.sql import owners
from ranmailbot.adapters.sql.engine import DATABASE
from ranmailbot.config import Settings
from ranmailbot.sealing import Seal, WrappingKey
from tests.world import World, answers, settings

SEALED = {
    "letters": ("sealed", "raw"),
    "versions": ("sealed",),
    "applications": ("sealed",),
    "rsvps": ("comment",),
    "outbox": ("sealed", "content"),
    "correspondents": ("sealed",),
}
WAITING = ("queued", "claimed", "in_doubt")
ADDED_ON_PURPOSE = ("about", "outcomes", "outbox")
"""The restore notes itself here: its facts, its alarm, the mails that tell it. Rows are added, none is changed."""
GROUP = 50


@dataclass(frozen=True)
class Drill:
    """What came of it. Seconds of wall time."""

    applications: int
    bytes: int
    filled: float
    backup: float
    restore: float
    compared: int
    held: int
    differences: tuple[str, ...]

    def line(self) -> str:
        """The closing line."""
        return (
            f"applications {self.applications}, {self.bytes / 1e6:.0f} MB: filled in {self.filled:.0f} s, "
            f"backup {self.backup:.1f} s, restore {self.restore:.1f} s, {self.compared} rows compared, "
            f"{self.held} mails held, differences {len(self.differences)}"
        )


def drill(applications: int, folder: Path, progress: Callable[[str], None] = lambda _: None) -> Drill:
    """The whole of it in this folder."""
    state, target = folder / "state", folder / "backup.sqlite"
    (state).mkdir(mode=0o700)
    here = replace(settings(), storage=replace(settings().storage, folder=state))
    start = time.monotonic()
    world = _filled(here, folder, applications, progress)
    filled = time.monotonic()
    facts = service.back_up(state, target)
    backed_up = time.monotonic()
    with _keys(state) as seal:
        before = _rows(state / DATABASE, seal)
        for path in state.glob(f"{DATABASE}*"):
            path.unlink()
        begin = time.monotonic()
        done = recovery.restore(here, world.clock, target, recovery.Lost(world.clock.now()))
        restored = time.monotonic()
        after = _rows(state / DATABASE, seal)
    differences = tuple(_differences(before, after))
    compared = sum(len(rows) for rows in before.values())
    return Drill(applications, facts.size, filled - start, backed_up - filled, restored - begin, compared, done.held,
                 differences)  # fmt: skip


def _filled(here: Settings, folder: Path, applications: int, progress: Callable[[str], None]) -> World:
    """Applications, half of them in two letters; each acknowledged; the last ones still wait in the outbox."""
    world = World(folder / "unused")
    world.engine.dispose()
    desktop = service.open_desktop(here, world.clock, here.storage.folder)
    world.engine, world.store, world.reports, world.tokens = (
        desktop.store._engine, desktop.store, desktop.reports, desktop.desk.tokens)  # fmt: skip
    world.desk = desktop.desk
    event.listen(world.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    world.engine.dispose()  # connections from now on
    world.limits = replace(world.limits, messages_per_minute=10**6, replies_per_hour=10**6)
    world.start()
    for first in range(0, applications, GROUP):
        for number in range(first, min(first + GROUP, applications)):
            world.post(f"person{number}@domain{number}.example", answers((1, 2) if number % 2 else (1, 2, 3, 4)))
        world.receive()
        if first + GROUP < applications:
            _second_letters(world, first, applications)
            while world.submitter.run():
                pass
        progress(f"{first + GROUP} applications")
    world.engine.dispose()
    return world


def _second_letters(world: World, first: int, applications: int) -> None:
    for number in range(first + 1, min(first + GROUP, applications), 4):
        world.post(f"person{number}@domain{number}.example", answers((3, 4)))
    world.receive()


@contextmanager
def _keys(state: Path) -> Iterator[Seal]:
    folder = state / "keys"
    seal, new = open_seal(folder, WrappingKey(folder / "wrapping.key", own=True), make=False)
    assert not new
    yield seal
    seal.keys.close()


def _rows(path: Path, seal: Seal) -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of every table, unsealed, by its place in the table."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if name.startswith("sqlite_"):
                continue
            rows = connection.execute(f"SELECT rowid AS place, * FROM {name}")  # noqa: S608 - names that the database itself gave
            found[name] = {row["place"]: _open(name, dict(row), seal) for row in rows}
    return found


def _open(table: str, row: dict[str, Any], seal: Seal) -> dict[str, Any]:
    if table not in SEALED:
        return row
    number = row.get("number", row.get("application"))
    whose = owners.asked(row["call"], row["address"]) if table == "correspondents" else None
    owner = row.get("owner") or whose or owners.applicant(row["call"], number)
    return row | {column: seal.unseal(owner, row[column]) for column in SEALED[table]}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """One line for each row that is not what it was, or should not be there."""
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, {}), after.get(table, {})
        for place in sorted(old.keys() | new.keys()):
            if place not in new:
                yield f"{table} {place} is missing"
            elif place not in old:
                if table not in ADDED_ON_PURPOSE:
                    yield f"{table} {place} was added"
            elif _expected(table, old[place]) != new[place]:
                yield f"{table} {place} is another"


def _expected(table: str, row: dict[str, Any]) -> dict[str, Any]:
    if table == "outbox" and row["state"] in WAITING:
        return row | {"state": "held", "last_reply": "it waited in the backup that was restored"}
    return row


def _progress(text: str) -> None:
    sys.stderr.write(f"\r{text}")


def main() -> int:
    """0 if nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = drill(options.applications, Path(folder), _progress)
    for difference in done.differences[:20]:
        sys.stdout.write(f"{difference}\n")
    sys.stdout.write(f"\n{done.line()}\n")
    return 1 if done.differences else 0


if __name__ == "__main__":
    sys.exit(main())
