"""The self-test of a trust profile: would we believe stamps that a stranger wrote, as our own server delivers them?

`check` puts `forged_fields` into a mail to ourselves. They claim, in the style of our provider, that a domain which
nobody can own (RFC 2606 2: .invalid) was authenticated. `believed` looks at what came back: the claim must not pass.
Known limit: it shows what this server does with this mail today; it cannot show what it will never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ranmailbot.mail.authentication import Trust, judge

FORGED_DOMAIN = "forged.invalid"
_CLAIM = f"dmarc=pass action=none header.from={FORGED_DOMAIN}"
_INSIDE = "FORGED.eurprd00.prod.outlook.com"


def forged_fields(trust: Trust) -> tuple[tuple[str, str], ...]:
    """The fields to put on top of the mail, each with its value; plain ASCII, no line breaks."""
    if trust.profile == "microsoft365":
        return (
            ("Authentication-Results", f"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom={FORGED_DOMAIN};{_CLAIM}"),
            ("X-MS-Exchange-Organization-AuthAs", "Internal"),
            ("X-MS-Exchange-Organization-AuthSource", _INSIDE),
        )
    stamp = ("Authentication-Results", f"{trust.authserv_id}; {_CLAIM}")
    if trust.profile == "google":
        return (stamp, ("ARC-Authentication-Results", f"i=1; {trust.authserv_id}; {_CLAIM}"))
    return (stamp,)


def believed(headers: Sequence[tuple[str, str]], trust: Trust) -> str:
    """What is wrong if the forged fields would prove somebody; empty if they prove nobody, as it must be.

    `headers` are the (name, unfolded value) pairs of the mail as it came back, from top to bottom.
    """
    mislead = replace(trust, own_domain=FORGED_DOMAIN)
    if not judge(headers, FORGED_DOMAIN, mislead).passed:
        return ""
    return (
        "a mail with a forged Authentication-Results header was believed: the mail server writes its stamps where "
        "strangers can write, too, or is not the one that trust and authserv_id in [mailbox] name. "
        "Until that is mended, set authserv_id to nothing and decide with `ranmailbot decide`"
    )
