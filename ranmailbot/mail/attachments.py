"""Attached documents as text: which reader reads which, and a plain reason for what was not read.

Fear: every file. The readers may raise whatever they like, be slow, or eat memory: the first is caught here, the rest
is what the reading room's child processes are for. Known limits: .doc, .pages, scans and pictures are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ranmailbot.mail.characters import clean, clean_line
from ranmailbot.mail.charsets import decode
from ranmailbot.mail.docx import docx_text
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part
from ranmailbot.mail.odt import odt_text
from ranmailbot.mail.pdf import pdf_text
from ranmailbot.mail.reply_text import Line, VisibleText
from ranmailbot.mail.rtf import rtf_text
from ranmailbot.mail.unread import OutOfTime, Unread

_LONGEST_NAME = 200
_NAMELESS = "without a name"
_KINDS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "text/richtext": "txt",
    "text/plain": "txt",
    "text/html": "html",
}
_EXTENSIONS = {"docx": "docx", "docm": "docx", "dotx": "docx", "odt": "odt", "ott": "odt", "pdf": "pdf", "rtf": "rtf",
               "txt": "txt", "text": "txt", "md": "txt", "htm": "html", "html": "html"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """An attachment that was read: its cleaned name and its text. Spans of its answers count this text's characters."""

    name: str
    text: VisibleText


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text: its cleaned name, its type and its size in bytes as it was transferred."""

    name: str
    content_type: str
    size: int
    read: bool = False
    """Whether its words are known: as a document, as part of the text, or as a calendar."""
    reason: str = ""
    """Why a document was not read; the empty text for what nobody tries to read, such as a picture."""


def attachment(part: Part, *, read: bool = False, reason: str = "") -> Attachment:
    """What is told of an attached part."""
    name, kind = clean_line(part.filename, _LONGEST_NAME), clean_line(part.content_type, _LONGEST_NAME)
    return Attachment(name, kind, len(part.raw), read, reason)


def kind_of(part: Part) -> str:
    """Which reader is for this part: "docx", "odt", "pdf", "rtf", "txt", "html", or the empty text for none."""
    _, dot, extension = part.filename.lower().strip().rpartition(".")
    return _EXTENSIONS.get(extension, "") if dot else _KINDS.get(part.content_type, "")


def read_document(part: Part, limits: Limits) -> Document:
    """The text of an attached part for which `kind_of` names a reader. Raises Unread, and nothing else."""
    try:
        lines = _READERS[kind_of(part)](_content(part, limits), part, limits)
    except Unread:
        raise
    except OutOfTime as fault:
        raise Unread("it takes too long to read") from fault
    except Exception as fault:  # the readers raise what they like; each failure costs its own file only
        raise Unread("it is damaged") from fault
    if not any(line.text.strip() for line in lines):
        raise Unread("it holds no text")
    name = clean_line(part.filename, _LONGEST_NAME) or _NAMELESS
    return Document(name, VisibleText(_capped(lines, limits), "document"))


def _content(part: Part, limits: Limits) -> bytes:
    content = part.content
    if len(content) > limits.document_bytes:
        raise Unread("it is larger than the limit")
    return content


def _capped(lines: tuple[Line, ...], limits: Limits) -> tuple[Line, ...]:
    if sum(len(line.text) + 1 for line in lines) > limits.text_bytes:
        raise Unread("it holds more text than the limit")
    return lines


def _lines(text: str) -> tuple[Line, ...]:
    """Lines of a document. Nothing in it is a quotation, whatever mark it begins with."""
    return tuple(Line(row.rstrip(), 0) for row in clean(text).expandtabs(4).split("\n"))


def _plain(content: bytes, part: Part, limits: Limits) -> tuple[Line, ...]:
    if len(content) > limits.text_bytes:
        raise Unread("it holds more text than the limit")
    return _lines(decode(content, part.parameters.get("charset", "")))


def _html(content: bytes, part: Part, limits: Limits) -> tuple[Line, ...]:
    if len(content) > limits.html_bytes:
        raise Unread("it holds more text than the limit")
    text = clean(decode(content, part.parameters.get("charset", "")))
    return tuple(Line(line.text, 0) for line in visible_lines(text, limits))


_Reader = Callable[[bytes, Part, Limits], tuple[Line, ...]]
_READERS: dict[str, _Reader] = {
    "docx": lambda content, _, limits: _lines(docx_text(content, limits)),
    "odt": lambda content, _, limits: _lines(odt_text(content, limits)),
    "pdf": lambda content, _, limits: _lines(pdf_text(content, limits)),
    "rtf": lambda content, _, limits: _lines(rtf_text(content, limits)),
    "txt": _plain,
    "html": _html,
}
