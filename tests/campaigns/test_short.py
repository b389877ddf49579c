"""The short forms of the campaigns. The long ones: `make crash KILLS=1000` (SERVERS=real), `make simulate`."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.campaigns.broken import BUILDS
from tests.campaigns.courier import Lag
from tests.campaigns.crash import campaign
from tests.campaigns.drill import drill
from tests.campaigns.power import Promise
from tests.campaigns.simulate import Result, simulate, simulated
from tests.interop.bench import missing

CAMPAIGNS = int(os.environ.get("RANMAILBOT_SIMULATED", "200"))
JOBS = os.cpu_count() or 1


def faults(results: list[Result]) -> list[tuple[int, str]]:
    """Seeds and what they broke; `make simulate SEED=...` tells the story."""
    return [(result.seed, result.fault) for result in results if result.fault]


def test_a_bot_that_is_killed_at_random_loses_nothing_and_doubles_nothing() -> None:
    tally = campaign(kills=12, seed=7)
    assert tally.passed, tally.line()
    assert tally.fell["at rest"] < tally.kills, "no kill hit the bot at work"


@pytest.mark.parametrize("jitter", [False, True])
def test_a_bot_whose_archive_lags_loses_nothing_and_doubles_nothing(jitter: bool) -> None:
    tally = campaign(kills=6, seed=7, lag=Lag(2, jitter))
    assert tally.passed, tally.line()


def test_no_promise_is_broken_in_six_weeks_of_faults_and_crashes() -> None:
    results = list(simulated(range(CAMPAIGNS), jobs=JOBS))
    assert faults(results) == []
    assert sum(result.steps for result in results) > 20 * CAMPAIGNS


def test_every_sort_of_trouble_comes_in_the_campaigns() -> None:
    results = list(simulated(range(1000, 1012)))
    assert faults(results) == []
    assert {name for result in results for name in result.counted} == {
        "archive", "clock", "disk", "fetch", "killed", "move", "network", "smtp",
    }  # fmt: skip


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_that_is_broken_on_purpose_is_caught(build: str) -> None:
    caught = (result for result in simulated(range(200), build) if result.fault)
    assert len(list(islice(caught, 1))) == 1


def test_a_seed_tells_the_same_story_again() -> None:
    assert simulate(11) == simulate(11)


@pytest.mark.parametrize("power", ["every commit", "before effects"])
def test_a_disk_that_keeps_what_it_promised_may_lose_power_at_any_moment(power: Promise) -> None:
    assert faults([simulate(seed, power=power) for seed in range(2000, 2008)]) == []


def test_a_disk_that_lies_about_a_commit_is_what_the_bot_cannot_bear() -> None:
    results = (replace(simulate(seed, power="sometime"), story=()) for seed in range(200))
    assert any(result.fault for result in results)


def test_a_restored_backup_differs_in_nothing_but_what_is_held(tmp_path: Path) -> None:
    done = drill(120, tmp_path)
    assert done.differences == (), done.line()
    assert done.held > 0
    assert done.compared > 400


@pytest.mark.interop
def test_a_bot_on_real_servers_loses_nothing_and_doubles_nothing() -> None:
    if reason := missing():
        pytest.skip(reason)
    tally = campaign(kills=4, seed=7, servers="real", lag=Lag(1))
    assert tally.passed, tally.line()
