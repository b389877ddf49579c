"""The form that went out, cut into the pieces a reply may hold: sentences, questions, profile lines.

Each piece is a range of words. A question's piece is its anchor: what stands after it in a reply is its answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ranmailbot.mail.form import SHORT_QUESTION_WORDS, SentForm, printed_profile_line, printed_question
from ranmailbot.mail.rewritten_links import links_in
from ranmailbot.mail.words import Words, keys, words

SEED = 3
"""So many words in a row must be equal before a place in the form is looked at."""
_SEED_PLACES = 8
_SENTENCE_END = re.compile(r"[.?!:…][\"')\]”’]*\s+(?=[^\W\d_a-z]|\d|[\"'(„“])")
_LABELLED = re.compile(r"\s*(?:[-*•]\s|\(?\d{1,3}[.)]\s)")
_TWINS = str.maketrans("’‘“”–—«»„", '\'\'""--"""')
RULE = re.compile(r"[ \t]*([-_=*~#─—–])\1{3,}[ \t]*$")
"""A line that is nothing but a rule."""
SHORTEST_RULE = 4
_PARTED = re.compile(r"\n[ \t]*\n")
_HINT_PIECES = 2
_HINT_WORDS = 25


@dataclass(frozen=True, slots=True)
class Piece:
    """Words [first, end) of the form. `question` if it asks it; `owner` if answers after it belong to that question."""

    first: int
    end: int
    question: int | None
    owner: int | None
    profile: str | None = None
    core: tuple[int, int] = (0, 0)
    """For a question: the words of the question itself, without its label and the line around it."""
    part: int = 0
    """Which sentence of the question it is: somebody may answer between two of them."""

    @property
    def size(self) -> int:
        """How many words it has."""
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class SentText:
    """The form made ready for the search. `piece_of` names each word's piece; `seeds` where three words stand."""

    words: Words
    pieces: tuple[Piece, ...]
    piece_of: list[int]
    seeds: Mapping[tuple[str, str, str], list[int]]
    stream: str
    """All its words, separated and surrounded by single spaces: whatever is ours stands in it."""
    flat: str
    """Its text on one line, between two spaces and with single ones: what is quoted untouched stands in it."""
    labels: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """Profile labels by their first word: (words of the label, key)."""
    short: Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]
    """Questions short enough to be typed again as labels, by their first word: (words, number), the longest first."""
    marks: tuple[str, ...]
    """For each piece the marks behind its last word, as `marks_after` finds them."""
    rules: bool
    """Whether it has a line that is nothing but a rule."""
    values: Mapping[str, tuple[tuple[str, ...], ...]]
    """By profile key, the words that our own mail prints behind the label: an acknowledgement repeats what it knows."""
    asking: Mapping[str, tuple[int, ...]]
    """The pieces that ask with this word, of those questions that are long enough to be known by their words."""
    shortest_asked: int
    longest_asked: int
    """How many words these questions have, at least and at most; 0 if there are none."""
    first_asked: tuple[str, ...]
    """With which words they begin."""
    links: tuple[str, ...] = ()
    """The links in it, the longest first: gateways rewrite them."""


@lru_cache(maxsize=64)
def prepare(form: SentForm) -> SentText:
    """The form ready for the search (the same forms come again and again, so the last few are kept)."""
    text = _complete(form)
    stream = words(text)
    pieces = _pieces(form, stream)
    piece_of = [number for number, piece in enumerate(pieces) for _ in range(piece.size)]
    seeds: dict[tuple[str, str, str], list[int]] = {}
    for place, seed in enumerate(zip(stream.keys, stream.keys[1:], stream.keys[2:], strict=False)):
        places = seeds.setdefault(seed, [])
        if len(places) < _SEED_PLACES:
            places.append(place)
    return SentText(
        stream,
        pieces,
        piece_of,
        seeds,
        f" {' '.join(stream.keys)} ",
        f" {' '.join(text.split())} ",
        _labels(form),
        _short(form),
        tuple(marks_after(stream, piece.end) for piece in pieces),
        any(RULE.match(row) for row in text.split("\n")),
        _values(stream, pieces),
        *_asking(stream, pieces),
        links_in(text),
    )


def plain_mark(character: str) -> str:
    """The mark that stands for this one wherever a client makes marks typographic, or the other way round."""
    return character.translate(_TWINS)


def marks_after(stream: Words, word: int) -> str:
    """The marks behind the word before this one, on its line, without spaces and in their plain form."""
    limit = stream.starts[word] if word < len(stream.starts) else len(stream.text)
    return plain_mark("".join(stream.text[stream.ends[word - 1] : limit].split("\n", 1)[0].split()))


def _complete(form: SentForm) -> str:
    """The text, with any question or profile line that a template forgot to print: it was asked all the same."""
    stream = f" {' '.join(keys(form.text))} "
    missing = [
        printed_question(question, len(form.questions))
        for question in form.questions
        if f" {' '.join(keys(question.text))} " not in stream
    ]
    missing += [
        printed_profile_line(line) for line in form.profile_lines if f" {' '.join(keys(line.label))} " not in stream
    ]
    return "\n\n".join((form.text, *missing))


def _labels(form: SentForm) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    labels: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {}
    for line in sorted(form.profile_lines, key=lambda line: -len(line.label)):
        label = keys(line.label)
        if label:
            labels[label[0]] = (*labels.get(label[0], ()), (label, line.key))
    return labels


def _short(form: SentForm) -> dict[str, tuple[tuple[tuple[str, ...], int], ...]]:
    short: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {}
    for question in sorted(form.questions, key=lambda question: -len(question.text)):
        asked = keys(question.text)
        if asked and len(asked) < SHORT_QUESTION_WORDS:
            short[asked[0]] = (*short.get(asked[0], ()), (asked, question.number))
    return short


def _values(stream: Words, pieces: tuple[Piece, ...]) -> dict[str, tuple[tuple[str, ...], ...]]:
    values: dict[str, tuple[tuple[str, ...], ...]] = {}
    for piece in pieces:
        if piece.profile is not None:
            break_at = stream.text.find("\n", stream.ends[piece.end - 1])
            end = stream.at_or_after(break_at) if break_at >= 0 else len(stream.keys)
            value = tuple(stream.keys[piece.end : end])
            values[piece.profile] = (*values.get(piece.profile, ()), *((value,) if value else ()))
    return values


_LONGEST_ASKED = 40
"""A question of more words is known by its words in a row only."""


def _asking(stream: Words, pieces: tuple[Piece, ...]) -> tuple[dict[str, tuple[int, ...]], int, int, tuple[str, ...]]:
    asking: dict[str, tuple[int, ...]] = {}
    sizes: list[int] = []
    begins: dict[str, None] = {}
    for number, piece in enumerate(pieces):
        size = piece.core[1] - piece.core[0]
        if piece.question is not None and SHORT_QUESTION_WORDS <= size <= _LONGEST_ASKED:
            sizes.append(size)
            begins[stream.keys[piece.core[0]]] = None
            for key in {*stream.keys[slice(*piece.core)]}:
                asking[key] = (*asking.get(key, ()), number)
    return asking, min(sizes, default=0), max(sizes, default=0), tuple(begins)


def _pieces(form: SentForm, stream: Words) -> tuple[Piece, ...]:
    """Pieces that cover every word once, in order: marked ranges (questions, profile lines), sentences between them."""
    marked = _marked(form, stream)
    bounds = sorted({0, len(stream.keys), *_sentence_starts(stream)})
    pieces: list[Piece] = []
    place = 0
    for first, end, question, profile, core, part in [*marked, (len(stream.keys), len(stream.keys), *_NOTHING)]:
        for low, high in _between(bounds, place, first):
            pieces.append(Piece(low, high, None, None))
        if end > first:
            pieces.append(Piece(first, end, question, question, profile, core, part))
        place = max(place, end)
    return _owned(pieces, stream)


def _between(bounds: list[int], low: int, high: int) -> Iterator[tuple[int, int]]:
    inner = [low, *(bound for bound in bounds if low < bound < high), high]
    return ((first, end) for first, end in pairwise(inner) if end > first)


def _owned(pieces: list[Piece], stream: Words) -> tuple[Piece, ...]:
    """A hint between two questions ("a few sentences are enough") belongs to the first of them.

    So does one right below a question, whatever follows it.
    """
    owned = list(pieces)
    for number, piece in enumerate(pieces):
        if piece.question is None:
            continue
        hints: list[int] = []
        below: list[int] = []
        for following in range(number + 1, min(number + 2 + _HINT_PIECES, len(pieces))):
            hint = pieces[following]
            if hint.question is not None:
                below = hints
                break
            if hint.size > _HINT_WORDS or hint.profile is not None:
                break
            hints.append(following)
            between = stream.text[stream.ends[hint.first - 1] : stream.starts[hint.first]]
            below += [following] if len(below) == len(hints) - 1 and not _PARTED.search(between) else []
        for place in below:
            owned[place] = Piece(pieces[place].first, pieces[place].end, None, piece.question)
    return tuple(owned)


_OLDER_TAIL = ("please", "write", "your", "answer", "below", "this", "line")
"""What follows a question in forms that were printed when it counted as short; they may still be answered."""
_Mark = tuple[int, int, int | None, str | None, tuple[int, int], int]
_NOTHING: tuple[None, None, tuple[int, int], int] = (None, None, (0, 0), 0)
_FEWEST_IN_PART = 4
_PART_ENDS = re.compile(r"[.?!？][\"')\]”’»]*\s+$")


def _marked(form: SentForm, stream: Words) -> list[_Mark]:
    """Where questions and profile lines stand, in order and without overlap."""
    found: list[_Mark] = []
    for question in form.questions:
        tail = keys(printed_question(question, 0).partition("—")[2]) or _OLDER_TAIL
        for first, end in _occurrences(keys(question.text), stream.keys):
            low, high = _line_start(stream, first), end
            while high - end < len(tail) and stream.keys[high : high + 1] == [tail[high - end]]:
                high += 1
            cuts = [low, *_parts(stream, first, end), high]
            for part, (one, other) in enumerate(pairwise(cuts)):
                core = (max(one, first), min(other, end))
                found.append((one, other, question.number, None, core, part))
    for line in form.profile_lines:
        for first, end in _occurrences(keys(line.label), stream.keys):
            if _line_start(stream, first) == first:
                found.append((first, end, None, line.key, (first, end), 0))
    apart: list[_Mark] = []
    for item in sorted(found, key=lambda item: (item[0], -item[1])):
        if not apart or item[0] >= apart[-1][1]:
            apart.append(item)
    return apart


def _parts(stream: Words, first: int, end: int) -> list[int]:
    """The words with which further sentences of a question begin, if neither they nor what is before them is short."""
    found: list[int] = []
    for word in range(first + _FEWEST_IN_PART, end - _FEWEST_IN_PART + 1):
        starts = not stream.text[stream.starts[word]].islower()
        ends = _PART_ENDS.search(stream.text[stream.ends[word - 1] : stream.starts[word]].rstrip("¿¡\"'„“«(") + " ")
        if starts and ends and word - (found[-1] if found else first) >= _FEWEST_IN_PART:
            found.append(word)
    return found


def _occurrences(wanted: tuple[str, ...], stream: list[str]) -> Iterator[tuple[int, int]]:
    size = len(wanted)
    for place, key in enumerate(stream):
        if size and key == wanted[0] and tuple(stream[place : place + size]) == wanted:
            yield place, place + size


_MOST_BEFORE = 4


def _line_start(stream: Words, word: int) -> int:
    """The first word on the line of this word, if only a label can stand between them ("Question 1 of 4:")."""
    line = stream.text.rfind("\n", 0, stream.starts[word]) + 1
    first = stream.at_or_after(line)
    return first if word - first <= _MOST_BEFORE else word


def _sentence_starts(stream: Words) -> Iterator[int]:
    """Words that begin a paragraph, a labelled line or a sentence. A wrapped line begins nothing."""
    place, wrapped = 0, False
    for row in stream.text.split("\n"):
        if row.strip():
            if not wrapped or _LABELLED.match(row):
                yield stream.at_or_after(place)
            for match in _SENTENCE_END.finditer(row):
                yield stream.at_or_after(place + match.end())
        # A line shorter than wrapping leaves it, or one that ends a sentence, is a line of its own.
        ended = row.rstrip().endswith((".", "?", "!", ":", ",", "…"))
        wrapped = bool(row.strip()) and len(row) > _WRAPPED and not ended
        wrapped = wrapped or (bool(row.strip()) and len(row) > _WRAPPED and row.rstrip().endswith(","))
        place += len(row) + 1


_WRAPPED = 50
