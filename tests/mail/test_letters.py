"""Letters as people sent them, each with what its author answered: read from the bytes to the answers."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import decode
from ranmailbot.mail.limits import Limits

from .sample_form import ADDRESS, FORM

LETTERS = sorted((Path(__file__).parent.parent / "letters").glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_a_letter_is_read_as_its_author_meant_it(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    letter = decode(path.read_bytes(), NOW, Limits(), TRUST, [ADDRESS])
    reading = read_answers(letter.text, FORM, letter.sender)
    truth = {int(number): answer for number, answer in expected["answers"].items()}
    assert {answer.question: _plain(answer.text) for answer in reading.answers} == truth
    assert all((answer.confidence >= SURE) == expected["sure"] for answer in reading.answers)
    for words in expected.get("remainder", []):
        assert words in _plain(reading.remainder)
    written = {value.key: value.text for value in reading.profile if not value.guessed}
    assert written == expected.get("profile", {})
    assert letter.authentication.passed
    assert letter.answerable
    assert not letter.faults


def test_there_are_letters_enough_to_mean_something() -> None:
    assert len(LETTERS) >= 40
