"""A message taken apart into its parts (RFC 2045, 2046), with limits on depth and number held while it is split.

Fear: 5,000 nested multiparts, 100,000 parts, boundaries that never close: the standard library's parser recurses
without end or looks at every line once for each level. This one looks at each level's bytes once and stops at the
limit; what lies beyond is kept whole, as one opaque part.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ranmailbot.mail import headers as fields
from ranmailbot.mail.headers import Headers, base64_bytes
from ranmailbot.mail.limits import Limits

_BODY = re.compile(rb"\A\n|\n\n")
_COPIES = 6
"""A message may be cut out of itself so many times, measured in the largest one that is read."""
_TYPE = re.compile(r"[\w!#$&^.+-]{1,80}/[\w!#$&^.+-]{1,120}")


@dataclass(frozen=True, slots=True)
class Part:
    """One node of the tree. `raw` is its body as it was transferred; `parts` its children, if it is a container."""

    headers: Headers
    content_type: str
    parameters: Mapping[str, str]
    disposition: str
    filename: str
    raw: bytes
    parts: tuple[Part, ...] = ()

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone (RFC 2045 6); as it is if the encoding is unknown."""
        encoding = fields.first(self.headers, "content-transfer-encoding").split(";")[0].strip().lower()
        if encoding == "base64":
            return base64_bytes(self.raw)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.raw)
        return self.raw

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the message."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))


@dataclass(slots=True)
class _Budget:
    """What is left of the limits while a message is split, and what went wrong."""

    limits: Limits
    parts: int
    room: int
    """How much may still be cut out of the message: each level below another is a copy of what it holds."""
    faults: dict[str, None] = field(default_factory=dict)


def split(raw: bytes, limits: Limits) -> tuple[Part, tuple[str, ...]]:
    """The tree of a whole message, and its faults. `raw` may use CRLF or LF. Never deeper than `limits.depth`."""
    budget = _Budget(limits, limits.parts, _COPIES * limits.message_bytes)
    part = _part(memoryview(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")), "text/plain", 0, budget)
    return part, tuple(budget.faults)


def _part(raw: memoryview, default: str, depth: int, budget: _Budget) -> Part:
    headers, body = _head_and_body(raw, budget)
    content_type, parameters = fields.parameters(fields.first(headers, "content-type"))
    if not _TYPE.fullmatch(content_type):
        if content_type:
            budget.faults["malformed content type"] = None
        content_type = "text/plain" if content_type.startswith("text") or not content_type else default
        content_type = default if not fields.first(headers, "content-type") else content_type
    disposition, more = fields.parameters(fields.first(headers, "content-disposition"))
    part = Part(
        headers, content_type, parameters, disposition, more.get("filename") or parameters.get("name", ""), body
    )
    return _with_children(part, depth, budget)


def _head_and_body(raw: memoryview, budget: _Budget) -> tuple[Headers, bytes]:
    gap = _BODY.search(raw)
    block, body = (bytes(raw), b"") if gap is None else (bytes(raw[: gap.start()]), bytes(raw[gap.end() :]))
    if gap is None and b":" not in block.split(b"\n", 1)[0]:
        block, body = b"", block
    budget.room -= len(body)
    headers, faults = fields.parse(block, budget.limits)
    budget.faults.update(dict.fromkeys(faults))
    return headers, body


def _with_children(part: Part, depth: int, budget: _Budget) -> Part:
    container = part.content_type.startswith("multipart/") or part.content_type in ("message/rfc822", "message/global")
    if not container:
        return part
    if depth >= budget.limits.depth or len(part.raw) > budget.room:
        budget.faults["nested too deeply"] = None
        return part
    if not part.content_type.startswith("multipart/"):
        # RFC 2046 5.2.1 forbids encoding a message; some do it all the same.
        return _holding(part, (_part(memoryview(part.content), "text/plain", depth + 1, budget),))
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    bodies = _bodies(part.raw, part.parameters.get("boundary", ""), budget)
    return _holding(part, tuple(_part(body, default, depth + 1, budget) for body in bodies))


def _holding(part: Part, parts: tuple[Part, ...]) -> Part:
    return Part(part.headers, part.content_type, part.parameters, part.disposition, part.filename, part.raw, parts)


def _bodies(raw: bytes, boundary: str, budget: _Budget) -> list[memoryview]:
    """The bytes of each body part, as far as the number of parts allows. Without any boundary, all of it as one."""
    if not boundary:
        budget.faults["multipart without a boundary"] = None
        return [memoryview(b"\n" + raw)]
    line = re.compile(rb"(?:\A|\n)--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*(?=\n|\Z)")
    view = memoryview(raw)
    bodies: list[memoryview] = []
    start, closed = -1, False
    for match in line.finditer(raw):
        if start >= 0:
            bodies.append(view[start : match.start()])
            budget.parts -= 1
        if match[1] is not None or budget.parts <= 0:
            closed = True
            break
        start = match.end() + 1
    if budget.parts <= 0:
        budget.faults["too many parts"] = None
    elif not closed:
        budget.faults["multipart is not closed"] = None
        bodies.append(view[start:] if start >= 0 else memoryview(b"\n" + raw))
    return bodies
