"""Lines that are nearly a question of ours: typed again with slips, or changed in too many words to be found by seeds.

Fear: an answer that uses the question's words, so such a line must end as a question does, or bear its number and end.
Known limit: a question that was told in other words is not found here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

from ranmailbot.mail.sent_text import SentText
from ranmailbot.mail.slips import ahead_in_sentence, alignment_costs, marks_end
from ranmailbot.mail.words import Words, similar

Span = tuple[int, int]

_NEARLY, _SURELY = 0.6, 0.8
"""The share of a question's words that must be right, a misspelt one counting for the most part; and to be believed."""
_HALF = 0.45
"""The share of the shortest question's words that must stand in a line, letter by letter, before it is aligned."""
_FEWEST_WORDS, _LIKELY = 4, 3
_FEWEST_LETTERS = 2 * _FEWEST_WORDS - 1
"""In less room than this so many words do not fit."""
_MOST_LINES = 80
_ROOM = 3
_LINE_END = 20
_LABEL = re.compile(
    r"[\s*_#•>|\"“„(\[–—-]*(?:(?:[^\W\d_]{1,12}\.?[ \t]?){0,2}\(?(?P<number>\d{1,2})(?:[ \t]\w{1,4}[ \t]\d{1,2})?"
    r"[.):\]]*[\s*_\"“„–—-]*)?(?:[^\W\d_]{1,16}[ \t]?[:：][\s*_\"“„]*|[^\W\d_][.)][ \t])?"
)


class NearQuestion(NamedTuple):
    """A line that is nearly a question: characters [start, end); the words in it that are ours, and what is not."""

    start: int
    end: int
    ours: tuple[Span, ...]
    strays: tuple[Span, ...]
    question: int
    surely: bool


class _Fit(NamedTuple):
    """How well the first words of a line fit a question (1: they are it), how many of them, and which piece it is."""

    fits: float
    taken: int
    piece: int


def near_questions(
    reply: Words, sent: SentText, line_starts: Sequence[int], taken: Sequence[Span]
) -> Iterator[NearQuestion]:
    """The lines that are nearly a question of ours, in order. `taken` (in order) is what was found word by word."""
    end = 0
    for place in islice(_promising(reply, sent, line_starts, taken), _MOST_LINES):
        near = _nearest(reply, sent, place) if place >= end else None
        if near is not None and not _overlaps(taken, (near.start, near.end)):
            end = near.end
            yield near


def _promising(reply: Words, sent: SentText, line_starts: Sequence[int], taken: Sequence[Span]) -> Iterator[int]:
    """Where lines begin that hold enough words of questions, and are not taken."""
    enough = max(_FEWEST_WORDS, _HALF * sent.shortest_asked)
    borders = [0, *(border for span in taken for border in span), len(reply.text) + 1]
    for low, high in zip(borders[::2], borders[1::2], strict=True):
        if high - low < _FEWEST_LETTERS:
            continue
        zero, stop = reply.at_or_after(low), reply.at_or_after(high)
        before = [*accumulate(map(sent.asking.__contains__, reply.keys[zero:stop]), initial=0)]
        if before[-1] < enough:
            continue
        lines = line_starts[bisect_left(line_starts, low) : bisect_left(line_starts, high)]
        for start, following in pairwise((*lines, len(reply.text) + 1 if high > len(reply.text) else high)):
            first = reply.at_or_after(start)
            empty = first >= stop or reply.starts[first] >= following
            if not empty and before[min(first + sent.longest_asked, stop) - zero] - before[first - zero] >= enough:
                yield start


def _overlaps(taken: Sequence[Span], span: Span) -> bool:
    last = bisect_right(taken, span[1] - 1, key=lambda each: each[0]) - 1
    return last >= 0 and taken[last][1] > span[0]


def _nearest(reply: Words, sent: SentText, start: int) -> NearQuestion | None:
    """The question that the line at this place nearly is, if it ends as one and no other question is as near."""
    label = _LABEL.match(reply.text, start)
    first = reply.at_or_after(label.end() if label is not None else start)
    if first >= len(reply.keys):
        return None
    behind, _ = ahead_in_sentence(reply, first + 1, sent.longest_asked + _ROOM)
    found = [first, *behind]
    tried = _fits(reply, sent, found) if _may_ask(reply, sent, found) else []
    if not tried or tried[0].fits < _NEARLY or (len(tried) > 1 and tried[1].fits >= tried[0].fits):
        return None
    best = tried[0]
    piece = sent.pieces[best.piece]
    numbered = label is not None and label["number"] == str(piece.question)
    last = reply.ends[found[best.taken - 1]]
    end = marks_end(reply.text, last)
    same = similar(reply.keys[first], sent.words.keys[piece.core[0]])
    if not _ends(reply.text, last, end, numbered=numbered and same, surely=same and best.fits >= _SURELY):
        return None
    ours = _equal_words(reply, sent.words.keys[slice(*piece.core)], found[: best.taken])
    edges = ((0, reply.starts[first]), *ours, (end, end))
    strays = tuple((one[1], other[0]) for one, other in pairwise(edges) if one[1] < other[0])
    return NearQuestion(reply.starts[first], end, ours, strays, piece.question or 0, best.fits >= _SURELY)


def _may_ask(reply: Words, sent: SentText, found: Sequence[int]) -> bool:
    """Whether this sentence asks, or begins nearly as a question does: others need not be looked at."""
    last = reply.ends[found[-1]]
    if "?" in reply.text[last : marks_end(reply.text, last)].replace("？", "?"):
        return True
    return any(similar(reply.keys[found[0]], asked) for asked in sent.first_asked)


def _fits(reply: Words, sent: SentText, found: Sequence[int]) -> list[_Fit]:
    """The questions that share most words with these, the best fit first."""
    said = [reply.keys[word] for word in found]
    shared = Counter(number for key in {*said} for number in sent.asking.get(key, ()))
    tried: list[_Fit] = []
    for number, times in shared.most_common(_LIKELY):
        piece = sent.pieces[number]
        asked = sent.words.keys[slice(*piece.core)]
        if times < _HALF * len(asked):
            continue
        costs = alignment_costs(asked, said[: len(asked) + _ROOM])
        ends = [
            cost - (marks_end(reply.text, reply.ends[found[n - 1]]) > reply.ends[found[n - 1]])
            for n, cost in enumerate(costs)
            if n
        ]
        taken = ends.index(min(ends)) + 1
        tried.append(_Fit(1 - costs[taken] / len(asked), taken, number))
    return sorted(tried, reverse=True)


def _ends(text: str, last: int, end: int, *, numbered: bool, surely: bool) -> bool:
    """Whether a question ends here: with its mark; if it surely is one, with a colon; with its line if numbered."""
    if end > last and "?" in text[last:end].replace("？", "?"):
        return True
    alone = not text[end : end + _LINE_END].split("\n", 1)[0].strip(" \t*_>|.")
    return alone if numbered else surely and (alone or end > last)


def _equal_words(reply: Words, asked: Sequence[str], found: Sequence[int]) -> tuple[Span, ...]:
    """Where those of these words stand that are the question's, each row of them as one span."""
    same = SequenceMatcher(None, asked, [reply.keys[word] for word in found], autojunk=False).get_matching_blocks()
    return tuple((reply.starts[found[at]], reply.ends[found[at + size - 1]]) for _, at, size in same if size)
