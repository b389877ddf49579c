"""The real servers as the worlds of the two port suites: what other people do there, and what arrived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.smtp import SmtpSubmission
from tests.adapters.servers import BOT, RealClock, unique_address
from tests.interop.bench import DOTTED, Bench

ARCHIVE = BOT.replace("@", "+Archive@")
"""Dovecot delivers this to the bot's folder Archive."""


@dataclass
class DovecotWorld:
    """One mailbox on Dovecot; `prefix` and `separator` are those of its folders."""

    mailbox: ImapMailbox
    bench: Bench
    address: str
    prefix: str = ""
    separator: str = "/"

    def deliver(self, raw: bytes, *, junk: bool = False) -> None:
        self.bench.store(self.address.replace("@", "+Junk@") if junk else self.address, raw)

    def archive(self, raw: bytes) -> None:
        self.bench.store(self.address.replace("@", "+Archive@"), raw)

    def contents(self, folder: str) -> list[bytes]:
        return self.bench.mails(self.address, self.prefix + folder.replace("/", self.separator))

    def someone_deletes_everything(self) -> None:
        with self.bench.client(self.address) as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()


@dataclass
class PostfixWorld:
    """Submission to Postfix; what arrives lies in Dovecot."""

    submission: SmtpSubmission
    bench: Bench

    def arrived(self, address: str) -> list[bytes]:
        self.bench.quiet()
        return self.bench.mails(address)


@contextmanager
def dovecot_world(bench: Bench, limit: int = 50_000, *, dotted: bool = False) -> Iterator[DovecotWorld]:
    """An empty mailbox of its own; `dotted` with folders below INBOX and dots between them."""
    name = unique_address().partition("@")[0]
    address = f"{name}@{DOTTED}" if dotted else f"{name}@call.example"
    mailbox = ImapMailbox(bench.imap(address), RealClock(), own_address=BOT, message_bytes=limit)
    yield DovecotWorld(mailbox, bench, address, *(("INBOX.", ".") if dotted else ("", "/")))
    mailbox.close()


@contextmanager
def postfix_world(bench: Bench) -> Iterator[PostfixWorld]:
    """The bot's account, with its archive."""
    submission = SmtpSubmission(bench.submission(BOT), archive=ARCHIVE)
    yield PostfixWorld(submission, bench)
    submission.close()
