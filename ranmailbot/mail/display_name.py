"""The display name of a sender as a person's name: freed of what mail programs, lists and offices put around it.

Fear: a name that looks like somebody else's address; it is no name. Capitals stay as they were written.
Known limit: "Last, First" is turned only where one word stands before the comma.
"""

from __future__ import annotations

import re

_VIA = re.compile(r"\s+(?:via|über|par l'intermédiaire de|through|on behalf of|im auftrag von)\s+.*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[]\s*([^()\[\]]{2,80}?)\s*[)\]]\s*$")
_QUOTES = "\"'`“”„‘’«»‹› "
_TITLES = frozenset({"phd", "md", "ma", "msc", "ba", "bsc", "mba", "llm", "dr", "jr", "sr", "esq", "ii", "iii", "obe"})
_FIRST_NAMES = 3
_WHOLE_NAME = 2
_NAME_WORDS = 5


def tidy_name(name: str) -> str:
    """The name itself: no quotes, no "via List", no address; "Ozola, Anna" as "Anna Ozola". May be empty."""
    plain = _VIA.sub("", name.strip(_QUOTES)).strip(_QUOTES)
    if "@" in plain or not any(character.isalpha() for character in plain):
        return ""
    office = _BRACKETS.search(plain)
    bare = plain[: office.start()] if office else plain
    turned = _turned(bare)
    return f"{turned}{plain[office.start() :]}" if office else turned


def name_and_office(name: str) -> tuple[str, str]:
    """A tidy name, and the office that stands behind it: "Anna Berg (Prison Service)", "BERG Anna, Prison Service"."""
    office = _BRACKETS.search(name)
    if office:
        return name[: office.start()].strip(" ,"), office[1]
    person, comma, rest = (part.strip() for part in name.partition(","))
    if comma and _WHOLE_NAME <= len(person.split()) <= _NAME_WORDS and not _is_title(rest):
        return person, rest
    return name.strip(" ,"), ""


def _turned(name: str) -> str:
    last, comma, first = (part.strip() for part in name.partition(","))
    one_word = comma and last and len(last.split()) == 1 and "," not in first
    if one_word and 0 < len(first.split()) <= _FIRST_NAMES and not _is_title(first):
        return f"{first} {last}"
    return name.strip()


def _is_title(text: str) -> bool:
    return text.casefold().replace(".", "").replace(" ", "") in _TITLES
