"""What applicants do with the quoted form in their editor: write below each question, above it all, or below it all.

Also a program: `python applicant.py PLAY.json FILE` edits FILE in place and leaves PLAY.done. That is the
$EDITOR of the clients, so it imports nothing but the standard library.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_QUESTION = re.compile(r"^[>|:\s]*(\d+)\. \S")
_SIGNATURE = re.compile(r"^-- ?$")
CLOSING = "The form ends with this line"


def inline(quoted: str, answers: Sequence[str], greeting: str, farewell: str) -> str:
    """Each answer below its question, in the quote; the greeting above all; the farewell after the last answer."""
    lines, last, within = ([greeting, ""] if greeting else []), 0, False
    for line in quoted.split("\n"):
        lines.append(line)
        found = _QUESTION.match(line)
        if found and int(found[1]) == last + 1 <= len(answers):
            last, within = last + 1, True
        if within and line.rstrip().endswith("?"):
            within = False
            lines += ["", answers[last - 1], ""] if answers[last - 1] else []
    return "\n".join(_with_farewell(lines, farewell))


def _with_farewell(lines: list[str], farewell: str) -> list[str]:
    if not farewell:
        return lines
    end = next((number for number, line in enumerate(lines) if CLOSING in line), len(lines))
    return [*lines[:end], *farewell.split("\n"), "", *lines[end:]]


def numbered(answers: Sequence[str]) -> list[str]:
    """The answers with the numbers of their questions."""
    return [f"{number}. {answer}" for number, answer in enumerate(answers, 1) if answer]


def top(quoted: str, answers: Sequence[str], greeting: str, farewell: str) -> str:
    """Numbered answers above the quote."""
    return "\n".join([greeting, "", *_spaced(numbered(answers)), farewell, "", quoted])


def bottom(quoted: str, answers: Sequence[str], greeting: str, farewell: str) -> str:
    """Numbered answers below the quote, but above a signature that the client has put there."""
    lines = quoted.rstrip("\n").split("\n")
    end = next((number for number, line in enumerate(lines) if _SIGNATURE.match(line)), len(lines))
    written = ["", greeting, "", *_spaced(numbered(answers)), farewell, ""]
    return "\n".join([*lines[:end], *written, *lines[end:], ""])


def alone(quoted: str, answers: Sequence[str], greeting: str, farewell: str) -> str:
    """The quote deleted: numbered answers and nothing else."""
    return "\n".join([greeting, "", *_spaced(numbered(answers)), farewell, ""])


def note(quoted: str, answers: Sequence[str], greeting: str, farewell: str) -> str:
    """Only a greeting above the quote: the answers are in an attached document."""
    return "\n".join([greeting, "", farewell, "", quoted])


def _spaced(paragraphs: Sequence[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in (paragraph, "")]


STYLES: dict[str, Callable[[str, Sequence[str], str, str], str]] = {
    "inline": inline,
    "top": top,
    "bottom": bottom,
    "alone": alone,
    "note": note,
}


def main() -> None:
    """Edit the file of a client."""
    play = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    draft = Path(sys.argv[2])
    quoted = draft.read_text("utf-8")
    written = STYLES[play["style"]](quoted, play["answers"], play["greeting"], play["farewell"])
    draft.write_text(written, "utf-8")
    Path(sys.argv[1]).with_suffix(".done").touch()


if __name__ == "__main__":
    main()
