"""Answers in text that stands at no question of ours: by its labels, or (unsure) by counting paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile

from ranmailbot.call.call import Question
from ranmailbot.mail.address import Address
from ranmailbot.mail.headings import headed, without_headings
from ranmailbot.mail.labels import LABEL_NAMES, Labelled, counted, label_name, labelled
from ranmailbot.mail.layout import Layout, Span
from ranmailbot.mail.ordinals import only_counts
from ranmailbot.mail.reading import Found
from ranmailbot.mail.signature import tail_start

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_BULLET = re.compile(r"^[ \t]*[-–—*•·][ \t]+(?=\S)", re.MULTILINE)
_FEWEST_BULLETS = 2
_ASKS = re.compile(r"[^.!?;？]{8,300}(?:[?？]|(?<=[α-ωά-ώΑ-Ω]);)[\"”»*_]*(?=\s|$)")
_FEWEST_ASKED = 2
_NUMBERED = re.compile(r"^[^\n]{0,16}?\d", re.MULTILINE)
_MARKED = re.compile(r"\d[ \t]?[.):\]]|[^\W\d_]")
_COUNTS_FROM_ONE = re.compile(r"^[ \t*_>(-]*1[.):]", re.MULTILINE)
_GUESSED = 0.6
_MOST_LABEL_WORDS = 4
_GREETING_WORDS = 8
_FOREWORDS = 20


Split = tuple[list[Found], list[Span], list[Span]]
"""Candidates for answers, spans that remain, spans of labels."""


def loose_answers(
    layout: Layout,
    span: Span,
    questions: Sequence[Question],
    anchored: frozenset[int],
    sender: Address | None = None,
    *,
    inline: bool = False,
    labels_only: bool = False,
) -> Split:
    """What a span of loose text answers. `anchored` are the questions answered inline already, quoted no deeper.

    `inline`: some are, however deeply quoted. Then nothing is guessed.
    """
    asked = tuple(question.number for question in questions)
    by_label = _labels(layout, span, asked, anchored, sender)
    if by_label and inline and by_label[0].confidence <= _GUESSED:
        return [], [span], []
    # One label alone amid inline answers is more likely a list of one than a second answer.
    if by_label and (len(by_label) > 1 or not anchored or by_label[0].question not in anchored):
        text = layout.text[span[0] : span[1]]
        return by_labels(layout, span, without_headings(text, behind_questions(text, by_label), questions))
    if not labels_only and not inline:
        by_heading = headed(layout.text[span[0] : span[1]], questions)
        if by_heading:
            return by_labels(layout, span, by_heading)
        guessed = _by_paragraph(layout, span, asked, sender) or _by_bullets(layout, span, asked)
        if guessed is not None:
            return guessed
    return [], [span], []


def behind_questions(text: str, parts: tuple[Labelled, ...]) -> tuple[Labelled, ...]:
    """The parts without a question that stands between label and answer: translated, or told in other words.

    Only if most of them ask something first and go on; then nothing of it is sure.
    """
    asks = [_ASKS.match(text, part.start, part.end) for part in parts]
    goes_on = [
        ask is not None and bool(text[ask.end() : part.end].strip()) for ask, part in zip(asks, parts, strict=True)
    ]
    said = {ask[0].strip() for ask in asks if ask is not None}
    if len(parts) < _FEWEST_ASKED or 2 * sum(goes_on) <= len(parts) or len(said) < sum(goes_on):
        return parts
    return tuple(
        replace(part, start=ask.end() if ask is not None else part.start, confidence=min(part.confidence, _GUESSED))
        for part, ask in zip(parts, asks, strict=True)
    )


def going_on(text: str, following: Sequence[Question]) -> tuple[Labelled, ...]:
    """Labels in an answer that count on to questions which have no answer yet; empty for a list that begins with 1."""
    numbers = [question.number for question in following]
    parts = labelled(text, numbers) if following and _NUMBERED.search(text) else ()
    if not parts or parts[0].question != numbers[0] or _COUNTS_FROM_ONE.search(text, 0, parts[0].label):
        return ()
    marked = all(_MARKED.search(text, part.label, part.start) for part in parts)
    at_lines = all(not text[: part.label].rpartition("\n")[2].strip(" \t*_>") for part in parts)
    return without_headings(text, parts, following) if marked and at_lines and parts[0].label > 0 else ()


def _labels(
    layout: Layout, span: Span, asked: tuple[int, ...], anchored: frozenset[int], sender: Address | None
) -> tuple[Labelled, ...]:
    """Labels above the farewell; those below it belong to a signature, unless only with them every question has one."""
    text = layout.text[span[0] : span[1]]
    rows = text.split("\n")
    own = sum(len(row) + 1 for row in rows[: tail_start(rows, sender)])
    if own >= len(text):
        return _labelled(text, asked, anchored)
    above = _labelled(text[:own], asked, anchored)
    whole = () if len(above) == len(asked) else _labelled(text, asked, anchored)
    numbers = [part.question for part in whole]
    if numbers == sorted(numbers) and (
        numbers == list(asked) or {part.question for part in above if whole} < set(numbers)
    ):
        return tuple(replace(part, confidence=min(part.confidence, _GUESSED)) for part in whole)
    return tuple(replace(part, end=len(text)) if part is above[-1] and part.end >= own else part for part in above)


def _labelled(text: str, asked: tuple[int, ...], anchored: frozenset[int]) -> tuple[Labelled, ...]:
    by_label = labelled(text, asked)
    if not by_label or (len(by_label) < len(asked) and not anchored):
        by_label = counted(text, asked) or by_label
    return by_label


def by_labels(layout: Layout, span: Span, parts: tuple[Labelled, ...]) -> Split:
    """A span cut into these parts. The first span that is left is what stands before the first label."""
    depth = layout.depth_at(span[0])
    found: list[Found] = []
    left: list[Span] = [layout.trimmed((span[0], span[0] + parts[0].label))]
    if parts[-1].end < span[1] - span[0]:
        left.append(layout.trimmed((span[0] + parts[-1].end, span[1])))
    marks: list[Span] = []
    labels = [(span[0] + part.label, span[0] + part.start) for part in parts]
    answers = [layout.trimmed((span[0] + part.start, span[0] + part.end)) for part in parts]
    answered = any(end > start for start, end in answers)
    names = [label_name(layout.text[start:end]) for start, end in labels]
    for part, label, answer, name in zip(parts, labels, answers, names, strict=True):
        # A number alone is a mark; words before it only if they are a label's: "Only day 1" says something.
        spoken = name not in LABEL_NAMES and not only_counts(name)
        spoken = spoken and (names.count(name) == 1 or len(name.split()) > _MOST_LABEL_WORDS)
        (left if spoken or not answered else marks).append(label)
        if answer[1] > answer[0]:
            found.append(Found(part.question, (answer,), depth, part.confidence, "labelled"))
    return found, left, marks


def _by_paragraph(layout: Layout, span: Span, asked: tuple[int, ...], sender: Address | None) -> Split | None:
    """As many paragraphs as questions, greeting and signature aside: a proposal, never sure."""
    if len(asked) > 1 and _PARAGRAPH.search(layout.text, span[0], span[1]) is None:
        return None
    rows = layout.text[span[0] : span[1]].split("\n")
    own = sum(len(row) + 1 for row in rows[: tail_start(rows, sender)])
    end = min(span[1], span[0] + own)
    paragraphs = _paragraphs(layout, (span[0], end))
    left = [(end, span[1])] if end < span[1] else []
    most = max(0, len(paragraphs) - len(asked))
    above = [*takewhile(lambda part: _is_greeting(layout.text[part[0] : part[1]]), paragraphs[:most])]
    left, paragraphs = left + above, paragraphs[len(above) :]
    if len(asked) == 1 and paragraphs:
        paragraphs = [(paragraphs[0][0], paragraphs[-1][1])]
    if len(paragraphs) != len(asked) or any(_is_greeting(layout.text[start:stop]) for start, stop in paragraphs[:1]):
        return None
    depth = layout.depth_at(span[0])
    pairs = zip(asked, paragraphs, strict=True)
    return [Found(question, (part,), depth, _GUESSED, "paragraphs") for question, part in pairs], left, []


def _by_bullets(layout: Layout, span: Span, asked: tuple[int, ...]) -> Split | None:
    """As many bullets as questions, one below the other: a proposal as well."""
    text = layout.text[span[0] : span[1]]
    bullets = list(islice(_BULLET.finditer(text), len(asked) + 1))
    if len(bullets) != len(asked) or len(asked) < _FEWEST_BULLETS:
        return None
    last = _PARAGRAPH.search(text, bullets[-1].end())
    ends = [*(bullet.start() for bullet in bullets[1:]), last.start() if last else len(text)]
    parts = [layout.trimmed((span[0] + bullet.end(), span[0] + end)) for bullet, end in zip(bullets, ends, strict=True)]
    if any(end <= start for start, end in parts):
        return None
    depth = layout.depth_at(span[0])
    left = [(span[0], span[0] + bullets[0].start()), (span[0] + ends[-1], span[1])]
    marks = [(span[0] + bullet.start(), span[0] + bullet.end()) for bullet in bullets]
    found = [
        Found(question, (part,), depth, _GUESSED, "paragraphs") for question, part in zip(asked, parts, strict=True)
    ]
    return found, left, marks


def _paragraphs(layout: Layout, span: Span) -> list[Span]:
    found: list[Span] = []
    place = span[0]
    for gap in _PARAGRAPH.finditer(layout.text, span[0], span[1]):
        found.append(layout.trimmed((place, gap.start())))
        place = gap.end()
    found.append(layout.trimmed((place, span[1])))
    return [part for part in found if part[1] > part[0]]


def _is_greeting(text: str) -> bool:
    """ "Dear Alexandra," or one sentence that only announces the answers."""
    words = len(text.split())
    ends = text.rstrip()[-1:]
    return (words <= _GREETING_WORDS and ends in ",!") or (words <= _FOREWORDS and ends == ":")
