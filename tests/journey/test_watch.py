"""Who watches the worker: threads that end or hang are noticed, and systemd hears of it, from a real process too."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.adapters.systemd import Systemd
from ranmailbot.flows.pulse import Pulse
from ranmailbot.runner import Keeper, Line
from ranmailbot.watching import Part, Tolerance
from tests.journey.test_run import PATIENCE, folder
from tests.world import OPENING, PlayedClock

__all__ = ["folder"]


class Ear:
    """systemd's side of the socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE)

    def hear(self, words: str) -> str:
        """Listen until these words come."""
        while True:
            text = self._socket.recv(4096).decode()
            if words in text:
                return text

    def close(self) -> None:
        self._socket.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_line_that_ends_in_a_way_nobody_foresaw_leaves_its_mark() -> None:
    def die() -> int:
        raise SystemExit

    pulse, stop = Pulse(PlayedClock(OPENING)), threading.Event()
    line = Line("receive", die, lambda: None, stop, lambda: pulse.ended(Part.FETCH))
    line.start()
    line.join()
    assert pulse.marks()[Part.FETCH].ended


def test_a_line_that_is_stopped_leaves_no_mark() -> None:
    pulse, stop = Pulse(PlayedClock(OPENING)), threading.Event()
    line = Line("receive", lambda: 0, stop.set, stop, lambda: pulse.ended(Part.FETCH))
    line.start()
    line.join()
    assert not pulse.marks()[Part.FETCH].ended


def test_systemd_gets_a_sign_of_life_only_while_every_line_comes_round(tmp_path: Path) -> None:
    clock, ear = PlayedClock(OPENING), Ear(tmp_path / "notify")
    pulse = Pulse(clock)
    keeper = Keeper(Systemd(str(ear.path), 1), pulse, Tolerance())
    assert keeper.look() == ()
    assert "WATCHDOG=1" in ear.hear("STATUS=")
    for _ in range(70):
        clock.moment += timedelta(minutes=1)
        pulse.good(Part.SEND)
        pulse.good(Part.COMMIT)
        found, said = keeper.look(), ear.hear("STATUS=")
        assert ("WATCHDOG=1" in said) is (not found)
    assert found == (Part.FETCH,)
    assert "fetch is stuck" in said
    ear.close()


def test_a_line_that_cannot_reach_its_server_is_no_reason_to_be_killed(tmp_path: Path) -> None:
    clock, ear = PlayedClock(OPENING), Ear(tmp_path / "notify")
    pulse = Pulse(clock)
    keeper = Keeper(Systemd(str(ear.path), 1), pulse, Tolerance())
    for _ in range(70):
        clock.moment += timedelta(minutes=1)
        for part in Part:
            pulse.failed(part, "no answer in time")
        assert keeper.look() == ()
        assert "WATCHDOG=1" in ear.hear("fetch fails: no answer in time")
    ear.close()


def test_a_real_bot_tells_systemd_that_it_is_ready_that_it_lives_and_that_it_stops(folder: Path) -> None:
    ear = Ear(folder / "notify")
    environment = {**os.environ, "NOTIFY_SOCKET": str(ear.path), "WATCHDOG_USEC": "400000"}
    command = [sys.executable, "-m", "ranmailbot", "run", "--smtp-port", "0", "--imap-port", "0"]
    process = subprocess.Popen(
        [*command, "--as-of", "2022-03-01T09:30", "--config", str(folder / "config.toml")],
        cwd=folder, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ear.hear("READY=1")
    for _ in range(3):
        assert "STATUS=all is well" in ear.hear("WATCHDOG=1")
    process.send_signal(signal.SIGTERM)
    ear.hear("STOPPING=1")
    assert process.wait(PATIENCE) == 0
    ear.close()
