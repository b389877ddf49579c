"""DKIM signatures as they stand in a letter (RFC 6376 3.5), and which of them would prove its author if they verify.

Fear: everyone can sign, with a key of their own, less than it seems. Only a signature counts whose domain has the same
owner as the From domain, that covers From, To, Subject and Date (each stands once) and In-Reply-To and References where
they stand, that covers all of the text (no l=), with a hash that still holds, and that had not expired on arrival.
The mathematics is done elsewhere (adapters/dkim_check.py). Known limits: Exchange Online leaves To unsigned, so its
signatures prove nobody here; Content-Type need not be signed, since Gmail leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ranmailbot.mail.public_suffix import one_owner

MOST = 3
"""Signatures of one letter that are looked at: each costs a question to somebody's DNS."""
_FIELD_CHARACTERS = 4_000
_RECORD_CHARACTERS = 1_000
"""Of a key record: enough for RSA with 4096 bits, too little for one that takes seconds."""
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
_ALWAYS = ("from", "to", "subject", "date")
_IF_THERE = ("in-reply-to", "references")
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature worth checking: the `index`th of the letter, and the DNS name of its key."""

    index: int
    key_name: str
    algorithm: str
    strict: bool
    """Whether its identity (i=) is of another domain than d=, which a key may forbid (RFC 6376 3.6.1, t=s)."""


def signatures(headers: Sequence[tuple[str, str]], from_domain: str, arrived: datetime) -> tuple[Signature, ...]:
    """Those of a letter that would prove this From domain (lower case); headers are (lower-case name, value) pairs."""
    written = [value for name, value in headers if name == "dkim-signature"]
    found = (_signature(index, value, headers, from_domain, arrived) for index, value in enumerate(written[: 4 * MOST]))
    return tuple(one for one in found if one is not None)[:MOST]


def _signature(
    index: int, value: str, headers: Sequence[tuple[str, str]], from_domain: str, arrived: datetime
) -> Signature | None:
    tags = parse_tags(value) if len(value) < _FIELD_CHARACTERS else None
    if tags is None or "l" in tags or tags.get("v") != "1" or tags.get("a") not in _ALGORITHMS:
        return None
    domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    if not (_HOST.fullmatch(domain) and _HOST.fullmatch(selector) and one_owner(domain, from_domain)):
        return None
    if not _covers(tags.get("h", ""), headers) or not _in_time(tags, arrived):
        return None
    identity = tags.get("i", "").rpartition("@")[2].lower()
    return Signature(
        index, f"{selector}._domainkey.{domain}", _ALGORITHMS[tags["a"]], strict=identity not in ("", domain)
    )


def parse_tags(text: str) -> dict[str, str] | None:
    """A tag list (RFC 6376 3.2) without its white space around tags; None if it is torn or a tag stands twice."""
    tags: dict[str, str] = {}
    for part in text.strip().removesuffix(";").split(";"):
        name, sign, value = part.partition("=")
        name = name.strip()
        if not sign or not name.isidentifier() or not name.isascii() or name in tags:
            return None
        tags[name] = value.strip()
    return tags


def _covers(signed: str, headers: Sequence[tuple[str, str]]) -> bool:
    names = {name.strip().lower() for name in signed.split(":")}
    standing = [name for name, _ in headers]
    if any(standing.count(name) != 1 or name not in names for name in _ALWAYS):
        return False
    return all(standing.count(name) == 0 or (standing.count(name) == 1 and name in names) for name in _IF_THERE)


def _in_time(tags: dict[str, str], arrived: datetime) -> bool:
    """Not expired when it arrived (x=, seconds since 1970). A moment that is no number is no proof."""
    expires = tags.get("x")
    if expires is None:
        return True
    return expires.isascii() and expires.isdecimal() and len(expires) <= _DIGITS and int(expires) > arrived.timestamp()


def key_doubt(record: str, signature: Signature) -> str:
    """Why this key record (RFC 6376 3.6.1) cannot prove anything, or the empty text."""
    tags = parse_tags(record) if len(record) <= _RECORD_CHARACTERS else None
    if tags is None or tags.get("v", "DKIM1") != "DKIM1" or tags.get("k", "rsa") != signature.algorithm:
        return "its key is not one we can use"
    if not tags.get("p"):
        return "its key was revoked"
    flags = {flag.strip() for flag in tags.get("t", "").split(":")}
    if "y" in flags:
        return "its domain is only testing DKIM"
    if "s" in flags and signature.strict:
        return "its key is for another identity"
    services = {service.strip() for service in tags.get("s", "*").split(":")}
    hashes = {name.strip() for name in tags.get("h", "sha256").split(":")}
    if not services & {"*", "email"} or "sha256" not in hashes:
        return "its key is not for mail signed like this"
    return ""
