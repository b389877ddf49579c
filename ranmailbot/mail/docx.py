"""Word documents (.docx) as text: every place in which somebody may write, and nothing they have deleted.

Body, tables, content controls, text boxes, tracked insertions, form fields, foot- and endnotes, comments, headers and
footers; automatic numbers are written out, because an answer may be known by nothing else.

Fear: bombs (see zip_directory.py, xml_events.py). Known limits: embedded objects, charts and pictures are not read.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.office_text import Paper
from ranmailbot.mail.unread import Unread
from ranmailbot.mail.xml_events import Attributes, walk
from ranmailbot.mail.zip_directory import opened, unpacked

_PLACES = tuple(
    re.compile(rf"word/{name}\d*\.xml", re.IGNORECASE)
    for name in ("document", "footnotes", "endnotes", "comments", "header", "footer")
)
_SKIPPED = frozenset({"Fallback", "del", "moveFrom", "delText", "instrText", "delInstrText", "pPrChange", "rPrChange"})
"""Fallback repeats a text box for old programs; instructions of fields are no text."""
_WRITTEN = {"tab": " ", "noBreakHyphen": "-", "ptab": " "}
_OFF = ("0", "false", "off", "none")
_ROMAN_AND_LETTERS_ARE_NOT_COUNTED = "decimal"


def docx_text(data: bytes, limits: Limits) -> str:
    """The text of a Word document. Raises Unread."""
    paper = Paper(limits.text_bytes)
    with opened(data, limits) as archive:
        numbers = _numbering(unpacked(archive, "word/numbering.xml", limits))
        for name in _members(archive):
            walker = _Walker(paper, numbers)
            walk(unpacked(archive, name, limits), walker.start, walker.end, walker.characters)
            paper.begin_block()
            paper.end_line()
    return paper.text()


def _members(archive: zipfile.ZipFile) -> list[str]:
    """The parts with text, the body first. Raises Unread if there is none."""
    names = sorted(archive.NameToInfo)
    found = [name for place in _PLACES for name in names if place.fullmatch(name)]
    if not found:
        raise Unread("it is no Word document")
    return found


@dataclass(slots=True)
class _Walker:
    """Where in the XML we are. `skipped` is how deep inside something that is not shown."""

    paper: Paper
    formats: Mapping[tuple[str, str], str]
    skipped: int = 0
    text: int = 0
    number: dict[str, str] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def start(self, name: str, attributes: Attributes) -> None:
        if self.skipped or name in _SKIPPED:
            self.skipped += 1
        elif name == "t":
            self.text += 1
        elif name in ("p", "txbxContent"):
            self.paper.begin_block()
            self.number = {}
        elif name in ("ilvl", "numId"):
            self.number[name] = attributes.get("val", "")
        elif name == "r" and self.number:
            self._write_number()
        elif name in ("br", "cr"):
            self.paper.end_line()
        else:
            self._mark(name, attributes)

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        elif name == "t":
            self.text -= 1
        elif name == "p":
            self.paper.end_line()
        elif name in ("txbxContent", "tc"):
            self.paper.begin_block()
        elif name == "pPr" and self.number.get("numId") == "0":
            self.number = {}

    def characters(self, text: str) -> None:
        if self.text and not self.skipped:
            self.paper.write(text.replace("\n", " "))

    def _mark(self, name: str, attributes: Attributes) -> None:
        if name == "tab" and not attributes:  # a tab stop of the ruler has attributes, a tab in the text has none
            self.paper.write(" ")
        elif name in _WRITTEN and name != "tab":
            self.paper.write(_WRITTEN[name])
        elif name == "checked" and attributes.get("val", "1") not in _OFF:
            self.paper.write("[x] ")

    def _write_number(self) -> None:
        """The automatic number of a list paragraph, at its first run."""
        number, level = self.number.get("numId", ""), self.number.get("ilvl", "0")
        self.number = {}
        if number and self.formats.get((number, level)) == _ROMAN_AND_LETTERS_ARE_NOT_COUNTED:
            count = self.counts.get((number, level), 0) + 1
            self.counts[number, level] = count
            self.paper.write(f"{count}. ")


def _numbering(data: bytes) -> Mapping[tuple[str, str], str]:
    """For each list and level the format of its numbers, such as "decimal" or "bullet"."""
    if not data:
        return {}
    book = _Numbering()
    walk(data, book.start, lambda _: None, lambda _: None)
    pairs = ((number, abstract) for number, abstract in book.lists.items())
    return {
        (number, level): shape
        for number, abstract in pairs
        for (of, level), shape in book.shapes.items()
        if of == abstract
    }


@dataclass(slots=True)
class _Numbering:
    """The part numbering.xml as it is read."""

    abstract: str = ""
    level: str = ""
    number: str = ""
    shapes: dict[tuple[str, str], str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "abstractNum":
            self.abstract = attributes.get("abstractNumId", "")
        elif name == "lvl":
            self.level = attributes.get("ilvl", "")
        elif name == "numFmt" and len(self.shapes) < _MOST_LEVELS:
            self.shapes.setdefault((self.abstract, self.level), attributes.get("val", ""))
        elif name == "num" and len(self.lists) < _MOST_LISTS:
            self.number = attributes.get("numId", "")
        elif name == "abstractNumId" and self.number:
            self.lists[self.number] = attributes.get("val", "")


_MOST_LEVELS = 2_000
_MOST_LISTS = 500
