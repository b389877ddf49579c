"""The clock is set while the bot runs: ahead, nothing of the timeline goes out unseen; back, nothing goes out twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import holds, resume_by_command
from ranmailbot.flows.clock_watch import ClockWatch
from ranmailbot.records import State
from tests.world import World


@dataclass
class SetClock:
    """A wall clock that somebody sets, beside seconds that only pass."""

    moment: datetime
    ticks: float = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.ticks

    def arrival(self, stamp: datetime) -> datetime:
        return stamp

    def wait(self, **by: float) -> None:
        """Time passes on both."""
        self.moment += timedelta(**by)
        self.ticks += timedelta(**by).total_seconds()


def watched(world: World) -> tuple[SetClock, ClockWatch]:
    clock = SetClock(world.clock.moment)
    watch = ClockWatch(world.store, Alarms(world.desk, world.call), clock)
    assert not watch.run()
    return clock, watch


def alarms(world: World) -> list[str]:
    world.settle()
    return [mail.text for mail in world.mails(world.call.organisers[0].email, "alarm")]


def is_held(world: World) -> bool:
    with world.store.look() as books:
        return bool(holds(books))


def test_a_jump_of_more_than_a_day_holds_mailings_until_a_person_resumes(world: World) -> None:
    clock, watch = watched(world)
    clock.wait(minutes=1)
    clock.moment += timedelta(days=30)
    assert watch.run()
    world.clock.moment = clock.moment
    assert world.announcer.run() == 0
    assert world.reports.books().milestones == ()
    assert ["jumped ahead by 720 h 0 min" in text for text in alarms(world)] == [True]
    resume_by_command(world.store, clock, world.tokens)
    clock.wait(minutes=1)
    assert not watch.run(), "what a person has confirmed is found again"
    assert not is_held(world)


def test_several_small_jumps_that_make_a_large_one_are_one(world: World) -> None:
    clock, watch = watched(world)
    for _ in range(3):
        clock.moment += timedelta(hours=10)
        watch.run()
    assert is_held(world)


@pytest.mark.parametrize("hours", [1, 23.9])
def test_a_clock_that_is_put_right_by_less_than_a_day_holds_nothing(world: World, hours: float) -> None:
    clock, watch = watched(world)
    clock.moment += timedelta(hours=hours)
    assert not watch.run()
    assert not is_held(world)


def test_three_days_of_waiting_are_no_jump(world: World) -> None:
    clock, watch = watched(world)
    clock.wait(days=3)
    assert not watch.run()
    assert alarms(world) == []


def test_three_days_switched_off_are_no_jump(world: World) -> None:
    clock, _ = watched(world)
    clock.moment += timedelta(days=3)
    clock.ticks = 0
    after_the_start = ClockWatch(world.store, Alarms(world.desk, world.call), clock)
    assert not after_the_start.run()
    clock.wait(minutes=1)
    assert not after_the_start.run()
    assert not is_held(world)


def test_a_clock_that_goes_back_is_told_once_and_sends_nothing_twice(world: World) -> None:
    world.apply("ann@example.org", (1, 2, 3, 4))
    world.pass_time(days=2)
    before = len(world.all_sent())
    assert any(mail.kind == "digest" for mail in world.outbox())
    clock, watch = watched(world)
    clock.moment -= timedelta(days=2)
    assert watch.run()
    assert not watch.run()
    world.clock.moment = clock.moment
    world.settle()
    assert "went back by 48 h" in world.mails(world.call.organisers[0].email, "alarm")[0].text
    assert len(world.all_sent()) == before + len(world.call.organisers)
    world.pass_time(days=2)
    digests = [mail.subject for mail in world.all_sent() if b"Kind: digest" in mail.content]
    assert len(digests) == len(world.call.organisers), "a digest of days that were lived twice"


def test_mails_that_wait_for_a_moment_do_not_wait_for_it_a_year_after_the_clock_was_a_year_ahead(world: World) -> None:
    world.clock.moment += timedelta(days=365)
    clock, watch = watched(world)
    world.post("ann@greylisted.example", "Hello")
    world.receiver.run()
    world.submitter.run()
    assert world.outbox()[0].state is State.QUEUED
    clock.moment -= timedelta(days=365)
    right = world.clock.moment = clock.moment
    assert watch.run()
    assert world.outbox()[0].next_at - right <= timedelta(minutes=3)


def test_mails_that_a_wrong_clock_sent_in_the_future_do_not_use_up_the_pace_of_today(world: World) -> None:
    world.clock.moment += timedelta(days=10)
    world.post("ann@example.org", "Hello")
    world.receiver.run()
    world.submitter.run()
    world.clock.moment -= timedelta(days=10)
    with world.store.look() as books:
        assert books.sent_between(world.clock.moment - timedelta(minutes=1), world.clock.moment) == 0
