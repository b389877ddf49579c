"""One IMAP connection that cannot hang: imapclient with a deadline and a byte budget for each errand, and an IDLE.

Fear: a broken or hostile server. A drip or a flood of untagged lines never fires a socket timeout, so a watchdog cuts
the connection when a command takes too long, and no more bytes are read than the command could need.
imapclient 4.1's `idle_check` is not used: it swallows EOF, breaks on a line split over two segments and misses what
arrived together with "+ idling". Reaches into imapclient and imaplib where they offer no other way.
"""

from __future__ import annotations

import imaplib
import io
import math
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError, ProtocolError

from ranmailbot.adapters.bearer import Login, mechanism
from ranmailbot.adapters.login_faults import NO_BEARER, login_refused
from ranmailbot.adapters.tls import explain, tls_context
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.grants import AccessToken
from ranmailbot.ports import Account, Unavailable

BROKEN = (
    OSError,
    EOFError,
    imaplib.IMAP4.error,
    IMAPClientError,
    ProtocolError,
    # What imaplib and imapclient raise when they stumble over bytes that are no IMAP:
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
)
_NEWS = (b"EXISTS", b"RECENT")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how much we take of a server (seconds, bytes). `idle_seconds` must stay below 10 minutes."""

    connect_seconds: float = 20
    read_seconds: float = 60
    command_seconds: float = 90
    idle_seconds: float = 9 * 60
    poll_seconds: float = 60
    answer_bytes: int = 16_000_000
    slowest_bytes_per_second: int = 50_000


class Imap4(imaplib.IMAP4):
    """imaplib's half of the connection: tells the watchdog of its socket and reads no more than the budget."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, patience: Patience, dog: Watchdog) -> None:
        self._context = context
        self._patience = patience
        self._dog = dog
        self.budget = patience.answer_bytes
        super().__init__(host, port, timeout=patience.connect_seconds)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), timeout)
        # imapclient sends a command in two pieces; with Nagle's algorithm the second waits 40 ms for an ACK.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._dog.guard(connection)
        if self._context is None:
            return connection
        return self._context.wrap_socket(connection, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes, if the budget has them."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read one line."""
        line = super().readline()
        self._spend(len(line))
        return line

    def has_buffered(self) -> bool:
        """Whether bytes were read from the socket that nobody has looked at."""
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        unread = getattr(self, "_readbuf", None)  # Python 3.14 and later keep their own buffer
        return self._peek() if unread is None else bool(unread)

    def _peek(self) -> bool:
        timeout = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            return bool(cast("io.BufferedReader", self.file).peek(1))
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        finally:
            self.sock.settimeout(timeout)

    def _spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise self.abort("the answer is larger than anything that was asked for")


class Client(IMAPClient):  # type: ignore[misc]  # imapclient publishes no types
    """imapclient over our Imap4."""

    def __init__(self, account: Account, context: ssl.SSLContext | None, patience: Patience, dog: Watchdog) -> None:
        self._patience = patience
        self._dog = dog
        timeout = SocketTimeout(patience.connect_seconds, patience.read_seconds)
        direct = account.security == "tls"
        super().__init__(
            account.host, account.port, ssl=direct, ssl_context=context if direct else None, timeout=timeout
        )
        self.normalise_times = False  # otherwise INTERNALDATE becomes naive local time

    def _create_IMAP4(self) -> Imap4:  # noqa: N802 - imapclient's name
        return Imap4(self.host, self.port, self.ssl_context, self._patience, self._dog)

    def allow(self, size: int) -> None:
        """The budget of the next command: its answer may have so many bytes, and what every answer may have."""
        self._imap.budget = self._patience.answer_bytes + size

    def sign_in(self, account: Account, token: AccessToken) -> None:
        """AUTHENTICATE with a token; its first words go with the command if the server takes them so (RFC 4959).

        Raises LoginError with what the server said. imapclient's own way would say the token twice when it is refused.
        """
        name = mechanism(
            [ability.decode("ascii", "replace")[5:] for ability in self.capabilities() if _is_auth(ability)]
        )
        if name is None:
            raise LoginError(NO_BEARER)
        login = Login(name, account, token)
        words = [name, login.first().decode("ascii")] if self.has_capability("SASL-IR") else [name]
        self._imap.literal = login.answer  # imaplib asks it at every "+"
        try:
            kind, data = self._imap._simple_command("AUTHENTICATE", *words)  # noqa: SLF001 - imaplib's authenticate knows no SASL-IR
        finally:
            self._imap.literal = None
        if kind != "OK":
            raise LoginError(f"{str(data[0] or b'', 'ascii', 'replace')} {login.told}")
        self._imap.state = "AUTH"
        self._cached_capabilities = None

    def idle_for(self, seconds: float, wake: int) -> bool:
        """One round of IDLE: until news, until the descriptor `wake` is readable, or for so many seconds.

        True if a message may have come. Raises one of BROKEN.
        """
        self.idle()
        if not self._imap.has_buffered():
            readable([self.socket().fileno(), wake], seconds)
        _, told = self.idle_done()
        return any(isinstance(line, tuple) and len(line) > 1 and line[1] in _NEWS for line in told)


def connect(account: Account, patience: Patience, dog: Watchdog) -> tuple[Client, float]:
    """A connection, secured and logged in, and when it should be made anew (monotonic, for the token's sake).

    A token that is refused is thrown away, and another one tried, once. Raises Unavailable, saying what to look at.
    """
    if account.tokens is None:
        return _connected(account, None, patience, dog), math.inf
    token = account.tokens()
    try:
        return _connected(account, token, patience, dog), token.renew_at
    except _Refused as first:
        newer = account.tokens(token.text)
        if newer.text == token.text:
            raise first.told from None
    try:
        return _connected(account, newer, patience, dog), newer.renew_at
    except _Refused as second:
        raise second.told from None


class _Refused(Exception):
    """The server refused a token; `told` is what to say if there is no better one."""

    def __init__(self, told: Unavailable) -> None:
        super().__init__()
        self.told = told


def _connected(account: Account, token: AccessToken | None, patience: Patience, dog: Watchdog) -> Client:
    """Raises Unavailable, or _Refused for a token."""
    context = tls_context(account)
    client: Client | None = None
    try:
        with dog.within(patience.command_seconds):
            client = Client(account, context, patience, dog)
            if account.security == "starttls":
                client.starttls(context)
            if token is None:
                client.login(account.user, account.password)
            else:
                client.sign_in(account, token)
            client.capabilities()
            return client
    except LoginError as fault:
        told = login_refused("IMAP", account, token, str(fault))
        problem: Exception = told if token is None else _Refused(told)
    except BROKEN as fault:
        reason = "no answer in time" if dog.cut else explain(fault)
        problem = Unavailable(f"mailbox {account.host}:{account.port}: {reason}")
    if client is not None:
        drop(client, dog)
    raise problem


def drop(client: Client, dog: Watchdog) -> None:
    """Close the connection without a word."""
    with suppress(*BROKEN):
        client.shutdown()
    dog.release()


def readable(descriptors: list[int], seconds: float) -> list[int]:
    """Which of these can be read (or are at their end), waiting so long at most."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
    return [descriptor for descriptor, _ in poll.poll(max(0, int(seconds * 1000)))]


def uid_lists(uids: list[int], size: int) -> Iterator[list[int]]:
    """Integer UIDs in lists of at most `size`: imapclient 4 fails on sets such as "1:*" after the server has acted."""
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _is_auth(ability: bytes) -> bool:
    return ability.upper().startswith(b"AUTH=")


def section(answer: dict[bytes, Any], start: bytes) -> bytes:
    """The bytes of the first item whose name begins like this; empty if there is none."""
    for name, value in answer.items():
        if isinstance(name, bytes) and name.upper().startswith(start) and isinstance(value, bytes):
            return value
    return b""
