"""Letters by somebody who did not know the reader, on forms of their own, with what a careful human would note down."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from ranmailbot.call.call import ProfileLine, Question
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits

UNSEEN = Path(__file__).parent.parent / "letters" / "unseen"
LETTERS = sorted(UNSEEN.glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")


@cache
def _form(name: str) -> SentForm:
    facts = tomllib.loads((UNSEEN / "forms" / f"{name}.toml").read_text("utf-8"))
    text = (UNSEEN / "forms" / f"{name}.txt").read_text("utf-8")
    questions = tuple(Question(int(number), asked) for number, asked in facts["questions"].items())
    profile = tuple(ProfileLine(key, label) for key, label in facts["profile"].items())
    return SentForm("<form@mail.example.org>", text, questions, profile, tuple(facts["ours"]))


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_an_unseen_letter_is_read_as_a_careful_human_would(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    form = _form(expected["form"])
    letter = decode(path.read_bytes(), NOW, Limits(), TRUST, [form.ours[1]])
    reading = read_letter(letter, form)  # raises ConservationBroken if a word is lost
    truth = {int(number): answer for number, answer in expected["answers"].items()}
    assert {answer.question: " ".join(answer.text.split()) for answer in reading.answers} == truth


def test_there_are_unseen_letters_enough() -> None:
    assert len(LETTERS) >= 60
