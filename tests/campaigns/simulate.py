"""Seeded campaigns of six weeks on the real flows: people, organisers, faults, crashes; promises after every step.

Mailbox, submission and clock are played in this process; judgement, templates and SQLite are real. `make simulate
CAMPAIGNS=10000` is the long form, `SEED=` tells the story of one. Closes on one line with campaigns, steps, broken
promises and the first seed that broke one.
Known limits: threads take turns at the calls of the ports, not at every line; loss of power is tested on its own.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

from ranmailbot.call.application import Decision, StepRefused
from ranmailbot.call.timeline import next_moment
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.ports import Unavailable
from tests.campaigns.broken import BUILDS
from tests.campaigns.disk import settle_in, shared_place
from tests.campaigns.hands import WAITING
from tests.campaigns.model import Broken, Posted, Seen
from tests.campaigns.people import APPLICANTS, SPAMMER, STRANGERS, Writer
from tests.campaigns.power import Promise
from tests.campaigns.stage import Stage, quick_timeline
from tests.campaigns.trouble import Killed

WEEKS_SIX = timedelta(days=38)
PAUSES = (1, 7, 60, 240, 720, 1440, 2880)
"""Minutes from one step to the next, where it does not go on to the next milestone."""
LISTED = ("iva@list.example", "jon@list.example", "ann@example.org")
LOOSE = ("sent", "refused", "held", "void", "lapsed")


@dataclass(frozen=True)
class Result:
    """How a campaign ended. `fault` is empty if every promise was kept."""

    seed: int
    steps: int
    fault: str
    story: Sequence[str] = ()
    counted: dict[str, int] = field(default_factory=dict)


class Campaign:
    """One campaign of one seed."""

    def __init__(self, seed: int, power: Promise | None = None) -> None:
        self.stage = Stage(seed, LISTED if seed % 2 else (), power)
        self.chance, self.model, self.clock = self.stage.chance, self.stage.model, self.stage.clock
        self.stage.arrives = self._arrives
        self.writer = Writer(self.chance, self.clock.true)
        self.mails: dict[str, list[Seen]] = {}
        self.posted: set[bytes] = set()
        """What needs an outcome: not what a human deleted before anybody read it."""
        self.steps = 0

    def play(self) -> None:
        """From the opening to the day after the last session. Raises Broken."""
        end = self.clock.true + WEEKS_SIX
        while self.clock.true < end:
            self._step()
        self._calm()

    def _step(self) -> None:
        self.steps += 1
        self.writer.now = self.clock.true
        self.stage.trouble.tell(f"-- step {self.steps}, {self.clock.true:%a %d %b %H:%M}")
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            self._anybody()
        if self.chance.random() > 0.06:  # else the machine is off until the next step
            self.stage.work()
        self._check()
        self.clock.true += self._pause()
        self.clock.wobble(self.stage.trouble)

    def _pause(self) -> timedelta:
        """To the next milestone or, as often, some time."""
        if self.chance.random() < 0.3:
            ahead = next_moment(self.stage.call.milestones(), (), self.clock.true)
            if ahead is not None:
                return ahead - self.clock.true + timedelta(minutes=1)
        return timedelta(minutes=self.chance.choice(PAUSES))

    # -- who does something --------------------------------------------------------------------------------------

    def _anybody(self) -> None:
        acts: dict[Callable[[], None], int] = {
            self._applies: 8, self._asks: 3, self._withdraws: 2, self._is_invited: 10, self._is_forged: 2,
            self._decides: 5, self._decides_by_mail: 4, self._bounces: 2, self._tidies: 2, self._is_a_server: 1,
        }  # fmt: skip
        self.chance.choices(tuple(acts), tuple(acts.values()))[0]()

    def _posts(self, letter: Posted) -> None:
        """Into INBOX, now and then into Junk, now and then twice."""
        self.model.writes(letter)
        self.stage.trouble.tell(f"posted: {letter.message_id} {letter.means} from {letter.sender}, {letter.says}")
        self.posted.add(letter.raw)
        for _ in range(2 if self.chance.random() < 0.04 else 1):
            self.stage.box.deliver(letter.raw, self.clock.true, "Junk" if self.chance.random() < 0.05 else "INBOX")

    def _one_of(self, person: str, kind: str = "") -> Seen | None:
        mails = [mail for mail in self.mails.get(person, []) if kind in ("", mail.kind)]
        return self.chance.choice(mails) if mails else None

    def _applies(self) -> None:
        """In answer to a mail or of one's own accord, sometimes by a forwarded form, in one or two mails."""
        person = self.chance.choice((*APPLICANTS, *STRANGERS[:1]))
        form = person if self.chance.random() < 0.95 else self.chance.choice(APPLICANTS)
        to = self._one_of(form) if self.chance.random() < 0.8 else None
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            self._posts(self.writer.answers(person, to))

    def _asks(self) -> None:
        person = self.chance.choice((*APPLICANTS, *STRANGERS))
        act = self.chance.randrange(12)
        if act == 0:
            self._posts(self.writer.spam())
        elif act == 1:
            self._posts(self.writer.huge(person))
        else:
            self._posts(self.writer.enquiry(person, self._one_of(person) if act % 2 else None))

    def _withdraws(self) -> None:
        person = self.chance.choice(APPLICANTS)
        self._posts(self.writer.withdrawal(person, self._one_of(person) if self.chance.random() < 0.7 else None))

    def _is_invited(self) -> None:
        """Somebody who got an invitation answers it; sometimes somebody else does, to whom it was forwarded."""
        invitations = [mail for mails in self.mails.values() for mail in mails if mail.kind == "invitation"]
        if not invitations:
            return
        one = self.chance.choice(invitations)
        sender = one.recipient if self.chance.random() < 0.9 else STRANGERS[1]
        by = self.writer.reply if self.chance.random() < 0.6 else self.writer.click
        self._posts(by(one, sender))

    def _is_forged(self) -> None:
        victim = self.chance.choice(APPLICANTS)
        other = self.chance.choice([person for person in APPLICANTS if person != victim])
        if self.chance.random() < 0.5:
            self._posts(self.writer.forged_answers(victim))
        else:
            self._posts(self.writer.forged_withdrawal(victim, self._one_of(other)))

    def _numbers(self) -> list[int]:
        people = sorted(self.model.people)
        return sorted(self.chance.sample(people, min(len(people), self.chance.choice((1, 2, 4)))))

    def _decides(self) -> None:
        """By command, while the bot runs. What a command that died has done, nobody knows: it may have been done."""
        stage, numbers = self.stage, self._numbers()
        verb = self.chance.choice(("invite", "invite", "decline", "undecide"))
        decision = {"invite": Decision.INVITE, "decline": Decision.DECLINE}.get(verb)
        stage.trouble.tell(f"command: {verb} {numbers}")
        try:
            decide_by_command(
                stage.store, self.clock, stage.tokens, stage.call, decision=decision, numbers=numbers
            )  # fmt: skip
        except StepRefused:
            return
        except (Killed, Unavailable):
            stage.bench.engine.dispose()
        stage.trouble.effect()
        for number in numbers:
            self.model.decide(verb, number)

    def _decides_by_mail(self) -> None:
        organiser = self.chance.choice(sorted(self.model.organisers))
        digests = [mail for mail in self.mails.get(organiser, []) if mail.kind == "digest"]
        numbers = self._numbers()
        if not numbers:
            return
        if digests and self.chance.random() < 0.75:
            self._posts(self.writer.decision(organiser, digests[-1], numbers, honest=True))
        else:
            author = self.chance.choice((organiser, STRANGERS[0]))
            self._posts(self.writer.decision(author, digests[-1] if digests else None, numbers, honest=False))

    def _bounces(self) -> None:
        """A report on a mail that arrived: failed after all, late, or on a mail that was never ours."""
        person = self.chance.choice((*APPLICANTS, *STRANGERS))
        mail = self._one_of(person)
        if mail is not None:
            action = self.chance.choice(("failed", "delayed", "delayed"))
            about = mail.message_id if self.chance.random() < 0.7 else "<guessed.invitation@ran.example>"
            self._posts(self.writer.bounce(mail, action, about))
        if self.chance.random() < 0.15:
            self.stage.submission.unreachable ^= {person}

    def _tidies(self) -> None:
        """A human in the mailbox: drags letters back, deletes one that was filed or one that waits."""
        box = self.stage.box
        filed = [(name, one) for name, held in box.folders.items() if name not in WAITING for one in held]
        waiting = [(name, one) for name in WAITING for one in box.folders[name]]
        act = self.chance.randrange(4)
        if act < 3 and filed:
            name, one = self.chance.choice(filed)
            raw = box.contents[one.folder, one.uidvalidity, one.uid]
            box.folders[name].remove(one)
            if act < 2:
                self.stage.trouble.tell(f"dragged back: {self.model.posted[raw].message_id}")
                box.deliver(raw, one.stamp)
        elif act == 3 and waiting:
            name, one = self.chance.choice(waiting)
            self.stage.trouble.tell("a letter that waits is deleted by a human")
            box.folders[name].remove(one)
            self.posted -= {box.contents[name, one.uidvalidity, one.uid]} - self._in_the_inbox()

    def _is_a_server(self) -> None:
        act = self.chance.randrange(3)
        if act == 0:
            self.stage.box.renumber("INBOX")
        elif act == 1:
            self.stage.archive.renumber()
        elif self.chance.random() < 0.2:
            self.stage.archive.keeps = False

    # -- what comes of it ----------------------------------------------------------------------------------------

    def _arrives(self, mail: Any) -> None:
        """In somebody's mailbox: kept for later, and answered at once by their machines."""
        one = self.model.arrive(mail)
        self.stage.trouble.tell(f"arrived: {one.kind} {one.subject} to {one.recipient}")
        self.mails.setdefault(one.recipient, []).append(one)
        if self.stage.trouble.calm or one.recipient in self.model.organisers or one.recipient == SPAMMER:
            return
        fate = self.chance.random()
        self.writer.now = self.clock.true
        if fate < 0.04:
            self._posts(self.writer.machine(one))
        elif fate < 0.07:
            self._posts(self.writer.bad_machine(one))
        elif fate < 0.09:
            self._posts(self.writer.bounce(one, "failed", one.message_id))

    def _in_the_inbox(self) -> set[bytes]:
        return {raw for name in WAITING for raw in self.stage.box.raws(name)}

    def _check(self) -> None:
        """No letter leaves the inbox without its outcome."""
        for raw in self.posted - self._in_the_inbox():
            letter = self.model.posted[raw]
            if letter.message_id not in self.model.judged:
                raise Broken(f"a letter ({letter.means}) left the inbox without an outcome")

    def _calm(self) -> None:
        """No more trouble: in the end every letter has its outcome, nothing waits, and the books balance."""
        stage = self.stage
        stage.trouble.tell("-- calm")
        stage.trouble.calm = True
        self.clock.wrong_by = timedelta()
        for minutes in (1, 20, 20, 60, 120, 120, 1500, 120):
            stage.work()
            self._check()
            self.clock.true += timedelta(minutes=minutes)
        if self._in_the_inbox():
            raise Broken("letters were left in the inbox")
        self._letters_balance()
        self._mails_balance()

    def _letters_balance(self) -> None:
        """One row and one outcome for each letter. One that was too large to fetch is known by its place only."""
        ask = self.stage.outside.execute
        read = "letter IS NOT NULL AND name != 'quarantined'"
        outcomes = ask(f"SELECT count(*), count(DISTINCT letter) FROM outcomes WHERE {read}").fetchone()  # noqa: S608 - ours
        letters = ask("SELECT count(*) FROM letters WHERE kind != 'quarantined'").fetchone()[0]
        judged = sum(outcome != "quarantined" for outcome in self.model.judged.values())
        if {*outcomes, letters} != {judged}:
            raise Broken(f"{judged} letters were judged; {letters} are stored, with {outcomes} outcomes")

    def _mails_balance(self) -> None:
        """Sent in the books is what arrived, but for what a human must look at; and nothing waits for ever."""
        rows = self.stage.outside.execute("SELECT message_id, state FROM outbox").fetchall()
        states = dict(rows)
        for message_id, state in rows:
            if state not in LOOSE:
                raise Broken(f"a mail is {state} in the end")
            if state == "sent" and message_id not in self.model.arrived:
                raise Broken("a mail is sent in the books and reached nobody")
            if state == "held" and message_id not in self.stage.submission.begun:
                raise Broken("a mail is held that was never begun")
            if state == "refused" and message_id not in self.stage.submission.refused:
                raise Broken("a mail is refused that no server refused")
        for message_id, mail in self.model.arrived.items():
            if states.get(message_id) not in ("sent", "held"):
                raise Broken(f"a {mail.kind} reached somebody and is {states.get(message_id)} in the books")
        self._everybody_heard()

    def _everybody_heard(self) -> None:
        """Who applied, may be answered and did not withdraw has an acknowledgement, or the books say why not."""
        heard = {n for mail in self.model.arrived.values() if mail.kind == "acknowledgement" for n in mail.references}
        why = "SELECT application FROM outbox WHERE kind = 'acknowledgement' AND state IN ('refused', 'held')"
        heard |= {row[0] for row in self.stage.outside.execute(why)}
        for number, person in self.model.people.items():
            if number not in heard and not person.gone and not person.silent:
                raise Broken(f"A-{number:03d} applied and never heard of it")


def simulate(seed: int, build: str = "", power: Promise | None = None) -> Result:
    """One campaign, of the bot as it is or of a broken build, on a disk that never loses power or on one that does."""
    with ExitStack() as stack:
        stack.enter_context(quick_timeline())
        if build:
            stack.enter_context(BUILDS[build]())
        campaign = Campaign(seed, power)
        stack.callback(campaign.stage.close)
        fault = ""
        try:
            campaign.play()
        except Broken as broken:
            fault = str(broken)
        except Exception as raised:  # noqa: BLE001 - whatever comes up here would have ended a thread of the bot
            fault = f"the bot raised {_where(raised)}"
        trouble = campaign.stage.trouble
        return Result(seed, campaign.steps, fault, trouble.story, dict(trouble.count))


def _where(raised: Exception) -> str:
    """The kind of a fault and the place it came from."""
    last = traceback.extract_tb(raised.__traceback__)[-1]
    return f"{type(raised).__name__} in {Path(last.filename).name}:{last.lineno}"


# -- many campaigns ----------------------------------------------------------------------------------------------------


def simulated(seeds: Sequence[int], build: str = "", jobs: int = 1) -> Iterator[Result]:
    """Many campaigns, in as many processes as there are jobs, without their stories, in the order of the seeds."""
    if jobs < 2 or len(seeds) < 2:
        yield from (_briefly((seed, build)) for seed in seeds)
        return
    with shared_place() as place, get_context("spawn").Pool(jobs, settle_in, (place,)) as pool:
        yield from pool.imap(_briefly, ((seed, build) for seed in seeds), chunksize=4)


def _briefly(task: tuple[int, str]) -> Result:
    """Without its story, and without the bot's own log."""
    parent = parent_process()
    if parent is not None and not parent.is_alive():
        os._exit(1)  # somebody killed the command alone: nobody reads this any more
    before = logging.root.manager.disable
    logging.disable()
    try:
        return replace(simulate(*task), story=())
    finally:
        logging.disable(before)


def main() -> int:
    """0 if no promise was broken; of a broken build, 0 if one was."""
    options = _options()
    if options.seed is not None:
        return _tell(simulate(options.seed, options.broken))
    began, steps, broken = time.monotonic(), 0, []
    counted: Counter[str] = Counter()
    for done, result in enumerate(simulated(_seeds(options), options.broken, options.jobs), 1):
        steps, counted = steps + result.steps, counted + Counter(result.counted)
        if result.fault:
            broken.append(result)
            sys.stderr.write(f"\nseed {result.seed}: {result.fault}\n")
        _progress(done, options.campaigns, len(broken), time.monotonic() - began)
        if broken and options.broken:
            break
    sys.stderr.write(f"\ntrouble: {', '.join(f'{name} {n}' for name, n in counted.most_common())}\n")
    first = f", first seed {broken[0].seed}: {broken[0].fault}" if broken else ""
    sys.stdout.write(f"campaigns {done}, steps {steps}, broken promises {len(broken)}{first}\n")
    return int(bool(broken) is not bool(options.broken))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="play this one and tell its story")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--broken", choices=sorted(BUILDS), default="", help="play a build that is broken on purpose")
    return parser.parse_args()


def _seeds(options: argparse.Namespace) -> range:
    return range(options.first, options.first + options.campaigns)


def _progress(done: int, of: int, broken: int, seconds: float) -> None:
    left = seconds / done * (of - done) / 60
    sys.stderr.write(f"\rcampaign {done} of {of}, {broken} broken, about {left:.0f} minutes left ")


def _tell(result: Result) -> int:
    """The story of one campaign, step by step, and how it ended."""
    sys.stdout.write("\n".join(result.story))
    fault = f", first seed {result.seed}: {result.fault}" if result.fault else ""
    sys.stdout.write(f"\ncampaigns 1, steps {result.steps}, broken promises {int(bool(result.fault))}{fault}\n")
    return int(bool(result.fault))


if __name__ == "__main__":
    sys.exit(main())
