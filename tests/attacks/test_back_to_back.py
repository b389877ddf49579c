"""Machines wired to the bot for good: two of our own back to back, and autoresponders that say nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.call.call import Person
from ranmailbot.mail.outgoing import OutgoingMail
from tests.attacks.test_loops import head_of
from tests.attacks.tools import ANN, QuickWorld, received, verdict_of

OTHER = Person("Another call", "call@other.example")
ROUNDS = 60
MARKS = "x-ranmailbot|auto-submitted|x-auto-response-suppress"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[QuickWorld, QuickWorld]]:
    both = QuickWorld(tmp_path / "one"), QuickWorld(tmp_path / "two", mailbox=OTHER)
    yield both
    for world in both:
        world.engine.dispose()


def wire(one: QuickWorld, other: QuickWorld, strip: str, *, proven: bool) -> list[OutgoingMail]:
    """What `one` sends to the mailbox of `other` arrives there, without the fields that match; and is listed."""
    exchanged: list[OutgoingMail] = []

    def deliver(mail: OutgoingMail) -> None:
        if mail.recipient == other.call.mailbox.email:
            exchanged.append(mail)
            stamp = verdict_of(mail.sender.rpartition("@")[2], "pass" if proven else "none") + received()
            other.mailbox.deliver(
                stamp.replace("\n", "\r\n").encode() + head_of(mail.content, strip), other.clock.moment
            )

    one.submission._on_sent = deliver
    return exchanged


@pytest.mark.parametrize("proven", [True, False], ids=["authenticated", "not authenticated"])
@pytest.mark.parametrize(
    ("strip", "most"),
    [
        ("nothing", 1),
        (MARKS, 2),
        (f"{MARKS}|in-reply-to|references", 2),
        (f"{MARKS}|message-id", 6),
        (f"{MARKS}|message-id|in-reply-to|references", 6),
    ],
)
def test_two_of_our_bots_wired_back_to_back_fall_silent(
    pair: tuple[QuickWorld, QuickWorld], strip: str, most: int, proven: bool
) -> None:
    one, two = pair
    to_two, to_one = wire(one, two, strip, proven=proven), wire(two, one, strip, proven=proven)
    one.post(two.call.mailbox.email, "Who is there?", proven=proven)
    for _ in range(ROUNDS):
        for world in pair:
            world.receive()
            world.submitter.run()
            world.clock.moment += timedelta(seconds=30)
    assert to_two
    assert len(to_one) + len(to_two) <= most
    if "message-id" not in strip:  # without even that, our own questions in the other's form look like an answered form
        assert not one.applications()
        assert not two.applications()


@pytest.mark.parametrize("proven", [True, False], ids=["authenticated", "not authenticated"])
@pytest.mark.parametrize("threaded", [True, False])
def test_an_absent_person_whose_program_answers_everything_gets_a_few_mails_a_day_and_applies_for_nothing(
    tmp_path: Path, threaded: bool, proven: bool
) -> None:
    world = QuickWorld(tmp_path)
    days: dict[int, int] = {}

    def vacation(mail: OutgoingMail) -> None:
        if mail.recipient != ANN:
            return
        days[world.clock.moment.day] = days.get(world.clock.moment.day, 0) + 1
        found = re.search(rb"^Message-ID: (\S+)", mail.content, re.MULTILINE)
        assert found is not None
        thread = f"In-Reply-To: {found[1].decode()}\r\n" if threaded else ""
        world.post(
            ANN, "I am on holiday until Monday, 14 March.", headers=thread, subject=f"Away {len(days)}", proven=proven
        )

    world.submission._on_sent = vacation
    world.post(ANN, "How can I take part?", proven=proven)
    for _ in range(9 * 12):
        world.settle()
        world.clock.moment += timedelta(hours=2)
    assert days
    asked_and_reminded = 1
    assert max(days.values()) <= world.limits.replies_per_sender_per_day + asked_and_reminded
    assert world.applications() == ()
    world.engine.dispose()
