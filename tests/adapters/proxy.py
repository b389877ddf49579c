"""A TCP proxy that spoils connections: cuts them after so many bytes, stalls, garbles, drips.

TLS may run through it from end to end, or `dial` ends it here: then the very bytes of IMAP and SMTP are spoiled.
Known limit: counts bytes as they pass; what TLS makes of the same words differs by a few bytes from run to run.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["server", "client"]
"""Whose words: what the server says, or what the client says."""
Deed = Literal["fin", "rst", "stall", "garble"]
DIRECTIONS: tuple[Direction, Direction] = ("server", "client")
Dial = Callable[[], tuple[socket.socket, bytes]]
"""A connection to the server, and what was read on it that belongs to the client."""
LINGER_NOT = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends RST."""
SEVERAL = 16
"""Bytes that are garbled in a row."""


@dataclass(frozen=True)
class Trouble:
    """What happens to one connection after so many bytes of one direction."""

    direction: Direction
    after: int
    deed: Deed


@dataclass
class Proxy:
    """Listens until it is closed. A trouble befalls the first connection that lives long enough for it; then none."""

    dial: Dial
    piece: int = 65536
    """Bytes that pass at once: 1 takes every line apart."""
    trouble: Trouble | None = None
    passed: dict[Direction, int] = field(default_factory=lambda: {"server": 0, "client": 0})
    """Bytes of the last connection."""
    heard: bytearray = field(default_factory=bytearray)
    """What the client of the last connection said."""
    port: int = 0
    connections: int = 0
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)

    def start(self) -> None:
        """Listen on a free port."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for one in self._open:
            one.close()

    def hang_up(self) -> None:
        """End all connections; new ones are taken."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def calm(self) -> None:
        """Wait until no more than one connection is left: those that ended take a moment to go."""
        for _ in range(200):
            if len(self._open) <= 2:
                return
            time.sleep(0.01)

    def arm(self, trouble: Trouble) -> None:
        """The next connection has it."""
        self.trouble = trouble

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self.passed, self.heard = {"server": 0, "client": 0}, bytearray()
            threading.Thread(target=self._one, args=(client, self.passed), daemon=True).start()

    def _one(self, client: socket.socket, passed: dict[Direction, int]) -> None:
        try:
            server, first = self.dial()
        except OSError:
            client.close()
            return
        for one in (client, server):
            one.settimeout(None)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open += [client, server]
        pair = _Pair(self, client, server, passed)
        back = threading.Thread(target=pair.pump, args=("client", client, server), daemon=True)
        back.start()
        pair.pump("server", server, client, first)
        back.join()
        for one in (client, server):
            one.close()
            self._open.remove(one)


@dataclass
class _Pair:
    """One connection and its other half."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    passed: dict[Direction, int]
    stalled: bool = False

    def pump(self, direction: Direction, source: socket.socket, target: socket.socket, first: bytes = b"") -> None:
        """Pass on what comes until one side ends."""
        try:
            data = first or source.recv(65536)
            while data:
                for start in range(0, len(data), self.proxy.piece):
                    if not self._pass(direction, data[start : start + self.proxy.piece], target):
                        return
                data = source.recv(65536)
        except (OSError, ValueError):
            pass  # the other half was ended, or by the trouble
        self._end()

    def _pass(self, direction: Direction, data: bytes, target: socket.socket) -> bool:
        """Hand these bytes on, as far as the trouble lets them. False if the connection has come to its end."""
        trouble = self.proxy.trouble
        before = self.passed[direction]
        if trouble is None or trouble.direction != direction or before + len(data) <= trouble.after:
            if not self.stalled:
                target.sendall(data)
            self.passed[direction] += len(data)
            if direction == "client":
                self.proxy.heard += data
            return True
        keep = max(0, trouble.after - before)
        if trouble.deed == "garble":
            self.proxy.trouble = None
            spoilt = bytes(byte ^ 0x15 for byte in data[keep : keep + SEVERAL])
            target.sendall(data[:keep] + spoilt + data[keep + SEVERAL :])
            self.passed[direction] += len(data)
            return True
        if keep:
            target.sendall(data[:keep])
            self.passed[direction] += keep
        self.proxy.trouble = None
        if trouble.deed == "stall":
            self.stalled = True
            return True
        self._end(hard=trouble.deed == "rst")
        return False

    def _end(self, *, hard: bool = False) -> None:
        """Both halves, so that both sides see the end."""
        for one in (self.client, self.server):
            with suppress(OSError):
                if hard:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                else:
                    one.shutdown(socket.SHUT_RDWR)
        if hard:
            for one in (self.client, self.server):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RD)  # wakes whoever reads; the close that follows sends RST
            for one in (self.client, self.server):
                one.close()


@contextmanager
def proxied(dial: Dial, piece: int = 65536) -> Iterator[Proxy]:
    """A proxy until the block ends."""
    proxy = Proxy(dial, piece)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()


def plain(port: int, host: str = "127.0.0.1") -> Dial:
    """The bytes as they are, TLS too."""
    return lambda: (socket.create_connection((host, port), 10), b"")


def ending_tls(port: int, trusting: ssl.SSLContext) -> Dial:
    """TLS from here to the server; the client speaks plain text to us."""

    def dial() -> tuple[socket.socket, bytes]:
        connection = socket.create_connection(("127.0.0.1", port), 10)
        return trusting.wrap_socket(connection, server_hostname="localhost"), b""

    return dial


def ending_starttls(port: int, trusting: ssl.SSLContext) -> Dial:
    """The same for a submission server that wants STARTTLS: the client gets a greeting of ours."""

    def dial() -> tuple[socket.socket, bytes]:
        session = smtplib.SMTP("localhost", port, "proxy.example", timeout=10)
        session.starttls(context=trusting)
        assert session.sock is not None
        return session.sock, b"220 proxy.example ready\r\n"

    return dial
