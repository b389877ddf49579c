"""The post on given servers: letters go in at their entry, and what people got is read in one mailbox that catches all.

Delivery takes its time there, so this post waits until as much has arrived as was handed over; then played time may go
on. It speaks for everybody but the bot, by the standard library's SMTP and IMAP.
Fear: mail to invented people on a server that would really send it. Nothing is played before a first mail of the bot's
account to an invented address has come back to the catch-all.
"""

from __future__ import annotations

import imaplib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesHeaderParser

from ranmailbot.adapters.tls import tls_context
from ranmailbot.ports import Account, Unavailable
from ranmailbot.rehearsal.hosts import Hosts
from ranmailbot.rehearsal.post import BATCH, bodies, folders_of, heads_of
from ranmailbot.rehearsal.posting import Posting

ELSEWHERE = "somebody@elsewhere.test"
PROBE = "probe@rehearsal.example"
SECONDS = 60
"""How long a mail may be under way."""
PAUSE = 0.02
WHERE = ("X-Original-To", "Delivered-To", "Envelope-To")
"""Headers in which servers write whom a mail was for."""
_FOR = re.compile(r"(?P<local>[^@]+)=(?P<domain>[^@=]+)@[^@]+")
"""anna=town.example@readers.example, as rewritten by a server that sends everything to one mailbox."""
Pause = Callable[[float], None]


@dataclass(slots=True)
class FarPost:
    """Open connections: two mailboxes that are looked at. Letters go in over a connection each."""

    hosts: Hosts
    bot: Account
    address: str
    """The bot's address."""
    pause: Pause
    """Waits for so many seconds."""
    own: imaplib.IMAP4 = field(init=False)
    readers: imaplib.IMAP4 = field(init=False)
    posted: int = 0
    reported: int = 0
    """Delivery reports that came into the bot's mailbox."""
    seen: int = field(default=0, init=False)
    """The last UID of the readers' mailbox that was looked at."""
    got: int = field(default=0, init=False)
    _begun: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Log in at both. Raises Unavailable if the bot's mailbox is not empty or cannot be reached."""
        self.own = _client(self.bot)
        self.readers = _client(self.hosts.readers)
        lying = {name: count for name in folders_of(self.own) if (count := _lying(self.own, name))}
        if lying:
            found = ", ".join(f"{count} in {name}" for name, count in lying.items())
            raise Unavailable(f"the mailbox {self.address} is not empty ({found}): a rehearsal needs one of its own")
        self._begun = self._came()
        self.readers.select("INBOX", readonly=True)
        self.seen = max(self._uids(), default=0)

    def prove(self, submission: Account) -> None:
        """Hand over one mail for an invented address as the bot would. Raises Unavailable if it goes anywhere else."""
        probe = EmailMessage()
        probe["From"], probe["To"], probe["Subject"] = self.address, PROBE, "A first mail, before anything is rehearsed"
        probe.set_content("This address does not exist. Its mail must come to the mailbox of the rehearsal.\n")
        with _sender(submission) as smtp:
            smtp.send_message(probe)
        for _ in range(int(SECONDS / PAUSE)):
            if PROBE in [_address(raw) for raw in self.news()]:
                self.got = 0
                return
            self.pause(PAUSE)
        raise Unavailable(
            f"a mail to {PROBE} did not come to {self.hosts.readers.user} within {SECONDS} seconds, or does not say in "
            f"{' or '.join(WHERE)} whom it was for; nothing was rehearsed"
        )

    def post(self, posting: Posting) -> None:
        """Hand over one letter to the bot, and wait for it: on a busy server letters overtake each other.

        Raises smtplib.SMTPException if the server does not take it.
        """
        before = self._came()
        sender = {"own": posting.sender, "none": self.hosts.unproven, "other": ELSEWHERE}[posting.proof]
        with _sender(self.hosts.entry) as smtp:
            smtp.sendmail(sender, [self.address], posting.raw)
        self.posted += 1
        for _ in range(int(SECONDS / PAUSE)):
            if self._came() > before:
                return
            self.pause(PAUSE)

    def settle(self, sent: int) -> bool:
        """Wait until all letters and these mails have arrived. Whether a report came that the bot has not seen.

        Raises Unavailable for what stays under way too long.
        """
        for _ in range(int(SECONDS / PAUSE)):
            reports = self._came() - self._begun - self.posted
            self.readers.noop()
            arrived = self.got + sum(uid > self.seen for uid in self._uids())
            if reports >= 0 and reports + arrived >= sent:
                fresh, self.reported = reports > self.reported, reports
                return fresh
            self.pause(PAUSE)
        raise Unavailable(f"of {sent} mails and {self.posted} letters some did not arrive within {SECONDS} seconds")

    def news(self) -> Iterator[bytes]:
        """The mails that arrived since the last call, in order, each with a Delivered-To of its own on top."""
        self.readers.noop()
        uids = sorted(uid for uid in self._uids() if uid > self.seen)
        for at in range(0, len(uids), BATCH):
            for raw in bodies(self.readers, uids[at : at + BATCH]):
                yield f"Delivered-To: {_address(raw)}\r\n".encode() + raw
        self.seen = max([self.seen, *uids])
        self.got += len(uids)

    def filed(self, apart: str) -> dict[str, list[tuple[str, bytes]]]:
        """Every message in the bot's folders but `apart`: folder to (Message-ID, its head), the order of their UIDs."""
        return {name: list(heads_of(self.own, name)) for name in folders_of(self.own) if name != apart}

    def close(self) -> None:
        """Log out."""
        for client in (self.own, self.readers):
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def _came(self) -> int:
        """How many messages ever came into INBOX and Junk: letters, and delivery reports."""
        return sum(_next_uid(self.own, name) for name in ("INBOX", "Junk"))

    def _uids(self) -> list[int]:
        found = self.readers.uid("SEARCH", f"UID {self.seen + 1}:*")[1]
        return [int(uid) for uid in (found[0] or b"").split()]


def _client(account: Account) -> imaplib.IMAP4:
    """Logged in. Raises Unavailable."""
    context = tls_context(account)
    try:
        if account.security == "tls":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=SECONDS)
        else:
            client = imaplib.IMAP4(account.host, account.port, timeout=SECONDS)
        if account.security == "starttls":
            client.starttls(context)
        client.login(account.user, account.password)
    except (OSError, imaplib.IMAP4.error, ssl.SSLError) as fault:
        raise Unavailable(
            f"{account.host}:{account.port}: no login as {account.user} ({type(fault).__name__})"
        ) from None
    return client


def _sender(account: Account) -> smtplib.SMTP:
    context = tls_context(account)
    if account.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            account.host, account.port, "client.example", timeout=SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(account.host, account.port, "client.example", timeout=SECONDS)
    if account.security == "starttls":
        smtp.starttls(context=context)
    if account.user:
        smtp.login(account.user, account.password)
    return smtp


def _lying(client: imaplib.IMAP4, folder: str) -> int:
    answer, count = client.select(f'"{folder}"', readonly=True)
    return int(count[0] or b"0") if answer == "OK" else 0


def _next_uid(client: imaplib.IMAP4, folder: str) -> int:
    """STATUS may tell what the connection knows of the folder it has selected, so that one is left first."""
    if client.state == "SELECTED":
        client.close()  # it was opened for reading only: nothing is expunged
    answer, said = client.status(f'"{folder}"', "(UIDNEXT)")
    found = re.search(rb"UIDNEXT (\d+)", said[0] or b"") if answer == "OK" else None
    return int(found[1]) if found else 0


def _address(raw: bytes) -> str:
    """Whom this mail was for, by what the server wrote on top of it."""
    head = BytesHeaderParser().parsebytes(raw)
    for name in WHERE:
        address = str(head.get(name, "")).strip().strip("<>")
        if address:
            rewritten = _FOR.fullmatch(address)
            return f"{rewritten['local']}@{rewritten['domain']}" if rewritten else address
    return ""
