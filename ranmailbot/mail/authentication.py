"""How far a letter's author is proven, judged by what our own server stamped (RFC 8601), in the style of each provider.

Fear: everyone can write an Authentication-Results header. Only our own server's counts, and only where nobody but our
server writes. In general that is above the first Received, the topmost one of the configured name. Above it may stand
the Received of a delivery by LMTP, the last hop into the mailbox within one provider (RFC 2033 5). Exchange Online and
Google stamp in ways of their own: exchange_online.py, gmail.py. ARC (RFC 8617) is nobody's proof here: it says what
another server saw. Known limit: a server that stamps below its own Received, without a profile here, proves nobody.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ranmailbot.mail import exchange_online, gmail
from ranmailbot.mail.authentication_results import Authentication, Trust, dmarc_verdict, parse_results

__all__ = ["Authentication", "Trust", "judge", "repeated", "stamped_by"]

_BY_LMTP = re.compile(r"\bby\s+\S+\s+(?:\([^()]*\)\s+)?with\s+lmtp", re.IGNORECASE)
_BY = re.compile(r"\bby\s", re.IGNORECASE)
_WITH = re.compile(r"\bwith\s+(\S+)", re.IGNORECASE)
_LMTP = frozenset({"lmtp", "lmtpa", "lmtps", "lmtpsa", "cipher"})
"""Protocols of RFC 3848; and "with cipher" stands in comments about TLS."""
_ONCE = frozenset(("from", "date", "subject", "message-id", "in-reply-to", "references", "content-type"))
"""Fields of which a letter has one at most (RFC 5322 3.6). A signature covers one; a second one is anybody's."""


def judge(headers: Sequence[tuple[str, str]], from_domain: str, trust: Trust) -> Authentication:
    """The verdict over (name, unfolded value) pairs from top to bottom. Doubt of any kind means not passed."""
    fields = [(name.lower(), value) for name, value in headers]
    domain = from_domain.lower()
    if not domain:
        return Authentication(False, "no From domain")
    if name := repeated(fields):
        return Authentication(False, f"{name} stands twice, and a signature covers only one of them")
    if trust.profile == "microsoft365":
        return exchange_online.judge(fields, domain, trust.own_domain.lower())
    if not trust.authserv_id:
        return Authentication(False, "no server is trusted to authenticate")
    if trust.profile == "google":
        return gmail.judge(fields, domain, trust.authserv_id.lower())
    return _judge(fields, domain, trust.authserv_id.lower())


def repeated(fields: Sequence[tuple[str, str]]) -> str:
    """The (lower-case) name of a field that stands there more often than it may, or the empty text."""
    counted = Counter(name for name, _ in fields)
    return next((name for name in sorted(_ONCE) if counted[name] > 1), "")


def _judge(fields: Sequence[tuple[str, str]], from_domain: str, authserv_id: str) -> Authentication:
    """By the topmost field of our server above the first Received."""
    stamped: list[str] = []
    for name, value in fields:
        if name == "received" and not _into_the_mailbox(value):
            break
        if name == "authentication-results":
            stamped.append(value)
    else:
        return Authentication(False, "no Received header: not stamped by our server")
    for value in stamped:
        identity, results = parse_results(value)
        if identity == authserv_id:
            return dmarc_verdict(results, from_domain)
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
            found.append(parse_results(value)[0])
    return ()


def _into_the_mailbox(received: str) -> bool:
    """Whether this is a delivery by LMTP, as Dovecot and Cyrus note it above what our border server wrote.

    A stranger's HELO is part of the border's own Received: a second "by" or another protocol means that it is that.
    """
    if len(_BY.findall(received)) != 1 or not _BY_LMTP.search(received):
        return False
    return all(protocol.lower().rstrip(";") in _LMTP for protocol in _WITH.findall(received))
