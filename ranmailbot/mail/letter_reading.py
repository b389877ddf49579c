"""A whole letter read against one form: its own text first, then each attached document, and nothing of either lost.

What the text answers counts; a document answers what the text leaves open, or only guesses at. Where both answer and
differ, the other answer stays visible with what is left of its document. Text of documents never gets into the
remainder itself: there commands are looked for ("withdraw", "invite A-001"), and a document commands nothing.

Fear: a brochure with a numbered list. A document in which no question of ours stands is believed only if it labels an
answer to every question, and not at all beside answers at our own questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ranmailbot.call.application import Answer, ProfileValue
from ranmailbot.mail.answers import ConservationBroken, Reading, read_answers
from ranmailbot.mail.attachments import Document
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import Letter

_UNANCHORED = 0.7
"""The most that is believed of an answer in a document without our questions and with only some labels: unsure."""


def read_letter(letter: Letter, form: SentForm) -> Reading:
    """What this letter and its documents answer of this form. Raises ConservationBroken.

    The spans of the reading are those of the letter's own text. An answer with the source "attachment: NAME" has a span
    in the text of that document.
    """
    own = read_answers(letter.text, form, letter.sender)
    if not letter.documents:
        return own
    read = [(document, read_answers(document.text, form, letter.sender)) for document in letter.documents]
    whole = _together(own, read, len(form.questions))
    if not _kept(own, read, whole):
        raise ConservationBroken
    return whole


@dataclass(slots=True)
class _Sheet:
    """The reading of the whole letter while it is made. `left` is what no document's answer or value became."""

    answers: dict[int, Answer]
    profile: dict[str, ProfileValue]
    anchored: bool
    left: list[str] = field(default_factory=list)


def _together(own: Reading, read: Sequence[tuple[Document, Reading]], questions: int) -> Reading:
    sheet = _Sheet(
        {answer.question: answer for answer in own.answers},
        {value.key: value for value in own.profile},
        own.anchored,
    )
    for document, reading in read:
        most = _most(reading, questions, beside=own.anchored)
        rows = [*_answers(sheet, document, reading, most), *_profile(sheet, reading), reading.remainder, reading.quoted]
        text = "\n".join(row.strip("\n") for row in rows if row.strip())
        sheet.left += [f"[attachment: {document.name}]\n{text}"] if text else []
        sheet.anchored = sheet.anchored or reading.anchored
    return replace(
        own,
        answers=tuple(sheet.answers[number] for number in sorted(sheet.answers)),
        profile=tuple(sheet.profile.values()),
        anchored=sheet.anchored,
        attached="\n\n".join(sheet.left),
    )


def _most(reading: Reading, questions: int, *, beside: bool) -> float:
    """The most that is believed of a document's answers; 0 for not at all."""
    if reading.anchored:
        return 1.0
    if beside:
        return 0.0
    return 1.0 if len(reading.answers) == questions else _UNANCHORED


def _answers(sheet: _Sheet, document: Document, reading: Reading, most: float) -> list[str]:
    """Takes the answers that are wanted; the others are returned, each with the number of its question."""
    left: list[str] = []
    for found in reading.answers:
        confidence = min(found.confidence, most)
        answer = replace(found, confidence=confidence, source=f"attachment: {document.name}")
        before = sheet.answers.get(answer.question)
        if most and (before is None or (answer.sure and not before.sure)):
            sheet.answers[answer.question] = answer
            if before is not None:
                left.append(f"[question {before.question}, as read from {_place(before)}] {before.text}")
        elif before is None or _plain(before.text) != _plain(answer.text):
            left.append(f"[question {answer.question}, here] {answer.text}")
    return left


def _profile(sheet: _Sheet, reading: Reading) -> list[str]:
    """Takes the facts that were written and are new; others that were written are returned."""
    left: list[str] = []
    for value in (value for value in reading.profile if not value.guessed):
        before = sheet.profile.get(value.key)
        if reading.anchored and (before is None or before.guessed):
            sheet.profile[value.key] = value
        elif before is None or _plain(before.text) != _plain(value.text):
            left.append(f"[{value.key}, here] {value.text}")
    return left


def _place(answer: Answer) -> str:
    return answer.source if answer.source.startswith("attachment: ") else "the text of the mail"


def _kept(own: Reading, read: Sequence[tuple[Document, Reading]], whole: Reading) -> bool:
    """Whether every answer, fact and remainder of every part is in the reading of the whole, white space aside."""
    shown = [answer.text for answer in whole.answers] + [value.text for value in whole.profile]
    exactly = {_plain(text) for text in shown}
    left = _plain("\n".join((whole.remainder, whole.quoted, whole.attached)))
    for reading in (own, *(reading for _, reading in read)):
        found = [answer.text for answer in reading.answers]
        found += [value.text for value in reading.profile if not value.guessed]
        if not all(_plain(text) in exactly or _plain(text) in left for text in found):
            return False
        if not all(_plain(text) in left for text in (reading.remainder, reading.quoted)):
            return False
    return True


def _plain(text: str) -> str:
    return " ".join(text.split())
