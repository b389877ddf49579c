"""What one application costs, from its bytes to the acknowledgement in the outbox, in CPU milliseconds.

The parts are timed in turn in one run on the same letters, so that the ratios hold on a noisy machine. Then reading
alone, over the project's own letters and over letters that grow (reading.py). Prints the tables and, with `--write`,
keeps them in docs/performance.md with date and machine.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

from benchmarks import reading
from ranmailbot.mail.answers import read_answers
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.form import blank_form
from ranmailbot.mail.letter import decode
from tests.world import AUTHSERV, WORDS, World, answers

ROUNDS = 5


def letters(world: World, count: int) -> list[bytes]:
    """Applications in reply to the published form: answers below quoted questions, or by number on top."""
    quoted = "\n".join(f"> {line}" for line in blank_form(world.call).text.split("\n"))
    made = []
    for n in range(count):
        text = answers((1, 2, 3, 4), [f"{words} Case {n}." for words in WORDS]) + "\n\nBest regards\nAnn\n\n" + quoted
        world.post(f"person{n}@example.org", text)
        made.append(world.mailbox.raws("INBOX")[-1])
    return made


def cpu(step: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    step()
    return time.process_time() - start


def measure(count: int) -> list[tuple[str, float]]:
    """Median CPU milliseconds for one letter, for each part; the parts in turn, several rounds."""
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            for name, step in parts(world, letters(world, count)):
                found.setdefault(name, []).append(cpu(step) * 1000 / count)
            assert len(world.applications()) == count
            world.engine.dispose()
    return [(name, statistics.median(times)) for name, times in found.items()]


def parts(world: World, raws: list[bytes]) -> list[tuple[str, Callable[[], object]]]:
    """What is timed: the cheapest conceivable, then our steps alone, then all of them with the store."""
    trust, form, box = Trust("generic", AUTHSERV), blank_form(world.call), {world.call.mailbox.email}
    stamp, limits = world.clock.now(), world.limits
    decoded = [decode(raw, stamp, limits, trust, box) for raw in raws]
    return [
        ("standard library: parse only (compat32)", lambda: [message_from_bytes(raw) for raw in raws]),
        ("decode: bytes to letter", lambda: [decode(raw, stamp, limits, trust, box) for raw in raws]),
        ("read: letter to answers", lambda: [read_answers(one.text, form, one.sender) for one in decoded]),
        ("whole: receive, judge, store, write the answer", world.receive),
    ]


def table(rows: list[tuple[str, float]], count: int) -> str:
    """The table, as Markdown."""
    base = rows[0][1]
    lines = [
        f"| CPU for one letter ({count} applications, median of {ROUNDS} rounds) | ms | ratio |",
        "| --- | --- | --- |",
        *(f"| {name} | {time_:.2f} | {time_ / base:.1f} |" for name, time_ in rows),
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and keep the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=300)
    parser.add_argument("--replies", type=int, default=300, help="generated replies of each generator (default: 300)")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/performance.md")
    options = parser.parse_args()
    text = f"{table(measure(options.letters), options.letters)}\n\n{reading.table(options.replies)}"
    print(text)
    if options.write:
        where = f"{platform.machine()}, Python {platform.python_version()}"
        head = (
            "# Performance\n\n"
            "Made by `make benchmark`. The ratio is to the first line, timed in the same run: on another\n"
            f"machine the milliseconds differ, the ratios hardly.\n\nMeasured {datetime.now(UTC):%d %B %Y} "
            f"on {where}.\n\n"
        )
        Path("docs/performance.md").write_text(head + text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
