"""A text as a stream of words with their places: what the form and the reply are compared by.

White space, punctuation, case, accents and quote marks are no part of it, so reflow and lost marks make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"([^\W_]+)")
_ASCII_WORDS = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
"""Letters in lower case, all else a space: for plain ASCII the same words as by the pattern, several times faster."""


@dataclass(frozen=True, slots=True)
class Words:
    """`keys` are case-folded and without accents; word i stands at text[starts[i]:ends[i]]."""

    text: str
    keys: list[str]
    starts: list[int]
    ends: list[int]

    def at_or_after(self, place: int) -> int:
        """The first word that begins at or after this character."""
        return bisect_left(self.starts, place)

    def depths(self, line_starts: Sequence[int], line_depths: Sequence[int]) -> list[int]:
        """For each word how deeply its line is quoted."""
        if not any(line_depths):
            return [0] * len(self.starts)
        found: list[int] = []
        for number, depth in enumerate(line_depths):
            if number + 1 == len(line_depths) or line_depths[number + 1] != depth:
                last = number + 1 == len(line_starts)
                end = len(self.starts) if last else self.at_or_after(line_starts[number + 1])
                found += [depth] * (end - len(found))
        return found


def words(text: str) -> Words:
    """The words of a text, in order."""
    # What is between the words and the words themselves in turn: their lengths add up to every place.
    pieces = _BETWEEN.split(_lowered(text))
    edges = [*accumulate(map(len, pieces))]
    return Words(text, _compared(pieces[1::2]), edges[0:-1:2], edges[1::2])


def keys(text: str) -> tuple[str, ...]:
    """Only the words themselves, as they are compared."""
    if text.isascii():
        return tuple(text.translate(_ASCII_WORDS).split())
    return tuple(_compared(_WORD.findall(_lowered(text))))


def _lowered(text: str) -> str:
    """In lower case, letter by letter in the same places: the few that become two letters stay as they are."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _compared(lowered: list[str]) -> list[str]:
    """The words as they are compared. Each that is not plain ASCII is folded once, however often it stands there."""
    accented = {word for word in lowered if not word.isascii()}
    if not accented:
        return lowered
    folded = dict(zip(accented, _folded(accented), strict=True))
    return [*map(folded.get, lowered, lowered)]


def _folded(accented: Iterable[str]) -> list[str]:
    """Without accents: gateways and phones drop them from what they quote, and nobody writes two words so alike."""
    plain = "\n".join(accented).casefold()
    bare = unicodedata.normalize("NFKD", plain)
    for mark in filter(unicodedata.combining, {*bare}):
        bare = bare.replace(mark, "")
    words = zip(bare.casefold().split("\n"), plain.split("\n"), strict=True)
    return [without or key for without, key in words]


_LOOK_BACK = 300


def before_on_line(text: str, place: int) -> str:
    """What stands before a character on its line; of a very long line only the nearest part (this stays linear)."""
    if text[place - 1 : place] == "\n":
        return ""
    floor = max(0, place - _LOOK_BACK)
    return text[max(floor, text.rfind("\n", floor, place) + 1) : place]


_SHORT, _LONG, _SAME = 3, 5, 0.6
"""Letters: fewer make no word that could be misspelt; from so many on it is enough that this share of it is right."""


def similar(one: str, other: str) -> bool:
    """Whether two words are the same but for a slip: a letter more, less, other or swapped, or another ending."""
    if one[0] != other[0] and one[-1] != other[-1]:
        return False  # one slip leaves one of them; this is asked very often
    longest = max(len(one), len(other))
    if longest < _SHORT or abs(len(one) - len(other)) > _SHORT:
        return False
    before = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    behind = zip(reversed(one[before:]), reversed(other[before:]), strict=False)
    after = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], behind))
    if before + after >= (_SAME * longest if longest >= _LONG else longest - 1):
        return True
    return longest - before - after <= _SHORT and sorted(one) == sorted(other)
