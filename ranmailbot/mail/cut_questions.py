"""Our questions as people (or clients) cut them short: "1. Which tasks ...", "What made [...] leave, and […] stay?".

Found from the dots: what stands before them must be the beginning of a question and the beginning of a line. Fear: an
answer that trails off in our words; so a question cut short that several questions begin like is believed less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ranmailbot.mail.anchors import EDITED, REPEATED, Event, Span
from ranmailbot.mail.sent_text import Piece, SentText
from ranmailbot.mail.slips import marks_end
from ranmailbot.mail.words import Words, before_on_line

_DOTS = re.compile(r"[ \t,]*(?:\[[ .…]{1,5}\]|\([ .…]{1,5}\)|<[.…]{1,4}>|\.{2,5}|…+\.?)[ \t]*[*_]*")
_LABEL = re.compile(
    r"[\s*_#•>|\"'“„«(\[–—¿-]*(?:(?:[^\W\d_]{1,16}\.?[ \t]?){0,2}\(?(?P<number>\d{1,2})"
    r"(?:[ \t]\w{1,4}[ \t]\d{1,2})?[ \t]?[.):\]]*|(?P<ask>[^\W\d_]{1,16}[ \t]?[:：.)]))?[\s*_\"'“„«¿|–—-]*"
    r"(?:[^\W\d_]{1,8}[:：.)])?[\s*_\"'“„«¿]*"
)
_GREEK_MARK = re.compile(r"(?<=[α-ωά-ώ.…\])])[ \t]?;[*_]*(?=\s|$)")
_BLANK = re.compile(r"\n[ \t>|]*\n")
_FEWEST, _FEWEST_LABELLED = 3, 2
_MOST_CUTS, _MOST_PARTS = 200, 3
_LONGEST, _MOSTLY = 160, 0.6
_AMBIGUOUS = 0.6


class _Cut(NamedTuple):
    """One question cut at some dots: how its beginning fits, and how far it goes on behind them."""

    piece: Piece
    first: int
    size: int
    end: int
    ours: tuple[Span, ...]
    behind: int
    """How many words of the question stand behind the dots."""


def cut_questions(reply: Words, sent: SentText, dotted: bool) -> list[Event]:
    """The questions cut short, in order. `dotted`: whether the reply holds any dots in a row (asked once, cheaply)."""
    found: list[Event] = []
    if not dotted:
        return found
    for dots in islice(_DOTS.finditer(reply.text), _MOST_CUTS):
        if found and dots.start() < found[-1].end:
            continue
        event = _event(reply, sent, dots.start(), found[-1].question or 0 if found else 0)
        found += [event] if event is not None else []
    return found


def _event(reply: Words, sent: SentText, place: int, last: int) -> Event | None:
    word = reply.at_or_after(place) - 1
    if word < 0 or _BLANK.search(reply.text, reply.ends[word], place):
        return None
    pieces = [piece for piece in sent.pieces if piece.question is not None]
    cuts = [cut for piece in pieces for cut in _fits(reply, sent, piece, word)]
    if not cuts:
        return None
    most = max(cut.behind for cut in cuts)
    cuts = [cut for cut in cuts if cut.behind == most]
    cut, confidence = _chosen(reply, cuts, last)
    start = reply.starts[cut.first]
    bounds = [start, *(edge for span in cut.ours for edge in span), cut.end]
    strays = tuple((low, high) for low, high in zip(bounds[::2], bounds[1::2], strict=True) if low < high)
    return Event(start, cut.end, cut.ours, strays, cut.piece.question, None, confidence, True, part=cut.piece.part)


def _chosen(reply: Words, cuts: Sequence[_Cut], last: int) -> tuple[_Cut, float]:
    """The one that its number names, or the only one; else the next in order, unsurely."""
    label = _LABEL.fullmatch(before_on_line(reply.text, reply.starts[cuts[0].first]))
    number = int(label["number"]) if label is not None and label["number"] else 0
    named = next((cut for cut in cuts if cut.piece.question == number), None)
    if named is not None:
        return named, EDITED
    if len({cut.piece.question for cut in cuts}) == 1:
        return cuts[0], REPEATED if number else EDITED
    return next((cut for cut in cuts if (cut.piece.question or 0) > last), cuts[0]), _AMBIGUOUS


def _fits(reply: Words, sent: SentText, piece: Piece, word: int) -> Iterator[_Cut]:
    """This question, if the words up to this one are its first and begin a line."""
    asked = sent.words.keys[piece.core[0] : _whole_end(sent, piece)]
    for size in range(1, min(len(asked), word + 1) + 1):
        if asked[size - 1] != reply.keys[word] or reply.keys[word - size + 1 : word + 1] != asked[:size]:
            continue
        first = word - size + 1
        before = sent.words.keys[max(0, piece.core[0] - _FEWEST) : piece.core[0]]
        goes_on = piece.part > 0 and reply.keys[max(0, first - _FEWEST) : first] == before
        label = _LABEL.fullmatch(before_on_line(reply.text, reply.starts[first]))
        labelled = label is not None and (label["ask"] or label["number"] == str(piece.question))
        blank = _BLANK.search(reply.text, reply.starts[first], reply.ends[word])
        if blank or not (goes_on or label is not None):
            continue
        cut = _behind(reply, asked, _Cut(piece, first, size, 0, ((reply.starts[first], reply.ends[word]),), 0))
        if goes_on or cut.size + cut.behind >= (_FEWEST_LABELLED if labelled else _FEWEST):
            yield cut


def _whole_end(sent: SentText, piece: Piece) -> int:
    """The word behind the last sentence of the question that this piece is a sentence of."""
    end, number = piece.core[1], sent.piece_of[piece.core[0]] + 1
    while number < len(sent.pieces) and sent.pieces[number].part and sent.pieces[number].question == piece.question:
        end, number = sent.pieces[number].core[1], number + 1
    return end


def _behind(reply: Words, asked: Sequence[str], cut: _Cut) -> _Cut:
    """The cut with the words of the question that go on behind the dots, and behind further dots."""
    place, passed, ours, behind = cut.ours[0][1], cut.size, [*cut.ours], 0
    for _ in range(_MOST_PARTS):
        dots = _DOTS.match(reply.text, place)
        if dots is None:
            break
        place = dots.end()
        at = reply.at_or_after(place)
        low, size = _longest(reply, asked, passed, at)
        if not size or reply.text[place : reply.starts[at]].strip(" \t\n>|*_"):
            told = _told(reply, asked[passed:], place)
            ours += told
            place, behind = (told[-1][1], behind + len(told)) if told else (place, behind)
            break
        ours.append((reply.starts[at], reply.ends[at + size - 1]))
        place, passed, behind = ours[-1][1], low + size, behind + size
    end = _marks_end(reply.text, place)
    end += passed == len(asked) and reply.text.startswith(".", end)
    return cut._replace(end=end, ours=tuple(ours), behind=behind)


def _told(reply: Words, asked: Sequence[str], place: int) -> list[Span]:
    """The question's own words in a sentence that ends with "?" on this line and is mostly made of them."""
    line = reply.text[place : place + _LONGEST].split("\n", 1)[0]
    end = line.find("?")
    words = range(reply.at_or_after(place), reply.at_or_after(place + max(end, 0)))
    mine = [word for word in words if reply.keys[word] in asked]
    if end < 0 or len(mine) < _MOSTLY * len(words) or not mine or len(words) > len(asked) + _FEWEST:
        return []
    return [(reply.starts[word], reply.ends[word]) for word in mine]


def _marks_end(text: str, place: int) -> int:
    greek = _GREEK_MARK.match(text, place)
    return greek.end() if greek is not None else marks_end(text, place)


def _longest(reply: Words, asked: Sequence[str], low: int, at: int) -> tuple[int, int]:
    """Where the question goes on with the words from this one on, and how many: to its end, or to more dots."""
    for of in range(low, len(asked)):
        size = 0
        while of + size < len(asked) and reply.keys[at + size : at + size + 1] == [asked[of + size]]:
            size += 1
        enough = size >= _FEWEST or of + size == len(asked)
        if size and (enough or _DOTS.match(reply.text, reply.ends[at + size - 1])):
            return of, size
    return 0, 0
