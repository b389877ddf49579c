"""The directory of a zip, judged before anything in it is unpacked: how many members, how large, packed how tightly.

Fear: bombs. A few hundred bytes may unpack to gigabytes, and a directory may name a million members. Nothing is ever
written to a disk. Known limit: a zip within a zip is not opened.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.unread import Unread

_ENTRY = b"PK\x01\x02"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HARMLESS = 100_000
"""Bytes up to which a member may be packed as tightly as it likes: a page of nothing but table borders is."""


@contextmanager
def opened(data: bytes, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The zip in these bytes, if its directory promises no harm. Raises Unread."""
    if data.count(_ENTRY) > limits.zip_members:
        raise Unread("it has too many parts")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                _judge(member, limits)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as fault:
        raise Unread("it is damaged") from fault


def unpacked(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """One member, or nothing if there is none of this name. Raises Unread if it is larger than its directory says."""
    if name not in archive.NameToInfo:
        return b""
    with archive.open(name) as member:
        data = member.read(limits.zip_member_bytes + 1)
    if len(data) > limits.zip_member_bytes:
        raise Unread("it unpacks to more than the limit")
    return data


def _judge(member: zipfile.ZipInfo, limits: Limits) -> None:
    if member.flag_bits & 1:
        raise Unread("it is protected by a password")
    if member.compress_type not in _PLAIN:
        raise Unread("it is packed in an unusual way")
    tight = member.file_size > _HARMLESS and member.file_size > limits.zip_ratio * max(1, member.compress_size)
    if member.file_size > limits.zip_member_bytes or tight:
        raise Unread("it unpacks to more than the limit")
