"""Access tokens of Google Workspace: a service account with domain-wide delegation signs for a mailbox (RFC 7523).

google-auth signs; the request goes through our own door, because google-auth's would sleep and try again by itself.
It is wanted by this provider alone (`pip install 'ranmailbot[google]'`), so it is imported when a token is asked for.
Fear: a clock that is wrong (Google refuses the signature then), and the key file: it is never shown.
"""

from __future__ import annotations

import json
from datetime import datetime

from ranmailbot.adapters.login_faults import token_refused
from ranmailbot.adapters.token_endpoint import Endpoint
from ranmailbot.grants import Google
from ranmailbot.ports import Unavailable

SCOPE = "https://mail.google.com/"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GOOD_FOR = 3600
"""Seconds that an assertion asks for: the most that Google grants."""


def fetch(grant: Google, endpoint: Endpoint, now: datetime) -> tuple[str, float]:
    """A new token and how many seconds it is good for. `now` is real time. Raises Unavailable."""
    key = json.loads(grant.key)
    form = {"grant_type": GRANT_TYPE, "assertion": _assertion(key, grant.mailbox, int(now.timestamp()))}
    answer = endpoint.post(str(key["token_uri"]), data=form)
    facts = answer.facts()
    token, seconds = facts.get("access_token"), facts.get("expires_in")
    if not isinstance(token, str):
        raise token_refused("google", answer.text)
    return token, float(seconds) if isinstance(seconds, int | float) else 0.0


def _assertion(key: dict[str, str], mailbox: str, now: int) -> str:
    """What we claim, signed with the key of the service account (RS256)."""
    try:
        from google.auth import crypt, jwt  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Unavailable(
            "tokens of Google Workspace need the library google-auth", "run: pip install 'ranmailbot[google]'"
        ) from None
    claims = {
        "iss": key["client_email"],
        "sub": mailbox,
        "scope": SCOPE,
        "aud": key["token_uri"],
        "iat": now,
        "exp": now + GOOD_FOR,
    }
    try:
        signer = crypt.RSASigner.from_service_account_info(key)
        return str(jwt.encode(signer, claims), "ascii")
    except Exception as fault:  # noqa: BLE001 - whatever a library says of a broken key may hold the key
        raise Unavailable(
            f"no token from google: the key in key_file cannot be used ({type(fault).__name__})",
            "make a new key of the service account (JSON) and put it there",
        ) from None
