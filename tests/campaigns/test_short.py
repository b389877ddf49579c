"""The short forms of the campaigns. The long ones: `make crash KILLS=1000`, and with SERVERS=real."""

from __future__ import annotations

import pytest

from tests.campaigns.crash import campaign
from tests.interop.bench import missing


def test_a_bot_that_is_killed_at_random_loses_nothing_and_doubles_nothing() -> None:
    tally = campaign(kills=6, seed=7)
    assert (tally.lost, tally.doubled) == (0, 0), tally.line()


@pytest.mark.interop
def test_a_bot_on_real_servers_loses_nothing_and_doubles_nothing() -> None:
    if reason := missing():
        pytest.skip(reason)
    tally = campaign(kills=3, seed=7, servers="real")
    assert (tally.lost, tally.doubled) == (0, 0), tally.line()
