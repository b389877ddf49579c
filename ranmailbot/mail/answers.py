"""Reply plus sent form makes answers plus remainder. What this project exists for.

Every sentence of the form that went out is found in the reply; what stands after question k, up to the next words of
ours, is answer k. Loose text is read by its labels. What is left is the remainder. No word is ever lost: `conserved`
is asked at the end of every reading.

Fear: nothing here may follow what the text says, only place it. Known limit: text that a client's HTML form of our mail
holds and our plain form does not is taken for the applicant's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile

from ranmailbot.call.application import SURE, Answer, ProfileValue
from ranmailbot.mail.above import place_above
from ranmailbot.mail.address import Address
from ranmailbot.mail.conservation import conserved
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.guesses import guessed_facts
from ranmailbot.mail.headings import asks_another
from ranmailbot.mail.layout import Gap, Layout, Span, lay_out
from ranmailbot.mail.loose_text import by_labels, going_on, loose_answers
from ranmailbot.mail.numbered_quote import between_numbers, between_paragraphs
from ranmailbot.mail.profile import profile_answer
from ranmailbot.mail.reading import ConservationBroken, Found, Reading
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.signature import may_be_said, quoted_writers, tail_in_line, tail_start
from ranmailbot.mail.trimmings import (
    is_damaged,
    same_marker,
    with_citations,
    without_cut,
    without_greeting,
    without_lead,
    without_name,
    without_rule_below,
    without_stars,
)

__all__ = ["ConservationBroken", "Reading", "conserved", "read_answers"]

READ_CHARACTERS = 256_000
"""Text beyond this is not searched for answers; it goes to the remainder whole."""


def read_answers(text: VisibleText, form: SentForm, sender: Address | None = None) -> Reading:
    """What this letter answers of this form. `sender` helps to tell a signature. Raises ConservationBroken.

    For a form without questions the remainder is the new text, and what was quoted stands in `quoted`.
    """
    head, rest = _capped(text)
    layout = lay_out(head, form)
    reading = _reading(layout, form, sender) if form.questions else _unasked(layout)
    if rest.lines:
        cut = len(head.text)
        reading = _with_rest(reading, text, (cut, len(text.text)))
    if not conserved(text, form, reading):
        raise ConservationBroken
    return reading


def _capped(text: VisibleText) -> tuple[VisibleText, VisibleText]:
    room = READ_CHARACTERS
    if sum([len(line.text) + 1 for line in text.lines]) <= room:
        return text, VisibleText((), text.source)
    for number, line in enumerate(text.lines):
        room -= len(line.text) + 1
        if room < 0:
            return VisibleText(text.lines[:number], text.source), VisibleText(text.lines[number:], text.source)
    return text, VisibleText((), text.source)


def _with_rest(reading: Reading, text: VisibleText, span: Span) -> Reading:
    remainder = f"{reading.remainder}\n{text.text[span[0] : span[1]].strip()}".strip()
    return replace(reading, remainder=remainder, remainder_spans=(*reading.remainder_spans, span))


_PERHAPS_FAREWELL = 0.6
_PERHAPS_A_LIST = 0.6
_QUOTED_BESIDE = 0.75
_DASHES = "-–— "
_PERHAPS_DAMAGED = 0.6
_REMARK_LINES = 1
_PERHAPS_TWO = 0.75


_MOST_PIECES = 500
"""Pieces of loose text in which answers are looked for, the least quoted first: people write a dozen at most."""


@dataclass(slots=True)
class _Sheet:
    """The reading while it is made: what was found for each question, and what is left."""

    layout: Layout
    writers: tuple[Address, ...]
    found: list[Found]
    left: list[Span]
    marks: list[Span]
    twice: set[int] = field(default_factory=set)
    labels: dict[int, int] = field(default_factory=dict)
    """Where each mark begins, by its end."""

    def label_before(self, gap: Gap) -> str:
        """The label that stands before the question that a gap follows."""
        return self.layout.text[self.labels.get(gap.asked_at, gap.asked_at) : gap.asked_at]


def _reading(layout: Layout, form: SentForm, sender: Address | None) -> Reading:
    sheet = _Sheet(
        layout, quoted_writers(layout.text, form.ours, form.text), [], list(layout.strays), list(layout.marks)
    )
    sheet.labels = {end: start for start, end in layout.marks}
    loose = _read_anchors(sheet)
    _split_lists(sheet, form)
    loose = place_above(layout, sheet.found, loose, form.questions[-1].number)
    values, loose = _read_profile(sheet, loose)
    _read_loose(sheet, loose, form, sender)
    chosen = _choose(sheet)
    chosen = _without_tail(sheet, chosen, sender)
    _trim_beginnings(sheet, chosen, sender)
    answered = {found.question for found in chosen}
    unanswered = [question for question in form.questions if question.number not in answered]
    for found in chosen:
        found.spans, cuts = without_cut(layout, found.spans)
        found.spans, stars = without_stars(layout, found.spans)
        found.spans, rules = without_rule_below(layout, found.spans)
        sheet.marks += cuts + stars + rules
        if any(is_damaged(layout.text[start:end]) for start, end in found.spans):
            found.doubt(_PERHAPS_DAMAGED)
        mentions = layout.mentioned and any(layout.mentions_in(span) for span in found.spans)
        if mentions or any(asks_another(layout.text[start:end], unanswered) for start, end in found.spans):
            found.doubt(_PERHAPS_TWO)
    answers = tuple(_answer(layout, found) for found in sorted(chosen, key=lambda found: found.question))
    remainder = tuple(sorted(span for span in sheet.left if layout.text[span[0] : span[1]].strip()))
    left = "\n".join(layout.text[start:end].strip("\n") for start, end in remainder)
    values += guessed_facts(form, left, sender, {value.key for value in values})
    anchored = any(found.source == "inline" for found in chosen)
    marks = tuple(sorted(sheet.marks))
    twice = tuple(sorted(sheet.twice))
    return Reading(answers, tuple(values), left, anchored, "", remainder, layout.ours, marks, "", twice)


def _unasked(layout: Layout) -> Reading:
    """A form that asks nothing: what is new, and what is quoted, of the words that are not ours."""
    new: list[Span] = list(layout.strays)
    quoted: list[Span] = []
    old = False
    for gap in layout.gaps:
        old = old or gap.after_header
        for start, end in layout.by_depth(gap.span):
            (quoted if old or layout.depth_at(start) > 0 else new).append((start, end))
    texts = ["\n".join(layout.text[start:end].strip("\n") for start, end in sorted(part)) for part in (new, quoted)]
    spans = tuple(sorted((*new, *quoted)))
    return Reading((), (), texts[0].strip(), False, texts[1].strip(), spans, layout.ours, layout.marks)


def _read_anchors(sheet: _Sheet) -> list[Gap]:
    """Answers below (or beside) questions of ours; the gaps that follow something else are returned."""
    loose: list[Gap] = []
    before: Gap | None = None
    inside = any(sheet.layout.line_depths) and sheet.layout.answers_inside()
    for gap in sheet.layout.gaps:
        if gap.question is None:
            if not gap.blank:
                loose.append(gap)
            before = None
            continue
        spans, deeper = sheet.layout.shallowest(gap, inside)
        sheet.left += deeper
        if spans:
            # A hint of ours between two halves of one answer does not make it two answers.
            goes_on = before is not None and before.question == gap.question and bool(sheet.found)
            if not (goes_on and sheet.found[-1].gap is before):
                sheet.found.append(Found(gap.question, (), gap.depth, gap.confidence, "inline", gap))
                spans, leads = without_lead(sheet.layout, spans)
                spans, marks = without_name(sheet.layout, gap.question, spans, sheet.label_before(gap))
                sheet.marks += leads + marks
            _add(sheet, gap, spans, deeper)
        before = gap
    return loose


def _add(sheet: _Sheet, gap: Gap, spans: tuple[Span, ...], deeper: list[Span]) -> None:
    """More words for the answer found last. Only the new ones are looked at: there may be very many halves."""
    last, layout = sheet.found[-1], sheet.layout
    depth = min(layout.depth_at(start) for start, _ in spans)
    last.depth = min(last.depth, depth) if last.spans else depth
    last.spans, last.gap = (*last.spans, *spans), gap
    last.doubt(gap.confidence)
    depths = {layout.depth_at(start) for part in spans for start, _ in layout.by_depth(part)}
    if (
        len(depths) > 1
        or max(depths, default=0) > gap.depth
        or any(layout.text[start:end].strip() for start, end in deeper)
    ):
        # Quoted words that are not ours: a client's, or a quotation that is part of the answer.
        last.doubt(_QUOTED_BESIDE)


def _split_lists(sheet: _Sheet, form: SentForm) -> None:
    """Answers at a question that go on with the numbers of the next ones, which are answered nowhere else."""
    answered = {found.question for found in sheet.found}
    for found in [*sheet.found]:
        later = (question for question in form.questions if question.number > found.question)
        following = [*takewhile(lambda question: question.number not in answered, later)]
        start, end = found.spans[0]
        parts = going_on(sheet.layout.text[start:end], following) if len(found.spans) == 1 else ()
        if parts:
            split, left, marks = by_labels(sheet.layout, (start, end), parts)
            found.spans = (left[0],)
            sheet.left += left[1:]
            sheet.marks += marks
            sheet.found += split
            for each in (found, *split):
                each.doubt(_PERHAPS_TWO)


def _read_profile(sheet: _Sheet, loose: list[Gap]) -> tuple[list[ProfileValue], list[Gap]]:
    """Values after profile labels of ours. What goes on after a value is loose again."""
    values: list[ProfileValue] = []
    rest: list[Gap] = []
    for gap in loose:
        if gap.profile is None:
            rest.append(gap)
            continue
        value, after = profile_answer(sheet.layout, gap)
        if value is None or any(known.key == gap.profile for known in values):
            rest.append(gap)
            continue
        values.append(ProfileValue(gap.profile, sheet.layout.text[value[0] : value[1]], guessed=False))
        sheet.marks += [(gap.span[0], value[0])]
        if sheet.layout.text[after[0] : after[1]].strip():
            rest.append(gap.shrunk(after))
    return values, rest


def _read_loose(sheet: _Sheet, loose: list[Gap], form: SentForm, sender: Address | None) -> None:
    """Answers in text that follows no question of ours, and in a pile of answers below the last question."""
    piled = _piled(sheet, form)
    if piled is not None:
        found, left, marks = piled
        sheet.found, sheet.left, sheet.marks = found, sheet.left + left, sheet.marks + marks
    if not sheet.layout.anchors:
        loose = _read_between_numbers(sheet, loose, form)
        loose = loose if sheet.found else _read_between_paragraphs(sheet, loose, form)
    inline = list(sheet.found)
    newest: int | None = None
    depth_at = sheet.layout.depth_at
    pieces = [(depth_at(span[0]), gap, span) for gap in loose for span in sheet.layout.by_depth(gap.span)]
    for number, (depth, gap, span) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if number >= _MOST_PIECES or (gap.after_header and depth == 0 and not sheet.layout.anchors):
            sheet.left.append(span)
            continue
        # Old answers that come back quoted do not stand in the way of a new one above them.
        anchored = frozenset(found.question for found in inline if found.depth <= depth)
        found, left, marks = loose_answers(sheet.layout, span, form.questions, anchored, sender, inline=bool(inline))
        if found and newest is not None and depth > newest:
            # A list of answers that is quoted beside a newer list of answers was read when it came.
            sheet.left.append(span)
            continue
        newest = depth if found and newest is None else newest
        _cut_tail(sheet, found, sender)
        sheet.found += found
        sheet.left += left
        sheet.marks += marks


def _read_between_numbers(sheet: _Sheet, loose: list[Gap], form: SentForm) -> list[Gap]:
    """Answers in a quote of which only the numbers are still ours; the other gaps are returned."""
    rest: list[Gap] = []
    for gap in loose:
        read = between_numbers(sheet.layout, gap.span, [question.number for question in form.questions])
        if read is None:
            rest.append(gap)
            continue
        sheet.found += read[0]
        sheet.left += read[1]
    return rest


def _read_between_paragraphs(sheet: _Sheet, loose: list[Gap], form: SentForm) -> list[Gap]:
    """Answers in a quote of which only the shape is still ours; the gaps without them are returned."""
    quoted = any(sheet.layout.line_depths)
    found = between_paragraphs(sheet.layout, form) if quoted else []
    rest: list[Gap] = []
    for gap in loose:
        inside = [one for one in found if gap.span[0] <= one.spans[0][0] and one.spans[0][1] <= gap.span[1]]
        if not inside:
            rest.append(gap)
            continue
        edges = [gap.span[0], *(edge for one in inside for edge in one.spans[0]), gap.span[1]]
        sheet.found += inside
        sheet.left += zip(edges[::2], edges[1::2], strict=True)
    return rest


def _piled(sheet: _Sheet, form: SentForm) -> tuple[list[Found], list[Span], list[Span]] | None:
    """All answers below the last question, with labels: bottom-posted under a quote that was cut."""
    asked = tuple(question.number for question in form.questions)
    if len(asked) == 1 or len(sheet.found) != 1 or sheet.found[0].question != asked[-1]:
        return None
    only = sheet.found[0]
    if len(only.spans) != 1 or only.gap is None:
        return None
    found, left, marks = loose_answers(sheet.layout, only.spans[0], form.questions, frozenset(), labels_only=True)
    if [each.question for each in found] == list(asked):
        if any(sheet.layout.text[start:end].strip() for start, end in left):
            # Words above the first label: a greeting, or an answer that holds a list.
            for each in found:
                each.doubt(_PERHAPS_A_LIST)
        return found, left, marks
    if len(found) > 1:
        only.doubt(0.7)
    return None


def _choose(sheet: _Sheet) -> list[Found]:
    """One for each question: the least quoted, then the first. The others go to the remainder, and raise a doubt."""
    chosen: dict[int, Found] = {}
    for found in sorted(sheet.found, key=lambda found: (found.depth, found.confidence < SURE, found.spans[0])):
        best = chosen.get(found.question)
        if best is None:
            chosen[found.question] = found
            continue
        sheet.left += found.spans
        if best.depth == found.depth and best.confidence >= SURE and found.confidence >= SURE:
            best.doubt(0.75)
            sheet.twice.add(found.question)
    return list(chosen.values())


def _without_tail(sheet: _Sheet, chosen: list[Found], sender: Address | None) -> list[Found]:
    """Farewell, signature and disclaimer off the last answer; no answer at all if it was nothing else."""
    if not chosen:
        return chosen
    last = max(chosen, key=lambda found: found.spans[-1])
    if not _cut_tail(sheet, [last], sender) or last.source != "inline" or len(last.spans) > 1:
        return chosen
    sheet.left.append(last.spans[0])
    return [found for found in chosen if found is not last]


def _cut_tail(sheet: _Sheet, found: list[Found], sender: Address | None) -> bool:
    """Farewell and what follows it off the last of these. True if it is nothing else; then it stays as it is."""
    if not found:
        return False
    last = max(found, key=lambda one: one.spans[-1])
    start, end = last.spans[-1]
    rows = sheet.layout.text[start:end].split("\n")
    cut = min(tail_start(rows, person) for person in dict.fromkeys([sender, *sheet.writers]))
    later = tail_start(rows[1:]) + 1 if cut == 0 else 0
    blank = not "".join(rows[1:later]).strip()
    if cut == 0 and blank and rows[0].strip(_DASHES) == "" and not "".join(rows[1:2]).strip():
        cut = later  # a dash with nothing right below it is an answer, not the rule above a signature
    if cut == 0 and later < len(rows) and len(rows[0].split()) == 1 and blank:
        # "Best", and a farewell below it: a very short answer, or two farewells.
        cut = later
        last.doubt(_PERHAPS_FAREWELL)
    if not "".join(rows[:cut]).strip():
        if cut > 0 or len(last.spans) == 1:
            return cut == 0
        sheet.left.append(last.spans[-1])
        last.spans = last.spans[:-1]
        return _cut_tail(sheet, [last], sender)
    behind = tail_in_line(rows[:cut], sender)
    if behind is None and cut >= len(rows):
        return False
    row, place = behind or (cut, 0)
    if any(may_be_said(line) for line in rows[cut : cut + _REMARK_LINES] if line.strip()):
        last.doubt(_PERHAPS_TWO)
    border = start + sum(len(each) + 1 for each in rows[:row]) + place
    sheet.left.append((border, end))
    last.spans = (*last.spans[:-1], sheet.layout.trimmed((start, border)))
    return False


def _trim_beginnings(sheet: _Sheet, chosen: list[Found], sender: Address | None) -> None:
    """A greeting off the first answer, and off all of them a mark that somebody put before each."""
    layout = sheet.layout
    inline = sorted((found for found in chosen if found.source == "inline"), key=lambda found: found.spans[0])
    for found in inline[:1]:
        found.spans, greeting = without_greeting(layout, found.spans)
        sheet.left += greeting
    size = same_marker(layout, [found.spans[0] for found in inline], sender)
    for found in inline if size else ():
        start, end = found.spans[0]
        found.spans = (layout.trimmed((start + size, end)), *found.spans[1:])
        named = any(character.isalpha() for character in layout.text[start : start + size])
        (sheet.left if named else sheet.marks).append((start, start + size))


def _answer(layout: Layout, found: Found) -> Answer:
    text = "\n".join(with_citations(layout, span) for span in found.spans)
    return Answer(found.question, text, found.confidence, found.source, (found.spans[0][0], found.spans[-1][1]))
