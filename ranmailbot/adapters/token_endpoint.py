"""The door to a token endpoint: one HTTPS request and its JSON answer, in bounded time, with bounded bytes.

Both libraries that ask for tokens are handed this door instead of opening their own: they would wait, retry and log as
they please. Fear: an endpoint that is down, slow, drips, floods, redirects, or answers with a page for people.
Known limits: no HTTP proxy; every request has a connection of its own (there are two in an hour).
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from ranmailbot.adapters.tls import client_context, explain, is_loopback
from ranmailbot.adapters.watchdog import Watchdog
from ranmailbot.ports import Unavailable

LARGEST_ANSWER = 1_000_000
BROKEN_BY_US = 500
TOO_MANY = 429
UNWELL = "nothing needs to be done if it passes: the bot asks again by itself"
UNREACHED = "does this machine reach it? Firewalls must let HTTPS through to that name, and no proxy is used"
NO_JSON = "does a proxy or a login page stand in between? Firewalls must let HTTPS through unchanged"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered, with the names that msal asks for."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def raise_for_status(self) -> None:
        """Nothing: what is no answer never comes through the door."""

    def facts(self) -> dict[str, object]:
        """The JSON object."""
        found = json.loads(self.text)
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Endpoint:
    """The door. `seconds` is for one request, from connecting to the last byte; `ca_file` replaces the system's CAs."""

    ca_file: Path | None = None
    seconds: float = 20
    last: Answer | None = field(default=None, init=False)
    """What was answered last: libraries wrap it in words of their own."""

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Answer:
        """GET. Raises Unavailable."""
        return self._ask("GET", f"{url}?{urlencode(params)}" if params else url, None, headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Answer:
        """POST of a form. Raises Unavailable."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._ask("POST", f"{url}?{urlencode(params)}" if params else url, urlencode(data or {}), form)

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, method: str, url: str, body: str | None, headers: Mapping[str, str] | None) -> Answer:
        parts = urlsplit(url)
        host, dog = parts.hostname or "", Watchdog()
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection = self._connection(parts.scheme, host, parts.port, dog)
        try:
            with dog.within(self.seconds):
                connection.request(method, path, body, {"Accept": "application/json", **(headers or {})})
                response = connection.getresponse()
                content = response.read(LARGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            reason = "no answer in time" if dog.cut else explain(fault)
            raise Unavailable(f"token endpoint {host}: {reason}", UNREACHED) from None
        finally:
            dog.release()
            with suppress(OSError):
                connection.close()
        if dog.cut:  # what came before the cut may look whole
            raise Unavailable(f"token endpoint {host}: no answer in time", UNREACHED)
        self.last = _judged(host, Answer(response.status, content.decode("utf-8", "replace"), dict(response.headers)))
        return self.last

    def _connection(self, scheme: str, host: str, port: int | None, dog: Watchdog) -> http.client.HTTPConnection:
        """Raises Unavailable for plain HTTP to another machine, or a CA file that is none."""
        if scheme == "https":
            return _Guarded(host, port, self.seconds, client_context(self.ca_file), dog)
        if scheme == "http" and is_loopback(host):
            return _Guarded(host, port, self.seconds, None, dog)
        raise Unavailable(f"token endpoint {host}: its address does not begin with https://", "correct the address")


class _Guarded(http.client.HTTPConnection):
    """A connection whose socket the watchdog knows before TLS begins."""

    def __init__(self, host: str, port: int | None, seconds: float, tls: ssl.SSLContext | None, dog: Watchdog) -> None:
        super().__init__(host, port or (443 if tls else 80), timeout=seconds)
        self._tls, self._dog = tls, dog

    def connect(self) -> None:
        """Connect, tell the watchdog, secure."""
        connection = socket.create_connection((self.host, self.port), self.timeout)
        self._dog.guard(connection)
        self.sock = self._tls.wrap_socket(connection, server_hostname=self.host) if self._tls else connection


def _judged(host: str, answer: Answer) -> Answer:
    """The answer, if it is one that a token endpoint gives (RFC 6749 5). Raises Unavailable."""
    place, status = f"token endpoint {host}", answer.status_code
    if status >= BROKEN_BY_US:
        raise Unavailable(f"{place}: it is not well (HTTP {status})", UNWELL)
    if status == TOO_MANY:
        raise Unavailable(f"{place}: it was asked too often (HTTP {status})", UNWELL)
    try:
        facts = json.loads(answer.text)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or len(answer.text) > LARGEST_ANSWER:
        raise Unavailable(f"{place}: it answers with something else than a token (HTTP {status}, no JSON)", NO_JSON)
    return answer
