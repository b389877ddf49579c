"""Grants: what an access token is asked for with (OAuth2, RFC 6749), the token itself, and the port that gives it.

Values only; how a token is got stands in adapters/access_tokens.py. Fear: logs. No secret is ever shown by `repr`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

MICROSOFT_LOGIN = "https://login.microsoftonline.com"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
"""Everything the app was granted for Exchange Online: IMAP.AccessAsApp, SMTP.SendAsApp."""


@dataclass(frozen=True, slots=True)
class Microsoft365:
    """Client credentials of an app in Microsoft Entra (RFC 6749 4.4): a secret, or a certificate with its key (PEM)."""

    tenant: str
    client_id: str
    secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    authority: str = MICROSOFT_LOGIN
    scope: str = MICROSOFT_SCOPE
    ca_file: Path | None = None
    """Certificates to trust at the token endpoint, if not those of the system."""
    expires: date | None = None
    """The last day on which secret or certificate is good, if that is known."""


@dataclass(frozen=True, slots=True)
class Google:
    """A service account with domain-wide delegation (RFC 7523): its key file as text, and the mailbox it acts for."""

    key: str = field(repr=False)
    mailbox: str
    ca_file: Path | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class TokenCommand:
    """A program with its arguments that prints a token on its first line."""

    command: tuple[str, ...] = field(repr=False)
    expires: date | None = None


Grant = Microsoft365 | Google | TokenCommand


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token of OAuth2 that stands for a password. `provider` is "microsoft365", "google" or "command"."""

    text: str = field(repr=False)
    provider: str
    renew_at: float = math.inf
    """From this moment of the monotonic clock on, whoever has logged in with it should log in anew."""


class TokenSource(Protocol):
    """Hands out access tokens; any thread may ask."""

    def __call__(self, refused: str = "") -> AccessToken:
        """A fresh token, but not one that a server has `refused`, if there is another. Raises Unavailable."""
        ...


WARNED_BEFORE = 7
"""Days before its end from which on an ending access is told."""


def ending(grant: Grant, today: date) -> tuple[str, str] | None:
    """What ends when, and what to do, from a week before; None if nothing does, or nobody knows."""
    if grant.expires is None or (grant.expires - today).days > WARNED_BEFORE:
        return None
    left = (grant.expires - today).days
    when = (
        "has ended" if left < 0 else f"ends in {left} days" if left > 1 else "ends tomorrow" if left else "ends today"
    )
    what = f"The mail bot's access to its mailbox {when} ({grant.expires}): its secret, certificate or key expires then"
    remedy = (
        "Make a new one where the old one was made (docs/providers.md says where), put it into its place, write its "
        "last day at expires in config.toml, and restart. Otherwise no mail is read and none is sent from then on."
    )
    return what, remedy
