"""The post: hands letters to the built-in server and fetches mail from it, by the standard library's SMTP and IMAP.

It speaks for everybody but the bot. Whatever the bot's own hands get wrong, these do not share.
"""

from __future__ import annotations

import imaplib
import re
import smtplib
from collections.abc import Iterator
from contextlib import suppress
from email.parser import BytesHeaderParser

from ranmailbot.rehearsal.posting import Posting

HOST = "127.0.0.1"
EVERYONE = "everyone"
BATCH = 25
"""Mails fetched at once: bounds memory."""
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.+)')
_UID = re.compile(rb"UID (\d+)")
_ELSEWHERE = "somebody@elsewhere.test"


class PostOffice:
    """Open connections to one server: SMTP for posting, IMAP for what `everyone` gets."""

    def __init__(self, smtp_port: int, imap_port: int, password: str, bot: str) -> None:
        self._smtp_port, self._imap_port = smtp_port, imap_port
        self._password, self._bot = password, bot
        self._imap = self._login(EVERYONE)
        self._imap.select("INBOX", readonly=True)
        self._seen = 0

    def post(self, posting: Posting) -> None:
        """Hand over one letter to the bot. Raises smtplib.SMTPException if the server does not take it."""
        with smtplib.SMTP(HOST, self._smtp_port, local_hostname="client.example", timeout=60) as smtp:
            if posting.proof != "none":
                smtp.login(posting.sender if posting.proof == "own" else _ELSEWHERE, self._password)
            smtp.sendmail(posting.sender, [self._bot], posting.raw)

    def news(self) -> Iterator[bytes]:
        """The mails that arrived at outside addresses since the last call, in order."""
        self._imap.noop()
        found = self._imap.uid("SEARCH", "UID", f"{self._seen + 1}:*")[1]
        # "n:*" always names the last message, even if it is older than n (RFC 3501 6.4.8).
        uids = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > self._seen)
        for at in range(0, len(uids), BATCH):
            yield from bodies(self._imap, uids[at : at + BATCH])
        self._seen = max([self._seen, *uids])

    def filed(self, apart: str) -> dict[str, list[tuple[str, bytes]]]:
        """Every message in the bot's folders but `apart`: folder to (Message-ID, its head), the order of their UIDs."""
        imap = self._login(self._bot)
        try:
            return {name: list(heads_of(imap, name)) for name in folders_of(imap) if name != apart}
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.logout()

    def close(self) -> None:
        """Log out."""
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def _login(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4(HOST, self._imap_port, timeout=60)
        imap.login(user, self._password)
        return imap

    def settle(self, sent: int) -> bool:  # noqa: ARG002 - other posts need it
        """Nothing is ever under way here: what the server took lies in a mailbox."""
        return False


def bodies(imap: imaplib.IMAP4, uids: list[int]) -> Iterator[bytes]:
    """These messages of the selected folder, in this order."""
    wanted = ",".join(map(str, uids))
    _, data = imap.uid("FETCH", wanted, "(UID BODY.PEEK[])")
    found = {}
    for item in data:
        if isinstance(item, tuple) and (stated := _UID.search(item[0])):
            found[int(stated[1])] = item[1]
    for uid in uids:
        if uid in found:
            yield found[uid]


def folders_of(imap: imaplib.IMAP4) -> list[str]:
    """The names of all folders that hold mail."""
    names = []
    for line in imap.list()[1]:
        match = _FOLDER.fullmatch(line) if isinstance(line, bytes) else None
        if match and b"\\Noselect" not in match["flags"]:
            names.append(match["name"].decode().strip('"'))
    return names


def heads_of(imap: imaplib.IMAP4, folder: str) -> Iterator[tuple[str, bytes]]:
    """Message-ID and head of every message in a folder, the order of their UIDs."""
    imap.select(f'"{folder}"', readonly=True)
    _, data = imap.uid("FETCH", "1:*", "(UID BODY.PEEK[HEADER])")
    for item in data:
        if isinstance(item, tuple):
            yield str(BytesHeaderParser().parsebytes(item[1]).get("Message-ID", "")).strip(), item[1]
