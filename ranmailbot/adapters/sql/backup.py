"""Backups: the whole database in one file, copied while the bot works; and the way back, in one rename.

Fear: a half-written file taken for a backup, a backup that others can read, and a crash that leaves no database at all.
What is copied is sealed already: without the key store, kept elsewhere, it opens nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ranmailbot.adapters.sql.engine import DATABASE, StoreRefused, known_revisions
from ranmailbot.adapters.sql.tables import EPOCH

COUNTED = ("letters", "applications", "outbox", "outcomes")
BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database."""


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What a database file holds: rows by table, the moment of its newest outcome, its highest application number."""

    size: int
    rows: dict[str, int]
    newest: datetime | None
    highest_number: int
    calls: frozenset[str]


def back_up(folder: Path, target: Path) -> BackupFacts:
    """Copy the database of this folder into a new file (0600, synced to disk). Raises StoreRefused."""
    if target.exists() or target.is_symlink():
        raise StoreRefused(f"{target} is there already; a backup overwrites nothing. Give it another name")
    if not target.parent.is_dir():
        raise StoreRefused(f"the folder {target.parent} does not exist")
    part = target.with_name(f".{target.name}.part")
    try:
        _copy(folder / DATABASE, part)
        facts = inspect(part)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))  # overwrites nothing
        part.replace(target)
    except (OSError, sqlite3.Error) as fault:
        raise StoreRefused(f"the backup {target} could not be written ({fault}); nothing was left behind") from None
    finally:
        part.unlink(missing_ok=True)
    _sync(target.parent)
    return facts


def inspect(path: Path) -> BackupFacts:
    """What this file holds. Raises StoreRefused unless it is a sound database of ours that this version knows."""
    try:
        with closing(_open(path)) as connection:
            return _inspect(path, connection)
    except (sqlite3.Error, OSError) as fault:
        raise StoreRefused(f"{path} is not a sound database of ranmailbot ({fault}); take another backup") from None


@contextmanager
def prepared(folder: Path, source: Path) -> Iterator[Path]:
    """A copy of `source` in this folder, to be made ready before `put_in_place`; gone at the end of the block."""
    part = folder / "restoring.sqlite"
    _remove(part)
    try:
        _copy(source, part)
        yield part
    except (OSError, sqlite3.Error) as fault:
        raise StoreRefused(f"{source} could not be restored ({fault}); nothing was changed") from None
    finally:
        _remove(part)


def put_in_place(folder: Path, part: Path, name: str) -> Path | None:
    """Make `part` the database of this folder; the present one, if any, is kept under `name`: its path.

    At every moment of it there is a database: a bot that finds none would begin anew.
    """
    with closing(_open(part)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file that is renamed
    _sync(part)
    present, aside = folder / DATABASE, folder / name
    kept = present.exists()
    if kept:
        os.link(present, aside)
        for end in BESIDE:  # first: SQLite would read an old log into the new database
            with suppress(FileNotFoundError):
                present.with_name(present.name + end).rename(aside.with_name(aside.name + end))
    part.replace(present)
    _sync(folder)
    return aside if kept else None


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    with closing(_open(source)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)  # in one step: a reader hinders no writer
        here.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    _sync(target)


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file() or path.is_symlink():
        raise StoreRefused(f"{path} is no file")
    return sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True, isolation_level=None)


def _inspect(path: Path, connection: sqlite3.Connection) -> BackupFacts:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreRefused(f"{path} is damaged ({verdict}); take another backup")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision is None or revision[0] not in known_revisions():
        raise StoreRefused(f"{path} was made by a newer version of ranmailbot; install that one, then restore")
    rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}  # noqa: S608 - names of ours
    newest = connection.execute("SELECT max(at) FROM outcomes").fetchone()[0]
    highest = connection.execute("SELECT max(number) FROM applications").fetchone()[0]
    calls = frozenset(row[0] for row in connection.execute("SELECT DISTINCT call FROM outcomes"))
    moment = None if newest is None else EPOCH + timedelta(microseconds=newest)
    return BackupFacts(path.stat().st_size, rows, moment, highest or 0, calls)


def _remove(part: Path) -> None:
    for end in ("", *BESIDE, "-journal"):
        part.with_name(part.name + end).unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
