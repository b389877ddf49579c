"""Labels within running text: "ad 1) ... ad 2) ...", "à la question 3 : ...", or dictated: "second question we do".

Fear: a sentence that mentions a question ("see question 2."); so all labels must be dressed alike, none may send the
reader elsewhere, and what was dictated counts only if every question is named once, in order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from ranmailbot.mail.ordinals import ORDINALS, QUESTION_NOUNS
from ranmailbot.mail.words import Words, keys, words

_NAMED = re.compile(
    r"(?<![^\s])(?P<words>(?:[^\W\d_]{1,16}\.?[ \t]){1,3})\(?(?P<number>\d{1,2})(?:[.):]{1,2}|[ \t]:|º|°)(?=[ \t])"
)
_MOST, _FEWEST, _MOST_COMMON = 200, 2, 4
_DICTATED = QUESTION_NOUNS | frozenset(keys("number nummer numéro número numero nr numer"))
_HEARD = {"to": 2, "too": 2, "for": 4, "fore": 4, "won": 1, "tree": 3, "free": 3}
"""What a telephone hears instead of a number."""
_NUMBER_WORD = re.compile(r"\d{1,2}")


class Spot(NamedTuple):
    """A label at characters [start, end) that says a number."""

    start: int
    end: int
    number: int


def named_in_line(text: str, asked: Sequence[int], names: Collection[str], sends: frozenset[str]) -> list[Spot]:
    """Labels of a name and a number anywhere, if all have the same name and count up from the first question."""
    found = [*islice(_NAMED.finditer(text), _MOST)]
    said = [keys(match["words"])[::-1] for match in found]
    kept = [
        (match, back)
        for match, back in zip(found, said, strict=True)
        if back and back[0] in names and sends.isdisjoint(back)
    ]
    numbers = [int(match["number"]) for match, _ in kept]
    rising = all(low < high for low, high in pairwise(numbers)) and set(numbers) <= set(asked)
    if len(kept) < _FEWEST or not rising or numbers[0] != asked[0]:
        return []
    common = sum(1 for _ in takewhile(lambda same: len({*same}) == 1, zip(*(back for _, back in kept), strict=False)))
    if not common:
        return []
    return [Spot(_start(match, common), match.end(), int(match["number"])) for match, _ in kept]


def _start(match: re.Match[str], common: int) -> int:
    """Where the words begin that all labels have in common."""
    said = match["words"].rstrip().split()
    behind = " ".join(said[-common:])
    return match.start("words") + match["words"].rstrip().rfind(behind)


def dictated(text: str, asked: Sequence[int]) -> list[Spot]:
    """ "first question ... second question ..." (or "question one") anywhere, if so (nearly) all questions are named.

    All are named alike: the noun before the number, or behind it. What is named besides does not count.
    """
    stream = words(text)
    behind = _pairs(stream, ORDINALS)
    ahead = _pairs(stream, ORDINALS, step=-1)
    chains = [_in_turn(spots, asked) for spots in (behind, ahead, sorted({*behind, *ahead}))]
    for chain in (*chains, _in_turn(_pairs(stream, {**_HEARD, **ORDINALS}), asked)):
        if len(chain) == len(asked):
            return _with_common_words(stream, chain)
    most = max(chains[:_FEWEST], key=len)
    enough = len(most) > _FEWEST and most[0].number == asked[0]
    return _with_common_words(stream, most) if enough and len(most) + 1 == len(asked) else []


def _pairs(stream: Words, numbers: Mapping[str, int], step: int = 1) -> list[Spot]:
    """Where a noun and a number stand side by side; the number behind the noun, or (`step` -1) before it."""
    spots: list[Spot] = []
    for place in [place for place, key in enumerate(stream.keys) if key in _DICTATED]:
        other = place + step
        key = stream.keys[other] if 0 <= other < len(stream.keys) else ""
        first, last = min(place, other), max(place, other)
        number = numbers.get(key, int(key) if _NUMBER_WORD.fullmatch(key) else 0)
        if number and stream.text[stream.ends[first] : stream.starts[last]].isspace():
            spots.append(Spot(stream.starts[first], stream.ends[last], number))
    return spots[: _MOST + 1]


def _in_turn(spots: Sequence[Spot], asked: Sequence[int]) -> list[Spot]:
    """The spots that name the questions, each as soon as it comes, in order; one may be missing."""
    found: list[Spot] = []
    for number in asked:
        place = found[-1].end if found else 0
        found += [spot for spot in spots if spot.number == number and spot.start >= place][:1]
    return found


def _with_common_words(stream: Words, spots: Sequence[Spot]) -> list[Spot]:
    """The spots with the words before them that are the same everywhere: "answer to question one"."""
    places = [stream.at_or_after(spot.start) for spot in spots]
    more = 0
    while more < _MOST_COMMON and places[0] > more:
        if len({stream.keys[place - more - 1] for place in places}) > 1:
            break
        more += 1
    return [spot._replace(start=stream.starts[place - more]) for spot, place in zip(spots, places, strict=True)]
