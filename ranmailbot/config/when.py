"""The little language of the timeline: "deadline - 2 days at 09:00" and "6 hours".

Own linear parsers, so that every complaint can show what would have been right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from ranmailbot.call.timeline import Anchor, Plan

EXAMPLES = (
    '"deadline - 2 days at 09:00", "each session at 07:30", "last session + 1 day at 10:00", '
    '"2022-03-18 at 10:00" or "daily at 08:00"'
)
ANCHORS: dict[tuple[str, ...], Anchor] = {
    ("published",): "published",
    ("deadline",): "deadline",
    ("each", "session"): "each session",
    ("first", "session"): "first session",
    ("last", "session"): "last session",
}
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
MOST_DAYS = 366
LONGEST_NUMBER = 4
MINUS = str.maketrans("−–—", "---")
"""Word processors turn a hyphen into these."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment of the timeline relative to the call. `day` only for the anchor "date"."""

    anchor: Anchor
    days: int
    at: time
    day: date | None = None

    def plan(self, mailing: str, late: timedelta, edition: int) -> Plan:
        """The line of the timeline that has this moment."""
        return Plan(mailing, self.anchor, self.days, self.at, late, edition, self.day)


def parse_when(text: str) -> When:
    """Read a moment. Raises ValueError with a remedy that shows examples."""
    words = text.translate(MINUS).split()
    if len(words) < 3 or words[-2] != "at":  # noqa: PLR2004 - an anchor, "at", a time
        raise ValueError(f'It must end in "at" and a time. Write for example {EXAMPLES}.')
    at = parse_time(words[-1])
    head = words[:-2]
    if head == ["daily"]:
        return When("daily", 0, at)
    length = 2 if len(head) > 1 and head[1] == "session" else 1
    days = _shift(head[length:])
    anchor = ANCHORS.get(tuple(head[:length]))
    if anchor is not None:
        return When(anchor, days, at)
    return When("date", days, at, parse_day(head[0], f"Write for example {EXAMPLES}."))


def parse_late(text: str) -> timedelta:
    """Read a length of time: a whole number and minutes, hours or days. Raises ValueError."""
    words = text.split()
    if len(words) != 2 or not _is_number(words[0]):  # noqa: PLR2004 - a number and its unit
        raise ValueError('Write a whole number and a unit: for example "30 minutes", "6 hours" or "3 days".')
    unit = UNITS.get(words[1].removesuffix("s"))
    if unit is None:
        raise ValueError('The unit must be minutes, hours or days: for example "6 hours".')
    length = int(words[0]) * unit
    if not timedelta(0) < length <= timedelta(days=MOST_DAYS):
        raise ValueError(f"It must be more than nothing and at most {MOST_DAYS} days.")
    return length


def parse_time(text: str) -> time:
    """Read a time of day, HH:MM on the 24-hour clock. Raises ValueError."""
    hours, colon, minutes = text.partition(":")
    right = colon and len(hours) in (1, 2) and len(minutes) == 2 and _is_number(hours) and _is_number(minutes)  # noqa: PLR2004 - HH:MM
    if not right:
        raise ValueError('A time is written as hours and minutes on the 24-hour clock: for example "09:00" or "14:30".')
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"There is no time {text}: hours go from 00 to 23, minutes from 00 to 59.") from None


def parse_day(text: str, otherwise: str) -> date:
    """Read a day, YYYY-MM-DD. Raises ValueError with the remedy `otherwise` if it does not look like one."""
    parts = text.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(_is_number(part) for part in parts):
        raise ValueError(otherwise)
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        raise ValueError(f"There is no day {text} in the calendar.") from None


def _shift(words: list[str]) -> int:
    if not words:
        return 0
    right = len(words) == 3 and words[0] in ("+", "-") and _is_number(words[1]) and words[2] in ("day", "days")  # noqa: PLR2004 - sign, number, unit
    if not right:
        raise ValueError(
            f'Only whole days can be added or taken away, with spaces: "- 2 days". Write for example {EXAMPLES}.'
        )
    days = int(words[1])
    if days > MOST_DAYS:
        raise ValueError(f"{days} days are too many: at most {MOST_DAYS}.")
    return days if words[0] == "+" else -days


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
