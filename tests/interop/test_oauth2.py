"""Tokens on Dovecot and Postfix, which ask our endpoint about each one: the bot's way through a real mail system."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ranmailbot import config, service
from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.config import Settings
from ranmailbot.grants import AccessToken, Grant
from ranmailbot.mail.delivery import Sent
from ranmailbot.ports import Unavailable
from tests.adapters.servers import RealClock, message, outgoing, unique_address
from tests.adapters.test_submission_port import Asked
from tests.adapters.token_desk import CLIENT, MAILBOX, SECRET, TENANT, TokenDesk
from tests.interop.bench import AUTHSERV
from tests.interop.oauth2 import TokenBench
from tests.test_config import dump, merge
from tests.world import answers

pytestmark = pytest.mark.interop
ROOT = Path(__file__).parent.parent.parent
GRANTS: dict[str, Callable[[TokenDesk], Grant]] = {
    "secret": TokenDesk.secret_grant,
    "certificate": TokenDesk.certificate_grant,
    "google": TokenDesk.google_grant,
}


@pytest.fixture
def tokens(token_servers: TokenBench) -> TokenBench:
    return token_servers


@pytest.fixture(autouse=True)
def well(tokens: TokenBench) -> None:
    tokens.desk.mood, tokens.desk.refusal = "well", None


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("kind", GRANTS)
def test_the_mailbox_opens_is_read_and_filed_with_a_token(tokens: TokenBench, kind: str, security: str) -> None:
    mailbox = ImapMailbox(tokens.imap(tokens.source(GRANTS[kind](tokens.desk)), security), RealClock())
    tokens.bench.store(MAILBOX, message(subject="with-a-token"))
    fetched = mailbox.fetch(10)
    assert [b"Subject: with-a-token" in envelope.raw for envelope in fetched] == [True]
    mailbox.file("Read", fetched)
    assert list(mailbox.fetch(10)) == []
    mailbox.close()


@pytest.mark.parametrize("kind", GRANTS)
def test_mail_goes_through_postfix_with_a_token(tokens: TokenBench, kind: str) -> None:
    to = unique_address()
    submission = SmtpSubmission(tokens.smtp(tokens.source(GRANTS[kind](tokens.desk))), timeout_seconds=20)
    assert submission.send(outgoing(to, sender=MAILBOX), Asked()) == Sent()
    tokens.bench.quiet()
    assert len(tokens.bench.mails(to)) == 1
    submission.close()


def test_one_source_serves_both_with_one_token(tokens: TokenBench) -> None:
    source = tokens.source(tokens.desk.secret_grant())
    before = len(tokens.desk.asked)
    mailbox, submission = ImapMailbox(tokens.imap(source), RealClock()), SmtpSubmission(tokens.smtp(source))
    mailbox.fetch(1)
    assert submission.send(outgoing(unique_address(), sender=MAILBOX), Asked()) == Sent()
    asked = [one for one in tokens.desk.asked[before:] if "token" in one]
    assert len(asked) == 1
    mailbox.close()
    submission.close()


def test_a_token_that_was_revoked_is_replaced_at_the_next_login_without_troubling_anybody(tokens: TokenBench) -> None:
    source = tokens.source(tokens.desk.google_grant())
    old = source()
    tokens.desk.revoke()
    mailbox, submission = ImapMailbox(tokens.imap(source), RealClock()), SmtpSubmission(tokens.smtp(source))
    mailbox.fetch(1)
    mailbox.close()
    assert source().text != old.text
    tokens.desk.revoke()
    assert submission.send(outgoing(unique_address(), sender=MAILBOX), Asked()) == Sent()
    submission.close()


def test_a_token_of_another_mailbox_opens_nothing_and_is_not_shown(
    tokens: TokenBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    issued = [tokens.desk.issue("somebody-else@ran.example") for _ in range(2)]

    def source(refused: str = "") -> AccessToken:
        return AccessToken(issued[1 if refused else 0], "google")

    told: list[str] = []
    for hand in (lambda: ImapMailbox(tokens.imap(source), RealClock()).fetch(1), lambda: attempt(tokens, source)):
        with pytest.raises(Unavailable, match=f"login refused for {MAILBOX} with a token") as fault:
            hand()
        told.append(str(fault.value))
    assert [one for one in issued if one in caplog.text + "".join(told)] == []


def attempt(tokens: TokenBench, source: Callable[..., AccessToken]) -> None:
    submission = SmtpSubmission(tokens.smtp(source), timeout_seconds=20)
    try:
        submission.send(outgoing("a@example.org"), Asked())
    finally:
        submission.close()


def test_while_the_endpoint_is_not_well_nothing_is_lost_and_then_everything_goes_on(tokens: TokenBench) -> None:
    source = tokens.source(tokens.desk.secret_grant())
    mailbox, asked = ImapMailbox(tokens.imap(source), RealClock()), Asked()
    submission, to = SmtpSubmission(tokens.smtp(source)), unique_address()
    tokens.desk.mood = "sick"
    for _ in range(2):
        with pytest.raises(Unavailable, match="not well"):
            mailbox.fetch(1)
        with pytest.raises(Unavailable, match="not well"):
            submission.send(outgoing(to, sender=MAILBOX), asked)
    assert asked.times == 0
    tokens.desk.mood = "well"
    assert list(mailbox.fetch(1)) == []
    assert submission.send(outgoing(to, sender=MAILBOX), asked) == Sent()
    mailbox.close()
    submission.close()


def test_oauthbearer_opens_the_mailbox_where_xoauth2_is_not_known(
    tokens: TokenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ranmailbot.adapters.bearer.XOAUTH2", "XOAUTH-THREE")
    source = tokens.source(tokens.desk.google_grant())
    mailbox, submission = ImapMailbox(tokens.imap(source), RealClock()), SmtpSubmission(tokens.smtp(source))
    assert list(mailbox.fetch(1)) == []
    assert submission.send(outgoing(unique_address(), sender=MAILBOX), Asked()) == Sent()
    mailbox.close()
    submission.close()


def test_a_password_still_opens_the_same_servers(tokens: TokenBench) -> None:
    mailbox = ImapMailbox(replace(tokens.bench.imap(MAILBOX)), RealClock())
    assert list(mailbox.fetch(1)) == []
    mailbox.close()


def settings_with_tokens(tokens: TokenBench, folder: Path) -> Settings:
    """The shipped call on this bench, as an administrator would write it."""
    bench, desk = tokens.bench, tokens.desk
    change = {
        "mailbox": {
            "server": "imap",
            "host": "localhost",
            "port": bench.ports["imap_port"],
            "user": MAILBOX,
            "ca_file": str(bench.ca_file),
            "archive": "Archive",
            "trust": "generic",
            "authserv_id": AUTHSERV,
            "oauth2": {
                "provider": "microsoft365",
                "tenant": TENANT,
                "client_id": CLIENT,
                "client_secret_env": "APP",
                "authority": desk.url,
                "ca_file": str(desk.ca_file),
            },
        },
        "submission": {
            "host": "localhost",
            "port": bench.ports["submission_port"],
            "security": "starttls",
            "ca_file": str(bench.ca_file),
        },
    }
    tables = merge(tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8")), change)
    text = "\n".join(f"{key} = {dump(value)}" for key, value in tables.items())
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return config.load(folder / "config.toml", {"APP": SECRET})


def test_a_call_configured_with_tokens_takes_an_application_and_answers_it(tokens: TokenBench, tmp_path: Path) -> None:
    settings, ann = settings_with_tokens(tokens, tmp_path), "ann.tokens@example.org"
    mail = service.configured_server(settings)
    assert mail is not None
    clock = service.WallClock(settings.call.published + timedelta(hours=9) - datetime.now(UTC))
    state = tmp_path / "state"
    before = len([one for one in tokens.desk.asked if one.endswith("/token")])
    with service.worker_lock(state):
        worker = service.build(settings, clock, state=state, mail=mail)
        text = f"From: {ann}\r\nTo: {MAILBOX}\r\nSubject: The call\r\n\r\n{answers((1, 2, 3, 4))}\r\n"
        tokens.bench.post(ann, [MAILBOX], text.encode())
        tokens.bench.quiet()
        while worker.receive_once() + worker.submit_once():
            tokens.bench.quiet()
        (story,) = worker.stories()
        worker.close()
    assert (story.address, story.status.value) == (ann, "complete")
    assert [b"X-Ranmailbot-Kind: acknowledgement" in raw for raw in tokens.bench.mails(ann)] == [True]
    assert len(tokens.bench.mails(MAILBOX, "Applications")) == 1
    assert len([one for one in tokens.desk.asked if one.endswith("/token")]) == before + 1
