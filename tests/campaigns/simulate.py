"""Seeded campaigns of six weeks on the real flows: people, organisers, faults, crashes; promises after every step.

Mailbox, submission and clock are played in this process; judgement, templates and SQLite are real. `make simulate
CAMPAIGNS=10000` is the long form, `SEED=` replays one. Closes on one line with campaigns, steps and broken promises.
Known limits: loss of power is not played (SQLite is told not to wait for the disk, for speed), nor are threads: the
three lines take turns.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ranmailbot.call.application import Decision, StepRefused
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.mail.delivery import Deferred, Delivery, Sent, Unclear, Unwanted
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Archived, Unavailable
from tests.world import Mail, World, answers

PEOPLE = 5
END = timedelta(days=38)
ORDERS = {"yes": 3, "no": 2, "only day 1": 1, "yes to both": 2, "who else comes?": 1}


ASKED_FOR = frozenset({"withdrawn", "passed_on"})
"""What somebody who withdrew may still get: the confirmation, and a receipt for what they themselves ask about data."""


class Killed(BaseException):
    """The process dies here."""


class Broken(Exception):
    """A promise that was not kept. The text says which."""


@dataclass
class Campaign:
    """One campaign. `lost` are mails that left without our knowing, as a cut connection leaves them."""

    world: World
    chance: random.Random
    steps: int = 0
    workers: int = 1
    posted: int = 0
    archive: set[str] = field(default_factory=set)
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    """What really reached somebody: Message-ID, kind and recipient."""
    withdrew: set[str] = field(default_factory=set)

    def play(self) -> None:
        """From the opening to the day after the last session. Raises Broken."""
        self._play_faults()
        end = self.world.clock.moment + END
        while self.world.clock.moment < end:
            self._anybody()
            self._work()
            self._check()
            self.world.clock.moment += timedelta(minutes=self.chance.choice((1, 7, 60, 240, 720, 1440)))
            self.steps += 1
        self._calm()

    # -- the world -----------------------------------------------------------------------------------------------

    def _anybody(self) -> None:
        act: Callable[[], None] = self.chance.choices(
            (self._write, self._invited, self._organiser, lambda: None), (6, 3, 2, 2)
        )[0]
        act()

    def _person(self) -> str:
        return f"person{self.chance.randrange(PEOPLE)}@example.org"

    def _write(self) -> None:
        person = self._person()
        numbers = self.chance.choice(((1, 2, 3, 4), (1, 2), (3,), (4,), ()))
        words = [f"Words {self.chance.randrange(3)} for {n}." for n in (1, 2, 3, 4)]
        text = answers(numbers, words) if numbers else self.chance.choice(("withdraw", "How is it?", "my data", ""))
        self._post(person, text, self._one_of(person))

    def _invited(self) -> None:
        person = self._person()
        invitations = self.world.mails(person, "invitation")
        if invitations:
            word = self.chance.choices(tuple(ORDERS), tuple(ORDERS.values()))[0]
            self._post(person, word, self.chance.choice(invitations))

    def _one_of(self, person: str) -> Mail | None:
        mails = self.world.mails(person)
        return self.chance.choice(mails) if mails and self.chance.random() < 0.8 else None

    def _post(self, person: str, text: str, to: Mail | None) -> None:
        folder = "Junk" if self.chance.random() < 0.05 else "INBOX"
        headers = "Auto-Submitted: auto-replied\r\n" if self.chance.random() < 0.05 else ""
        self.world.post(person, text, to=to, proven=self.chance.random() < 0.7, folder=folder, headers=headers)
        self.posted += 1

    def _organiser(self) -> None:
        people = self.world.applications()
        if people:
            one = self.chance.choice(people)
            decision = self.chance.choice((Decision.INVITE, Decision.DECLINE, None))
            world = self.world
            with suppress(StepRefused):
                decide_by_command(
                    world.store, world.clock, world.tokens, world.call, decision=decision, numbers=[one.number]
                )

    # -- faults --------------------------------------------------------------------------------------------------

    def _play_faults(self) -> None:
        world = self.world
        world.submission.send = self._send  # type: ignore[method-assign]
        for name in ("fetch", "file"):
            setattr(world.mailbox, name, self._shaky(getattr(world.mailbox, name)))

    def _shaky(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def shaken(*words: Any) -> Any:
            fate = self.chance.random()
            if fate < 0.02:
                raise Unavailable("the connection broke before")
            result = step(*words)
            if fate < 0.04:
                raise Unavailable("the connection broke after")
            if fate < 0.05:
                raise Killed
            return result

        return shaken

    def _send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        fate = self.chance.random()
        if fate < 0.02:
            raise Unavailable("no route")
        if fate < 0.04:
            raise Killed
        if fate < 0.06:
            return Deferred("451 to RCPT")
        if not before_data(True):
            return Unwanted()
        return self._data(mail, self.chance.random())

    def _data(self, mail: OutgoingMail, fate: float) -> Delivery:
        if fate < 0.02:
            raise Killed  # before the content: it never arrives
        if fate < 0.04:
            return Deferred("451 to DATA")
        if fate < 0.06:
            return Unclear("no answer after DATA")  # and it never arrived
        self._arrives(mail)
        if fate < 0.08:
            raise Killed
        return Unclear("no answer after DATA") if fate < 0.10 else Sent()

    def _arrives(self, mail: OutgoingMail) -> None:
        one = Mail(mail.content)
        self._may_arrive(one, mail.recipient)
        self.sent.append((mail.message_id, one.kind, mail.recipient))
        self.archive.add(mail.message_id)
        self.world.submission.sent.append(mail)

    def _may_arrive(self, mail: Mail, recipient: str) -> None:
        """Asked of the store at the very moment at which somebody gets a mail."""
        people = [p for p in self.world.applications() if p.address == recipient]
        if people and all(person.withdrawn for person in people) and mail.kind not in ASKED_FOR:
            raise Broken(f"a {mail.kind} reached somebody who withdrew")
        for session in self.world.call.sessions:
            link = session.room.join_url if session.room else ""
            if link in mail.text and not any(person.confirmed(session.key) for person in people):
                raise Broken(f"the link of {session.key} reached somebody who is not confirmed")

    # -- the bot -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        """The three lines take turns; whoever dies is started again, as another worker."""
        for _ in range(60):
            try:
                done = self._turn()
            except Killed:
                self.workers += 1
                self.world.start(f"worker-{self.workers}")
                self._with_archive()
                continue
            if not done:
                return

    def _turn(self) -> int:
        self._with_archive()
        lines = [self.world.receiver.run, self.world.announcer.run, self.world.submitter.run]
        self.chance.shuffle(lines)
        return sum(self._step(line) for line in lines)

    def _step(self, line: Callable[[], int]) -> int:
        try:
            return line()
        except Unavailable:
            return 0

    def _with_archive(self) -> None:
        object.__setattr__(self.world.submitter, "probe", self._probe)

    def _probe(self, message_id: str, _since: object) -> Archived:
        if self.chance.random() < 0.2:
            return Archived.UNKNOWN
        return Archived.FOUND if message_id in self.archive else Archived.ABSENT

    def _calm(self) -> None:
        """No more faults: in the end every letter has its outcome and nothing waits."""
        self.chance = random.Random(1)  # noqa: S311 - played
        self.chance.random = lambda: 0.99  # type: ignore[method-assign]
        for _ in range(30):
            self._work()
            self.world.clock.moment += timedelta(minutes=20)
        self._check()
        if self.world.mailbox.folders["INBOX"] or self.world.mailbox.folders["Junk"]:
            raise Broken("letters were left in the inbox")
        books = self.world.reports.books()
        if sum(books.letters.values()) + books.copies != self.posted:
            raise Broken(f"{self.posted} letters, {sum(books.letters.values())} outcomes and {books.copies} copies")

    def _check(self) -> None:
        twice = [message_id for message_id, n in Counter(one[0] for one in self.sent).items() if n > 1]
        if twice:
            raise Broken(f"{len(twice)} mails went out twice")
        verdicts = {kind: {who for _, k, who in self.sent if k == kind} for kind in ("invitation", "regret")}
        told = {p.address: p.told for p in self.world.applications()}
        both = verdicts["invitation"] & verdicts["regret"]
        if any(sum(p.address == who for p in self.world.applications()) == 1 for who in both):
            raise Broken(f"somebody holds an invitation and a regret ({len(told)} people)")


def simulate(seed: int) -> int:
    """One campaign; its steps. Raises Broken."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        event.listen(world.engine, "connect", _without_waiting)
        world.engine.dispose()  # connections from now on
        campaign = Campaign(world, random.Random(seed))  # noqa: S311 - played
        try:
            campaign.play()
        finally:
            world.engine.dispose()
        return campaign.steps


def _without_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def main() -> int:
    """0 if no promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--seed", type=int, help="replay this one")
    options = parser.parse_args()
    seeds = [options.seed] if options.seed is not None else range(options.campaigns)
    steps, broken = 0, []
    for seed in seeds:
        try:
            steps += simulate(seed)
        except Broken as fault:
            broken.append((seed, str(fault)))
        sys.stderr.write(f"\rcampaign {seed + 1}, {len(broken)} broken")
    first = f", first seed {broken[0][0]}: {broken[0][1]}" if broken else ""
    sys.stdout.write(f"\ncampaigns {len(seeds)}, steps {steps}, broken promises {len(broken)}{first}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
