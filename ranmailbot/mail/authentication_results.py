"""One Authentication-Results field as values (RFC 8601 2.2): whose it claims to be, and what it says.

Fear: everyone can write such a field, with quotes, comments and semicolons inside. What breaks the grammar anywhere
says nothing. Whose word counts is decided by where a field stands (authentication.py and the profiles beside it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RESULT = re.compile(
    r"([A-Za-z][\w-]*)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z]+)((?:\s+[\w.-]+\s*=\s*(?:\"[^\"]*\"|[^\s;\"=]\S*))*)"
)
_PROPERTY = re.compile(r"([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"=]\S*))")
_FIELD_CHARACTERS = 8_000
_BARE_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
PASSED = "dmarc=pass for the From domain"

Result = tuple[str, str, tuple[tuple[str, str], ...]]
"""A method, its result, and its properties such as ("header.from", "ministry.example")."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict on the From domain: `passed` only if it is certain; else `reason` says in words what is missing."""

    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts: the provider's profile, and the authserv-id its server writes. Empty id: nobody's.

    `own_domain` is that of our mailbox: of mail within our own organisation no other domain is believed.
    """

    profile: str
    authserv_id: str
    own_domain: str = ""
    own_dkim: bool = False
    """Whether a DKIM signature that we verify ourselves proves an author, too."""


def dmarc_verdict(results: tuple[Result, ...] | None, from_domain: str) -> Authentication:
    """What these results of our own server say of this From domain (lower case): passed by one clear dmarc=pass."""
    if results is None:
        return Authentication(False, "our server's Authentication-Results cannot be parsed")
    dmarc = [(result, properties) for method, result, properties in results if method == "dmarc"]
    if len(dmarc) != 1:
        return Authentication(False, "no dmarc result" if not dmarc else "more than one dmarc result")
    result, properties = dmarc[0]
    if result != "pass":
        return Authentication(False, f"dmarc={result}")
    domains = [value for name, value in properties if name == "header.from"]
    if [domain.lower().rstrip(".") for domain in domains] != [from_domain]:
        return Authentication(False, "dmarc=pass, but for another domain")
    return Authentication(True, PASSED)


def parse_results(value: str) -> tuple[str, tuple[Result, ...] | None]:
    """The authserv-id in lower case, and the results; None for results that break the grammar anywhere."""
    parts = _split(value[:_FIELD_CHARACTERS])
    if parts is None:
        # Torn quotes or comments: still say whose field it claims to be, so that the topmost one stays the topmost.
        return re.split(r"[\s;(]", value.strip(), maxsplit=1)[0].strip('"').lower(), None
    head = parts[0].split()
    identity = head[0].strip('"').lower() if head else ""
    # A field that was cut to a limit on its way here is as long as that limit: what stood behind it is not known.
    if len(value) >= _FIELD_CHARACTERS or head[1:] not in ([], ["1"]):
        return identity, None
    return identity, _read(parts[1:])


def parse_anonymous(value: str) -> tuple[Result, ...] | None:
    """The results of a field without an authserv-id, as Exchange Online writes it; None for any other field.

    Older ones hold the recipient's bare domain between the results; it says nothing.
    """
    parts = _split(value[:_FIELD_CHARACTERS])
    if parts is None or len(value) >= _FIELD_CHARACTERS or _RESULT.fullmatch(parts[0].strip()) is None:
        return None
    return _read([part for part in parts if not _BARE_DOMAIN.fullmatch(part.strip())])


def _read(parts: list[str]) -> tuple[Result, ...] | None:
    found: list[Result] = []
    for part in filter(None, (text.strip() for text in parts)):
        if part.lower() == "none":
            continue
        match = _RESULT.fullmatch(part)
        if match is None:
            return None
        properties = tuple((name.lower(), quoted or bare) for name, quoted, bare in _PROPERTY.findall(match[3]))
        found.append((match[1].lower(), match[2].lower(), properties))
    return tuple(found)


def _split(value: str) -> list[str] | None:
    """The value cut at its semicolons, comments left out; None if a quote or comment is not closed."""
    parts: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
            continue
        elif quoted or (character == '"' and not depth):
            quoted = quoted != (character == '"')
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth < 0:
                return None
            parts[-1].append(" ")
            continue
        elif character == ";" and not depth:
            parts.append([])
            continue
        if not depth:
            parts[-1].append(character)
    return None if depth or quoted else ["".join(part) for part in parts]
