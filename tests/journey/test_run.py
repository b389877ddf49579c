"""`ranmailbot run` as a new user starts it: a real process, real sockets, any SMTP and IMAP client."""

from __future__ import annotations

import imaplib
import json
import shutil
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from queue import Empty, Queue

import pytest

from ranmailbot import service
from tests.world import ROOT, answers

BOX = "prisons-call@ran.example"
ANN = "ann@example.org"
PATIENCE = 60
"""Seconds until a test gives up; what it waits for is an event, not a time."""


@dataclass
class Bot:
    """The running bot and its terminal."""

    process: subprocess.Popen[str]
    config: Path
    lines: Queue[str]
    said: list[str]

    def hear(self, words: str) -> str:
        """Read its terminal until a line holds these words."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"the bot never said {words!r}; it said {self.said}") from None
            self.said.append(line)
            if words in line:
                return line

    @property
    def state(self) -> Path:
        return self.config.parent / "state"

    @property
    def password(self) -> str:
        return service.built_in_password(self.state)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ranmailbot", *words, "--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.config.parent)


def ports(bot: Bot) -> tuple[int, int]:
    smtp = bot.hear("by SMTP at").split("127.0.0.1:")[1].split()[0]
    imap = bot.hear("IMAP 127.0.0.1:").split("127.0.0.1:")[1].split(",")[0]
    return int(smtp), int(imap)


def start(folder: Path, *more: str) -> Bot:
    command = [sys.executable, "-m", "ranmailbot", "run", "--smtp-port", "0", "--imap-port", "0", "--verbose", *more]
    process = subprocess.Popen(
        [*command, "--config", str(folder / "config.toml")], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    lines: Queue[str] = Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stderr or ()], daemon=True).start()
    return Bot(process, folder / "config.toml", lines, [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "config.toml", tmp_path)
    return tmp_path


@pytest.fixture
def bot(folder: Path) -> Iterator[Bot]:
    running = start(folder, "--as-of", "2022-03-01T09:30")
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(PATIENCE)


def deliver(bot: Bot, port: int, text: str, headers: str = "") -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.login(ANN, bot.password)
        client.sendmail(ANN, [BOX], f"From: {ANN}\r\nTo: {BOX}\r\nSubject: The call\r\n{headers}\r\n{text}".encode())


def mailbox(bot: Bot, port: int, user: str, folder: str = "INBOX") -> list[bytes]:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(user, bot.password)
        client.select(folder, readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()
        return [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index, misc]


def test_a_mail_sent_to_it_is_answered_and_every_client_can_look(bot: Bot) -> None:
    smtp, imap = ports(bot)
    bot.hear("ready")
    deliver(bot, smtp, "How can I take part?")
    bot.hear("(form): sent")
    (form,) = mailbox(bot, imap, ANN)
    message_id = message_from_bytes(form, policy=policy.default)["Message-ID"]
    deliver(bot, smtp, answers((1, 2, 3, 4)).replace("\n", "\r\n"), f"In-Reply-To: {message_id}\r\n")
    bot.hear("(acknowledgement): sent")
    assert len(mailbox(bot, imap, ANN)) == 2
    assert len(mailbox(bot, imap, BOX, "Applications")) == 1
    assert len(mailbox(bot, imap, BOX, "Archive")) == 2
    listed = json.loads(bot.command("list", "--json").stdout)
    assert [(one["reference"], one["status"]) for one in listed] == [("A-001", "complete")]
    assert bot.command("decide", "invite", "A-001").returncode == 0
    assert bot.command("show", "A-001").stdout.count("invite") == 1
    status = json.loads(bot.command("status", "--json").stdout)
    assert status["letters"]["outcomes"] == {"applied": 1, "form_sent": 1}


def test_a_second_worker_is_refused_while_the_first_one_runs(bot: Bot, folder: Path) -> None:
    bot.hear("ready")
    second = start(folder)
    assert second.process.wait(PATIENCE) == 1
    second.hear("another worker already runs")


def test_it_says_plainly_that_the_dates_of_the_call_are_past(folder: Path) -> None:
    running = start(folder)
    running.hear("the dates of this call are past")
    running.hear("--as-of 2022-03-01T09:00")
    running.hear("ready")
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(PATIENCE) == 0


def test_what_it_knew_it_knows_after_a_restart(folder: Path) -> None:
    first = start(folder, "--as-of", "2022-03-01T09:30")
    smtp, _ = ports(first)
    first.hear("ready")
    deliver(first, smtp, answers((1, 2, 3, 4)).replace("\n", "\r\n"))
    first.hear("(acknowledgement): sent")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(PATIENCE)
    second = start(folder, "--as-of", "2022-03-01T10:30")
    _, imap = ports(second)
    second.hear("ready")
    assert len(mailbox(second, imap, ANN)) == 1
    assert len(json.loads(second.command("list", "--json").stdout)) == 1
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(PATIENCE) == 0
