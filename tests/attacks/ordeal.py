"""Mails through the children of a real reading room, each measured: what became of it, how long, how much memory.

Also by hand: `python -m tests.attacks.ordeal [FOLDER]` reads our own hostile mails, or every file in a folder.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ranmailbot.adapters.reading_room import ChildReadingRoom
from ranmailbot.adapters.whole_reading import WholeReader
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unreadable
from tests.attacks.hostile import MAILS
from tests.fuzz.targets import NOW, whole_reader

SECONDS, MEGABYTES = 15, 512
GOOD = b"From: a@x.example\nSubject: x\nMessage-ID: <1@x.example>\n\n1. words\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one mail: its kind, or why it is unreadable; seconds of the clock; peak of the child so far."""

    name: str
    kind: str
    seconds: float
    megabytes: int


@dataclass(frozen=True, slots=True)
class MeasuredReader:
    """Reads like the real one, and tells the kind and the peak of its own process instead of the letter."""

    real: WholeReader

    def prepare(self) -> None:
        """What judging loads late."""
        self.real.prepare()

    def read_one(self, envelope: Envelope, arrived: datetime) -> tuple[str, int]:
        """The kind, and megabytes."""
        read = self.real.read_one(envelope, arrived)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return (f"unreadable: {read.reason}" if isinstance(read, Unreadable) else read.kind), peak


def ordeal(mails: Iterable[tuple[str, Callable[[], bytes]]]) -> Iterator[Told]:
    """Each mail alone, and an honest one after it: that one must always be read."""
    room = ChildReadingRoom(MeasuredReader(whole_reader()), Limits())
    room.prepare()
    try:
        for name, make in mails:
            raw = make()
            started = time.monotonic()
            (read,) = room.read([_envelope(raw)], [NOW])
            seconds = time.monotonic() - started
            (after,) = room.read([_envelope(GOOD)], [NOW])
            assert not isinstance(after, Unreadable), f"after {name} the next one was not read"
            kind, peak = (f"unreadable: {read.reason}", 0) if isinstance(read, Unreadable) else read
            yield Told(name, kind, seconds, peak)
    finally:
        room.close()


def _envelope(raw: bytes) -> Envelope:
    return Envelope("INBOX", 1, 1, NOW, len(raw), raw)


def _files(folder: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    return ((path.name, path.read_bytes) for path in sorted(folder.iterdir()) if path.is_file())


def main(arguments: list[str]) -> int:
    """Read them and print what stands out. 1 if a promise was broken."""
    told = []
    for one in ordeal(_files(Path(arguments[0])) if arguments else MAILS.items()):
        told.append(one)
        if one.kind.startswith("unreadable") or one.seconds > SECONDS / 5:
            sys.stdout.write(f"{one.seconds:6.2f} s {one.megabytes:4d} MB  {one.name}: {one.kind}\n")
            sys.stdout.flush()
    slowest, largest = max(told, key=lambda one: one.seconds), max(told, key=lambda one: one.megabytes)
    sys.stdout.write(f"{len(told)} mails; slowest {slowest.seconds:.2f} s ({slowest.name}), ")
    sys.stdout.write(f"largest {largest.megabytes} MB (by {largest.name})\n")
    return int(slowest.seconds > SECONDS or largest.megabytes > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
