"""Headings in somebody's own words ("Your experience:", "Challenges -"), matched with the questions they shorten.

A heading belongs to the question whose rare words it uses; headings are taken in the order of the questions. What is
found is only ever proposed. Fear: a sentence with a colon in an answer; so two headings at least must fit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from ranmailbot.call.call import Question
from ranmailbot.mail.labels import ANOTHER_NAME, Labelled
from ranmailbot.mail.words import keys, similar

_LINE = re.compile(
    r"^[ \t*_#•>\-–—]*+(?P<said>[^\W_][^\n:：]{0,79}?)"
    r"(?:(?P<close>[*_]*[ \t]?[:：][*_]*|[ \t]+(?:[-–—]|[-–—=]*>|→)[ \t]+|[?？]+[*_]*(?=[ \t]))"
    r"|(?P<alone>[?*_]*)[ \t]*$)",
    re.MULTILINE,
)
_TWIN = re.compile(r"[^\n]{1,200}?[ \t][^\W\d_]{1,9}[ \t.]?(?P<number>\d{1,2})[ \t]?[).:\]]+[ \t]*")
_FIRST_LINE = re.compile(r"\s*(?P<said>[^\n?？:：]{1,200})[ \t\u00a0]?[?？:：]+(?:[*_]*[ \t]*(?=\n)|(?<=[?？])[ \t]+)")
_MOSTLY_OWN, _COLON_WORDS = 0.8, range(3, 6)
_ASKING_LINE = re.compile(r"^[ \t*_#•>\-–—]*+(?P<said>[^\n?？]{1,200})[ \t\u00a0]?[?？]+[*_]*[ \t]*$", re.MULTILINE)
_NEXT_SENTENCE = re.compile(r"[^\W\d_]{3}[.!?][ \t]")
_WRAPPED = 50
_ENDS = (".", ",", ";", "!")
_MOST_HEADINGS, _MOST_WORDS = 80, 12
_FEWEST = 2
_STEM = 5
_SMALL = 3
_FITS, _COVERED = 0.34, 0.5
PROPOSED = 0.6
_SHORTENED = 0.75


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading at characters [start, end), and how well it fits each question."""

    start: int
    end: int
    fits: tuple[float, ...]


def headed(text: str, questions: Sequence[Question]) -> tuple[Labelled, ...]:
    """The text below (or beside) headings that fit questions. Empty if fewer than two fit."""
    found = list(islice(_headings(text, _weights(questions)), _MOST_HEADINGS))
    chosen = _in_order(found, len(questions))
    if len(chosen) < _FEWEST:
        return ()
    ends = [found[place].start for place, _ in chosen[1:]] + [len(text)]
    return tuple(
        Labelled(questions[number].number, found[place].start, found[place].end, end, PROPOSED)
        for (place, number), end in zip(chosen, ends, strict=True)
    )


def _weights(questions: Sequence[Question]) -> list[dict[str, float]]:
    """For each question its words, the rarer among the questions the heavier."""
    return _weighed(tuple(question.text for question in questions))


@lru_cache(maxsize=64)
def _weighed(asked: tuple[str, ...]) -> list[dict[str, float]]:
    """The same by the questions' texts (the same forms come again and again, so the last few are kept)."""
    stems = [_stems(text) for text in asked]
    shared = Counter(stem for asked in stems for stem in asked)
    return [{stem: 1 / shared[stem] for stem in each} for each in stems]


def without_headings(text: str, parts: tuple[Labelled, ...], questions: Sequence[Question]) -> tuple[Labelled, ...]:
    """Numbered parts without their headings, if each begins with one that fits its own question; then none is sure.

    Nor if only most of them do; then a heading goes only if it asks in words of its question, and else it stays.
    """
    twins = [_behind_twin(text, part) for part in parts]
    if len(parts) >= _FEWEST and None not in twins:
        return tuple(replace(part, start=start or part.start) for start, part in zip(twins, parts, strict=True))
    asked = {question.number: place for place, question in enumerate(questions)}
    weights = _weights(questions)
    starts = [_behind_heading(text, part, weights, asked.get(part.question)) for part in parts]
    fitting = sum(start > part.start for start, part in zip(starts, parts, strict=True))
    if fitting == len(parts):
        return tuple(
            replace(part, start=start, confidence=min(part.confidence, _SHORTENED))
            for start, part in zip(starts, parts, strict=True)
        )
    most = _SHORTENED if 2 * fitting > len(parts) else 1.0
    own = {question.number: keys(question.text) for question in questions}
    return tuple(
        _behind_own_words(text, replace(part, confidence=min(part.confidence, most)), own.get(part.question, ()))
        for part in parts
    )


def _behind_twin(text: str, part: Labelled) -> int | None:
    """Behind a second label with the number of the first on its line: "Q3) Your profession R3) ..." """
    twin = _TWIN.match(text, part.start, part.end)
    return twin.end() if twin is not None and int(twin["number"]) == part.question else None


def _behind_own_words(text: str, part: Labelled, asked: tuple[str, ...]) -> Labelled:
    """A part without what it asks first in words of its question: believed only if it is a line of them in a row."""
    line = _FIRST_LINE.match(text, part.start, part.end)
    if line is None or not text[line.end() : part.end].strip():
        return part
    said = keys(line["said"])
    found = sum(any(similar(word, other) for other in asked) or word in asked for word in said)
    if len(said) < _FEWEST or found < _MOSTLY_OWN * len(said):
        return part
    in_row = len(said) > _FEWEST and f" {' '.join(said)} " in f" {' '.join(asked)} "
    alone = text.startswith("\n", line.end())
    if not in_row and len(said) not in _COLON_WORDS and line[0].rstrip(" \t*_")[-1] in ":：":
        return part  # "A practice that others should not copy is:", "A story:": they lead to the answer
    return replace(
        part,
        start=line.end() if in_row or alone else part.start,
        confidence=part.confidence if in_row and alone else min(part.confidence, _SHORTENED),
    )


def asks_another(text: str, open_questions: Sequence[Question]) -> bool:
    """Whether a line within this answer asks in words of a question that is answered nowhere: its answer is in here."""
    for match in islice(_ASKING_LINE.finditer(text), _MOST_HEADINGS) if "?" in text and open_questions else ():
        said = keys(match["said"])
        for question in open_questions if len(said) > _FEWEST else ():
            asked = keys(question.text)
            if sum(word in asked for word in said) >= _MOSTLY_OWN * len(said):
                return True
    return False


def _behind_heading(text: str, part: Labelled, weights: Sequence[dict[str, float]], own: int | None) -> int:
    """Where a part begins behind a heading that fits its question, if something follows; else where it begins."""
    said = text[part.start : part.end]
    lead = len(said) - len(said.lstrip())
    heading = next(iter(_headings(said.lstrip(), weights)), None)
    if own is None or heading is None or heading.start > 0 or not heading.fits[own]:
        return part.start
    start = part.start + lead + heading.end
    if ANOTHER_NAME.search(text, start, part.end):
        return part.start  # "Leave: the rent. Stay: the team.": an answer with words of its own before its parts
    return start if text[start : part.end].strip() else part.start


def _headings(text: str, weights: Sequence[dict[str, float]]) -> Iterator[_Heading]:
    for match in _LINE.finditer(text):
        if match["close"] is None and (match["said"].endswith(_ENDS) or text[match.end() : match.end() + 1] == ""):
            continue
        if match["close"] is None and len(match["said"]) > _WRAPPED:
            continue  # a wrapped line of a sentence
        said = _stems(match["said"])
        if not said or len(match["said"].split()) > _MOST_WORDS or _NEXT_SENTENCE.search(match["said"]):
            continue
        fits = tuple(_fit(said, asked) for asked in weights)
        if any(fits):
            lead = len(match[0]) - len(match[0].lstrip())
            yield _Heading(match.start() + lead, match.end(), fits)


def _fit(said: frozenset[str], asked: dict[str, float]) -> float:
    """How well a heading fits a question: the weight of the words they share; 0 if they share too little."""
    common = said & asked.keys()
    weight = sum(asked[stem] for stem in common)
    return weight if weight >= _FITS and len(common) >= _COVERED * len(said) else 0.0


def _stems(text: str) -> frozenset[str]:
    """The beginnings of its longer words: "challenge" and "challenges" are one. All words if all are short."""
    found = keys(text)
    longer = [word[:_STEM] for word in found if len(word) > _SMALL]
    return frozenset(longer or found)


def _in_order(found: Sequence[_Heading], questions: int) -> list[tuple[int, int]]:
    """Pairs of heading and question, both rising, that fit best together."""
    best: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0.0, ())] * (questions + 1)
    for place, heading in enumerate(found):
        following = list(best)
        for number, fit in enumerate(heading.fits):
            before = max(best[: number + 1], key=lambda way: way[0])
            if fit and before[0] + fit > following[number + 1][0]:
                following[number + 1] = (before[0] + fit, (*before[1], (place, number)))
        best = following
    return list(max(best, key=lambda way: way[0])[1])
