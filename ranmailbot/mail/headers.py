"""Header fields as pairs of text, read by hand: the standard library's header objects raise on what strangers send.

Fear: encoded words that smuggle line breaks, a thousand fields, megabytes in one field, dates out of any range.
Every function here takes anything and never raises. (RFC 5322, 2047, 2231.)
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from ranmailbot.mail.characters import clean, clean_line
from ranmailbot.mail.charsets import decode
from ranmailbot.mail.limits import Limits

Headers = tuple[tuple[str, str], ...]
"""Names in lower case and raw values, unfolded, in the order in which they stand."""

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_NAME = re.compile(r"[!-9;-~]{1,80}")
_ENCODED = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,300}>")
_PARAMETER = re.compile(r';\s*([\w.+$!#&^*-]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;"\s]*))')
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?$")
_STRUCTURED = 2_000


def parse(block: bytes, limits: Limits) -> tuple[Headers, tuple[str, ...]]:
    """The fields of a header block, and what is wrong with it. Oversized fields are cut, later fields dropped."""
    faults: dict[str, None] = {}
    if len(block) > limits.header_block_bytes:
        faults["header block cut"] = None
        block = block[: limits.header_block_bytes]
    fields: list[tuple[str, str]] = []
    for line in _FOLD.sub("", decode(block)).split("\n"):
        name, colon, value = line.partition(":")
        name = name.rstrip()
        if not colon or not _NAME.fullmatch(name):
            if line.strip():
                faults["line without a field name in the header"] = None
            continue
        if len(fields) >= limits.headers:
            faults["too many header fields"] = None
            break
        if len(value) > limits.header_bytes:
            faults["header field cut"] = None
        fields.append((name.lower(), value.strip()[: limits.header_bytes]))
    return tuple(fields), tuple(faults)


def first(headers: Headers, name: str) -> str:
    """The topmost field of this (lower-case) name, or the empty text."""
    return next((value for key, value in headers if key == name), "")


def every(headers: Headers, name: str) -> tuple[str, ...]:
    """All fields of this (lower-case) name, from top to bottom."""
    return tuple([value for key, value in headers if key == name])


def decode_words(value: str) -> str:
    """The value with its encoded words decoded (RFC 2047) and freed of tricks; line breaks become spaces."""
    if "=?" not in value:
        return " ".join(clean(value).split())
    text: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _ENCODED.finditer(value):
        between = value[end : word.start()]
        joined = end > 0 and not between.strip()
        if pending and not (joined and word[1].lower() == charset):
            text.append(decode(pending, charset))
            pending = b""
        if not joined:
            text.append(between)
        pending, charset, end = pending + _word_bytes(word[2], word[3]), word[1].lower(), word.end()
    text += [decode(pending, charset), value[end:]]
    return " ".join(clean("".join(text)).split())


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        return base64_bytes(data)
    return binascii.a2b_qp(data, header=True)


def base64_bytes(data: bytes) -> bytes:
    """What base64 says, however broken: foreign characters skipped, a torn end cut."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def subject(headers: Headers) -> str:
    """The decoded subject, at most 500 characters."""
    return clean_line(decode_words(first(headers, "subject")), 500)


def date(value: str) -> datetime | None:
    """A Date field as an aware moment in UTC, or None if it makes no sense."""
    try:
        moment = parsedate_to_datetime(value[:200])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def message_ids(value: str) -> tuple[str, ...]:
    """The Message-IDs in a field, each with its angle brackets, in order, no two alike."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(value)))


def message_id(headers: Headers) -> str:
    """The letter's own Message-ID in angle brackets, or the empty text."""
    value = first(headers, "message-id")
    found = message_ids(value)
    if found:
        return found[0]
    bare = clean_line(value.strip("<> \t"), 300)
    return f"<{bare}>" if bare and " " not in bare and bare.isascii() else ""


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """A structured value such as Content-Type: its lower-case head and its decoded parameters (RFC 2231)."""
    value = value[:_STRUCTURED]
    head, semicolon, rest = value.partition(";")
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        shape = _SECTION.match(match[1].lower())
        if shape is None:
            continue
        quoted = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        sections.setdefault(shape[1], []).append((int(shape[2] or 0), bool(shape[3]), quoted))
    return head.strip().lower(), {name: _joined(parts) for name, parts in sections.items()}


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    parts = sorted(parts, key=lambda part: part[0])
    if not any(extended for _, extended, _ in parts):
        return decode_words("".join(text for _, _, text in parts))
    charset, data = "", b""
    for number, extended, text in parts:
        if extended and number == 0 and text.count("'") > 1:
            charset, _, text = text.split("'", 2)  # noqa: PLW2901 - the prefix of the first section is no text
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return " ".join(clean(decode(data, charset)).split())
