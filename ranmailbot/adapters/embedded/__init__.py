"""The built-in mail server: a process of its own with a durable spool, for a bot without a provider and for rehearsals.

Every address has a mailbox here, made when it first gets mail or logs in; all share one password. Reachable on
127.0.0.1 only, without TLS. The account `everyone` gets a copy of all mail that goes to anybody but the bot; what the
bot sends to its archive address lies in its folder Archive. For played troubles see smtp_side.py.
This module only starts and ends the process; it imports neither pymap nor aiosmtpd.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ranmailbot.ports import Unavailable

HOST = "127.0.0.1"
_SECONDS_TO_START = 30
_SECONDS_TO_END = 10


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The running server. It ends by itself when this process ends, however that happens."""

    process: subprocess.Popen[bytes]
    smtp_port: int
    imap_port: int

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End it: politely, then by force. Harmless if it has ended."""
        if self.alive():
            self.process.terminate()
        try:
            self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def start_embedded(  # noqa: PLR0917 - what a server is, in the order of its command line
    spool: Path, bot: str, password: str, authserv_id: str, archive: str, smtp_port: int = 0, imap_port: int = 0
) -> EmbeddedServer:
    """Start the server and wait until it answers (about a second). Port 0 lets the system choose one.

    Raises Unavailable with what stands in the way: a port in use, a spool in use, a directory that cannot be written.
    """
    command = [sys.executable, "-m", __name__, "--spool", str(spool), "--bot", bot, "--archive", archive]
    command += ["--authserv-id", authserv_id, "--smtp-port", str(smtp_port), "--imap-port", str(imap_port)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the bot, which may still want to file what it has read
    )
    try:
        facts = _first_words(process, password)
        return EmbeddedServer(process, int(facts["smtp_port"]), int(facts["imap_port"]))
    except BaseException:
        process.kill()
        process.wait()
        raise


def _first_words(process: subprocess.Popen[bytes], password: str) -> dict[str, int]:
    if process.stdin is None or process.stdout is None:
        raise Unavailable("the built-in mail server was started without pipes")
    try:
        process.stdin.write(password.encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        raise Unavailable("the built-in mail server ended at once; its complaint stands above") from None
    ready, _, _ = select.select([process.stdout], [], [], _SECONDS_TO_START)
    if not ready:
        raise Unavailable(f"the built-in mail server did not answer within {_SECONDS_TO_START} seconds")
    line = process.stdout.readline()
    if not line:
        raise Unavailable("the built-in mail server ended while starting; its complaint stands above")
    facts: dict[str, int | str] = json.loads(line)
    if "error" in facts:
        raise Unavailable(f"the built-in mail server cannot start: {facts['error']}")
    return {name: int(value) for name, value in facts.items()}
