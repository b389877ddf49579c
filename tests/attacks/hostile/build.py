"""What hostile mails are built of: a head, a body with its headers, parts of a multipart, attached files."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

Maker = Callable[[], bytes]
"""Makes one mail, the same bytes each time; some are large, so none is made before it is wanted."""
Makers = Mapping[str, Maker]

HEAD = b"From: Anna Ozola <anna@prison.example>\nTo: prisons-call@ran.example\nSubject: Re: call\nMessage-ID: <1@prison.example>\n"  # fmt: skip
ANSWER = b"1. We work with families of prisoners.\n"
"""An honest answer beside what is hostile."""


def mail(headers: str | bytes, body: str | bytes) -> bytes:
    """A mail of Anna's with these further headers (none ends in a line break) and this body."""
    more = _octets(headers)
    return HEAD + (more + b"\n" if more else b"") + b"\n" + _octets(body)


def typed(kind: str, body: str | bytes) -> bytes:
    """A mail of one part of this type."""
    return mail(f"Content-Type: {kind}", body)


def encoded(kind: str, how: str, body: str | bytes) -> bytes:
    """The same in a transfer encoding."""
    return mail(f"Content-Type: {kind}\nContent-Transfer-Encoding: {how}", body)


def multipart(*parts: str | bytes, subtype: str = "mixed") -> bytes:
    """A mail of these parts, each with its own headers, a blank line and a body."""
    bodies = b"".join(b"--b\n" + _octets(part) + b"\n" for part in parts)
    return typed(f"multipart/{subtype}; boundary=b", bodies + b"--b--\n")


def attached(name: str, content: bytes, kind: str = "application/octet-stream") -> bytes:
    """A mail with one answer in its text, and one attached file."""
    head = f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
    file = head.encode() + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content)
    return multipart(b"Content-Type: text/plain\n\n" + ANSWER, file)


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
