"""Answers within a quote in which no question of ours is left: a program translated it.

Only its numbers are still ours, or the number and order of its paragraphs, so what is found is only proposed. Fear: a
numbered list in somebody else's mail, or a quote of another mail: its paragraphs must be as many as those of the form,
or the answers as many as the questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.form import SentForm
from ranmailbot.mail.layout import Layout, Span
from ranmailbot.mail.reading import Found

_NUMBERED = re.compile(r"[ \t*_]*+(?:[^\W\d_]{1,16}+[ \t]+)?(?P<number>\d{1,2})(?:[ \t]+\w{1,4}[ \t]+\d{1,2})?[.):]")
_FEWEST = 2
_LABEL = re.compile(r"^[ \t*_(]*\d{1,2}[.):]", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
PROPOSED = 0.6


def between_numbers(layout: Layout, span: Span, asked: Sequence[int]) -> tuple[list[Found], list[Span]] | None:
    """Candidates for answers less quoted than the numbered lines above them, and all that is left; None if none are."""
    found: dict[int, list[Span]] = {}
    left: list[Span] = []
    number, depth = 0, 0
    for (start, end), row_depth in layout.rows(span):
        label = _NUMBERED.match(layout.text, start, end) if row_depth else None
        following = next((question for question in asked if question > number), 0)
        if label is not None and int(label["number"]) == following:
            number, depth = following, row_depth
            left.append((start, end))
        elif number and row_depth < depth and layout.text[start:end].strip():
            found.setdefault(number, []).append((start, end))
        else:
            left.append((start, end))
    if len(found) < _FEWEST:
        return None
    answers = [
        Found(question, tuple(map(layout.trimmed, rows)), layout.depth_at(rows[0][0]), PROPOSED, "labelled")
        for question, rows in found.items()
    ]
    return answers, left


def between_paragraphs(layout: Layout, form: SentForm) -> list[Found]:
    """Candidates for answers that stand below the paragraphs of a quote, which are where the form's questions are."""
    paragraphs, fresh = _blocks(layout)
    places = sorted(place for place in fresh if 0 < place < paragraphs)
    if any(_LABEL.search(layout.text, *fresh[place]) for place in places):
        return []  # labels of their own say more than places
    asked = _question_paragraphs(form)
    if len(places) == len(asked) >= _FEWEST:
        by_question = dict(zip(asked, places, strict=True))
    elif paragraphs == len(_BLANK_LINES.split(form.text.strip())):
        by_question = {question: place + 1 for question, place in asked.items() if place + 1 in fresh}
    else:
        return []
    return [
        Found(question, (layout.trimmed(fresh[place]),), 0, PROPOSED, "paragraphs")
        for question, place in by_question.items()
    ]


def _blocks(layout: Layout) -> tuple[int, dict[int, Span]]:
    """How many paragraphs are quoted, and what stands unquoted behind so many of them."""
    paragraphs, inside = 0, False
    fresh: dict[int, Span] = {}
    for (start, end), depth in layout.rows((0, len(layout.text))):
        if not layout.text[start:end].strip():
            inside = False
        elif depth:
            paragraphs += not inside
            inside = True
        else:
            fresh[paragraphs] = (fresh.get(paragraphs, (start, end))[0], end)
            inside = False
    return paragraphs, fresh


def _question_paragraphs(form: SentForm) -> dict[int, int]:
    """For each question the paragraph of the form that asks it, from 0."""
    flat = [" ".join(paragraph.split()) for paragraph in _BLANK_LINES.split(form.text.strip())]
    found: dict[int, int] = {}
    for question in form.questions:
        wanted = " ".join(question.text.split())
        place = next((place for place in reversed(range(len(flat))) if wanted in flat[place]), None)
        if place is not None:
            found[question.number] = place
    return found
