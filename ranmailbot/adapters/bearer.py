"""Logging in with an access token, in the words of SASL: XOAUTH2 (Google, Microsoft) and OAUTHBEARER (RFC 7628).

Both are one line of the client. A server that refuses first tells why, as JSON in base64, and waits for an empty answer
before it says no. Nothing in that JSON is passed on: only its words are looked at (login_faults.py).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

from ranmailbot.ports import AccessToken, Account

XOAUTH2, OAUTHBEARER = "XOAUTH2", "OAUTHBEARER"
LARGEST_REASON = 10_000


def mechanism(offered: Collection[str]) -> str | None:
    """The way to log in that both sides know; None if the server offers neither."""
    names = {name.upper() for name in offered}
    return next((name for name in (XOAUTH2, OAUTHBEARER) if name in names), None)


def initial_response(name: str, account: Account, token: AccessToken) -> bytes:
    """What the client says, in base64. Raises ValueError for a user that would end its own field."""
    user = account.user
    if any(ord(character) < ord(" ") for character in user):
        raise ValueError("the user holds a control character")
    if name == XOAUTH2:
        text = f"user={user}\1auth=Bearer {token.text}\1\1"
    else:
        escaped = user.replace("=", "=3D").replace(",", "=2C")
        text = f"n,a={escaped},\1host={account.host}\1port={account.port}\1auth=Bearer {token.text}\1\1"
    return base64.b64encode(text.encode())


def after_reason(name: str) -> bytes:
    """What the client says once it was told why not: nothing, or the one byte that RFC 7628 3.2.3 wants (base64)."""
    return b"" if name == XOAUTH2 else b"AQ=="


def reason(challenge: bytes | str) -> str:
    """The JSON in which a server says why not; empty if it is none."""
    text = challenge.encode("ascii", "replace") if isinstance(challenge, str) else challenge
    try:
        return base64.b64decode(text[:LARGEST_REASON].strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
