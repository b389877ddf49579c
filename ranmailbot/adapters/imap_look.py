"""A look at the mailbox beside the worker: what the server can do, which folders there are, and where probes lie.

Nothing but our own probes (and one folder that is made to try it) is touched, and nothing is marked as read.
Fear: a hostile or broken server, see imap_session.py; headers of strangers, which are only compared with our token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ranmailbot.adapters.imap_folders import is_there, namespace
from ranmailbot.adapters.imap_session import BROKEN, Client, Patience, connect, drop, section
from ranmailbot.adapters.tls import explain
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.ports import Account, Unavailable

_NEWEST = 50
"""How many of the newest messages of a folder are looked at."""
PATIENCE = Patience(connect_seconds=15, read_seconds=20, command_seconds=30)


@dataclass(frozen=True, slots=True)
class Found:
    """One message of ours in a folder, as the server names it. `stamp` is its INTERNALDATE (aware)."""

    folder: str
    uid: int
    stamp: datetime
    head: bytes


@dataclass(slots=True)
class MailboxLook:
    """One connection. Every method may raise Unavailable, saying what to look at."""

    account: Account
    patience: Patience = PATIENCE
    _known: set[str] = field(default_factory=lambda: {"INBOX"}, init=False)
    """Folders that are there for certain."""
    _client: Client | None = field(default=None, init=False)
    _dog: Watchdog = field(default_factory=Watchdog, init=False)

    def capabilities(self) -> frozenset[str]:
        """What the server says it can do, in capitals, after the login."""
        with self._speaking("asking what it can do") as client:
            return frozenset(name.decode("ascii", "replace").upper() for name in client.capabilities())

    def folders(self) -> dict[str, frozenset[str]]:
        """All folders as the server names them, with their special uses and flags in small letters (RFC 6154)."""
        with self._speaking("asking for its folders") as client:
            listed = client.list_folders()
        return {
            str(name): frozenset(flag.decode("ascii", "replace").lower() for flag in flags) for flags, _, name in listed
        }

    def personal(self) -> tuple[str, str]:
        """Prefix and delimiter of our own folders, as the worker finds them."""
        with self._speaking("asking for its folders") as client:
            return namespace(client)

    def try_folder(self, name: str) -> None:
        """Make a folder and take it away again."""
        with self._speaking("making a folder") as client:
            client.create_folder(name)
            client.delete_folder(name)

    def next_uid(self, folder: str) -> int:
        """The UID that the next message of this folder gets at least; 1 if it is not there yet."""
        with self._speaking(f"looking into {folder}") as client:
            if not self._is_there(client, folder):
                return 1
            return int(client.folder_status(folder, ["UIDNEXT"])[b"UIDNEXT"])

    def find(self, folder: str, since: int, token: str) -> Sequence[Found]:
        """Messages from this UID on whose header holds this token; none in a folder that is not there."""
        with self._speaking(f"looking into {folder}") as client:
            if not self._is_there(client, folder):
                return ()
            client.select_folder(folder, readonly=True)
            found = sorted(int(uid) for uid in client.search(["UID", f"{since}:*"]))
            uids = [uid for uid in found if uid >= since][-_NEWEST:]
            if not uids:
                return ()
            answers = client.fetch(uids, ["INTERNALDATE", "BODY.PEEK[HEADER]"])
        return tuple(_ours(folder, answers, uids, token.encode()))

    def remove(self, folder: str, uids: Collection[int]) -> bool:
        """Remove these for good; False if the server only lets them be marked as deleted (no UIDPLUS)."""
        with self._speaking(f"removing probes from {folder}") as client:
            client.select_folder(folder)
            client.add_flags(sorted(uids), [b"\\Deleted"], silent=True)
            if not client.has_capability("UIDPLUS"):
                return False
            client.uid_expunge(sorted(uids))
            return True

    def take_folder_of(self, token: str) -> str:
        """Remove the folder that a server made for a plus part, with the probe in it; its name, empty if none."""
        made = [name for name in self.folders() if name.casefold().endswith(token.casefold())]
        with self._speaking("removing the folder of a probe") as client:
            for name in made:
                client.unselect_folder() if client.has_capability("UNSELECT") else client.select_folder(
                    "INBOX", readonly=True
                )
                client.delete_folder(name)
        return made[0] if made else ""

    def close(self) -> None:
        """Hang up. Never raises."""
        client, self._client = self._client, None
        if client is not None:
            drop(client, self._dog)

    def _is_there(self, client: Client, folder: str) -> bool:
        if folder not in self._known and is_there(client, folder):
            self._known.add(folder)
        return folder in self._known

    @contextmanager
    def _speaking(self, doing: str) -> Iterator[Client]:
        client = self._client = self._client or connect(self.account, self.patience, self._dog)[0]
        client.allow(0)
        try:
            with self._dog.within(self.patience.command_seconds):
                yield client
        except BROKEN as fault:
            reason = "no answer in time" if self._dog.cut else explain(fault)
            self._client = None
            drop(client, self._dog)
            raise Unavailable(f"mailbox {self.account.host}:{self.account.port}: {doing}: {reason}") from None


def _ours(folder: str, answers: dict[int, dict[bytes, object]], uids: list[int], token: bytes) -> Iterator[Found]:
    for uid in uids:
        head, stamp = section(answers.get(uid, {}), b"BODY[HEADER"), answers.get(uid, {}).get(b"INTERNALDATE")
        if token in head and isinstance(stamp, datetime):
            yield Found(folder, uid, stamp, head)
