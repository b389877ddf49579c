"""Assembly: texts and facts become the finished bytes of one mail, written by hand and then parsed again.

Fear the names and subjects of strangers: whatever they hold, the finished head has exactly the fields written here. On
some Pythons `msg["Subject"] = "=?utf-8?q?x=0D=0ABcc=3A...?="` emits a Bcc field, so the standard generator is not used.
Known limits: ASCII addresses only; one recipient; text parts only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.utils import format_datetime, parseaddr

from ranmailbot.mail.address import Address
from ranmailbot.mail.characters import clean_line

SUBJECT_CHARACTERS = 200
NAME_CHARACTERS = 120
_LINE = 76
_KEPT_REFERENCES = 10

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,240}>")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z-]*")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 ]+")
_ASCII = bytes(range(128))
_RE = re.compile(r"\A(?:re\s*:\s*)+", re.IGNORECASE)


class AssemblyFault(ValueError):
    """A mail that must not go out as it is. The text says why and holds nothing of the mail's content."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a mail says. `message_id` has its angle brackets; `date` is aware; `extra` are our fields."""

    sender: Address
    to: Address
    subject: str
    message_id: str
    date: datetime
    automatic: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The same words twice, and an iCalendar object if there is one. `method` equals its METHOD (RFC 6047 2.4)."""

    text: str
    html: str
    calendar: str = ""
    method: str = ""


def reply_subject(original: str) -> str:
    """The subject of an answer: "Re: " once, then the cleaned original. Empty if nothing is left of it."""
    line = _RE.sub("", clean_line(original, SUBJECT_CHARACTERS - 4), count=1)
    return f"Re: {line}" if line else ""


def assemble(head: Head, body: Body) -> bytes:
    """The finished mail: 7-bit, CRLF, lines of at most 78 characters. Raises AssemblyFault rather than guess."""
    fields = _fields(head)
    seed = hashlib.sha256(head.message_id.encode()).hexdigest()[:24]
    lines = [f"{name}: {value}" for name, value in fields]
    content = ("\r\n".join(lines) + "\r\n" + _mime(body, seed)).encode("ascii")
    _compare(content, fields, head)
    return content


def address_field(address: Address) -> str:
    """A mailbox as a header value (RFC 5322 3.4), folded. Raises AssemblyFault for an address we would not send to."""
    if not _ADDRESS.fullmatch(address.email) or ".." in address.email:
        raise AssemblyFault("the address cannot stand in a mail: one plain ASCII address is needed")
    name = clean_line(address.name, NAME_CHARACTERS)
    if not name:
        return address.email
    separator = "\r\n " if len(name) + len(address.email) > _LINE - 12 else " "
    return f"{_phrase(name)}{separator}<{address.email}>"


def unstructured(text: str, used: int) -> str:
    """A header value that reads as `text`, folded; `used` is the length of the field name with its colon and space.

    Anything that is not plain ASCII, or looks like an encoded word itself, becomes encoded words (RFC 2047).
    """
    if not text.isascii() or "=?" in text or any(len(word) > _LINE - 12 for word in text.split(" ")):
        return _encoded_words(text)
    lines, room = [""], _LINE - used
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = _LINE - 1
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _fields(head: Head) -> list[tuple[str, str]]:
    if head.subject != clean_line(head.subject, SUBJECT_CHARACTERS):
        raise AssemblyFault("the subject is not one clean line of at most 200 characters")
    if not _MESSAGE_ID.fullmatch(head.message_id):
        raise AssemblyFault("the Message-ID is not of the form <local@domain>")
    if head.date.tzinfo is None:
        raise AssemblyFault("the date has no time zone")
    return [
        ("From", address_field(head.sender)),
        ("To", address_field(head.to)),
        ("Subject", unstructured(head.subject, len("Subject: "))),
        ("Date", format_datetime(head.date)),
        ("Message-ID", head.message_id),
        *_threading(head),
        ("Auto-Submitted", head.automatic),
        # Not "All": that would silence delivery reports too, and by those we learn that a mail never arrived.
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        *(
            (_field_name(name), unstructured(clean_line(value, SUBJECT_CHARACTERS), len(name) + 2))
            for name, value in head.extra
        ),
        ("MIME-Version", "1.0"),
    ]


def _threading(head: Head) -> list[tuple[str, str]]:
    """In-Reply-To and References, well-formed ids only; of a long thread its first and its latest (RFC 5322 3.6.4)."""
    parent = head.in_reply_to if _MESSAGE_ID.fullmatch(head.in_reply_to) else ""
    known = [one for one in head.references if _MESSAGE_ID.fullmatch(one) and one != parent]
    chain = list(dict.fromkeys([*known, parent] if parent else known))
    if len(chain) > _KEPT_REFERENCES:
        chain = [chain[0], *chain[1 - _KEPT_REFERENCES :]]
    fields = [("In-Reply-To", parent)] if parent else []
    return [*fields, ("References", "\r\n ".join(chain))] if chain else fields


def _field_name(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise AssemblyFault("a header name holds more than letters and hyphens")
    return name


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > _LINE - 12:
        return _encoded_words(name)
    if _PLAIN_PHRASE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded_words(text: str) -> str:
    """Base64 encoded words of at most 60 characters, cut between characters, one a line (RFC 2047 2 and 5)."""
    chunks, size = [bytearray()], 36
    for character in text:
        octets = character.encode()
        if len(chunks[-1]) + len(octets) > size:
            chunks.append(bytearray())
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _mime(body: Body, seed: str) -> str:
    """multipart/alternative; around it multipart/mixed with a copy of the calendar for clients that only take files."""
    # "=_" stands in neither quoted-printable nor base64, so no content can end a part before its time (RFC 2045 6.7).
    inner, outer = f"=_a{seed}", f"=_m{seed}"
    parts = [_part("text/plain; charset=utf-8", body.text), _part("text/html; charset=utf-8", body.html)]
    if not body.calendar:
        return _multipart("alternative", inner, parts)
    parts.append(_part(f"text/calendar; charset=utf-8; method={body.method}", body.calendar, force_base64=True))
    copy = _part(
        'application/ics; name="invite.ics"',
        body.calendar,
        force_base64=True,
        disposition='Content-Disposition: attachment; filename="invite.ics"\r\n',
    )
    return _multipart("mixed", outer, [_multipart("alternative", inner, parts), copy])


def _multipart(subtype: str, boundary: str, parts: list[str]) -> str:
    opening = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'
    return opening + "".join(f"--{boundary}\r\n{part}" for part in parts) + f"--{boundary}--\r\n"


def _part(content_type: str, text: str, *, force_base64: bool = False, disposition: str = "") -> str:
    octets = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    encoding, coded = _transfer(octets, force_base64=force_base64)
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n{disposition}\r\n{coded}"


def _transfer(octets: bytes, *, force_base64: bool) -> tuple[str, str]:
    """Quoted-printable for Latin scripts, base64 where that is shorter. Both end with CRLF."""
    if force_base64 or len(octets.translate(None, _ASCII)) * 6 > len(octets):
        return "base64", base64.encodebytes(octets).decode().replace("\n", "\r\n")
    # The line end before a boundary belongs to it (RFC 2046 5.1.1): without one more the text would lose its last.
    return "quoted-printable", binascii.b2a_qp(octets, istext=True).decode() + "\r\n"


def _compare(content: bytes, fields: list[tuple[str, str]], head: Head) -> None:
    """Read the finished head with the standard parser: it must say what was meant, and nothing else."""
    # The head alone: it ends at the first empty line for every reader, and parsing the rest costs most of the time.
    found = BytesHeaderParser().parsebytes(content.partition(b"\r\n\r\n")[0])
    expected = [name for name, _ in fields] + ["Content-Type"]
    if found.keys() != expected or found.defects:
        raise AssemblyFault("the finished head does not hold exactly the fields it should")
    if _decoded(found["Subject"]) != head.subject or found["Message-ID"] != head.message_id:
        raise AssemblyFault("the finished head reads differently from what was written")
    if parseaddr(found["To"])[1] != head.to.email or parseaddr(found["From"])[1] != head.sender.email:
        raise AssemblyFault("the finished head names another recipient or sender")


def _decoded(value: str) -> str:
    """A header value as a client shows it: unfolded, encoded words decoded (RFC 2047 6.2)."""
    if "=?" not in value:
        return value.replace("\r\n", "")
    return "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part for part, charset in decode_header(value)
    )
