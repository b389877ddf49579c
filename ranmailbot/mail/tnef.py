"""winmail.dat (TNEF), in which Outlook sometimes wraps a whole mail: its text and its attachments as parts.

Fear: hostile files; tnefparse and compressed_rtf are at home here, raise on one damaged file in five and are slow on
some, so they run in a child process. Known limits: messages inside it are not opened; meeting replies are not read.
"""

from __future__ import annotations

import logging
import struct

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.mime import Part
from ranmailbot.mail.rtf import rtf_text
from ranmailbot.mail.unread import OutOfTime, Unread

# What tnefparse has to say about a file may quote it.
logging.getLogger("tnefparse").addHandler(logging.NullHandler())
logging.getLogger("tnefparse").propagate = False

_HEAD, _CHECKSUM = 6, 2
_ATTRIBUTE = struct.Struct("<BII")
"""Level, name and size of an attribute ([MS-OXTNEF] 2.1.3); its data and a checksum follow."""
_LISTS = (0x9003, 0x9004, 0x9005)
"""Names of attributes that hold properties of the message, of its recipients, of an attachment."""
_KINDS = {".html": "text/html", ".htm": "text/html", ".ics": "text/calendar"}


def tnef_parts(data: bytes, limits: Limits) -> tuple[Part, tuple[Part, ...]]:
    """The text (a multipart/alternative) and the attachments. Raises Unread."""
    # Imported here: only the reading room should spend the time and the memory.
    from tnefparse import TNEF  # noqa: PLC0415 - see above

    if len(data) > limits.tnef_bytes:
        raise Unread("it is larger than the limit")
    if not _believable(data):
        raise Unread("it is damaged")
    try:
        found = TNEF(data, do_checksum=False)
        bodies = (("text/plain", found.body), ("text/html", found.htmlbody), ("text/plain", _rich(found, limits)))
        texts = tuple(_part(kind, body) for kind, body in bodies if body)
        files = found.attachments[: limits.parts]
        attached = tuple(_part("", each.data, each.long_filename() or each.name or "") for each in files)
    except OutOfTime as fault:
        raise Unread("it takes too long to read") from fault
    except Exception as fault:
        raise Unread("it is damaged") from fault
    if not texts and not attached:
        raise Unread("it holds nothing that can be read")
    return Part((), "multipart/alternative", {}, "", "", b"", texts), attached


def _believable(data: bytes) -> bool:
    """Whether no list of properties claims more of them than it has bytes: tnefparse counts to four billion then."""
    at = _HEAD
    while at + _ATTRIBUTE.size <= len(data):
        _, name, size = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if name & 0xFFFF in _LISTS and int.from_bytes(data[at : at + 4], "little") > size:
            return False
        at += size + _CHECKSUM
    return True


def _rich(found: object, limits: Limits) -> str:
    """The body as Outlook wrote it, if it is there in no simpler form."""
    if getattr(found, "body", None) or getattr(found, "htmlbody", None) or not getattr(found, "rtfbody", None):
        return ""
    return rtf_text(getattr(found, "rtfbody", b""), limits)


def _part(kind: str, content: object, name: str | bytes = "") -> Part:
    """A part as if it had come in a MIME message. Text is known to be UTF-8 if it was decoded already."""
    named = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    named = named.rstrip("\0").strip()
    extension = f".{named.rpartition('.')[2].lower()}"
    kind = kind or _KINDS.get(extension, "application/octet-stream")
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else _octets(content)
    parameters = {"charset": "utf-8"} if isinstance(content, str) else {}
    disposition = "attachment" if named or kind == "application/octet-stream" else ""
    return Part((), kind, parameters, disposition, named, raw.rstrip(b"\0") if not named else raw)


def _octets(content: object) -> bytes:
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, list):  # some properties hold several values; the first is the text
        return _octets(content[0]) if content else b""
    return b""
