"""The bot's hands in a campaign: a mailbox, a submission server and an archive, in memory, with all their troubles.

What they hold is the truth of the world outside: the bot's books are held against it. Known limit: an archive that
loses one copy and shows later ones would make the bot send twice. This one copies in order, late, not at all, or
refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ranmailbot.flows.receive import _digest
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear, Unwanted
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Archived, Envelope, Unavailable, Unreadable
from tests.campaigns.trouble import Clock, Trouble
from tests.fakes.mailbox import OVERTAKING, FakeMailbox

WAITING = ("INBOX", "Junk")


@dataclass
class ShakyMailbox:
    """The mailbox as the bot sees it. `meanwhile` lets the other lines of the bot work at the same time."""

    box: FakeMailbox
    trouble: Trouble
    meanwhile: Callable[[], None]
    known: dict[str, bytes] = field(default_factory=dict)
    """What was handed out, by the name under which the bot counts its attempts."""

    def fetch(self, limit: int) -> Sequence[Envelope]:
        self.trouble.deadly("before FETCH")
        self.trouble.broken("before FETCH")
        found = list(self.box.fetch(limit))
        for envelope in found:
            raw, digest = self.box.contents[envelope.folder, envelope.uidvalidity, envelope.uid], _digest(envelope)
            self.known[digest] = raw
        self.trouble.broken("after FETCH")
        if found and self.trouble.happens("fetch: a message twice", 0.02):
            found.append(self.trouble.chance.choice(found))
        if found and self.trouble.happens("fetch: new UIDVALIDITY before the MOVE", 0.01):
            self.box.renumber("INBOX")
        if found:
            self.meanwhile()
        return found

    def file(self, folder: str, filed: Iterable[Envelope]) -> None:
        envelopes = list(filed)
        self.trouble.deadly("before MOVE")
        self.trouble.broken("before MOVE")
        self.trouble.effect()
        if self.trouble.happens("move: half done", 0.02):
            self._half(folder, envelopes)
        self.box.file(folder, envelopes)
        self.trouble.broken("after MOVE")
        self.trouble.deadly("after MOVE")

    def _half(self, folder: str, envelopes: list[Envelope]) -> None:
        """Some are moved, of one more there is only a copy; then the connection is gone."""
        cut = self.trouble.chance.randrange(len(envelopes))
        self.box.file(folder, envelopes[:cut])
        one = envelopes[cut]
        raw = self.box.contents.get((one.folder, one.uidvalidity, one.uid))
        if raw is not None and self.trouble.chance.random() < 0.5:
            self.box.deliver(raw, one.stamp, folder)
        raise Unavailable("the connection broke within MOVE")


@dataclass
class Archive:
    """Copies of what was sent, as the provider keeps them: in order, sometimes late, sometimes none any more."""

    clock: Clock
    trouble: Trouble
    copies: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    """When it can be seen (true time), when it was written (by our clock), Message-ID."""
    keeps: bool = True
    known_since: datetime | None = None

    def keep(self, message_id: str) -> None:
        """A mail was sent, with a copy for us."""
        if not self.keeps:
            return
        late = self.trouble.chance.choice((3, 20, 50)) if self.trouble.happens("archive: late", 0.1) else 0
        before = self.copies[-1][0] if self.copies else self.clock.true
        seen = max(self.clock.true + timedelta(minutes=late), before)
        self.copies.append((seen, self.clock.now(), message_id))

    def probe(self, message_id: str, since: datetime, later: Collection[str]) -> Archived:
        """What ImapMailbox.archived says: found; absent if a mail is there that was written later; else unknown."""
        self.trouble.deadly("while the archive is asked")
        self.trouble.broken("while the archive is asked")
        if self.known_since is not None and self.known_since > since:
            return Archived.UNKNOWN
        shown = [copy for copy in self.copies if copy[0] <= self.clock.true]
        if any(copy[2] == message_id for copy in shown):
            return Archived.FOUND
        witness = any(copy[2] in later and copy[1] >= since + OVERTAKING for copy in shown)
        return Archived.ABSENT if witness else Archived.UNKNOWN

    def renumber(self) -> None:
        """The server gives the archive a new UIDVALIDITY: what was in doubt before cannot be proved any more."""
        self.known_since = self.clock.now()


@dataclass
class ShakySubmission:
    """The submission server as the bot sees it. `allowed` is asked at the last check, `arrives` told of each mail."""

    trouble: Trouble
    archive: Archive
    meanwhile: Callable[[], None]
    allowed: Callable[[OutgoingMail], None]
    arrives: Callable[[OutgoingMail], None]
    begun: set[str] = field(default_factory=set)
    """Message-IDs that passed the last check: only these may be held for a human."""
    refused: set[str] = field(default_factory=set)
    """Message-IDs that got a 5xx, or a 4xx and may have been given up."""
    unreachable: set[str] = field(default_factory=set)
    """Addresses that do not exist (any more)."""

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        self.trouble.deadly("before the connection")
        self.trouble.broken("no route")
        early = self._envelope(mail)
        if early is not None:
            return early
        archived = not self.trouble.happens("archive: refuses the copy", 0.03)
        self.meanwhile()
        self.trouble.deadly("between RCPT and the last check")
        self.begun.add(mail.message_id)
        if not before_data(archived):
            self.begun.discard(mail.message_id)
            return Unwanted()
        self.allowed(mail)
        return self._data(mail, archived=archived)

    def close(self) -> None:
        pass

    def _envelope(self, mail: OutgoingMail) -> Delivery | None:
        """MAIL and RCPT."""
        if self.trouble.happens("smtp: 4xx to MAIL", 0.01):
            return self._later(mail, "451 to MAIL")
        if self.trouble.happens("smtp: 4xx to RCPT", 0.01):
            return self._later(mail, "450 4.7.1 to RCPT")
        if self.trouble.happens("smtp: 5xx to MAIL", 0.001):
            return self._never(mail, recipient=False)
        if mail.recipient in self.unreachable:
            return self._never(mail, recipient=True)
        return None

    def _data(self, mail: OutgoingMail, *, archived: bool) -> Delivery:
        self.trouble.deadly("between the last check and DATA")
        if self.trouble.happens("smtp: 4xx to DATA", 0.015):
            return self._later(mail, "451 to DATA")
        if self.trouble.happens("smtp: 5xx to the content", 0.002):
            return self._never(mail, recipient=False)
        if self.trouble.happens("smtp: cut within the content", 0.01):
            return Unclear("the connection broke within the content")
        self.trouble.effect()
        self.arrives(mail)
        if archived:
            self.archive.keep(mail.message_id)
        self.trouble.deadly("after the content, before its answer was recorded")
        self.meanwhile()
        if self.trouble.happens("smtp: accepted, but no answer", 0.015):
            return Unclear("no answer after the content")
        return Sent()

    def _later(self, mail: OutgoingMail, reply: str) -> Deferred:
        self.refused.add(mail.message_id)
        return Deferred(reply)

    def _never(self, mail: OutgoingMail, *, recipient: bool) -> Refused:
        self.refused.add(mail.message_id)
        return Refused("550 5.1.1 to RCPT" if recipient else "554 refused", recipient=recipient)


@dataclass
class WatchedRoom:
    """The reading room in this process; `keys` are the keys of the letters that were read, by their bytes."""

    room: Any
    trouble: Trouble
    keys: dict[bytes, str] = field(default_factory=dict)
    done: bool = False
    """Whether a batch was read and waits for its outcomes."""

    def prepare(self) -> None:
        self.trouble.broken("no place to read")

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        self.trouble.deadly("before reading")
        found: Sequence[Letter | Unreadable] = self.room.read(envelopes, arrived)
        for envelope, one in zip(envelopes, found, strict=True):
            if isinstance(one, Letter):
                self.keys[envelope.raw] = one.key
        self.trouble.deadly("after reading")
        self.trouble.broken("after reading")
        self.done = True
        return found
