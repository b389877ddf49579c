"""Access tokens: implements grants.TokenSource for every kind of grant. A token is kept until shortly before it ends.

A token that a server has refused is thrown away. While the endpoint cannot be reached, a token that is still good is
used to its end. Fear: logs; no token is ever shown. One source may serve both mailbox and submission, on two threads.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ranmailbot.adapters import google_workspace, microsoft365, token_command
from ranmailbot.adapters.token_endpoint import Endpoint
from ranmailbot.grants import AccessToken, Grant, Microsoft365, TokenCommand, TokenSource
from ranmailbot.ports import Account, Clock, Unavailable

MARGIN = 300
"""Seconds before its end from which on a token is no longer fresh."""
SHORTEST = 60
"""Seconds for which a token is taken to be good whose provider says less, or nothing: else each errand would log in."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750 2.1: nothing in it can end a line, or the token itself, in a login."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token and, on the monotonic clock, its end."""

    token: AccessToken
    ends: float


@dataclass(slots=True)
class KeptTokens:
    """A source that asks `fetch` (a token, and for how many seconds it is good) only when it has nothing fresh."""

    provider: str
    fetch: Callable[[], tuple[str, float]] = field(repr=False)
    monotonic: Callable[[], float]
    _kept: _Kept | None = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __call__(self, refused: str = "") -> AccessToken:
        """See grants.TokenSource."""
        with self._lock:
            if self._kept is not None and self._kept.token.text == refused:
                self._kept = None
            kept, now = self._kept, self.monotonic()
            if kept is not None and now < kept.token.renew_at:
                return kept.token
            try:
                text, seconds = self.fetch()
            except Unavailable:
                if kept is not None and now < kept.ends:
                    return kept.token
                raise
            self._kept = self._checked(text, seconds)
            return self._kept.token

    def _checked(self, text: str, seconds: float) -> _Kept:
        """Raises Unavailable for a text that is no token."""
        if not _TOKEN.fullmatch(text):
            raise Unavailable(
                f"no token from {self.provider}: what came is no access token (RFC 6750)",
                "a token is one word of letters, digits and -._~+/",
            )
        now, seconds = self.monotonic(), max(seconds, SHORTEST)
        renew_at = now + max(seconds - MARGIN, seconds / 2)
        return _Kept(AccessToken(text, self.provider, renew_at), now + seconds)


@dataclass(frozen=True, slots=True)
class PrintedTokens:
    """A source that runs the command for each login: nobody says how long a printed token is good."""

    fetch: Callable[[], str] = field(repr=False)

    def __call__(self, refused: str = "") -> AccessToken:  # noqa: ARG002 - the command knows no other token
        """See grants.TokenSource."""
        text = self.fetch()
        if not _TOKEN.fullmatch(text):
            raise Unavailable("the first line of the token command is no access token (RFC 6750)", token_command.TRY_IT)
        return AccessToken(text, "command", math.inf)


def token_source(grant: Grant, clock: Clock) -> TokenSource:
    """The source for this grant. `clock` must show real time: providers compare it with theirs."""
    if isinstance(grant, TokenCommand):
        return PrintedTokens(lambda: token_command.fetch(grant))
    endpoint = Endpoint(grant.ca_file)
    if isinstance(grant, Microsoft365):
        return KeptTokens("microsoft365", lambda: microsoft365.fetch(grant, endpoint), clock.monotonic)
    return KeptTokens("google", lambda: google_workspace.fetch(grant, endpoint, clock.now()), clock.monotonic)


def with_tokens(accounts: Sequence[tuple[Account, Grant | None]], clock: Clock) -> list[Account]:
    """These accounts with the tokens that stand for their passwords; one source where the grants are the same."""
    sources = {grant: token_source(grant, clock) for _, grant in accounts if grant is not None}
    return [account if grant is None else replace(account, tokens=sources[grant]) for account, grant in accounts]
