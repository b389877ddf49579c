"""The mail servers a campaign may run on, each as the same few questions: the built-in one, and real ones.

With a lag our archive gets its copies late, by a courier: they are handed over to a mailbox of its own, and carried.
"""

from __future__ import annotations

import imaplib
import random
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes
from pathlib import Path
from typing import Protocol

from ranmailbot import service
from ranmailbot.adapters.embedded import EmbeddedServer, start_embedded
from ranmailbot.ports import Account
from tests.campaigns.courier import Courier, Lag, carrying
from tests.interop import bench as real_servers
from tests.interop.bench import Bench
from tests.world import settings

BOX = settings().call.mailbox.email
AUTHSERV = "mx.campaign.example"
ARCHIVE = "archive+prisons-call@ran.example"
WAITING = "copies@courier.example"
"""Where copies wait for the courier, if the archive lags."""
PASSWORD = "campaign"
KINDS = ("built-in", "real")
_FIELDS = "HEADER.FIELDS (MESSAGE-ID DELIVERED-TO X-RANMAILBOT-KIND)"


@dataclass(frozen=True)
class Copy:
    """One mail of the bot in somebody's mailbox."""

    recipient: str
    message_id: str
    kind: str


class Post(Protocol):
    """A mail server that is never killed."""

    @property
    def mail(self) -> service.MailServer: ...
    def deliver(self, letters: Sequence[tuple[str, bytes]]) -> None:
        """Letters to the bot, each with its sender."""
        ...

    def copies(self) -> list[Copy]:
        """Everything that arrived at anybody but the bot and the courier."""
        ...

    def client(self, user: str) -> imaplib.IMAP4:
        """This mailbox, logged in; to be logged out."""
        ...


@dataclass(frozen=True)
class BuiltInPost:
    """The built-in server."""

    server: EmbeddedServer

    @property
    def mail(self) -> service.MailServer:
        imap, smtp = (
            Account("127.0.0.1", port, "none", BOX, PASSWORD) for port in (self.server.imap_port, self.server.smtp_port)
        )
        return service.MailServer(imap, smtp, ARCHIVE, AUTHSERV)

    def deliver(self, letters: Sequence[tuple[str, bytes]]) -> None:
        with smtplib.SMTP("127.0.0.1", self.server.smtp_port) as client:
            for sender, raw in letters:
                client.sendmail(sender, [BOX], raw)

    def copies(self) -> list[Copy]:
        with self.client("everyone") as client:
            client.select("INBOX", readonly=True)
            found = client.fetch("1:*", f"(BODY.PEEK[{_FIELDS}])")[1]
        copies = (_copy(part[1], "") for part in found if isinstance(part, tuple))
        return [copy for copy in copies if copy.recipient != WAITING]

    def client(self, user: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.server.imap_port)
        client.login(user, PASSWORD)
        return client


@dataclass(frozen=True)
class RealPost:
    """Dovecot and Postfix. What is counted lies in each person's own mailbox."""

    bench: Bench

    @property
    def mail(self) -> service.MailServer:
        archive = BOX.replace("@", "+Archive@")
        return service.MailServer(self.bench.imap(BOX), self.bench.submission(BOX), archive, real_servers.AUTHSERV)

    def deliver(self, letters: Sequence[tuple[str, bytes]]) -> None:
        for sender, raw in letters:
            self.bench.post(sender, [BOX], raw)

    def copies(self) -> list[Copy]:
        self.bench.quiet()
        people = [user for user in self.bench.users() if user not in (BOX, WAITING)]
        return [_copy(head, user) for user in people for head in self.bench.mails(user, part=_FIELDS)]

    def client(self, user: str) -> imaplib.IMAP4:
        trusting = ssl.create_default_context(cafile=self.bench.ca_file)
        client = imaplib.IMAP4_SSL(real_servers.HOST, self.bench.ports["imap_port"], ssl_context=trusting)
        client.login(user, real_servers.PASSWORD)
        return client


@dataclass(frozen=True)
class LaggingPost:
    """Another post whose archive gets its copies from a courier."""

    post: Post
    courier: Courier

    @property
    def mail(self) -> service.MailServer:
        return replace(self.post.mail, archive=WAITING)

    def deliver(self, letters: Sequence[tuple[str, bytes]]) -> None:
        self.post.deliver(letters)

    def copies(self) -> list[Copy]:
        self.courier.check()
        return self.post.copies()

    def client(self, user: str) -> imaplib.IMAP4:
        return self.post.client(user)


@contextmanager
def opened(kind: str, folder: Path, lag: Lag = Lag(), seed: int = 1) -> Iterator[Post]:  # noqa: B008 - frozen
    """One of KINDS, until the block ends."""
    with _servers(kind, folder) as post:
        if not lag.seconds:
            yield post
            return
        chance = random.Random(seed)  # noqa: S311 - played
        with carrying(lambda: post.client(WAITING), lambda: post.client(BOX), lag, chance) as courier:
            yield LaggingPost(post, courier)


@contextmanager
def _servers(kind: str, folder: Path) -> Iterator[Post]:
    if kind == "real":
        with real_servers.running() as bench:
            yield RealPost(bench)
        return
    server = start_embedded(folder / "spool", BOX, PASSWORD, AUTHSERV, ARCHIVE)
    try:
        yield BuiltInPost(server)
    finally:
        server.stop()


def _copy(raw: bytes, recipient: str) -> Copy:
    head = message_from_bytes(raw)
    to = recipient or str(head["Delivered-To"])
    return Copy(to, str(head["Message-ID"]).strip(), str(head["X-Ranmailbot-Kind"]))
