"""Readers that do what hostile mail makes parsers do. In a module of their own: children import it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.mail.letter import Letter
from ranmailbot.ports import Envelope, Unreadable


@dataclass(frozen=True)
class Troubled:
    """Reads like the real one, but a letter that holds the name of a trouble meets it."""

    real: InProcessReadingRoom

    def prepare(self) -> None:
        self.real.prepare()

    def read_one(self, envelope: Envelope, arrived: datetime) -> Letter | Unreadable:
        for name, trouble in TROUBLES.items():
            if f"trouble: {name}".encode() in envelope.raw:
                return Unreadable(trouble())
        return self.real.read_one(envelope, arrived)


def _burns() -> str:
    while True:
        pass


def _sleeps() -> str:
    time.sleep(600)
    return "slept"


def _eats() -> str:
    try:
        return str(len(bytearray(2_000_000_000)))
    except MemoryError:
        return "no memory"


def _dies() -> str:
    os._exit(3)


def _asks_for_a_socket() -> str:
    try:
        socket.socket()
    except OSError as fault:
        return fault.strerror
    return "got a socket"


def _writes_a_file() -> str:
    try:
        Path("ranmailbot-reading-room-test").write_text("x", encoding="ascii")
    except OSError as fault:
        return fault.strerror
    return "wrote a file"


def _works() -> str:
    """Uses half a second of processor time."""
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    return "worked"


def _looks_around() -> str:
    return ",".join(os.environ)


class Doomed:
    """A reader that kills whoever unpickles it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)

    def read_one(self, envelope: Envelope, arrived: datetime) -> Letter | Unreadable:
        raise NotImplementedError


TROUBLES: dict[str, Callable[[], str]] = {
    "burns": _burns,
    "sleeps": _sleeps,
    "eats": _eats,
    "dies": _dies,
    "socket": _asks_for_a_socket,
    "file": _writes_a_file,
    "works": _works,
    "environment": _looks_around,
}
