"""What people put around an answer that is no part of it: "Answer:" before it, "[...]" after it.

Fear: taking a word that says something. Only names of an answer with a colon, with no number but the question's own,
and only brackets that hold nothing. Known limit: languages that are not listed keep their "Answer:".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.address import Address
from ranmailbot.mail.farewells import GREETINGS
from ranmailbot.mail.labels import ANOTHER_NAME
from ranmailbot.mail.layout import Layout, Span
from ranmailbot.mail.names import all_sign, initials, known_names
from ranmailbot.mail.words import before_on_line, keys

_NAMES = (
    "answer|ans|my answer|reply|response|a|antwort|meine antwort|réponse|reponse|ma réponse|r|risposta|respuesta"
    "|resposta|antwoord|svar|vastaus|vastus|atbilde|atsakymas|odpowiedź|odpověď|odpoveď|odgovor|válasz|răspuns|отговор|ответ"
    "|відповідь|απάντηση|cevap|yanıt|תשובה|الجواب|الإجابة"
)
_BEFORE = re.compile(
    rf"[\s*_>-]*(?P<name>{_NAMES})[ \t*_.#]*(?:(?P<number>\d{{1,2}})[ \t*_]*[:.)]|[:：])[*_]*\s*", re.IGNORECASE
)
_OTHERS = re.compile(r"^[ \t*_>-]*[^\W\d_][ \t*_]*[:：]", re.MULTILINE)
_AFTER = re.compile(r"\s*(?:[\[(<](?:\.{2,4}|…|snip|cut|gekürzt)[\])>]\s*)+$", re.IGNORECASE)
_CUT_ENDS = (")", "]", ">")
_LEAD = re.compile(r"(?:[-–—=:]*[>→⇒]+|[-–—:=])[ \t]+(?=\S)")
_ONE_LETTER = re.compile(r"[*_]*[^\W\d_][ \t]?(?P<close>[:：.)])[*_]*[ \t]+(?=\S|$)")
"""The label of one letter that stands before a question or its answer: "Q. ... A. ..."."""
_ARROW = re.compile(r"[>→⇒]")
_BULLETS = re.compile(r"^[ \t]*[-–—][ \t]", re.MULTILINE)
_WITHIN = re.compile(r"(?<![^\s(\"'])\?+[^\W\d_]|(?<!\S)[^\W\d_]+\?[^\W\d_][^\s/=&]{0,40}(?!\S)")
_BLANK = re.compile(r"\n[ \t]*\n\s*|\n(?=\*)")
_STARRED = re.compile(r"\*[^*\s](?:[^*]*[^*\s])?\*")
_MARKER = re.compile(
    r"(?:[*_]*[\[({<][^\])}>\n]{1,40}[\])}>]:?[*_]*|"
    r"[*_]*(?:[^\W\d_]{1,16}\.?[ \t]){0,2}[^\W\d_]{1,16}\.?[ \t]?[:：][*_]*"
    r"|[^\W\d_][.)]"
    r"|[^\W\d_]{1,16}\.?[ \t]*(?:[-–—=~]*>+|[-–—=]+)"
    r"|[-–—=~:]*>+|[-–—=~]{2,4}|[=~]|\*{2,}|[#→⇒»/|+@]+)[ \t\n]+(?=\S)"
)
_ITEM = re.compile(r"[(\[{<][\w][)\]}>]:?")
"""The first item of a list: "(a)"."""
_LETTERED = re.compile(r"^[ \t]*[^\W\d_][.)][ \t]", re.MULTILINE)
_RULE_BELOW = re.compile(r"(?:\n[ \t]*([-_=*~#+.·•—–─])(?:[ \t]?\1){2,}[ \t]*)+\s*$")
_FEWEST_MARKED, _LETTERS = 2, 4
_GREETING_WORDS, _LONGEST_GREETING = 9, 100
_LONGEST = 60
_LONGEST_RULE = 200
_ROW = re.compile(r"[^\n]+")


def without_name(
    layout: Layout, question: int, spans: tuple[Span, ...], asked: str = ""
) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of an answer without "Answer 2:" before it, and that mark. `asked`: the label before the question."""
    start, end = spans[0]
    letter = _ONE_LETTER.match(layout.text, start, end) if _ONE_LETTER.match(asked.strip(" \t*_\n") + " ") else None
    if letter is not None and letter.end() < end:
        return (layout.trimmed((letter.end(), end)), *spans[1:]), [(start, letter.end())]
    before = _BEFORE.match(layout.text, start, min(end, start + _LONGEST))
    if before is None or before["number"] not in (None, str(question)) or before.end() >= end:
        return spans, []
    if before["number"] is None and len(before["name"]) == 1 and _OTHERS.search(layout.text, before.end(), end):
        return spans, []  # "A: yes / B: no": letters for people or choices
    return (layout.trimmed((before.end(), end)), *spans[1:]), [(start, before.end())]


def without_lead(layout: Layout, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of an answer without the dash or arrow that leads from the question to it on the question's line."""
    start, end = spans[0]
    lead = _LEAD.match(layout.text, start, end)
    on_line = before_on_line(layout.text, start).strip()
    if lead is None or not (on_line or _ARROW.search(lead[0])) or lead.end() >= end:
        return spans, []
    leads = layout.text[lead.end() : end].split("\n", 1)[0].rstrip().endswith(":")
    if not leads and not _ARROW.search(lead[0]) and _BULLETS.search(layout.text, lead.end(), end):
        return spans, []
    return ((lead.end(), end), *spans[1:]), [(start, lead.end())]


def without_stars(layout: Layout, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans without the asterisks that a client writes around a bold paragraph, and those marks."""
    pieces: list[Span] = []
    marks: list[Span] = []
    if not layout.text.startswith("*", spans[0][0]):
        return spans, []
    for start, end in spans:
        ends = [gap.start() for gap in _BLANK.finditer(layout.text, start, end)]
        starts = [gap.end() for gap in _BLANK.finditer(layout.text, start, end)]
        for first, last in zip([start, *starts], [*ends, end], strict=True):
            if not _STARRED.fullmatch(layout.text, first, last):
                return spans, []
            pieces.append((first + 1, last - 1))
            marks += [(first, first + 1), (last - 1, last)]
    return tuple(pieces), marks


def is_damaged(text: str) -> bool:
    """Whether letters were lost on the way: question marks within or before words, or little else."""
    marks = text.count("?")
    if "�" in text or (marks and _WITHIN.search(text) is not None):
        return True
    return marks > 1 and 2 * marks >= len("".join(text.split()))


def without_greeting(layout: Layout, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of a letter's first answer without "Dear all," above it, and that line."""
    start, end = spans[0]
    line = layout.text[start:end].split("\n", 1)[0]
    said = keys(line[:_LONGEST_GREETING])
    greets = any(said[:size] in GREETINGS for size in range(1, 5)) and len(said) <= _GREETING_WORDS
    apart = (
        line.rstrip(" *_")[-1:] in (",", "!", ":") or layout.text[start + len(line) : start + len(line) + 2] == "\n\n"
    )
    if not greets or not apart or len(line) > _LONGEST_GREETING or start + len(line) >= end:
        return spans, []
    return (layout.trimmed((start + len(line), end)), *spans[1:]), [(start, start + len(line))]


def _is_named(mark: str, times: int, sender: Address | None) -> bool:
    """Whether words before answers say whose or what they are ("AB:", "Anna -", "Antw.:"), and are no part of them."""
    said = keys(mark)
    short = len(said) == 1 and (len(said[0]) <= _LETTERS or times > _FEWEST_MARKED or mark.isupper() or "." in mark)
    return short or all_sign(said, known_names(sender) | initials(sender))


def _belongs(layout: Layout, mark: str, start: int, end: int) -> bool:
    """Whether a mark belongs to what follows: "a) ... b) ...", or two people who answer ("Ruth: ... Tom: ...")."""
    listed = mark[-1] in ".)" and _LETTERED.search(layout.text, start + len(mark), end) is not None
    return listed or (mark[0].isalpha() and ANOTHER_NAME.search(layout.text, start + len(mark), end) is not None)


def same_marker(layout: Layout, starts: Sequence[Span], sender: Address | None = None) -> int:
    """How long the mark is that somebody put before every answer ("[Anna]", "AO:", "==>"); 0 if there is none."""
    first = _MARKER.match(layout.text, *starts[0]) if len(starts) >= _FEWEST_MARKED else None
    if first is None:
        return 0
    mark = first[0].rstrip()
    if _ITEM.fullmatch(mark):
        return 0
    if mark[0].isalpha() and not _is_named(mark, len(starts), sender):
        return 0
    if mark[0] in "-–—*" and any(layout.text.find(f"\n{mark} ", start, end) >= 0 for start, end in starts):
        return 0  # bullets of lists
    if any(_belongs(layout, mark, start, end) for start, end in starts):
        return 0
    same = all(layout.text.startswith(mark, start) and end > start + len(first[0]) for start, end in starts)
    return len(mark) if same else 0


def without_cut(layout: Layout, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of an answer without the "[...]" below it that says where a quote was cut, and that mark."""
    start, end = spans[-1]
    if layout.text[max(start, end - _LONGEST) : end].rstrip()[-1:] not in _CUT_ENDS:
        return spans, []
    after = _AFTER.search(layout.text, max(start, end - _LONGEST), end)
    if after is None or after.start() <= start:
        return spans, []
    return (*spans[:-1], layout.trimmed((start, after.start()))), [(after.start(), end)]


def without_rule_below(layout: Layout, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], list[Span]]:
    """The spans of an answer without the line of dashes, stars or the like that parts it from the next, and that."""
    start, end = spans[-1]
    floor = max(start, end - _LONGEST_RULE)
    rule = _RULE_BELOW.search(layout.text, floor, end)
    if rule is None or rule.start() <= start:
        return spans, []
    rows = [(row.start(), row.end()) for row in _ROW.finditer(layout.text, rule.start(), end)]
    return (*spans[:-1], layout.trimmed((start, rule.start()))), rows


def with_citations(layout: Layout, span: Span) -> str:
    """The text of a span, with the ">" of lines that it cites between lines of its own."""
    if layout.is_level(span):
        return layout.text[span[0] : span[1]]
    rows = [(row, depth) for row, depth in layout.rows(span) if layout.text[row[0] : row[1]].strip()]
    base = min((depth for _, depth in rows), default=0)
    if all(depth == base for _, depth in rows):
        return layout.text[span[0] : span[1]]
    own = [number for number, (_, depth) in enumerate(rows) if depth == base]
    cited = {row[0]: depth - base for row, depth in rows[own[0] : own[-1]] if depth > base}
    marks = (">" * cited[start] + " " if start in cited else "" for (start, _), _ in layout.rows(span))
    return "".join(mark + layout.text[row[0] : row[1]] for mark, (row, _) in zip(marks, layout.rows(span), strict=True))
