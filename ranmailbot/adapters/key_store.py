"""The key store: one data key for each owner, wrapped, in a small file of its own beside the database.

Fear: whoever gets old copies of the database. Wrapped keys never stand in it or in its backups: destroying a key here
makes its owner's rows unreadable in every copy of the database that was ever made. Known limits: a destroyed key lives
on in the store's own daily backups for seven days; what a disk keeps of overwritten blocks is out of our hands, and
worthless without the wrapping key.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ranmailbot.adapters.wrapping_key import KEY_BYTES, fingerprint
from ranmailbot.ports import Unavailable
from ranmailbot.sealing import SealBroken

FILE = "keys.sqlite"
BACKUPS = "backups"
BACKUP_DAYS = 7
ID_BYTES = 8
NONCE_BYTES = 12
BUSY_SECONDS = 30
CACHED = 4096
LOOKUP = "lookup"
"""The owner of the key that look-up hashes are made with; it never changes."""
DAMAGED = f"the key store is damaged; put a copy of it back (the folder `{BACKUPS}` beside it has one for each day)"
SCHEMA = """
CREATE TABLE keys (owner TEXT PRIMARY KEY, id BLOB, wrapped BLOB) WITHOUT ROWID;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One owner's data key. `id` tells it from an earlier key of the same owner."""

    id: bytes
    plain: bytes

    @property
    def cipher(self) -> AESGCM:
        """Made each time, in three microseconds: kept for thousands of owners it would take 3 KiB for each."""
        return AESGCM(self.plain)


class KeyStore:
    """The keys of one database. Threads may share it; several processes may open it beside each other.

    New keys wait in memory until `keep`, which the database's transaction calls before it commits.
    """

    def __init__(self, connection: sqlite3.Connection, wrapping: bytes) -> None:
        """Made by `open_store` and `temporary_store`. Raises SealBroken if the wrapping key is not this store's."""
        self._connection, self._wrapping = connection, AESGCM(wrapping)
        self._lock = threading.RLock()
        self._known: dict[str, Key] = {}
        self._new: dict[str, Key] = {}
        self._version = self._data_version()
        self.id = _about(connection, "store")
        if _about(connection, "wrapping") != fingerprint(wrapping):
            raise SealBroken(
                "the wrapping key does not fit the key store; give the bot the key that was in force when this store "
                "was last used ([keys] in config.toml, or the file wrapping.key beside the store)"
            )

    def find(self, owner: str) -> Key | None:
        """This owner's key, or None if there is none, or none any more. Raises SealBroken."""
        with self._lock:
            known = self._known.get(owner) or self._new.get(owner)
            if known is not None:
                return known
            row = self._row(owner)
            if row is None or row[0] is None:
                return None
            plain = _unwrap(self._wrapping, owner, row[1])
            return self._remember(owner, Key(row[0], plain))

    def make(self, owner: str) -> Key:
        """A new key for an owner who has none; on the disk with the next `keep`."""
        with self._lock:
            plain = secrets.token_bytes(KEY_BYTES)
            key = self._new[owner] = Key(secrets.token_bytes(ID_BYTES), plain)
            return key

    def gone(self, owner: str) -> bool:
        """Whether this owner's key was destroyed for ever, so that none may be made again."""
        with self._lock:
            row = self._row(owner)
            return row is not None and row[0] is None

    def refresh(self) -> None:
        """Forget what another process may have destroyed meanwhile. Cheap: asked before every transaction."""
        with self._lock:
            version = self._data_version()
            if version != self._version:
                self._version = version
                self._known.clear()

    def keep(self) -> None:
        """Everything new goes to the disk (fsync), in one transaction. Raises Unavailable."""
        with self._lock:
            if not self._new:
                return
            rows = [(owner, key.id, _wrap(self._wrapping, owner, key.plain)) for owner, key in self._new.items()]
            with self._writing():
                self._connection.executemany("INSERT INTO keys (owner, id, wrapped) VALUES (?, ?, ?)", rows)
            for owner, key in self._new.items():
                self._remember(owner, key)
            self._new.clear()

    def forget(self) -> None:
        """What was new is not wanted after all: the database rolled back."""
        with self._lock:
            self._new.clear()

    def owners(self, beginning: str = "") -> tuple[str, ...]:
        """The owners that have a key, in order."""
        query = "SELECT owner FROM keys WHERE id IS NOT NULL AND substr(owner, 1, ?) = ? ORDER BY owner"
        with self._lock:
            rows = self._connection.execute(query, (len(beginning), beginning)).fetchall()
        return tuple(str(row[0]) for row in rows)

    def ever(self, beginning: str) -> tuple[str, ...]:
        """The owners that have a key, or whose key was destroyed for ever, in order."""
        query = "SELECT owner FROM keys WHERE substr(owner, 1, ?) = ? ORDER BY owner"
        with self._lock:
            rows = self._connection.execute(query, (len(beginning), beginning)).fetchall()
        return tuple(str(row[0]) for row in rows)

    def destroy(self, owners: Iterable[str], *, for_ever: bool = False) -> int:
        """Destroy these keys, overwritten on the disk; how many there were. `for_ever`: none is made again."""
        wanted = list(owners)
        with self._lock:
            had = sum(self._row(owner) is not None for owner in wanted)
            with self._writing():
                for owner in wanted:
                    self._connection.execute("DELETE FROM keys WHERE owner = ?", (owner,))
                    if for_ever:
                        self._connection.execute("INSERT INTO keys (owner) VALUES (?)", (owner,))
            self._known.clear()
        return had

    def tended(self) -> date | None:
        """The day of the last `note_tended`."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM about WHERE name = 'tended'").fetchone()
        return date.fromisoformat(row[0]) if row else None

    def note_tended(self, day: date) -> None:
        """Remember when the keys were looked after. Raises Unavailable."""
        with self._lock, self._writing():
            self._connection.execute("INSERT OR REPLACE INTO about VALUES ('tended', ?)", (day.isoformat(),))

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def copy(self, path: Path) -> None:
        """A copy of the store as it is now (0600, fsynced). Raises FileExistsError."""
        temporary = path.with_name(f".{path.name}.part")
        temporary.unlink(missing_ok=True)
        if path.exists():
            raise FileExistsError(path)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with self._lock, closing(sqlite3.connect(temporary)) as other:
            self._connection.backup(other)
        _sync(temporary)
        temporary.rename(path)
        _sync(path.parent)

    def _row(self, owner: str) -> tuple[bytes | None, bytes] | None:
        found: tuple[bytes | None, bytes] | None = self._connection.execute(
            "SELECT id, wrapped FROM keys WHERE owner = ?", (owner,)
        ).fetchone()
        return found

    def _remember(self, owner: str, key: Key) -> Key:
        if len(self._known) >= CACHED:
            self._known.pop(next(iter(self._known)))
        self._known[owner] = key
        return key

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as fault:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise Unavailable(f"the key store cannot be written just now ({type(fault).__name__})") from fault


def open_store(folder: Path, wrapping: bytes, *, make: bool) -> KeyStore:
    """The store in this folder (0700). `make`: a new one if there is none. Raises SealBroken with the remedy."""
    path = folder / FILE
    if not path.exists():
        if not make:
            raise SealBroken(
                f"there is a database, but its key store {path} is missing: without it nothing in the database can be "
                f"read. Put the key store back (its daily copies are in {folder / BACKUPS})"
            )
        _create(path, wrapping)
    _private(path)
    return KeyStore(_connect(path), wrapping)


def temporary_store(wrapping: bytes, lookup: bytes = b"") -> KeyStore:
    """A store in memory, for trials and tests; with a `lookup` key given, rows have the same order in each of them."""
    connection = _connect(Path(":memory:"))
    _fill(connection, wrapping, lookup)
    return KeyStore(connection, wrapping)


def keep_backups(store: KeyStore, folder: Path, today: date) -> None:
    """One copy a day; copies older than seven days go, and with them what was destroyed meanwhile."""
    place = folder / BACKUPS
    place.mkdir(mode=0o700, exist_ok=True)
    oldest = today - timedelta(days=BACKUP_DAYS)
    for path in place.glob("keys-*.sqlite"):
        if path.stem.removeprefix("keys-") < oldest.isoformat():
            path.unlink()
    path = place / f"keys-{today.isoformat()}.sqlite"
    if not path.exists():
        store.copy(path)


def rewrap(folder: Path, old: bytes, new: bytes) -> int:
    """Wrap every key anew, in the store and in its backups; how many keys the store has. The keys stay.

    May be called again after a crash: files that are wrapped with the new key are left alone. Raises SealBroken.
    """
    count = 0
    for path in (*sorted((folder / BACKUPS).glob("keys-*.sqlite")), folder / FILE):
        with closing(_connect(path)) as connection:
            count = _rewrap(connection, old, new)
    return count


def wrapped_with(folder: Path) -> str:
    """The fingerprint of the wrapping key of the store in this folder; empty if there is no store."""
    path = folder / FILE
    if not path.exists():
        return ""
    with closing(_connect(path)) as connection:
        return _about(connection, "wrapping")


def _rewrap(connection: sqlite3.Connection, old: bytes, new: bytes) -> int:
    before, after = AESGCM(old), AESGCM(new)
    connection.execute("BEGIN IMMEDIATE")
    rows = connection.execute("SELECT owner, wrapped FROM keys WHERE wrapped IS NOT NULL").fetchall()
    if _about(connection, "wrapping") != fingerprint(new):
        changed = [(_wrap(after, owner, _unwrap(before, owner, wrapped)), owner) for owner, wrapped in rows]
        connection.executemany("UPDATE keys SET wrapped = ? WHERE owner = ?", changed)
        connection.execute("UPDATE about SET value = ? WHERE name = 'wrapping'", (fingerprint(new),))
    connection.execute("COMMIT")
    return len(rows)


def _create(path: Path, wrapping: bytes) -> None:
    """A whole store or none: made under another name, then renamed."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    with closing(_connect(temporary)) as connection:
        _fill(connection, wrapping)
    _sync(temporary)
    temporary.rename(path)
    _sync(path.parent)


def _fill(connection: sqlite3.Connection, wrapping: bytes, lookup: bytes = b"") -> None:
    connection.executescript(SCHEMA)
    about = {"store": secrets.token_hex(ID_BYTES), "wrapping": fingerprint(wrapping)}
    connection.executemany("INSERT INTO about (name, value) VALUES (?, ?)", about.items())
    wrapped = _wrap(AESGCM(wrapping), LOOKUP, lookup or secrets.token_bytes(KEY_BYTES))
    row = (LOOKUP, secrets.token_bytes(ID_BYTES), wrapped)
    connection.execute("INSERT INTO keys (owner, id, wrapped) VALUES (?, ?, ?)", row)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # What is deleted is overwritten; no write-ahead log, in which old keys would stand for a while.
    try:
        for pragma in ("secure_delete=ON", "journal_mode=DELETE", "synchronous=EXTRA"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.OperationalError as fault:
        connection.close()
        raise Unavailable("the key store cannot be opened just now") from fault
    except sqlite3.DatabaseError:
        connection.close()
        raise SealBroken(DAMAGED) from None
    return connection


def _private(path: Path) -> None:
    if path.is_symlink():
        raise SealBroken(f"the key store {path} is a symbolic link; it must be a plain file")
    for place, mode in ((path.parent, "700"), (path, "600")):
        if place.stat().st_mode & 0o077:
            raise SealBroken(f"{place} can be read by others; run: chmod {mode} {place}")


def _about(connection: sqlite3.Connection, name: str) -> str:
    try:
        return str(connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        raise SealBroken(DAMAGED) from None


def _wrap(wrapping: AESGCM, owner: str, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + wrapping.encrypt(nonce, plain, owner.encode())


def _unwrap(wrapping: AESGCM, owner: str, wrapped: bytes) -> bytes:
    try:
        return wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())
    except InvalidTag:
        raise SealBroken("a key in the key store was changed; put a copy of the store back") from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
