"""Logging in with tokens, on servers that check them: both hands, both mechanisms, with and without SASL-IR."""

from __future__ import annotations

import base64
import json
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from ranmailbot.adapters.access_tokens import KeptTokens
from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.login_faults import KNOWN, Known, login_refused, what_and_remedy
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.grants import AccessToken
from ranmailbot.mail.delivery import Delivery, Sent
from ranmailbot.ports import Account, Unavailable
from tests.adapters.servers import RealClock, Scripted, outgoing
from tests.adapters.test_submission_port import Asked
from tests.adapters.token_desk import MAILBOX, PlayedTicks

EMPTY = "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n"
WHY = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}').decode()


@dataclass
class Doorkeeper:
    """What both servers know: which tokens are good, and what they saw."""

    good: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    at_once: list[bool] = field(default_factory=list)
    """Whether each AUTHENTICATE of IMAP came with its words (RFC 4959)."""
    mechanism: str = "XOAUTH2"
    refusal: str = "AUTHENTICATE failed"
    user: str = MAILBOX

    def admits(self, said: str) -> bool:
        text = base64.b64decode(said).decode()
        if self.mechanism == "XOAUTH2":
            return text in {f"user={self.user}\1auth=Bearer {token}\1\1" for token in self.good}
        head, _, rest = text.partition("\1")
        return head == f"n,a={self.user}," and any(f"\1auth=Bearer {token}\1\1" in "\1" + rest for token in self.good)

    def dance(self, said: str, ask: Callable[[str], str]) -> bool:
        """Whether it lets the client in; tells it why not first, and wants the empty answer."""
        if self.admits(said):
            return True
        answer = ask(WHY)
        self.seen.append(f"answer to why not: {answer!r}")
        return False


def imap_server(door: Doorkeeper, capabilities: str, after: str = "") -> Scripted:
    """IMAP4rev1; `after` ends every command after the login with NO or BAD and these words."""

    def play(connection: socket.socket) -> None:
        stream = connection.makefile("rwb")

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        def ask(challenge: str) -> str:
            say(f"+ {challenge}")
            return stream.readline().decode().strip()

        say("* OK ready")
        for line in stream:
            tag, _, command = line.decode().strip().partition(" ")
            words = command.split(" ")
            door.seen.append(" ".join(words[:2]))
            if words[0] == "CAPABILITY":
                say(f"* CAPABILITY IMAP4rev1 {capabilities}")
            elif words[0] == "AUTHENTICATE":
                door.at_once.append(len(words) > 2)
                said = words[2] if door.at_once[-1] else ask("")
                if not door.dance(said, ask):
                    say(f"{tag} NO {door.refusal}")
                    continue
            elif words[0] == "EXAMINE":
                say(EMPTY.strip())
            elif words[:2] == ["UID", "SEARCH"]:
                say("* SEARCH")
            say(f"{tag} {after}" if after and words[0] not in ("AUTHENTICATE", "CAPABILITY") else f"{tag} OK done")

    return Scripted(play)


def smtp_server(  # noqa: C901 - one branch for each command
    door: Doorkeeper, lapse_after: int = 0, refusal: str = "535 5.7.3 Authentication unsuccessful"
) -> Scripted:
    """SMTP; the login of a connection is forgotten after so many mails."""

    def play(connection: socket.socket) -> None:
        stream, inside, mails = connection.makefile("rwb"), False, 0

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        def ask(challenge: str) -> str:
            say(f"334 {challenge}")
            return stream.readline().decode().strip()

        say("220 ready")
        content = False
        for line in stream:
            if content:
                content = line != b".\r\n"
                if not content:
                    say("250 2.0.0 OK")
                continue
            words = line.decode().strip().split(" ")
            door.seen.append(" ".join(words[:2]))
            if words[0] == "EHLO":
                say(f"250-ready\r\n250 AUTH {door.mechanism}")
            elif words[0] == "AUTH":
                inside = door.dance(words[2], ask)
                say("235 2.7.0 welcome" if inside else refusal)
            elif words[0] == "MAIL":
                inside = inside and not (lapse_after and mails >= lapse_after)
                say("250 2.1.0 OK" if inside else "530 5.7.0 Authentication required")
                mails += 1
            elif words[0] == "DATA":
                content = True
                say("354 go on")
            else:
                say("250 2.0.0 OK")

    return Scripted(play)


def tokens(*texts: str, clock: PlayedTicks | RealClock = RealClock()) -> KeptTokens:  # noqa: B008 - it holds nothing
    """A source that gives these, one after the other, each good for an hour; then the last again."""
    left = list(texts)
    return KeptTokens("microsoft365", lambda: (left.pop(0) if len(left) > 1 else left[0], 3600.0), clock.monotonic)


def account(port: int, source: Callable[..., AccessToken], user: str = MAILBOX) -> Account:
    return Account("127.0.0.1", port, "none", user, "", tokens=source)


@pytest.fixture
def door() -> Iterator[Doorkeeper]:
    keeper = Doorkeeper({"good-token"})
    yield keeper
    assert not any("good-token" in line for line in keeper.seen)


def fetch(server: Scripted, source: Callable[..., AccessToken], user: str = MAILBOX) -> None:
    mailbox = ImapMailbox(account(server.port, source, user), RealClock())
    try:
        assert list(mailbox.fetch(1)) == []
    finally:
        mailbox.close()
        server.close()


def send(server: Scripted, source: Callable[..., AccessToken], user: str = MAILBOX) -> Delivery:
    submission = SmtpSubmission(account(server.port, source, user), timeout_seconds=5)
    try:
        return submission.send(outgoing("a@example.org"), Asked())
    finally:
        submission.close()
        server.close()


# -- IMAP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("initial", ["SASL-IR", ""])
def test_the_mailbox_opens_for_a_good_token(door: Doorkeeper, mechanism: str, initial: str) -> None:
    door.mechanism = mechanism
    fetch(imap_server(door, f"AUTH={mechanism} {initial} MOVE"), tokens("good-token"))
    assert door.at_once == [bool(initial)]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("initial", ["SASL-IR", ""])
def test_a_refused_token_is_replaced_once_and_the_reason_is_heard_out(
    door: Doorkeeper, mechanism: str, initial: str
) -> None:
    door.mechanism = mechanism
    server = imap_server(door, f"AUTH={mechanism} {initial} MOVE")
    fetch(server, tokens("expired-token", "good-token"))
    empty = "" if mechanism == "XOAUTH2" else "AQ=="
    assert [line for line in door.seen if line.startswith("answer")] == [f"answer to why not: {empty!r}"]
    assert server.connections == 2


@pytest.mark.parametrize("initial", ["SASL-IR", ""])
def test_two_refused_tokens_are_enough_and_neither_is_shown(
    door: Doorkeeper, initial: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = imap_server(door, f"AUTH=XOAUTH2 {initial} MOVE")
    with pytest.raises(Unavailable, match=f"login refused for {MAILBOX} with a token") as told:
        fetch(server, tokens("first-token", "second-token", "third-token"))
    assert server.connections == 2
    assert "New-ServicePrincipal" in told.value.remedy
    shown = caplog.text + str(told.value)
    sayings = [f"user={MAILBOX}\1auth=Bearer {token}\1\1" for token in ("first-token", "second-token")]
    hidden = ["first-token", "second-token", *(base64.b64encode(one.encode()).decode() for one in sayings)]
    assert [one for one in hidden if one in shown] == []


def test_a_source_without_another_token_is_asked_no_third_time(door: Doorkeeper) -> None:
    server = imap_server(door, "AUTH=XOAUTH2")
    with pytest.raises(Unavailable, match="with a token"):
        fetch(server, tokens("only-token"))
    assert server.connections == 1


def test_a_server_that_takes_no_tokens_is_told_as_such(door: Doorkeeper) -> None:
    with pytest.raises(Unavailable, match="takes no access tokens"):
        fetch(imap_server(door, "AUTH=PLAIN"), tokens("good-token"))
    door.mechanism = "PLAIN LOGIN"
    with pytest.raises(Unavailable, match="takes no access tokens"):
        send(smtp_server(door), tokens("good-token"))


def test_a_user_that_could_say_more_than_a_user_is_never_sent(door: Doorkeeper) -> None:
    with pytest.raises(Unavailable):
        fetch(imap_server(door, "AUTH=XOAUTH2 SASL-IR"), tokens("good-token"), user="a\1auth=Bearer b")
    assert not any("AUTHENTICATE" in line for line in door.seen)


def test_a_login_that_exchange_lets_in_and_the_mailbox_does_not_is_told_with_the_command_that_mends_it(
    door: Doorkeeper,
) -> None:
    server = imap_server(door, "AUTH=XOAUTH2 SASL-IR", after="BAD User is authenticated but not connected.")
    with pytest.raises(Unavailable, match="no way into the mailbox") as told:
        fetch(server, tokens("good-token"))
    assert "Add-MailboxPermission" in told.value.remedy


def test_a_session_is_made_anew_before_its_token_ends_without_troubling_anybody(door: Doorkeeper) -> None:
    door.good, clock = {"token-1", "token-2"}, PlayedTicks()
    server = imap_server(door, "AUTH=XOAUTH2 SASL-IR MOVE")
    mailbox = ImapMailbox(account(server.port, tokens("token-1", "token-2", clock=clock)), clock)
    mailbox.fetch(1)
    clock.ticks += 3600 - 301
    mailbox.fetch(1)
    assert server.connections == 1
    door.good = {"token-2"}
    clock.ticks += 1
    assert list(mailbox.fetch(1)) == []
    assert server.connections == 2
    mailbox.close()
    server.close()


def test_a_token_that_has_ended_already_is_used_for_one_errand_after_the_other(door: Doorkeeper) -> None:
    server = imap_server(door, "AUTH=XOAUTH2 SASL-IR MOVE")
    mailbox = ImapMailbox(account(server.port, lambda refused="": AccessToken("good-token", "x", 0)), RealClock())
    assert list(mailbox.fetch(1)) == []
    assert list(mailbox.fetch(1)) == []
    mailbox.close()
    server.close()


def test_a_session_that_the_server_ends_with_its_token_is_unavailable_once_and_then_recovers(door: Doorkeeper) -> None:
    def play(connection: socket.socket) -> None:
        stream = connection.makefile("rwb")
        stream.write(b"* OK ready\r\n")
        stream.flush()
        for line in stream:
            tag, _, command = line.decode().strip().partition(" ")
            if command.startswith("EXAMINE") and server.connections == 1:
                stream.write(b"* BYE Session invalidated - AccessTokenExpired\r\n")
                stream.flush()
                return
            told = {"CAPAB": "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n", "EXAMI": EMPTY, "UID S": "* SEARCH\r\n"}
            stream.write(f"{told.get(command[:5], '')}{tag} OK done\r\n".encode())
            stream.flush()

    server = Scripted(play)
    mailbox = ImapMailbox(account(server.port, tokens("good-token")), RealClock())
    with pytest.raises(Unavailable, match=r"looking into INBOX: .*(ended|lost)"):
        mailbox.fetch(1)
    assert list(mailbox.fetch(1)) == []
    mailbox.close()
    server.close()


# -- SMTP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_mail_goes_with_a_good_token(door: Doorkeeper, mechanism: str) -> None:
    door.mechanism = mechanism
    assert send(smtp_server(door), tokens("good-token")) == Sent()


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_refused_at_submission_is_replaced_once_after_the_dance(door: Doorkeeper, mechanism: str) -> None:
    door.mechanism = mechanism
    server = smtp_server(door)
    assert send(server, tokens("expired-token", "good-token")) == Sent()
    empty = "" if mechanism == "XOAUTH2" else "AQ=="
    assert [line for line in door.seen if line.startswith("answer")] == [f"answer to why not: {empty!r}"]


def test_two_tokens_refused_at_submission_are_enough_and_neither_is_shown(
    door: Doorkeeper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = smtp_server(door)
    with pytest.raises(Unavailable, match="with a token") as told:
        send(server, tokens("first-token", "second-token", "third-token"))
    assert server.connections == 2
    assert "-token" not in str(told.value) + caplog.text


def test_smtp_auth_that_is_switched_off_is_told_with_the_switch(door: Doorkeeper) -> None:
    words = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit x"
    with pytest.raises(Unavailable, match=r"SMTP AUTH is switched off .*5\.7\.139") as told:
        send(smtp_server(door, refusal=words), tokens("first-token"))
    assert "Authenticated SMTP" in told.value.remedy
    assert "Set-CASMailbox" in told.value.remedy


def test_a_kept_session_whose_login_has_lapsed_logs_in_again_without_troubling_anybody(door: Doorkeeper) -> None:
    server = smtp_server(door, lapse_after=1)
    submission = SmtpSubmission(account(server.port, tokens("good-token")), timeout_seconds=5)
    asked = Asked()
    assert [submission.send(outgoing("a@example.org", number=n), asked) for n in range(3)] == [Sent()] * 3
    assert (asked.times, server.connections) == (3, 3)
    submission.close()
    server.close()


def test_no_token_means_that_nothing_was_sent_and_the_next_try_may_succeed(door: Doorkeeper) -> None:
    well = False

    def fetched() -> tuple[str, float]:
        if well:
            return "good-token", 3600
        raise Unavailable("token endpoint login.example.org: no answer in time", "look at the firewall")

    server, asked = smtp_server(door), Asked()
    source = KeptTokens("google", fetched, PlayedTicks().monotonic)
    submission = SmtpSubmission(account(server.port, source), timeout_seconds=5)
    with pytest.raises(Unavailable, match="token endpoint"):
        submission.send(outgoing("a@example.org"), asked)
    assert (asked.times, server.connections) == (0, 0)
    well = True
    assert submission.send(outgoing("a@example.org"), asked) == Sent()
    submission.close()
    server.close()


# -- what is told -----------------------------------------------------------------------------------------------------

BOX = Account("outlook.office365.com", 993, "tls", MAILBOX, "")


def microsoft_token(*roles: str) -> AccessToken:
    claims = base64.urlsafe_b64encode(json.dumps({"roles": roles}).encode()).decode().rstrip("=")
    return AccessToken(f"e30.{claims}.c2ln", "microsoft365")


def test_an_app_that_was_not_granted_the_role_is_told_from_one_that_was_not_given_the_mailbox() -> None:
    without = login_refused("IMAP", BOX, microsoft_token("SMTP.SendAsApp"), "NO AUTHENTICATE failed.")
    assert "the app was not granted IMAP.AccessAsApp" in without.what
    assert "Grant admin consent" in without.remedy
    with_it = login_refused("IMAP", BOX, microsoft_token("IMAP.AccessAsApp"), "NO AUTHENTICATE failed.")
    assert "Add-MailboxPermission" in with_it.remedy
    sending = login_refused("SMTP", BOX, microsoft_token("IMAP.AccessAsApp"), "535 5.7.3 Authentication unsuccessful")
    assert "SMTP.SendAsApp" in sending.what


def test_a_token_that_nobody_can_look_into_accuses_nobody() -> None:
    for text in ("opaque", "a.b.c", "a.W10=.c", "a..c"):
        told = login_refused("IMAP", BOX, AccessToken(text, "microsoft365"), "NO AUTHENTICATE failed.")
        assert "not granted" not in told.what


@pytest.mark.parametrize("known", [one for one in KNOWN if one.step != "token"], ids=lambda one: one.step + one.sign)
def test_every_known_failure_of_a_login_is_told_in_its_own_words(known: Known) -> None:
    token = None if known.provider == "password" else AccessToken("x", known.provider or "google")
    step = "IMAP" if known.step == "IMAP" else "SMTP"
    told = login_refused(step, BOX, token, f"NO {known.sign.upper()} for someone@ran.example")
    assert (known.what in told.what, told.remedy) == (True, known.remedy)
    assert "someone@ran.example" not in str(told)


def test_a_failure_that_nobody_knows_has_a_general_remedy() -> None:
    assert all(what_and_remedy(Unavailable("mailbox imap.ran.example:993: nothing listens there")))
