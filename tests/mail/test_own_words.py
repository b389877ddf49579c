"""What an applicant typed is theirs, even if we sent the same words; and what we sent is ours, however bent."""

from __future__ import annotations

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.call.call import Question
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.form import SentForm, printed_question
from ranmailbot.mail.reply_text import VisibleText, plain_lines

SENDER = Address("Ruth Sommer", "ruth.sommer@village.example")


def form(*asked: str) -> SentForm:
    questions = tuple(Question(number, text) for number, text in enumerate(asked, 1))
    printed = [printed_question(question, len(questions)) for question in questions]
    text = "\n\n\n".join(("Dear colleague,", *printed, "The form ends with this line (clocks, k7f2m9q4)."))
    return SentForm("<f@call.example>", text, questions, (), ("Clocks call", "clocks@call.example", "Clocks: apply"))


ENGLISH = form(
    "What is your experience in mending tower clocks together with pupils?",
    "Which of the rules on https://clocks.example/rules are hard to keep in a small workshop?",
    "What makes for a good briefing of an interpreter before the first evening?",
    "Why do apprentices leave the workshop, and what makes them stay?",
)
FRENCH = form(
    "Quelle est votre expérience de la réparation des horloges avec des élèves ?",
    "Quelles règles de l'atelier sont les plus difficiles à respecter au quotidien ?",
    "Que diriez-vous à une commune qui veut ouvrir son propre atelier ?",
)
SAID = ("Ten years.", "The first.", "Time and a room.", "The pay.")
ABOVE = "On Tue, 1 Mar 2022 at 10:04, Clocks call <clocks@call.example> wrote:\n"
QUOTED = ABOVE + "\n".join(f"> {line}".rstrip() for line in ENGLISH.text.split("\n"))


def read(text: str, sent: SentForm = ENGLISH) -> Reading:
    return read_answers(VisibleText(plain_lines(text), "plain"), sent, SENDER)


def found(reading: Reading) -> dict[int, str]:
    return {answer.question: " ".join(answer.text.split()) for answer in reading.answers}


def sure(reading: Reading) -> set[int]:
    return {answer.question for answer in reading.answers if answer.confidence >= SURE}


def answered(*said: str, mark: str = "> ", asked: tuple[str, ...] = (), sent: SentForm = ENGLISH) -> str:
    """The quoted form with these answers below (`asked`: how the questions look in the quote)."""
    asked = asked or tuple(question.text for question in sent.questions)
    rows = enumerate(zip(asked, said, strict=True), 1)
    return "\n\n".join(f"{mark}{number}. {question}\n\n{answer}" for number, (question, answer) in rows)


FIRST = ENGLISH.questions[0].text


@pytest.mark.parametrize("mark", ["> ", ""])
@pytest.mark.parametrize(
    "said",
    [
        f'You ask: "{FIRST}" I would say it is joyful.',
        f"You ask: {FIRST} I would say it is joyful.",
        f"Ten years.\n\n{FIRST} I would say it is joyful.",
        f'Ten years.\n\nYou ask: "{FIRST}" I would say it is joyful.',
        f"Ten years.\n\n{FIRST}\n\nI would say it is joyful.",
        f'Ten years. You ask:\n"{FIRST.replace(" together", chr(10) + "together")}" I would say it is joyful.',
        f"Dix ans.\n\nVous demandez : « {FIRST} » Je dirais : la joie.",
        f"Zehn Jahre.\n\n„{FIRST}“ – da würde ich sagen: Freude.",
    ],
)
def test_our_question_typed_again_within_its_answer_stays_in_the_answer(said: str, mark: str) -> None:
    reading = read(answered(said, *SAID[1:], mark=mark))
    assert found(reading) == {**dict(enumerate(SAID, 1)), 1: " ".join(said.split())}
    assert sure(reading) == {1, 2, 3, 4}


@pytest.mark.parametrize("mark", ["> ", ""])
def test_another_question_typed_within_an_answer_stays_there_with_a_doubt(mark: str) -> None:
    said = f"Ten years.\n\n{ENGLISH.questions[3].text} That is the same thing here."
    reading = read(answered(said, *SAID[1:], mark=mark))
    assert found(reading) == {**dict(enumerate(SAID, 1)), 1: " ".join(said.split())}
    assert sure(reading) == {2, 3, 4}


def test_our_question_typed_among_numbered_answers_above_the_quote_stays_in_the_answer() -> None:
    said = f"Ten years.\n\n{FIRST} I would say it is joyful."
    rows = (f"{number}. {answer}" for number, answer in enumerate((said, *SAID[1:]), 1))
    reading = read("\n\n".join((*rows, "Ruth", QUOTED)))
    assert found(reading) == {**dict(enumerate(SAID, 1)), 1: " ".join(said.split())}


def test_questions_copied_above_the_quote_with_their_answers_are_ours() -> None:
    reading = read(answered(*SAID, mark="") + "\n\nRuth\n\n" + QUOTED)
    assert found(reading) == dict(enumerate(SAID, 1))
    assert sure(reading) == {1, 2, 3, 4}


def test_a_question_that_was_left_open_in_the_quote_asks_where_it_was_copied_below_it() -> None:
    said = (*SAID[:3], "")
    copied = f"{ENGLISH.questions[3].text}\nThe pay."
    reading = read(answered(*said) + f"\n\n> The form ends with this line (clocks, k7f2m9q4).\n\n{copied}")
    assert found(reading) == dict(enumerate(SAID, 1))


LINK = "https://clocks.example/rules"
SAFE = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fclocks.example%2Frules"
    "&data=05%7C01%7C%7C4f0%7C0&sdata=Zk%3D&reserved=0"
)
DEFENSE = "https://urldefense.com/v3/__https://clocks.example/rules__;!!Ab1Cd2!Xy-z_k$"
WRAPPED = (
    SAFE,
    DEFENSE,
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__clocks.example_rules&d=DwMFaQ&c=x&r=y&m=z&s=q&e=",
    "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fclocks.example%2frules&c=E,1,abc&typo=1",
    "https://secure-web.cisco.com/1abcDEF/https%3A%2F%2Fclocks.example%2Frules",
    "https://protect-eu.mimecast.com/s/AbCdEfGhIj?domain=clocks.example",
)


def bent(link: str) -> str:
    asked = tuple(question.text.replace(LINK, link) for question in ENGLISH.questions)
    return answered(*SAID, asked=asked)


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("way", ["{w}", "{u}<{w}>", "{u} <{w}>", "{u}\n> <{w}>", "<{w}>"])
def test_a_rewritten_link_in_a_question_is_the_link_that_was_sent(wrapped: str, way: str) -> None:
    reading = read(bent(way.format(u=LINK, w=wrapped)))
    assert found(reading) == dict(enumerate(SAID, 1))
    assert sure(reading) == {1, 2, 3, 4}
    assert "http" not in reading.remainder


def test_a_link_behind_a_word_of_ours_is_neither_the_answer_nor_lost() -> None:
    hidden = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Felsewhere.example%2F&reserved=0"
    reading = read(bent(LINK).replace("interpreter", f"interpreter<{hidden}>").replace("tower", f"tower <{hidden}>"))
    assert found(reading) == dict(enumerate(SAID, 1))
    assert sure(reading) == {1, 2, 3, 4}
    assert reading.remainder.count(hidden) == 2


def test_a_rewritten_link_in_an_answer_stays_as_it_was_written() -> None:
    said = f"Those on {LINK}<{SAFE}> and on {DEFENSE} are hard."
    reading = read(answered(SAID[0], said, *SAID[2:]))
    assert found(reading)[2] == said


def test_a_question_with_a_hole_of_foreign_words_is_found_and_unsure() -> None:
    reading = read(bent("[Link durch die Sicherheitsrichtlinie der Stadtverwaltung von Klein Hausen entfernt]"))
    assert found(reading) == dict(enumerate(SAID, 1))
    assert sure(reading) == {1, 3, 4}
    assert "Stadtverwaltung" in reading.remainder


@pytest.mark.parametrize(
    "label",
    [
        "{n}. soru: ",
        "{n}. Soru - ",
        "{n}. kérdés: ",
        "{n}. kérdés – ",
        "{n}. kysymys\n",
        "{n}. jautājums: ",
        "{n}. küsimus) ",
        "{n} klausimas: ",
        "{n} klausimas – ",
        "{n}. klausimas. ",
        "{n}. galdera: ",
        "{n}. galdera - ",
        "{n}-savol: ",
        "{n}-й вопрос: ",
        "第{n}問 ",
        "第{n}問：",
        "问题{n}：",
        "{n}번 질문: ",
        "{n}. thoughts: ",
    ],
)
def test_a_noun_behind_the_number_belongs_to_the_label(label: str) -> None:
    said = ("On dix ans.", "The first.", "Time and a room.", "The pay.")
    rows = "\n".join(label.format(n=number) + answer for number, answer in enumerate(said, 1))
    reading = read(f"Hello,\n\n{rows}\n\nRuth")
    assert found(reading) == dict(enumerate(said, 1))


@pytest.mark.parametrize("word", ["Yes", "Oui", "Nein", "No", "Igen"])
def test_a_word_that_answers_is_no_label_however_often_it_is_said(word: str) -> None:
    reading = read("\n".join(f"{number}. {word}: {answer}" for number, answer in enumerate(SAID, 1)))
    assert found(reading) == {number: f"{word}: {answer}" for number, answer in enumerate(SAID, 1)}


def test_one_word_is_an_answer() -> None:
    assert found(read("1. No.\n2. No.\n3. No.\n4. Yes.")) == {1: "No.", 2: "No.", 3: "No.", 4: "Yes."}
    assert found(read("1. Point.\n2. Point.\n3. Point.\n4. Point.")) == dict.fromkeys((1, 2, 3, 4), "Point.")


def test_different_words_behind_the_numbers_belong_to_the_answers() -> None:
    said = ("School: ten years.", "Rules: the first.", "Time: a lot.", "Leave: the rent. Stay: the team.")
    assert found(read("\n".join(f"{n}. {answer}" for n, answer in enumerate(said, 1)))) == dict(enumerate(said, 1))


@pytest.mark.parametrize("end", ["\n> ?", "\n> \u00a0?", "\u00a0?", "\u202f?", "\n> ? :", "\n?"])
@pytest.mark.parametrize("between", ["\n\n", " ", "\n"])
@pytest.mark.parametrize("mark", ["> ", ""])
def test_a_question_mark_that_was_wrapped_onto_the_next_line_is_ours(end: str, between: str, mark: str) -> None:
    said = ("Dix ans.", "Les horaires.", "De commencer petit.")
    asked = (question.text.replace(" ?", end.replace("> ", mark)) for question in FRENCH.questions)
    rows = (f"{mark}{n}. {one}{between}{answer}" for n, (one, answer) in enumerate(zip(asked, said, strict=True), 1))
    reading = read("\n\n".join(rows), FRENCH)
    assert found(reading) == dict(enumerate(said, 1))
    assert "?" not in reading.remainder


NUMBERED = "\n".join(f"{number}. {answer}" for number, answer in enumerate(SAID, 1))


def test_a_line_right_behind_a_label_that_asks_in_words_of_its_question_is_no_part_of_the_answer() -> None:
    said = NUMBERED.replace("3. ", "3. good briefing of an interpreter?\n")
    reading = read(said)
    assert found(reading) == dict(enumerate(SAID, 1))
    assert "good briefing of an interpreter?" in reading.remainder


@pytest.mark.parametrize("heading", ["interpreter briefing, good?\n", "good interpreter briefing:\n"])
def test_a_heading_with_the_words_in_another_order_leaves_a_doubt(heading: str) -> None:
    reading = read(NUMBERED.replace("3. ", f"3. {heading}"))
    assert found(reading) == dict(enumerate(SAID, 1))
    assert sure(reading) == {1, 2, 4}


def test_a_question_of_somebodys_own_at_the_beginning_of_an_answer_stays() -> None:
    reading = read(NUMBERED.replace("3. ", "3. Who has time for that?\n"))
    assert found(reading)[3] == "Who has time for that? Time and a room."


@pytest.mark.parametrize(
    ("letter", "numbers"),
    [
        ("question one {} question two {} question three {} question four {}", (1, 2, 3, 4)),
        ("Hi question one {} question two {} question three {} question four {}", (1, 2, 3, 4)),
        ("first question {} second question {} third question {} fourth question {}", (1, 2, 3, 4)),
        ("to question one {} to question two {} to question three {} to question four {}", (1, 2, 3, 4)),
        ("question one {} question to {} question three {} question for {}", (1, 2, 3, 4)),
        ("number one {} number two {} number three {} number four {}", (1, 2, 3, 4)),
        ("Frage eins {} Frage zwei {} Frage drei {} Frage vier {}", (1, 2, 3, 4)),
        ("question one {} question two {} question four {}", (1, 2, 4)),
    ],
)
def test_a_letter_dictated_without_punctuation_is_read_and_unsure(letter: str, numbers: tuple[int, ...]) -> None:
    said = ("we began the first of them ten years ago", "the two first ones", "time and one room", "it is the pay")
    reading = read(letter.format(*(said[number - 1] for number in numbers)))
    assert found(reading) == {number: said[number - 1] for number in numbers}
    assert sure(reading) == set()


LEAVE = "Leave: the rent. Stay: the team and the master."


@pytest.mark.parametrize("between", [" ", "\n"])
def test_words_with_a_colon_that_part_an_answer_stay_in_it(between: str) -> None:
    said = LEAVE.replace(" Stay", f"{between}Stay")
    one = SentForm("<a@call.example>", FRENCH.text, ENGLISH.questions[3:], (), ENGLISH.ours)
    assert found(read(f"4. {said}", one)) == {4: LEAVE}
    assert found(read(answered(*SAID[:3], said)))[4] == LEAVE
    assert found(read("3. Briefing: time. Room: one.\n4. " + said)) == {3: "Briefing: time. Room: one.", 4: LEAVE}


def test_the_same_two_words_in_every_answer_stay_in_them() -> None:
    said = tuple(f"Pro: {answer} Contra: nothing." for answer in SAID)
    assert found(read(answered(*said))) == dict(enumerate(said, 1))
    assert found(read("\n".join(f"{n}. {one}" for n, one in enumerate(said, 1)))) == dict(enumerate(said, 1))


@pytest.mark.parametrize(
    "last",
    [
        "Telefon: (0049) 30 5550-2114",
        "Mobil: 0171 10:30",
        "Stand: 1.3.2022",
        "Mail: ruth.sommer@village.example",
        "Tel.: +49 30 5550-2114\nE-Mail: ruth.sommer@village.example",
    ],
)
@pytest.mark.parametrize(
    "names",
    ["Von Gesendet An Betreff", "From Sent To Subject", "De Envoyé À Objet", "Lähettäjä Lähetetty Vastaanottaja Aihe"],
)
def test_the_last_line_of_a_signature_right_above_a_reply_header_is_kept(last: str, names: str) -> None:
    values = ("Clocks call <clocks@call.example>", "1.3.2022 10:04", "Ruth Sommer", "Clocks: apply")
    header = "\n".join(f"{name}: {value}" for name, value in zip(names.split(), values, strict=True))
    reading = read(f"{NUMBERED}\n\nRegards\nRuth Sommer\n{last}\n{header}\n\n{ENGLISH.text}")
    assert found(reading) == dict(enumerate(SAID, 1))
    assert reading.remainder.endswith(f"Ruth Sommer\n{last}")


def test_an_answer_that_holds_an_open_question_in_short_is_unsure() -> None:
    asked = [f"{question.number}. {question.text}\n" for question in ENGLISH.questions]
    short = f"{asked[0]}Ten years.\n\ngood briefing of an interpreter?\nTime.\n\n{asked[3]}The pay."
    assert sure(read(short)) == {4}
    assert sure(read(short.replace("good briefing of an interpreter?", "Who would not like that?"))) == {1, 4}


def test_a_second_label_with_the_same_number_on_the_line_begins_the_answer() -> None:
    short = form("Your profession", "Years in service", "Children involved")
    letter = "Q1) Your profesion R1) A nurse.\nQ2) Yers in service R2) Eleven.\nQ3) Chlden R3) None, so far.\n"
    reading = read(letter, short)
    assert found(reading) == {1: "A nurse.", 2: "Eleven.", 3: "None, so far."}
    assert "profesion" in reading.remainder


def test_a_number_within_an_answer_is_no_second_label() -> None:
    letter = "1) I work on ward B1) with two others.\n2) We meet each week.\n3) Nothing else.\n"
    short = form("Your profession", "Years in service", "Children involved")
    assert found(read(letter, short))[1] == "I work on ward B1) with two others."
