"""Letters as particular mail programs write them, answering mails of ours as they really went out.

Their answers were written down before the reader saw them. `known` names what the reader cannot do: there it need not
find the answer, but it must lose no word and be sure of nothing wrong.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.mail.answers import Reading, conserved
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.limits import Limits

from .client_forms import CLIENTS, kept_form

LETTERS = sorted(CLIENTS.glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
Case = tuple[Letter, Reading, dict[str, Any]]


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=LETTERS, ids=lambda path: path.stem, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    path: Path = request.param
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    kept = kept_form(expected["form"])
    letter = decode(path.read_bytes(), NOW, Limits(), TRUST, [kept.form.ours[1]])
    return letter, kept.read(letter.text, letter.sender), expected


def test_a_client_s_letter_is_read_as_its_author_meant_it(case: Case) -> None:
    letter, reading, expected = case
    if "known" in expected:
        pytest.skip(expected["known"])
    truth = {int(number): answer for number, answer in expected["answers"].items()}
    assert {answer.question: _plain(answer.text) for answer in reading.answers} == truth
    if "sure" in expected:
        assert all((answer.confidence >= SURE) == expected["sure"] for answer in reading.answers)
    for words in expected.get("remainder", []):
        assert words in _plain(reading.remainder)
    written = {value.key: value.text for value in reading.profile if not value.guessed}
    assert written == expected.get("profile", {})
    assert letter.authentication.passed
    assert letter.answerable
    assert not letter.faults


def test_nothing_wrong_is_sure_and_no_word_is_lost(case: Case) -> None:
    letter, reading, expected = case
    sure = {str(answer.question): _plain(answer.text) for answer in reading.answers if answer.confidence >= SURE}
    assert {number: text for number, text in sure.items() if expected["answers"].get(number) != text} == {}
    kept = kept_form(expected["form"])
    assert conserved(letter.text, kept.form, reading)


def test_the_two_collections_together_are_large_enough() -> None:
    older = CLIENTS.parent.glob("*.eml")
    assert len(LETTERS) + len(list(older)) >= 125
