"""Logging in with an access token, in the words of SASL: XOAUTH2 (Google, Microsoft) and OAUTHBEARER (RFC 7628).

Both are one line of the client. A server that refuses first tells why, as JSON in base64, and waits for an empty answer
before it says no. Nothing in that JSON is passed on: only its words are looked at (login_faults.py).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass

from ranmailbot.grants import AccessToken
from ranmailbot.ports import Account

XOAUTH2, OAUTHBEARER = "XOAUTH2", "OAUTHBEARER"
LARGEST_REASON = 10_000


def mechanism(offered: Collection[str]) -> str | None:
    """The way to log in that both sides know; None if the server offers neither."""
    names = {name.upper() for name in offered}
    return next((name for name in (XOAUTH2, OAUTHBEARER) if name in names), None)


@dataclass(slots=True)
class Login:
    """What the client says in one login, in base64, and what it was told. Not for a second login."""

    name: str
    account: Account
    token: AccessToken
    told: str = ""
    """The JSON in which the server said why not; empty if it said none."""
    _said: bool = False

    def first(self) -> bytes:
        """The words that hold the token. Raises ValueError for a user that would end its own field."""
        user = self.account.user
        if any(ord(character) < ord(" ") for character in user):
            raise ValueError("the user holds a control character")
        self._said = True
        if self.name == XOAUTH2:
            text = f"user={user}\1auth=Bearer {self.token.text}\1\1"
        else:
            server = f"host={self.account.host}\1port={self.account.port}"
            escaped = user.replace("=", "=3D").replace(",", "=2C")
            text = f"n,a={escaped},\1{server}\1auth=Bearer {self.token.text}\1\1"
        return base64.b64encode(text.encode())

    def answer(self, challenge: bytes) -> bytes:
        """The answer to a challenge: the words, if they were not said; else nothing, or what RFC 7628 3.2.3 wants."""
        if not self._said:
            return self.first()
        self.told = _decoded(challenge)
        return b"" if self.name == XOAUTH2 else b"AQ=="


def _decoded(challenge: bytes) -> str:
    try:
        return base64.b64decode(challenge[:LARGEST_REASON].strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
