"""Played time stands still, goes forwards only, and never looks like a jump."""
# ruff: noqa: S311 - played chance, no secrets

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ranmailbot.call.call import Call
from ranmailbot.rehearsal.clock import PlayedClock
from ranmailbot.rehearsal.timing import in_time, last_day, later

START = datetime(2022, 3, 1, 9, tzinfo=UTC)


def test_the_clock_shows_what_it_was_moved_to_and_mail_arrives_then() -> None:
    clock = PlayedClock.at(START)
    clock.move_to(START + timedelta(days=20))
    assert clock.now() == START + timedelta(days=20)
    assert clock.arrival(datetime(2030, 1, 1, tzinfo=UTC)) == clock.now()


def test_wall_and_monotonic_time_agree_however_far_the_clock_is_moved() -> None:
    clock = PlayedClock.at(START)
    clock.move_to(START + timedelta(days=3))
    assert clock.monotonic() == timedelta(days=3).total_seconds()


def test_played_time_does_not_run_backwards() -> None:
    clock = PlayedClock.at(START)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(START - timedelta(seconds=1))


def test_people_who_write_in_time_write_before_the_deadline_and_after_they_were_asked(call: Call) -> None:
    for number in range(300):
        chance = Random(number)
        asked = START + timedelta(hours=chance.uniform(0, 230))
        if asked < call.deadline:
            assert asked < in_time(asked, call, chance) < call.deadline


def test_people_who_wait_for_the_last_day_write_on_it(call: Call) -> None:
    moments = [last_day(call, Random(number)) for number in range(200)]
    assert all(timedelta(0) < call.deadline - moment < timedelta(hours=15) for moment in moments)


def test_nobody_writes_in_the_middle_of_the_night(call: Call) -> None:
    hours = {later(START, 0, 60, Random(number), "UTC").hour for number in range(400)}
    assert hours <= set(range(7, 23))
