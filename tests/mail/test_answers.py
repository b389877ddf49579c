"""The reader's promises: every answer under its question, no word lost, doubt where there is doubt."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranmailbot.call.application import SURE
from ranmailbot.mail import answers as reader
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import ConservationBroken, Reading, conserved, read_answers
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .replies import STYLES, Reply, reply
from .sample_form import ADDRESS, FOOT, FORM, INTRODUCTION, NAME, OURS, PROFILE, QUESTIONS, SUBJECT, sent_form

SENDER = Address("Anna Ozola", "a.ozola@prison.example")
ABOVE = f"On Tue, 1 Mar 2022 at 10:04, {NAME} <{ADDRESS}> wrote:"
QUOTED = "\n".join(f"> {line}".rstrip() for line in FORM.text.split("\n"))
OUTLOOK = f"From: {NAME} <{ADDRESS}>\nSent: Tuesday, 1 March 2022 10:04\nTo: Anna\nSubject: {SUBJECT}\n"
SEEDS = range(2_000)


def plain(text: str) -> str:
    return " ".join(text.split())


def read(text: str, form: SentForm = FORM) -> Reading:
    return read_answers(VisibleText(plain_lines(text), "plain"), form, SENDER)


def found(reading: Reading) -> dict[int, str]:
    return {answer.question: plain(answer.text) for answer in reading.answers}


def filled(number: int, answer: str, text: str = FORM.text) -> str:
    """The form with this answer below question `number`."""
    line = next(row for row in text.split("\n") if QUESTIONS[number - 1].text in row)
    return text.replace(line, f"{line}\n{answer}", 1)


@pytest.fixture(scope="module")
def readings() -> list[tuple[Reply, Reading]]:
    return [(one, read_answers(one.text, one.form, one.sender)) for one in map(reply, SEEDS)]


def test_99_of_100_answers_are_exact_in_every_style(readings: list[tuple[Reply, Reading]]) -> None:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one, reading in readings:
        got = found(reading)
        for number in got.keys() | one.truth.keys():
            total[one.style] += 1
            right[one.style] += got.get(number) == plain(one.truth.get(number, "nothing was answered"))
    assert {style: right[style] / total[style] for style in STYLES if right[style] < 0.99 * total[style]} == {}


def test_no_answer_stands_surely_under_the_wrong_question(readings: list[tuple[Reply, Reading]]) -> None:
    wrong = [
        (seed, answer.question)
        for seed, (one, reading) in zip(SEEDS, readings, strict=True)
        for answer in reading.answers
        if answer.confidence >= SURE and plain(answer.text) != plain(one.truth.get(answer.question, ""))
    ]
    assert wrong == []


def test_no_word_is_lost(readings: list[tuple[Reply, Reading]]) -> None:
    assert all(conserved(one.text, one.form, reading) for one, reading in readings)


def test_spans_lead_back_to_the_words(readings: list[tuple[Reply, Reading]]) -> None:
    for one, reading in readings:
        for answer in reading.answers:
            start, end = answer.span
            assert plain(answer.text) in plain(one.text.text[start:end])


PIECES = (
    *(row for row in FORM.text.split("\n") if row.strip()),
    *(question.text for question in QUESTIONS),
    *("1.", "2)", "Q3:", "IV.", "-", "?", ">", ">>", "*", "----------", ABOVE, *OUTLOOK.split("\n")),
    *("Ten years.", "Best regards", "Anna Ozola", "-- ", "Sent from my iPhone", "Your name: Anna", "ﬁn İstanbul ß"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PIECES) | st.text(max_size=30), st.sampled_from((" ", "\n", "\n\n", "\n> ", "")))
    ),
    st.booleans(),
)
def test_no_heap_of_our_words_and_theirs_breaks_conservation(heap: list[tuple[str, str]], asks: bool) -> None:
    form = FORM if asks else sent_form((), ())
    read("".join(piece + joint for piece, joint in heap), form)  # raises ConservationBroken if a word is lost


def test_a_reading_that_lost_a_word_is_noticed() -> None:
    text = VisibleText(plain_lines(filled(1, "Ten years in Riga.")), "plain")
    whole = read_answers(text, FORM)
    assert conserved(text, FORM, whole)
    short = replace(whole.answers[0], text="Ten years in")
    assert not conserved(text, FORM, replace(whole, answers=(short,)))


def test_words_we_never_sent_cannot_be_called_ours() -> None:
    text = VisibleText(plain_lines("Ten years."), "plain")
    assert not conserved(text, FORM, Reading((), (), "", False, ours_spans=((0, 10),)))
    assert not conserved(text, FORM, Reading((), (), "", False, mark_spans=((0, 3),)))


def test_half_a_word_of_ours_is_not_ours() -> None:
    question = " ".join(FORM.questions[0].text.split())
    for cut, ours in (((0, len(question)), True), ((1, len(question)), False), ((0, len(question) - 2), False)):
        part = question[slice(*cut)]
        text = VisibleText(plain_lines(part), "plain")
        assert conserved(text, FORM, Reading((), (), "", False, ours_spans=((0, len(part)),))) is ours


def test_a_word_that_is_called_ours_twice_makes_up_for_none_that_is_lost() -> None:
    text = VisibleText(plain_lines(filled(1, "Ten years in Riga.")), "plain")
    whole = read_answers(text, FORM)
    first, *others = whole.ours_spans
    start = text.text.index(" ", first[0]) + 1
    twice = (start, text.text.index(" ", start))
    assert conserved(text, FORM, replace(whole, ours_spans=(twice, *whole.ours_spans)))
    assert not conserved(text, FORM, replace(whole, ours_spans=(twice, twice, *others)))


def test_a_reader_that_loses_words_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_unasked", lambda layout: Reading((), (), "", False))
    with pytest.raises(ConservationBroken):
        read("withdraw", sent_form((), ()))


def test_as_many_paragraphs_as_questions_are_proposed_but_never_sure() -> None:
    reading = read(f"Dear all,\n\nfirst.\n\nsecond.\n\nthird.\n\nfourth.\n\nBest regards\nAnna\n\n{ABOVE}\n{QUOTED}")
    assert found(reading) == {1: "first.", 2: "second.", 3: "third.", 4: "fourth."}
    assert not any(answer.sure for answer in reading.answers)
    assert not reading.anchored


def test_too_few_paragraphs_answer_nothing() -> None:
    reading = read(f"Dear all,\n\nI am interested, please tell me more.\n\n{ABOVE}\n{QUOTED}")
    assert reading.answers == ()
    assert "tell me more" in reading.remainder


def test_a_numbered_list_inside_a_numbered_answer_stays_in_it() -> None:
    reading = read("1. Three things:\n1. visits\n2. groups\n3. reports\n2. two\n3. three\n4. four")
    assert found(reading) == {1: "Three things: 1. visits 2. groups 3. reports", 2: "two", 3: "three", 4: "four"}


def test_labels_are_the_numbers_of_the_questions_asked() -> None:
    form = sent_form((QUESTIONS[1], QUESTIONS[3]))
    reading = read("2. alpha\n4. beta", form)
    assert found(reading) == {2: "alpha", 4: "beta"}
    assert all(answer.sure for answer in reading.answers)


def test_labels_that_do_not_fit_are_counted_and_doubted() -> None:
    reading = read("1. alpha\n2. beta", sent_form((QUESTIONS[1], QUESTIONS[3])))
    assert found(reading) == {2: "alpha", 4: "beta"}
    assert not any(answer.sure for answer in reading.answers)


def test_our_sentences_in_an_answer_stay_the_applicants() -> None:
    answer = (
        "My experience in dealing with female returnees in prison is long. At ‘Multi-agency cooperation in dealing "
        "with imprisoned female returnees and protecting children’s rights’ I spoke of it."
    )
    assert found(read(filled(1, answer))) == {1: answer}


def test_a_farewell_of_theirs_is_not_swallowed_by_ours() -> None:
    form = sent_form(foot=f"Kind regards,\n{NAME}\n")
    reading = read(filled(4, "A story.\n\nKind regards,\nAnna", form.text), form)
    assert found(reading) == {4: "A story."}
    assert "Anna" in reading.remainder


def test_a_signature_is_cut_after_the_last_answer_only() -> None:
    text = filled(4, "The end.\n\nBest regards\nAnna", filled(1, "Thanks\nfor asking: ten years.\nRegards"))
    assert found(read(text)) == {1: "Thanks for asking: ten years. Regards", 4: "The end."}


def test_a_farewell_alone_below_the_last_question_is_no_answer() -> None:
    assert found(read(filled(4, "\nBest regards\nAnna", filled(1, "Ten years.")))) == {1: "Ten years."}


def test_profile_lines_are_read_where_they_stand() -> None:
    text = FORM.text.replace("Your name:", "Your name: Anna Ozola").replace("Your country:", "Your country:\nLatvia")
    values = {value.key: value.text for value in read(text).profile if not value.guessed}
    assert values == {"name": "Anna Ozola", "country": "Latvia"}


def test_a_name_nobody_wrote_is_a_guess() -> None:
    values = {value.key: (value.text, value.guessed) for value in read(filled(1, "Ten years.")).profile}
    assert values == {"name": ("Anna Ozola", True), "organisation": ("prison.example", True)}


def test_profile_and_questions_survive_a_client_that_drops_all_line_breaks() -> None:
    text = filled(2, "Four families.", FORM.text.replace("Your role:", "Your role: nurse"))
    reading = read(" ".join(text.split()))
    assert found(reading) == {2: "Four families."}
    assert ("role", "nurse") in {(value.key, value.text) for value in reading.profile}


ACKNOWLEDGEMENT = SentForm(
    "<ack@ran.example>",
    f"""{INTRODUCTION}
What we understood

1. {QUESTIONS[0].text}
   “Ten years in the women's wing. We had three cases since 2019.”

2. No answer found: we ask again below.

Your name: Anna Ozola (guessed; tell us if it is wrong)
Your country: Latvia

Please answer below

2. {QUESTIONS[1].text}



{FOOT}""",
    (QUESTIONS[1],),
    PROFILE,
    OURS,
)


def test_in_a_second_round_old_answers_are_ours_and_the_new_one_is_theirs() -> None:
    reading = read(f"{OUTLOOK}\n{filled(2, 'We met four families.', ACKNOWLEDGEMENT.text)}", ACKNOWLEDGEMENT)
    assert found(reading) == {2: "We met four families."}
    assert reading.remainder == ""
    assert all(value.guessed for value in reading.profile)


def test_a_profile_value_that_we_printed_is_not_theirs_until_they_change_it() -> None:
    text = ACKNOWLEDGEMENT.text.replace("Your country: Latvia", "Your country: Estonia")
    written = {value.key: value.text for value in read(text, ACKNOWLEDGEMENT).profile if not value.guessed}
    assert written == {"country": "Estonia"}


def test_an_old_answer_written_anew_above_the_quote_is_not_taken_for_ours() -> None:
    again = "Ten years in the women's wing. We had three cases since 2019."
    quoted = "\n".join(f"> {line}" for line in ACKNOWLEDGEMENT.text.split("\n"))
    assert plain(read(f"{again}\n\n{ABOVE}\n{quoted}", ACKNOWLEDGEMENT).answers[0].text) == again


def test_a_new_answer_above_an_old_quoted_one_counts() -> None:
    old = "\n".join(f"> {line}" for line in f"{ABOVE}\n{filled(3, 'Old words.', QUOTED)}".split("\n"))
    reading = read(f"3. New words.\n\nOn Wed, 2 Mar 2022 at 11:00, Anna Ozola <a.ozola@prison.example> wrote:\n{old}")
    assert found(reading) == {3: "New words."}
    assert "Old words." in reading.remainder


def test_all_answers_piled_below_the_last_question_are_told_apart() -> None:
    text = FORM.text.partition("The form ends")[0] + "\n1. one\n2. two\n3. three\n4. four\n"
    assert found(read(text)) == {1: "one", 2: "two", 3: "three", 4: "four"}


def test_answers_twice_at_one_depth_raise_a_doubt() -> None:
    (answer,) = read(f"{filled(1, 'Ten years.')}\n\n{filled(1, 'Eleven years.')}").answers
    assert plain(answer.text) == "Ten years."
    assert not answer.sure


def test_a_bare_yes_is_the_remainder_of_a_mail_that_asked_nothing() -> None:
    form = sent_form((), ())
    reading = read(f"Yes, I will come!\n\n{OUTLOOK}\n{form.text}", form)
    assert reading.remainder == "Yes, I will come!"


@pytest.mark.parametrize("old", ["> withdraw", f"{OUTLOOK}\nwithdraw", "> > withdraw\n>\n> or not"])
def test_quoted_words_command_nothing(old: str) -> None:
    reading = read(f"no\n\n{old}\n", sent_form((), ()))
    assert reading.remainder == "no"
    assert "withdraw" in reading.quoted


@pytest.mark.parametrize(
    "answer",
    [
        f"In 2019 at 10:30 I met {NAME} and learned: much.",
        f"In 2019 at 10:30 I met {NAME} and learned:\nmuch.",
        f"Employer: {NAME}\nTown: Riga\nSince: always",
        f"Employer: {NAME}, since 2019\nTown: Riga",
    ],
)
def test_words_that_name_us_are_no_reply_header(answer: str) -> None:
    assert found(read(filled(2, answer))) == {2: plain(answer)}


def test_a_sentence_that_names_us_above_the_quote_is_no_reply_header_either() -> None:
    answer = f"In 2019 at 10:30 I met {NAME} and learned:\nmuch."
    assert found(read(f"1. {answer}\n2. None.\n\n{ABOVE}\n{QUOTED}")) == {1: plain(answer), 2: "None."}


def test_most_of_a_question_used_in_an_answer_is_not_the_question() -> None:
    text = "1. Experience in dealing with female returnees in prison: ten years.\n2. None."
    assert found(read(text)) == {
        1: "Experience in dealing with female returnees in prison: ten years.",
        2: "None.",
    }


def test_a_sentence_of_ours_that_they_go_on_with_is_theirs() -> None:
    answer = "Please do not make any prisoner, child or colleague recognisable - so says our ministry as well."
    assert found(read(filled(3, answer))) == {3: answer}


def test_a_new_answer_below_an_old_quoted_one_counts() -> None:
    old = "\n".join(f"> {line}" for line in f"{ABOVE}\n{filled(3, 'Old words.', QUOTED)}".split("\n"))
    reading = read(f"On Wed, 2 Mar 2022 at 11:00, Anna Ozola <a.ozola@prison.example> wrote:\n{old}\n\n3. New words.")
    assert found(reading) == {3: "New words."}
    assert "Old words." in reading.remainder


def test_quoted_words_between_question_and_answer_are_kept_apart() -> None:
    line = f"> 1. {QUESTIONS[0].text}"
    reading = read(f"{ABOVE}\n{QUOTED.replace(line, f'{line}{chr(10)}> [a picture]{chr(10)}{chr(10)}Ten years.')}")
    assert found(reading) == {1: "Ten years."}
    assert "a picture" in reading.remainder


def test_numbered_answers_are_not_mistaken_for_the_fields_of_a_header() -> None:
    assert found(read(f"Q1: one\nQ2: two\nQ3: three\nQ4: four\n\n{OUTLOOK}\n{FORM.text}")) == {
        1: "one",
        2: "two",
        3: "three",
        4: "four",
    }


def test_text_beyond_what_is_read_for_answers_stays_in_the_remainder() -> None:
    long = filled(1, "Ten years.") + "\n" + "and so on, and so on\n" * 20_000 + "the very end"
    reading = read(long)
    assert found(reading) == {1: "Ten years."}
    assert reading.remainder.endswith("the very end")


@pytest.mark.parametrize("said", ["only day 1", "1", "Room 3", "See you on day 2."])
def test_a_few_words_that_end_in_a_number_are_not_lost_as_a_label(said: str) -> None:
    reading = read(said)
    assert said in reading.remainder


def test_words_before_a_number_that_are_no_label_stay_visible() -> None:
    reading = read("In prison 2: we have no such cases.")
    shown = " ".join([reading.remainder, *(answer.text for answer in reading.answers)])
    assert "In prison 2" in shown


def test_a_word_that_stands_before_every_number_is_a_label_in_any_language() -> None:
    reading = read("Spurning 1: Ten years.\nSpurning 2: None.\nSpurning 3: Staff.\nSpurning 4: A visit.")
    assert list(found(reading).values()) == ["Ten years.", "None.", "Staff.", "A visit."]
    assert reading.remainder == ""
