"""The alarm clock: APScheduler wakes the flows, and does nothing else. What was kept stands in the store.

No job store: two schedulers on one store ran jobs twice, and a kill during a date job lost it for good (docs).
"""

from __future__ import annotations

from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler


class AlarmClock:
    """Calls `tick` every `seconds`, late rather than never, and never two at a time. Use as a context manager."""

    def __init__(self, tick: Callable[[], None], seconds: int) -> None:
        """Nothing runs before `__enter__`."""
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            tick, "interval", seconds=seconds, coalesce=True, misfire_grace_time=None, max_instances=1
        )

    def __enter__(self) -> AlarmClock:
        """Start ticking."""
        self._scheduler.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; a tick that runs is waited for."""
        self._scheduler.shutdown(wait=True)
