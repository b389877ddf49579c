"""One line that is written over, on a terminal, while something takes its time; silence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ranmailbot.cli.console import Console

WIDEST = 78


@contextmanager
def progress_on(console: Console, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """What to call with a few words; the line is gone at the end."""
    if quiet or not console.err.isatty():
        yield lambda _: None
        return

    def show(text: str) -> None:
        console.err.write(f"\r\x1b[K{text[:WIDEST]}")
        console.err.flush()

    try:
        yield show
    finally:
        show("")
        console.err.write("\r")
