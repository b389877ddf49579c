"""A mailbox in memory that keeps the promises of ports.Mailbox and remembers; no network, no waiting for real time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime

from ranmailbot.ports import Archived, Envelope, Unavailable

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = b"\r\n\r\n"
OVERTAKING = timedelta(minutes=30)
"""By how much copies overtake each other on their way into the archive."""


class FakeMailbox:
    """Folders of envelopes. `calls` says what was asked of it; set `unavailable` to a reason to make it fail."""

    def __init__(self, *, message_bytes: int = 25_000_000) -> None:
        self.folders: dict[str, list[Envelope]] = {"INBOX": [], "Junk": [], "Archive": []}
        self.contents: dict[tuple[str, int, int], bytes] = {}
        self.unavailable = ""
        self.calls: list[str] = []
        self.waited: list[float] = []
        self.archive_since: datetime | None = None
        """Since when the archive has its UIDVALIDITY; None for ever."""
        self._message_bytes = message_bytes
        self._uidvalidity = dict.fromkeys(self.folders, 1)
        self._next_uid = 1
        self._news = True
        self._woken = False

    # -- what the world does -------------------------------------------------------------------------------------

    def deliver(self, raw: bytes, stamp: datetime, folder: str = "INBOX") -> Envelope:
        """A message arrives (or a human drags one here)."""
        self.folders.setdefault(folder, [])
        uidvalidity = self._uidvalidity.setdefault(folder, 1)
        shown = raw if len(raw) <= self._message_bytes else b""
        envelope = Envelope(folder, self._next_uid, uidvalidity, stamp, len(raw), shown, junk=folder == "Junk")
        self._next_uid += 1
        self.folders[folder].append(envelope)
        self.contents[folder, uidvalidity, envelope.uid] = raw
        self._news = self._news or folder in ("INBOX", "Junk")
        return envelope

    def renumber(self, folder: str) -> None:
        """The server gives the folder a new UIDVALIDITY: all UIDs known so far mean nothing any more."""
        self._uidvalidity[folder] += 1
        before, self.folders[folder] = self.folders[folder], []
        for envelope in before:
            self.deliver(self.contents[folder, envelope.uidvalidity, envelope.uid], envelope.stamp, folder)

    def raws(self, folder: str) -> list[bytes]:
        """What lies in a folder, in order."""
        return [self.contents[folder, e.uidvalidity, e.uid] for e in self.folders.get(folder, [])]

    # -- ports.Mailbox -------------------------------------------------------------------------------------------

    def fetch(self, limit: int) -> Sequence[Envelope]:
        self._called("fetch")
        self._news = False
        waiting = [*self.folders["INBOX"], *self.folders["Junk"]]
        return sorted(waiting, key=lambda e: (e.stamp.replace(microsecond=0), e.junk, e.uid))[:limit]

    def file(self, folder: str, filed: Iterable[Envelope]) -> None:
        self._called(f"file {folder}")
        for envelope in filed:
            here = next((e for e in self.folders.get(envelope.folder, []) if _same(e, envelope)), None)
            if here is None or envelope.folder == folder:
                continue
            self.folders[envelope.folder].remove(here)
            raw = self.contents[here.folder, here.uidvalidity, here.uid]
            self.deliver(raw, here.stamp, folder)

    def wait(self, seconds: float) -> bool:
        self._called("wait")
        self.waited.append(seconds)
        woken, self._woken = self._woken, False
        return woken or self._news

    def wake(self) -> None:
        self._woken = True

    def archived(self, message_id: str, since: datetime, later: Collection[str] | None = None) -> Archived:
        if not message_id.isascii() or not message_id.isprintable():
            raise ValueError("a Message-ID of ours is printable ASCII")
        self._called("archived")
        if any(_message_id(raw) == message_id.encode() for raw in self.raws("Archive")):
            return Archived.FOUND
        known = self.archive_since is None or self.archive_since <= since
        copies = [raw for raw in self.raws("Archive") if later is None or _message_id(raw).decode() in later]
        witness = any(_written_at(raw) >= since + OVERTAKING for raw in copies)
        return Archived.ABSENT if known and witness else Archived.UNKNOWN

    def close(self) -> None:
        self.calls.append("close")

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.unavailable:
            raise Unavailable(self.unavailable)


def _same(one: Envelope, other: Envelope) -> bool:
    return replace(one, raw=b"") == replace(other, raw=b"")


def _written_at(raw: bytes) -> datetime:
    """The Date of a mail of the bot; long ago for any other."""
    head = message_from_bytes(raw.partition(_HEADERS_END)[0] + _HEADERS_END)
    ours = head["X-Ranmailbot-Kind"] is not None
    return parsedate_to_datetime(head["Date"]) if ours else datetime.min.replace(tzinfo=UTC)


def _message_id(raw: bytes) -> bytes:
    found = _MESSAGE_ID.search(raw.partition(_HEADERS_END)[0])
    return found[1] if found else b""
