"""The bot as a process that may be killed at any moment: the worker of `run` on given servers, until its end.

Started by crash.py as `python -m tests.campaigns.bot STATE SMTP IMAP SECONDS`: the clock stands SECONDS after the
opening of the call and goes on from there. The password of the built-in server is read from standard input.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ranmailbot import service
from ranmailbot.ports import Account
from ranmailbot.runner import running
from tests.world import OPENING, settings

AUTHSERV = "mx.campaign.example"
ARCHIVE = "archive+prisons-call@ran.example"


def main() -> None:
    """Run until killed."""
    state, smtp, imap, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    password = sys.stdin.readline().strip()
    box = settings().call.mailbox.email
    accounts = [Account("127.0.0.1", port, "none", box, password) for port in (imap, smtp)]
    clock = service.WallClock(OPENING + timedelta(seconds=seconds) - datetime.now(UTC))
    with service.worker_lock(state):
        mail = service.MailServer(accounts[0], accounts[1], ARCHIVE, AUTHSERV)
        worker = service.build(settings(), clock, state=state, mail=mail)
        with running(worker, threading.Event(), lambda: None):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            threading.Event().wait()


if __name__ == "__main__":
    main()
