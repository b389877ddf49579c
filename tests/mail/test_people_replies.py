"""What people do that no client does (people_replies.py): read exactly, nothing surely wrong, and no word lost."""

from __future__ import annotations

import pytest

from ranmailbot.mail.answers import read_answers

from .people_replies import STYLES, Judged, Told, judge, told

EACH = 6
"""So many replies of each style; `python -m tests.mail.people_replies --count 5000` reads more."""
ENOUGH = 0.985


def _read(number: int) -> tuple[tuple[Told, Judged], ...]:
    seeds = range(number, EACH * len(STYLES), len(STYLES))
    replies = [told(seed) for seed in seeds]
    return tuple((one, judge(one, read_answers(one.text, one.form, one.sender))) for one in replies)


@pytest.mark.parametrize("number", range(len(STYLES)), ids=list(STYLES))
def test_what_people_do_is_never_read_wrongly_and_surely(number: int) -> None:
    assert [one.style for one, judged in _read(number) if judged.wrong] == []


@pytest.mark.parametrize("number", range(len(STYLES)), ids=list(STYLES))
def test_no_word_of_what_people_write_is_lost(number: int) -> None:
    assert [one.style for one, judged in _read(number) if judged.lost] == []


def test_nearly_everything_that_can_be_read_in_one_way_only_is_read_exactly() -> None:
    read = [pair for number in range(len(STYLES)) for pair in _read(number) if not pair[0].guess]
    answers = sum(len(one.truth) for one, _ in read)
    assert sum(judged.exact for _, judged in read) >= ENOUGH * answers
