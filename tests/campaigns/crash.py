"""The bot is killed at random moments, again and again, while a call is at its busiest; then everything is counted.

Applications arrive, organisers decide by command, invitations with calendars go out, people accept, get the session
details, and all the while the announcement goes to a list. The mail server is never killed. `make crash KILLS=1000`
runs the long form, with SERVERS=real on Dovecot and Postfix, with LAG=2 on an archive that gets its copies two seconds
(ten minutes of the played clock) late, with JITTER=1 up to two seconds late and out of order. A short one is part of
the tests. Closes on one line: where the kills fell, and what was lost, doubled, held and put aside.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ranmailbot import service
from ranmailbot.call.application import Decision
from ranmailbot.flows.brake import holds
from ranmailbot.flows.correct import Clerk
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.records import State
from tests.campaigns.bot import Order, PlayedClock, settled
from tests.campaigns.courier import Lag
from tests.campaigns.nursery import Nursery, killed, nursery
from tests.campaigns.posts import BOX, KINDS, Post, opened
from tests.campaigns.tally import Expected, Glimpse, Tally, faults, glimpse, phases
from tests.interop.bench import missing
from tests.world import answers

KILLS_AN_EDITION = 3
"""After so many kills the announcement goes out once more."""
CHILDREN = 0.1
"""Share of bots that read in child processes, as in reality; starting those takes longer than most bots live here."""
LONGEST_LIFE = 4.0
SHORTEST_SPAN = 0.1
PATIENCE = 30
ROUNDS = 60


@dataclass
class Crowd:
    """The people: who has applied and who has answered an invitation, and what they write."""

    post: Post
    applied: int = 0
    delivered: int = 0
    replied: set[int] = field(default_factory=set)
    """Applications."""

    def apply(self, count: int) -> None:
        """Complete applications, each from an address of its own."""
        letters = []
        for _ in range(count):
            self.applied += 1
            letters.append(self._letter(f"person{self.applied}@example.org", answers((1, 2, 3, 4)), ""))
        self.post.deliver(letters)

    def accept(self, application: int, email: str, invitation: str) -> None:
        """Yes to everything, in reply to an invitation."""
        self.replied.add(application)
        self.post.deliver([self._letter(email, "yes to both\n", f"In-Reply-To: {invitation}\r\n")])

    def _letter(self, sender: str, text: str, more: str) -> tuple[str, bytes]:
        self.delivered += 1
        head = f"From: {sender}\r\nTo: {BOX}\r\nSubject: Mine\r\nMessage-ID: <{self.delivered}@example.org>\r\n{more}"
        return sender, f"{head}\r\n{text}".replace("\r\n", "\n").replace("\n", "\r\n").encode()


@dataclass
class Campaign:
    """One post, one state folder, and bots that come and go."""

    post: Post
    state: Path
    nursery: Nursery
    chance: random.Random
    clock: Callable[[], PlayedClock]
    """The clock of the next process."""
    editions: int = 0
    span: float = 1.0
    """Seconds within which a bot is killed: longer after a kill that hit work, shorter after one that hit none."""
    fell: Counter[str] = field(default_factory=Counter)
    decided: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    """Applications that are erased: nobody writes to them any more."""
    kept: int = 0
    """Editions that somebody marked as kept before they went out: they never do."""
    aside: int = 0
    """Letters that were put aside, and judged again in the end."""
    clumsy: float = 1 / 3
    """Share of commands that are killed."""

    @cached_property
    def crowd(self) -> Crowd:
        return Crowd(self.post)

    @cached_property
    def desk(self) -> service.Desktop:
        """The organisers' own place at the books, beside the bot."""
        return service.open_desktop(settled(), self.clock(), self.state)

    def run(self, kills: int) -> Tally:
        """The whole campaign."""
        for number in range(kills):
            self.editions = 1 + number // KILLS_AN_EDITION
            self.one_kill()
            sys.stderr.write(f"\rkill {number + 1} of {kills}")
        sys.stderr.write("\n")
        self.finish()
        return self.tally(kills)

    def one_kill(self) -> None:
        """People write and decide; a bot starts, works and dies."""
        before = glimpse(self.state)
        self.people_act()
        self.crowd.apply(1)
        bot = self.nursery.born(self.order(children=self.chance.random() < CHILDREN))
        dies_at = time.monotonic() + self.chance.uniform(0.0, self.span)
        if self.chance.random() < 1 / 2:
            self.crowd.apply(1)
        time.sleep(max(0.0, dies_at - time.monotonic()))
        status = bot.kill()
        assert killed(status), f"the bot ended by itself: {self.state.with_suffix('.log').read_text('utf-8')[-2000:]}"
        self.note(before, glimpse(self.state))

    def note(self, before: Glimpse, after: Glimpse) -> None:
        """Where the kill fell; the next one falls earlier if this one found nothing to disturb."""
        found = phases(before, after, self.crowd.delivered)
        self.fell.update(found)
        working = found & {"reading", "queued", "claimed", "in_doubt"}
        self.span = min(self.span * 1.07, LONGEST_LIFE) if working else max(self.span * 0.7, SHORTEST_SPAN)
        if found == {"starting"}:
            self.span = min(self.span * 2, LONGEST_LIFE)

    def order(self, **more: object) -> Order:
        """A bot for this campaign."""
        return Order(self.state, self.post.mail, self.clock(), self.editions, **more)  # type: ignore[arg-type]

    # -- people ------------------------------------------------------------------------------------------------------

    def people_act(self) -> None:
        """Organisers invite whoever is new, by a command that may be killed, too; the invited accept."""
        new = self._applications() - self.decided
        if new and self.chance.random() < self.clumsy:
            command = self.nursery.born(self.order(work="invite", numbers=tuple(sorted(new))))
            time.sleep(self.chance.uniform(0.0, 0.3))
            command.kill()
        self.invite(new)
        for application, invitation in self._invitations():
            if application not in self.crowd.replied | self.gone:
                with self.desk.store.look() as books:
                    person = books.application(application)
                assert person is not None
                self.crowd.accept(application, person.address, invitation)

    def invite(self, numbers: set[int]) -> None:
        """Whoever is not invited yet, whatever became of the command that was killed."""
        tokens = service.RandomTokens()
        for number in sorted(numbers):
            with self.desk.store.look() as books:
                person = books.application(number)
            assert person is not None
            if person.decision is None:
                facts = self.desk.store, self.desk.clock, tokens, settled().call
                decide_by_command(*facts, decision=Decision.INVITE, numbers=[number])
            self.decided.add(number)

    def _applications(self) -> set[int]:
        return {row[0] for row in self._rows("SELECT number FROM applications")} - self.gone

    def _invitations(self) -> list[tuple[int, str]]:
        return self._rows(
            "SELECT application, min(message_id) FROM outbox WHERE kind = 'invitation' AND state = 'sent' GROUP BY 1"
        )

    def _rows(self, query: str) -> list[tuple[int, str]]:
        if not glimpse(self.state).letters:
            return []
        with closing(sqlite3.connect(self.state / "ranmailbot.sqlite", timeout=30)) as connection:
            return connection.execute(query).fetchall()

    # -- the end -----------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Bots that nobody kills, one after another, until everybody has everything or nothing moves any more.

        What is still missing then, the tally finds.
        """
        idle, last = 0, None
        for _ in range(ROUNDS):
            self.put_back()
            self.people_act()
            with self.living():
                if not self.quiet():
                    return
            now = glimpse(self.state)
            if now.doubts():
                self.crowd.apply(1)  # a later mail, without which no absence can be proved
            idle = idle + 1 if now == last else 0
            last = now
            if self.complete() or (idle >= 4 and not now.doubts() and not now.busy()):
                return

    def put_back(self) -> None:
        """A person has the letters judged again that were being read at five kills: `ranmailbot retry --all`."""
        with self.desk.store.look() as books:
            aside = [letter for letter in books.aside() if not letter.again]
        if aside:
            Clerk(self.desk.store, self.desk.clock, service.RandomTokens()).retry(None)
        self.aside += len(aside)

    @contextmanager
    def living(self) -> Iterator[None]:
        """A bot while the block runs."""
        bot = self.nursery.born(self.order())
        try:
            yield
        finally:
            bot.kill()

    def quiet(self, pause: float = 0.5) -> bool:
        """Wait until every letter is in the books and nothing is due in the outbox, twice in a row.

        False if nothing changes for a long time although something waits: then it is lost.
        """
        last, since, calm = None, time.monotonic(), 0
        while time.monotonic() < since + PATIENCE:
            time.sleep(pause)
            now = glimpse(self.state)
            calm = 0 if now.busy() or now.letters < self.crowd.delivered else calm + 1
            if calm == 2:
                return True
            if now != last:
                last, since = now, time.monotonic()
        return False

    def complete(self) -> bool:
        """Whether every mail that is expected has gone out or is held."""
        query = "SELECT application, count(*) FROM outbox WHERE state IN ('sent', 'held') GROUP BY 1"
        written = dict(self._rows(query))
        applications = self._applications()
        everyone = len(applications | self.gone) == self.crowd.applied and applications <= self.crowd.replied
        announced = written.get(None, 0) >= (self.editions - self.kept) * 4  # type: ignore[call-overload]
        return everyone and announced and all(written.get(number, 0) >= 6 for number in applications)

    def tally(self, kills: int) -> Tally:
        """Counted where people look: in the mailboxes, and in the books."""
        letters, held = self.desk.reports.letters(), self.desk.reports.mails([State.HELD])
        mails = self.post.copies()
        found = faults(self.expected(), mails, held)
        with self.desk.store.look() as books:
            stopped = holds(books)
        for trouble in (*found, *stopped):  # mailings that stopped explain what is missing
            sys.stderr.write(f"{trouble}\n")
        return Tally(
            kills=kills,
            fell=self.fell,
            letters=self.crowd.delivered,
            mails=len(mails),
            lost=sum(fault.lost for fault in found) + abs(self.crowd.delivered - len(letters)),
            doubled=sum(fault.doubled for fault in found),
            held=len(held),
            aside=self.aside,
        )

    def expected(self) -> Expected:
        """What everybody should have in the end."""
        expected = Expected()
        replied = {person.address for person in self.desk.reports.applications() if person.number in self.crowd.replied}
        for number in range(1, self.crowd.applied + 1):
            email = f"person{number}@example.org"
            expected.applicant(email, answered=email in replied)
        expected.contacts(self.editions - self.kept)
        return expected


def campaign(kills: int, seed: int, servers: str = "built-in", lag: Lag = Lag()) -> Tally:  # noqa: B008 - frozen
    """Play it in a temporary folder."""
    chance = random.Random(seed)  # noqa: S311 - played
    with tempfile.TemporaryDirectory() as folder, nursery() as bots, opened(servers, Path(folder), lag, seed) as post:
        clock = PlayedClock(datetime.now(UTC).timestamp())
        return Campaign(post, Path(folder) / "state", bots, chance, lambda: clock).run(kills)


def main() -> int:
    """0 if nothing was lost or doubled, and no more held than kills fell inside in_doubt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--servers", choices=KINDS, default="built-in")
    parser.add_argument("--lag", type=float, default=0.0, help="seconds by which copies reach the archive late")
    parser.add_argument("--jitter", type=int, default=0, help="1: each copy up to that late, out of order")
    options = parser.parse_args()
    if options.servers == "real" and (reason := missing()):
        parser.error(reason)
    sys.stdout.write(f"seed {options.seed}\n")
    sys.stdout.flush()
    tally = campaign(options.kills, options.seed, options.servers, Lag(options.lag, bool(options.jitter)))
    sys.stdout.write(tally.line() + "\n")
    return 0 if tally.passed else 1


if __name__ == "__main__":
    sys.exit(main())
