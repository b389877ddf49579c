"""What in a reply is not theirs, as events in its order: words of the form, profile lines, reply headers.

Fear: a word between ours that the applicant put in: it is a stray, and stays theirs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ranmailbot.mail.alignment import STRAY, Match, Run
from ranmailbot.mail.sent_text import Piece, SentText, marks_after, plain_mark
from ranmailbot.mail.slips import marks_end, next_sentence_end, question_end, question_start
from ranmailbot.mail.words import Words, before_on_line, keys

Span = tuple[int, int]
"""Character offsets [start, end) into the visible text."""

INLINE = 0.97
"""How far an answer at a question of ours is believed."""
EDITED = 0.9
"""The same where words of the question were changed."""
REPEATED = 0.75
"""The same where it cannot be told for sure whether the question is ours or was said again."""
EMPTY = " \t\n>|*_"
"""Marks that say nothing."""
_BLANK, _WRAPPED = " \t*_\u00a0\u202f", "?!:;？"
"""What may stand before a mark that closes our sentence, and the marks that a wrap may put on the next line."""
_DECORATION = re.compile(r"[\s*_#•>|\"“„(\[¿]*$")
_LOOK, _MOST_THEIRS = 40, 3
_QUOTES = tuple("\"“”„«»'’‘")


class Event(NamedTuple):
    """Something in the reply that is not theirs: a match, a profile label or a reply header."""

    start: int
    end: int
    ours: tuple[Span, ...]
    strays: tuple[Span, ...]
    question: int | None
    profile: str | None
    confidence: float
    asks: bool
    header: bool = False
    part: int = 0
    """Which sentence of a question it is."""


def matched(match: Match, reply: Words, sent: SentText) -> Event:
    piece = sent.pieces[match.piece]
    if match.whole and len(match.runs) == 1 and piece.question is None:
        return _untouched(match, reply, sent, piece)
    whole = match
    match = _without_theirs(match, reply, sent)
    ours, strays = _runs_apart(match, reply, piece)
    asks = piece.question is not None
    head = question_start(reply, sent, match, piece) if asks else match.start
    first = _with_marks_before(reply, head, reply.starts[head] if head < match.start else ours[0][0])
    last = _with_marks_after(reply, sent, match, ours[-1][1])
    tail = question_end(reply, sent, match, piece) if asks and match is whole else 0
    tail = (next_sentence_end(reply, sent, match, piece) if asks else 0) or tail
    if head < match.start:
        strays.append((first, ours[0][0]))
    else:
        ours[0] = (first, ours[0][1])
    if tail > last:
        strays.append((last, tail))
    if (piece.part or reply.text[first : first + 1] in _QUOTES) and reply.text[last : last + 1] in _QUOTES:
        last += 1
    if reply.text[last : last + 1] == ")" and reply.text.count("(", first, last) > reply.text.count(")", first, last):
        last = marks_end(reply.text, last + 1)
    ours[-1] = (ours[-1][0], last)
    last = max(last, tail)
    question = piece.question if piece.question is not None else piece.owner
    core = piece.core if piece.question is not None else (piece.first, piece.end)
    plain = match.whole or match.within(core) >= 0.9 * (core[1] - core[0])
    confidence = INLINE if plain else EDITED
    if asks and any(len(keys(reply.text[low:high])) > STRAY for low, high in strays):
        confidence = REPEATED
    return Event(first, last, tuple(ours), tuple(strays), question, None, confidence, asks, part=piece.part)


def _without_theirs(match: Match, reply: Words, sent: SentText) -> Match:
    """The match without words that begin an answer with the question's last ones: on a new line, with no mark behind.

    Somebody typed the question without its last word, and the answer below it begins with that word.
    """
    piece, text = sent.pieces[match.piece], reply.text
    last = match.runs[-1]
    within = piece.question is not None and last.of + last.size <= piece.core[1]
    mark = marks_after(sent.words, piece.core[1])[:1] if within else ""
    end = reply.ends[match.end - 1]
    if not mark or not text[end : end + _LOOK].split("\n", 1)[0].strip(EMPTY):
        return match
    if plain_mark(text[end : end + _LOOK].lstrip(" \t*_")[:1]) == mark:
        return match
    for word in range(match.end - 1, max(match.start, match.end - 1 - _MOST_THEIRS), -1):
        if "\n" in text[reply.ends[word - 1] : reply.starts[word]]:
            return _before(match, word)
    return match


def _untouched(match: Match, reply: Words, sent: SentText, piece: Piece) -> Event:
    """A whole sentence of ours that asks nothing: by far the most of what a letter quotes."""
    first = _with_marks_before(reply, match.start, reply.starts[match.start])
    last = _with_marks_after(reply, sent, match, reply.ends[match.end - 1])
    if reply.text[first : first + 1] in _QUOTES and reply.text[last : last + 1] in _QUOTES:
        last += 1
    return Event(first, last, ((first, last),), (), piece.owner, None, INLINE, asks=False)


def _before(match: Match, word: int) -> Match:
    """What of a match stands before this word of the reply."""
    runs = [Run(at, of, min(size, word - at)) for at, of, size in match.runs if at < word]
    end, size = runs[-1].at + runs[-1].size, sum(run.size for run in runs)
    return match._replace(runs=tuple(runs), whole=False, end=end, size=size)


def _runs_apart(match: Match, reply: Words, piece: Piece) -> tuple[list[Span], list[Span]]:
    """Where the words of a match stand, and the foreign words between them."""
    runs = _on_line(match, reply, piece)
    if len(runs) == 1:
        return [(reply.starts[runs[0].at], reply.ends[runs[0].at + runs[0].size - 1])], []
    ours: list[Span] = []
    strays: list[Span] = []
    word, of = -1, -1
    for run in runs:
        start, end = reply.starts[run.at], reply.ends[run.at + run.size - 1]
        if ours and run.at == word and run.of == of:
            ours[-1] = (ours[-1][0], end)
        else:
            if ours:
                strays.append((ours[-1][1], start))
            ours.append((start, end))
        word, of = run.at + run.size, run.of + run.size
    return ours, strays


def _on_line(match: Match, reply: Words, piece: Piece) -> tuple[Run, ...]:
    """The runs without a number that ends the line above: "... see question 4." and then question 4."""
    first = match.runs[0]
    size = min(piece.core[0] - first.of, first.size - 1) if piece.question is not None else 0
    if size <= 0:
        return match.runs
    number, asked = reply.starts[first.at], reply.starts[first.at + size]
    broken = "\n" in reply.text[number:asked] and before_on_line(reply.text, number).strip(EMPTY + "-–—(")
    return (Run(first.at + size, first.of + size, first.size - size), *match.runs[1:]) if broken else match.runs


def _with_marks_after(reply: Words, sent: SentText, match: Match, place: int) -> int:
    """The end of a match with the marks that follow in the form ("?"), and asterisks that a client put there."""
    run = match.runs[-1]
    of = run.of + run.size
    text = reply.text
    marks = sent.marks[match.piece] if of == sent.pieces[match.piece].end else marks_after(sent.words, of)
    stop = reply.starts[match.end] if match.end < len(reply.starts) else len(text)
    if text.startswith(marks, place) and "*" not in marks and "_" not in marks:
        place, marks = place + len(marks), ""
    for mark in marks:
        ahead = place
        blank = f"{_BLANK}\n" if mark in _WRAPPED else _BLANK
        while ahead < stop and text[ahead] in blank:
            ahead += 1
        if ahead < stop and plain_mark(text[ahead]) == mark:
            place = ahead + 1
    while place < stop and text[place] in "*_|>":
        place += 1
    return place


def _with_marks_before(reply: Words, word: int, place: int) -> int:
    """The start of a match with the marks before it on its line: bullets, quotation marks, asterisks."""
    text = reply.text
    floor = reply.ends[word - 1] if word else 0
    if text[place - 1 : place] == "\n" or (word and text[floor:place] == " "):
        return place
    floor = max(floor, text.rfind("\n", floor, place) + 1)
    between = text[floor:place]
    only_marks = floor == 0 or text[floor - 1] == "\n"
    if only_marks and (place == floor or between.isspace()):
        return place
    if only_marks and _DECORATION.fullmatch(between.replace("-", " ").replace("–", " ").replace("—", " ")):
        return floor + len(between) - len(between.lstrip())
    while place > floor and text[place - 1] in '*_("“„[¿':
        place -= 1
    return place
