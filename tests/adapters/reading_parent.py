"""A process that opens a reading room, keeps its children busy, says who they are, and waits to be killed."""

from __future__ import annotations

import multiprocessing
import sys
import threading

from ranmailbot.adapters.reading_room import ChildReadingRoom
from tests.adapters.test_child_reading_room import GOOD, LIMITS, NOW, envelope, reader

if __name__ == "__main__":
    room = ChildReadingRoom(reader(), LIMITS)
    room.read([envelope(GOOD)], [NOW])
    burning = [envelope(b"From: a@x.example\n\ntrouble: sleeps\n")] * 2
    threading.Thread(target=room.read, args=(burning, [NOW] * 2), daemon=True).start()
    sys.stdout.write(" ".join(str(child.pid) for child in multiprocessing.active_children()) + "\n")
    sys.stdout.flush()
    input()
