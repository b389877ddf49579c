"""A bench on which tokens open mailboxes: Dovecot asks our token endpoint about each one (RFC 7662), for Postfix, too.

Known limit: Dovecot keeps what it was told about a token for as long as a connection lasts; a session lives on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ranmailbot.adapters.access_tokens import token_source
from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.grants import AccessToken, Grant, TokenSource
from ranmailbot.ports import Account
from tests.adapters.servers import BOT, RealClock, unique_address
from tests.adapters.token_desk import MAILBOX, TokenDesk
from tests.interop.bench import Bench, running
from tests.interop.worlds import ARCHIVE, DovecotWorld, PostfixWorld

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

    def imap(self, tokens: TokenSource, security: str = "tls", user: str = MAILBOX) -> Account:
        plain = self.bench.imap(user, "starttls" if security == "starttls" else "tls")
        return replace(plain, password="", tokens=tokens)

    def smtp(self, tokens: TokenSource, user: str = MAILBOX) -> Account:
        return replace(self.bench.submission(user), password="", tokens=tokens)

    def printed(self, user: str) -> TokenSource:
        """A new token for this mailbox at every question."""
        return lambda _="": AccessToken(self.desk.issue(user), "command")

    @contextmanager
    def mailbox_world(self, limit: int) -> Iterator[DovecotWorld]:
        """The promises of ports.Mailbox, kept with tokens."""
        address = unique_address()
        account = self.imap(self.printed(address), user=address)
        mailbox = ImapMailbox(account, RealClock(), own_address=BOT, message_bytes=limit)
        yield DovecotWorld(mailbox, self.bench, address)
        mailbox.close()

    @contextmanager
    def submission_world(self) -> Iterator[PostfixWorld]:
        """The promises of ports.Submission, kept with tokens."""
        submission = SmtpSubmission(self.smtp(self.printed(BOT), BOT), archive=ARCHIVE)
        yield PostfixWorld(submission, self.bench)
        submission.close()

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
