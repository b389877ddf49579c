"""Promises of the reader over replies it was not written for: generated client by client, and made of odd fragments."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.call.application import SURE
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, conserved, read_answers
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from . import fuzz
from .client_forms import FORMS, kept_form
from .client_replies import FAREWELLS, STYLES, ClientReply, client_reply

SEEDS = range(30 * len(STYLES))
SENDER = Address("Anna Ozola", "a.ozola@prison.example")
Readings = list[tuple[ClientReply, Reading]]


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def readings() -> Readings:
    return [(one, one.kept.read(one.text, one.sender)) for one in map(client_reply, SEEDS)]


def test_99_of_100_answers_are_exact_for_every_client(readings: Readings) -> None:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one, reading in readings:
        got = {answer.question: _plain(answer.text) for answer in reading.answers}
        for number in got.keys() | one.truth.keys():
            total[one.style] += 1
            right[one.style] += got.get(number) == _plain(one.truth.get(number, "nothing was answered"))
    assert {style: right[style] / total[style] for style in STYLES if right[style] < 0.99 * total[style]} == {}


def test_nothing_wrong_is_sure_whatever_the_client(readings: Readings) -> None:
    wrong = [
        (one.style, answer.question)
        for one, reading in readings
        for answer in reading.answers
        if answer.confidence >= SURE and _plain(answer.text) != _plain(one.truth.get(answer.question, ""))
    ]
    assert wrong == []


def test_no_word_of_a_client_s_letter_is_lost(readings: Readings) -> None:
    assert all(conserved(one.text, one.kept.form, reading) for one, reading in readings)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_random_letters_lose_no_word(first: int) -> None:
    for seed in range(first, first + 100):
        fuzz.read_one(seed)  # raises ConservationBroken if a word is lost


FRAGMENTS = st.one_of(
    st.sampled_from(FORMS).flatmap(lambda name: st.sampled_from(kept_form(name).form.text.split("\n"))),
    st.sampled_from(fuzz.MARKS + fuzz.ODD + fuzz.SPACES),
    st.sampled_from(FAREWELLS),
    st.text(max_size=20),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(FRAGMENTS, st.sampled_from(fuzz.SPACES)), max_size=40), st.sampled_from(FORMS))
def test_fragments_of_our_forms_and_marks_in_any_order_lose_no_word(heap: list[tuple[str, str]], name: str) -> None:
    text = "".join(f"{piece}{space}" for piece, space in heap)
    kept_form(name).read(VisibleText(plain_lines(text), "plain"), SENDER)


WORDS = (
    *("visits", "mothers", "Riga", "2019", "3", "and", "the", "No", "yes,", "10:30", "1.5", "(see", "below)", "-", "&"),
    *(
        "Thanks",
        "regards",
        "name:",
        "question",
        "experience",
        "prison",
        "children",
        "story",
        "Ja.",
        "нет",
        "μητέρα",
        "אם",
    ),
    *(
        "1.",
        "2)",
        "Q3:",
        "Answer:",
        "To:",
        "From:",
        "https://x.example/1",
        "a@b.example",
        "“quoted”",
        "*bold*",
        "…",
        "?",
    ),
)
LINE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3), st.lists(LINE, min_size=1, max_size=4), st.booleans())
def test_what_stands_below_a_question_is_read_exactly_or_is_unsure(number: int, lines: list[str], close: bool) -> None:
    form = kept_form("prisons").form
    below = "\n".join(lines)
    quoted = "\n".join(f"> {line}".rstrip() for line in form.text.split("\n"))
    gap = "\n" if close else "\n\n"
    reply = _below(_below(quoted, 4, "\nThat is all.\n"), number, f"{gap}{below}{gap}")
    reading = read_answers(VisibleText(plain_lines(reply), "plain"), form, SENDER)
    sure = {answer.question: _plain(answer.text) for answer in reading.answers if answer.confidence >= SURE}
    # Only the last answer may lose a farewell, and any its "Answer:" or the asterisks around it.
    said = (_plain(below), _plain(below).lstrip("- ").removeprefix("Answer: "), _plain(below.replace("*", "")))
    assert sure.pop(4, "That is all.") == "That is all."
    assert sure == {} or (sure.keys() == {number} and sure[number] in said)


def _below(quoted: str, number: int, said: str) -> str:
    """The quoted form with something below a question."""
    place = quoted.index("\n>\n", quoted.index(f"> {number}. "))
    return f"{quoted[:place]}{said}{quoted[place + 1 :]}"
