"""A bench on which tokens open mailboxes: Dovecot asks our token endpoint about each one (RFC 7662), for Postfix, too.

Known limit: Dovecot keeps what it was told about a token for as long as a connection lasts; a session lives on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ranmailbot.adapters.access_tokens import token_source
from ranmailbot.grants import Grant
from ranmailbot.ports import Account, TokenSource
from tests.adapters.servers import RealClock
from tests.adapters.token_desk import MAILBOX, TokenDesk
from tests.interop.bench import Bench, running

MORE = """\
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
INTROSPECTION = """\
introspection_mode = post
introspection_url = {url}/introspect
username_attribute = username
active_attribute = active
active_value = true
tls_ca_cert_file = {ca_file}
use_grant_password = no
"""


@dataclass(frozen=True)
class TokenBench:
    """Servers and endpoint together."""

    bench: Bench
    desk: TokenDesk

    def imap(self, tokens: TokenSource, security: str = "tls") -> Account:
        plain = self.bench.imap(MAILBOX, "starttls" if security == "starttls" else "tls")
        return replace(plain, password="", tokens=tokens)

    def smtp(self, tokens: TokenSource) -> Account:
        return replace(self.bench.submission(MAILBOX), password="", tokens=tokens)

    def source(self, grant: Grant) -> TokenSource:
        return token_source(grant, RealClock())


@contextmanager
def token_bench(folder: Path) -> Iterator[TokenBench]:
    """Both, until the block ends. The endpoint keeps its files in `folder`."""
    desk = TokenDesk(folder)

    def prepare(place: Path) -> None:
        (place / "more.conf").write_text(MORE.format(folder=place))
        (place / "desk-ca.pem").write_bytes(desk.ca_file.read_bytes())
        words = INTROSPECTION.format(url=desk.url, ca_file=place / "desk-ca.pem")
        (place / "oauth2.conf").write_text(words)

    try:
        with running(prepare) as bench:
            yield TokenBench(bench, desk)
    finally:
        desk.close()
