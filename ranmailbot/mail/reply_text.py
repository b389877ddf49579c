"""Visible text as lines: plain text with its quote marks counted and taken off, format=flowed put together again.

(RFC 3676.) Known limit: a line of somebody's own that begins with ">" counts as quoted; no word of it is lost.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from ranmailbot.mail.characters import clean


class Line(NamedTuple):
    """One line of visible text. `depth` is how deeply it is quoted (">" or blockquote); 0 if not at all."""

    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class VisibleText:
    """The text a reader would see, as lines. Spans of answers are character offsets into `text`."""

    lines: tuple[Line, ...]
    source: str
    """Which part it came from: "plain", "html", "document" (an attachment) or "none"."""

    @property
    def text(self) -> str:
        """The lines without quote marks, joined by newlines."""
        return "\n".join([line.text for line in self.lines])

    @property
    def line_starts(self) -> list[int]:
        """At which character of `text` each line begins."""
        return [0, *accumulate([len(line.text) + 1 for line in self.lines[:-1]])] if self.lines else []

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled as two columns: letters come from another process, and line by line that took half their time."""
        texts, depths = tuple(line.text for line in self.lines), tuple(line.depth for line in self.lines)
        return _from_columns, (texts, depths, self.source)


def _from_columns(texts: tuple[str, ...], depths: tuple[int, ...], source: str) -> VisibleText:
    return VisibleText(tuple(map(Line, texts, depths)), source)


NO_TEXT = VisibleText((), "none")
_OTHER_MARK = re.compile(r"([|:»%#}!*+~]|[A-Za-z]{1,4}>)(?: |$)|([|:»%}!])(?=\S)")
_TARGET = re.compile(r"<(?P<target>(?:https?://|mailto:)[^\s<>]{3,2000})>")
_SCHEME = re.compile(r"^(?:https?://|mailto:)")
_FEWEST_MARKS, _FEWEST_BLANK = 6, 2


def plain_lines(text: str, flowed: bool = False, delsp: bool = False) -> tuple[Line, ...]:
    """The lines of a text/plain part. `flowed` and `delsp` as its Content-Type says (RFC 3676 4.1 to 4.6)."""
    rows = _once(clean(text)).expandtabs(4).split("\n")
    if flowed:
        return _reflowed(rows, delsp)
    rows = _plain_marks(rows)
    return tuple([Line(*unquoted(row)) if ">" in row else Line(row.rstrip(), 0) for row in rows])


def _once(text: str) -> str:
    """Addresses once: Outlook writes the target of a link behind its text ("x.example<https://x.example/>")."""
    if "<" not in text:
        return text
    kept: list[str] = []
    place = 0
    for match in _TARGET.finditer(text):
        said = _SCHEME.sub("", match["target"]).rstrip("/")
        before = text[max(place, match.start() - len(match["target"]) - 1) : match.start()].rstrip("/")
        if said and before.endswith(said):
            kept.append(text[place : match.start()])
            place = match.end()
    return "".join((*kept, text[place:]))


def _plain_marks(rows: list[str]) -> list[str]:
    """Rows with ">" where a client quotes with "|" or with initials ("RK> "); blank rows so marked give it away."""
    found = [match for row in rows if (match := _OTHER_MARK.match(row))]
    mark, often = Counter(match[1] or match[2] for match in found).most_common(1)[0] if found else ("", 0)
    if often < _FEWEST_MARKS or sum(1 for row in rows if row.rstrip() == mark) < _FEWEST_BLANK:
        return rows
    close = 2 * sum(1 for match in found if match[2] == mark) > often
    marked = (row.startswith(mark) if close else row.rstrip() == mark or row.startswith(f"{mark} ") for row in rows)
    return [f">{row[len(mark) :]}" if quoted else row for row, quoted in zip(rows, marked, strict=True)]


def unquoted(row: str) -> tuple[str, int]:
    """A line without its quote marks and the space at its end, and how many marks there were ("> >" counts two)."""
    if row.startswith("> ") and row[2:3] not in (">", " "):
        return row[2:].rstrip(), 1  # as nearly every quoted line is
    if ">" not in row or not row.lstrip().startswith(">"):
        return row.rstrip(), 0
    rest = row.lstrip("> ")
    run = row[: len(row) - len(rest)]
    if not rest.lstrip().startswith(">"):
        # Behind the last mark only one space belongs to it; the others are the line's own.
        rest = row[len(run.rstrip(" ")) :]
    return rest.removeprefix(" ").rstrip(), run.count(">")


def _reflowed(rows: list[str], delsp: bool) -> tuple[Line, ...]:
    lines: list[Line] = []
    paragraph: list[str] = []
    open_depth = -1
    for row in rows:
        depth = len(row) - len(row.lstrip(">"))
        content = row[depth:].removeprefix(" ")
        signature = content.rstrip() == "--"
        if open_depth >= 0 and (depth != open_depth or signature):
            lines.append(Line("".join(paragraph).rstrip(), open_depth))
            paragraph, open_depth = [], -1
        paragraph.append(content[:-1] if delsp and content.endswith(" ") and not signature else content)
        if content.endswith(" ") and not signature:
            open_depth = depth
        else:
            lines.append(Line("".join(paragraph).rstrip(), depth))
            paragraph, open_depth = [], -1
    if paragraph:
        lines.append(Line("".join(paragraph).rstrip(), open_depth))
    return tuple(lines)
