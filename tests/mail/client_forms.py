"""Mails of ours as they went out (tests/letters/clients/forms), and a letter read against the one it answers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ranmailbot.call.call import ProfileLine, Question
from ranmailbot.mail.address import Address
from ranmailbot.mail.answers import Reading, read_answers
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.reply_text import VisibleText

CLIENTS = Path(__file__).parent.parent / "letters" / "clients"
FORMS = tuple(sorted(path.stem for path in (CLIENTS / "forms").glob("*.txt")))


@dataclass(frozen=True)
class KeptForm:
    """A mail of ours, and all questions of its call: whoever answers a mail that asks few may still correct any."""

    form: SentForm
    questions: tuple[Question, ...]

    def read(self, text: VisibleText, sender: Address | None) -> Reading:
        """As the flow reads it: against every question first, then against those that this mail asked."""
        if len(self.form.questions) < len(self.questions):
            wide = read_answers(text, replace(self.form, questions=self.questions), sender)
            if wide.answers:
                return wide
        return read_answers(text, self.form, sender)


@cache
def kept_form(name: str) -> KeptForm:
    """The mail of this name."""
    facts = tomllib.loads((CLIENTS / "forms" / f"{name}.toml").read_text("utf-8"))
    text = (CLIENTS / "forms" / f"{name}.txt").read_text("utf-8")
    questions = tuple(Question(int(number), asked) for number, asked in facts["questions"].items())
    profile = tuple(ProfileLine(key, label) for key, label in facts["profile"].items())
    asked = tuple(question for question in questions if question.number in facts["asks"])
    return KeptForm(
        SentForm("<k7f2m9q4sample@mail.example.org>", text, asked, profile, tuple(facts["ours"])), questions
    )
