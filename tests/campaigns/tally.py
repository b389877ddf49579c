"""What is counted in the end, and where the kills fell: from the mailboxes of all people, and from the books."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ranmailbot.records import LetterRecord, MailRecord, State
from tests.campaigns.bot import CONTACTS
from tests.campaigns.posts import Copy

PHASES = ("reading", "queued", "claimed", "in_doubt", "starting", "at rest")
"""What a kill left behind: a batch of letters begun; mails in these states; letters nobody looked at yet; nothing."""


@dataclass(frozen=True)
class Glimpse:
    """The database file, read beside the bot or after its death, whatever state it is in."""

    letters: int = 0
    begun: int = 0
    """Letters that were taken to be read and have no outcome yet."""
    states: Mapping[int, str] = field(default_factory=dict)

    def doubts(self) -> set[int]:
        return {number for number, state in self.states.items() if state == State.IN_DOUBT}

    def busy(self) -> bool:
        return bool(self.begun or {State.QUEUED, State.CLAIMED} & set(self.states.values()))


def glimpse(state: Path) -> Glimpse:
    """Now. Nothing, before there are tables."""
    path = state / "ranmailbot.sqlite"
    if not path.exists():
        return Glimpse()
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts'").fetchone():
            return Glimpse()
        letters, begun = (
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours
            for table in ("letters", "attempts")
        )
        return Glimpse(letters, begun, dict(connection.execute("SELECT id, state FROM outbox").fetchall()))


def phases(before: Glimpse, after: Glimpse, delivered: int) -> set[str]:
    """Where a kill fell; several may be true at once."""
    states = set(after.states.values())
    found = {str(state) for state in (State.QUEUED, State.CLAIMED) if state in states}
    if after.doubts() - before.doubts():  # older ones only wait for their lease
        found.add("in_doubt")
    if after.begun:
        found.add("reading")
    elif after.letters < delivered:
        found.add("starting")
    return found or {"at rest"}


@dataclass(frozen=True)
class Tally:
    """What is left in the end. `aside` are letters in quarantine: kept, and shown."""

    kills: int
    fell: Mapping[str, int]
    letters: int
    mails: int
    lost: int
    doubled: int
    held: int
    aside: int

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing doubled, and no more held than kills that fell inside in_doubt."""
        return not self.lost and not self.doubled and self.held <= self.fell.get("in_doubt", 0)

    def line(self) -> str:
        """The closing line."""
        where = ", ".join(f"{phase} {self.fell.get(phase, 0)}" for phase in PHASES)
        counted = f"lost {self.lost}, doubled {self.doubled}, held {self.held}, aside {self.aside}"
        return f"kills {self.kills} (left behind: {where}), letters {self.letters}, mails {self.mails}: {counted}"


@dataclass
class Expected:
    """Who should have got what: how often, by address and kind of mail."""

    mails: Counter[tuple[str, str]] = field(default_factory=Counter)

    def applicant(self, email: str, *, answered: bool) -> None:
        self.mails[email, "acknowledgement"] = 1
        self.mails[email, "invitation"] = 2
        if answered:
            self.mails[email, "rsvp_receipt"] = 1
            self.mails[email, "session_details"] = 2

    def contacts(self, editions: int) -> None:
        for contact in CONTACTS:
            self.mails[contact.email, "announcement"] = editions


@dataclass(frozen=True)
class Fault:
    """Somebody got too much or too little."""

    email: str
    kind: str
    lost: int
    doubled: int


def faults(expected: Expected, copies: Iterable[Copy], held: Iterable[MailRecord]) -> list[Fault]:
    """Every difference. A held mail is not lost: a human decides about it.

    Of kinds that nobody is expected to get (an alarm) only the same mail twice is a fault.
    """
    found = list(copies)
    got = Counter((copy.recipient, copy.kind) for copy in found)
    kept = Counter((mail.recipient, mail.kind) for mail in held)
    ids = Counter((copy.recipient, copy.kind, copy.message_id) for copy in found)
    again: Counter[tuple[str, str]] = Counter()
    for (email, kind, _), times in ids.items():
        again[email, kind] += times - 1
    kinds = {kind for _, kind in expected.mails}
    all_faults = (
        Fault(*key, max(0, expected.mails[key] - (got[key] - again[key]) - kept[key]),
              max(again[key], (got[key] - expected.mails[key]) if key[1] in kinds else 0))
        for key in sorted(set(got) | set(expected.mails))
    )  # fmt: skip
    return [fault for fault in all_faults if fault.lost or fault.doubled]


def set_aside(letters: Iterable[LetterRecord]) -> int:
    """Letters in quarantine."""
    return sum(letter.outcome == "quarantined" for letter in letters)
