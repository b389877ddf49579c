"""Submission with a password: each way a server may offer, refusals told apart, connections always closed."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from dataclasses import dataclass, field

import pytest

from ranmailbot.adapters import token_command
from ranmailbot.adapters.smtp import LONGEST, SmtpSubmission
from ranmailbot.adapters.token_endpoint import Endpoint
from ranmailbot.flows.submit import LEASE
from ranmailbot.mail.delivery import Deferred, Sent, Unclear
from ranmailbot.ports import Unavailable
from tests.adapters.servers import BOT, PASSWORD, Scripted, account, outgoing
from tests.adapters.test_submission_port import Asked, Play


@dataclass
class Ways:
    """A server that offers these ways to log in, and takes only the right words."""

    offered: str
    refusal: str = "535 5.7.8 Error: authentication failed: for someone@example.org"
    right: str = PASSWORD
    used: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        stream, inside = connection.makefile("rwb"), False

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 ready")
        content = False
        for line in stream:
            words = line.decode().strip().split(" ")
            if content:
                content = line != b".\r\n"
                if content:
                    continue
                say("250 2.0.0 OK")
            elif words[0] == "EHLO":
                say(f"250-ready\r\n250 AUTH {self.offered}")
            elif words[0] == "AUTH":
                self.used.append(words[1])
                inside = self._admits(words, stream, say)
                say("235 2.7.0 welcome" if inside else self.refusal)
            elif words[0] == "DATA":
                content = True
                say("354 go on")
            else:
                say("250 2.0.0 OK" if inside or words[0] == "QUIT" else "530 5.7.0 Authentication required")

    def _admits(self, words: list[str], stream: object, say: object) -> bool:
        if words[1] == "PLAIN":
            return base64.b64decode(words[2]) == f"\0{BOT}\0{self.right}".encode()
        user = words[2] if len(words) > 2 else self._asked("VXNlcm5hbWU6", stream, say)
        secret = self._asked("UGFzc3dvcmQ6", stream, say)
        return (base64.b64decode(user), base64.b64decode(secret)) == (BOT.encode(), self.right.encode())

    @staticmethod
    def _asked(challenge: str, stream: object, say: object) -> str:
        say(f"334 {challenge}")
        return stream.readline().decode().strip()


def send(server: Scripted, timeout: float = 5) -> object:
    submission = SmtpSubmission(account(server.port), timeout_seconds=timeout)
    try:
        return submission.send(outgoing("a@example.org"), Asked())
    finally:
        submission.close()
        server.close()


@pytest.mark.parametrize(
    ("offered", "used"), [("PLAIN", ["PLAIN"]), ("LOGIN", ["LOGIN"]), ("XOAUTH2 LOGIN", ["LOGIN"])]
)
def test_mail_goes_whichever_way_a_server_offers_for_passwords(offered: str, used: list[str]) -> None:
    ways = Ways(offered)
    assert send(Scripted(ways)) == Sent()
    assert ways.used == used


REFUSALS = {
    "535 5.7.8 Error: authentication failed": "is the password right",
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.": "takes no password any more",
    "534 5.7.9 Application-specific password required": "Google takes no ordinary password",
    "454 4.7.0 Temporary authentication failure": "cannot check the login just now",
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.": "switched off",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_password_is_told_in_our_words_and_never_shown(refusal: str) -> None:
    ways = Ways("PLAIN LOGIN", refusal=f"{refusal} for someone@example.org", right="another")
    with pytest.raises(Unavailable, match=REFUSALS[refusal]) as told:
        send(Scripted(ways))
    assert PASSWORD not in str(told.value)
    assert "someone@example.org" not in str(told.value)


def falls_silent_at(stage: str) -> object:
    """What becomes of a mail to such a server; "unavailable" if nothing could be sent at all."""
    silent = threading.Event()

    @dataclass
    class Falling(Play):
        def _answer(self, command: str) -> str:
            if command.startswith(stage):
                silent.wait(60)
                return ""
            return super()._answer(command)

    try:
        return send(Scripted(Falling()), timeout=2)
    except Unavailable:
        return "unavailable"
    finally:
        silent.set()


SILENCES = {
    "EHLO": "unavailable",
    "AUTH": "unavailable",
    "MAIL": Deferred("no answer to MAIL"),
    "RCPT": Deferred("no answer to RCPT"),
    "DATA": Unclear("no answer after DATA"),
    ".": Unclear("no answer after DATA"),
}


@pytest.mark.parametrize("stage", SILENCES)
def test_a_server_that_falls_silent_anywhere_is_given_up_at_the_deadline(stage: str) -> None:
    began = time.monotonic()
    assert falls_silent_at(stage) == SILENCES[stage]
    assert time.monotonic() - began < 60  # far above a few times the deadline, far below for ever


def test_after_any_cancellation_the_connection_is_closed_and_the_next_mail_goes_on_a_new_one() -> None:
    play = Play()
    server = Scripted(play)
    submission = SmtpSubmission(account(server.port), timeout_seconds=5)

    def cancelled(archived: bool) -> bool:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        submission.send(outgoing("a@example.org"), cancelled)
    assert submission._client is None
    assert submission.send(outgoing("b@example.org"), Asked()) == Sent()
    assert server.connections == 2
    assert play.seen.count("DATA") == 1
    submission.close()
    server.close()


def test_the_longest_attempt_at_one_mail_ends_before_its_lease_does() -> None:
    """Else another worker might take the mail while this one still sends it."""
    submission = SmtpSubmission(account(25))
    tokens = 2 * max(2 * Endpoint().seconds, token_command.SECONDS)  # one for each of two logins; two requests for one
    assert LONGEST * submission.timeout_seconds + tokens < LEASE.total_seconds()
    submission.close()
