"""What is fuzzed: each target takes any bytes and may raise nothing. Used by the short test and by the long hunt."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ranmailbot import config
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.adapters.whole_reading import WholeReader
from ranmailbot.desk import SentMail
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.attachments import read_document
from ranmailbot.mail.authentication import Trust, judge
from ranmailbot.mail.calendar import read_reply
from ranmailbot.mail.delivery_report import reports
from ranmailbot.mail.form import blank_form
from ranmailbot.mail.html_text import visible_lines
from ranmailbot.mail.letter import NotALetter, decode
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part, split
from ranmailbot.mail.reply_text import Line, VisibleText
from ranmailbot.mail.smime import open_smime
from ranmailbot.mail.tnef import tnef_parts
from ranmailbot.mail.unread import Unread
from ranmailbot.ports import Envelope, Unreadable
from tests.mail.documents import docx, odt, paragraph

Target = Callable[[bytes], object]
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits()
TRUST = Trust("generic", "mx.ran.example")
OWN = frozenset({"prisons-call@ran.example"})
_ROOT = Path(__file__).parent.parent.parent


@cache
def whole_reader() -> WholeReader:
    call = config.load(_ROOT / "config.toml", {}).call
    blank = SentMail("<form@mail.example.org>", "form", "", None, None, NOW, blank_form(call))
    return WholeReader(InProcessReadingRoom(LIMITS, TRUST, OWN), call, blank)


def _decode(data: bytes) -> None:
    try:
        letter = decode(data, NOW, LIMITS, TRUST, OWN)
    except NotALetter:
        return
    "\n".join((letter.text.text, letter.subject, *letter.also, *letter.calendars)).encode()  # no lone surrogate


def _html(data: bytes) -> None:
    visible_lines(data.decode("utf-8", "replace"), LIMITS)


def _reading(data: bytes) -> None:
    """The reader proves for itself that it lost no word."""
    rows = data.decode("utf-8", "replace").split("\n")
    read_answers(
        VisibleText(tuple(Line(row.lstrip(">"), row.count(">", 0, 9)) for row in rows), "plain"),
        whole_reader().mail.form,
    )


def _document(name: str, wrap: Callable[[bytes], bytes]) -> Target:
    def target(data: bytes) -> None:
        headers = (("content-transfer-encoding", "binary"),)
        try:
            read_document(Part(headers, "application/octet-stream", {}, "attachment", name, wrap(data)), LIMITS)
        except Unread:
            return

    return target


def _word(data: bytes) -> bytes:
    """As the body of a Word document that is sound otherwise: noise as a zip never gets as far as its XML."""
    return docx(paragraph("x") + data.decode("utf-8", "replace"))


def _open_document(data: bytes) -> bytes:
    return odt(data.decode("utf-8", "replace"))


def _tnef(data: bytes) -> None:
    try:
        tnef_parts(data, LIMITS)
    except Unread:
        return


def _calendar(data: bytes) -> None:
    read_reply(data.decode("utf-8", "replace"))


def _report(data: bytes) -> None:
    root, _ = split(
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + data, LIMITS
    )
    reports(root, LIMITS)


def _verdict(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    judge([("authentication-results", text), ("received", "from a by mx.ran.example")], "x.example", TRUST)


def _whole(data: bytes) -> None:
    letter = whole_reader().room.read_one(Envelope("INBOX", 1, 1, NOW, len(data), data), NOW)
    if isinstance(letter, Unreadable):
        assert not letter.reason.startswith("the reader failed"), letter.reason
        return
    whole_reader()._understood(letter)


def _attached(data: bytes) -> None:
    """A file in a mail; its first byte says of which kind."""
    name = ("a.docx", "a.odt", "a.pdf", "a.rtf", "winmail.dat", "smime.p7m", "a.html", "a.ics")[
        data[0] % 8 if data else 0
    ]
    head = f"From: a@x.example\nContent-Disposition: attachment; filename={name}\nContent-Transfer-Encoding: base64\n\n"
    _whole(head.encode() + base64.encodebytes(data[1:]))


def _same(data: bytes) -> bytes:
    return data


TARGETS: Mapping[str, Target] = {
    "decode": _decode,
    "html": _html,
    "reading": _reading,
    "docx": _document("a.docx", _same),
    "word": _document("a.docx", _word),
    "odt": _document("a.odt", _same),
    "opendocument": _document("a.odt", _open_document),
    "pdf": _document("a.pdf", _same),
    "rtf": _document("a.rtf", _same),
    "tnef": _tnef,
    "smime": open_smime,
    "attached": _attached,
    "calendar": _calendar,
    "report": _report,
    "verdict": _verdict,
    "whole": _whole,
}
