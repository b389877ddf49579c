"""What fuzzing begins with: for each target some good and some broken bytes, all of our own making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.attacks.hostile import MAILS
from tests.mail import documents as made

_LETTERS = Path(__file__).parent.parent / "letters"
_LARGEST = 20_000
"""Bytes of a seed: large ones slow the hunt down and are no better."""

_HTML = (
    b"<p>1. hello <b>you</b><blockquote type=cite>old<br>text</blockquote>",
    b"<table><tr><td>a<td>b</table><ol start=3><li>x<li value=9>y</ol><pre> a\n b</pre>",
    b'<div style="display:none">x</div><p class=MsoNormal>&nbsp;</p></body></html>after',
)
_READING = (
    b"1. What is your role?\nI work.\n> 2. What else?\nmore\n-- \nAnna",
    b"On Tue, 1 Mar 2022, RAN PRISONS call <prisons-call@ran.example> wrote:\n> 1. words\nQ2: a\nBest wishes,\nAnna",
)
_CALENDAR = (
    (
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:a@b.example\r\nSEQUENCE:1\r\nDTSTAMP:20220301T090000Z\r\n"
        b'ATTENDEE;CN="A, B";PARTSTAT=ACCEPTED:mailto:a@b.test\r\nSUMMARY:x\\,\r\n z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    ),
)
_REPORT = (
    (
        b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        b"Content-Type: message/rfc822\n\nMessage-ID: <1@ran.example>\n\nhi\n--b--\n"
    ),
)
_VERDICT = (
    b"mx.ran.example; dkim=pass (good) header.d=x.example; spf=pass smtp.mailfrom=x; dmarc=pass header.from=x.example",
    b'mx.ran.example 1; dmarc="pass" reason="a (b) \\" c" (comment (nested)) header.from=x.example',
)


@cache
def seeds() -> Mapping[str, Sequence[bytes]]:
    """For each target, in the same order every time."""
    letters = tuple(path.read_bytes() for path in sorted(_LETTERS.glob("*.eml")))
    small = tuple(raw for raw in (make() for make in MAILS.values()) if len(raw) <= _LARGEST)
    words = ("1. words", "2. more words")
    word, text, page = made.docx_of(words), made.odt_of(words), made.pdf([words], {"Name": "Anna"})
    rich = b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\\f0 1. w\\'f6rds\\par \\u8364?{\\*\\x y}}"
    outlook, signed = made.tnef("hello", {"a.txt": b"words"}), made.signed(b"Content-Type: text/plain\n\nwords")
    files = (word, text, page, rich, outlook, signed, _HTML[0], _CALENDAR[0])
    return {
        "decode": (*letters, *small),
        "html": _HTML,
        "reading": _READING,
        "docx": (word,),
        "word": (made.paragraph("words", numbered=True).encode(), b"<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"),
        "odt": (text,),
        "opendocument": (b'<text:list><text:list-item><text:p>a<text:s text:c="3"/><text:tab/></text:p>',),
        "pdf": (page,),
        "rtf": (rich,),
        "tnef": (outlook,),
        "smime": (signed, made.enveloped()),
        "attached": tuple(bytes([number]) + file for number, file in enumerate(files)),
        "calendar": _CALENDAR,
        "report": _REPORT,
        "verdict": _VERDICT,
        "whole": (*letters, *small),
    }
