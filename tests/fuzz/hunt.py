"""`make fuzz MINUTES=60`: a hunt for faults, guided by coverage (atheris), one target after the other.

What is found is kept in `--keep`, one file for each finding, and shown. A finding is an exception, more than ten
seconds, or memory without end. Mend it, then write a small letter of it into tests/attacks or tests/mail.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SLOW, MEGABYTES, LONGEST = 10, 900, 50_000
"""Seconds, megabytes (the hunter's own included) and bytes."""


def hunted(target: str, begin: Sequence[bytes], seconds: int, keep: Path) -> int:
    """Hunt in one target. The exit code of the hunter: 0 if nothing was found."""
    corpus = keep / target
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in begin:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzz.hunt", "--run", target, f"-max_total_time={seconds}"]
    command += [f"-timeout={SLOW}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={LONGEST}", "-print_final_stats=1"]
    return subprocess.run([*command, f"-artifact_prefix={keep}/{target}-", str(corpus)], check=False).returncode


def run(target: str, arguments: list[str]) -> None:
    """In a process of its own: libFuzzer takes it over and ends it."""
    import atheris  # noqa: PLC0415 - only the long hunt needs it  # type: ignore[import-untyped,unused-ignore]

    with atheris.instrument_imports(include=["ranmailbot"], enable_loader_override=False):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented while it is imported
    logging.disable(logging.CRITICAL)
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()


def main() -> int:
    """1 if anything was found."""
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], sys.argv[3:])
        return 0
    from tests.fuzz.seeds import seeds  # noqa: PLC0415 - the hunter itself has no need of them, and they are large

    begin = seeds()
    parser = argparse.ArgumentParser(description="Hunt for mails that break a promise.")
    parser.add_argument("--minutes", type=float, default=10, help="altogether, shared by all targets (default: 10)")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where findings and corpus are kept")
    parser.add_argument("--target", action="append", choices=sorted(begin), help="only this one; may be repeated")
    options = parser.parse_args()
    chosen = options.target or sorted(begin)
    each = max(5, int(options.minutes * 60 / len(chosen)))
    found = [target for target in chosen if hunted(target, begin[target], each, options.keep)]
    sys.stdout.write(f"{len(chosen)} targets, {each} seconds each; findings in: {', '.join(found) or 'none'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
