"""The bot is killed at random moments, again and again, while applications arrive; in the end everything is counted.

The mail server is never killed. `make crash KILLS=1000` runs the long form, with SERVERS=real on Dovecot and Postfix; a
short one is part of the tests. Closes on one line with kills, lost, doubled and held.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ranmailbot import service
from ranmailbot.records import BooksReport
from tests.campaigns.bot import written
from tests.campaigns.posts import BOX, KINDS, Post, opened
from tests.interop.bench import missing
from tests.world import OPENING, ROOT, answers, settings

STEP = 16 * 60
"""Seconds the clock moves on with each start: longer than a lease, so that every doubt is looked into."""
LETTERS = 3
"""Applications that arrive before each kill."""
PATIENCE = 120


@dataclass(frozen=True)
class Tally:
    """What is left in the end. `lost` and `doubled` must be 0; `aside` are letters in quarantine: kept, and shown."""

    kills: int
    letters: int
    lost: int
    doubled: int
    held: int
    aside: int

    def line(self) -> str:
        """The closing line."""
        counted = f"lost {self.lost}, doubled {self.doubled}, held {self.held}, aside {self.aside}"
        return f"kills {self.kills}, letters {self.letters}: {counted}"


@dataclass
class Campaign:
    """One post, one state folder, and bots that come and go."""

    post: Post
    state: Path
    chance: random.Random
    sent: int = 0

    def run(self, kills: int) -> Tally:
        """The whole campaign."""
        for number in range(kills):
            with self.bot(number) as process:
                self.write(LETTERS)
                time.sleep(self.chance.uniform(0.0, 0.6))
                process.kill()
            sys.stderr.write(f"\rkill {number + 1} of {kills}")
        sys.stderr.write("\n")
        self.finish(kills)
        return self.tally(kills)

    @contextmanager
    def bot(self, number: int) -> Iterator[subprocess.Popen[str]]:
        """A bot that has just started; gone when the block ends."""
        command = [sys.executable, "-m", "tests.campaigns.bot", str(self.state), str(number * STEP)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(written(self.post.mail))
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n"
            try:
                yield process
            finally:
                process.kill()

    def write(self, count: int) -> None:
        """Complete applications, each from an address of its own."""
        letters: list[tuple[str, bytes]] = []
        for _ in range(count):
            self.sent += 1
            sender = f"person{self.sent}@example.org"
            text = answers((1, 2, 3, 4)).replace("\n", "\r\n")
            head = f"From: {sender}\r\nTo: {BOX}\r\nSubject: Mine\r\nMessage-ID: <{self.sent}@example.org>\r\n"
            letters.append((sender, f"{head}\r\n{text}".encode()))
        self.post.deliver(letters)

    def finish(self, kills: int) -> None:
        """Bots that nobody kills, each a lease later, until nothing waits any more."""
        for number in itertools.count(kills):
            with self.bot(number):
                self.wait_until_quiet()
            states = self.books().states
            if not {"queued", "claimed", "in_doubt"} & set(states):
                return
            assert number < kills + 20, f"the outbox does not empty: {states}"

    def wait_until_quiet(self) -> None:
        """Until the inbox is empty and nothing is due in the outbox."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            books = self.books()
            waiting = books.states.get("queued", 0) + books.states.get("claimed", 0)
            if not waiting and sum(books.letters.values()) >= self.sent:
                return
            time.sleep(0.2)
        raise AssertionError(f"the bot does not come to rest: {self.books()}")

    def books(self) -> BooksReport:
        """The sums, read beside the bot."""
        clock = service.WallClock(OPENING - datetime.now(UTC) + timedelta(0))
        desktop = service.open_desktop(settings(), clock, self.state)
        try:
            return desktop.reports.books()
        finally:
            desktop.close()

    def tally(self, kills: int) -> Tally:
        """Counted where people look: in the mailboxes, and in the books."""
        found = self.post.copies()
        copies = Counter((copy.recipient, copy.message_id) for copy in found)
        told = Counter(copy.recipient for copy in found if copy.kind == "acknowledgement")
        books = self.books()
        held, aside = books.states.get("held", 0), books.letters.get("quarantined", 0)
        missing = sum(f"person{n}@example.org" not in told for n in range(1, self.sent + 1))
        unread = self.sent - sum(books.letters.values())
        doubled = sum(n - 1 for n in copies.values()) + sum(n - 1 for n in told.values())
        return Tally(kills, self.sent, max(0, missing - held - aside) + abs(unread), doubled, held, aside)


def campaign(kills: int, seed: int, servers: str = "built-in") -> Tally:
    """Play it in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, opened(servers, Path(folder)) as post:
        return Campaign(post, Path(folder) / "state", random.Random(seed)).run(kills)  # noqa: S311 - played


def main() -> int:
    """0 if nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--servers", choices=KINDS, default="built-in")
    options = parser.parse_args()
    if options.servers == "real" and (reason := missing()):
        parser.error(reason)
    tally = campaign(options.kills, options.seed, options.servers)
    sys.stdout.write(tally.line() + "\n")
    return 1 if tally.lost or tally.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
