"""Loose text read by its labels, in the many ways people number."""

from __future__ import annotations

import pytest

from ranmailbot.mail.labels import labelled

ASKED = (1, 2, 3, 4)


def found(text: str) -> list[tuple[int, str]]:
    return [(part.question, text[part.start : part.end].strip()) for part in labelled(text, ASKED)]


@pytest.mark.parametrize(
    "label",
    [
        *("{n}. ", "{n}) ", "({n}) ", "[{n}] ", "{n} - ", "{n}.\n", "- {n}. ", "*{n}.* ", "**{n})** ", "#{n}: "),
        *(
            "Q{n}: ",
            "Q {n}. ",
            "Frage {n}: ",
            "Ad {n}. ",
            "Pytanie {n}:\n",
            "Question {n}\n",
            "No. {n}: ",
            "שאלה {n}: ",
        ),
        "Answer to question {n}: ",
    ],
)
def test_a_label_is_known_in_any_dress(label: str) -> None:
    text = "Hello,\n\n" + "\n".join(f"{label.format(n=n)}answer {word}" for n, word in zip(ASKED, "abcd", strict=True))
    assert found(text) == [(1, "answer a"), (2, "answer b"), (3, "answer c"), (4, "answer d")]


def test_roman_numerals_are_numbers() -> None:
    assert found("I. a\nII. b\nIII. c\nIV. d") == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def test_one_paragraph_is_cut_at_its_numbers() -> None:
    assert found("Hi 1. one in 2019. 2. two 3. three 4. four") == [
        (1, "one in 2019."),
        (2, "two"),
        (3, "three"),
        (4, "four"),
    ]


@pytest.mark.parametrize(
    "text", ["12 years here", "2019 was hard", "10.03.2022 we met", "4.5 posts", "In all, 3 cases", "no label"]
)
def test_a_number_alone_is_no_label(text: str) -> None:
    assert found(text) == []


def test_an_inner_list_stays_inside() -> None:
    assert found("1. a\n2. b\n1. x\n2. y\n3. z\n3. c\n4. d")[1] == (2, "b\n1. x\n2. y\n3. z")


def test_two_readings_as_good_as_each_other_are_doubted() -> None:
    assert all(part.confidence < 0.8 for part in labelled("1. a\n2. b\n2. c\n3. d\n4. e", ASKED))
