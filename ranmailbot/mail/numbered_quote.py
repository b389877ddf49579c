"""Answers between the numbered lines of a quote in which no word of ours is left: a program translated it.

Only the numbers are still ours, so what is found is only proposed. Fear: a numbered list in somebody else's mail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.layout import Layout, Span
from ranmailbot.mail.reading import Found

_NUMBERED = re.compile(r"[ \t*_]*+(?:[^\W\d_]{1,16}+[ \t]+)?(?P<number>\d{1,2})(?:[ \t]+\w{1,4}[ \t]+\d{1,2})?[.):]")
_FEWEST = 2
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
