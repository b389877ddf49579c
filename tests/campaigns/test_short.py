"""The short forms of the campaigns. The long ones: `make crash KILLS=1000` (SERVERS=real), `make simulate`."""

from __future__ import annotations

import pytest

from tests.campaigns.courier import Lag
from tests.campaigns.crash import campaign
from tests.campaigns.simulate import simulate
from tests.interop.bench import missing


def test_a_bot_that_is_killed_at_random_loses_nothing_and_doubles_nothing() -> None:
    tally = campaign(kills=12, seed=7)
    assert tally.passed, tally.line()
    assert tally.fell["at rest"] < tally.kills, "no kill hit the bot at work"


@pytest.mark.parametrize("jitter", [False, True])
def test_a_bot_whose_archive_lags_loses_nothing_and_doubles_nothing(jitter: bool) -> None:
    tally = campaign(kills=6, seed=7, lag=Lag(2, jitter))
    assert tally.passed, tally.line()


@pytest.mark.parametrize("seed", range(12))
def test_no_promise_is_broken_in_six_weeks_of_faults_and_crashes(seed: int) -> None:
    assert simulate(seed) > 0


@pytest.mark.interop
def test_a_bot_on_real_servers_loses_nothing_and_doubles_nothing() -> None:
    if reason := missing():
        pytest.skip(reason)
    tally = campaign(kills=4, seed=7, servers="real", lag=Lag(1))
    assert tally.passed, tally.line()
