"""A little room that is kept on the disk: given up when the disk is full, so that what must be written still can be.

While it is gone nothing new is fetched and no mailing is written; mails go on being handed over and erased. It is made
anew as soon as there is room for it twice. Known limit: other programs may take the room before we do.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

FULL, INPUT_OUTPUT = 13, 10
"""SQLite's primary result codes SQLITE_FULL and SQLITE_IOERR (sqlite.org/rescode.html)."""
PRIMARY = 0xFF


@dataclass(frozen=True, slots=True)
class Reserve:
    """A file of `size` bytes that holds nothing."""

    path: Path
    size: int = 8_000_000

    def keep(self) -> bool:
        """Make it if it is missing and there is room; whether it is there."""
        if self.path.exists():
            return True
        if self._free() < 2 * self.size:
            return False
        part = self.path.with_suffix(".part")
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self.size)
        except OSError:
            part.unlink()
            return False
        finally:
            os.close(handle)
        part.replace(self.path)
        return True

    def give_up_if(self, fault: OperationalError) -> bool:
        """Give the room away if this fault says that the disk is full; whether it does."""
        code = getattr(fault.orig, "sqlite_errorcode", 0) & PRIMARY
        full = code == FULL or (code == INPUT_OUTPUT and self._free() < self.size)
        if full:
            with suppress(FileNotFoundError):
                self.path.unlink()
        return full

    def _free(self) -> int:
        disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize
