"""Answers written above their questions instead of below: known by where the empty lines of the form are.

Everything found stands one question too early then. Where the first answer stands above the first question and nothing
below the last, each goes to the question that follows it, unsure; where that cannot be told, all become unsure.

Fear: people who write below and leave the last question open, or a remark above the first one; hence the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

from ranmailbot.mail.layout import Gap, Layout, Span
from ranmailbot.mail.profile import profile_answer
from ranmailbot.mail.reading import Found

_OURS_BEFORE = 2
PERHAPS_ABOVE = 0.6
_FORM_LINES = 2
"""So many empty lines of the form before an answer, and none after it, say that it belongs to what follows."""


def place_above(layout: Layout, found: list[Found], loose: list[Gap], last: int) -> list[Gap]:
    """Doubts or moves answers that seem to stand above their questions (`found` is changed); the loose gaps left.

    `last` is the number of the last question of the form.
    """
    gaps = layout.gaps
    first = next((number for number, gap in enumerate(gaps) if gap.question is not None), 0)
    if first < 1 or any(one.question == last for one in found):
        return loose
    before = gaps[first - 1]
    late = bool(found) and all(one.gap is not None and _is_late(layout, one.gap) for one in found)
    theirs = _theirs_before(layout, gaps, first) if first >= _OURS_BEFORE else []
    if theirs or late:
        for one in found:
            one.doubt(PERHAPS_ABOVE)
    if not late or len(theirs) != 1 or before not in loose:
        return loose
    following = _following(gaps)
    for one in found:
        one.question = following.get(one.question, one.question)
    found.append(Found(gaps[first].question or 0, (theirs[0],), layout.depth_at(theirs[0][0]), PERHAPS_ABOVE, "inline"))
    return [gap._replace(span=(gap.span[0], theirs[0][0])) if gap is before else gap for gap in loose]


def _following(gaps: Sequence[Gap]) -> dict[int, int]:
    """For each question the one that stands next in the letter (for the last one: itself)."""
    order = list(dict.fromkeys(gap.question for gap in gaps if gap.question is not None))
    return dict(zip(order, [*order[1:], order[-1]], strict=True))


def _is_late(layout: Layout, gap: Gap) -> bool:
    """Whether the form's empty lines stand before what was written here, and none behind it."""
    if _is_in_front(layout, gap.span):
        return True
    before, after, begun = 0, 0, False
    for row, depth in layout.rows(gap.span):
        if layout.text[row[0] : row[1]].strip():
            begun, after = True, 0
        elif depth == gap.depth:
            after += begun
            before += not begun
    return before > _FORM_LINES and not after


def _is_in_front(layout: Layout, span: Span) -> bool:
    """Whether all that was written here stands on the line of the question that follows, before it."""
    if span[1] >= len(layout.text) or span[1] in layout.line_starts:
        return False
    written = layout.trimmed(span)
    line = layout.text.rfind("\n", span[0], span[1]) + 1
    return span[0] < line <= written[0] < written[1] and written[0] == layout.trimmed((line, span[1]))[0]


def _theirs_before(layout: Layout, gaps: Sequence[Gap], first: int) -> list[Span]:
    """What of theirs stands above the first question, if it is no greeting above the whole form."""
    before = gaps[first - 1]
    if before.after_header and not gaps[first - 2].after_header:
        return []
    rest = before.span if before.profile is None else profile_answer(layout, before)[1]
    if _is_in_front(layout, rest):
        return [layout.trimmed(rest)]
    quoted = gaps[first].depth
    return [span for span in layout.by_depth(rest) if not quoted or layout.depth_at(span[0]) < quoted]
