"""Bytes become text: as declared, else UTF-8, else detected, else with replacement marks. Nothing is dropped.

Fear: a declared charset is a stranger's choice of codec. Only the codecs listed here are ever called (utf-7, utf-16,
unicode_escape, idna and the like hide text or explode). Latin-1 is read as Windows-1252, as every mail client does.
"""

from __future__ import annotations

import codecs

import cchardet

_ISO = tuple(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16))
_WINDOWS = tuple(f"cp{number}" for number in range(1250, 1259))
_DOS = ("cp437", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp860", "cp862", "cp863", "cp865", "cp866")
_CYRILLIC = ("koi8-r", "koi8-u", "mac-cyrillic", "mac-greek", "mac-latin2", "mac-roman")
_ASIAN = ("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr")
_MORE = ("cp949", "cp874", "tis-620", "utf-8", "utf-8-sig")
ALLOWED = frozenset((*_ISO, *_WINDOWS, *_DOS, *_CYRILLIC, *_ASIAN, *_MORE))
"""Names of codecs, as `codecs.lookup` gives them."""

_SAME_AS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso8859-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "windows-874": "cp874",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman",
    "cp-850": "cp850",
    "utf8": "utf-8",
}
_DETECTION_BYTES = 64_000


def codec_of(charset: str) -> str | None:
    """The codec for a declared charset, or None if we know or allow none."""
    name = charset.strip().strip("'\"").lower()
    name = _SAME_AS.get(name, name)
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, OSError, ImportError):  # a codec of another system fails while it is imported
        return None
    found = _SAME_AS.get(found, found)
    return found if found in ALLOWED else None


def decode(data: bytes, charset: str = "") -> str:
    """The text of these bytes. Never raises."""
    if data.isascii() and not charset.lower().startswith(("iso-2022", "iso2022")):
        return data.decode("ascii")
    declared = codec_of(charset) if charset else None
    # Nothing but UTF-8 is valid UTF-8 by chance, so a wrong single-byte declaration gives way to it.
    order = ("utf-8", declared) if declared in (None, "cp1252") else (declared, "utf-8")
    for codec in order:
        text = _strictly(data, codec)
        if text is not None:
            return text
    return _guessed(data)


def _strictly(data: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return data.decode("latin-1") if codec == "cp1252" else None


def _guessed(data: bytes) -> str:
    found = cchardet.detect(data[:_DETECTION_BYTES]).get("encoding") or ""
    codec = codec_of(found)
    if codec is not None:
        return data.decode(codec, "replace")
    return data.decode("utf-8", "replace")
