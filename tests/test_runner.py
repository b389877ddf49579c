"""A line of work that fails is tried again after growing pauses with jitter, and recovers by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from ranmailbot.ports import Unavailable
from ranmailbot.runner import LONGEST_PAUSE, Line


class Stop:
    """The event that ends the line, with pauses that take no time; it is set after so many."""

    def __init__(self, pauses: int) -> None:
        self.pauses: list[float] = []
        self._most = pauses

    def is_set(self) -> bool:
        return len(self.pauses) >= self._most

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)


def paused(step: Callable[[], int], pauses: int) -> list[float]:
    stop = Stop(pauses)
    line = Line("receive", step, lambda: None, stop, lambda: None)
    line.start()
    line.join()
    return stop.pauses


def refused() -> int:
    raise Unavailable("mailbox imap.example.org:993: login refused for bot", "is the password right?")


def test_pauses_double_up_to_five_minutes_and_no_two_bots_keep_the_same_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    pauses = paused(refused, 40)
    for number, seconds in enumerate(pauses, 1):
        middle = min(2**number, LONGEST_PAUSE)
        assert 0.75 * middle <= seconds <= 1.25 * middle
    assert len({round(seconds, 3) for seconds in pauses[10:]}) > 1
    first = caplog.records[0].getMessage()
    assert first.startswith(
        "receive: mailbox imap.example.org:993: login refused for bot; is the password right?; next"
    )


def test_after_a_success_the_pauses_begin_anew() -> None:
    results = iter([False, False, False, True, False, False])

    def step() -> int:
        if not next(results):
            raise Unavailable("away")
        return 1

    pauses = paused(step, 5)
    assert pauses[2] > 5
    assert pauses[3] < 3


def test_a_fault_of_our_own_is_told_by_its_kind_alone_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> int:
        raise RuntimeError("somebody's words")

    assert len(paused(broken, 3)) == 3
    assert "RuntimeError; please report it" in caplog.text
    assert "somebody's words" not in caplog.text
