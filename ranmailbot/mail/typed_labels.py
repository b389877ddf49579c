"""Short questions and profile lines in a reply: too short to be found by their words, known by how they stand.

Fear: the same words within somebody's sentence; so they begin a line and a colon or a number says what they are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import compress, count

from ranmailbot.mail.anchors import EDITED, REPEATED, Event, Span
from ranmailbot.mail.sent_text import SentText
from ranmailbot.mail.words import Words, before_on_line

_LINE = 2_000
_COLON = re.compile(r"[ \t*_)]{0,3}[:：]")
_ASKED = re.compile(r"[ \t*_)]{0,3}[:：?？]|[ \t]+[-–—](?=[ \t])")
_LIST_MARK = re.compile(
    r"[\s*_>|•·–—-]*(?:(?:[^\W\d_]{1,10}[ \t.]?)?\(?(?P<number>\d{1,2})[ \t]?[.):]+"
    r"|(?P<ask>[^\W\d_]{1,10}[ \t]?[:：.)]))?[\s*_]*"
)
_REST_OF_LINE = re.compile(r"[ \t*_?.]{0,8}(?:$|\n)")
_ANSWERS = re.compile(r"[ \t]+[^\W\d_]{1,12}[ \t]?[:：]")
_OTHER_LABEL = re.compile(r"^[ \t*]*[^\W\d_][^\n:]{1,40}:[ \t]", re.MULTILINE)
_FEWEST_RETYPED, _FEWEST_ALONE = 2, 3


def profile_labels(reply: Words, sent: SentText, events: list[Event]) -> list[Event]:
    """Profile lines of ours in the reply: their words at the start of a line, or anywhere with a colon after them."""
    found: list[Event] = []
    if not sent.labels:
        return found
    taken = sorted((event.start, event.end) for event in events)
    for place in [*compress(count(), map(sent.labels.__contains__, reply.keys))]:
        for label, name in sent.labels[reply.keys[place]]:
            if tuple(reply.keys[place : place + len(label)]) == label:
                start = reply.starts[place]
                end = None if within(taken, start) else _label_end(reply, sent, place, len(label), name)
                if end is not None:
                    found.append(Event(start, end, ((start, end),), (), None, name, 1.0, asks=False))
                    break
    return found


def retyped_questions(reply: Words, sent: SentText, events: list[Event]) -> list[Event]:
    """Short questions typed again at the start of a line: "8. Main difficulty", or "Main difficulty: time" twice."""
    found: dict[int, Event] = {}
    alone: dict[int, Event] = {}
    taken = sorted((event.start, event.end) for event in events)
    for place, key in enumerate(reply.keys if sent.short else ()):
        for asked, number in sent.short.get(key, ()):
            if number not in found and tuple(reply.keys[place : place + len(asked)]) == asked:
                end = _retyped_end(reply, place, len(asked), number)
                start = reply.starts[place]
                if not within(taken, start):
                    among = found if end is not None else alone if _is_alone(reply, place, len(asked)) else {}
                    end = end or _starred(reply.text, reply.ends[place + len(asked) - 1])
                    among[number] = Event(start, end, ((start, end),), (), number, None, EDITED, asks=True)
                break
    if len({**alone, **found}) >= _FEWEST_ALONE and [*alone] == sorted(alone):
        found = {**alone, **found}
    numbered = any(_own_number(reply, event.start) == str(number) for number, event in found.items())
    return _doubted(list(found.values()), reply.text) if numbered or len(found) >= _FEWEST_RETYPED else []


def _starred(text: str, end: int) -> int:
    """Behind the asterisks that a client writes for bold letters."""
    return end + len(text[end : end + 2]) - len(text[end : end + 2].lstrip("*_"))


def _is_alone(reply: Words, place: int, size: int) -> bool:
    """Whether these words are a line of their own, a list mark aside."""
    before = before_on_line(reply.text, reply.starts[place]).strip(" \t*_>|•·–—-")
    return not before and _REST_OF_LINE.match(reply.text, reply.ends[place + size - 1]) is not None


def _doubted(events: list[Event], text: str) -> list[Event]:
    """Typed questions, less believed where below one of them another label stands that is none of ours word by word."""
    events.sort(key=lambda event: event.start)
    ends = [*(event.start for event in events[1:]), len(text)]
    return [
        event._replace(confidence=REPEATED)
        if _OTHER_LABEL.search(text, event.end, min(end, event.end + _LINE))
        else event
        for event, end in zip(events, ends, strict=True)
    ]


def _own_number(reply: Words, place: int) -> str:
    label = _LIST_MARK.fullmatch(before_on_line(reply.text, place))
    return "" if label is None else label["number"] or ""


def _retyped_end(reply: Words, place: int, size: int, number: int) -> int | None:
    """Where a question ends that somebody typed again: with its colon, or numbered and alone on its line; or None."""
    start, end = reply.starts[place], reply.ends[place + size - 1]
    label = _LIST_MARK.fullmatch(before_on_line(reply.text, start))
    if label is None:
        return None
    colon = _ASKED.match(reply.text, end)
    if colon is not None:
        return colon.end()
    numbered = label["number"] == str(number) or label["ask"]
    if label["ask"] and _ANSWERS.match(reply.text, end):
        return end
    end = _starred(reply.text, end)
    return end if numbered and _REST_OF_LINE.match(reply.text, end) else None


def _label_end(reply: Words, sent: SentText, place: int, size: int, name: str) -> int | None:
    """Where a profile label ends, a value that we printed behind it ourselves included; None if it is no label."""
    text = reply.text
    end = reply.ends[place + size - 1]
    colon = _COLON.match(text, end)
    alone = not before_on_line(text, reply.starts[place]).strip(" \t*_>|•-") and text[end : end + 1] in ("", "\n")
    if colon is None and not alone:
        return None
    for value in sent.values.get(name, ()):
        stop = place + size + len(value)
        if tuple(reply.keys[place + size : stop]) == value:
            last = reply.ends[stop - 1]
            return last + text.startswith(")", last)
    return colon.end() if colon is not None else end


def within(taken: list[Span], place: int) -> bool:
    before = bisect_right(taken, place, key=lambda span: span[0]) - 1
    return before >= 0 and place < taken[before][1]
