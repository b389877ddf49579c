"""Killed exactly at each step of each flow, once: nothing is lost, nothing doubled, and held only what nobody can know.

One call is played: each process dies at the next point, on what the one before left behind; half an hour later the next
one starts. In the end everybody's mail is counted.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ranmailbot.records import State
from tests.campaigns.bot import PlayedClock
from tests.campaigns.crash import Campaign
from tests.campaigns.failpoints import NEVER, SCENES, Fuse, Scene, steps_of_the_flows
from tests.campaigns.nursery import killed, nursery
from tests.campaigns.posts import opened
from tests.campaigns.tally import Fault, faults, glimpse, set_aside
from tests.world import OPENING

BETWEEN = timedelta(minutes=31)
"""Longer than a lease, and than copies overtake each other on their way to the archive."""
PATIENCE = 30


@dataclass
class Chain:
    """A campaign in which each process dies where it is told to."""

    campaign: Campaign
    reached: dict[str, bool] = field(default_factory=dict)
    people: dict[str, range] = field(default_factory=dict)
    """Who applied before the process that died at this point."""
    erased: set[str] = field(default_factory=set)
    doubts: set[int] = field(default_factory=set)
    """Mails that a death left in doubt."""

    def play(self, scene: Scene) -> None:
        """Whatever it takes to come by the point, and death there."""
        applied = self.campaign.crowd.applied
        if scene.first:
            self.die(Scene(scene.first))
        if scene.point.endswith("probe, absent"):
            self.work()  # it finds no proof yet, and sends the later mail that is one
        self.reached[scene.point] = self.die(scene)
        self.people[scene.point] = range(applied + 1, self.campaign.crowd.applied + 1)
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
        self.work(work)
        number = max(campaign._applications())
        if work == "erase":
            campaign.gone.add(number)
            self.erased.add(f"person{campaign.crowd.applied}@example.org")
        return (number,)

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


@dataclass(frozen=True)
class Played:
    """What is left of the whole chain."""

    chain: Chain
    faults: list[Fault]
    held: set[int]
    aside: int


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    starts = itertools.count(1)

    def later() -> PlayedClock:
        return PlayedClock(datetime.now(UTC).timestamp(), OPENING + next(starts) * BETWEEN, 1)

    chance = random.Random(1)  # noqa: S311 - played
    with tempfile.TemporaryDirectory() as folder, nursery() as bots, opened("built-in", Path(folder)) as post:
        campaign = Campaign(post, Path(folder) / "state", bots, chance, later, clumsy=0)
        chain = Chain(campaign)
        for scene in SCENES:
            chain.play(scene)
        campaign.finish()
        held = {mail.number for mail in campaign.desk.reports.mails([State.HELD])}
        aside = set_aside(campaign.desk.reports.letters())
        yield Played(chain, chain.faults(), held, aside)


@pytest.mark.parametrize("point", [scene.point for scene in SCENES])
def test_a_process_that_dies_at_this_point_loses_nothing_and_doubles_nothing(played: Played, point: str) -> None:
    assert played.chain.reached[point], "no process came by this point"
    people = {f"person{number}@example.org" for number in played.chain.people[point]}
    assert [fault for fault in played.faults if fault.email in people] == []


def test_nobody_else_lost_anything_or_got_it_twice_either(played: Played) -> None:
    assert played.faults == []
    assert played.aside == 0


def test_only_what_a_death_left_in_doubt_is_held(played: Played) -> None:
    assert played.chain.doubts, "no death fell between DATA and its answer"
    assert played.held <= played.chain.doubts


def test_every_step_of_the_flows_has_a_failpoint() -> None:
    points = {scene.point for scene in SCENES}
    without = [step for step in steps_of_the_flows() if not any(point.startswith(f"{step},") for point in points)]
    assert without == [], "name them in failpoints.py, with what makes a process come by"
