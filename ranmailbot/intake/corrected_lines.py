"""Lines about the person as people correct them on top of an acknowledgement: "Country: Latvia, not Lithuania".

The form's own label needs no help: the reader finds it ("Your country: Latvia"). Here are the other ways to say it, and
they count only in a letter without answers, so that no line of an answer is ever taken for a fact about the person.
Known limit: in English, with the words of the label.
"""

from __future__ import annotations

import re

from ranmailbot.call.application import ProfileValue
from ranmailbot.desk import Case

_NOT = re.compile(r"\s*[,;(]\s*(?:and )?not\b|\s+(?:instead of|rather than)\s", re.IGNORECASE)
_MOST_LINES = 12
_MOST_CHARACTERS = 200


def facts_of(case: Case) -> tuple[ProfileValue, ...]:
    """The facts of this letter; of "Latvia, not Lithuania" only what holds. The rest stays with the letter."""
    read = case.reading.profile
    written = {value.key for value in read if not value.guessed}
    said = () if case.reading.answers else tuple(value for value in _said(case) if value.key not in written)
    keys = {value.key for value in said}
    kept = (value for value in read if value.key not in keys)
    return tuple(ProfileValue(value.key, _what_holds(value.text), value.guessed) for value in (*kept, *said))


def _said(case: Case) -> list[ProfileValue]:
    lines = [line.strip() for line in case.command.split("\n") if line.strip()][:_MOST_LINES]
    found: dict[str, ProfileValue] = {}
    for line in lines:
        for key, label in ((line.key, _bare(line.label)) for line in case.call.profile_lines):
            match = re.fullmatch(rf"(?:my |the )?{re.escape(label)}(?: is|\s*:)\s+(\S.*)", line, re.IGNORECASE)
            if match and len(line) <= _MOST_CHARACTERS:
                found.setdefault(key, ProfileValue(key, match[1], guessed=False))
    return list(found.values())


def _bare(label: str) -> str:
    """ "country" of "Your country:"."""
    words = label.strip().rstrip(":").split()
    return " ".join(words[1:] if len(words) > 1 and words[0].casefold() == "your" else words)


def _what_holds(text: str) -> str:
    return _NOT.split(text, maxsplit=1)[0].strip(" ,;.") or text
