"""Who runs when: receive and submit each own a thread, the alarm clock ticks the timeline and wakes them both.

A step that fails is tried again after a growing pause; nothing that fails in one line stops the others. Who watches
them (one thread for each route of the alarm, one for systemd) needs nothing of theirs.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ranmailbot.adapters.alarm_clock import AlarmClock
from ranmailbot.adapters.systemd import Systemd, status
from ranmailbot.flows.pulse import Pulse
from ranmailbot.flows.silence import Watcher, stuck
from ranmailbot.ports import Unavailable
from ranmailbot.service import Worker
from ranmailbot.watching import Part, Tolerance

LOG = logging.getLogger("ranmailbot.run")
TICK_SECONDS = 20
POLL_SECONDS = 60
LONGEST_PAUSE = 300
LOOK_SECONDS = 20
"""How often the watch looks at the pulse."""
ASLEEP_SECONDS = 300


class Line:
    """One thread that repeats a step: while there is work, at once; else after `rest`; after a fault, after a pause."""

    def __init__(
        self,
        name: str,
        step: Callable[[], int],
        rest: Callable[[], None],
        stop: threading.Event,
        ended: Callable[[], None],
    ) -> None:
        """Nothing runs before `start`. `ended` is called if it ends though nobody stopped it."""
        self._step, self._rest, self._stop, self._ended = step, rest, stop, ended
        self._faults = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended; the stop event must be set."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._repeat()
        finally:
            if not self._stop.is_set():
                self._ended()

    def _repeat(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._step() and not self._stop.is_set():
                    self._rest()
                self._faults = 0
            except Unavailable as fault:
                self._pause(str(fault))
            except Exception as fault:  # noqa: BLE001 - a thread that ends would end the service in silence
                self._pause(f"{type(fault).__name__}; please report it")

    def _pause(self, what: str) -> None:
        self._faults += 1
        seconds = min(2**self._faults, LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
        LOG.warning("%s: %s; next attempt in %d s", self._thread.name, what, seconds)
        self._stop.wait(seconds)


@dataclass(slots=True)
class Keeper:
    """Gives systemd a sign of life as long as all three lines come round, and says how they are."""

    systemd: Systemd
    pulse: Pulse
    tolerance: Tolerance
    _looked: float | None = field(default=None, init=False)
    _awake: float = field(default=float("-inf"), init=False)

    def look(self) -> tuple[Part, ...]:
        """Once; the lines that are stuck."""
        now, marks = self.pulse.now(), self.pulse.marks()
        if self._looked is not None and now.ticks - self._looked > ASLEEP_SECONDS:
            self._awake = now.ticks  # the machine slept: each line may have its time anew
        self._looked = now.ticks
        found = stuck(marks, self.tolerance, now, self._awake)
        failing = [f"{part} fails: {mark.why}" for part, mark in marks.items() if mark.failing]
        words = [f"{part} is stuck" for part in found] + failing
        self.systemd.say(*([] if found else ["WATCHDOG=1"]), status("; ".join(words) or "all is well"))
        return found


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches the worker: a watcher for each route, and systemd."""

    watchers: tuple[Watcher, ...] = ()
    systemd: Systemd = field(default_factory=lambda: Systemd("", LOOK_SECONDS))
    tolerance: Tolerance = field(default_factory=Tolerance)

    def start(self, pulse: Pulse, stop: threading.Event) -> None:
        """Begin; the threads end with the process, for a route that hangs must not delay its end."""
        keeper = Keeper(self.systemd, pulse, self.tolerance)
        looks: list[tuple[Callable[[], object], float]] = [(keeper.look, self.systemd.pause)]
        looks += [(watcher.look, LOOK_SECONDS) for watcher in self.watchers]
        for look, pause in looks:
            threading.Thread(target=_repeat, args=(look, pause, stop), name="watch", daemon=True).start()
        self.systemd.say("READY=1", status("started"))


def _repeat(look: Callable[[], object], pause: float, stop: threading.Event) -> None:
    while not stop.wait(pause):
        try:
            look()
        except Exception as fault:  # noqa: BLE001 - the watch must go on, whatever happens
            LOG.error("watch: %s; please report it", type(fault).__name__)  # noqa: TRY400 - its text might hold a secret


def _attempt(step: Callable[[], object]) -> None:
    """One step of a tick; it comes again with the next one."""
    try:
        step()
    except Unavailable as fault:
        LOG.warning("timeline: %s; next attempt in %d s", fault, TICK_SECONDS)
    except Exception as fault:  # noqa: BLE001 - its text might hold somebody's words, so only its kind is told
        LOG.error("timeline: %s; please report it", type(fault).__name__)  # noqa: TRY400 - the same


@contextmanager
def running(
    worker: Worker,
    stop: threading.Event,
    guard: Callable[[], None],
    watch: Watch = Watch(),
) -> Iterator[None]:
    """Run the worker's three lines until the block ends. `guard` is called with every tick."""
    letters_out = threading.Event()

    def receive() -> int:
        count = worker.receive_once()
        if count:
            letters_out.set()
        return count

    def rest_submit() -> None:
        now = worker.clock.now()
        due = worker.next_attempt(now)
        seconds = min(POLL_SECONDS, (due - now).total_seconds()) if due else POLL_SECONDS
        letters_out.wait(max(seconds, 1))
        letters_out.clear()

    def tick() -> None:
        for step in (guard, worker.announce_once, worker.tend_keys, worker.feel_pulse):
            _attempt(step)
        letters_out.set()

    lines = (
        Line("receive", receive, lambda: worker.wait(POLL_SECONDS), stop, lambda: worker.pulse.ended(Part.FETCH)),
        Line("submit", worker.submit_once, rest_submit, stop, lambda: worker.pulse.ended(Part.SEND)),
    )
    watch.start(worker.pulse, stop)
    tick()
    with AlarmClock(tick, TICK_SECONDS):
        for line in lines:
            line.start()
        try:
            yield
        finally:
            stop.set()
            watch.systemd.say("STOPPING=1")
            letters_out.set()
            worker.wake()
            for line in lines:
                line.join()
