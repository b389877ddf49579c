"""A text as a stream of words with their places: what the form and the reply are compared by.

White space, punctuation, case, accents and quote marks are no part of it, so reflow and lost marks make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Words:
    """`keys` are case-folded and without accents; word i stands at text[starts[i]:ends[i]]."""

    text: str
    keys: list[str]
    starts: list[int]
    ends: list[int]

    def at_or_after(self, place: int) -> int:
        """The first word that begins at or after this character."""
        low, high = 0, len(self.starts)
        while low < high:
            middle = (low + high) // 2
            if self.starts[middle] < place:
                low = middle + 1
            else:
                high = middle
        return low


def words(text: str) -> Words:
    """The words of a text, in order."""
    found = list(_WORD.finditer(text))
    keys = [match[0].casefold() for match in found]
    if not text.isascii():
        keys = [key if key.isascii() else _folded(key) for key in keys]
    return Words(text, keys, [match.start() for match in found], [match.end() for match in found])


def _folded(key: str) -> str:
    """Without accents: gateways and phones drop them from what they quote, and nobody writes two words so alike."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", key) if not unicodedata.combining(part))
    return bare.casefold() or key


_LOOK_BACK = 300


def before_on_line(text: str, place: int) -> str:
    """What stands before a character on its line; of a very long line only the nearest part (this stays linear)."""
    floor = max(0, place - _LOOK_BACK)
    return text[max(floor, text.rfind("\n", floor, place) + 1) : place]


def keys(text: str) -> tuple[str, ...]:
    """Only the words themselves, as they are compared."""
    return tuple(words(text).keys)
