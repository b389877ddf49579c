"""The spool: every mailbox of the built-in server as plain files that outlive a crash.

Layout: `accounts/<address>/<folder>/<uid>_<received>_<size>_<flags>.eml`, beside it `folder.json` with UIDVALIDITY and
the highest UID that may have been given away. A message is complete in `tmp/` and on the disk before it gets its name,
so a name never stands for half a message. Contents stay on disk; memory holds four small values for each message.
Used by one event loop only (`write` and `sync`, which wait for the disk, may run in a thread).
Known limit: POSIX file systems with hard links.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

_MESSAGE = re.compile(r"(\d+)_(-?\d+)_(\d+)_([A-Z]*)\.eml")
_RESERVE = 1000
_REMEMBERED_CHANGES = 20_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """One message in a folder. `received` is in seconds since 1970, `flags` are Maildir letters (D, F, R, S, T)."""

    uid: int
    received: int
    size: int
    flags: str

    @property
    def stamp(self) -> datetime:
        """INTERNALDATE, aware, UTC."""
        return datetime.fromtimestamp(self.received, UTC)

    @property
    def file_name(self) -> str:
        """Everything there is to know about it is its name."""
        return f"{self.uid}_{self.received}_{self.size}_{self.flags}.eml"


@dataclass(slots=True, eq=False)
class Folder:
    """One folder: messages by UID, in order. UIDs only ever grow, also over a crash (RFC 3501 2.3.1.1)."""

    path: Path
    uidvalidity: int
    next_uid: int
    reserved: int
    messages: dict[int, Stored] = field(default_factory=dict)
    changes: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_CHANGES))
    """UIDs that came, changed or went, the latest last; the last one has the number `change`."""
    change: int = 0
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def add(self, source: Path, received: int, size: int, flags: str = "") -> Stored:
        """Give a complete file a UID and a place here (by hard link: the same file may lie in several folders)."""
        stored = Stored(self.give_uid(), received, size, flags)
        os.link(source, self.path / stored.file_name)
        return self.came(stored)

    def copy(self, stored: Stored, target: Folder) -> Stored:
        """Copy a message of this folder to another one; date and flags stay."""
        return target.add(self.path / stored.file_name, stored.received, stored.size, stored.flags)

    def move(self, stored: Stored, target: Folder) -> Stored:
        """Move a message of this folder to another one in one step that cannot be half done."""
        moved = replace(stored, uid=target.give_uid())
        (self.path / stored.file_name).rename(target.path / moved.file_name)
        self._went(stored.uid)
        return target.came(moved)

    def set_flags(self, stored: Stored, flags: str) -> Stored:
        """The same message with other flags."""
        changed = replace(stored, flags="".join(sorted(flags)))
        if changed != stored:
            (self.path / stored.file_name).rename(self.path / changed.file_name)
            self.came(changed)
        return changed

    def remove(self, stored: Stored) -> None:
        """Delete a message."""
        (self.path / stored.file_name).unlink(missing_ok=True)
        self._went(stored.uid)

    def content(self, stored: Stored) -> bytes | None:
        """All bytes of a message; None if it is gone by now."""
        now = self.messages.get(stored.uid)
        if now is None:
            return None
        return (self.path / now.file_name).read_bytes()

    def since(self, change: int) -> set[int] | None:
        """UIDs that came, changed or went after that change; None if it is too long ago to know."""
        missed = self.change - change
        if missed > len(self.changes):
            return None
        return set(islice(reversed(self.changes), missed))

    def close(self) -> None:
        """Give unused UIDs back. Without it (a crash) the next UIDs are merely higher."""
        _write_identity(self.path, self.uidvalidity, self.next_uid - 1)

    def give_uid(self) -> int:
        """A UID never given before."""
        if self.next_uid > self.reserved:
            self.reserved = self.next_uid + _RESERVE
            _write_identity(self.path, self.uidvalidity, self.reserved)
        self.next_uid += 1
        return self.next_uid - 1

    def came(self, stored: Stored) -> Stored:
        """Take a message whose file lies here by now, new or changed."""
        self.messages[stored.uid] = stored
        self._changed(stored.uid)
        return stored

    def _went(self, uid: int) -> None:
        self.messages.pop(uid, None)
        self._changed(uid)

    def _changed(self, uid: int) -> None:
        self.change += 1
        self.changes.append(uid)
        for listener in self.listeners:
            listener()


@dataclass(slots=True, eq=False)
class Account:
    """All folders of one address."""

    path: Path
    folders: dict[str, Folder]
    subscribed: set[str]

    def folder(self, name: str, uidvalidity: int) -> Folder:
        """The folder of that name, made with this UIDVALIDITY if missing."""
        if name not in self.folders:
            self.folders[name] = _new_folder(self.path / _file_name(name), uidvalidity)
        return self.folders[name]

    def rename(self, before: str, after: str) -> None:
        """Rename a folder; its messages keep their UIDs."""
        folder = self.folders.pop(before)
        target = self.path / _file_name(after)
        folder.path = folder.path.rename(target)
        self.folders[after] = folder
        sync([self.path])

    def delete(self, name: str) -> None:
        """Delete a folder and everything in it."""
        shutil.rmtree(self.folders.pop(name).path)

    def subscribe(self, name: str, wanted: bool) -> None:
        """Remember that the clients of this account show the folder."""
        (self.subscribed.add if wanted else self.subscribed.discard)(name)
        _write_durably(self.path / "subscribed.json", json.dumps(sorted(self.subscribed)).encode())


@dataclass(slots=True)
class Spool:
    """All mail on disk. `now` gives the aware time for stamps and for the UIDVALIDITY of new folders."""

    root: Path
    now: Callable[[], datetime]
    accounts: dict[str, Account] = field(default_factory=dict)
    last_uidvalidity: int = 0
    serial: Iterator[int] = field(default_factory=count)

    def account(self, address: str) -> Account:
        """The mailboxes of that address (case-folded), made with an INBOX if missing."""
        key = address.casefold()
        if key not in self.accounts:
            self.accounts[key] = _load_account(self.root / "accounts" / _file_name(key))
            self.folder(key, "INBOX")
        return self.accounts[key]

    def folder(self, address: str, name: str) -> Folder:
        """One folder of one address, made if missing."""
        account = self.account(address)
        return account.folders.get(name) or account.folder(name, self.new_uidvalidity())

    def new_uidvalidity(self) -> int:
        """A number larger than any before, so that a folder that is deleted and made anew is a new one."""
        self.last_uidvalidity = max(self.last_uidvalidity + 1, int(self.now().timestamp()))
        return self.last_uidvalidity

    def write(self, content: bytes) -> Path:
        """A new complete file in `tmp/`, safe on disk; takes as long as the disk takes, so call it in a thread."""
        path = self.root / "tmp" / f"{next(self.serial)}.eml"
        _write_and_sync(path, content)
        return path

    def close(self) -> None:
        """Leave everything tidy. Nothing is lost without it."""
        for account in self.accounts.values():
            for folder in account.folders.values():
                folder.close()


def open_spool(root: Path, now: Callable[[], datetime]) -> Spool:
    """Open or make a spool, readable by nobody else; leftovers of unfinished deliveries are removed."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    (root / "accounts").mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(root / "tmp", ignore_errors=True)
    (root / "tmp").mkdir(mode=0o700)
    return Spool(root, now)


def lock(root: Path) -> IO[bytes] | None:
    """Hold the spool for this process until the file is closed; None while another process holds it."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = (root / "lock").open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def sync(directories: Iterable[Path]) -> None:
    """Make the names in these directories safe on disk."""
    for directory in set(directories):
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _load_account(path: Path) -> Account:
    path.mkdir(mode=0o700, exist_ok=True)
    names = sorted(child.name for child in path.iterdir() if (child / "folder.json").is_file())
    folders = {unquote(name): _load_folder(path / name) for name in names}
    remembered = path / "subscribed.json"
    subscribed = set(json.loads(remembered.read_bytes())) if remembered.is_file() else set()
    return Account(path, folders, subscribed)


def _load_folder(path: Path) -> Folder:
    identity = json.loads((path / "folder.json").read_bytes())
    with os.scandir(path) as entries:
        found = sorted(
            (stored for entry in entries if (stored := _parse(entry.name)) is not None), key=lambda stored: stored.uid
        )
    reserved = max([int(identity["reserved"]), *(stored.uid for stored in found)])
    return Folder(path, int(identity["uidvalidity"]), reserved + 1, reserved, {stored.uid: stored for stored in found})


def _new_folder(path: Path, uidvalidity: int) -> Folder:
    path.mkdir(mode=0o700, exist_ok=True)
    _write_identity(path, uidvalidity, 0)
    sync([path.parent])
    return Folder(path, uidvalidity, 1, 0)


def _parse(file_name: str) -> Stored | None:
    match = _MESSAGE.fullmatch(file_name)
    return Stored(int(match[1]), int(match[2]), int(match[3]), match[4]) if match else None


def _file_name(name: str) -> str:
    """A name for the disk that cannot leave its directory, whatever a client called its folder."""
    safe = quote(name, safe="@+ ")
    safe = "%2E" + safe[1:] if safe.startswith(".") else safe
    if len(safe) > _LONGEST_NAME:
        # Only addresses get here: IMAP folder names that long are refused before.
        return hashlib.sha256(name.encode()).hexdigest()
    return safe


def fits(name: str) -> bool:
    """Whether a folder name is short enough to be kept as it is."""
    return bool(name) and len(quote(name, safe="@+ ")) <= _LONGEST_NAME - 2


def _write_identity(path: Path, uidvalidity: int, reserved: int) -> None:
    _write_durably(path / "folder.json", json.dumps({"uidvalidity": uidvalidity, "reserved": reserved}).encode())


def _write_durably(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".new")
    _write_and_sync(unfinished, content)
    unfinished.rename(path)
    sync([path.parent])


def _write_and_sync(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
