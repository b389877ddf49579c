"""What ports.Submission promises, kept by the fake and the real adapter on each server alike; then hostile servers."""

from __future__ import annotations

import imaplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from ranmailbot.adapters.embedded import EmbeddedServer
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear, Unwanted
from ranmailbot.ports import Account, Submission, Unavailable
from tests.adapters.servers import (
    ARCHIVE,
    BOT,
    PASSWORD,
    Scripted,
    account,
    certificate,
    message,
    outgoing,
    unique_address,
)
from tests.fakes.submission import FakeSubmission
from tests.interop.worlds import postfix_world


class World(Protocol):
    """A submission server under test, and what arrived through it."""

    submission: Submission

    def arrived(self, address: str) -> list[bytes]: ...


@dataclass
class FakeWorld:
    submission: FakeSubmission

    def arrived(self, address: str) -> list[bytes]:
        return [mail.content for mail in self.submission.sent if mail.recipient == address]


@dataclass
class RealWorld:
    submission: SmtpSubmission
    server: EmbeddedServer

    def arrived(self, address: str) -> list[bytes]:
        return inbox(self.server, address)


def inbox(server: EmbeddedServer, address: str, folder: str = "INBOX") -> list[bytes]:
    with imaplib.IMAP4("127.0.0.1", server.imap_port) as client:
        client.login(address, PASSWORD)
        client.select(folder, readonly=True)
        return [part[1] for part in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]


POSTFIX = [pytest.param(name, marks=pytest.mark.interop) for name in ("postfix", "tokens")]


@pytest.fixture(params=["fake", "built-in", *POSTFIX])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld(FakeSubmission())
        return
    if request.param == "tokens":
        with request.getfixturevalue("token_servers").submission_world() as postfix:
            yield postfix
        return
    if request.param == "postfix":
        with postfix_world(request.getfixturevalue("bench")) as postfix:
            yield postfix
        return
    server = request.getfixturevalue("server")
    submission = SmtpSubmission(account(server.smtp_port), archive=ARCHIVE)
    yield RealWorld(submission, server)
    submission.close()


@dataclass
class Asked:
    """A `before_data` that counts."""

    answer: bool = True
    times: int = 0
    archived: bool | None = None

    def __call__(self, archived: bool) -> bool:
        self.times += 1
        self.archived = archived
        return self.answer


def test_a_sent_mail_arrives_with_the_very_bytes(world: World) -> None:
    to, asked = unique_address(), Asked()
    content = message(BOT, body=".a dot at the start\r\n\r\n..two\r\n.\r\nend")
    assert world.submission.send(outgoing(to, content=content), asked) == Sent()
    (raw,) = world.arrived(to)
    assert raw.endswith(content)
    assert asked.times == 1


def test_many_mails_go_one_after_the_other(world: World) -> None:
    to = unique_address()
    assert [world.submission.send(outgoing(to, number=n), Asked()) for n in range(5)] == [Sent()] * 5
    assert len(world.arrived(to)) == 5


def test_a_mail_that_is_not_wanted_any_more_is_not_sent_and_the_next_one_is(world: World) -> None:
    to = unique_address()
    assert world.submission.send(outgoing(to), Asked(answer=False)) == Unwanted()
    assert world.arrived(to) == []
    assert world.submission.send(outgoing(to), Asked()) == Sent()
    assert len(world.arrived(to)) == 1


def test_a_recipient_the_server_refuses_is_refused_before_anything_is_committed(world: World) -> None:
    asked = Asked()
    assert isinstance(world.submission.send(outgoing("someone@refused.example"), asked), Refused)
    assert asked.times == 0


def test_a_greylisted_recipient_is_deferred_then_sent(world: World) -> None:
    mail, asked = outgoing(f"{unique_address().partition('@')[0]}@greylisted.example"), Asked()
    assert isinstance(world.submission.send(mail, asked), Deferred)
    assert asked.times == 0
    assert world.submission.send(mail, asked) == Sent()


def test_replies_name_codes_and_no_address(world: World) -> None:
    outcome = world.submission.send(outgoing("someone@refused.example"), Asked())
    assert isinstance(outcome, Refused)
    assert outcome.reply == "550 5.1.1 to RCPT"


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.org>\r\nRCPT TO:<b@example.test",
        '"v@y"@example.org',
        "a b@example.org",
        "ä@example.org",
        "a@exämple.org",
        "a@example.org\n",
        "<a@example.org>",
        "a@b@example.org",
        "",
    ],
)
def test_a_recipient_that_could_smuggle_a_command_never_reaches_the_server(world: World, recipient: str) -> None:
    asked = Asked()
    with pytest.raises(ValueError, match="plain ASCII"):
        world.submission.send(outgoing(recipient), asked)
    assert asked.times == 0


@pytest.mark.parametrize("content", [b"From: a\n\nx", b"a\r\n.\r\rb\r\n", b"a\r\n\n.\r\n", b""])
def test_content_that_could_smuggle_a_second_mail_is_refused(world: World, content: bytes) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        world.submission.send(outgoing("a@example.org", content=content), Asked())


# -- the real adapter on the built-in server -------------------------------------------------------------------------


def test_the_archive_gets_every_mail_and_nobody_sees_it(server: EmbeddedServer) -> None:
    to = unique_address()
    submission = SmtpSubmission(account(server.smtp_port), archive=ARCHIVE)
    assert submission.send(outgoing(to, content=message(BOT, subject="archived-one")), Asked()) == Sent()
    submission.close()
    assert any(b"Subject: archived-one" in raw for raw in inbox(server, BOT, "Archive"))
    assert ARCHIVE.encode() not in inbox(server, to)[0]


def test_a_fault_of_before_data_comes_through_and_nothing_is_sent(server: EmbeddedServer) -> None:
    to = unique_address()
    submission = SmtpSubmission(account(server.smtp_port))

    def disk_full(archived: bool) -> bool:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        submission.send(outgoing(to), disk_full)
    assert submission.send(outgoing(to), Asked()) == Sent()
    assert len(inbox(server, to)) == 1
    submission.close()


def test_a_wrong_password_is_unavailable_and_told_without_it(server: EmbeddedServer) -> None:
    wrong = Account("127.0.0.1", server.smtp_port, "none", BOT, "not the password")
    submission = SmtpSubmission(wrong)
    with pytest.raises(Unavailable, match="login refused") as told:
        submission.send(outgoing("a@example.org"), Asked())
    assert "not the password" not in str(told.value)
    submission.close()


def test_plain_text_to_another_machine_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        SmtpSubmission(Account("smtp.example.org", 25, "none", "bot", "x"))


# -- servers that break or lie ---------------------------------------------------------------------------------------

GOOD = {"EHLO": "250-ready\r\n250 AUTH PLAIN\r\n", "AUTH": "235 2.7.0 welcome\r\n"}
HANG_UP = ""


@dataclass
class Play:
    """A tiny SMTP server: answers by command; "." is the end of the content. An empty answer hangs up."""

    answers: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    greeting: str = "220 ready\r\n"
    until: str = ""
    """The command after whose answer it stops."""
    after: dict[str, dict[str, str]] = field(default_factory=dict)
    """Other answers from such a command on."""

    def __call__(self, connection: socket.socket) -> None:
        stream = connection.makefile("rwb")
        stream.write(self.greeting.encode())
        stream.flush()
        content = False
        for line in stream:
            command = "." if content and line == b".\r\n" else line.decode().strip().upper()
            if content and command != ".":
                continue
            self.seen.append(command)
            content = False
            answer = self._answer(command)
            content = answer.startswith("354")
            if answer == HANG_UP:
                return
            stream.write(answer.encode())
            stream.flush()
            self.answers.update(self.after.get(command, {}))
            if command == self.until:
                return

    def _answer(self, command: str) -> str:
        known = {"DATA": "354 go on\r\n", **GOOD, **self.answers}
        return next((answer for start, answer in known.items() if command.startswith(start)), "250 2.0.0 OK\r\n")


def attempt(
    play: Callable[[socket.socket], None],
    timeout: float = 5,
    archive: str | None = None,
    asked: Asked | None = None,
) -> tuple[Delivery, int]:
    """One mail to such a server: the outcome, and how often `before_data` was asked."""
    hostile, asked = Scripted(play), asked or Asked()
    submission = SmtpSubmission(account(hostile.port), timeout_seconds=timeout, archive=archive)
    try:
        return submission.send(outgoing("a@example.org"), asked), asked.times
    finally:
        submission.close()
        hostile.close()


def test_a_connection_lost_after_the_content_leaves_the_mail_in_doubt() -> None:
    assert attempt(Play({".": HANG_UP})) == (Unclear("no answer after DATA"), 1)


def test_a_connection_lost_at_the_data_command_leaves_the_mail_in_doubt() -> None:
    assert attempt(Play({"DATA": HANG_UP})) == (Unclear("no answer after DATA"), 1)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_connection_lost_before_data_defers_the_mail(stage: str) -> None:
    assert attempt(Play({stage: HANG_UP})) == (Deferred(f"no answer to {stage}"), 0)


def test_no_answer_after_the_content_leaves_the_mail_in_doubt() -> None:
    assert attempt(Play({".": "25"}), timeout=1) == (Unclear("no answer after DATA"), 1)


def test_an_answer_that_drips_is_given_up_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        connection.recv(100)
        connection.sendall(b"250-ready\r\n250 AUTH PLAIN\r\n")
        connection.recv(100)
        connection.sendall(b"235 welcome\r\n")
        connection.recv(100)
        while True:
            connection.sendall(b"250-x\r\n")
            time.sleep(0.02)

    assert attempt(drip, timeout=1) == (Deferred("no answer to MAIL"), 0)


@pytest.mark.parametrize(
    ("stage", "answer", "outcome", "asked"),
    [
        ("MAIL", "451 4.3.0 later", Deferred("451 4.3.0 to MAIL"), 0),
        ("MAIL", "552 5.3.4 too large", Refused("552 5.3.4 to MAIL"), 0),
        ("RCPT", "421 4.7.0 too many", Deferred("421 4.7.0 to RCPT"), 0),
        ("RCPT", "550 5.1.1 <a@example.org> unknown", Refused("550 5.1.1 to RCPT", recipient=True), 0),
        ("RCPT", "553 5.7.1 <bot@call.example>: not owned by user", Refused("553 5.7.1 to RCPT"), 0),
        ("RCPT", "550 5.1.8 <bot@call.example>: unknown sender", Refused("550 5.1.8 to RCPT"), 0),
        ("RCPT", "550 no enhanced status for a@example.org", Refused("550 to RCPT", recipient=True), 0),
        ("DATA", "451 4.3.0 later", Deferred("451 4.3.0 to DATA"), 1),
        ("DATA", "554 5.5.1 no", Refused("554 5.5.1 to DATA"), 1),
        ("DATA", "250 2.0.0 nonsense", Unclear("250 2.0.0 to DATA"), 1),
        (".", "554 5.2.252 SendAsDenied; bot@call.example not allowed", Deferred("554 5.2.252 to DATA"), 1),
        ("MAIL", "550 5.7.60 SMTP; Client does not have permissions", Deferred("550 5.7.60 to MAIL"), 0),
        (".", "452 4.3.1 disk full", Deferred("452 4.3.1 to DATA"), 1),
        (".", "554 5.7.1 spam", Refused("554 5.7.1 to DATA"), 1),
    ],
)
def test_every_refusal_has_its_outcome(stage: str, answer: str, outcome: Delivery, asked: int) -> None:
    assert attempt(Play({stage: answer + "\r\n"})) == (outcome, asked)


@pytest.mark.parametrize("answer", ["550 5.1.1 no", "452 4.5.3 too many recipients"])
def test_the_archives_refusal_never_delays_the_applicant(answer: str) -> None:
    play = Play({"RCPT TO:<ARCHIVE": answer + "\r\n"})
    assert attempt(play, archive="archive@example.org") == (Sent(), 1)


@pytest.mark.parametrize(
    ("answers", "archive", "told"),
    [
        ({}, "archive@example.org", True),
        ({"RCPT TO:<ARCHIVE": "550 5.1.1 no\r\n"}, "archive@example.org", False),
        ({}, None, False),
    ],
)
def test_before_data_it_is_told_whether_our_archive_gets_a_copy(
    answers: dict[str, str], archive: str | None, told: bool
) -> None:
    asked = Asked()
    attempt(Play(answers), archive=archive, asked=asked)
    assert asked.archived is told


@pytest.mark.parametrize("greeting", ["421 4.7.0 too many connections\r\n", "554 5.7.1 go away\r\n", "hello\r\n"])
def test_a_server_that_does_not_take_us_is_unavailable(greeting: str) -> None:
    with pytest.raises(Unavailable):
        attempt(Play(greeting=greeting))


def test_a_server_that_wants_another_login_is_unavailable_not_a_refusal() -> None:
    with pytest.raises(Unavailable, match="another login"):
        attempt(Play({"MAIL": "530 5.7.0 Authentication required\r\n"}))


def test_nothing_listening_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    submission = SmtpSubmission(account(port))
    with pytest.raises(Unavailable, match="connection refused"):
        submission.send(outgoing("a@example.org"), Asked())
    submission.close()


def test_starttls_is_required_not_hoped_for() -> None:
    stripped = Scripted(Play())
    submission = SmtpSubmission(Account("127.0.0.1", stripped.port, "starttls", BOT, PASSWORD), timeout_seconds=5)
    with pytest.raises(Unavailable, match="STARTTLS"):
        submission.send(outgoing("a@example.org"), Asked())
    submission.close()
    stripped.close()


def test_a_kept_connection_that_died_is_replaced_without_troubling_anybody() -> None:
    ended = threading.Event()

    def one_mail_only(connection: socket.socket) -> None:
        play = Play(until=".")
        play(connection)
        connection.sendall(b"421 4.4.2 idle too long\r\n")
        connection.close()
        ended.set()

    mortal, asked = Scripted(one_mail_only), Asked()
    submission = SmtpSubmission(account(mortal.port), timeout_seconds=5)
    assert submission.send(outgoing("a@example.org"), asked) == Sent()
    assert ended.wait(5)
    assert submission.send(outgoing("b@example.org"), asked) == Sent()
    assert (asked.times, mortal.connections) == (2, 2)
    submission.close()
    mortal.close()


@pytest.mark.parametrize("end", [HANG_UP, "421 4.4.2 idle too long\r\n"])
def test_a_kept_connection_that_ends_at_the_next_mail_is_replaced_once(end: str) -> None:
    def play(connection: socket.socket) -> None:
        first = Play()
        if mortal.connections == 1:
            first.after = {".": {"MAIL": end}}
        first(connection)

    mortal, asked = Scripted(play), Asked()
    submission = SmtpSubmission(account(mortal.port), timeout_seconds=5)
    assert submission.send(outgoing("a@example.org"), asked) == Sent()
    assert submission.send(outgoing("b@example.org"), asked) == Sent()
    assert (asked.times, mortal.connections) == (2, 2)
    submission.close()
    mortal.close()


def test_after_a_timeout_the_next_mail_never_reads_the_last_ones_answer() -> None:
    """Seen with aiosmtplib: the late 250 of one mail was taken for the answer to the next."""
    late = Play()

    def slow_once(connection: socket.socket) -> None:
        if server.connections > 1:
            late(connection)
            return
        Play({".": "250-first line of a late answer\r\n"})(connection)

    server = Scripted(slow_once)
    submission = SmtpSubmission(account(server.port), timeout_seconds=1)
    assert submission.send(outgoing("a@example.org"), Asked()) == Unclear("no answer after DATA")
    assert submission.send(outgoing("b@example.org"), Asked()) == Sent()
    assert late.seen.count("DATA") == 1
    submission.close()
    server.close()


@pytest.mark.parametrize("trusted", [True, False])
def test_over_tls_only_a_certificate_that_somebody_vouches_for_is_taken(tmp_path: Path, trusted: bool) -> None:
    ca_file, context = certificate(tmp_path)

    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            Play()(secured)

    server = Scripted(play)
    chosen = Account("localhost", server.port, "tls", BOT, PASSWORD, ca_file if trusted else None)
    submission = SmtpSubmission(chosen, timeout_seconds=10)
    if trusted:
        assert submission.send(outgoing("a@example.org"), Asked()) == Sent()
    else:
        with pytest.raises(Unavailable, match="certificate is not valid"):
            submission.send(outgoing("a@example.org"), Asked())
    submission.close()
    server.close()
