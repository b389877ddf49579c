"""Reply plus sent form makes answers plus remainder. What this project exists for.

Every sentence of the form that went out is found in the reply; what stands after question k, up to the next words of
ours, is answer k. Loose text is read by its labels. What is left is the remainder. No word is ever lost: `conserved`
is asked at the end of every reading.

Fear: nothing here may follow what the text says, only place it. Known limit: text that a client's HTML form of our mail
holds and our plain form does not is taken for the applicant's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ranmailbot.call.application import SURE, Answer, ProfileValue
from ranmailbot.mail.address import Address
from ranmailbot.mail.conservation import conserved
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.guesses import guessed_facts
from ranmailbot.mail.layout import Gap, Layout, Span, lay_out
from ranmailbot.mail.loose_text import loose_answers
from ranmailbot.mail.profile import profile_answer
from ranmailbot.mail.reading import ConservationBroken, Found, Reading
from ranmailbot.mail.reply_text import VisibleText
from ranmailbot.mail.signature import tail_start
from ranmailbot.mail.trimmings import without_cut, without_name

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
    for number, line in enumerate(text.lines):
        room -= len(line.text) + 1
        if room < 0:
            return VisibleText(text.lines[:number], text.source), VisibleText(text.lines[number:], text.source)
    return text, VisibleText((), text.source)


def _with_rest(reading: Reading, text: VisibleText, span: Span) -> Reading:
    remainder = f"{reading.remainder}\n{text.text[span[0] : span[1]].strip()}".strip()
    return replace(reading, remainder=remainder, remainder_spans=(*reading.remainder_spans, span))


_OURS_BEFORE = 2
_PERHAPS_ABOVE = 0.6
_PERHAPS_FAREWELL = 0.6
_PERHAPS_A_LIST = 0.6
_QUOTED_BESIDE = 0.75


@dataclass(slots=True)
class _Sheet:
    """The reading while it is made: what was found for each question, and what is left."""

    layout: Layout
    found: list[Found]
    left: list[Span]
    marks: list[Span]
    twice: set[int] = field(default_factory=set)


def _reading(layout: Layout, form: SentForm, sender: Address | None) -> Reading:
    sheet = _Sheet(layout, [], list(layout.strays), list(layout.marks))
    loose = _read_anchors(sheet)
    _doubt_answers_above(sheet, form)
    values, loose = _read_profile(sheet, loose)
    _read_loose(sheet, loose, form, sender)
    chosen = _choose(sheet)
    chosen = _without_tail(sheet, chosen, sender)
    for found in chosen:
        found.spans, cuts = without_cut(layout, found.spans)
        sheet.marks += cuts
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
    for gap in sheet.layout.gaps:
        if gap.question is None:
            if not gap.blank:
                loose.append(gap)
            before = None
            continue
        spans, deeper = sheet.layout.shallowest(gap)
        sheet.left += deeper
        if spans:
            # A hint of ours between two halves of one answer does not make it two answers.
            if before is not None and before.question == gap.question and sheet.found and sheet.found[-1].gap is before:
                spans = (*sheet.found.pop().spans, *spans)
            spans, marks = without_name(sheet.layout, gap.question, spans)
            sheet.marks += marks
            depth = min(sheet.layout.depth_at(start) for start, _ in spans)
            sheet.found.append(Found(gap.question, spans, depth, gap.confidence, "inline", gap))
            if any(sheet.layout.text[start:end].strip() for start, end in deeper):
                # Quoted words that are not ours: a client's, or a quotation that is part of the answer.
                sheet.found[-1].doubt(_QUOTED_BESIDE)
        before = gap
    return loose


def _doubt_answers_above(sheet: _Sheet, form: SentForm) -> None:
    """Words of theirs just above the first question and none below the last: perhaps each answer is above its question.

    Then every answer would stand one question too early, so none of them is sure.
    """
    gaps = sheet.layout.gaps
    first = next((number for number, gap in enumerate(gaps) if gap.question is not None), 0)
    if first < _OURS_BEFORE or any(found.question == form.questions[-1].number for found in sheet.found):
        return
    before = gaps[first - 1]
    greeting = before.after_header and not gaps[first - 2].after_header
    rest = before.span if before.profile is None else profile_answer(sheet.layout, before)[1]
    quoted = gaps[first].depth
    theirs = any(not quoted or sheet.layout.depth_at(start) < quoted for start, _ in sheet.layout.by_depth(rest))
    if theirs and not greeting:
        for found in sheet.found:
            found.doubt(_PERHAPS_ABOVE)


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
    asked = tuple(question.number for question in form.questions)
    piled = _piled(sheet, asked)
    if piled is not None:
        found, left, marks = piled
        sheet.found, sheet.left, sheet.marks = found, sheet.left + left, sheet.marks + marks
    inline = list(sheet.found)
    newest: int | None = None
    depth_at = sheet.layout.depth_at
    pieces = [(depth_at(span[0]), gap, span) for gap in loose for span in sheet.layout.by_depth(gap.span)]
    for depth, gap, span in sorted(pieces, key=lambda piece: piece[0]):
        if gap.after_header and depth == 0 and not sheet.layout.anchors:
            sheet.left.append(span)
            continue
        # Old answers that come back quoted do not stand in the way of a new one above them.
        anchored = frozenset(found.question for found in inline if found.depth <= depth)
        found, left, marks = loose_answers(sheet.layout, span, asked, anchored, sender, inline=bool(inline))
        if found and newest is not None and depth > newest:
            # A list of answers that is quoted beside a newer list of answers was read when it came.
            sheet.left.append(span)
            continue
        newest = depth if found and newest is None else newest
        _cut_tail(sheet, found, sender)
        sheet.found += found
        sheet.left += left
        sheet.marks += marks


def _piled(sheet: _Sheet, asked: tuple[int, ...]) -> tuple[list[Found], list[Span], list[Span]] | None:
    """All answers below the last question, with labels: bottom-posted under a quote that was cut."""
    if len(asked) == 1 or len(sheet.found) != 1 or sheet.found[0].question != asked[-1]:
        return None
    only = sheet.found[0]
    if len(only.spans) != 1 or only.gap is None:
        return None
    found, left, marks = loose_answers(sheet.layout, only.spans[0], asked, frozenset(), labels_only=True)
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
    cut = tail_start(rows, sender)
    later = tail_start(rows[1:]) + 1
    if cut == 0 and later < len(rows) and len(rows[0].split()) == 1 and not "".join(rows[1:later]).strip():
        # "Best", and a farewell below it: a very short answer, or two farewells.
        cut = later
        last.doubt(_PERHAPS_FAREWELL)
    if cut >= len(rows) or not "".join(rows[:cut]).strip():
        return cut == 0
    border = start + sum(len(row) + 1 for row in rows[:cut])
    sheet.left.append((border, end))
    last.spans = (*last.spans[:-1], sheet.layout.trimmed((start, border)))
    return False


def _answer(layout: Layout, found: Found) -> Answer:
    text = "\n".join(layout.text[start:end] for start, end in found.spans)
    return Answer(found.question, text, found.confidence, found.source, (found.spans[0][0], found.spans[-1][1]))
