"""The reply laid out against the sent form: what is ours, what is a mark, and the gaps between that are theirs.

Every character of the text is in exactly one of: a span of ours, a mark, a gap, a stray (foreign words within ours).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, count
from typing import NamedTuple

from ranmailbot.mail.alignment import Match, Run, matches
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.near_questions import near_questions
from ranmailbot.mail.reply_header import ReplyHeader, reply_headers
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.rules import without_rules
from ranmailbot.mail.sent_text import SHORTEST_RULE, Piece, SentText, marks_after, plain_mark, prepare
from ranmailbot.mail.slips import question_end, question_start
from ranmailbot.mail.words import Words, before_on_line, words

Span = tuple[int, int]
"""Character offsets [start, end) into the visible text."""

_INLINE = 0.97
_REPEATED = 0.75
_LINE = 2_000
_EMPTY = " \t\n>|*_"
_EDITED = 0.9
_FEWEST_RETYPED = 2
_BARE_LABEL = re.compile(r"[\s*_#•>|\-–—(\[\"“„]*(?:[^\W\d_]{1,12}\.?[ \t]?){0,2}\(?\d{1,2}[.):\]]*[\s*_\"“„]*$")
_ASKING_LABEL = re.compile(r"[\s*_#•>|\-–—(\[\"“„]*(?:[^\W\d_]{1,16}\.?[ \t]?[:：]|[QFVDPВЕ][.)])[\s*_\"“„]*$")
_DECORATION = re.compile(r"[\s*_#•>|\"“„(\[]*$")
_COLON = re.compile(r"[ \t*_)]{0,3}[:：]")
_ASKED = re.compile(r"[ \t*_)]{0,3}[:：?？]|[ \t]+[-–—](?=[ \t])")
_LIST_MARK = re.compile(r"[\s*_>|•·–—-]*(?:\(?\d{1,2}[.):]+)?[\s*_]*")
_REST_OF_LINE = re.compile(r"[ \t*_?.]{0,8}(?:$|\n)")
_OTHER_LABEL = re.compile(r"^[ \t*]*[^\W\d_][^\n:]{1,40}:[ \t]", re.MULTILINE)
_QUOTES = tuple("\"“”„«»'’‘")
_TWINS = str.maketrans("’‘“”–—«»„", '\'\'""--"""')


class Gap(NamedTuple):
    """Text of theirs. `question` or `profile`: what stands before it. `depth`: how deeply that is quoted."""

    span: Span
    question: int | None
    profile: str | None
    depth: int
    confidence: float
    blank: bool
    after_header: bool

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

    def shallowest(self, gap: Gap) -> tuple[tuple[Span, ...], list[Span]]:
        """The lines in a gap that are less quoted than what stands before it, and the others; all of it if none is."""
        whole = self.trimmed(gap.span)
        if gap.blank or self.is_level(gap.span):
            return (() if gap.blank else (whole,)), []
        rows = [(row, depth) for row, depth in self.rows(gap.span) if self.text[row[0] : row[1]].strip()]
        torn = rows[0][0][0] == gap.span[0] and not self.begins_line(gap.span[0])
        fresh = {row for row, depth in rows if depth < gap.depth}
        fresh |= self._cited(rows, fresh)
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


class _Event(NamedTuple):
    """Something in the reply that is not theirs: a match, a profile label or a reply header."""

    start: int
    end: int
    ours: tuple[Span, ...]
    strays: tuple[Span, ...]
    question: int | None
    profile: str | None
    confidence: float
    asks: bool
    header: bool = False


def lay_out(text: VisibleText, form: SentForm) -> Layout:
    """The layout of this reply. Linear in its length."""
    whole = text.text
    starts, depths = text.line_starts, [line.depth for line in text.lines]
    sent = prepare(form)
    reply = words(whole)
    found = matches(reply, sent, reply.depths(starts, depths))
    matched = [_matched(match, reply, sent) for match in found]
    events = _unrepeated(matched, whole)
    events += _near_questions(reply, sent, starts, matched)
    events += _retyped_questions(reply, sent, events) if sent.short else []
    events += _profile_labels(reply, sent, events)
    events.sort(key=lambda event: event.start)
    our_lines = {bisect_right(starts, event.start) - 1 for event in events if _begins_line(whole, event)}
    for header in reply_headers(text.lines, form.ours, our_lines):
        events.append(_header(starts, len(whole), header))
    events.sort(key=lambda event: event.start)
    return _laid(whole, starts, depths, _disjoint(events), sent)


def _unrepeated(events: list[_Event], text: str) -> list[_Event]:
    """Without questions said again right below themselves with more on the same line: those begin an answer."""
    kept: list[_Event] = []
    for event in events:
        last = kept[-1] if kept else None
        again = last is not None and event.asks and last.asks and last.question == event.question
        again = again and last is not None and not text[last.end : event.start].strip(_EMPTY)
        if again and last is not None and text[event.end : event.end + _LINE].split("\n", 1)[0].strip(_EMPTY):
            kept[-1] = last._replace(confidence=min(last.confidence, _REPEATED))
        else:
            kept.append(event)
    return kept


def _begins_line(text: str, event: _Event) -> bool:
    """A piece that begins its line. The subject after "Subject:" does not: it belongs to the reply header."""
    return event.profile is None and not before_on_line(text, event.start).strip(" \t>|*_")


def _matched(match: Match, reply: Words, sent: SentText) -> _Event:
    piece = sent.pieces[match.piece]
    if match.whole and len(match.runs) == 1 and piece.question is None:
        return _untouched(match, reply, sent, piece)
    ours, strays = _runs_apart(match, reply, piece)
    asks = piece.question is not None
    head = question_start(reply, sent, match, piece) if asks else match.start
    first = _with_marks_before(reply, head, reply.starts[head] if head < match.start else ours[0][0])
    last = _with_marks_after(reply, sent, match, ours[-1][1])
    tail = question_end(reply, sent, match, piece) if asks else 0
    if head < match.start:
        strays.append((first, ours[0][0]))
    else:
        ours[0] = (first, ours[0][1])
    if tail > last:
        strays.append((last, tail))
    if reply.text[first : first + 1] in _QUOTES and reply.text[last : last + 1] in _QUOTES:
        last += 1
    ours[-1] = (ours[-1][0], last)
    last = max(last, tail)
    question = piece.question if piece.question is not None else piece.owner
    core = piece.core if piece.question is not None else (piece.first, piece.end)
    plain = match.whole or match.within(core) >= 0.9 * (core[1] - core[0])
    confidence = _INLINE if plain else _EDITED
    return _Event(first, last, tuple(ours), tuple(strays), question, None, confidence, asks)


def _untouched(match: Match, reply: Words, sent: SentText, piece: Piece) -> _Event:
    """The same for a whole sentence of ours that asks nothing: by far the most of what a letter quotes."""
    first = _with_marks_before(reply, match.start, reply.starts[match.start])
    last = _with_marks_after(reply, sent, match, reply.ends[match.end - 1])
    if reply.text[first : first + 1] in _QUOTES and reply.text[last : last + 1] in _QUOTES:
        last += 1
    return _Event(first, last, ((first, last),), (), piece.owner, None, _INLINE, asks=False)


def _runs_apart(match: Match, reply: Words, piece: Piece) -> tuple[list[Span], list[Span]]:
    """Where the words of a match stand, and the foreign words between them."""
    runs = _on_line(match, reply, piece)
    if len(runs) == 1:
        return [(reply.starts[runs[0].at], reply.ends[runs[0].at + runs[0].size - 1])], []
    ours: list[Span] = []
    strays: list[Span] = []
    word, of = -1, -1
    for run in runs:
        start, end = reply.starts[run.at], reply.ends[run.at + run.size - 1]
        if ours and run.at == word and run.of == of:
            ours[-1] = (ours[-1][0], end)
        else:
            if ours:
                strays.append((ours[-1][1], start))
            ours.append((start, end))
        word, of = run.at + run.size, run.of + run.size
    return ours, strays


def _on_line(match: Match, reply: Words, piece: Piece) -> tuple[Run, ...]:
    """The runs without a number that ends the line above: "... see question 4." and then question 4."""
    first = match.runs[0]
    size = min(piece.core[0] - first.of, first.size - 1) if piece.question is not None else 0
    if size <= 0:
        return match.runs
    number, asked = reply.starts[first.at], reply.starts[first.at + size]
    broken = "\n" in reply.text[number:asked] and before_on_line(reply.text, number).strip(_EMPTY + "-–—(")
    return (Run(first.at + size, first.of + size, first.size - size), *match.runs[1:]) if broken else match.runs


def _with_marks_after(reply: Words, sent: SentText, match: Match, place: int) -> int:
    """The end of a match with the marks that follow in the form ("?"), and asterisks that a client put there."""
    run = match.runs[-1]
    of = run.of + run.size
    text = reply.text
    marks = sent.marks[match.piece] if of == sent.pieces[match.piece].end else marks_after(sent.words, of)
    stop = reply.starts[match.end] if match.end < len(reply.starts) else len(text)
    if text.startswith(marks, place) and "*" not in marks and "_" not in marks:
        place, marks = place + len(marks), ""
    for mark in marks:
        ahead = place
        while ahead < stop and text[ahead] in " \t*_":
            ahead += 1
        if ahead < stop and plain_mark(text[ahead]) == mark:
            place = ahead + 1
    while place < stop and text[place] in "*_|>":
        place += 1
    return place


def _with_marks_before(reply: Words, word: int, place: int) -> int:
    """The start of a match with the marks before it on its line: bullets, quotation marks, asterisks."""
    text = reply.text
    floor = reply.ends[word - 1] if word else 0
    if text[place - 1 : place] == "\n" or (word and text[floor:place] == " "):
        return place
    floor = max(floor, text.rfind("\n", floor, place) + 1)
    between = text[floor:place]
    only_marks = floor == 0 or text[floor - 1] == "\n"
    if only_marks and (place == floor or between.isspace()):
        return place
    if only_marks and _DECORATION.fullmatch(between.replace("-", " ").replace("–", " ").replace("—", " ")):
        return floor + len(between) - len(between.lstrip())
    while place > floor and text[place - 1] in '*_("“„[':
        place -= 1
    return place


def _near_questions(reply: Words, sent: SentText, starts: list[int], events: list[_Event]) -> list[_Event]:
    """Questions typed again with many slips, less believed the more there are."""
    found = near_questions(reply, sent, starts, [(event.start, event.end) for event in events])
    sure = {True: _EDITED, False: _REPEATED}
    return [_Event(*near[:4], near.question, None, sure[near.surely], asks=True) for near in found]


def _profile_labels(reply: Words, sent: SentText, events: list[_Event]) -> list[_Event]:
    """Profile lines of ours in the reply: their words at the start of a line, or anywhere with a colon after them."""
    found: list[_Event] = []
    if not sent.labels:
        return found
    taken = sorted((event.start, event.end) for event in events)
    for place in [*compress(count(), map(sent.labels.__contains__, reply.keys))]:
        for label, name in sent.labels[reply.keys[place]]:
            if tuple(reply.keys[place : place + len(label)]) == label:
                start = reply.starts[place]
                end = None if _within(taken, start) else _label_end(reply, sent, place, len(label), name)
                if end is not None:
                    found.append(_Event(start, end, ((start, end),), (), None, name, 1.0, asks=False))
                    break
    return found


def _retyped_questions(reply: Words, sent: SentText, events: list[_Event]) -> list[_Event]:
    """Short questions typed again at the start of a line: "8. Main difficulty", or "Main difficulty: time" twice."""
    found: dict[int, _Event] = {}
    taken = sorted((event.start, event.end) for event in events)
    for place, key in enumerate(reply.keys):
        for asked, number in sent.short.get(key, ()):
            if number not in found and tuple(reply.keys[place : place + len(asked)]) == asked:
                end = _retyped_end(reply, place, len(asked), number)
                start = reply.starts[place]
                if end is not None and not _within(taken, start):
                    found[number] = _Event(start, end, ((start, end),), (), number, None, _EDITED, asks=True)
                break
    numbered = any(_own_number(reply, event.start) == str(number) for number, event in found.items())
    return _doubted(list(found.values()), reply.text) if numbered or len(found) >= _FEWEST_RETYPED else []


def _doubted(events: list[_Event], text: str) -> list[_Event]:
    """Typed questions, less believed where below one of them another label stands that is none of ours word by word."""
    events.sort(key=lambda event: event.start)
    ends = [*(event.start for event in events[1:]), len(text)]
    return [
        event._replace(confidence=_REPEATED)
        if _OTHER_LABEL.search(text, event.end, min(end, event.end + _LINE))
        else event
        for event, end in zip(events, ends, strict=True)
    ]


def _own_number(reply: Words, place: int) -> str:
    return before_on_line(reply.text, place).strip(" \t*_>|().:-")


def _retyped_end(reply: Words, place: int, size: int, number: int) -> int | None:
    """Where a question ends that somebody typed again: with its colon, or numbered and alone on its line; or None."""
    start, end = reply.starts[place], reply.ends[place + size - 1]
    if not _LIST_MARK.fullmatch(before_on_line(reply.text, start)):
        return None
    colon = _ASKED.match(reply.text, end)
    if colon is not None:
        return colon.end()
    numbered = _own_number(reply, start) == str(number)
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


def _within(taken: list[Span], place: int) -> bool:
    before = bisect_right(taken, place, key=lambda span: span[0]) - 1
    return before >= 0 and place < taken[before][1]


def _header(starts: list[int], end_of_text: int, header: ReplyHeader) -> _Event:
    start = starts[header.first]
    end = starts[header.end] - 1 if header.end < len(starts) else end_of_text
    # Words above a mail that is not ours are nobody's answer, but they are not ours either.
    strays = () if header.ours else ((start, end),)
    return _Event(start, end, (), strays, None, None, 1.0, asks=False, header=True)


def _disjoint(events: list[_Event]) -> list[_Event]:
    kept: list[_Event] = []
    for event in events:
        if not kept or event.start >= kept[-1].end:
            kept.append(event)
    return kept


def _laid(text: str, starts: list[int], depths: list[int], events: list[_Event], sent: SentText) -> Layout:
    ours = [span for event in events for span in event.ours]
    marks = [(event.start, event.end) for event in events if event.header and not event.strays]
    strays = [span for event in events for span in event.strays if text[span[0] : span[1]].strip(" \t\n>|*_")]
    marks += [span for event in events for span in event.strays if not text[span[0] : span[1]].strip(" \t\n>|*_")]
    bounds = [_Event(0, 0, (), (), None, None, 1.0, asks=False), *events]
    gaps: list[Gap] = []
    after_header = False
    for before, following in zip(bounds, (*events, None), strict=True):
        span = (before.end, following.start if following is not None else len(text))
        span = _without_marks(text, span, following, sent.rules, marks)
        depth = depths[bisect_right(starts, before.start) - 1] if starts else 0
        blank = not text[span[0] : span[1]].strip()
        after_header = after_header or before.header
        gaps.append(Gap(span, before.question, before.profile, depth, before.confidence, blank, after_header))
    anchors = sum(1 for event in events if event.asks)
    return Layout(text, starts, depths, tuple(ours), tuple(marks), tuple(strays), tuple(gaps), anchors)


def _without_marks(text: str, span: Span, following: _Event | None, rules: bool, marks: list[Span]) -> Span:
    """The gap without the label of the question that follows, and without our rules at its edges."""
    start, end = span
    if following is not None and following.asks and start < end:
        line = max(start, text.rfind("\n", start, end) + 1)
        label = _BARE_LABEL.match(text, line, end) or _ASKING_LABEL.match(text, line, end)
        at_line = line > start or start == 0
        if at_line and label is not None and label.end() == end and text[line:end].strip():
            marks.append((line, end))
            end = line
    return without_rules(text, (start, end), marks) if rules and end - start >= SHORTEST_RULE else (start, end)
