"""Ways in which people answer that are not the plain ones: each is read, or doubted, and no word of it is lost."""

from __future__ import annotations

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.form import printed_questions
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .client_forms import FORMS, kept_form

SENDER = Address("Petra Wolf", "p.wolf@prison.example")
SAID = {1: "Ten years in one wing.", 2: "About three families.", 3: "We lack time.", 4: "The choir we began."}
FORM_LINES = kept_form("prisons").form.text.split("\n")


def read(text: str, form: str = "prisons") -> Reading:
    return kept_form(form).read(VisibleText(plain_lines(text), "plain"), SENDER)


def found(reading: Reading) -> dict[int, str]:
    return {answer.question: " ".join(answer.text.split()) for answer in reading.answers}


def sure(reading: Reading) -> set[int]:
    return {answer.question for answer in reading.answers if answer.confidence >= SURE}


def labelled(labels: tuple[str, ...], end: str = "") -> str:
    return "\n".join(f"{label} {said}" for label, said in zip(labels, SAID.values(), strict=True)) + end


def quoted(said: dict[int, str], above: bool = False) -> str:
    """The form quoted, with answers below (or right above) its questions."""
    rows: list[str] = []
    for line in FORM_LINES:
        number = int(line[0]) if line[:1].isdigit() and line[1:3] == ". " else 0
        rows += ["", said[number]] if above and number in said else []
        rows.append(f"> {line}".rstrip())
        rows += ["", said[number], ""] if not above and number in said and number in (1, 3) else []
    return "\n".join(rows)


@pytest.mark.parametrize(
    "labels",
    [
        ("First question:", "Second question:", "Third question:", "Fourth question:"),
        ("To the first question:", "To the second question:", "To the third question:", "To the fourth question:"),
        ("Zur ersten Frage:", "Zur zweiten Frage:", "Zur dritten Frage:", "Zur vierten Frage:"),
        ("①", "②", "③", "④"),
        ("1.-", "2.-", "3.-", "4.-"),
        ("1. Antwort:", "2. Antwort:", "3. Antwort:", "4. Antwort:"),
        ("Question 1 of 4:", "Question 2 of 4:", "Question 3 of 4:", "Question 4 of 4:"),
        ("As for question 1,", "As for question 2,", "As for question 3,", "As for question 4,"),
    ],
)
def test_labels_that_name_a_question_are_believed(labels: tuple[str, ...]) -> None:
    reading = read(f"Dear all,\n\n{labelled(labels)}\n\nBest regards\nPetra")
    assert found(reading) == SAID
    assert sure(reading) == set(SAID)


@pytest.mark.parametrize(
    "labels",
    [
        ("First,", "Second,", "Third,", "Finally,"),
        ("Erstens:", "Zweitens:", "Drittens:", "Viertens:"),
        ("a)", "b)", "c)", "d)"),
        ("Your experience with returnees:", "Parents and children:", "Challenges:", "Success story:"),
    ],
)
def test_labels_that_may_be_something_else_are_only_proposed(labels: tuple[str, ...]) -> None:
    reading = read(f"Dear all,\n\n{labelled(labels)}\n\nBest regards\nPetra")
    assert found(reading) == SAID
    assert sure(reading) == set()


def test_a_sentence_that_begins_with_a_number_is_no_label() -> None:
    reading = read("First time offenders are easy.\nSecond chances matter.\nSee question 3.")
    assert found(reading) == {}


@pytest.mark.parametrize(
    "tail",
    [" Sent from my iPhone", " Von meinem iPhone gesendet", " Get Outlook for iOS", " Best regards, Petra", " Thanks!"],
)
def test_a_farewell_behind_the_last_words_of_an_answer_is_cut(tail: str) -> None:
    reading = read(labelled(("1.", "2.", "3.", "4."), tail))
    assert found(reading) == SAID
    assert tail.rsplit(maxsplit=1)[-1] in reading.remainder


def test_answers_above_their_questions_are_moved_and_doubted() -> None:
    reading = read(quoted(SAID, above=True))
    assert found(reading) == SAID
    assert sure(reading) == set()


def test_answers_that_stand_late_may_belong_to_the_next_question() -> None:
    assert sure(read(quoted({2: SAID[2], 3: SAID[3]}, above=True))) == set()


def test_answers_in_front_of_their_questions_are_doubted() -> None:
    text = quoted({}).replace("> 1. What", "> Ten years. 1. What").replace("> 3. What", "> Time. 3. What")
    reading = read(text)
    assert found(reading) == {1: "Ten years.", 3: "Time."}
    assert sure(reading) == set()


@pytest.mark.parametrize("said", ["? ?", "????? ???", "Es ist ?zu Hause? gemalt", "Gr?ße", "lost � here"])
def test_an_answer_whose_letters_were_lost_is_not_sure(said: str) -> None:
    reading = read(quoted({1: said, 3: "Time."}))
    assert found(reading)[1] == said
    assert sure(reading) == {3}


def test_a_translated_quote_is_read_by_its_numbers() -> None:
    asked = ("¿Cuál es su experiencia?", "¿Y con los niños?", "¿Qué retos hay?", "¿Una historia?")
    rows = [f"> {number}. {question}\n>\n{SAID[number]}\n>" for number, question in enumerate(asked, 1)]
    reading = read("\n".join(rows))
    assert found(reading) == SAID
    assert sure(reading) == set()


def test_a_question_told_in_other_words_is_no_part_of_the_answer() -> None:
    reading = read("1. Who are you, as a practitioner? A nurse.\n2. Which parents did you meet? None so far.")
    assert found(reading) == {1: "A nurse.", 2: "None so far."}
    assert sure(reading) == set()
    assert "practitioner" in reading.remainder


def test_a_question_mark_in_an_address_asks_nothing() -> None:
    said = "We keep a list at https://x.example/list?id=4 for that."
    reading = read(f"1. {said}\n2. {said}\n3. {said}")
    assert found(reading) == dict.fromkeys((1, 2, 3), said)
    assert sure(reading) == {1, 2, 3}


@pytest.mark.parametrize("marker", ["==>", "[Petra]", "PW:", "#"])
def test_a_mark_before_every_answer_is_no_part_of_it(marker: str) -> None:
    assert found(read(quoted({1: f"{marker} Ten years.", 3: f"{marker} Time."}))) == {1: "Ten years.", 3: "Time."}


def test_names_of_two_people_who_answer_stay() -> None:
    said = "Ruth: Ten years.\nTom: Two."
    assert found(read(quoted({1: said, 3: said})))[1] == "Ruth: Ten years. Tom: Two."


def test_a_greeting_in_the_first_answer_goes_to_the_remainder() -> None:
    reading = read(quoted({1: "Dear Alexandra,\n\nTen years.", 3: "Time."}))
    assert found(reading) == {1: "Ten years.", 3: "Time."}
    assert "Dear Alexandra" in reading.remainder


def test_a_question_said_again_in_its_answer_stays_there() -> None:
    said = "What are the specific challenges you face? I ask myself that."
    reading = read(quoted({1: "Ten years.", 3: said}))
    assert found(reading)[3] == said
    assert sure(reading) == {1}


def test_a_question_with_misspelt_words_is_still_the_question() -> None:
    text = quoted({1: "Ten years.", 3: "Time."}).replace(
        "specific challenges you face", "specificc challenges you facing"
    )
    assert found(read(text)) == {1: "Ten years.", 3: "Time."}


def test_labels_in_another_order_are_followed() -> None:
    reading = read("\n".join(f"{number}. {SAID[number]}" for number in (4, 2, 3, 1)))
    assert found(reading) == SAID


def test_an_address_and_its_target_are_one() -> None:
    assert found(read("1. See x.example/a<https://x.example/a/>, please.\n2. b"))[1] == "See x.example/a, please."


@pytest.mark.parametrize("name", [name for name in FORMS if name in ("prisons", "twelve", "seven", "german", "twenty")])
def test_a_form_says_itself_what_it_asks(name: str) -> None:
    form = kept_form(name).form
    assert printed_questions(form.text) == form.questions
