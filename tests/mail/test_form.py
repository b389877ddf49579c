"""The form as it goes out: every question in a line that can be found again."""

from __future__ import annotations

from ranmailbot.call.call import Question
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.form import closing_line, printed_question
from ranmailbot.mail.reply_text import VisibleText, plain_lines

from .sample_form import sent_form


def test_a_long_question_is_printed_with_its_number() -> None:
    question = Question(2, "What is your experience in dealing  with\nparents in prison?")
    assert printed_question(question, 4) == "2. What is your experience in dealing with parents in prison?"


def test_a_short_question_is_printed_in_a_line_nobody_writes_by_chance() -> None:
    printed = printed_question(Question(1, "Your role"), 4)
    assert printed == "Question 1 of 4: Your role — please write your answer below this line"


def test_a_form_of_short_labels_can_be_read() -> None:
    questions = tuple(Question(n, text) for n, text in enumerate(("Your role", "Your years", "Your story", "Why?"), 1))
    form = sent_form(questions, ())
    text = form.text
    for number, answer in enumerate(("Your role model: nobody", "ten", "a long one", "because"), 1):
        line = printed_question(questions[number - 1], 4)
        text = text.replace(line, f"{line}\n{answer}")
    reading = read_answers(VisibleText(plain_lines(text), "plain"), form)
    assert [answer.text for answer in reading.answers] == ["Your role model: nobody", "ten", "a long one", "because"]


def test_the_closing_line_is_no_farewell() -> None:
    line = closing_line("ran-prisons-2022", "k3v9x")
    assert "ran-prisons-2022" in line
    assert "k3v9x" in line
    assert not line.startswith("--")
