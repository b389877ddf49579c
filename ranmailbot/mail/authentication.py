"""How far a letter's author is proven, judged by what our own server stamped (RFC 8601).

Fear: everyone can write an Authentication-Results header. Only the topmost one of our own server counts, and only above
the first Received, where nobody but our server writes. Above that one may stand the Received of a delivery by LMTP, the
last hop into the mailbox within one provider (RFC 2033 5). Known limit: no DKIM check of our own yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_RESULT = re.compile(
    r"([A-Za-z][\w-]*)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z]+)((?:\s+[\w.-]+\s*=\s*(?:\"[^\"]*\"|[^\s;\"=]\S*))*)"
)
_PROPERTY = re.compile(r"([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"=]\S*))")
_FIELD_CHARACTERS = 8_000
_BY_LMTP = re.compile(r"\bby\s+\S+\s+(?:\([^()]*\)\s+)?with\s+lmtp", re.IGNORECASE)
_BY = re.compile(r"\bby\s", re.IGNORECASE)
_WITH = re.compile(r"\bwith\s+(\S+)", re.IGNORECASE)
_LMTP = frozenset({"lmtp", "lmtpa", "lmtps", "lmtpsa", "cipher"})
"""Protocols of RFC 3848; and "with cipher" stands in comments about TLS."""
_PASSED = "dmarc=pass for the From domain"
_ONCE = frozenset(("from", "date", "subject", "message-id", "in-reply-to", "references", "content-type"))
"""Fields of which a letter has one at most (RFC 5322 3.6). A signature covers one; a second one is anybody's."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict on the From domain: `passed` only if our server says dmarc=pass for exactly that domain."""

    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts: the provider's profile, and the authserv-id its server writes. Empty id: nobody's."""

    profile: str
    authserv_id: str


def judge(headers: Sequence[tuple[str, str]], from_domain: str, trust: Trust) -> Authentication:
    """The verdict over (name, unfolded value) pairs from top to bottom. Doubt of any kind means not passed."""
    if not trust.authserv_id or not from_domain:
        return Authentication(False, "no server is trusted to authenticate" if from_domain else "no From domain")
    stamped: list[str] = []
    for name, value in headers:
        if name.lower() == "received" and not _into_the_mailbox(value):
            break
        if name.lower() == "authentication-results":
            stamped.append(value)
    else:
        return Authentication(False, "no Received header: not stamped by our server")
    if repeated := _repeated(headers):
        return Authentication(False, f"{repeated} stands twice, and a signature covers only one of them")
    for value in stamped:
        identity, results = _results(value)
        if identity == trust.authserv_id.lower():
            return _verdict(results, from_domain.lower())
    return Authentication(False, "no Authentication-Results of our server above the first Received")


def stamped_by(headers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Who wrote the Authentication-Results above the first Received, from top to bottom, in lower case.

    Whoever configures a name can choose from these; the same name may stand there more than once.
    """
    found: list[str] = []
    for name, value in headers:
        if name.lower() == "received" and not _into_the_mailbox(value):
            return tuple(found)
        if name.lower() == "authentication-results":
            found.append(_results(value)[0])
    return ()


def _repeated(headers: Sequence[tuple[str, str]]) -> str:
    """The name of a field that stands there more often than it may, or the empty text."""
    counted = Counter(name.lower() for name, _ in headers)
    return next((name for name in sorted(_ONCE) if counted[name] > 1), "")


def _into_the_mailbox(received: str) -> bool:
    """Whether this is a delivery by LMTP, as Dovecot and Cyrus note it above what our border server wrote.

    A stranger's HELO is part of the border's own Received: a second "by" or another protocol means that it is that.
    """
    if len(_BY.findall(received)) != 1 or not _BY_LMTP.search(received):
        return False
    return all(protocol.lower().rstrip(";") in _LMTP for protocol in _WITH.findall(received))


Result = tuple[str, str, tuple[tuple[str, str], ...]]
"""A method, its result, and its properties such as ("header.from", "ministry.example")."""


def _verdict(results: tuple[Result, ...] | None, from_domain: str) -> Authentication:
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
    return Authentication(True, _PASSED)


def _results(value: str) -> tuple[str, tuple[Result, ...] | None]:
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
    found: list[Result] = []
    for part in filter(None, (text.strip() for text in parts[1:])):
        if part.lower() == "none":
            continue
        match = _RESULT.fullmatch(part)
        if match is None:
            return identity, None
        properties = tuple((name.lower(), quoted or bare) for name, quoted, bare in _PROPERTY.findall(match[3]))
        found.append((match[1].lower(), match[2].lower(), properties))
    return identity, tuple(found)


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
