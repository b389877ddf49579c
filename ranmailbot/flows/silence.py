"""Silence is noticed: from the pulse to what must be told, by routes that do not need what fails.

Pure but for `Watcher`, which keeps what one route was told. Each route is watched from a thread of its own that needs
nothing but the clock, the pulse and the route: neither a dead line, nor a locked database, nor a route that hangs, nor
a machine that slept can silence the others.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ranmailbot.flows.pulse import Mark, Pulse
from ranmailbot.ports import Unavailable
from ranmailbot.watching import Kind, Moment, News, Now, Part, Route, Tolerance

LOG = logging.getLogger("ranmailbot.watch")
ASLEEP = timedelta(minutes=5)
"""If the watch itself did not look for so long, the whole machine slept (or a trial moved its clock)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Something that should have happened did not, since then. `why` holds no personal data."""

    kind: Kind
    since: Moment
    why: str


def silences(
    marks: Mapping[Part, Mark], stopped: str, tolerance: Tolerance, now: Moment, awake: float
) -> tuple[Silence, ...]:
    """What is silent now. Nothing is measured from before `awake` (ticks)."""
    found = [one for part in Part if (one := _silent(part, marks[part], tolerance.of(part), now, awake))]
    sending = marks[Part.SEND]
    if stopped and sending.failing and _age(sending.failing, now, awake) >= tolerance.untold:
        found.append(Silence(Kind.UNTOLD, sending.failing, f"{stopped}; {sending.why}"))
    return tuple(found)


def stuck(marks: Mapping[Part, Mark], tolerance: Tolerance, now: Moment, awake: float) -> tuple[Part, ...]:
    """Lines that have ended, or that did not come round for as long as they may be silent."""
    return tuple(
        part for part, mark in marks.items() if mark.ended or _age(mark.turned, now, awake) >= tolerance.of(part)
    )


def _silent(part: Part, mark: Mark, allowed: timedelta, now: Moment, awake: float) -> Silence | None:
    kind = Kind(part.value)
    if mark.ended:
        return Silence(kind, mark.turned, "this part of the program has ended")
    if _age(mark.turned, now, awake) >= allowed:
        return Silence(kind, mark.turned, "this part of the program hangs: no try was made")
    if mark.failing is not None and _age(mark.failing, now, awake) >= allowed:
        return Silence(kind, mark.failing, mark.why)
    return None


def _age(moment: Moment, now: Moment, awake: float) -> timedelta:
    return timedelta(seconds=now.ticks - max(moment.ticks, awake))


@dataclass(frozen=True, slots=True)
class Told:
    """What one route knows of one silence: since when it is, when it was last tried, and what came of it."""

    since: Moment
    tried: Moment
    reached: bool
    ever: bool


def due(
    told: Mapping[Kind, Told], found: Sequence[Silence], tolerance: Tolerance, now: Moment, who: str
) -> tuple[News, ...]:
    """What one route must say now, given what it said before. `who` names this bot."""
    news = []
    for silence in found:
        before = told.get(silence.kind)
        if before is None or _age(before.tried, now, 0) >= (tolerance.repeat if before.reached else tolerance.retry):
            news.append(News(silence.kind, Now.SILENT, silence.since, now, _told_silent(silence, now, who)))
    for kind, before in told.items():
        over = kind not in {silence.kind for silence in found} and before.ever
        if over and (before.reached or _age(before.tried, now, 0) >= tolerance.retry):
            news.append(News(kind, Now.OVER, before.since, now, _told_over(kind, before.since, now, who)))
    return tuple(news)


def remembered(told: Mapping[Kind, Told], news: News, *, reached: bool) -> dict[Kind, Told]:
    """What the route knows after it was asked to say this."""
    before = told.get(news.kind)
    after = {kind: one for kind, one in told.items() if kind != news.kind}
    if news.now is Now.OVER and reached:
        return after
    ever = reached or (before is not None and before.ever)
    return {**after, news.kind: Told(news.since, news.at, reached, ever)}


@dataclass(slots=True)
class Watcher:
    """Watches for one route. `look` is called again and again, by one thread."""

    route: Route
    pulse: Pulse
    tolerance: Tolerance
    who: str
    _told: dict[Kind, Told] = field(default_factory=dict, init=False)
    _looked: float | None = field(default=None, init=False)
    _awake: float = field(default=float("-inf"), init=False)

    def look(self) -> int:
        """Tell what is due; how much that was. A route that fails is logged and tried again."""
        now = self.pulse.now()
        if self._looked is not None and now.ticks - self._looked > ASLEEP.total_seconds():
            self._awake = now.ticks
        self._looked = now.ticks
        found = silences(self.pulse.marks(), self.pulse.stopped, self.tolerance, now, self._awake)
        self._forget_what_nobody_heard(found)
        news = due(self._told, found, self.tolerance, now, self.who)
        for one in news:
            self._told = remembered(self._told, one, reached=self._reached(one))
        self._looked = self.pulse.now().ticks  # a slow route is no sleep
        return len(news)

    def _reached(self, news: News) -> bool:
        try:
            self.route.tell(news)
        except Unavailable as fault:
            LOG.warning("alarm by %s: not told: %s", self.route.name, fault)
            return False
        except Exception as fault:  # noqa: BLE001 - a fault in one route must not end the watch
            LOG.error("alarm by %s: not told: %s; please report it", self.route.name, type(fault).__name__)  # noqa: TRY400 - its text might hold a secret
            return False
        return True

    def _forget_what_nobody_heard(self, found: Sequence[Silence]) -> None:
        """A silence that is over before the route could say it needs no word about its end."""
        silent = {silence.kind for silence in found}
        self._told = {kind: one for kind, one in self._told.items() if one.ever or kind in silent}


_WHAT = {
    Kind.FETCH: "no mail could be fetched from the mailbox",
    Kind.SEND: "no mail could be handed to the submission server",
    Kind.COMMIT: "nothing could be written to the database",
    Kind.UNTOLD: "the organisers cannot be told something that needs them",
}
_REMEDY = {
    Kind.FETCH: "Letters wait in the mailbox and none is lost, but nobody is answered. Run `ranmailbot check` on its "
    "machine: it says what to mend. If the bot hangs, restart it.",
    Kind.SEND: "What was written waits and goes out later; what has a date may lapse. Run `ranmailbot check` on its "
    "machine: it says what to mend. If the bot hangs, restart it.",
    Kind.COMMIT: "Look at the disk of its machine, and whether another program locks the database; then restart "
    "the bot.",
    Kind.UNTOLD: "Run `ranmailbot status` on its machine, mend the submission server (`ranmailbot check`), and tell "
    "the organisers yourself.",
}


def trial(now: Moment, who: str) -> News:
    """A message that tries a route and asks for nothing."""
    text = f"ranmailbot ({who}): this is a trial of the alarm, asked for by `ranmailbot check --alarm`. All is well."
    return News(Kind.TRIAL, Now.TRIAL, now, now, text)


def what_is_over(kind: Kind, since: Moment, now: Moment) -> str:
    """A sentence on the end of a silence."""
    return f"{_length(since, now)} {_WHAT[kind]}. It works again"


def what_is_silent(silence_kind: Kind, since: Moment, now: Moment) -> str:
    """A sentence on a silence."""
    return f"{_length(since, now)} {_WHAT[silence_kind]}"


def remedy(kind: Kind) -> str:
    """What to do about it."""
    return _REMEDY[kind]


def _told_silent(silence: Silence, now: Moment, who: str) -> str:
    what = what_is_silent(silence.kind, silence.since, now)
    return f"ranmailbot ({who}): {what}. Reason: {silence.why}. {_REMEDY[silence.kind]}"


def _told_over(kind: Kind, since: Moment, now: Moment, who: str) -> str:
    return f"ranmailbot ({who}): {what_is_over(kind, since, now)}. You need to do nothing more."


def _length(since: Moment, now: Moment) -> str:
    minutes = int(now.ticks - since.ticks) // 60
    long = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour
    return f"For {long} (since {since.wall:%Y-%m-%d %H:%M} UTC)"
