"""Killed exactly at each step of each flow, once: nothing is lost, nothing doubled, and held only what nobody can know.

One call is played: each process dies at the next point, on what the one before left behind; half an hour later the next
one starts. In the end everybody's mail is counted.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ranmailbot.flows.brake import holds
from ranmailbot.records import State
from tests.campaigns.bot import JUMPS, PlayedClock, settled
from tests.campaigns.crash import Campaign
from tests.campaigns.failpoints import NEVER, SAID, SCENES, Fuse, Scene, steps_of_the_flows
from tests.campaigns.nursery import killed, nursery
from tests.campaigns.posts import opened
from tests.campaigns.tally import Fault, faults, glimpse, set_aside
from tests.world import OPENING

BETWEEN = timedelta(minutes=31)
"""Longer than a lease, and than copies overtake each other on their way to the archive."""
PATIENCE = 30
ALARMS = ("hold/all", "clock/ahead", "clock/back", "disk", "access", "silence/fetch", "command")
"""The causes of the alarms that a death may lose or repeat; the last one is a person who stops the mailings."""
LONG_IN_DOUBT = timedelta(hours=3)
"""Longer than the archive is asked about a mail."""


@dataclass
class Days:
    """The played time: when the next process starts."""

    moment: datetime = OPENING

    def clock(self) -> PlayedClock:
        self.moment += BETWEEN
        return PlayedClock(datetime.now(UTC).timestamp(), self.moment, 1)


@dataclass
class Chain:
    """A campaign in which each process dies where it is told to."""

    campaign: Campaign
    days: Days
    reached: dict[str, bool] = field(default_factory=dict)
    people: dict[str, range] = field(default_factory=dict)
    """Who applied before the process that died at this point."""
    erased: set[str] = field(default_factory=set)
    doubts: set[int] = field(default_factory=set)
    """Mails that a death left in doubt."""
    unsent: set[int] = field(default_factory=set)
    """Mails in doubt of which we know that they were not sent, until somebody releases them."""
    stopped: dict[str, bool] = field(default_factory=dict)
    """Whether anything was stopped after the death of this scene."""

    def play(self, scene: Scene) -> None:
        """Whatever it takes to come by the point, and death there."""
        applied = self.campaign.crowd.applied
        if scene.first:
            self.die(Scene(scene.first))
        if scene.point.endswith("probe, absent"):
            self.work()  # it finds no proof yet, and sends the later mail that is one
        self.reached[scene.name] = self.die(scene)
        self.people[scene.name] = range(applied + 1, self.campaign.crowd.applied + 1)
        self.days.moment += max(JUMPS.get(scene.trouble, timedelta()), timedelta())  # the clock stays where it is
        self.campaign.kept += scene.work == "mark kept" and scene.committed
        with self.campaign.desk.store.look() as books:
            self.stopped[scene.name] = bool(holds(books))
        if scene.resume:
            assert self.campaign.nursery.born(self.campaign.order(work="resume")).ended(PATIENCE) == 0
        if scene.rest:
            self.work()

    def die(self, scene: Scene) -> bool:
        """Whether a process died at that point."""
        numbers = self.prepare(scene.work)
        order = self.campaign.order(work=scene.work, numbers=numbers, trouble=scene.trouble, fuse=Fuse(scene.point))
        bot = self.campaign.nursery.born(order)
        status = bot.ended(PATIENCE)
        self.doubts |= glimpse(self.campaign.state).doubts()
        if status is None:
            bot.kill()
        elif scene.work == "erase":
            again = self.campaign.nursery.born(replace(order, fuse=NEVER))
            assert again.ended(PATIENCE) == 0, "what a killed command left half done cannot be done again"
        return status is not None and killed(status)

    def prepare(self, work: str) -> tuple[int, ...]:
        """Letters, answers and another edition for a bot; somebody to decide about for a command."""
        campaign = self.campaign
        if work == "run":
            campaign.people_act()
            campaign.editions += 1
            campaign.crowd.apply(1)
            return ()
        if work == "release":
            return self.unclear()
        if work not in {"invite", "erase"}:
            campaign.crowd.apply(1)
            campaign.editions += work == "mark kept"
            if work == "retry":
                self.live(trouble="no judgement")
            return ()
        self.work(work)
        number = max(campaign._applications())
        if work == "erase":
            campaign.gone.add(number)
            self.erased.add(f"person{campaign.crowd.applied}@example.org")
        return (number,)

    def unclear(self) -> tuple[int, ...]:
        """Mails that are held because their process died between DATA and the content, and nobody looked for long."""
        before = glimpse(self.campaign.state).doubts()
        self.die(Scene(SAID))
        self.unsent |= glimpse(self.campaign.state).doubts() - before
        self.days.moment += LONG_IN_DOUBT
        self.live()
        held = {mail.number for mail in self.campaign.desk.reports.mails([State.HELD])}
        return tuple(sorted(self.unsent & held))

    def live(self, trouble: str = "") -> None:
        """A process until it rests."""
        bot = self.campaign.nursery.born(self.campaign.order(trouble=trouble))
        assert self.campaign.quiet(0.2), "something waits for ever"
        bot.kill()

    def work(self, for_whom: str = "run") -> None:
        """A process that nobody kills, until it rests."""
        if for_whom == "run":
            self.prepare("run")
        else:
            self.campaign.crowd.apply(1)
        with self.campaign.living():
            self.campaign.quiet(0.2)

    def faults(self) -> list[Fault]:
        """Everybody's, but of those who are erased."""
        campaign = self.campaign
        held = campaign.desk.reports.mails([State.HELD])
        found = faults(campaign.expected(), campaign.post.copies(), held)
        return [fault for fault in found if fault.email not in self.erased]

    def alarms(self) -> dict[str, list[int]]:
        """By kind of cause: how many organisers each of its alarms has reached."""
        query = (
            "SELECT cause, message_id FROM outcomes JOIN outbox ON outbox.outcome = outcomes.id "
            "WHERE outbox.kind = 'alarm'"
        )
        arrived = Counter(copy.message_id for copy in self.campaign.post.copies())
        reached: Counter[str] = Counter()
        for cause, message_id in self.campaign._rows(query):
            reached[str(cause)] += arrived[message_id]
        return {kind: [reached[cause] for cause in reached if cause.rpartition("/")[0] == kind] for kind in ALARMS}


@dataclass(frozen=True)
class Played:
    """What is left of the whole chain."""

    chain: Chain
    faults: list[Fault]
    held: set[int]
    aside: int
    stranded: int
    """Letters that nobody judged in the end."""
    alarms: dict[str, list[int]]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    days = Days()
    chance = random.Random(1)  # noqa: S311 - played
    with tempfile.TemporaryDirectory() as folder, nursery() as bots, opened("built-in", Path(folder)) as post:
        campaign = Campaign(post, Path(folder) / "state", bots, chance, days.clock, clumsy=0)
        chain = Chain(campaign, days)
        for scene in SCENES:
            chain.play(scene)
        campaign.finish()
        held = {mail.number for mail in campaign.desk.reports.mails([State.HELD])}
        letters = campaign.desk.reports.letters()
        stranded = sum(letter.outcome == "shunted" for letter in letters)
        yield Played(chain, chain.faults(), held, set_aside(letters), stranded, chain.alarms())


@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_a_process_that_dies_at_this_point_loses_nothing_and_doubles_nothing(played: Played, scene: str) -> None:
    assert played.chain.reached[scene], "no process came by this point"
    people = {f"person{number}@example.org" for number in played.chain.people[scene]}
    assert [fault for fault in played.faults if fault.email in people] == []


def test_nobody_else_lost_anything_or_got_it_twice_either(played: Played) -> None:
    assert played.faults == []
    assert played.aside == 0


def test_only_what_a_death_left_in_doubt_is_held(played: Played) -> None:
    assert played.chain.doubts, "no death fell between DATA and its answer"
    assert played.held <= played.chain.doubts


def test_what_a_person_released_goes_out_whatever_died_meanwhile(played: Played) -> None:
    assert len(played.chain.unsent) == 2, "no mail was held that a person could release"
    assert not played.held & played.chain.unsent


def test_a_letter_that_a_person_wants_judged_again_is_judged_whatever_died_meanwhile(played: Played) -> None:
    assert played.stranded == 0


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.resume or scene.work in {"hold", "resume"}],
                         ids=lambda scene: scene.name)  # fmt: skip
def test_mailings_are_stopped_and_go_on_from_the_commit_and_not_before(played: Played, scene: Scene) -> None:
    assert played.chain.stopped[scene.name] is (scene.committed is not (scene.work == "resume"))


@pytest.mark.parametrize("cause", ALARMS)
def test_the_organisers_get_an_alarm_once_although_its_process_died(played: Played, cause: str) -> None:
    assert played.alarms[cause] == [len(settled().call.organisers)]


def test_every_step_of_the_flows_has_a_failpoint() -> None:
    points = {scene.point for scene in SCENES}
    without = [step for step in steps_of_the_flows() if not any(point.startswith(f"{step},") for point in points)]
    assert without == [], "name them in failpoints.py, with what makes a process come by"
