"""A program at a terminal of its own (a pty): keys go in, the screen comes out, nobody has to watch."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from struct import pack
from termios import TIOCSWINSZ

ROWS, COLUMNS = 40, 100


@dataclass
class Terminal:
    """The running program. `seen` is all it ever wrote."""

    pid: int
    handle: int
    seen: bytearray = field(default_factory=bytearray)
    ended: bool = False

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.handle, keys.encode())

    def wait_for(self, words: str, seconds: float = 30) -> bool:
        """Whether these words came onto the screen after the last call, in time."""
        start, end = len(self.seen), time.monotonic() + seconds
        while time.monotonic() < end and not self.ended:
            self._listen(0.2)
            if words.encode() in self.seen[max(0, start - len(words)) :]:
                return True
        return False

    def listen(self, seconds: float) -> None:
        """Let it work for that long, or until it ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ended:
            self._listen(0.1)

    def _listen(self, seconds: float) -> None:
        ready, _, _ = select.select([self.handle], [], [], seconds)
        if not ready:
            return
        try:
            said = os.read(self.handle, 65536)
        except OSError:  # Linux says EIO when the program has closed its side
            said = b""
        self.ended = not said
        self.seen += said

    def close(self) -> None:
        """End the program if it has not ended by itself."""
        if not self.ended:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.handle)


def open_terminal(command: Sequence[str], environment: Mapping[str, str]) -> Terminal:
    """Start a program at a new terminal."""
    pid, handle = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - no shell: a client with its arguments
    ioctl(handle, TIOCSWINSZ, pack("HHHH", ROWS, COLUMNS, 0, 0))
    return Terminal(pid, handle)
