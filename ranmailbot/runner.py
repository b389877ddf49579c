"""Who runs when: receive and submit each own a thread, the alarm clock ticks the timeline and wakes them both.

A step that fails is tried again after a growing pause; nothing that fails in one line stops the others.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ranmailbot.adapters.alarm_clock import AlarmClock
from ranmailbot.ports import Unavailable
from ranmailbot.service import Worker

LOG = logging.getLogger("ranmailbot.run")
TICK_SECONDS = 20
POLL_SECONDS = 60
LONGEST_PAUSE = 300


class Line:
    """One thread that repeats a step: while there is work, at once; else after `rest`; after a fault, after a pause."""

    def __init__(self, name: str, step: Callable[[], int], rest: Callable[[], None], stop: threading.Event) -> None:
        """Nothing runs before `start`."""
        self._step, self._rest, self._stop = step, rest, stop
        self._faults = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended; the stop event must be set."""
        self._thread.join()

    def _run(self) -> None:
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


@contextmanager
def running(worker: Worker, stop: threading.Event, guard: Callable[[], None]) -> Iterator[None]:
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
        try:
            guard()
            worker.announce_once()
            worker.tend_keys()
        except Unavailable as fault:
            LOG.warning("timeline: %s; next attempt in %d s", fault, TICK_SECONDS)
        except Exception as fault:  # noqa: BLE001 - its text might hold somebody's words, so only its kind is told
            LOG.error("timeline: %s; please report it", type(fault).__name__)  # noqa: TRY400 - the same
        letters_out.set()

    lines = (
        Line("receive", receive, lambda: worker.wait(POLL_SECONDS), stop),
        Line("submit", worker.submit_once, rest_submit, stop),
    )
    tick()
    with AlarmClock(tick, TICK_SECONDS):
        for line in lines:
            line.start()
        try:
            yield
        finally:
            stop.set()
            letters_out.set()
            worker.wake()
            for line in lines:
                line.join()
