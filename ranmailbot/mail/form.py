"""The form as it was sent: the text in which somebody answers, and which questions it asked.

Kept with the outgoing mail, so that a reply is always read against the questions as they were asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ranmailbot.call.call import Call, ProfileLine, Question

SHORT_QUESTION_WORDS = 7
"""A question with fewer words is printed in a line that no answer can contain by chance."""

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_PRINTED = re.compile(
    r"(?:(?P<number>\d{1,2})\. (?P<long>\S.*)|Question (?P<of>\d{1,2}) of \d{1,2}: (?P<short>.+?)"
    r" — please write your answer below this line)"
)

BLANK_FORM_KEY = "blank"
REFERENCE_CHARACTERS = 8
"""Of a Message-ID of ours that stand in the closing line: enough to find the mail again, too few to prove anything."""


@dataclass(frozen=True, slots=True)
class SentForm:
    """A mail of ours as the reader needs it. With no questions it serves to tell our words from theirs."""

    key: str
    """Message-ID of the mail that carried it, or "blank" for the one of the mailto link."""
    text: str
    """The visible text as it went out (its plain part)."""
    questions: tuple[Question, ...]
    profile_lines: tuple[ProfileLine, ...]
    ours: tuple[str, ...]
    """Our name, address and subject: by these a reply header is recognised in any language."""


def printed_question(question: Question, total: int) -> str:
    """The line that stands in the mail for this question; `total` is how many the call asks.

    "1. What is ...?", or for a short one "Question 1 of 4: Your role — please write your answer below this line".
    """
    text = " ".join(question.text.split())
    if len(text.split()) >= SHORT_QUESTION_WORDS:
        return f"{question.number}. {text}"
    return f"Question {question.number} of {total}: {text} — please write your answer below this line"


def printed_questions(text: str) -> tuple[Question, ...]:
    """The questions of a form mail, read off its own lines: what `printed_question` wrote, in the order of numbers.

    For a form of another call than the configured one. A number that stands there twice counts where it stands last.
    """
    found: dict[int, Question] = {}
    for paragraph in _PARAGRAPH.split(text):
        match = _PRINTED.fullmatch(" ".join(paragraph.split()))
        if match is not None:
            number = int(match["number"] or match["of"])
            found[number] = Question(number, (match["long"] or match["short"]).strip())
    numbers = sorted(found)
    return tuple(found[number] for number in numbers)


def printed_profile_line(line: ProfileLine) -> str:
    """The line that asks for one fact about the applicant: "Your name:"."""
    return f"{line.label.strip().rstrip(':').rstrip()}:"


def profile_label_lines(lines: Iterable[ProfileLine]) -> tuple[str, ...]:
    """All profile lines as they stand in the mail."""
    return tuple(printed_profile_line(line) for line in lines)


def closing_line(call_key: str, reference_token: str) -> str:
    """The last line of a form: words that nobody uses to end a letter, so that no farewell is taken for ours."""
    return f"The form ends with this line ({call_key}, {reference_token}); please leave the line where it stands."


def blank_form(call: Call) -> SentForm:
    """What the published mailto link puts into a mail: every question, the profile lines, the closing line."""
    total = len(call.questions)
    blocks = [f"{printed_question(question, total)}\n\n\n" for question in call.questions]
    blocks += [f"{line}\n" for line in profile_label_lines(call.profile_lines)]
    text = "\n".join((*blocks, "", closing_line(call.key, BLANK_FORM_KEY), ""))
    ours = (call.mailbox.name, call.mailbox.email, call.short_title, call.title)
    return SentForm(BLANK_FORM_KEY, text, call.questions, call.profile_lines, tuple(filter(None, ours)))


def find_reference(text: str, call_key: str) -> str:
    """The visible reference in a quoted closing line, whole, or the empty text: for clients that drop References."""
    flat = " ".join(text.split())
    mark = f"({call_key}, "
    _, found, rest = flat.rpartition(mark)
    token = rest.partition(")")[0].strip() if found else ""
    whole = len(token) == REFERENCE_CHARACTERS and token.isalnum() and token.isascii()
    return token if whole else ""
