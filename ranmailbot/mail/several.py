"""Whether one letter speaks for two people: two names on the name line, two sets of answers, or words that say so.

Nothing is decided by it: the organisers are shown it, and the author is asked for one mail for each person. Fear: none;
who pretends to be two gains a sentence. Known limit: words that say so are known in a few languages only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ranmailbot.mail.form import SentForm, printed_profile_line
from ranmailbot.mail.reading import Reading
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.words import keys

_AND = re.compile(r"\s*[&+/;]\s*|\s+(?:and|und|et|y|e|un|ir|ja|och|og|en|i|a|és|şi|și|и|та|και|ve)\s+", re.IGNORECASE)
_SAYS_SO = re.compile(
    r"\b(?:we (?:would )?both (?:apply|want|wish|would|like|hope)|both of us|(?:the )?two of us|we are two"
    r"|for two people|(?:my|a) colleague [\w'-]{0,30} ?[\w'-]{0,30} ?and (?:i|myself) "
    r"(?:apply|are applying|want to|would like|wish|hope)"
    r"|(?:on behalf of|for) my colleague and (?:me|myself)"
    r"|wir beide|uns beide|nous deux|tous les deux|toutes les deux|noi due|entrambe|nosotros dos|las dos"
    r"|mēs abi|mēs abas|mes abu|meie mõlemad|my oboje|me molemmat)\b",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"(?:^|[.;!?\n]\s*|,\s+)([^\W\d_][\w'’-]{1,20}(?: [^\W\d_][\w'’-]{1,20})?):\s")
_MOST_SCANNED = 4_000
_TWO = 2
_NAME_WORDS = 5


def speaks_for_two(text: VisibleText, form: SentForm, reading: Reading) -> bool:
    """Whether this letter seems to be two people's."""
    name = next((value for value in reading.profile if value.key == "name"), None)
    if name is not None and _two_names(name.text):
        return True
    if _SAYS_SO.search(reading.remainder[:_MOST_SCANNED]) or _two_name_lines(text, form):
        return True
    return _answered_twice(form, reading) or _two_speakers(reading)


def _two_names(text: str) -> bool:
    """ "Anna Berg and Ben Young", "Anna and Ben Young"; not "Anna Berg, Head of Training and Care"."""
    parts = [part.strip() for part in _AND.split(text.partition(",")[0].partition("(")[0])]
    whole = [part for part in parts if part and len(part.split()) <= _NAME_WORDS and part[:1].isupper()]
    return len(whole) == len(parts) >= _TWO and len(parts[-1].split()) >= _TWO


def _two_name_lines(text: VisibleText, form: SentForm) -> bool:
    """The name line filled in twice with different names, none of which our mail printed."""
    label = next((printed_profile_line(line) for line in form.profile_lines if line.key == "name"), "")
    names = {name for name in _values(text, label) if f" {' '.join(name)} " not in f" {' '.join(keys(form.text))} "}
    return any(not set(one) & set(other) for one in names for other in names)


def _values(text: VisibleText, label: str) -> Iterator[tuple[str, ...]]:
    for line in text.lines:
        before, found, value = line.text.partition(label) if label else ("", "", "")
        if found and not before.strip(" \t>|*-•") and keys(value):
            yield keys(value)


def _answered_twice(form: SentForm, reading: Reading) -> bool:
    return len(reading.twice) >= max(_TWO, len(form.questions) / 2)


def _two_speakers(reading: Reading) -> bool:
    """ "Ann: ten years. Bob: two." in one answer after another."""
    said = Counter(name for answer in reading.answers for name in _speakers(answer.text))
    return len([name for name, answers in said.items() if answers >= _TWO]) >= _TWO


def _speakers(text: str) -> set[str]:
    return {name for name in _SPEAKER.findall(text[:_MOST_SCANNED]) if name[:1].isupper()}
