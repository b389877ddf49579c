"""One database file for many campaigns, one after the other: made and migrated once, then copied.

The engine stays, so that its statements are compiled once; the file under it is a new one for each campaign. SQLite is
told not to wait for the disk: what is lost with it is tested on its own (power.py).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event

from ranmailbot.adapters.sql import engine as real
from tests.campaigns.trouble import Disk

PREFIX = "ranmailbot-campaigns-"
MEMORY = Path("/dev/shm")  # noqa: S108 - only a place for a folder of our own


class Workbench:
    """A folder, a migrated file to copy, an engine. `moment` is asked before each statement."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=tempfile.tempdir or _memory())
        self.path = Path(self._folder.name) / "state" / "ranmailbot.sqlite"
        self.moment: Callable[[str], None] = lambda _what: None
        real.open_engine(self.path.parent).dispose()  # the last connection writes its log back into the file
        self._empty = self.path.read_bytes()
        self.engine = create_engine(
            f"sqlite:///{self.path}", connect_args={"timeout": 0, "factory": self._connect}, hide_parameters=True
        )
        event.listen(self.engine, "connect", real._prepare)
        event.listen(self.engine, "connect", _without_waiting)
        event.listen(self.engine, "begin", real._begin)

    def clear(self) -> None:
        """A new, empty, migrated database."""
        self.restore({"": self._empty})

    def restore(self, files: dict[str, bytes]) -> None:
        """The database as these files hold it, by the ends of their names."""
        self.engine.dispose()
        for end in ("", "-wal", "-shm"):
            path = Path(f"{self.path}{end}")
            path.unlink(missing_ok=True)
            if end in files:
                path.write_bytes(files[end])

    def files(self) -> dict[str, bytes]:
        """What the file holds now, with its log: what a disk would hold that has written everything."""
        return {
            end: Path(f"{self.path}{end}").read_bytes() for end in ("", "-wal") if Path(f"{self.path}{end}").exists()
        }

    def outside(self) -> sqlite3.Connection:
        """A connection of somebody else: it sees only what is committed."""
        return sqlite3.connect(self.path, isolation_level=None)

    def close(self) -> None:
        """Let go of everything."""
        self.engine.dispose()
        shutil.rmtree(self._folder.name, ignore_errors=True)

    def _connect(self, *words: Any, **named: Any) -> Disk:
        connection = Disk(*words, **named)
        connection.moment = self._ask
        return connection

    def _ask(self, what: str) -> None:
        self.moment(what)


@contextmanager
def shared_place() -> Iterator[str]:
    """One folder for the folders of several processes: a worker that is ended does not tidy up after itself."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=_memory()) as place:
        yield place


def settle_in(place: str) -> None:
    """In a worker: from here on its folders are made there."""
    tempfile.tempdir = place


@cache
def workbench() -> Workbench:
    """The one of this process."""
    return Workbench()


def _memory() -> Path | None:
    return MEMORY if MEMORY.is_dir() else None


def _without_waiting(connection: Any, _record: object) -> None:
    for pragma in ("synchronous=OFF", "busy_timeout=0"):  # whoever finds it locked here would wait for ever
        connection.execute(f"PRAGMA {pragma}")
