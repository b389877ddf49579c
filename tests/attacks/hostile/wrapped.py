"""Hostile wrappings and notices: rich text, winmail.dat, opaque S/MIME, calendars, delivery reports."""

from __future__ import annotations

import struct

from tests.attacks.hostile.build import ANSWER, Makers, attached, multipart, typed
from tests.mail.documents import enveloped, signed, tnef, wrapped


def _rtf(text: str) -> bytes:
    return attached("a.rtf", b"{\\rtf1" + text.encode("latin-1"), "text/rtf")


def _tnef(data: bytes) -> bytes:
    return attached("winmail.dat", data, "application/ms-tnef")


def _attribute(level: int, name: int, size: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, size) + data


_TNEF = struct.pack("<IH", 0x223E9F78, 1)


def _properties(data: bytes) -> bytes:
    """MAPI properties of the message, as they stand in a winmail.dat."""
    return _tnef(_TNEF + _attribute(1, 0x00069003, len(data), data) + b"\0\0")


def _compressed(size: int, raw_size: int, data: bytes) -> bytes:
    """Compressed rich text ([MS-OXRTFCP]) that claims these sizes."""
    body = struct.pack("<IIII", size, raw_size, 0x75465A4C, 0) + data
    return _properties(struct.pack("<IIII", 1, 0x10090102, 1, len(body)) + body + b"\0" * (-len(body) % 4))


def _p7m(data: bytes) -> bytes:
    return attached("smime.p7m", data, "application/pkcs7-mime; smime-type=signed-data")


def _signed_often(times: int) -> bytes:
    inner = b"Content-Type: text/plain\n\n" + ANSWER
    for _ in range(times):
        inner = wrapped(inner)
    return _p7m(signed(inner))


def _lengths(levels: int) -> bytes:
    """ASN.1 sequences of indefinite length within each other (X.690 8.1.3.6)."""
    return _p7m(b"\x30\x80" * levels)


def _calendar(lines: str, method: str = "REPLY") -> bytes:
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\n{lines}END:VCALENDAR\r\n"
    return multipart("\n" + ANSWER.decode(), f"Content-Type: text/calendar; method={method}; charset=utf-8\n\n{text}")


def _event(lines: str) -> bytes:
    head = "BEGIN:VEVENT\r\nUID:1@x.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@prison.example\r\n"
    return _calendar(f"{head}DTSTAMP:20220301T090000Z\r\nDTSTART:20220301T090000Z\r\n{lines}\r\nEND:VEVENT\r\n")


def _report(status: str) -> bytes:
    return typed(
        "multipart/report; report-type=delivery-status; boundary=b",
        f"--b\n\nsorry\n--b\nContent-Type: message/delivery-status\n\n{status}\n--b\n"
        "Content-Type: message/rfc822\n\nMessage-ID: <1@ran.example>\n\nhi\n--b--\n",
    )


_TOTAL = "Final-Recipient: rfc822; anna@prison.example\nAction: failed\nStatus: 5.1.1\n\n"

_RICH: Makers = {
    "groups within groups": lambda: _rtf("{" * 1_000_000),
    "groups that never opened": lambda: _rtf("}" * 1_000_000),
    "a million control words": lambda: _rtf("\\par\\b0" * 200_000),
    "a control word of 1 MB": lambda: _rtf("\\" + "a" * 1_000_000),
    "a number of 100,000 digits": lambda: _rtf("\\u" + "9" * 100_000 + "?"),
    "characters beyond Unicode": lambda: _rtf("\\uc1\\u-1?\\u65536?\\u99999999?\\u55357?" * 20_000),
    "skips of a billion": lambda: _rtf("\\uc1000000000\\u65?" + "x" * 100_000),
    "a binary of a gigabyte": lambda: _rtf("\\bin1000000000 x"),
    "hex of noise": lambda: _rtf("\\'zz\\'f" * 200_000),
    "ignored groups": lambda: _rtf("{\\*\\x words}" * 80_000),
    "a picture of 5 MB": lambda: _rtf("{\\pict " + "f" * 5_000_000 + "}"),
    "fonts": lambda: _rtf("{\\fonttbl" + "{\\f1\\fcharset128 x;}" * 40_000 + "}\\f1 words}"),
    "code pages that are none": lambda: _rtf("\\ansicpg99999\\'e4 words}"),
    "8 MB of words": lambda: _rtf("words \\par " * 750_000),
    "backslashes": lambda: _rtf("\\" * 1_000_001),
    "tables": lambda: _rtf("\\trowd\\cell\\row" * 90_000),
}

_WINMAIL: Makers = {
    "nothing": lambda: _tnef(b""),
    "a head only": lambda: _tnef(_TNEF),
    "noise": lambda: _tnef(_TNEF + bytes(range(256)) * 4_000),
    "zeros": lambda: _tnef(_TNEF + b"\0" * 4_900_000),
    "ones": lambda: _tnef(_TNEF + b"\1" * 4_900_000),
    "an attribute of 4 GB": lambda: _tnef(_TNEF + _attribute(1, 0x0002800C, 0xFFFFFFFF, b"x")),
    "100,000 empty attributes": lambda: _tnef(_TNEF + (_attribute(1, 0x0002800C, 0, b"") + b"\0\0") * 100_000),
    "100,000 attachments": lambda: _tnef(_TNEF + (_attribute(2, 0x00069002, 14, b"\1\0" + b"\0" * 12) + b"\x0d\0") * 100_000),
    "900 attachments": lambda: _tnef(tnef("hello", {f"a{n}.txt": b"1. words\n" for n in range(900)})),
    "winmail.dat within winmail.dat": lambda: _tnef(_within(300)),
    "a billion properties": lambda: _properties(struct.pack("<I", 0xFFFFFFFF) + b"\0" * 400_000),
    "a property of a billion values": lambda: _properties(struct.pack("<IIII", 1, 0x1000101E, 0xFFFFFFFF, 4) + b"x" * 9_999),
    "properties of negative size": lambda: _properties(struct.pack("<IIIi", 9, 0x1000001E, 1, -8) * 9_999),
    "named properties without an end": lambda: _properties(struct.pack("<I", 9) + b"\x1e\0\0\x80" + b"\1" * 40_000),
    "rich text of 4 GB": lambda: _compressed(0xFFFFFFFF, 0xFFFFFFFF, b"\xff" * 200_000),
    "rich text that repeats itself": lambda: _compressed(4_000_000, 0x7FFFFFFF, b"\xff" + b"\x00\x0f" * 8 + (b"\xff" + b"\x00\x0f" * 8) * 200_000),
    "rich text of no length": lambda: _compressed(0, 0, b""),
    "cut in the middle": lambda: _tnef(tnef("hello " * 900, {"a.txt": b"words" * 900})[:2_000]),
    "dates beyond time": lambda: _tnef(_TNEF + _attribute(1, 0x00038005, 14, b"\xff" * 14) + b"\xf2\x0d"),
    "a code page that is none": lambda: _tnef(_TNEF + _attribute(1, 0x00069007, 8, b"\xff" * 8) + b"\xf8\7" + _attribute(1, 0x0002800C, 5, b"hello") + b"\0\0"),
}  # fmt: skip


def _within(levels: int) -> bytes:
    inner = tnef("hello")
    for _ in range(levels):
        inner = tnef("hello", {"winmail.dat": inner})
    return inner


_OPAQUE: Makers = {
    "signed 4 times": lambda: _signed_often(4),
    "signed 25 times": lambda: _signed_often(25),
    "signed 10 MB": lambda: _p7m(signed(b"Content-Type: text/plain\n\n" + b"words and words\n" * 600_000)),
    "900 signed parts": lambda: multipart(*([wrapped(b"\n\nwords\n")] * 900)),
    "sequences without an end": lambda: _lengths(1_000_000),
    "500 sequences without an end": lambda: _lengths(500),
    "a length of 2**1000": lambda: _p7m(b"\x30\xfd" + b"\xff" * 125),
    "a length beyond the end": lambda: _p7m(b"\x30\x84\x7f\xff\xff\xff" + b"\x30" * 1_000),
    "an identifier without an end": lambda: _p7m(b"\x3f" + b"\xff" * 1_000_000),
    "an object identifier of 1 MB": lambda: _p7m(b"\x30\x83\x0f\x42\x44\x06\x83\x0f\x42\x40" + b"\xff" * 1_000_000),
    "noise": lambda: _p7m(bytes(range(256)) * 4_000),
    "encrypted": lambda: _p7m(enveloped()),
    "a million recipients": lambda: _p7m(enveloped()[:20] + b"\x30\x00" * 1_000_000),
    "a signed multipart bomb": lambda: _p7m(signed(b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)))),
    "chunks within chunks": lambda: _p7m(b"\x24\x80" * 300_000 + b"\x04\x01x"),
}  # fmt: skip

_NOTICES: Makers = {
    "a rule for ever": lambda: _event("RRULE:FREQ=SECONDLY;INTERVAL=1"),
    "a rule of 1 MB": lambda: _event("RRULE:FREQ=YEARLY;BYSECOND=" + "0," * 300_000),
    "100,000 dates": lambda: _event("RDATE:" + "20220301T090000Z," * 50_000),
    "a zone of 1 MB": lambda: _calendar("BEGIN:VTIMEZONE\r\n" + "BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nEND:STANDARD\r\n" * 15_000),
    "100,000 events": lambda: _calendar("BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n" * 25_000),
    "events within events": lambda: _calendar("BEGIN:VEVENT\r\n" * 60_000),
    "ends without beginnings": lambda: _calendar("END:VEVENT\r\n" * 60_000),
    "100,000 attendees": lambda: _event("ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.example\r\n" * 18_000),
    "a line of 1 MB": lambda: _event("SUMMARY:" + "x" * 900_000),
    "a line folded 200,000 times": lambda: _event("SUMMARY:x\r\n" + " x\r\n" * 200_000),
    "a line of semicolons": lambda: _event("ATTENDEE" + ";" * 900_000 + ":mailto:a@b.example"),
    "a line of open quotes": lambda: _event('ATTENDEE;CN="' + '\\"' * 400_000),
    "dates beyond time": lambda: _event("DTSTART:99999999T999999Z\r\nDTSTAMP:00000000T000000Z\r\nSEQUENCE:" + "9" * 5_000),
    "a sequence of odd digits": lambda: _event("SEQUENCE:²\r\nSEQUENCE:٣\r\nSEQUENCE:-1"),
    "a calendar of noise": lambda: typed("text/calendar; method=REPLY", bytes(range(256)) * 3_000),
    "a calendar of NUL": lambda: typed("text/calendar; method=REPLY", b"\0" * 900_000),
    "900 calendars": lambda: multipart(*(["Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n"] * 900)),
    "a report on 20,000 people": lambda: _report(_TOTAL * 20_000),
    "a report of 1 MB in one line": lambda: _report("Final-Recipient: rfc822; " + "a" * 1_000_000),
    "a report of noise": lambda: _report("\x01\x02;;;:::\n\n" * 50_000),
    "a report on nobody": lambda: _report("Action: failed\n\nStatus: 5\n\n"),
    "a report with a status of digits": lambda: _report("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: " + "5." * 100_000),
    "a report of blank lines": lambda: _report("\n" * 500_000),
    "900 reports": lambda: typed("multipart/report; boundary=b", f"--b\nContent-Type: message/delivery-status\n\n{_TOTAL}\n" * 900),
    "a report within reports": lambda: typed("multipart/report; boundary=b", "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/report; boundary=b\n\n" * 5_000),
}  # fmt: skip

MAILS: Makers = {
    **{f"rich text: {name}": maker for name, maker in _RICH.items()},
    **{f"winmail.dat: {name}": maker for name, maker in _WINMAIL.items()},
    **{f"S/MIME: {name}": maker for name, maker in _OPAQUE.items()},
    **{f"notice: {name}": maker for name, maker in _NOTICES.items()},
}
