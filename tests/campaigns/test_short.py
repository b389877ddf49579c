"""The short forms of the campaigns. The long ones: `make crash KILLS=1000` (SERVERS=real), `make simulate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.crash import campaign
from tests.campaigns.drill import drill
from tests.campaigns.simulate import simulate
from tests.interop.bench import missing


def test_a_bot_that_is_killed_at_random_loses_nothing_and_doubles_nothing() -> None:
    tally = campaign(kills=6, seed=7)
    assert (tally.lost, tally.doubled) == (0, 0), tally.line()


@pytest.mark.parametrize("seed", range(12))
def test_no_promise_is_broken_in_six_weeks_of_faults_and_crashes(seed: int) -> None:
    assert simulate(seed) > 0


def test_a_restored_backup_differs_in_nothing_but_what_is_held(tmp_path: Path) -> None:
    done = drill(120, tmp_path)
    assert done.differences == (), done.line()
    assert done.held > 0
    assert done.compared > 400


@pytest.mark.interop
def test_a_bot_on_real_servers_loses_nothing_and_doubles_nothing() -> None:
    if reason := missing():
        pytest.skip(reason)
    tally = campaign(kills=3, seed=7, servers="real")
    assert (tally.lost, tally.doubled) == (0, 0), tally.line()
