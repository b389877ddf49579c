"""The mailbox people write to, over IMAP (imapclient): implements ports.Mailbox for one thread.

The folder is the cursor: what lies in INBOX or Junk is still to be read; flags mean nothing, because people and their
phones set them. Sizes are asked before contents, UIDs are matched exactly, and nothing is marked by reading.
Fear: a hostile or broken server (see imap_session.py), and a UIDVALIDITY that changes under us (RFC 3501 2.3.1.1).
With tokens a session is made anew shortly before its token ends: Exchange ends it otherwise in the middle of an errand.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from imapclient import DELETED
from imapclient.exceptions import ProtocolError

from ranmailbot.adapters.imap_archive import ArchiveMemory, written_after
from ranmailbot.adapters.imap_folders import JUNK, SENT, is_there, namespace, of_purpose
from ranmailbot.adapters.imap_session import (
    BROKEN,
    Client,
    Patience,
    connect,
    drop,
    readable,
    section,
    uid_lists,
)
from ranmailbot.adapters.login_faults import after_login
from ranmailbot.adapters.tls import explain, is_loopback
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.ports import Account, Archived, Clock, Envelope, Unavailable

_UIDS_AT_ONCE = 200
_LOOK_BACK = 20
_OVERTAKING = timedelta(minutes=30)
"""By how much one copy may overtake another on its way into the archive: a retry of a queue lies in between."""


@dataclass(frozen=True, slots=True)
class ImapFolders:
    """Folder names as people know them ("/" between levels; the server's own prefix and delimiter are added).

    An empty `junk` is not read; an empty `archive` proves nothing. Where there is no folder of such a name, that which
    the server says is for spam, or for what was sent, is taken.
    """

    inbox: str = "INBOX"
    junk: str = "Junk"
    archive: str = "Archive"


class ImapMailbox:
    """The mailbox. Every method may raise Unavailable; the next call then starts with a fresh connection."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        folders: ImapFolders = ImapFolders(),
        *,
        own_address: str = "",
        message_bytes: int = 25_000_000,
        batch_bytes: int = 32_000_000,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        memory: Path | None = None,
    ) -> None:
        """Nothing is connected yet. `own_address` is what our mails in the archive are from (default: the user).

        One `fetch` brings at most `batch_bytes`, or one message. `memory` is a small file that remembers since when
        the archive has its UIDVALIDITY; without it no mail is provably absent after a restart.
        Raises ValueError for plain text to another machine.
        """
        if account.security == "none" and not is_loopback(account.host):
            raise ValueError(f'security "none" is for this machine only; {account.host} needs "tls" or "starttls"')
        self._account = account
        self._clock = clock
        self._folders = folders
        self._own = (own_address or account.user).casefold()
        self._message_bytes = message_bytes
        self._batch_bytes = batch_bytes
        self._patience = patience
        self._memory = ArchiveMemory(memory)
        self._dog = Watchdog()
        self._client: Client | None = None
        self._renew_at = math.inf
        self._existing: dict[str, str] = {}
        self._prefix, self._delimiter = "", "/"
        self._known: dict[str, tuple[int, int]] = {}
        self._hollow: set[tuple[str, int, int]] = set()
        self._alarm = _Alarm()

    def fetch(self, limit: int) -> Sequence[Envelope]:
        """Up to `limit` messages of INBOX and Junk, the oldest first; fewer if they are large."""
        waiting = self._waiting(self._folders.inbox, limit, junk=False)
        if self._folders.junk:
            waiting += self._waiting(self._folders.junk, limit, junk=True)
        waiting.sort(key=lambda envelope: (envelope.stamp, envelope.junk, envelope.uid))
        chosen = self._affordable(waiting[:limit])
        bodies: dict[tuple[bool, int], Envelope] = {}
        for junk in (False, True):
            for envelope in self._with_bodies([envelope for envelope in chosen if envelope.junk is junk]):
                bodies[junk, envelope.uid] = envelope
        keys = [(envelope.junk, envelope.uid) for envelope in chosen]
        return [bodies[key] for key in keys if key in bodies]

    def file(self, folder: str, filed: Iterable[Envelope]) -> None:
        """Move these messages to `folder`, made if missing. UIDs of another UIDVALIDITY are left alone: they lie."""
        ours = sorted((e for e in filed if e.folder != folder), key=lambda e: (e.folder, e.uidvalidity, e.uid))
        for (source, uidvalidity), group in groupby(ours, key=lambda e: (e.folder, e.uidvalidity)):
            uids = [envelope.uid for envelope in group]
            with self._speaking(f"moving mail to {folder}") as client:
                target = self._made(client, folder)
                if self._select(client, source, readonly=False) != uidvalidity:
                    continue
                for part in uid_lists(uids, _UIDS_AT_ONCE):
                    _move(client, part, target)

    def wait(self, seconds: float) -> bool:
        """Wait for mail by IDLE, renewed within nine minutes, or by asking now and then where there is no IDLE.

        True at once if something came since the last `fetch`, and when `wake` was called.
        """
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            if self._alarm.rang() or self._wait_once(left):
                return True
        return self._alarm.rang()

    def wake(self) -> None:
        """End a `wait` at once, or the next one; may be called by any thread, also after `close`."""
        self._alarm.ring()

    def archived(self, message_id: str, since: datetime, later: Collection[str] | None = None) -> Archived:
        """FOUND, or ABSENT if that can be proved: UIDVALIDITY unchanged since, and a much later mail of ours is there.

        Raises ValueError for a Message-ID that is not printable ASCII.
        """
        if not message_id.isascii() or not message_id.isprintable():
            raise ValueError("a Message-ID of ours is printable ASCII")
        if not self._folders.archive:
            return Archived.UNKNOWN
        with self._speaking("looking into the archive") as client:
            if self._actual(client, self._folders.archive) is None:
                return Archived.UNKNOWN
            uidvalidity = self._select(client, self._folders.archive, readonly=True)
            known_since = self._memory.note(uidvalidity, self._clock.now())
            # The witness is sought first: between two questions both copies may come, this one before the witness.
            provable = known_since <= since and self._witness(client, since, later)
            hits = [int(uid) for uid in client.search(["HEADER", "Message-ID", message_id])][-_LOOK_BACK:]
            if hits:
                return Archived.FOUND if _any_has(client, hits, message_id) else Archived.UNKNOWN
            return Archived.ABSENT if provable else Archived.UNKNOWN

    def note_archive(self) -> bool:
        """Remember the archive's UIDVALIDITY: what was not known before a mail was in doubt proves nothing about it.

        False if there is no such folder yet.
        """
        with self._speaking("looking for the archive") as client:
            return self._note_archive(client)

    def close(self) -> None:
        """Log out and let go of everything. Never raises; a later call connects again."""
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(*BROKEN), self._dog.within(self._patience.connect_seconds):
            client.logout()
        drop(client, self._dog)

    # -- connection ----------------------------------------------------------------------------------------------

    @contextmanager
    def _speaking(self, doing: str, seconds: float = 0, size: int = 0) -> Iterator[Client]:
        """A logged-in client for one errand that may take `seconds` and bring `size` bytes more than usual."""
        with self._errand(self._connected(), doing, seconds, size) as client:
            yield client

    @contextmanager
    def _errand(self, client: Client, doing: str, seconds: float = 0, size: int = 0) -> Iterator[Client]:
        client.allow(size)
        try:
            with self._dog.within(self._patience.command_seconds + seconds):
                yield client
        except BROKEN as fault:
            reason = "no answer in time" if self._dog.cut else explain(fault)
            self._client = None
            drop(client, self._dog)
            account = self._account
            if (told := after_login(account, str(fault))) is not None:
                raise told from None
            raise Unavailable(f"mailbox {account.host}:{account.port}: {doing}: {reason}") from None

    def _connected(self) -> Client:
        if self._client is not None and self._clock.monotonic() >= self._renew_at:
            self.close()
        if self._client is None:
            self._client, self._renew_at = connect(self._account, self._patience, self._dog)
            self._existing = {}
            with self._errand(self._client, "asking for its folders") as client:
                self._prefix, self._delimiter = namespace(client)
                self._note_archive(client)
        return self._client

    def _note_archive(self, client: Client) -> bool:
        name = self._folders.archive and self._actual(client, self._folders.archive)
        if name:
            status = client.folder_status(name, ["UIDVALIDITY"])
            self._memory.note(int(status[b"UIDVALIDITY"]), self._clock.now())
        return bool(name)

    # -- folders -------------------------------------------------------------------------------------------------

    def _actual(self, client: Client, name: str) -> str | None:
        """The folder's name on the server, or None if there is no such folder."""
        if name not in self._existing:
            found = next((one for one in dict.fromkeys((self._full(name), name)) if is_there(client, one)), None)
            purpose = {self._folders.junk: JUNK, self._folders.archive: SENT}.get(name)
            if found is None and purpose:
                found = of_purpose(client, purpose)
            if found is not None:
                self._existing[name] = found
        return self._existing.get(name)

    def _made(self, client: Client, name: str) -> str:
        actual = self._actual(client, name)
        if actual is None:
            actual = self._full(name)
            client.create_folder(actual)
            client.subscribe_folder(actual)
            self._existing[name] = actual
        return actual

    def _full(self, name: str) -> str:
        full = name.replace("/", self._delimiter)
        plain = full.upper() == "INBOX" or full.startswith(self._prefix)
        return full if plain else self._prefix + full

    def _select(self, client: Client, name: str, *, readonly: bool) -> int:
        """Open a folder; its UIDVALIDITY."""
        state = client.select_folder(self._actual(client, name) or self._full(name), readonly=readonly)
        return int(state[b"UIDVALIDITY"])

    # -- fetching ------------------------------------------------------------------------------------------------

    def _waiting(self, name: str, limit: int, *, junk: bool) -> list[Envelope]:
        """What lies in one folder, without contents: the lowest UIDs first."""
        with self._speaking(f"looking into {name}") as client:
            actual = self._actual(client, name)
            if actual is None and junk:
                return []
            state = client.select_folder(actual or self._full(name), readonly=True)
            uidvalidity = int(state[b"UIDVALIDITY"])
            found = sorted(int(uid) for uid in client.search(_still_there(client)))
            self._known[name] = _mark(state)
            return [
                Envelope(name, uid, uidvalidity, stamp, size, b"", junk)
                for part in uid_lists(found[:limit], _UIDS_AT_ONCE)
                for uid, stamp, size in _facts(client, part)
            ]

    def _affordable(self, waiting: list[Envelope]) -> list[Envelope]:
        """As many as fit into one batch; at least one."""
        chosen, room = list[Envelope](), self._batch_bytes
        for envelope in waiting:
            room -= envelope.size if envelope.size <= self._message_bytes else 0
            if chosen and room < 0:
                break
            chosen.append(envelope)
        return chosen

    def _with_bodies(self, waiting: list[Envelope]) -> Iterator[Envelope]:
        """Messages of one folder with their contents; those over the limit without; those gone by now left out."""
        small = {e.uid: e for e in waiting if e.size <= self._message_bytes}
        yield from (envelope for envelope in waiting if envelope.uid not in small)
        for part in uid_lists(sorted(small), _UIDS_AT_ONCE):
            first, size = small[part[0]], sum(small[uid].size for uid in part)
            slowest = size / self._patience.slowest_bytes_per_second
            with self._speaking(f"fetching mail from {first.folder}", slowest, 2 * size) as client:
                if self._select(client, first.folder, readonly=True) != first.uidvalidity:
                    return
                answers = client.fetch(part, ["BODY.PEEK[]"])
            for uid in part:
                if uid in answers:
                    yield from self._filled(small[uid], section(answers[uid], b"BODY[]"))

    def _filled(self, envelope: Envelope, raw: bytes) -> Iterator[Envelope]:
        """With its content. One that came without is given one more chance: it may just be on its way elsewhere."""
        key = (envelope.folder, envelope.uidvalidity, envelope.uid)
        if not raw and envelope.size and key not in self._hollow:
            self._hollow.add(key)
            return
        self._hollow.discard(key)
        if len(raw) > self._message_bytes:
            yield replace(envelope, size=len(raw))
        else:
            yield replace(envelope, raw=raw)

    # -- waiting -------------------------------------------------------------------------------------------------

    def _wait_once(self, left: float) -> bool:
        patience = self._patience
        with self._speaking("waiting for mail", seconds=min(left, patience.idle_seconds)) as client:
            if self._news(client):
                return True
            if not client.has_capability("IDLE"):
                readable([self._alarm.descriptor], min(left, patience.poll_seconds))
                return False
            return client.idle_for(min(left, patience.idle_seconds), self._alarm.descriptor)

    def _news(self, client: Client) -> bool:
        """Whether a folder has changed since `fetch` looked: what comes between two commands never wakes IDLE.

        Both are selected anew, INBOX last, for IDLE. STATUS would not do: of the folder that is selected it may tell
        what the connection knows already (RFC 3501 6.3.10), and on Dovecot it does.
        """
        return any(self._changed(client, name) for name in (self._folders.junk, self._folders.inbox) if name)

    def _changed(self, client: Client, name: str) -> bool:
        actual = self._actual(client, name)
        if actual is None and name == self._folders.junk:
            return False
        return _mark(client.select_folder(actual or self._full(name), readonly=True)) != self._known.get(name)

    # -- archive -------------------------------------------------------------------------------------------------

    def _witness(self, client: Client, since: datetime, later: Collection[str] | None) -> bool:
        """Whether the open archive holds a mail that the bot wrote so long after `since` that nothing overtook it.

        The date is the one we wrote into it: when a copy arrived says nothing about when its mail was handed over. A
        clock may have been wrong, so it must also be one of `later`, if these are known.
        """
        last = sorted(int(uid) for uid in client.search(["ALL"]))[-_LOOK_BACK:]
        if not last:
            return False
        answers = client.fetch(last, ["BODY.PEEK[HEADER.FIELDS (FROM DATE MESSAGE-ID X-RANMAILBOT-KIND)]"])
        heads = [section(answers[uid], b"BODY[HEADER") for uid in last if uid in answers]
        return any(written_after(head, self._own, since + _OVERTAKING, later) for head in heads)


class _Alarm:
    """A pipe that ends a `poll` in another thread. It lives as long as its owner, so ringing is never too late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.descriptor, self._writer = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._writer, False)

    def ring(self) -> None:
        # A full pipe has been rung so often that it will be heard.
        with self._lock, suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def rang(self) -> bool:
        """Whether it rang since the last question."""
        try:
            return bool(os.read(self.descriptor, 65536))
        except BlockingIOError:
            return False

    def __del__(self) -> None:
        os.close(self.descriptor)
        os.close(self._writer)


def _still_there(client: Client) -> list[str]:
    """What to search for: a \\Deleted flag counts only where we ourselves must leave messages so (see `_move`)."""
    removable = client.has_capability("MOVE") or client.has_capability("UIDPLUS")
    return ["ALL"] if removable else ["UNDELETED"]


def _mark(state: dict[bytes, int]) -> tuple[int, int]:
    """What changes when a message comes: UIDVALIDITY and UIDNEXT, or the count where there is no UIDNEXT."""
    return int(state[b"UIDVALIDITY"]), int(state.get(b"UIDNEXT", -state[b"EXISTS"]))


def _facts(client: Client, uids: list[int]) -> Iterator[tuple[int, datetime, int]]:
    """UID, arrival and size of exactly these messages, as far as they are still there."""
    answers = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    for uid in uids:
        if uid in answers:
            stamp, size = answers[uid].get(b"INTERNALDATE"), answers[uid].get(b"RFC822.SIZE")
            if not isinstance(stamp, datetime) or stamp.tzinfo is None or not isinstance(size, int):
                raise ProtocolError("a message without size or date")
            yield uid, stamp, size


def _move(client: Client, uids: list[int], target: str) -> None:
    """MOVE (RFC 6851); else COPY, \\Deleted and EXPUNGE of these UIDs only (RFC 4315); else they stay \\Deleted."""
    if client.has_capability("MOVE"):
        client.move(uids, target)
        return
    client.copy(uids, target)
    client.add_flags(uids, [DELETED], silent=True)
    if client.has_capability("UIDPLUS"):
        client.uid_expunge(uids)


def _any_has(client: Client, uids: list[int], message_id: str) -> bool:
    """Whether one of these has exactly this Message-ID: SEARCH looks for parts of it only."""
    answers = client.fetch(uids, ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
    headers = (section(answers[uid], b"BODY[HEADER") for uid in uids if uid in answers)
    return any(header.partition(b":")[2].strip() == message_id.encode("ascii") for header in headers)
