"""The law of the reader: no word of a letter is lost.

Every word and mark of the visible text must be in an answer, the profile or the remainder, or be ours (and then stand
in the sent form, word by word), or be a label or reply header. Checked from the finished reading alone, so that a fault
in the reader cannot hide itself.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

from ranmailbot.mail.form import SentForm
from ranmailbot.mail.reading import Reading
from ranmailbot.mail.reply_header import LONGEST_HEADER
from ranmailbot.mail.reply_text import VisibleText
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
    kept = chain(
        (answer.text for answer in reading.answers),
        (value.text for value in reading.profile if not value.guessed),
        (reading.remainder, reading.quoted),
        (whole[start:end] for start, end in (*reading.ours_spans, *reading.mark_spans)),
    )
    return _holds("\n".join(kept), whole) and all(
        whole[answer.span[0] : answer.span[1]].startswith(answer.text.split("\n", 1)[0]) for answer in reading.answers
    )


def _holds(kept: str, whole: str) -> bool:
    """Whether `kept` has every token of `whole`, as often.

    No token reaches over white space, so it is enough to count the tokens of what stands between white space here and
    there a different number of times: mostly nothing, or a few labels.
    """
    wanted, had = Counter(whole.split()), Counter(kept.split())
    accounted: Counter[str] = Counter()
    for chunk in {chunk for chunk, _ in wanted.items() ^ had.items()}:
        for token in _TOKEN.findall(chunk):
            accounted[token] += had[chunk] - wanted[chunk]
    return min(accounted.values(), default=0) >= 0


def _ours_is_ours(whole: str, form: SentForm, reading: Reading) -> bool:
    """Every span called ours is a row of words that stands in the form."""
    stream = prepare(form).stream
    parts = [whole[start:end] for start, end in reading.ours_spans]
    found = words("\n".join(parts))
    place, first = 0, 0
    for part in parts:
        place += len(part) + 1
        end = found.at_or_after(place)
        if f" {' '.join(found.keys[first:end])} " not in stream:
            return False
        first = end
    return True


def _is_mark(mark: str, form: SentForm) -> bool:
    """A label is short; a reply header is not long and names us."""
    if len(mark.strip()) <= _LONGEST_LABEL or len(set(_TOKEN.findall(mark))) <= 1:
        return True
    folded = " ".join(mark.casefold().split())
    return len(mark) <= LONGEST_HEADER and any(" ".join(our.casefold().split()) in folded for our in form.ours)
