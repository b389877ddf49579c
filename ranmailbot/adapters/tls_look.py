"""A look at how a mail server secures a connection: its certificate, or why there is none, before anybody logs in.

Fear: a server that says anything at all. Few bytes are read, each wait has a limit, and nothing it says is repeated.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from ranmailbot.adapters.tls import explain, tls_context
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.ports import Account

Protocol = Literal["imap", "smtp"]
_LONGEST_LINE = 2_000
_MOST_LINES = 50
_EXPIRED, _NOT_YET, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
_NO_AUTHORITY = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR_... of OpenSSL (openssl-verification-options, x509_vfy.h)."""


class Trouble(StrEnum):
    """Why no secure connection was made."""

    NAME = "name"
    """The host has no address."""
    REFUSED = "refused"
    SILENT = "silent"
    NO_STARTTLS = "no_starttls"
    NO_TLS = "no_tls"
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    NO_AUTHORITY = "no_authority"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was verified. `until` is aware UTC; `issuer` the name of who signed it."""

    issuer: str
    until: datetime
    version: str
    """The version of TLS, such as TLSv1.3."""


@dataclass(frozen=True, slots=True)
class NoTls:
    """No secure connection. `words` is a phrase of ours."""

    trouble: Trouble
    words: str


def look(account: Account, protocol: Protocol, seconds: float) -> Certificate | NoTls:
    """Connect, secure the connection as configured, and hang up. Takes `seconds` at most, names aside."""
    dog = Watchdog()
    try:
        with dog.within(seconds), socket.create_connection((account.host, account.port), seconds) as plain:
            dog.guard(plain)
            return _secured(plain, account, protocol)
    except (OSError, ValueError) as fault:
        return _why(fault, cut=dog.cut, plain=account.security == "starttls")
    finally:
        dog.release()


def _secured(plain: socket.socket, account: Account, protocol: Protocol) -> Certificate | NoTls:
    context = tls_context(account)
    if context is None:
        raise ValueError("a connection in clear has no certificate")
    if account.security == "starttls" and not _STARTTLS[protocol](plain):
        return NoTls(Trouble.NO_STARTTLS, "it does not offer STARTTLS")
    with context.wrap_socket(plain, server_hostname=account.host) as secured:
        facts, version = secured.getpeercert() or {}, secured.version() or "TLS"
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(facts.get("notAfter", ""))), UTC)
    return Certificate(_issuer(facts.get("issuer", ())), until, version)


def _issuer(parts: object) -> str:
    """The organisation that signed it, or else its common name."""
    pairs = [pair for part in (parts if isinstance(parts, tuple) else ()) for pair in part]
    named = {str(name): str(value) for name, value in pairs}
    return named.get("organizationName") or named.get("commonName") or "somebody without a name"


def _imap(plain: socket.socket) -> bool:
    _line(plain)
    plain.sendall(b"a STARTTLS\r\n")
    for _ in range(_MOST_LINES):
        if (line := _line(plain)).startswith(b"a "):
            return line.upper().startswith(b"A OK")
    return False


def _smtp(plain: socket.socket) -> bool:
    _reply(plain)
    plain.sendall(b"EHLO localhost\r\n")
    offers = [line[4:].strip().upper() for line in _reply(plain)]
    if b"STARTTLS" not in offers:
        return False
    plain.sendall(b"STARTTLS\r\n")
    return _reply(plain)[-1].startswith(b"220")


_STARTTLS: dict[Protocol, Callable[[socket.socket], bool]] = {"imap": _imap, "smtp": _smtp}


def _reply(plain: socket.socket) -> list[bytes]:
    """All lines of one SMTP reply (RFC 5321 4.2.1)."""
    lines = [_line(plain)]
    while lines[-1][3:4] == b"-" and len(lines) < _MOST_LINES:
        lines.append(_line(plain))
    return lines


def _line(plain: socket.socket) -> bytes:
    """One line, byte by byte: not one byte of what follows STARTTLS may be taken."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = plain.recv(1)
        if not byte or len(line) > _LONGEST_LINE:
            raise ConnectionError
        line += byte
    return bytes(line)


def _why(fault: Exception, *, cut: bool, plain: bool) -> NoTls:
    if isinstance(fault, (socket.gaierror, UnicodeError)):
        return NoTls(Trouble.NAME, "its name is not known")
    if cut or isinstance(fault, TimeoutError):
        return NoTls(Trouble.SILENT, "no answer in time")
    if isinstance(fault, ConnectionRefusedError):
        return NoTls(Trouble.REFUSED, explain(fault))
    if isinstance(fault, ssl.SSLCertVerificationError):
        return NoTls(_certificate_trouble(fault.verify_code), f"its certificate is not valid ({fault.verify_message})")
    if isinstance(fault, ssl.SSLError) and not plain:
        return NoTls(Trouble.NO_TLS, "what answers there is no TLS")
    return NoTls(Trouble.OTHER, explain(fault))


def _certificate_trouble(code: int) -> Trouble:
    if code in (_EXPIRED, _NOT_YET):
        return Trouble.EXPIRED
    if code in (_WRONG_NAME, _WRONG_ADDRESS):
        return Trouble.WRONG_NAME
    return Trouble.NO_AUTHORITY if code in _NO_AUTHORITY else Trouble.OTHER
