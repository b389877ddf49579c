"""Hostile header fields: too long, too many, folded for ever, smuggled, garbled; parameters of RFC 2231 and verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from tests.attacks.hostile.build import Makers, attached, mail, multipart


def _named(*lines: str) -> bytes:
    """A mail with one attached text whose disposition is written like this."""
    return multipart("\nhello", "Content-Disposition: attachment;\n " + ";\n ".join(lines) + "\n\n1. words")


def _sections(numbers: Iterable[int], star: str = "") -> bytes:
    return _named(*(f"filename*{n}{star}=part%41{n}" for n in numbers))


def _verdict(text: str) -> bytes:
    head = f"Authentication-Results: mx.ran.example; {text}\nReceived: from a by mx.ran.example; Tue, 1 Mar 2022 09:00:00 +0000\n"
    return head.encode("utf-8", "surrogatepass") + mail("", "hello")


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\n".encode("utf-8", "surrogatepass") + b"X-Next: 1\n\nhello\n"


_FIELDS = ("From", "To", "Date", "Subject", "Message-ID", "In-Reply-To", "References", "Return-Path", "Content-Type")
_STRINGS = {
    "nothing": "",
    "brackets": "<" * 20_000,
    "closed brackets": "<>" * 20_000,
    "quotes": '"' * 20_001,
    "parentheses": "(" * 50_000,
    "backslashes": '"' + "\\" * 20_001,
    "commas": "," * 50_000,
    "groups": "group:,;" * 10_000,
    "at signs": "@" * 50_000,
    "encoded words": "=?utf-8?q?=41?= " * 20_000,
    "controls": "".join(map(chr, range(1, 32))).replace("\n", "").replace("\r", "") * 100,
}

_SINGLE: Makers = {
    "a subject of 1 MB": lambda: _field("Subject", "x" * 1_000_000),
    "a subject of 1 MB of encoded words": lambda: _field("Subject", "=?utf-8?b?w6k=?= " * 60_000),
    "a subject of broken encoded words": lambda: _field("Subject", "=?utf-8?b?====" * 60_000),
    "a subject of question marks": lambda: _field("Subject", "=?" + "?" * 200_000),
    "encoded words within encoded words": lambda: _field("Subject", "=?utf-8?q?" * 20_000 + "x" + "?=" * 20_000),
    "20,000 recipients": lambda: mail("Cc: " + ", ".join(f"a{n}@b.example" for n in range(20_000)), "hello"),
    "20,000 recipients, folded": lambda: mail("Cc: " + ",\n ".join(f"a{n}@b.example" for n in range(20_000)), "hello"),
    "400 lines of recipients": lambda: mail("\n".join(["Cc: " + "a@b.example, " * 500] * 400), "hello"),
    "recipients of one long word": lambda: mail("Cc: " + "a" * 200_000 + "@" + "b" * 200_000, "hello"),
    "recipients without an at sign": lambda: mail("Cc: " + "a.b-c_d+e" * 20_000, "hello"),
    "100,000 headers": lambda: b"X-A: b\n" * 100_000 + b"\nhello\n",
    "100,000 froms": lambda: b"From: a@x.example\n" * 100_000 + b"\nhello\n",
    "100,000 received": lambda: b"Received: from a by b; now\n" * 100_000 + b"\nhello\n",
    "a header folded 100,000 times": lambda: b"Subject: a\n" + b" b\n" * 100_000 + b"\nhello\n",
    "a header folded over white space": lambda: b"Subject: a\n" + b" \t \n" * 100_000 + b"\nhello\n",
    "a fold before any header": lambda: b" folded\n" * 1_000 + b"From: a@x.example\n\nhello\n",
    "headers without a name": lambda: b": value\n" * 10_000 + b"\nhello\n",
    "headers without a colon": lambda: b"value " * 10_000 + b"\nFrom: a@x.example\n\nhello\n",
    "a header name of 100 KB": lambda: b"X" * 100_000 + b": y\n\nhello\n",
    "NUL in every header": lambda: b"Fr\0om: a\0@x.example\nSub\0ject: a\0b\n\nhel\0lo\n",
    "bare carriage returns": lambda: mail("", "").replace(b"\n", b"\r") + b"hello\rBcc: x@y.example\r",
    "mixed line ends": lambda: b"From: a@x.example\r\nSubject: b\rTo: c@d.example\n\r\r\n\nhello",
    "smuggled line breaks": lambda: _field("Subject", "=?utf-8?q?a=0D=0ABcc:_x@y.example=0D=0A=0D=0Abody?="),
    "smuggled line breaks in a name": lambda: _field("From", "=?utf-8?q?a=0D=0ABcc:_x@y.example?= <a@x.example>"),
    "8-bit headers of no charset": lambda: b"From: \xff\xfe\xfd <a@x.example>\nSubject: " + bytes(range(128, 256)) * 200 + b"\n\nhello\n",
    "lone surrogates in a header": lambda: b"From: a@x.example\nSubject: \xed\xa0\x80\xed\xbf\xbf\n\nhello\n",
    "a name of bidirectional marks": lambda: _field("From", "\u202e" * 3_000 + "x <a@x.example>"),
    "a name of combining marks": lambda: _field("From", "Z" + "\u0301" * 3_000 + " <a@x.example>"),
    "an address of letters that look like others": lambda: _field("From", "<аnnа@рrіsоn.example>"),
    "an address in punycode that is none": lambda: _field("From", "<a@xn--" + "9" * 200 + ".example>"),
    "an address in punycode that overflows": lambda: _field("From", "<a@xn--zzzzzzzzzzzzzzzzzzzzzzzz99999999.example>"),
    "an address with a literal": lambda: _field("From", "<a@[IPv6:" + ":" * 1_000 + "]>"),
    "an address with a quoted break": lambda: _field("From", '<"a\\\rb"@x.example>'),
    "an address of dots": lambda: _field("From", "<" + "." * 30_000 + "@" + "." * 30_000 + ">"),
    "a date in the year 99999999999": lambda: _field("Date", "Tue, 1 Mar 99999999999 10:00:00 +0000"),
    "a date before time began": lambda: _field("Date", "Mon, 1 Jan 0000 00:00:00 +2400"),
    "a zone beyond any": lambda: _field("Date", "Tue, 1 Mar 2022 10:00:00 +999999999999"),
    "a date of digits": lambda: _field("Date", "1" * 100_000),
    "100,000 references": lambda: _field("References", "\n ".join(f"<{n}@x.example>" for n in range(100_000))),
    "a Message-ID of 1 MB": lambda: _field("Message-ID", "<" + "a" * 1_000_000 + "@x.example>"),
    "a Content-Transfer-Encoding of 1 MB": lambda: _field("Content-Transfer-Encoding", "base64;" * 150_000),
    "5,000 sections of a file name": lambda: _sections(range(5_000)),
    "5,000 encoded sections": lambda: _sections(range(5_000), "*"),
    "sections with gaps": lambda: _sections(range(0, 900, 7)),
    "sections in reverse": lambda: _sections(range(900, 0, -1)),
    "sections that overlap": lambda: _sections([0, 1, 1, 2, 0, 0, 2, 1] * 50, "*"),
    "a section of number 10**400": lambda: _named("filename*" + "9" * 400 + "=x", "filename*0=a"),
    "a section of digits of another script": lambda: _named("filename*١=x", "filename*²=y", "filename*0=a"),
    "a file name in a charset that is code": lambda: _named("filename*=unicode_escape''%5Cud800"),
    "a file name in idna": lambda: _named("filename*=idna''" + "%41" * 600),
    "a file name of percent signs": lambda: _named("filename*=utf-8''" + "%" * 1_900),
    "a file name of quotes": lambda: _named("filename*=" + "'" * 1_900),
    "a file name without an end": lambda: _named('filename="' + "a\\" * 900),
    "a path as a file name": lambda: attached("../../../../etc/cron.d/x.txt", b"words"),
    "a file name of many ends": lambda: attached("a" + ".docx" * 40, b"words"),
    "a file name of a device": lambda: attached("/dev/stdin", b"words"),
    "parameters of equal signs": lambda: mail("Content-Type: text/plain; " + "=" * 1_900, "hello"),
    "parameters that backtrack": lambda: mail("Content-Type: text/plain; " + 'a="\\' * 600, "hello"),
    "two verdicts of ours": lambda: _verdict("dmarc=pass header.from=x.example; dmarc=fail header.from=x.example"),
    "a verdict of 100 KB": lambda: _verdict("dmarc=pass " * 9_000),
    "a verdict in comments": lambda: _verdict("(" * 3_000 + "dmarc=pass" + ")" * 3_000),
    "a verdict in open comments": lambda: _verdict("(" * 30_000),
    "a verdict in quotes": lambda: _verdict('dmarc="pass" header.from="' + "\\" * 7_001),
    "a verdict of no version": lambda: _verdict("1 2 3;;;;; = = = =; dmarc=/pass"),
    "a verdict of bytes": lambda: _verdict("\x01\x02\u202edmarc=pass\u0000"),
    "5,000 verdicts": lambda: b"Authentication-Results: mx.ran.example; dmarc=pass\n" * 5_000 + mail("", "hello"),
}  # fmt: skip


def _in(field: str, value: str) -> bytes:
    return _field(field, value)


MAILS: Makers = {
    **_SINGLE,
    **{
        f"{field} of {name}": lambda field=field, value=value: _in(field, value)  # type: ignore[misc]  # bound at once
        for field in _FIELDS
        for name, value in _STRINGS.items()
        if (len(field) + len(name)) % 3 == 0
    },
}
