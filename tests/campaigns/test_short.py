"""The short forms of the campaigns. The long ones: `make crash KILLS=1000`."""

from __future__ import annotations

from tests.campaigns.crash import campaign


def test_a_bot_that_is_killed_at_random_loses_nothing_and_doubles_nothing() -> None:
    tally = campaign(kills=6, seed=7)
    assert (tally.lost, tally.doubled) == (0, 0), tally.line()
