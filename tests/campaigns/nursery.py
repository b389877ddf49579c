"""The nursery of bots, seen from the campaign: ask for a process, kill it, ask how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.campaigns.bot import Order
from tests.world import ROOT

LONGEST_DEATH = 60


@dataclass(frozen=True)
class Bot:
    """One process that was asked for."""

    nursery: Nursery
    pid: int

    def kill(self) -> int:
        """SIGKILL, unless it has ended by itself; its wait status."""
        os.kill(self.pid, signal.SIGKILL)  # until the nursery is asked, an ended process keeps its number
        return self.nursery.ask({"wait": self.pid, "seconds": LONGEST_DEATH})

    def ended(self, seconds: float) -> int | None:
        """Its wait status once it has ended by itself, see os.WIFSIGNALED; None if it still lives after that time."""
        status = self.nursery.ask({"wait": self.pid, "seconds": seconds})
        return None if status < 0 else status


@dataclass(frozen=True)
class Nursery:
    """The process that all bots are forked from."""

    process: subprocess.Popen[str]

    def born(self, order: Order) -> Bot:
        """A new process; it starts to work at once."""
        return Bot(self, self.ask(json.loads(order.written())))

    def ask(self, facts: dict[str, object]) -> int:
        """One line there, one number back."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(facts) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the nursery has ended"
        return int(answer)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery until the block ends; no bot outlives it."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.campaigns.bot"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


def killed(status: int) -> bool:
    """Whether a process ended by SIGKILL."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
