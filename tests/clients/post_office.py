"""The built-in mail server with a form in somebody's mailbox, and the replies that came to the call, byte for byte."""

from __future__ import annotations

import imaplib
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from ranmailbot.adapters.embedded import HOST, EmbeddedServer, start_embedded

ROOT = Path(__file__).parents[2]
CALL = "prisons-call@ran.example"
ARCHIVE = "archive+prisons-call@ran.example"
AUTHSERV = "mx.ran.example"
PASSWORD = "sample-password"
PATIENCE = 60
"""Seconds that a client has for one mail."""


class Silent(Exception):
    """A client sent nothing in time."""


@dataclass(frozen=True)
class PostOffice:
    """The running server."""

    server: EmbeddedServer

    @property
    def smtp_port(self) -> int:
        """Where to send, with the address as user and PASSWORD, or (without either) where to deliver."""
        return self.server.smtp_port

    @property
    def imap_port(self) -> int:
        """Where to fetch."""
        return self.server.imap_port

    def deliver(self, raw: bytes, address: str) -> None:
        """Put a mail of the call into somebody's mailbox."""
        with smtplib.SMTP(HOST, self.smtp_port, local_hostname="mail.ran.example") as client:
            client.login(CALL, PASSWORD)
            client.sendmail(CALL, [address], raw)

    def mails(self, address: str) -> list[bytes]:
        """Everything in somebody's INBOX, byte for byte."""
        with imaplib.IMAP4(HOST, self.imap_port) as client:
            client.login(address, PASSWORD)
            client.select("INBOX", readonly=True)
            numbers = client.search(None, "ALL")[1][0].split()
            fetched = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
        return [bytes(one[1]) for one in fetched if isinstance(one, tuple)]

    def answer_of(self, sender: str) -> bytes:
        """What came to the call from this address, as soon as it is there. Raises Silent."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for raw in self.mails(CALL):
                if sender in str(message_from_bytes(raw)["From"]):
                    return raw
            time.sleep(0.2)
        raise Silent(f"nothing came from {sender} in {PATIENCE} seconds")


@contextmanager
def post_office(folder: Path) -> Iterator[PostOffice]:
    """A server of its own in this folder, until the block ends."""
    server = start_embedded(folder / "spool", CALL, PASSWORD, AUTHSERV, ARCHIVE)
    try:
        yield PostOffice(server)
    finally:
        server.stop()


def mail_of_ours(kind: str) -> bytes:
    """A mail as the bot sends it, with sample facts: what `ranmailbot preview KIND --eml` prints, with CRLF."""
    command = [sys.executable, "-m", "ranmailbot", "preview", kind, "--eml", "--config", str(ROOT / "config.toml")]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    return done.stdout.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
