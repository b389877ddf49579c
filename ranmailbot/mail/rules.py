"""Lines of dashes, stars or the like at the edges of somebody's text: ours, or a client's; never an answer."""

from __future__ import annotations

from ranmailbot.mail.sent_text import RULE

Span = tuple[int, int]


def without_rules(text: str, span: Span, marks: list[Span]) -> Span:
    """The span without the rules at its edges; each line is looked at once, however many rules there are."""
    start, end = span
    while start < end:
        first = _skipped(text, start, end)
        stop = text.find("\n", first, end)
        edge = stop if stop >= 0 else end
        if not RULE.match(text[first:edge]):
            break
        marks.append((start, edge))
        start = edge
    while start < end:
        last = _skipped_back(text, start, end)
        edge = max(start, text.rfind("\n", start, last) + 1)
        if not RULE.match(text[edge:last]):
            break
        marks.append((edge, end))
        end = edge
    return start, end


def _skipped(text: str, start: int, end: int) -> int:
    """The first place from `start` on that holds no newline, or `end`."""
    while start < end and text[start] == "\n":
        start += 1
    return start


def _skipped_back(text: str, start: int, end: int) -> int:
    """The last place down from `end` behind which no newline stands, or `start`."""
    while start < end and text[end - 1] == "\n":
        end -= 1
    return end
