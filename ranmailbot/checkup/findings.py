"""What a checkup finds: one sentence each, with its remedy, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap


class Level(StrEnum):
    """How bad it is. Notes need nothing; a warning should be mended, a fault must be."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `key` is stable, for programs: "imap.login". `setting` is the key of config.toml it is about."""

    key: str
    level: Level
    what: str
    remedy: str = ""
    setting: str = ""

    def json(self) -> dict[str, str]:
        """For programs."""
        return {
            "key": self.key, "level": self.level, "what": self.what, "remedy": self.remedy, "setting": self.setting
        }  # fmt: skip


HEADINGS = {
    "config": "Configuration",
    "templates": "Mails",
    "zones": "Time",
    "storage": "Storage",
    "alarm": "Alarm",
    "imap": "Mailbox (IMAP)",
    "smtp": "Submission (SMTP)",
    "trip": "Round trip (mails to ourselves)",
}
"""The first part of each key, and the heading it stands under."""
COLUMN = 10
NARROWEST = 40


def to_mend(findings: Iterable[Finding]) -> bool:
    """Whether there is a warning or a fault."""
    return any(finding.level in (Level.WARNING, Level.FAULT) for finding in findings)


def page(findings: Iterable[Finding], width: int) -> str:
    """All findings under their headings, wrapped to so many columns."""
    lines, last = list[str](), ""
    for finding in findings:
        group = finding.key.partition(".")[0]
        if group != last:
            lines += ["", HEADINGS[group]]
            last = group
        lines += _lines(finding, max(width, NARROWEST))
    return "\n".join(lines).strip("\n")


def summary(findings: Iterable[Finding]) -> str:
    """The last line: how much of what."""
    levels = [finding.level for finding in findings]
    parts = [
        f"{levels.count(level)} {word}{'' if levels.count(level) == 1 else 's'}"
        for level, word in ((Level.FAULT, "fault"), (Level.WARNING, "warning"), (Level.NOTE, "note"))
        if level in levels
    ]
    return ", ".join(parts) if parts else "all is well"


def _lines(finding: Finding, width: int) -> Iterator[str]:
    level = finding.level.upper() if finding.level is Level.FAULT else str(finding.level)
    hanging = " " * COLUMN
    yield from _wrapped(finding.what, width, f"  {level:<{COLUMN - 2}}", hanging)
    if finding.remedy:
        yield from _wrapped(f"-> {finding.remedy}", width, hanging, hanging + "   ")


def _wrapped(text: str, width: int, first: str, others: str) -> Iterator[str]:
    """No word is torn: addresses, paths and commands are there to be copied."""
    yield from wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
        break_long_words=False,
    )
