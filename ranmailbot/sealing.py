"""What we need of keys, in our own words: to seal what is personal, and to destroy what nobody may ever read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """Where the key is that wraps all others: its text (base64), else a command that prints it, else a file.

    `own`: the file is ours, made if there is none.
    """

    file: Path | None = None
    own: bool = False
    text: str = field(default="", repr=False)
    command: tuple[str, ...] = ()


class SealBroken(Exception):
    """Something sealed cannot be opened: the wrong key, or the data was changed. Says what to do, never the data."""


class KeyGone(Exception):
    """The key that this was sealed with was destroyed or has expired: nobody can ever read it again."""


class Seal(Protocol):
    """Stands between rows and personal data. `owner` says whose data it is; its key can be destroyed later."""

    def seal(self, owner: str, plain: bytes) -> bytes:
        """Raises KeyGone if this owner's key was destroyed for ever."""
        ...

    def unseal(self, owner: str, sealed: bytes) -> bytes:
        """Raises KeyGone, or SealBroken."""
        ...

    def gone(self, owner: str) -> bool:
        """Whether this owner's key was destroyed for ever."""
        ...

    def owners(self, beginning: str) -> tuple[str, ...]:
        """Owners with a key whose names begin like this."""
        ...

    def destroy(self, owners: Sequence[str], *, for_ever: bool = False) -> int:
        """Destroy their keys at once, whatever becomes of the transaction; how many. `for_ever`: never a new one."""
        ...

    def begin(self) -> None:
        """A transaction begins: what others destroyed meanwhile counts."""
        ...

    def keep(self) -> None:
        """A writing transaction is about to commit: its new keys go to the disk first. Raises Unavailable."""
        ...

    def forget(self) -> None:
        """A writing transaction has ended: new keys that were not kept are dropped."""
        ...

    def lookup(self, value: str) -> str:
        """A keyed hash by which a value is found again without being stored. Case and outer space do not matter."""
        ...
