"""A hostile submission server: whatever it says, each mail has one honest outcome, and the next one goes as if nothing
had been. Its words may hold addresses, so none of them is ever passed on; and no script outlasts the limits handed in.
"""

from __future__ import annotations

import dataclasses
import itertools
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear
from ranmailbot.ports import Account, Unavailable
from tests.adapters.servers import BOT, PASSWORD, Scripted, certificate, outgoing
from tests.adapters.test_submission_port import Asked, Play

SECRET = b"anna.secret@town.example"
"""What stands in the server's words and must stand nowhere else."""
SECONDS = 0.4
STEPS = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", ".")
ORDINARY = {
    "greeting": b"220 ready\r\n",
    "EHLO": b"250-ready\r\n250 AUTH PLAIN\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "DATA": b"354 go on\r\n",
}
PAUSE = 0.01
Answer = bytes | Callable[[socket.socket, threading.Event], None]
"""Bytes as they are (none: it hangs up), or what is done with the connection, which ends it."""


@dataclass
class Villain:
    """Answers by step; ordinary where nothing else is said. Counts what it could write."""

    answers: Mapping[str, Answer]
    over: threading.Event = field(default_factory=threading.Event)
    seen: list[str] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        if not self._say(connection, "greeting"):
            return
        content = False
        for line in stream:
            if content and line != b".\r\n":
                continue
            step = "." if content else line.decode("latin-1").strip().partition(" ")[0].upper()
            content = False
            self.seen.append(step)
            if not self._say(connection, step):
                return
            content = step == "DATA" and self.answers.get("DATA", b"354")[:3] == b"354"  # type: ignore[index] - bytes

    def _say(self, connection: socket.socket, step: str) -> bool:
        answer = self.answers.get(step, ORDINARY.get(step, b"250 2.0.0 OK\r\n"))
        if callable(answer):
            answer(connection, self.over)
            return False
        connection.sendall(answer)
        return bool(answer)


@dataclass
class Met:
    """What came of the first mail, at a villain, and of the second, at a good server on the same port."""

    first: Delivery | str
    asked: int
    second: Delivery
    villain: Villain
    good: Play

    @property
    def outcome(self) -> Delivery | str:
        """Of the first mail, once the second has gone: exactly once, and with nothing of the server's words."""
        assert self.second == Sent()
        assert self.good.seen.count("DATA") == 1
        assert SECRET.decode() not in str(self.first)
        return self.first


def meet(answers: Mapping[str, Answer], *, account: Callable[[int], Account] | None = None, **more: str) -> Met:
    """A mail to a villain, then one to a good server."""
    villain, good, asked = Villain(answers), Play(), Asked()

    def play(connection: socket.socket) -> None:
        (villain if server.connections == 1 else good)(connection)

    server = Scripted(play)
    made = account or (lambda port: Account("127.0.0.1", port, "none", BOT, PASSWORD))
    submission = SmtpSubmission(made(server.port), timeout_seconds=SECONDS, **more)
    try:
        try:
            first: Delivery | str = submission.send(outgoing("a@example.org"), asked)
        except Unavailable as told:
            first = str(told)
        times = asked.times
        submission.timeout_seconds = 10  # the good one may be as slow as this machine
        return Met(first, times, submission.send(outgoing("b@example.org"), asked), villain, good)
    finally:
        villain.over.set()
        submission.close()
        server.close()


def drip(connection: socket.socket, over: threading.Event) -> None:
    """A line that never ends, a byte at a time."""
    for byte in itertools.chain(b"250-" + SECRET, itertools.repeat(0x78)):
        connection.sendall(bytes([byte]))
        if over.wait(PAUSE):
            return


def silence(_connection: socket.socket, over: threading.Event) -> None:
    """Nothing at all."""
    over.wait(10)


def endless(connection: socket.socket, over: threading.Event) -> None:
    """An answer of more and more lines."""
    while not over.is_set():
        connection.sendall(b"250-" + SECRET + b"\r\n")


def huge_line(connection: socket.socket, over: threading.Event) -> None:
    """One line of megabytes."""
    for _ in range(300):
        connection.sendall(SECRET * 1000)
    over.wait(10)


def expected(step: str, reply: str) -> Delivery | None:
    """Up to the login nothing was sent: Unavailable (None). Then it is not sent now; from DATA on nobody knows."""
    if step in ("greeting", "EHLO", "AUTH"):
        return None
    return Deferred(reply) if step in ("MAIL", "RCPT") else Unclear(reply)


def told(step: str) -> str:
    return f"no answer to {step}" if step in ("MAIL", "RCPT") else "no answer after DATA"


@pytest.mark.parametrize("deed", [drip, silence], ids=["drip", "silence"])
@pytest.mark.parametrize("step", STEPS)
def test_whoever_keeps_us_waiting_is_given_up(step: str, deed: Answer) -> None:
    outcome, wanted = meet({step: deed}).outcome, expected(step, told(step))
    assert outcome == wanted if wanted else "no answer in time" in str(outcome)


@pytest.mark.parametrize("deed", [endless, huge_line], ids=["endless", "huge_line"])
@pytest.mark.parametrize("step", STEPS)
def test_whoever_talks_without_end_is_cut_off(step: str, deed: Answer) -> None:
    met = meet({step: deed})
    stage = "DATA" if step == "." else step
    wanted = expected(step, f"an answer that makes no sense to {stage}")
    assert met.outcome == wanted if wanted else "submission server" in str(met.outcome)


@pytest.mark.parametrize("step", STEPS)
def test_421_and_hanging_up_at_any_step_lose_nothing(step: str) -> None:
    closing = meet({step: b"421 4.7.0 " + SECRET + b" too many\r\n"})
    stage = "DATA" if step == "." else step
    wanted = Deferred(f"421 4.7.0 to {stage}") if step in ("MAIL", "RCPT", "DATA", ".") else None
    assert closing.outcome == wanted if wanted else "421" in str(closing.outcome)
    gone = meet({step: b""})
    wanted_gone = expected(step, told(step))
    assert gone.outcome == wanted_gone if wanted_gone else "lost" in str(gone.outcome)


ODD = [b"199 x", b"299 x", b"399 x", b"699 x", b"999 x", b"000 x", b"99 x", b"abc x", b"-12 x", b"", b"\xff\xfe x"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_code_that_makes_no_sense_is_never_taken_for_a_yes_or_a_no(step: str, odd: bytes) -> None:
    met = meet({step: odd + b" " + SECRET + b"\r\n"})
    kind = Deferred if step in ("MAIL", "RCPT") else Unclear
    assert isinstance(met.outcome, kind)
    assert met.asked == (kind is Unclear)


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("MAIL", b"250 \x00\xff\xfe \x1b[31m\r\n", Sent()),
        ("RCPT", b"251 User not local; will forward to <" + SECRET + b">\r\n", Sent()),
        (".", b"250 queued as \x00\xfe " + SECRET + b"\r\n", Sent()),
        (".", b"250-2.0.0 first line\r\n250 2.0.0 second line\r\n", Sent()),
        ("RCPT", b"550 5.1.1 \x00\xff <" + SECRET + b">\r\n", Refused("550 5.1.1 to RCPT", recipient=True)),
        ("RCPT", b"550 5.1.1\x00secret <" + SECRET + b">\r\n", Refused("550 to RCPT", recipient=True)),
        (".", b"451 4.3.0 \xe9 " + SECRET + b"\r\n", Deferred("451 4.3.0 to DATA")),
        (".", b"554-5.7.1 one\r\n554 5.7.1 " + SECRET + b"\r\n", Refused("554 5.7.1 to DATA")),
        ("DATA", b"250 2.0.0 taken already\r\n", Unclear("250 2.0.0 to DATA")),
    ],
)
def test_the_code_counts_and_not_the_words_around_it(step: str, answer: bytes, outcome: Delivery) -> None:
    villain, asked = Villain({step: answer}), Asked()
    server = Scripted(villain)
    submission = SmtpSubmission(Account("127.0.0.1", server.port, "none", BOT, PASSWORD), timeout_seconds=10)
    found = submission.send(outgoing("a@example.org"), asked)
    submission.close()
    server.close()
    assert found == outcome
    assert SECRET.decode() not in str(found)


@pytest.mark.parametrize("extra", [b"250 extra\r\n", b"550 5.1.1 extra\r\n", b"354 extra\r\n"])
@pytest.mark.parametrize("step", ["AUTH", "MAIL", "RCPT"])
def test_an_answer_before_its_question_sends_nothing(step: str, extra: bytes) -> None:
    ordinary = ORDINARY.get(step, b"250 2.0.0 OK\r\n")
    met = meet({step: ordinary + extra})
    assert isinstance(met.outcome, Deferred)
    assert met.villain.seen.count("DATA") == 0


@pytest.mark.parametrize("extra", [b"250 2.0.0 taken\r\n", b"554 5.7.1 no\r\n"])
def test_an_answer_to_the_content_that_came_before_the_content_proves_nothing(extra: bytes) -> None:
    met = meet({"DATA": b"354 go on\r\n" + extra})
    assert met.outcome == Unclear("more answers than questions to DATA")


@pytest.mark.parametrize("extra", [b"250 2.0.0 another mail\r\n", b"550 5.1.1 another mail\r\n"])
def test_an_answer_too_many_is_never_taken_for_that_of_the_next_mail(extra: bytes) -> None:
    met = meet({".": b"250 2.0.0 OK\r\n" + extra})
    assert met.outcome == Unclear("more answers than questions to DATA")


def test_an_announcement_of_megabytes_is_not_read_to_its_end() -> None:
    wrote = []

    def megabytes(connection: socket.socket, _over: threading.Event) -> None:
        for number in range(1_000_000):
            connection.sendall(b"250-X" + SECRET + b"\r\n")
            wrote.append(number)

    assert "submission server" in str(meet({"EHLO": megabytes}).outcome)
    assert len(wrote) < 900_000  # the rest found nobody: what lies in the buffers of the system is less


@pytest.mark.parametrize("mechanisms", [b"PLAIN", b"LOGIN", b"CRAM-MD5", b"PLAIN LOGIN CRAM-MD5", b"XUNKNOWN", b""])
def test_a_login_that_never_comes_to_an_end_is_given_up(mechanisms: bytes) -> None:
    def ask_again(connection: socket.socket, over: threading.Event) -> None:
        with suppress(OSError):
            while not over.is_set():
                connection.sendall(b"334 UGFzc3dvcmQ6\r\n")
                if not connection.recv(1000):
                    return

    met = meet({"EHLO": b"250-ready\r\n250 AUTH " + mechanisms + b"\r\n", "AUTH": ask_again})
    assert "submission server" in str(met.outcome)
    assert met.asked == 0
    assert PASSWORD not in str(met.first)


def test_words_slipped_in_before_tls_began_are_not_taken_for_the_servers(tmp_path: Path) -> None:
    """A plain-text answer in the same packet as the yes to STARTTLS (CVE-2011-0411 and its kin)."""
    ca_file, context = certificate(tmp_path)
    within: list[str] = []

    def play(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        while not connection.recv(1000).upper().startswith(b"STARTTLS"):
            connection.sendall(b"250-ready\r\n250 STARTTLS\r\n")
        connection.sendall(b"220 go\r\n250-injected\r\n250 AUTH XINJECTED\r\n")
        with context.wrap_socket(connection, server_side=True) as secured:
            good = Play(greeting="")
            good(secured)
            within.extend(good.seen)

    server = Scripted(play)
    account = Account("localhost", server.port, "starttls", BOT, PASSWORD, ca_file)
    submission = SmtpSubmission(account, timeout_seconds=10)
    try:
        outcome: object = submission.send(outgoing("a@example.org"), Asked())
    except Unavailable as fault:
        outcome = str(fault)
    submission.close()
    server.close()
    assert outcome == Sent() or "submission server" in str(outcome)
    assert not any("XINJECTED" in said for said in within)
    if outcome == Sent():
        assert within[0].startswith("EHLO")


def test_in_earnest_no_server_holds_us_for_more_than_a_minute_at_any_step() -> None:
    default = {one.name: one.default for one in dataclasses.fields(SmtpSubmission)}["timeout_seconds"]
    assert default <= 60
