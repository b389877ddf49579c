"""The law of the reader: no word of a letter is lost.

Every word and mark of the visible text must be in an answer, the profile or the remainder, or be ours (and then stand
in the sent form, word by word), or be a label or reply header. Checked from the finished reading alone, so that a fault
in the reader cannot hide itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import le

from ranmailbot.mail.form import SentForm
from ranmailbot.mail.layout import Span
from ranmailbot.mail.reading import Reading
from ranmailbot.mail.reply_header import LONGEST_HEADER
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.rewritten_links import restored
from ranmailbot.mail.sent_text import prepare
from ranmailbot.mail.words import words

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_LONGEST_LABEL = 60


def conserved(text: VisibleText, form: SentForm, reading: Reading) -> bool:
    """Whether this reading of this text keeps every token of it, and takes nothing for ours that we did not send."""
    whole = text.text
    if not _ours_is_ours(whole, form, reading):
        return False
    if not all(_is_mark(whole[start:end], form) for start, end in reading.mark_spans):
        return False
    told = [answer.text for answer in reading.answers]
    told += [value.text for value in reading.profile if not value.guessed]
    told += [reading.remainder, reading.quoted]
    placed = (*reading.ours_spans, *reading.mark_spans)
    left = _between(whole, placed)
    if left is None:
        left, told = whole, told + [whole[start:end] for start, end in placed]
    if not _holds("\n".join(told), left):
        return False
    return all(
        whole[answer.span[0] : answer.span[1]].startswith(answer.text.split("\n", 1)[0]) for answer in reading.answers
    )


def _between(whole: str, spans: Sequence[Span]) -> str | None:
    """What stands outside of these spans, which need no counting; None if two of them overlap, or one tears a word."""
    left: list[str] = []
    place = 0
    for start, end in sorted(spans):
        between = whole[place:start]
        if not between.isspace():
            if start < place or _torn(whole, place) or _torn(whole, start):
                return None
            left.append(between)
        place = end
    left.append(whole[place:])
    return None if _torn(whole, place) else "\n".join(left)


def _torn(text: str, place: int) -> bool:
    """Whether this place is within a word."""
    return place > 0 and text[place - 1 : place + 1].isalnum() and place < len(text)


def _holds(kept: str, whole: str) -> bool:
    """Whether `kept` has every token of `whole`, as often.

    No token reaches over white space, so it is enough to count the tokens of what stands between white space here and
    there a different number of times: mostly nothing, or a few labels.
    """
    wanted, had = Counter(whole.split()), Counter(kept.split())
    if all(map(le, wanted.values(), map(had.get, wanted, repeat(0)))):
        return True
    accounted: Counter[str] = Counter()
    for chunk in {chunk for chunk, _ in wanted.items() ^ had.items()}:
        for token in _TOKEN.findall(chunk):
            accounted[token] += had[chunk] - wanted[chunk]
    return min(accounted.values(), default=0) >= 0


def _ours_is_ours(whole: str, form: SentForm, reading: Reading) -> bool:
    """Every span called ours is a row of words that stands in the form."""
    sent = prepare(form)
    parts: list[str] = []
    for spans in _neighbours(whole, reading.ours_spans):
        if not _stands(whole[spans[0][0] : spans[-1][1]], sent.flat):
            parts += [restored(whole[start:end], sent.links) for start, end in spans]
    if not parts:
        return True
    found = words("\n".join(parts))
    place, first = 0, 0
    for part in parts:
        place += len(part) + 1
        end = found.at_or_after(place)
        if f" {' '.join(found.keys[first:end])} " not in sent.stream:
            return False
        first = end
    return True


def _neighbours(whole: str, spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """The spans in groups: those with nothing but white space between them are asked about together."""
    first = 0
    for number in range(1, len(spans)):
        if not whole[spans[number - 1][1] : spans[number][0]].isspace():
            yield spans[first:number]
            first = number
    if spans:
        yield spans[first:]


def _stands(part: str, flat: str) -> bool:
    """Whether this stands in the form character by character, white space aside: then it need not be taken apart."""
    row = " ".join(part.split())
    at = flat.find(row)
    end = at + len(row)
    if at < 0 or not any(map(str.isalnum, row)):
        return False
    return not flat[at - 1 : at + 1].isalnum() and not flat[end - 1 : end + 1].isalnum()


def _is_mark(mark: str, form: SentForm) -> bool:
    """A label is short; a reply header is not long and names us."""
    if len(mark.strip()) <= _LONGEST_LABEL:
        return True
    folded = " ".join(mark.casefold().split())
    named = len(mark) <= LONGEST_HEADER and any(" ".join(our.casefold().split()) in folded for our in form.ours)
    return named or len(set(_TOKEN.findall(mark))) <= 1
