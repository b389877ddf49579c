"""The day on which a secret expires is told a week before: to the organisers once, to the log every day."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from ranmailbot.flows.access_watch import AccessWatch
from ranmailbot.flows.alarm import Alarms
from ranmailbot.grants import Grant, Microsoft365, TokenCommand, ending
from tests.world import World


def app(world: World, days: int | None) -> Microsoft365:
    """An app whose secret is good for so many days more."""
    last = None if days is None else world.clock.moment.date() + timedelta(days=days)
    return Microsoft365("tenant", "client", "a-client-secret", expires=last)


def watch(world: World, *grants: Grant) -> AccessWatch:
    return AccessWatch(world.store, Alarms(world.desk, world.call), world.clock, grants)


def alarms(world: World) -> list[str]:
    world.settle()
    return [mail.text for mail in world.mails(world.call.organisers[0].email, "alarm")]


def test_a_week_before_the_organisers_are_told_once_and_the_log_every_day(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    watching = watch(world, app(world, 9))
    for _ in range(12):
        watching.run()
        world.clock.moment += timedelta(days=1)
    (told,) = alarms(world)
    assert "ends in 7 days" in told
    assert "docs/providers.md" in " ".join(told.split())
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("access: ")]
    assert len(lines) == 10
    assert "a-client-secret" not in told + "".join(lines)


@pytest.mark.parametrize(("days", "words"), [(7, "in 7 days"), (1, "tomorrow"), (0, "today"), (-3, "has ended")])
def test_the_sentence_says_when(world: World, days: int, words: str) -> None:
    told = ending(app(world, days), world.clock.moment.date())
    assert told is not None
    assert words in told[0]


def test_what_ends_later_or_never_or_nobody_knows_when_is_not_told(world: World) -> None:
    for grant in (app(world, 8), app(world, None), TokenCommand(("/opt/mail-token",))):
        assert ending(grant, world.clock.moment.date()) is None
    watch(world, app(world, 8), app(world, None)).run()
    assert alarms(world) == []
