"""What the applicant wrote on the form's own lines ("Your name:")."""

from __future__ import annotations

from ranmailbot.mail.layout import Gap, Layout, Span
from ranmailbot.mail.signature import tail_start

_MOST_CHARACTERS = 200
_MOST_WORDS = 16


def profile_answer(layout: Layout, gap: Gap) -> tuple[Span | None, Span]:
    """The value that stands after a profile label, and what follows it. None if nothing does.

    On the label's own line, or on the one directly below it.
    """
    rows = list(layout.rows(gap.span))
    for number, (row, _) in enumerate(rows[:2]):
        if layout.text[row[0] : row[1]].strip():
            value = layout.trimmed(row)
            words = layout.text[value[0] : value[1]].split()
            own_line = number == 0 and not layout.begins_line(gap.span[0])
            if not own_line and (len(words) > _MOST_WORDS or tail_start([" ".join(words)]) == 0):
                return None, gap.span
            if value[1] - value[0] > _MOST_CHARACTERS:
                return None, gap.span
            return value, (row[1], gap.span[1])
    return None, gap.span
