"""Questions of ours that somebody only mentions: cited in quotation marks, or woven into a sentence of an answer.

What is mentioned is the applicant's own and stays in the answer. A question asks only where it begins a line, follows a
label or a finished sentence. Fear: a client that runs our lines together, so a question right behind words of ours
still asks; and where a mention is the only place at which a question stands, what holds it is less believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.anchors import EMPTY, Event, Span
from ranmailbot.mail.ordinals import QUESTION_NOUNS, SMALL_WORDS
from ranmailbot.mail.words import before_on_line, keys

LABEL_BEFORE = re.compile(
    r"[\s*_#•>|\-–—(\[\"“„]*(?:[^\W\d_]{1,12}\.?[ \t]?){0,2}\(?\d{1,2}(?:\.\d{1,2})?[.):\]]*[\s*_\"“„¿]*$"
)
"""A label with a number, up to the question right behind it."""
ASKING_LABEL = re.compile(
    r"[\s*_#•>|\-–—(\[\"“„]*(?:\(?\d{1,2}[.):\]]+[ \t]?)?"
    r"(?:[^\W\d_]{1,16}\.?[ \t]?[:：]|[QFVDPВЕ][.)]|[a-z]{1,4}\))[\s*_\"“„¿]*$"
)
"""A label without one: "Question:", "Q.", "b)"."""
_OPENERS = " \t\"'“„«‘(*_#•·-–—>|[¿\u2022"
_QUOTE_BEFORE = re.compile(r"[\"'“„«‘»][ \t*_]?$")
_GOES_ON = re.compile(r"[ \t]*[\"'”“’»«]?[ \t*_)]*(?:[,;]|[-–—]? ?[^\W\d_A-Z])")
_MORE = re.compile(r"[ \t]*[\"'”“’»«]?[ \t*_)]*\S")
_NUMBER = re.compile(r"\d{1,2}(?!\d)")
_ALL = re.compile(r".*", re.DOTALL)
_NUMBERS = re.compile(r"\d{1,2}")
_LINE = 300


def leads_to_question(before: str) -> re.Match[str] | None:
    """ "To your question", "Question" (where the number is ours): small words before a question, and nothing else."""
    said = keys(before)
    small = bool(said) and SMALL_WORDS.issuperset(said) and not QUESTION_NOUNS.isdisjoint(said)
    return _ALL.match(before) if small else None


def without_mentions(events: Sequence[Event], text: str) -> tuple[list[Event], list[Span]]:
    """The events (in order) that are no mentions, and where those mentions stand that leave a doubt."""
    doubtful: list[bool] = []
    for number, event in enumerate(events):
        goes_on = number > 0 and doubtful[-1] and _next_sentence(events[number - 1], event, text)
        doubtful.append(event.asks and (goes_on or _woven(events, number, text)))
    if not any(doubtful):
        return [*events], []
    elsewhere = {event.question for event, woven in zip(events, doubtful, strict=True) if event.asks and not woven}
    kept = [event for event, woven in zip(events, doubtful, strict=True) if not woven]
    lone = [
        (event.start, event.end)
        for event, woven in zip(events, doubtful, strict=True)
        if woven and (event.question not in elsewhere or not _is_cited(event, text))
    ]
    return kept, lone


def _next_sentence(last: Event, event: Event, text: str) -> bool:
    """Whether this is the next sentence of the question that stands right before it."""
    apart = text[last.end : event.start].strip(EMPTY)
    return not apart and (last.question, last.part + 1) == (event.question, event.part)


def _is_cited(event: Event, text: str) -> bool:
    """Whether it stands in quotation marks."""
    before = before_on_line(text, event.start) + text[event.start : event.start + 1]
    return _QUOTE_BEFORE.search(before) is not None


def _woven(events: Sequence[Event], place: int, text: str) -> bool:
    """Whether this question stands within somebody's sentence."""
    event = events[place]
    line = text[event.end : event.end + _LINE].split("\n", 1)[0]
    before = before_on_line(text, event.start)
    cited = _is_cited(event, text)
    said = before.rstrip(_OPENERS)
    goes_on = line.lstrip(" \t\"'”’»«*_").startswith(",")
    if not said or goes_on:
        return goes_on
    number = _NUMBER.match(text, event.start)
    label = LABEL_BEFORE.match(before if number is None else before + number[0]) or leads_to_question(before)
    if label is not None or ASKING_LABEL.match(before):
        numbers = _NUMBERS.findall(label[0]) if label is not None else []
        other = bool(numbers) and str(event.question) not in numbers
        return other and cited and _GOES_ON.match(line) is not None
    if before.rstrip(' \t"“„«*_')[-1:] in ("|", "") or "\t" in before[len(said) :]:
        return False  # a cell of a table
    last = events[place - 1] if place else None
    if last is not None and last.end > event.start - len(before) and not text[last.end : event.start].strip(EMPTY):
        return False  # right behind words of ours
    if said[-1] == ":":
        return cited and _MORE.match(line) is not None
    return said[-1] not in ".?!？)…;"
