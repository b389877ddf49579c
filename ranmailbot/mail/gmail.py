"""Gmail and Google Workspace: whom their stamps prove.

Google's border writes from bottom to top: Authentication-Results: mx.google.com, Received-SPF, its own Received ("from
... by mx.google.com"), Return-Path and, above that, an ARC set of its own with the same results once more. So Google's
stamp stands *below* its Received, where a stranger's fields stand, too. Two things therefore must hold at once: the
stamp is the very next field but Received-SPF below the border's Received, and the copy of the results above that
Received, where only Google writes, says dmarc=pass for the same domain. The copy counts for where it stands; an ARC set
as such is no proof of anything (a stranger's own stands below the border).

Fear: a stranger's Authentication-Results: mx.google.com, first of all that came in; a HELO that looks like a hop.
Known limit: mail that did not come in through mx.google.com, such as some within one Workspace, proves nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ranmailbot.mail.authentication_results import Authentication, dmarc_verdict, parse_results

_HANDED_ON = re.compile(
    r"by\s+[0-9a-f:.]+\s+with\s+SMTP\s+id\s+[\w-]+\s*;[^;()]{1,80}(?:\([A-Z]{2,5}\))?\s*", re.IGNORECASE
)
_BORDER = re.compile(
    r"from\s+[^\s()]+\s+\([^()\s]*\s?\[[0-9A-Fa-f:.]+\]\)\s+by\s+(?P<by>[A-Za-z0-9.-]+)\s+with\s+E?SMTPS?\s+id\s+[\w.-]+"
    r"(?:\s+for\s+<[^<>\s]+>)?(?:\s+\([^()]*\))?\s*;[^;()]{1,80}(?:\([A-Z]{2,5}\))?\s*",
    re.IGNORECASE,
)
_INSTANCE = re.compile(r"\s*i\s*=\s*\d{1,2}\s*;", re.IGNORECASE)
_RECEIVED_CHARACTERS = 2_000
_COPY = "arc-authentication-results"

Fields = Sequence[tuple[str, str]]
"""Names in lower case and unfolded values, from top to bottom."""


def judge(fields: Fields, from_domain: str, authserv_id: str) -> Authentication:
    """The verdict on this From domain by Google's stamps of this name, both in lower case."""
    border = _border(fields, authserv_id)
    if border is None:
        return Authentication(False, "no Received of Google's border server where it ought to stand")
    stamp = _stamp(fields[border + 1 : border + 3])
    if stamp is None:
        return Authentication(False, "no Authentication-Results right below the Received of Google's border server")
    identity, results = parse_results(stamp)
    if identity != authserv_id:
        return Authentication(False, "the Authentication-Results below Google's Received are of another name")
    verdict = dmarc_verdict(results, from_domain)
    if not verdict.passed:
        return verdict
    copies = [value for name, value in fields[:border] if name == _COPY]
    if len(copies) != 1 or not _agrees(copies[0], from_domain, authserv_id):
        return Authentication(False, "Google's copy of its results does not say the same")
    return verdict


def _border(fields: Fields, authserv_id: str) -> int | None:
    """Where the border's Received stands; above it only hops within Google. None if it is not all clear."""
    for place, (name, value) in enumerate(fields):
        if name == "authentication-results":
            return None
        if name != "received" or (len(value) <= _RECEIVED_CHARACTERS and _HANDED_ON.fullmatch(value.strip())):
            continue
        match = _BORDER.fullmatch(value.strip()) if len(value) <= _RECEIVED_CHARACTERS else None
        return place if match is not None and match["by"].lower() == authserv_id else None
    return None


def _stamp(below: Fields) -> str | None:
    """The stamp, the first field below the border's Received but for Google's note on SPF."""
    names = [name for name, _ in below]
    if names[:1] == ["authentication-results"]:
        return below[0][1]
    if names == ["received-spf", "authentication-results"] and "(google.com:" in below[0][1]:
        return below[1][1]
    return None


def _agrees(copy: str, from_domain: str, authserv_id: str) -> bool:
    instance = _INSTANCE.match(copy)
    if instance is None:
        return False
    identity, results = parse_results(copy[instance.end() :])
    return identity == authserv_id and dmarc_verdict(results, from_domain).passed
