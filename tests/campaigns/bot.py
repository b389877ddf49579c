"""The bot as a process that may be killed at any moment: the worker of `run` on given servers, until its end.

Started by crash.py as `python -m tests.campaigns.bot STATE SECONDS`: the clock stands SECONDS after the opening of the
call and goes on from there. The mail server, with its passwords, is a line of JSON on standard input.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ranmailbot import service
from ranmailbot.config import Settings
from ranmailbot.ports import Account
from ranmailbot.runner import running
from tests.world import OPENING, settings


def written(mail: service.MailServer) -> str:
    """The mail server as one line, but for its folders, which have their usual names."""
    facts = {"imap": asdict(mail.imap), "smtp": asdict(mail.smtp), "rest": [mail.archive, mail.authserv_id]}
    return json.dumps(facts, default=str) + "\n"


def read(line: str) -> service.MailServer:
    """The other way round."""
    facts = json.loads(line)
    accounts = [
        Account(**(one | {"ca_file": one["ca_file"] and Path(one["ca_file"])}))
        for one in (facts["imap"], facts["smtp"])
    ]
    return service.MailServer(*accounts, *facts["rest"])


def settled() -> Settings:
    """The shipped call without its timeline and at full pace: what is counted are answers to letters."""
    found = settings()
    limits = replace(found.limits, messages_per_minute=100_000)
    return replace(found, call=replace(found.call, timeline=()), limits=limits)


def main() -> None:
    """Run until killed."""
    state, seconds = Path(sys.argv[1]), float(sys.argv[2])
    mail = read(sys.stdin.readline())
    clock = service.WallClock(OPENING + timedelta(seconds=seconds) - datetime.now(UTC))
    with service.worker_lock(state):
        worker = service.build(settled(), clock, state=state, mail=mail)
        with running(worker, threading.Event(), lambda: None):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            threading.Event().wait()


if __name__ == "__main__":
    main()
