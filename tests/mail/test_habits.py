"""Habits of writing letters: how they end, how answers are labelled, and what only looks like either."""

from __future__ import annotations

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.reply_text import VisibleText, plain_lines
from ranmailbot.mail.signature import tail_start

from .client_forms import kept_form

SENDER = Address("Petra Wolf", "p.wolf@prison.example")


def read(text: str, form: str = "prisons") -> Reading:
    return kept_form(form).read(VisibleText(plain_lines(text), "plain"), SENDER)


def found(reading: Reading) -> dict[int, str]:
    return {answer.question: " ".join(answer.text.split()) for answer in reading.answers}


def surely(reading: Reading) -> bool:
    return all(answer.confidence >= SURE for answer in reading.answers)


@pytest.mark.parametrize(
    "farewell",
    [
        "Με εκτίμηση,",
        "ΜΕ ΕΚΤΙΜΗΣΗ",
        "Με φιλικούς χαιρετισμούς",
        "Ar cieņu",
        "Ar cienu",
        "Viele Grüße",
        "Best regards / Mit besten Grüßen",
        "Mit besten Grüßen aus Vechta",
        "LG Petra",
        "Thanks & regards",
        "مع أطيب التحيات",
        "Hämta Outlook för Android<https://aka.ms/AAb9ysg>",
    ],
)
def test_a_farewell_in_any_language_begins_the_signature(farewell: str) -> None:
    assert tail_start(["Ten years.", "", farewell, "Somebody Else"], SENDER) == 2


@pytest.mark.parametrize(
    "lines",
    [
        ["Greetings", "are forbidden in our visiting room."],
        ["Thanks to the new law."],
        ["Best practice sharing between prisons"],
        ["Getting mobile phones into prison is easy."],
    ],
)
def test_words_of_a_farewell_within_a_sentence_end_nothing(lines: list[str]) -> None:
    assert tail_start(["Ten years.", *lines], SENDER) == len(lines) + 1


def test_numbers_in_a_signature_are_no_labels() -> None:
    reading = read("3. Time.\n4. None.\n\nViele Grüße\nPetra Wolf\n1. Ref. III 4\n2. Postfach 12")
    assert found(reading) == {3: "Time.", 4: "None."}
    assert "Postfach 12" in reading.remainder


def test_a_date_at_the_start_of_a_line_is_no_label() -> None:
    reading = read("1. Ten years.\n2. Am 3. Mai 2018 war der Anfang.\nAm 4. Mai 2019 das Ende.\n3. Time.\n4. None.")
    assert found(reading)[2] == "Am 3. Mai 2018 war der Anfang. Am 4. Mai 2019 das Ende."


def test_labels_of_two_kinds_are_read_but_doubted() -> None:
    reading = read("1.) First:\n1. visits\n2. letters\n3. calls\n4.) None.")
    assert not surely(reading)


@pytest.mark.parametrize("label", ["{} ", "{}- ", "#{}: ", "Q{} ", "Ad {}/ "])
def test_unusual_labels_are_labels(label: str) -> None:
    reading = read("\n".join(f"{label.format(number)}Words {'abcd'[number - 1]}" for number in range(1, 5)))
    assert found(reading) == {number: f"Words {'abcd'[number - 1]}" for number in range(1, 5)}
    assert surely(reading)


def test_bullets_as_many_as_questions_are_only_proposed() -> None:
    reading = read("- Ten years\n- Three families\n- Time\n- None")
    assert found(reading) == {1: "Ten years", 2: "Three families", 3: "Time", 4: "None"}
    assert not surely(reading)


def test_answer_is_a_mark_but_letters_for_people_are_words() -> None:
    quoted = "> 3. What are the specific challenges you face?\n\n{}\n\n> 4. Can you share a story about a professional "
    quoted += "challenge or a successful activity?\n\nNone."
    assert found(read(quoted.format("Answer: time.")))[3] == "time."
    assert found(read(quoted.format("A: time.\nB: money.")))[3] == "A: time. B: money."


def test_answers_that_may_stand_above_their_questions_are_unsure() -> None:
    lines = kept_form("prisons").form.text.split("\n")
    said = {"1. ": "Ten years.", "2. ": "None.", "3. ": "Time.", "4. ": "No story."}
    rows = [row for line in lines for row in ([said[line[:3]]] if line[:3] in said else []) + [f"> {line}"]]
    reading = read("\n".join(rows))
    assert reading.answers
    assert not any(answer.confidence >= SURE for answer in reading.answers)


def test_short_questions_typed_again_are_questions() -> None:
    assert found(read("Your profession: nurse\nLanguages: English", "twelve")) == {1: "nurse", 11: "English"}


def test_a_quote_by_initials_is_a_quote() -> None:
    lines = kept_form("prisons").form.text.split("\n")
    rows = [row for line in lines for row in [f"RPC> {line}", *(["", "Time."] if line.startswith("3. ") else [])]]
    assert found(read("\n".join(rows))) == {3: "Time."}
    assert "RPC" not in read("\n".join(rows)).remainder
