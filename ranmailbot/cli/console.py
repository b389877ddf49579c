"""What is printed, and what faults look like to the person at the terminal: a sentence and a remedy, no traceback."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from ranmailbot.adapters.sql.engine import StoreRefused
from ranmailbot.call.application import StepRefused
from ranmailbot.config import BadConfig
from ranmailbot.ports import SealBroken, TemplateFault, Unavailable

WRONG, REFUSED = 2, 1


class Usage(Exception):
    """The command cannot mean anything. The text is the remedy."""


@dataclass(frozen=True, slots=True)
class Console:
    """Standard output for what was asked, standard error for everything else."""

    out: TextIO
    err: TextIO

    def say(self, text: str = "") -> None:
        """One line or more of the answer."""
        self.out.write(text + "\n")
        self.out.flush()

    def note(self, text: str) -> None:
        """Something beside the answer."""
        self.err.write(text + "\n")
        self.err.flush()

    def json(self, value: object) -> None:
        """One JSON value on one line."""
        self.say(json.dumps(value, ensure_ascii=False, default=str))

    def bytes(self, content: bytes) -> None:
        """A mail, byte for byte."""
        self.out.flush()
        self.out.buffer.write(content)
        self.out.buffer.flush()

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Aligned columns; the last one is not padded."""
        lines = [tuple(head), *(tuple(row) for row in rows)]
        widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
        for line in lines:
            cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)]
            self.say("  ".join((*cells, line[-1])).rstrip())

    def guarded(self, handler: Callable[[Console, Namespace], int], options: Namespace) -> int:
        """Run a command; turn the faults that people can mend into sentences."""
        try:
            return handler(self, options)
        except BadConfig as fault:
            self.note(str(fault))
            return WRONG
        except Usage as fault:
            self.note(f"ranmailbot: {fault}")
            return WRONG
        except (StoreRefused, SealBroken, StepRefused, TemplateFault, Unavailable) as fault:
            self.note(f"ranmailbot: {fault}")
            return REFUSED
        except BrokenPipeError:  # the reader of a pipe has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.out.fileno())  # else the interpreter complains at exit
            return 0
        except KeyboardInterrupt:
            return 130
