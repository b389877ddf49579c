"""Verified TLS or nothing: the one place where adapters learn how to secure a connection.

Fear: somebody between us and the provider. Certificates and host names are always verified; plain text is allowed to
this very machine only, where the built-in server listens.
"""

from __future__ import annotations

import imaplib
import ipaddress
import ssl
from pathlib import Path

from ranmailbot.ports import Account, Unavailable

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "no secure connection could be made (TLS)"),
    (ConnectionRefusedError, "nothing listens there (connection refused)"),
    (TimeoutError, "no answer in time"),
    (ConnectionError, "the connection was lost"),
    (EOFError, "the connection was lost"),
    (imaplib.IMAP4.abort, "the connection was ended, by a goodbye of the server or because its answer made no sense"),
)


def tls_context(account: Account) -> ssl.SSLContext | None:
    """A verifying context for this account; None for "none" on loopback.

    Raises ValueError for plain text to another machine, Unavailable if the CA file cannot be used.
    """
    if account.security == "none":
        if not is_loopback(account.host):
            raise ValueError(f'security "none" is for this machine only; {account.host} needs "tls" or "starttls"')
        return None
    return client_context(account.ca_file)


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """A verifying context: the system's authorities, or only those in `ca_file`. Raises Unavailable if it is no PEM."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise Unavailable(f"the CA file {ca_file} cannot be read as certificates in PEM form") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(host: str) -> bool:
    """Whether this name means this machine for certain, without asking any name server."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def explain(fault: BaseException) -> str:
    """What went wrong, without a word the other side said: that may hold addresses or what we sent."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not valid for us ({fault.verify_message})"
    for kind, words in _WORDS:
        if isinstance(fault, kind):
            return words
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return f"unexpected answer ({type(fault).__name__})"
