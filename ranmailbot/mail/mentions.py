"""Questions of ours that somebody only mentions: cited, woven into a sentence, or typed again within an answer.

What is mentioned is the applicant's own and stays in the answer. A question asks only where it begins a line, follows a
label or a finished sentence, and where the same question does not ask already. Fear: a client that runs our lines
together, so a question right behind words of ours still asks; and where a mention is the only place at which a question
stands, what holds it is less believed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
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
_LABEL_LINE = re.compile(r"^[ \t]*(?:[^\W\d_]{1,12}[ \t])?\(?\d{1,2}[.):]+[ \t]*[^\W\d_]", re.MULTILINE)
_LINE = 300
_MOST_SINCE, _MOST_LATER = 30, 60
"""So many events before and behind a question are looked at: this stays linear."""


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


def without_repeats(
    events: Sequence[Event], text: str, starts: Sequence[int], depths: Sequence[int]
) -> tuple[list[Event], list[Span]]:
    """The events (in order) without questions that somebody typed again within an answer, and what leaves a doubt.

    `starts` and `depths` are where each line begins and how deeply it is quoted.
    """
    asked = [(event.question, event.part) for event in events if event.asks]
    if len({*asked}) == len(asked):
        return [*events], []  # nothing stands there twice, as almost always
    kept: list[Event] = []
    doubtful: list[Span] = []
    end, asks = -1, False
    for place, event in enumerate(events):
        goes_on = event.asks and event.part > 0 and end >= 0 and not text[end : event.start].strip(EMPTY)
        again = event.asks and (goes_on or _typed_within(kept, event, text, (starts, depths)))
        later = events[place : place + _MOST_LATER] if event.asks else ()
        again = again or (event.asks and not asks and _among_labels(later, kept, text, (starts, depths)))
        elsewhere = event.asks and not again and _has_its_place(kept, later, text, (starts, depths))
        asks = asks or (event.asks and not again and not elsewhere)
        if not again and not elsewhere:
            kept.append(event)
        end = event.end if again or elsewhere else -1
        doubtful += [(event.start, event.end)] if elsewhere else []
    return kept, doubtful


_Rows = tuple[Sequence[int], Sequence[int]]


def _depth(rows: _Rows, place: int) -> int:
    return rows[1][bisect_right(rows[0], place) - 1]


def _said_before(kept: Sequence[Event], event: Event, text: str, rows: _Rows) -> bool:
    """Whether words of theirs stand right above this event, quoted as deeply as it is, and no reply header."""
    low = kept[-1].end if kept else 0
    said = text[low : event.start].rstrip(_OPENERS + "\n")
    if (kept and kept[-1].header) or not any(map(str.isalpha, said)):
        return False
    label = LABEL_BEFORE.fullmatch(said) or ASKING_LABEL.fullmatch(said)
    return label is None and _depth(rows, low + len(said) - 1) == _depth(rows, event.start)


def _typed_within(kept: Sequence[Event], event: Event, text: str, rows: _Rows) -> bool:
    """Whether this question asks already, quoted no less deeply, and an answer to it has begun."""
    since: list[Event] = []
    for last in kept[: -_MOST_SINCE - 1 : -1]:
        if last.question != event.question:
            break
        since.append(last)
    asking = next((last for last in since if last.asks and last.part == event.part), None)
    if asking is None or _depth(rows, asking.start) < _depth(rows, event.start):
        return False
    return _said_before(kept, event, text, rows)


def _among_labels(later: Sequence[Event], kept: Sequence[Event], text: str, rows: _Rows) -> bool:
    """Whether this question (the first of `later`) stands among numbered answers above the quote that asks it.

    It is the only one up there, bears no number itself, and numbers stand on lines above and below it.
    """
    event = later[0]
    below = next((one for one in later[1:] if one.header or _depth(rows, one.start) > _depth(rows, event.start)), None)
    if below is None or any(one.asks for one in later[1 : later.index(below)]):
        return False
    asked = {(one.question, one.part) for one in later[later.index(below) :] if one.asks}
    if (event.question, event.part) not in asked or before_on_line(text, event.start).strip(_OPENERS):
        return False
    numbered = _LABEL_LINE.search(text, 0, event.start) and _LABEL_LINE.search(text, event.end, below.start)
    return numbered is not None and _said_before(kept, event, text, rows)


def _has_its_place(kept: Sequence[Event], later: Sequence[Event], text: str, rows: _Rows) -> bool:
    """Whether this question (the first of `later`) stands within another's answer, and is answered further down.

    There it follows in order what asks before and behind; and here more words stand behind it on its line.
    """
    event, before = later[0], next((last for last in kept[: -_MOST_SINCE - 1 : -1] if last.asks), None)
    behind = text[event.end : event.end + _LINE].split("\n", 1)[0]
    if before is None or not behind.strip(EMPTY) or not _said_before(kept, event, text, rows):
        return False
    asking = [one for one in later if one.asks]
    numbers = [one.question or 0 for one in asking[1:]]
    if event.question not in numbers or [before.question or 0, *numbers] != sorted([before.question or 0, *numbers]):
        return False
    place = numbers.index(event.question) + 1
    end = asking[place + 1].start if place + 1 < len(asking) else len(text)
    deeper = _depth(rows, asking[place].start) >= _depth(rows, event.start)
    return deeper and place > 1 and any(map(str.isalpha, text[asking[place].end : end]))
