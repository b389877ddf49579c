"""The reply laid out against the sent form: what is ours, what is a mark, and the gaps between that are theirs.

Every character of the text is in exactly one of: a span of ours, a mark, a gap, a stray (foreign words within ours).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from ranmailbot.mail.alignment import matches
from ranmailbot.mail.anchors import EDITED, EMPTY, REPEATED, Event, matched
from ranmailbot.mail.cut_questions import cut_questions
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.mentions import ASKING_LABEL, LABEL_BEFORE, leads_to_question, without_mentions, without_repeats
from ranmailbot.mail.near_questions import near_questions
from ranmailbot.mail.reply_header import ReplyHeader, reply_headers
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.rewritten_links import pierced, with_links
from ranmailbot.mail.rules import without_rules
from ranmailbot.mail.sent_text import SHORTEST_RULE, SentText, prepare
from ranmailbot.mail.typed_labels import profile_labels, retyped_questions
from ranmailbot.mail.words import Words, before_on_line, words

Span = tuple[int, int]
"""Character offsets [start, end) into the visible text."""

_LINE = 2_000
_LONGEST_LEAD = 60
_MOST_INSIDE = 12
_BULLETS = ("- ", "– ", "* ", "• ", "— ")
_LIST_MARKS = " \t-–—•*·#>|\"“„«(['‘¿"


class Gap(NamedTuple):
    """Text of theirs. `question` or `profile`: what stands before it. `depth`: how deeply that is quoted."""

    span: Span
    question: int | None
    profile: str | None
    depth: int
    confidence: float
    blank: bool
    after_header: bool
    asked_at: int = 0
    """Where that question begins."""

    def shrunk(self, span: Span) -> Gap:
        """What is left of it once its beginning was taken: it follows nothing in particular."""
        return self._replace(span=span, question=None, profile=None)


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole text in order. `anchors` is how many questions of ours were found."""

    text: str
    line_starts: list[int]
    line_depths: list[int]
    ours: tuple[Span, ...]
    marks: tuple[Span, ...]
    strays: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    anchors: int
    mentioned: tuple[Span, ...] = ()
    """Questions that stand only within sentences of theirs: an answer that holds one may be two."""

    def depth_at(self, place: int) -> int:
        """The quote depth of the line on which this character stands."""
        return self.line_depths[bisect_right(self.line_starts, place) - 1] if self.line_starts else 0

    def begins_line(self, place: int) -> bool:
        """Whether this character is the first on its line."""
        number = bisect_right(self.line_starts, place) - 1
        return number >= 0 and self.line_starts[number] == place

    def trimmed(self, span: Span) -> Span:
        """The span without white space around it."""
        part = self.text[span[0] : span[1]]
        start = span[0] + len(part) - len(part.lstrip())
        return (start, max(start, span[0] + len(part.rstrip())))

    def rows(self, span: Span) -> Iterator[tuple[Span, int]]:
        """The lines of a span, each with its depth; the first and last may be torn."""
        number = bisect_right(self.line_starts, span[0]) - 1
        start = span[0]
        while start < span[1]:
            following = self.line_starts[number + 1] if number + 1 < len(self.line_starts) else span[1]
            end = min(span[1], following)
            yield (start, end), self.line_depths[number]
            start, number = end, number + 1

    def is_level(self, span: Span) -> bool:
        """Whether all lines of a span are quoted equally deep, as almost always."""
        first, last = bisect_right(self.line_starts, span[0]) - 1, bisect_right(self.line_starts, span[1] - 1)
        return len({*self.line_depths[first:last]}) == 1

    def by_depth(self, span: Span) -> list[Span]:
        """The span cut where the quote depth changes, blank lines aside. Only pieces with something in them."""
        if self.is_level(span):
            return [self.trimmed(span)] if self.text[span[0] : span[1]].strip() else []
        pieces: list[Span] = []
        open_depth = -1
        for (start, end), depth in self.rows(span):
            if not self.text[start:end].strip():
                continue
            if pieces and depth == open_depth:
                pieces[-1] = (pieces[-1][0], end)
            else:
                pieces.append((start, end))
            open_depth = depth
        return [self.trimmed(piece) for piece in pieces]

    def _cited(self, rows: list[tuple[Span, int]], fresh: set[Span]) -> set[Span]:
        """Quoted lines that a line of their own leads to with a colon, and more words of their own follow."""
        last = max((place for place, (row, _) in enumerate(rows) if row in fresh), default=0)
        found: set[Span] = set()
        cites = False
        for row, _ in rows[:last]:
            cites = self.text[row[0] : row[1]].rstrip().endswith(":") if row in fresh else cites
            found |= {row} if cites else set()
        return found

    def mentions_in(self, span: Span) -> bool:
        """Whether one of the questions that are only mentioned stands in this span."""
        place = bisect_left(self.mentioned, (span[0], 0))
        return place < len(self.mentioned) and self.mentioned[place][0] < span[1]

    def answers_inside(self) -> bool:
        """Whether somebody typed answers within the quote, where only lines as quoted as the question are."""
        return any(gap.depth and all(depth == gap.depth for depth in self._said(gap)) for gap in self._answers())

    def _answers(self) -> Iterator[Gap]:
        return (gap for gap in self.gaps if gap.question is not None and not gap.blank)

    def _said(self, gap: Gap) -> Iterator[int]:
        return (depth for row, depth in self.rows(gap.span) if self.text[row[0] : row[1]].strip())

    def _begun_inside(self, rows: list[tuple[Span, int]], fresh: set[Span], inside: bool) -> set[Span]:
        """Quoted lines that the first line of their own goes on from: somebody's Enter key left the quote's box."""
        first = next((place for place, (row, _) in enumerate(rows) if row in fresh), 0)
        if not 0 < first <= _MOST_INSIDE:
            return set()
        said = self.text[slice(*rows[first - 1][0])].rstrip()
        outside = self.text[slice(*rows[first][0])].lstrip()
        goes_on = inside or said[-1:] in (":", ",") or outside[:2] in _BULLETS or outside[:1].islower()
        if said.lstrip()[:1] in ("[", "<"):
            return set()  # what a client says of a picture or a link
        return {row for row, _ in rows[:first]} if goes_on else set()

    def shallowest(self, gap: Gap, inside: bool) -> tuple[tuple[Span, ...], list[Span]]:
        """The lines in a gap that are less quoted than what stands before it, and the others; all of it if none is.

        `inside`: other answers stand within the quote, so this one may have begun there as well.
        """
        whole = self.trimmed(gap.span)
        if gap.blank or self.is_level(gap.span):
            return (() if gap.blank else (whole,)), []
        rows = [(row, depth) for row, depth in self.rows(gap.span) if self.text[row[0] : row[1]].strip()]
        torn = rows[0][0][0] == gap.span[0] and not self.begins_line(gap.span[0])
        fresh = {row for row, depth in rows if depth < gap.depth}
        fresh |= self._cited(rows, fresh) | self._begun_inside(rows, fresh, inside)
        if not fresh or len(fresh) == len(rows):
            return (whole,), []
        if torn:
            fresh.add(rows[0][0])
        spans: list[Span] = []
        left: list[Span] = []
        previous: list[Span] | None = None
        for row, _ in rows:
            target = spans if row in fresh else left
            if previous is target:
                target[-1] = (target[-1][0], row[1])
            else:
                target.append(row)
            previous = target
        return tuple(self.trimmed(span) for span in spans), left


def lay_out(text: VisibleText, form: SentForm) -> Layout:
    """The layout of this reply. Linear in its length."""
    whole = text.text
    starts, depths = text.line_starts, [line.depth for line in text.lines]
    sent = prepare(form)
    reply = words(whole)
    holes: list[Span] = []
    if "<http" in whole or (sent.links and "http" in whole):
        reply, holes = with_links(reply, sent.links)
    found = matches(reply, sent, reply.depths(starts, depths))
    ours = [matched(match, reply, sent) for match in found]
    ours = _with_cuts(ours, cut_questions(reply, sent, ".." in whole or "…" in whole))
    events = _unrepeated(ours, whole)
    events += _near_questions(reply, sent, starts, ours)
    events += retyped_questions(reply, sent, events) if sent.short else []
    events += profile_labels(reply, sent, events)
    events = [_pierced(event, holes) for event in events] if holes else events
    events.sort(key=lambda event: event.start)
    events, mentioned = without_mentions(events, whole)
    mentioned += _headless(events, whole)
    our_lines = {bisect_right(starts, event.start) - 1 for event in events if _begins_line(whole, event)}
    for header in reply_headers(text.lines, form.ours, our_lines):
        events.append(_header(starts, len(whole), header))
    events.sort(key=lambda event: event.start)
    events, repeated = without_repeats(_disjoint(events), whole, starts, depths)
    return replace(_laid(whole, (starts, depths), events, sent), mentioned=tuple(sorted(mentioned + repeated)))


def _pierced(event: Event, holes: list[Span]) -> Event:
    """The event without links that somebody's program put behind words of ours: they are strays."""
    ours = [part for span in event.ours for part in pierced(span, holes)]
    inside = [hole for hole in holes if any(low <= hole[0] < high for low, high in event.ours)]
    return event._replace(ours=tuple(ours), strays=(*event.strays, *inside)) if inside else event


def _unrepeated(events: list[Event], text: str) -> list[Event]:
    """Without questions said again right below themselves with more on the same line: those begin an answer."""
    kept: list[Event] = []
    for event in events:
        last = kept[-1] if kept else None
        again = (
            last is not None and event.asks and last.asks and (last.question, last.part) == (event.question, event.part)
        )
        again = again and last is not None and not text[last.end : event.start].strip(EMPTY)
        if again and last is not None and text[event.end : event.end + _LINE].split("\n", 1)[0].strip(EMPTY):
            kept[-1] = last._replace(confidence=min(last.confidence, REPEATED))
        else:
            kept.append(event)
    return kept


def _headless(events: list[Event], text: str) -> Iterator[Span]:
    """The place right before a later sentence of a question whose first one was not found: it may stand there."""
    for before, event in pairwise([Event(0, 0, (), (), None, None, 1.0, asks=False), *events]):
        if event.part and before.question != event.question:
            end = before.end + len(text[before.end : event.start].rstrip())
            yield max(before.end, end - 1), event.start


def _with_cuts(events: list[Event], cuts: list[Event]) -> list[Event]:
    """Questions cut short in place of what was found of them otherwise."""
    if not cuts:
        return events
    starts = [cut.start for cut in cuts]

    def taken(event: Event) -> bool:
        last = bisect_right(starts, event.end - 1) - 1
        return last >= 0 and cuts[last].end > event.start

    return sorted([*(event for event in events if not taken(event)), *cuts], key=lambda event: event.start)


def _begins_line(text: str, event: Event) -> bool:
    """A piece that begins its line. The subject after "Subject:" does not: it belongs to the reply header."""
    return event.profile is None and not before_on_line(text, event.start).strip(" \t>|*_")


def _near_questions(reply: Words, sent: SentText, starts: list[int], events: list[Event]) -> list[Event]:
    """Questions typed again with many slips, less believed the more there are."""
    found = near_questions(reply, sent, starts, [(event.start, event.end) for event in events])
    sure = {True: EDITED, False: REPEATED}
    return [Event(*near[:4], near.question, None, sure[near.surely], asks=True) for near in found]


def _header(starts: list[int], end_of_text: int, header: ReplyHeader) -> Event:
    start = starts[header.first]
    end = starts[header.end] - 1 if header.end < len(starts) else end_of_text
    # Words above a mail that is not ours are nobody's answer, but they are not ours either.
    strays = () if header.ours else ((start, end),)
    return Event(start, end, (), strays, None, None, 1.0, asks=False, header=True)


def _disjoint(events: list[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        if not kept or event.start >= kept[-1].end:
            kept.append(event)
    return kept


def _laid(text: str, rows: tuple[list[int], list[int]], events: list[Event], sent: SentText) -> Layout:
    starts, depths = rows
    ours = [span for event in events for span in event.ours]
    marks = [(event.start, event.end) for event in events if event.header and not event.strays]
    strays = [span for event in events for span in event.strays if text[span[0] : span[1]].strip(" \t\n>|*_")]
    marks += [span for event in events for span in event.strays if not text[span[0] : span[1]].strip(" \t\n>|*_")]
    bounds = [Event(0, 0, (), (), None, None, 1.0, asks=False), *events]
    gaps: list[Gap] = []
    after_header = False
    for before, following in zip(bounds, (*events, None), strict=True):
        span = (before.end, following.start if following is not None else len(text))
        span = _without_marks(text, span, following, sent.rules, marks)
        depth = depths[bisect_right(starts, before.start) - 1] if starts else 0
        blank = not text[span[0] : span[1]].strip()
        after_header = after_header or before.header
        goes_on = before.part > 0 and bool(gaps) and gaps[-1].blank and gaps[-1].question == before.question
        asked_at = gaps[-1].asked_at if goes_on else before.start
        gaps.append(Gap(span, before.question, before.profile, depth, before.confidence, blank, after_header, asked_at))
    anchors = sum(1 for event in events if event.asks)
    return Layout(text, starts, depths, tuple(ours), tuple(marks), tuple(strays), tuple(gaps), anchors)


def _label_above(text: str, span: Span, following: Event) -> int:
    """Where the line above a question begins, if all that it says is its number: the cell of a table. Else the end."""
    start, end = span
    above = end
    while above > start and text[above - 1] in " \t\n":
        above -= 1
    line = max(start, text.rfind("\n", start, above) + 1)
    number = text[line:above].strip(" \t*_|.)(:")
    alone = number == str(following.question) and not text[following.start : following.start + 1].isdigit()
    return line if alone and ((line > start and text[start:line].strip()) or start == 0) else end


def _without_marks(text: str, span: Span, following: Event | None, rules: bool, marks: list[Span]) -> Span:
    """The gap without the label of the question that follows, and without our rules at its edges."""
    start, end = span
    if following is not None and following.asks and start < end:
        line = max(start, text.rfind("\n", start, end) + 1)
        label = LABEL_BEFORE.match(text, line, end) or ASKING_LABEL.match(text, line, end)
        label = label or (leads_to_question(text[line:end]) if end - line < _LONGEST_LEAD else None)
        at_line = line > start or start == 0
        before = text[line:end].strip()
        if not before.strip(_LIST_MARKS):
            line = _label_above(text, (start, line), following)
            before = text[line:end].strip()
            label = LABEL_BEFORE.match(text, line, end) if before else None
        if (
            before
            and at_line
            and ((label is not None and label.end() in (end, end - line)) or not before.strip(_LIST_MARKS))
        ):
            marks.append((line, end))
            end = line
    return without_rules(text, (start, end), marks) if rules and end - start >= SHORTEST_RULE else (start, end)
