"""OpenDocument texts (.odt) as text: paragraphs, tables, notes, comments, text boxes, form fields; no deletions.

Fear: bombs (see zip_directory.py, xml_events.py), a space that repeats itself a billion times. Known limit: automatic
numbers of lists are counted from 1 in each list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.office_text import Paper
from ranmailbot.mail.unread import Unread
from ranmailbot.mail.xml_events import Attributes, walk
from ranmailbot.mail.zip_directory import opened, unpacked

_SKIPPED = frozenset({"tracked-changes", "note-citation", "sequence-decls", "creator", "date"})
_PARAGRAPHS = ("p", "h")
_MOST_SPACES = 100
_VALUES = ("current-value", "value")


def odt_text(data: bytes, limits: Limits) -> str:
    """The text of an OpenDocument text: its content, then its headers and footers. Raises Unread."""
    paper = Paper(limits.text_bytes)
    with opened(data, limits) as archive:
        content = unpacked(archive, "content.xml", limits)
        if not content:
            raise Unread("it is no OpenDocument text")
        for part in (content, unpacked(archive, "styles.xml", limits)):
            walker = _Walker(paper)
            if part:
                walk(part, walker.start, walker.end, walker.characters)
                paper.begin_block()
    return paper.text()


@dataclass(slots=True)
class _Walker:
    """Where in the XML we are. `open` is how many paragraphs hold what comes next; `items` counts each open list."""

    paper: Paper
    skipped: int = 0
    open: int = 0
    items: list[int] = field(default_factory=list)
    number: str = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if self.skipped or name in _SKIPPED:
            self.skipped += 1
        elif name in _PARAGRAPHS:
            self.paper.begin_block()
            self.open += 1
            if self.number:
                self.paper.write(self.number)
                self.number = ""
        elif name == "list":
            self.items.append(0)
        elif name == "list-item" and self.items:
            self.items[-1] += 1
            self.number = f"{self.items[-1]}. " if len(self.items) == 1 else ""
        else:
            self._mark(name, attributes)

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        elif name in _PARAGRAPHS:
            self.open -= 1
            self.paper.end_line()
        elif name == "list" and self.items:
            self.items.pop()

    def characters(self, text: str) -> None:
        if self.open and not self.skipped:
            self.paper.write(" ".join(text.split("\n")))

    def _mark(self, name: str, attributes: Attributes) -> None:
        if name == "s":
            count = attributes.get("c", "1")
            self.paper.write(" " * min(int(count) if count.isdecimal() else 1, _MOST_SPACES))
        elif name == "tab":
            self.paper.write(" ")
        elif name == "line-break":
            self.paper.end_line()
        elif name in ("text", "textarea", "formatted-text", "combobox"):
            self._field(attributes)

    def _field(self, attributes: Attributes) -> None:
        value = next((attributes[key] for key in _VALUES if attributes.get(key)), "")
        if value:
            self.paper.begin_block()
            self.paper.write(value)
            self.paper.end_line()
