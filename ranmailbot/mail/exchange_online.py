"""Exchange Online (Microsoft 365): whom its stamps prove. Which stamp is whose is told by the chain of Received alone.

Mail from outside comes in through a border server, <name>.mail.protection.outlook.com, which writes its Received on top
and then one Authentication-Results without an authserv-id above that. From there on all hops are Microsoft's own. What
stands at the border's Received or below it was there before: anybody's.
Mail within the organisation passes no border: all hops are Microsoft's own, the first one "with mapi", and Exchange
writes X-MS-Exchange-Organization-AuthAs: Internal. Where such fields stand says nothing, so three things must hold at
once: that chain, the mark (Exchange takes it out of mail that comes from outside or from another organisation), and a
From domain that is our own mailbox's (a domain belongs to one organisation only).

Fear: a stranger's HELO, which is part of the border's Received; fields that a stranger wrote below the border; another
customer of the same provider. A Received that is not exactly as Exchange writes it ends the reading: nobody is proven.
Known limits, all of which fail closed: mail that came through a connector, a forwarding rule or a gateway of one's own,
and mail within the organisation that was submitted by SMTP rather than by Outlook, proves nobody by these stamps.
So does mail in national clouds, whose servers have other names.
X-MS-Exchange-Authentication-Results, Authentication-Results-Original and ARC say what other servers saw: no proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ranmailbot.mail.authentication_results import Authentication, dmarc_verdict, parse_anonymous

_ADDRESS = r"\(\[?[0-9A-Fa-f:.]+(?:%\d+)?\]?\)"
_HOP = re.compile(
    rf"from\s+(?P<helo>[^\s()]+)\s+{_ADDRESS}\s+by\s+(?P<by>[A-Za-z0-9.-]+)(?:\s+{_ADDRESS})?"
    r"\s+with\s+(?P<how>HTTPS|mapi|Microsoft\s+SMTP\s+Server)"
    r"(?:\s+\((?:TLS|version=\w+,\s*cipher=\w+)\))?(?:\s+id\s+[\d.]+)?(?:\s+via\s+(?:Frontend|Mailbox)\s+Transport)?"
    r"\s*;\s*[A-Za-z0-9,:+\s-]{1,60}",
    re.IGNORECASE,
)
_BORDER = ".mail.protection.outlook.com"
_INSIDE = (".prod.outlook.com", ".outlook.office365.com")
_RECEIVED_CHARACTERS = 2_000
_AUTH_AS = "x-ms-exchange-organization-authas"
_AUTH_SOURCE = "x-ms-exchange-organization-authsource"
_CROSS_TENANT = "x-ms-exchange-crosstenant-authas"
_MARKS = (_AUTH_AS, _AUTH_SOURCE, _CROSS_TENANT)
_PASSED_ON = frozenset(
    {"x-ms-exchange-inbox-rules-loop", "x-ms-exchange-forwardingloop", "x-ms-exchange-parent-message-id"}
)
"""Fields of mail that a rule or a forwarding has sent on: its author is not who submitted it."""

Fields = Sequence[tuple[str, str]]
"""Names in lower case and unfolded values, from top to bottom."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """One Received as Exchange writes it: who took the mail, and how."""

    by: str
    how: str


def judge(fields: Fields, from_domain: str, own_domain: str) -> Authentication:
    """The verdict on this From domain; `own_domain` is that of our mailbox, both in lower case."""
    above: list[str] = []
    hops: list[_Hop] = []
    for name, value in fields:
        if name == "authentication-results":
            above.append(value)
        if name != "received":
            continue
        hop = _hop(value)
        if hop is None:
            return Authentication(False, "a Received that Exchange Online does not write stands above its border")
        if hop.by.endswith(_BORDER):
            return _from_outside(above, from_domain)
        if not hop.by.endswith(_INSIDE):
            return Authentication(False, "the mail did not come to us through Exchange Online alone")
        hops.append(hop)
    if not hops:
        return Authentication(False, "no Received header: not stamped by our server")
    return _from_inside(fields, hops, above, own=from_domain == own_domain)


def _hop(received: str) -> _Hop | None:
    if len(received) > _RECEIVED_CHARACTERS:
        return None
    match = _HOP.fullmatch(received.strip())
    return None if match is None else _Hop(match["by"].lower(), match["how"].lower())


def _from_outside(above: list[str], from_domain: str) -> Authentication:
    """By the one stamp above the border's own Received. Two of them: nobody can say which is Exchange's."""
    if len(above) != 1:
        number = "no" if not above else "more than one"
        return Authentication(False, f"{number} Authentication-Results above the border of Exchange Online")
    return dmarc_verdict(parse_anonymous(above[0]), from_domain)


def _from_inside(fields: Fields, hops: list[_Hop], above: list[str], *, own: bool) -> Authentication:
    """By the mark of mail within the organisation, together with the chain and our own domain."""
    if doubt := _unmarked(fields):
        return Authentication(False, doubt)
    if not own:
        return Authentication(False, "internal mail of Exchange Online, but its From is of another domain than ours")
    if hops[-1].how != "mapi":
        return Authentication(False, "internal mail that was not submitted by Outlook")
    if any(name in _PASSED_ON or name.startswith("resent-") for name, _ in fields):
        return Authentication(False, "a rule or a forwarding sent it on")
    if any(_contradicts(value) for value in above):
        return Authentication(False, "its Authentication-Results speak against it")
    return Authentication(True, "internal mail of our own organisation in Exchange Online")


def _unmarked(fields: Fields) -> str:
    """Why Exchange's marks do not plainly say that this is internal mail, or the empty text."""
    said = {wanted: [value.strip().lower() for name, value in fields if name == wanted] for wanted in _MARKS}
    if said[_AUTH_AS] != ["internal"] or said[_CROSS_TENANT] not in ([], ["internal"]):
        return "Exchange Online does not call this mail internal, and it passed no border"
    if len(said[_AUTH_SOURCE]) != 1 or not said[_AUTH_SOURCE][0].endswith(_INSIDE):
        return "it is not clear which server of Exchange Online took this mail"
    return ""


def _contradicts(value: str) -> bool:
    """Exchange says dmarc=none of mail within the organisation, or nothing. Anything else is odd: no proof."""
    results = parse_anonymous(value)
    return results is None or any(method == "dmarc" and result not in ("none", "pass") for method, result, _ in results)
