"""Our questions with slips in them, marks around answers, and endings of letters: read as a person would read them."""

from __future__ import annotations

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.call.call import Question
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.form import SentForm, printed_question
from ranmailbot.mail.reply_text import VisibleText, plain_lines
from ranmailbot.mail.signature import tail_start
from ranmailbot.mail.words import similar

ASKED = (
    "Which tools do you need to repair bicycles in your village?",
    "How did the volunteers learn to keep the books of the workshop?",
    "What would you tell a town that wants to begin one in prison?",
)
QUESTIONS = tuple(Question(number, text) for number, text in enumerate(ASKED, 1))
PRINTED = [printed_question(question, len(ASKED)) for question in QUESTIONS]
OURS = ("Bicycle call", "bicycles@call.example", "Bicycle call: how to apply")
FORM = SentForm(
    "<form@call.example>",
    "\n\n\n".join(("Dear colleague,", *PRINTED, "The form ends with this line (bicycles, k7f2m9q4).")),
    QUESTIONS,
    (),
    OURS,
)
SENDER = Address("Ruth Sommer", "ruth.sommer@village.example")
SAID = {1: "Two stands and a truing gauge.", 2: "From each other.", 3: "In prison? Begin with the kitchen."}


def read(text: str, sender: Address = SENDER) -> Reading:
    return read_answers(VisibleText(plain_lines(text), "plain"), FORM, sender)


def found(reading: Reading) -> dict[int, str]:
    return {answer.question: " ".join(answer.text.split()) for answer in reading.answers}


def surely(reading: Reading) -> bool:
    return all(answer.confidence >= SURE for answer in reading.answers)


def copied(asked: tuple[str, ...], mark: str = "") -> str:
    """The questions typed or pasted again, with an answer below each."""
    return "\n\n".join(f"{number}. {question}\n{mark}{SAID[number]}" for number, question in enumerate(asked, 1))


SLIPS = {
    "a last word misspelt, a space before the mark": lambda text: text[:-1] + "s ?",
    "two marks": lambda text: text + "?",
    "a colon for the mark": lambda text: text[:-1] + ":",
    "no mark, a last letter doubled": lambda text: text[:-1] + text[-2],
    "the last word left out": lambda text: text.rpartition(" ")[0] + "?",
    "a word more at the end": lambda text: text[:-1] + " today?",
    "the first word misspelt": lambda text: text[0] + text[2] + text[1] + text[3:],
    "the first word left out": lambda text: text.partition(" ")[2],
    "two words swapped": lambda text: " ".join((*text.split()[:3], *text.split()[4:2:-1], *text.split()[5:])),
    "every third word misspelt": lambda text: " ".join(
        f"{word[:-1]}{word[-2:]}" if place % 3 == 2 and len(word) > 3 else word
        for place, word in enumerate(text.split())
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_question_with_a_slip_in_it_is_still_the_question(slip: str, quoted: bool) -> None:
    text = copied(tuple(map(SLIPS[slip], ASKED)))
    if quoted:
        text = "\n".join(f"> {row}" if row[:1].isdigit() else row for row in text.split("\n"))
    reading = read(text)
    assert found(reading) == SAID
    assert surely(reading)


def test_the_misspelt_words_are_the_writer_s_and_not_lost() -> None:
    assert "vilage" in read(copied((ASKED[0].replace("village", "vilage"), *ASKED[1:]))).remainder


def test_an_answer_in_the_words_of_the_question_is_an_answer() -> None:
    said = {
        1: "We need no tools to repair bicycles in our village.",
        2: "The volunteers learn to keep the books of the workshop from an accountant.",
        3: "I would tell a town that wants to begin one in prison to wait.",
    }
    reading = read("\n".join(f"{number}. {text}" for number, text in said.items()))
    assert found(reading) == said


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("prison", "prisons", True),
        ("organisation", "organization", True),
        ("programme", "program", True),
        ("what", "waht", True),
        ("children", "chidlren", True),
        ("in", "is", False),
        ("prison", "person", True),
        ("school", "mother", False),
        ("we", "how", False),
    ],
)
def test_words_alike_but_for_a_slip(one: str, other: str, alike: bool) -> None:
    assert similar(one, other) is similar(other, one) is alike


@pytest.mark.parametrize(
    "mark",
    [
        "RS - ",
        "[RS] ",
        "AB: ",
        "==> ",
        "-> ",
        "*** ",
        "// ",
        "Ruth: ",
        "RUTH SOMMER: ",
        "Answer: ",
        "BLUE: ",
        "Antw.: ",
    ],
)
def test_the_same_mark_before_every_answer_is_no_part_of_them(mark: str) -> None:
    reading = read(copied(ASKED, mark))
    assert found(reading) == SAID
    assert surely(reading)


@pytest.mark.parametrize("lead", ["Three things: ", "(a) ", "We tried: "])
def test_words_that_say_something_stay_even_if_they_begin_every_answer(lead: str) -> None:
    assert found(read(copied(ASKED, lead))) == {number: f"{lead}{text}" for number, text in SAID.items()}


@pytest.mark.parametrize("rule", ["=====", "***", "______________", "- - - - -"])
def test_a_rule_between_answers_is_in_none_of_them(rule: str) -> None:
    text = f"\n{rule}\n".join(f"{number}. {said}" for number, said in SAID.items())
    assert found(read(text)) == SAID


def test_a_point_that_counts_on_beyond_the_questions_is_a_remark() -> None:
    reading = read("\n".join([*(f"{n}. {said}" for n, said in SAID.items()), "4. Can I bring a colleague?"]))
    assert found(reading) == SAID
    assert "Can I bring a colleague?" in reading.remainder


@pytest.mark.parametrize("label", ["Question:", "Q:", "Fråga:", "D:"])
def test_a_label_before_a_copied_question_ends_the_answer_above(label: str) -> None:
    text = "\n\n".join(f"{label} {asked}\nA: {SAID[number]}" for number, asked in enumerate(ASKED, 1))
    assert found(read(text)) == SAID


@pytest.mark.parametrize("line", ["Sorry, I forgot question 2:", "My answer to no. 2 is now:"])
def test_a_line_that_names_a_question_at_its_end_is_its_label(line: str) -> None:
    reading = read(f"{line}\n\n{SAID[2]}\n\nBest, Ruth")
    assert found(reading) == {2: SAID[2]}
    assert surely(reading)


@pytest.mark.parametrize(
    "end",
    [
        "Thx R.",
        "Rgds, R.",
        "BR Ruth",
        "RS",
        "Diolch / Thanks\nRuth",
        "Hwyl fawr,\nRuth",
        "Mo\n\nRuth",
        "Hyvaa jatkoa\n-- \nRuth Sommer",
        "Thanks for organising this, it is much needed.\n\nRuth",
        "PS: I am on leave. See you then.",
        "Hope this helps, and see you in May!",
        "The others are below.\n\nBest wishes\nRuth",
    ],
)
def test_the_end_of_a_letter_is_no_part_of_its_last_answer(end: str) -> None:
    reading = read("\n".join(f"{number}. {said}" for number, said in SAID.items()) + f"\n\n{end}\n")
    assert found(reading) == SAID


@pytest.mark.parametrize(
    ("name", "email", "signed"),
    [
        ("Niki Papadaki", "np@village.example", "Νίκη"),
        ("", "yulia.ivanova@village.example", "Юлия"),
        ("Alexandra Moreau", "am@village.example", "Alex"),
        ("", "k.maier@village.example", "K. Maier"),
    ],
)
def test_a_name_signs_in_any_script_and_by_its_beginning(name: str, email: str, signed: str) -> None:
    assert tail_start(["Ten years.", "", signed], Address(name, email)) == 2


@pytest.mark.parametrize("last", ["And yours?", "Many thanks for asking this! It is 13 % of my work.", "Rusty chains"])
def test_a_last_paragraph_that_says_something_stays(last: str) -> None:
    text = "\n".join(f"{number}. {said}" for number, said in SAID.items())
    assert found(read(f"{text}\n\n{last}"))[3] == f"{SAID[3]} {last}"


def test_a_telephone_number_above_a_quote_is_not_taken_for_its_header() -> None:
    quoted = "\n".join(f"> {row}" for row in FORM.text.split("\n"))
    text = f"Tom\n+44 1632 960 123\nOn Tue, Mar 01, 2022 at 10:00:00AM +0100, Bicycle call wrote:\n\n{quoted}"
    assert "+44 1632 960 123" in read(text).remainder


def test_lines_that_an_answer_cites_keep_their_mark() -> None:
    said = "The report says:\n> Nobody asked.\n> Nobody wrote.\nSo we asked."
    quoted = "\n".join(f"> {row}" for row in FORM.text.split("\n"))
    place = quoted.index("\n>", quoted.index("> 2. "))
    reading = read(f"{quoted[:place]}\n{said}\n{quoted[place + 1 :]}")
    assert found(reading) == {2: " ".join(said.split())}
    assert not surely(reading)
