"""Where in a reply the words of the sent form stand, fuzzily, in any order, as often as they occur.

Seeds of three equal words are grown into runs; runs of one piece of the form make a match, if enough of the piece is
there and it stands as a line or sentence of its own. Linear in the reply: each seed looks at few places of the form.

Fear: an applicant who uses our words in an answer of theirs ("my experience in dealing with female returnees in prison
is ..."), or cites the title of the meeting: too little of a piece, or in the middle of a line, is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ranmailbot.mail.sent_text import SEED, Piece, SentText
from ranmailbot.mail.words import Words, before_on_line, keys, similar

ENOUGH = 0.75
"""The share of a piece's words that must be found."""
ENOUGH_OF_QUESTION = 0.8
"""The same for a question's own words: people use most of them when they answer."""
ENOUGH_NUMBERED = 0.6
"""The same where the question's number stands before it: somebody's program or hand changed some of its words."""
ENOUGH_ALONE = 0.5
"""The same for the beginning of a question alone on its line."""
_LINE_END = 20
STRAY = 6
"""So many foreign words may stand inside a piece; they remain the applicant's."""
_HOLE = 15
"""So many where a question has a hole: a gateway put words of its own in the place of a link."""
_PLAIN = 0.9
"""A question of which so much is found is believed wherever it stands."""
_WEAK = 4
"""A piece of fewer words is believed only beside another one."""
_SENTENCE = 8
_LABEL_CHARACTERS = 4
_OPENERS = " \t\"'“„«‘(*_#•·-–—>|[\u2022"


_CLOSED = re.compile(r"[.?!？](?=\s|$|[\"”»')*])|\n[ \t>|]*\n")
_BROKEN = re.compile(r"[.!?:;][\s\"”»')]|\n[ \t>|]*\n")
_ASKED = re.compile(r"\?(?!\w+=)")
"""A question mark that is no part of a link."""
_SENTENCE_EDGE = re.compile(r"[.?!:)\]]")
_LONGEST_END = 300


class Run(NamedTuple):
    """`size` words equal in a row: from `at` in the reply, from `of` in the form."""

    at: int
    of: int
    size: int


class Match(NamedTuple):
    """One piece of the form found in the reply: words [start, end) of the reply, of which only the runs are ours."""

    piece: int
    runs: tuple[Run, ...]
    whole: bool
    """Whether every word of the piece was found."""
    start: int
    end: int
    size: int
    """How many words of the piece were found."""

    def within(self, words: tuple[int, int]) -> int:
        """How many of these words of the form were found."""
        found = 0
        for _, of, size in self.runs:
            found += max(0, min(words[1], of + size) - max(words[0], of))
        return found


def _match(number: int, runs: tuple[Run, ...], piece: Piece) -> Match:
    """These runs as a match of this piece."""
    size = sum([run.size for run in runs])
    return Match(number, runs, size == piece.size, runs[0].at, runs[-1].at + runs[-1].size, size)


def matches(reply: Words, sent: SentText, depth_of: Sequence[int]) -> tuple[Match, ...]:
    """All pieces of the form in the reply, by their place there. `depth_of` is the quote depth of each reply word."""
    found = _gathered(_runs(reply, sent), sent, reply)
    found = _apart([match if match.whole else _filled(match, reply, sent) for match in found])
    enough = [match for match in found if _enough(match, sent, reply)]
    stands = _Standing(reply, sent, depth_of, enough)
    return tuple(match for number, match in enumerate(enough) if stands.believed(number))


def _runs(reply: Words, sent: SentText) -> list[Run]:
    """Runs of equal words, each grown as far as it goes, the longest at each place, none overlapping in the reply."""
    mine, ours = reply.keys, sent.words.keys
    runs: list[Run] = []
    end, expected = 0, 0
    while (place := _next_seed(mine, sent, end)) is not None:
        best, best_size = -1, 0
        for of in sent.seeds[mine[place], mine[place + 1], mine[place + 2]]:
            size = _grown(mine, ours, place, of)
            # Of equals, the one that goes on where the last run ended: repeated hints keep their order.
            if size > best_size or (size == best_size and best < expected <= of):
                best, best_size = of, size
        runs.append(Run(place, best, best_size))
        end, expected = place + best_size, best + best_size
    return runs


def _next_seed(mine: list[str], sent: SentText, first: int) -> int | None:
    """Where the next three words in a row stand that stand in the form as well. Words within runs are not asked."""
    while first < len(mine):
        part = mine[first : first + _CHUNK + SEED - 1]
        known = [*map(sent.seeds.__contains__, zip(part, part[1:], part[2:], strict=False))]
        if True in known:
            return first + known.index(True)
        first += _CHUNK
    return None


_CHUNK = 64
_STRIDE = 16


def _grown(mine: list[str], ours: list[str], at: int, of: int) -> int:
    """How many words are equal from these places on, of which a seed is known to be: by strides, the last by words."""
    most = min(len(mine) - at, len(ours) - of)
    size = SEED
    while size + _STRIDE <= most and mine[at + size : at + size + _STRIDE] == ours[of + size : of + size + _STRIDE]:
        size += _STRIDE
    while size < most and mine[at + size] == ours[of + size]:
        size += 1
    return size


def _gathered(runs: list[Run], sent: SentText, reply: Words) -> list[Match]:
    """Runs cut at the borders of pieces, those of one piece put together while few foreign words stand between."""
    found: list[Match] = []
    for run in runs:
        at, of, left = run
        while left:
            number = sent.piece_of[of]
            piece = sent.pieces[number]
            size = min(left, piece.end - of)
            part = Run(at, of, size)
            whole = size == piece.end - piece.first
            # To a whole piece in a row, as almost all of them are, nothing before it can belong.
            last = found[-1] if found and not whole else None
            near = last and last.piece == number and of >= _end_in_form(last) and _is_near(last, reply, at, piece)
            if last and near and not (piece.question is not None and _asked_between(reply, last.end, at)):
                found[-1] = _match(number, (*last.runs, part), piece)
            else:
                found.append(Match(number, (part,), whole, at, at + size, size))
            at, of, left = at + size, of + size, left - size
    return found


def _is_near(match: Match, reply: Words, at: int, piece: Piece) -> bool:
    """Whether so few foreign words stand behind a match; in a question more, if they end no sentence: it has a hole."""
    if at - match.end <= STRAY:
        return True
    hole = piece.question is not None and at - match.end <= _HOLE
    return hole and _BROKEN.search(reply.text, reply.ends[match.end - 1], reply.starts[at]) is None


def _asked_between(reply: Words, end: int, at: int) -> bool:
    """Whether a question mark stands between these two words: what follows it is somebody's answer."""
    between = reply.text[reply.ends[end - 1] : reply.starts[at]]
    return "?" in between and _ASKED.search(between) is not None


def _end_in_form(match: Match) -> int:
    """The word of the form after the last one found."""
    last = match.runs[-1]
    return last.of + last.size


def _filled(match: Match, reply: Words, sent: SentText) -> Match:
    """The match with single equal words between and beside its runs, where a seed was too long to find them."""
    piece = sent.pieces[match.piece]
    if match.size < SEED:
        return match
    runs = _edge(reply, sent, match.runs[0], piece, -1)
    for run, following in zip(match.runs, (*match.runs[1:], None), strict=True):
        runs.append(run)
        if following is not None:
            runs += _equal(reply, sent, (run.at + run.size, following.at), (run.of + run.size, following.of))
    runs += _edge(reply, sent, match.runs[-1], piece, 1)
    return _match(match.piece, tuple(runs), piece)


def _edge(reply: Words, sent: SentText, run: Run, piece: Piece, step: int) -> list[Run]:
    """Equal words just beyond a run (`step` -1: before it), each in the place where the form has it.

    Never beyond a question's own words or a question mark: what follows them is somebody's answer.
    """
    low, high = piece.core if piece.question is not None else (piece.first, piece.end)
    at, of = (run.at, run.of) if step < 0 else (run.at + run.size - 1, run.of + run.size - 1)
    found: list[Run] = []
    for distance in range(1, SEED + 1):
        here, there = at + step * distance, of + step * distance
        if not (low <= there < high and 0 <= here < len(reply.keys)):
            break
        left = here - 1 if step > 0 else here
        if piece.question is not None and _asked_between(reply, left + 1, left + 1):
            break
        if reply.keys[here] == sent.words.keys[there]:
            found.append(Run(here, there, 1))
    return found[::step]


def _equal(reply: Words, sent: SentText, mine: tuple[int, int], ours: tuple[int, int]) -> list[Run]:
    """Equal words in order within two short ranges."""
    runs: list[Run] = []
    place = mine[0]
    for of in range(ours[0], ours[1]):
        for at in range(place, min(mine[1], place + STRAY)):
            if reply.keys[at] == sent.words.keys[of]:
                runs.append(Run(at, of, 1))
                place = at + 1
                break
    return runs


def _apart(found: list[Match]) -> list[Match]:
    """No word of the reply in two matches: the larger one keeps it."""
    apart: list[Match] = []
    for match in found:
        while apart and apart[-1].end > match.start and apart[-1].size < match.size:
            apart.pop()
        if not apart or apart[-1].end <= match.start:
            apart.append(match)
    return apart


def _enough(match: Match, sent: SentText, reply: Words) -> bool:
    piece = sent.pieces[match.piece]
    if piece.profile is not None:
        return False  # found by their labels instead
    if match.whole:
        return True
    if piece.question is not None and _is_told(match, piece, sent, reply):
        return False
    if piece.question is not None and piece.core[1] - piece.core[0] > _WEAK:
        share = match.within(piece.core) / (piece.core[1] - piece.core[0])
        return (
            share >= ENOUGH_OF_QUESTION
            or (share >= ENOUGH_NUMBERED and _has_number(match, piece, reply))
            or (share >= ENOUGH_ALONE and match.size > _WEAK and _is_alone(match, piece, reply))
        )
    size = piece.size if piece.question is None else piece.end - piece.core[0]  # its label may be lost
    return piece.size >= _WEAK and match.size >= ENOUGH * size


def _is_told(match: Match, piece: Piece, sent: SentText, reply: Words) -> bool:
    """Whether a sentence that is no question uses these words of one: it neither begins as it does nor asks."""
    asked = next((run for run in match.runs if run.of + run.size > piece.core[0]), match.runs[0])
    if "?" not in sent.marks[match.piece] or asked.of <= piece.core[0]:
        return False
    end = reply.ends[match.end - 1]
    closed = _CLOSED.search(reply.text, end, end + _LONGEST_END)
    if closed is None or closed[0] != ".":
        return False
    start = reply.starts[asked.at]
    said = keys(_SENTENCE_EDGE.split(before_on_line(reply.text, start))[-1])
    return not said or not similar(said[0], sent.words.keys[piece.core[0]])


def _has_number(match: Match, piece: Piece, reply: Words) -> bool:
    """Whether it begins its line as the question begins, its own number before it or as its first word."""
    if match.runs[0].of > piece.core[0] + 1:
        return False
    start = reply.starts[match.start]
    before = before_on_line(reply.text, start).strip(_OPENERS + ".):")
    return (before == "" and reply.keys[match.start] == str(piece.question)) or before == str(piece.question)


def _is_alone(match: Match, piece: Piece, reply: Words) -> bool:
    """Whether it is a line of its own, from the question's first word on: somebody typed the beginning of it."""
    start, end = reply.starts[match.start], reply.ends[match.end - 1]
    after = reply.text[end : end + _LINE_END].split("\n", 1)[0]
    whole = match.runs[0].of == piece.core[0] and match.size == match.end - match.start
    return whole and not before_on_line(reply.text, start).strip(_OPENERS) and not after.strip(" \t*_:?.…")


class _Standing:
    """Whether a match stands where our own text would: as a line or sentence, and quoted where the rest is quoted."""

    def __init__(self, reply: Words, sent: SentText, depth_of: Sequence[int], found: list[Match]) -> None:
        self._reply, self._sent, self._depth_of, self._found = reply, sent, depth_of, found
        anchors = [depth_of[match.start] for match in found if self._piece(match).size >= _WEAK]
        quoted = sum(1 for depth in anchors if depth > 0)
        self._quoted_here = quoted * 2 > len(anchors)

    def _piece(self, match: Match) -> Piece:
        return self._sent.pieces[match.piece]

    def believed(self, number: int) -> bool:
        """Whether match `number` is ours."""
        match = self._found[number]
        piece = self._piece(match)
        if piece.question is not None:
            enough = _PLAIN * (piece.core[1] - piece.core[0])
            return match.whole or self._beside(number) or self._begins(match, ":") or match.within(piece.core) >= enough
        if self._quoted_here and not any(self._depth_of[match.start : match.end]):
            return self._goes_on_from_quoted(number)
        beside = self._beside(number)
        if piece.size < _WEAK:
            return beside
        # After a colon only a whole sentence: "Our guests: <a name of ours>" is somebody's own list.
        begins = beside or self._begins(match, ":" if match.whole and piece.size >= _SENTENCE else "")
        return begins and (self._before_next(number) or self._ends(match))

    def _beside(self, number: int) -> bool:
        """Whether a larger match touches it on either side, in the reply as in the form."""
        return self._touches(number - 1, number) or self._touches(number, number + 1)

    def _touches(self, left: int, right: int) -> bool:
        if left < 0 or right >= len(self._found):
            return False
        one, other = self._found[left], self._found[right]
        return one.end == other.start and _end_in_form(one) == other.runs[0].of

    def _before_next(self, number: int) -> bool:
        return number + 1 < len(self._found) and self._found[number].end == self._found[number + 1].start

    def _goes_on_from_quoted(self, number: int) -> bool:
        """Whether it goes on from something quoted: a client broke the line and lost the mark."""
        while number and self._touches(number - 1, number):
            number -= 1
            if any(self._depth_of[self._found[number].start : self._found[number].end]):
                return True
        return False

    def _begins(self, match: Match, more: str = "") -> bool:
        """Whether it begins a line or a sentence, a label and marks aside. `more`: other marks that may end one."""
        text, place = self._reply.text, self._reply.starts[match.start]
        before = before_on_line(text, place).rstrip(_OPENERS)
        if not before or before[-1] in f".?!)…{more}":
            return True
        return len(before) <= _LABEL_CHARACTERS and any(character.isdigit() for character in before)

    def _ends(self, match: Match) -> bool:
        """Whether it ends a line or a sentence."""
        text, place = self._reply.text, self._reply.ends[match.end - 1]
        after = text[place : place + 20].split("\n", 1)[0].strip(" \t\"'”’»)*_>|]")
        return not after or after[0] in ".?!:…"
