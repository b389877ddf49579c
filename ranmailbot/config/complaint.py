"""What is wrong with a configuration, told to the person who wrote it: where, what stands there, what to write instead.

Known limit: values that are secret or personal are never repeated here, because this text may reach a log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time

Where = tuple[str | int, ...]
"""A place in the file's data, as ("sessions", 0, "webex", "join_url"). Indices count from 0."""

NOT_SHOWN = "(not shown here)"
PERSONAL = frozenset({"contacts", "organisers"})
SECRET = frozenset({"user", "password", "command", "url"})
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place of the data; `value` is what stands there, None if nothing does."""

    where: Where
    value: object
    remedy: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """One fault as its reader sees it. `key` looks as it does in the file, `line` counts from 1."""

    key: str
    value: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        """Two lines: the place with what stands there, and what to do."""
        place = f"line {self.line}, {self.key}" if self.line else self.key
        stands = f" = {self.value}" if self.value else ""
        return f"{place}{stands}\n   {self.remedy}"


class BadConfig(Exception):
    """The configuration cannot be used. Holds every complaint there is, in the order of the file."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(complaints)
        self.complaints = complaints

    def __str__(self) -> str:
        """A numbered list for the administrator."""
        count = len(self.complaints)
        head = (
            "The configuration cannot be used: " + ("one thing is" if count == 1 else f"{count} things are") + " wrong."
        )
        return "\n\n".join([head, *(f"{n}. {complaint}" for n, complaint in enumerate(self.complaints, 1))])


def complaint(fault: Fault, lines: dict[Where, int]) -> Complaint:
    """The fault as a complaint. `lines` says on which line each place stands (see text.lines)."""
    return Complaint(title(fault.where), shown(fault.where, fault.value), fault.remedy, _line(fault.where, lines))


def title(where: Where) -> str:
    """A place as the file shows it: "[call] zone", "[[sessions]] no. 2: webex.join_url"."""
    if not where:
        return "the file"
    first, rest = where[0], where[1:]
    if rest and isinstance(rest[0], int):
        block = f"[[{first}]] no. {rest[0] + 1}"
        return f"{block}: {_dotted(rest[1:])}" if rest[1:] else block
    return f"[{first}] {_dotted(rest)}" if rest else f"[{first}]"


def shown(where: Where, value: object) -> str:
    """The value as it may be shown: as TOML would write it, cut short, and never if it is secret or personal."""
    if value is None or isinstance(value, dict | list):
        return ""
    if where[0] in PERSONAL or where[-1] in SECRET or "webex" in where[1:]:
        return NOT_SHOWN
    text = _as_toml(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    text = str(value)
    return json.dumps(text, ensure_ascii=not text.isprintable()) if isinstance(value, str) else text


def _dotted(parts: Where) -> str:
    """Joined by dots; a position in a list counts from 1, as people do."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in parts)


def _line(where: Where, lines: dict[Where, int]) -> int | None:
    """The line of this place, or else of the nearest one around it."""
    for end in range(len(where), 0, -1):
        if where[:end] in lines:
            return lines[where[:end]]
    return None
