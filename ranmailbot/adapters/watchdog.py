"""The watchdog: cuts a connection that takes longer than allowed, whatever the other side does to keep it busy.

Fear: a server that drips or floods. A socket timeout counts from the last byte, so it never fires on a drip.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Watchdog:
    """Cuts a connection that takes longer than allowed. Known limit: one thread for each guarded command."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.cut = False

    def guard(self, connection: socket.socket) -> None:
        """Watch this connection: a duplicate stays valid while TLS wraps the original."""
        self.release()
        self._socket = connection.dup()
        self.cut = False

    def release(self) -> None:
        """Watch nothing any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let the body take so long at most."""
        timer = threading.Timer(seconds, self._bite)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _bite(self) -> None:
        self.cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
