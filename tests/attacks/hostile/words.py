"""Hostile text: charsets, transfer encodings, format=flowed, storms of marks, quotations, what makes patterns explode."""

from __future__ import annotations

import base64
import random

from tests.attacks.hostile.build import ANSWER, Makers, encoded, mail, multipart, typed

_CHARSETS = (
    *("utf-7", "utf-16", "utf-16-le", "utf-32", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "rot13"),
    *("hz", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "base64", "zlib", "bz2", "hex", "uu", "undefined", "mbcs"),
    *("x-user-defined", "charmap", "utf-8-sig", "cp65001", "\u00fctf-8", "a" * 500, "../../../etc/passwd", "utf_8\0"),
)  # fmt: skip
_ODD = b"~{" + bytes(range(256)) * 40 + b"\x1b$B\x1b(B\x1b$)C\x0e+ADw-script+AD4-\\ud800\\N{BULLET}\xed\xa0\x80xn--a-\n"
_QUESTIONS = "".join(f"{n}. What is your role?\n" for n in range(1, 5))


def _noise(size: int, letters: bytes = bytes(range(256)), seed: int = 1) -> bytes:
    return bytes(random.Random(seed).choices(letters, k=size))  # noqa: S311 - repeatable, not secret


def _charset(name: str) -> bytes:
    return typed(f'text/plain; charset="{name}"', ANSWER + _ODD)


def _plain(text: str) -> bytes:
    return typed("text/plain; charset=utf-8", text)


def _flowed(text: str) -> bytes:
    return typed("text/plain; charset=utf-8; format=flowed; delsp=yes", text)


_TEXTS = {
    "256 KB of quotation marks": ">" * 256_000,
    "256 KB of quotation marks and spaces": "> " * 128_000,
    "lines of ever more quotation marks": "\n".join(">" * (n % 500) + " word" for n in range(4_000)),
    "a storm of combining marks": ("Z" + "\u0321\u0342\u0489\u035b" * 60 + "algo ") * 3_000,
    "200,000 combining marks": "e" + "\u0301" * 200_000,
    "joined people": ("👩\u200d👩\u200d👧\u200d👦" * 200 + "\n") * 200,
    "200,000 joiners": "👩" + "\u200d" * 200_000 + "👧",
    "200,000 variation selectors": "☃" + "\ufe0f" * 200_000,
    "flags": "🇪🇺" * 60_000,
    "bidirectional marks": "\u202e\u2066abc\u202c" * 50_000,
    "zero width": "a\u200b\u200c\u2060\ufeff" * 50_000,
    "every character": "".join(map(chr, (*range(1, 0xD800), *range(0xE000, 0x30000)))),
    "compatibility forms": "ﷺ" * 80_000 + "½①Ⅷ" * 10_000,
    "dotted capital letters": "İ" * 200_000,
    "digits of many scripts": "١. ২. ３. ௪. \n" * 10_000,
    "16 KB of line breaks": "\n" * 16_000,
    "1 MB of line breaks": "\n" * 1_000_000,
    "1 MB of spaces": " " * 1_000_000,
    "1 MB of tabs": "\t" * 1_000_000,
    "1 MB without a space": "x" * 1_000_000,
    "1 MB of hyphens": "-" * 1_000_000,
    "lines of hyphens": "--\n-- \n---\n" * 40_000,
    "1 MB of underscores": "_" * 1_000_000,
    "1 MB of full stops": "." * 1_000_000,
    "line separators": "\u2028\u2029\x85\x0b\x0c\x1c" * 40_000,
    "On On On": "On " * 80_000,
    "On ... wrote without an end": "On Tue, 1 Mar 2022 at 10:04 " * 9_000 + "wrote:",
    "reply headers": "On Tue, 1 Mar 2022, RAN PRISONS call <prisons-call@ran.example> wrote:\n" * 4_000,
    "Outlook headers": "From: RAN PRISONS call\nSent: today\nTo: x\nSubject: y\n" * 5_000,
    "Outlook headers of one line": "From: " * 40_000,
    "50,000 labels": "".join(f"{n}. " for n in range(50_000)),
    "50,000 labels on lines": "".join(f"{n % 5}. word\n" for n in range(50_000)),
    "60,000 labels of one number": "1. a\n" * 60_000,
    "labels within labels": "1. 2) (3) iv) Q4: A1: Ad 1/ #2: " * 7_000,
    "a label of digits": "1" * 250_000 + ". word",
    "roman numerals": "mdclxvi" * 35_000 + ") word",
    "our questions 5,000 times": _QUESTIONS * 2_500,
    "our words in circles": "the call for participants in prisons " * 7_000,
    "20,000 farewells": "Best wishes,\nAnna\n\n" * 13_000,
    "20,000 signatures": "-- \nAnna\n" * 25_000,
    "200,000 addresses": "a@b.example " * 21_000,
    "an address without an end": "a@" + "b." * 125_000,
    "links": "https://" + "a/" * 125_000,
    "open brackets": "[" * 250_000,
    "open angle brackets": "<" * 250_000,
    "encoded words in the text": "=?utf-8?q?a?= " * 18_000,
    "commands": "withdraw\nerase\nstop\ninvite A-001\n" * 8_000,
    "profile lines": "Your name: a\nYour country: b\nYour organisation: c\n" * 5_000,
    "asterisks": "*a*" * 85_000,
    "alternating quotation": "> a\nb\n" * 42_000,
    "one letter a line": "a\n" * 128_000,
    "two kinds of quotation": "> | AB> >> a\n" * 19_000,
    "begin without end": "begin 644 a.txt\n" + "M" + "'" * 60 + "\n" * 4_000,
    "PGP without end": "-----BEGIN PGP MESSAGE-----\n" * 9_000,
}

_ENCODED: Makers = {
    "1 MB of base64 in one line": lambda: encoded("text/plain", "base64", base64.b64encode(b"hello " * 170_000)),
    "base64 of noise": lambda: encoded("text/plain", "base64", _noise(1_000_000)),
    "base64 of equal signs": lambda: encoded("text/plain", "base64", b"=" * 1_000_000),
    "base64 torn at its end": lambda: encoded("text/plain", "base64", b"aGVsbG8" * 30_000 + b"a"),
    "base64 of a letter a line": lambda: encoded("text/plain", "base64", b"a\n" * 500_000),
    "quoted-printable of equal signs": lambda: encoded("text/plain", "quoted-printable", b"=" * 1_000_000),
    "quoted-printable of soft breaks": lambda: encoded("text/plain", "quoted-printable", b"=\n" * 500_000),
    "quoted-printable of noise": lambda: encoded("text/plain", "quoted-printable", _noise(1_000_000)),
    "quoted-printable of spaces": lambda: encoded("text/plain", "quoted-printable", b" " * 1_000_000),
    "uuencode of noise": lambda: encoded("text/plain", "x-uuencode", b"begin 644 a\n" + _noise(1_000_000, b"M!Z`\n")),
    "an encoding of 100 KB": lambda: encoded("text/plain", "x" * 100_000, "hello"),
    "binary": lambda: encoded("application/octet-stream", "binary", _noise(1_000_000)),
    "noise": lambda: _noise(1_000_000),
    "noise of header letters": lambda: _noise(1_000_000, b'From:to \n\t=?;"<>@'),
    "noise as text": lambda: typed("text/plain", _noise(1_000_000)),
    "noise as HTML": lambda: typed("text/html", _noise(1_000_000)),
    "flowed for ever": lambda: _flowed("word \n" * 150_000),
    "flowed at changing depths": lambda: _flowed("".join(">" * (n % 7) + " word \n" for n in range(60_000))),
    "flowed signatures": lambda: _flowed("-- \n" * 100_000),
    "flowed spaces": lambda: _flowed(" \n" * 300_000),
    "a text that is only an attachment": lambda: mail("Content-Disposition: attachment; filename=a.txt", "1. a\n" * 99_000),
    "two alternatives of 1 MB": lambda: multipart(
        "Content-Type: text/plain\n\n" + " ".join(f"a{n}" for n in range(140_000)),
        "Content-Type: text/html\n\n<p>" + " ".join(f"b{n}" for n in range(140_000)),
        subtype="alternative",
    ),
}  # fmt: skip

MAILS: Makers = {
    **{f"charset {name[:24]!r}": lambda name=name: _charset(name) for name in _CHARSETS},  # type: ignore[misc]  # bound at once
    **{name: lambda text=text: _plain(text) for name, text in _TEXTS.items()},  # type: ignore[misc]  # bound at once
    **_ENCODED,
}
