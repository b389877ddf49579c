"""Connection, migrations and locks: everything in which one database differs from another.

Fear: whoever else can write to this disk. The file is 0600 in a 0700 folder, and never a symbolic link.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, select, text

from ranmailbot.adapters.sql import tables
from ranmailbot.ports import Unavailable

BUSY_SECONDS = 30
KEY_STORE = "key_store"
MIGRATIONS = Path(__file__).parent / "migrations"


class StoreRefused(Exception):
    """The store cannot be used as it is. The text says why and what to do."""


def open_engine(folder: Path) -> Engine:
    """The database in this folder, made and migrated as needed. Raises StoreRefused."""
    path = _private_file(folder)
    # Values stand in no fault and in no log of the library, whatever level somebody sets.
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    _migrate(engine)
    return engine


@contextmanager
def worker_lock(folder: Path) -> Iterator[None]:
    """Hold the role of the worker on this folder; the command line needs no lock. Raises StoreRefused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreRefused(
                f"another worker already runs on {folder}; stop it first, or give this one a folder of its own "
                "([storage] folder in config.toml). Commands such as status and list work beside it."
            ) from None
        yield
    finally:
        os.close(handle)


def check_integrity(engine: Engine) -> None:
    """Raise StoreRefused if the database file is damaged."""
    with engine.connect() as connection:
        verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar()
    if verdict != "ok":
        raise StoreRefused(f"the database {engine.url.database} is damaged ({verdict}); restore it from a backup")


def key_store_of(engine: Engine) -> str:
    """The key store that this database was made with; empty for a new database. Raises StoreRefused."""
    about, letters = tables.about, tables.letters
    with engine.connect() as connection:
        found = connection.execute(select(about.c.value).where(about.c.name == KEY_STORE).limit(1)).scalar()
        used = connection.execute(select(letters.c.id).limit(1)).first()
    if found is None and used is not None:
        raise StoreRefused(
            f"the database {engine.url.database} was made by a version whose keys are no longer used; begin with a new "
            "folder ([storage] folder in config.toml)"
        )
    return str(found or "")


def bind_key_store(engine: Engine, call: str, store: str, at: datetime) -> None:
    """Remember the key store of a new database; refuse another one. Raises StoreRefused."""
    about = tables.about
    with engine.begin() as connection:
        mine = select(about.c.value).where(about.c.call == call, about.c.name == KEY_STORE)
        found = connection.execute(mine).scalar()
        if found is None:
            connection.execute(about.insert().values(call=call, name=KEY_STORE, value=store, at=at))
        elif found != store:
            raise StoreRefused(
                f"the database {engine.url.database} belongs to another key store ({found}, not {store}); restore the "
                "key store that was beside it"
            )


def _private_file(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "ranmailbot.sqlite"
    if folder.stat().st_mode & 0o077:
        raise StoreRefused(f"{folder} can be read by others; run: chmod 700 {folder}")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as fault:
        raise StoreRefused(
            f"the database {path} cannot be opened ({fault.strerror}); it must be a plain file"
        ) from None
    if path.stat().st_mode & 0o077:
        raise StoreRefused(f"{path} can be read by others; run: chmod 600 {path}")
    return path


def _prepare(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 - SQLAlchemy's event
    # The driver must not begin transactions by itself: ours begin IMMEDIATE, so that two writers never deadlock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def unavailable(fault: Exception) -> Unavailable:
    """What a locked or full database is to the rest of the house: come again later."""
    return Unavailable(f"the database cannot be used just now: {type(fault).__name__}")
