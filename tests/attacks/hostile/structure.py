"""Hostile MIME structure: nesting, numbers, boundaries that never come, collide or overlap."""

from __future__ import annotations

from tests.attacks.hostile.build import HEAD, Makers, encoded, mail, multipart, typed


def _nested(levels: int, subtype: str = "mixed") -> bytes:
    return HEAD + b"".join(
        b"Content-Type: multipart/%s; boundary=b%d\n\n--b%d\n" % (subtype.encode(), n, n) for n in range(levels)
    )


def _closed(levels: int) -> bytes:
    return _nested(levels) + b"\nhello\n" + b"".join(b"--b%d--\n" % n for n in reversed(range(levels)))


def _same_boundary(levels: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * levels + b"\nhello\n"


def _wide_and_deep() -> bytes:
    inner = b"\nx"
    for level in range(28):
        line = b"--b%d\n" % level
        inner = b"Content-Type: multipart/mixed; boundary=b%d\n\n" % level + (line + inner + b"\n") * (
            2 if level < 12 else 1
        )
    return HEAD + inner


def _large_and_deep() -> bytes:
    """A megabyte of text below as many levels as are read: each level is a copy if nobody takes care."""
    return _nested(29) + b"\n" + b"0123456789abcdef\n" * 200_000


def _chain(kind: str, levels: int) -> bytes:
    return (HEAD + f"Content-Type: {kind}\n\n".encode()) * levels + b"hello\n"


def _encoded_chain(levels: int) -> bytes:
    import base64  # noqa: PLC0415 - beside its one use

    inner = HEAD + b"\nhello\n"
    for _ in range(levels):
        inner = (
            HEAD + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(inner)
        )
    return inner


MAILS: Makers = {
    "5,000 multiparts within each other": lambda: _nested(5_000) + b"\nhello\n",
    "5,000 multiparts within each other, all closed": lambda: _closed(5_000),
    "100,000 multiparts within each other": lambda: _nested(100_000) + b"\nhello\n",
    "100,000 multiparts of one boundary": lambda: _same_boundary(100_000),
    "5,000 alternatives within each other": lambda: _nested(5_000, "alternative"),
    "5,000 related within each other": lambda: _nested(5_000, "related"),
    "29 alternatives and a large text": lambda: _nested(29, "alternative") + b"\n" + b"some words here\n" * 60_000,
    "29 levels and 3 MB": _large_and_deep,
    "parts in parts, 4,096 leaves": _wide_and_deep,
    "100,000 parts": lambda: typed("multipart/mixed; boundary=b", b"--b\n\nx\n" * 100_000),
    "100,000 empty parts": lambda: typed("multipart/mixed; boundary=b", b"--b\n" * 100_000),
    "100,000 attachments": lambda: typed(
        "multipart/mixed; boundary=b", b"--b\nContent-Disposition: attachment; filename=a.pdf\n\nx\n" * 100_000
    ),
    "900 documents": lambda: typed(
        "multipart/mixed; boundary=b", b"--b\nContent-Disposition: attachment; filename=a.txt\n\nwords\n" * 900
    ),
    "10 documents of 100 KB": lambda: typed(
        "multipart/mixed; boundary=b",
        (b"--b\nContent-Disposition: attachment; filename=a.txt\n\n" + b"1. words and words\n" * 5_000) * 10,
    ),
    "900 alternatives": lambda: typed(
        "multipart/alternative; boundary=b",
        b"".join(b"--b\nContent-Type: text/plain\n\nword%d more\n" % n * 20 for n in range(900)),
    ),
    "900 alternatives in HTML": lambda: typed(
        "multipart/alternative; boundary=b",
        b"".join(b"--b\nContent-Type: text/html\n\n<p>word%d more</p>\n" % n for n in range(900)),
    ),
    "a boundary of 100 KB": lambda: typed(f'multipart/mixed; boundary="{"b" * 100_000}"', "--" + "b" * 100_000),
    "a boundary of nothing": lambda: typed('multipart/mixed; boundary=""', "--\n\nx\n----\n"),
    "no boundary at all": lambda: typed("multipart/mixed", "--b\n\nx\n--b--\n"),
    "a boundary that never comes": lambda: typed("multipart/mixed; boundary=b", "hello\n" * 50_000),
    "a boundary that is never closed": lambda: typed("multipart/mixed; boundary=b", "--b\n\nhello\n" * 3),
    "closed before it is opened": lambda: typed("multipart/mixed; boundary=b", "--b--\n--b\n\nhello\n"),
    "a boundary that is the beginning of another": lambda: multipart(
        "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nx\n--bb--", "\nhello"
    ),
    "inner and outer share a boundary": lambda: multipart(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--", "\nhello"
    ),
    "boundaries that overlap": lambda: typed(
        "multipart/mixed; boundary=a",
        "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--a\n\ntwo\n--b--\nthree\n--a--\n",
    ),
    "a boundary with white space behind it": lambda: typed(
        "multipart/mixed; boundary=b", "--b" + " " * 500_000 + "\n\nx\n"
    ),
    "a boundary that nearly comes 50,000 times": lambda: typed(
        'multipart/mixed; boundary="' + "-" * 60 + '"', ("-" * 61 + "\n") * 50_000
    ),
    "a boundary of pattern marks": lambda: typed('multipart/mixed; boundary="(a+)+$[.*"', "--(a+)+$[.*\n\nx\n" * 50),
    "a boundary of encoded words": lambda: typed('multipart/mixed; boundary="=?utf-8?q?b?="', "--b\n\nx\n--b--\n"),
    "a boundary in two parameters": lambda: typed(
        "multipart/mixed; boundary=a; boundary=b", "--a\n\none\n--b\n\ntwo\n--a--\n"
    ),
    "20 content types": lambda: mail(
        "\n".join(f"Content-Type: text/{kind}" for kind in ("plain", "html") * 10), "<b>hello</b>"
    ),
    "a content type of slashes": lambda: typed("////////;;;;====", "hello"),
    "a content type of 1 MB": lambda: typed("text/" + "plain" * 200_000, "hello"),
    "a million semicolons": lambda: typed("text/plain" + ";" * 1_000_000, "hello"),
    "1,000 messages within each other": lambda: _chain("message/rfc822", 1_000),
    "20,000 messages within each other": lambda: _chain("message/rfc822", 20_000),
    "1,000 global messages within each other": lambda: _chain("message/global", 1_000),
    "1,000 partial messages": lambda: _chain("message/partial; id=a; number=1; total=9", 1_000),
    "20 messages within each other in base64": lambda: _encoded_chain(20),
    "an external body": lambda: typed(
        "message/external-body; access-type=URL; URL=file:///etc/passwd", "Content-Type: text/plain\n\n"
    ),
    "a digest of 50,000 messages": lambda: typed(
        "multipart/digest; boundary=b", b"--b\n\nFrom: a@x.example\n\nx\n" * 50_000
    ),
    "a multipart in base64": lambda: encoded("multipart/mixed; boundary=b", "base64", "LS1iCgpoZWxsbwotLWItLQo="),
    "a preamble of 5 MB": lambda: typed("multipart/mixed; boundary=b", b"x" * 5_000_000 + b"\n--b\n\nhello\n--b--"),
    "an epilogue of 5 MB": lambda: typed("multipart/mixed; boundary=b", b"--b\n\nhello\n--b--\n" + b"x\n" * 2_500_000),
    "encrypted parts without end": lambda: typed(
        "multipart/encrypted; boundary=b", b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n" * 20_000
    ),
    "a signed mail whose signature is signed": lambda: _nested(1_000, "signed"),
    "24 MB of line breaks": lambda: mail("", b"\n" * 24_000_000),
    "24 MB in one attachment": lambda: multipart(
        "\nhello",
        b"Content-Disposition: attachment; filename=a.bin\nContent-Transfer-Encoding: base64\n\n"
        + (b"QUFB" * 18 + b"\n") * 328_000,
    ),
    "24 MB below 29 levels": lambda: _nested(29) + b"\n" + b"0123456789abcdef\n" * 1_400_000,
    "24 MB of headers": lambda: b"X-A: bcd\n" * 2_660_000 + b"\nhello\n",
    "nothing but line breaks": lambda: b"\r\n" * 100_000,
    "one byte": lambda: b"x",
    "one NUL": lambda: b"\0",
    "one line without an end": lambda: b"From: " + b"a" * 2_000_000,
}
