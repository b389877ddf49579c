"""Labels within running text: "ad 1) ... ad 2) ...", "à la question 3 : ...", or dictated: "second question we do".

Fear: a sentence that mentions a question ("see question 2."); so all labels must be dressed alike, none may send the
reader elsewhere, and what was dictated counts only if every question is named once, in order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from ranmailbot.mail.ordinals import ORDINALS, QUESTION_NOUNS
from ranmailbot.mail.words import keys, words

_NAMED = re.compile(
    r"(?<![^\s])(?P<words>(?:[^\W\d_]{1,16}\.?[ \t]){1,3})\(?(?P<number>\d{1,2})(?:[.):]{1,2}|[ \t]:|º|°)(?=[ \t])"
)
_MOST, _FEWEST = 200, 2
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
    """ "first question ... second question ..." (or "question one") anywhere, if just so all questions are named."""
    stream = words(text)
    spots: list[Spot] = []
    for place, (one, other) in enumerate(pairwise(stream.keys)):
        pair = {one, other}
        number = next((key for key in (one, other) if key in ORDINALS or _NUMBER_WORD.fullmatch(key)), None)
        free = not spots or stream.starts[place] >= spots[-1].end
        if free and number is not None and pair & QUESTION_NOUNS and stream.text[stream.ends[place]] in " \t\n":
            counted = ORDINALS[number] if number in ORDINALS else int(number)
            spots.append(Spot(stream.starts[place], stream.ends[place + 1], counted))
        if len(spots) > len(asked):
            return []
    return spots if [spot.number for spot in spots] == list(asked) else []
