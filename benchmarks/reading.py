"""What it costs to understand a letter: the project's own letters one by one, and letters that grow to a megabyte.

`python -m benchmarks.reading` prints the tables; with `--quick` only the first, in half a minute.
Processor time, not time on the clock, so that other work on the machine counts little. The caches are warm, as they are
from the second letter of a call on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from benchmarks.patterns import patterns
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits
from tests.mail.client_forms import CLIENTS, KeptForm, kept_form
from tests.mail.client_replies import client_reply
from tests.mail.replies import reply
from tests.mail.sample_form import ADDRESS, FORM

NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
ROUNDS = 5
TURNS = 2
SMALL, LARGE, DOUBLINGS = 31_250, 1_000_000, 5
WORST = 12
"""So many of the shapes are shown, the dearest first."""

_READING = """## Reading

Milliseconds of CPU for one letter: the {letters} letters of `tests/letters`, each against its form,
and {replies} replies of the generators (median of {rounds} rounds for each).

| what | median | p90 | p99 | worst |
| --- | --- | --- | --- | --- |"""
_GROWTH = """
## Growth

Milliseconds of CPU to decode and match one letter of a shape that repeats itself, the best of {turns} turns.
All {shapes} shapes stand in `benchmarks/patterns.py`; these are the {worst} dearest. The last column is the steepest
step from one size to its double, of those above a millisecond: linear is 2, quadratic is 4. On a busy machine
single steps look steeper. `tests/mail/test_growth.py` counts the calls instead; what one call does is only seen here.

| shape | 31 kB | 250 kB | 1 MB | steepest doubling |
| --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Sample:
    """A letter as it came, and the form it answers."""

    raw: bytes
    kept: KeptForm

    def decoded(self) -> Letter:
        """The letter."""
        return decode(self.raw, NOW, Limits(), TRUST, [self.kept.form.ours[1]])


def cpu(step: Callable[[], object]) -> float:
    """Milliseconds of processor time of one call."""
    start = time.process_time()
    step()
    return (time.process_time() - start) * 1000


def corpus() -> list[Sample]:
    """Every letter of tests/letters with its form."""
    sample = KeptForm(FORM, FORM.questions)
    found = [Sample(path.read_bytes(), sample) for path in sorted(CLIENTS.parent.glob("*.eml"))]
    for path in sorted(CLIENTS.glob("*.eml")):
        facts = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
        found.append(Sample(path.read_bytes(), kept_form(facts["form"])))
    return found


def letter_times() -> dict[str, list[float]]:
    """For each part the milliseconds of every letter of the corpus: the median of the rounds."""
    samples = corpus()
    decoding: list[list[float]] = [[] for _ in samples]
    matching: list[list[float]] = [[] for _ in samples]
    for _ in range(ROUNDS):
        for number, one in enumerate(samples):
            decoding[number].append(cpu(one.decoded))
            letter = one.decoded()
            matching[number].append(cpu(lambda: one.kept.read(letter.text, letter.sender)))  # noqa: B023 - called at once
    decode_, match = ([statistics.median(times) for times in part] for part in (decoding, matching))
    both = [first + second for first, second in zip(decode_, match, strict=True)]
    return {"decode": decode_, "match": match, "both": both}


def generated_times(count: int) -> list[float]:
    """Milliseconds to match each of so many generated replies of either generator: the median of the rounds."""
    steps: list[Callable[[], object]] = []
    for seed in range(count):
        one, other = client_reply(seed), reply(seed)
        steps.append(lambda one=one: one.kept.read(one.text, one.sender))
        steps.append(lambda one=other: KeptForm(one.form, one.form.questions).read(one.text, one.sender))
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):
        for number, step in enumerate(steps):
            times[number].append(cpu(step))
    return [statistics.median(one) for one in times]


def spread(times: Sequence[float]) -> str:
    """Median, p90, p99 and worst, as cells of a table."""
    ordered = sorted(times)
    places = (0.5, 0.9, 0.99, 1.0)
    return " | ".join(f"{ordered[min(len(ordered) - 1, int(place * len(ordered)))]:.2f}" for place in places)


def growth() -> list[tuple[str, list[float]]]:
    """For each shape its milliseconds from SMALL to LARGE bytes, by doubling; the dearest first. The best of TURNS."""
    sizes = [SMALL * 2**turn for turn in range(DOUBLINGS)] + [LARGE]
    found: dict[str, list[float]] = {name: [float("inf")] * len(sizes) for name in patterns()}
    for _ in range(TURNS):
        for name, make in patterns().items():
            for number, size in enumerate(sizes):
                raw = make(size)
                found[name][number] = min(found[name][number], cpu(lambda: _read(raw)))  # noqa: B023 - called at once
    return sorted(found.items(), key=lambda item: -item[1][-1])


def _read(raw: bytes) -> object:
    return read_letter(decode(raw, NOW, Limits(), TRUST, [ADDRESS]), FORM)


def steepest(times: Sequence[float]) -> float:
    """The largest factor between a size and its double, of those that can be told from noise."""
    return max((later / earlier for earlier, later in pairwise(times) if earlier > 1.0), default=0.0)


def reading_table(count: int) -> str:
    """What letters and replies cost, as Markdown."""
    parts = letter_times()
    rows = [(f"corpus, {name}", parts[name]) for name in ("decode", "match", "both")]
    rows.append(("generated replies, match", generated_times(count)))
    head = _READING.format(letters=len(parts["both"]), replies=2 * count, rounds=ROUNDS)
    return "\n".join([head, *(f"| {name} | {spread(times)} |" for name, times in rows)])


def growth_table() -> str:
    """What growing letters cost, as Markdown."""
    grown = growth()
    lines = [
        _GROWTH.format(turns=TURNS, shapes=len(grown), worst=WORST),
        *(f"| {name} | {t[0]:.0f} | {t[3]:.0f} | {t[-1]:.0f} | {steepest(t):.1f} |" for name, t in grown[:WORST]),
        f"\nOf all shapes the steepest doubling is {max(steepest(times) for _, times in grown):.1f}.",
    ]
    return "\n".join(lines)


def table(count: int) -> str:
    """Both tables, as Markdown."""
    return f"{reading_table(count)}\n{growth_table()}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Print what it costs to decode and match a letter.")
    parser.add_argument("--replies", type=int, default=300, help="generated replies of each generator (default: 300)")
    parser.add_argument("--quick", action="store_true", help="leave out the letters that grow")
    options = parser.parse_args()
    print(reading_table(options.replies) if options.quick else table(options.replies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
