"""The reader's work grows with the letter, not faster. Counted in calls: no test depends on how fast a machine is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import FrameType

import pytest

from benchmarks.patterns import patterns
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.conservation import conserved
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reply_text import unquoted

from .sample_form import ADDRESS, FORM

NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
SIZE = 6_000
MOST = 2.4
"""Twice as much more to read may take so many times the calls: a linear reader takes two, a quadratic one four."""
SLACK = 4_000
"""Calls that a limit or a list of 200 labels may bring in on the way, once."""
SHAPES = patterns()


def _letter(raw: bytes) -> Letter:
    return decode(raw, NOW, Limits(), TRUST, [ADDRESS])


def _calls(raw: bytes) -> int:
    """How many functions, of Python and of C, are called to decode and read this letter."""
    count = 0

    def one_more(frame: FrameType, event: str, thing: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(one_more)
    try:
        read_letter(_letter(raw), FORM)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_a_letter_twice_as_long_takes_about_twice_the_work(shape: str) -> None:
    make = SHAPES[shape]
    _calls(make(SIZE))  # the form is made ready once, whoever comes first
    small, middle, large = (_calls(make(size)) for size in (SIZE, 2 * SIZE, 4 * SIZE))
    assert large - middle <= MOST * (middle - small) + SLACK


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_loses_a_word_of_what_is_seen(shape: str) -> None:
    letter = _letter(SHAPES[shape](SIZE))
    reading = read_letter(letter, FORM)
    assert conserved(letter.text, FORM, reading)


def test_what_a_crowded_tag_holds_as_text_stays() -> None:
    crowd = " ".join(f"data-{number}='a>b'" for number in range(3_000))
    lines = visible_lines(f'<p>Before.</p><p {crowd} title="x > y">Inside.</p><p>After.</p>', Limits())
    assert [line.text for line in lines if line.text] == ["Before.", "Inside.", "After."]


@pytest.mark.parametrize(
    ("row", "text", "depth"),
    [
        ("> > a", "a", 2),
        (">>  a ", " a", 2),
        ("  > a", "a", 1),
        (" a > b", " a > b", 0),
        ("> a > b", "a > b", 1),
        (">   ", "", 1),
        ("> \t> a", "\t> a", 1),
        ("> " * 9 + "x", "x", 9),
    ],
)
def test_quote_marks_are_counted_and_taken_off_with_one_space(row: str, text: str, depth: int) -> None:
    assert unquoted(row) == (text, depth)
