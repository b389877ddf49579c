"""What the adapter tests share: one built-in server, sample mails, and a scripted server that misbehaves."""

from __future__ import annotations

import itertools
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ranmailbot.adapters.embedded import EmbeddedServer
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Account

BOT = "bot@call.example"
ARCHIVE = "archive+bot@call.example"
PASSWORD = "a sample password"
AUTHSERV = "mx.call.example"
_numbers = itertools.count(1)


class RealClock:
    """Time as it is: these tests talk to real servers."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def arrival(self, stamp: datetime) -> datetime:
        return stamp


def unique_address() -> str:
    """An address with a mailbox of its own on the shared server."""
    return f"reader-{next(_numbers)}@call.example"


def message(sender: str = "anna@example.org", *, subject: str = "hello", extra: str = "", body: str = "Hello") -> bytes:
    """A small mail with CRLF line ends."""
    lines = (f"From: {sender}", f"Subject: {subject}", f"Message-ID: <{subject}@example.org>")
    return "\r\n".join((*lines, *([extra] if extra else []), "", body, "")).encode()


def outgoing(recipient: str, *, number: int = 1, sender: str = BOT, content: bytes | None = None) -> OutgoingMail:
    """A mail of the bot."""
    content = message(BOT, subject=f"mail-{number}") if content is None else content
    form = SentForm(f"<mail-{number}@example.org>", "", (), (), ())
    return OutgoingMail(f"<mail-{number}@example.org>", sender, recipient, content, f"mail-{number}", form)


def deliver(server: EmbeddedServer, recipient: str, raw: bytes, user: str = "", sender: str = "a@example.org") -> None:
    """As a border server would (or a logged-in user), with nothing but the standard library."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, local_hostname="client.example") as client:
        if user:
            client.login(user, PASSWORD)
        client.sendmail(sender, [recipient], raw)


def account(port: int, user: str = BOT) -> Account:
    """An account on the built-in server."""
    return Account("127.0.0.1", port, "none", user, PASSWORD)


def certificate(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost: the file that a client must trust, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (directory / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "ca.pem", directory / "key.pem")
    return directory / "ca.pem", context


class Scripted:
    """A server on a free port that does what `play` says with each connection, on threads of its own."""

    def __init__(self, play: Callable[[socket.socket], None]) -> None:
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._play(connection)
            except OSError:
                return  # the client has had enough: often what the test is about
