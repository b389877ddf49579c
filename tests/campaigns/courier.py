"""An archive that lags: copies wait in a mailbox of their own, and a courier carries each to the archive later.

In order, as a slow delivery does, or each with a lag of its own, so that they overtake each other.
"""

from __future__ import annotations

import imaplib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PAUSE = 0.1
"""Seconds between two looks for new copies."""


@dataclass(frozen=True)
class Lag:
    """Real seconds from the handover to the archive. `jitter`: each copy anything up to that."""

    seconds: float = 0.0
    jitter: bool = False


@dataclass
class Courier:
    """Carries until `stop` is set, on a thread of its own."""

    source: Callable[[], imaplib.IMAP4]
    target: Callable[[], imaplib.IMAP4]
    lag: Lag
    chance: random.Random
    stop: threading.Event = field(default_factory=threading.Event)
    overtaken: int = 0
    """Copies that lay in the archive before an earlier one did."""
    carried: int = 0
    _seen: int = 0
    _newest: int = 0
    _waiting: list[tuple[float, int, bytes]] = field(default_factory=list)
    _fault: BaseException | None = None

    def check(self) -> None:
        """Raise what stopped the courier, if anything did."""
        if self._fault is not None:
            raise RuntimeError("the courier of the archive has stopped") from self._fault

    def run(self) -> None:
        """Until it is stopped, or a server fails: then `check` tells."""
        try:
            with self.source() as source, self.target() as target:
                while not self.stop.wait(PAUSE):
                    self._collect(source)
                    self._hand_over(target)
        except BaseException as fault:  # noqa: BLE001 - told by `check`, on the thread of the campaign
            self._fault = fault

    def _collect(self, source: imaplib.IMAP4) -> None:
        source.select("INBOX", readonly=True)
        found = source.uid("SEARCH", f"UID {self._seen + 1}:*")[1][0] or b""
        for uid in sorted(int(word) for word in found.split() if int(word) > self._seen):
            part = next(part for part in source.uid("FETCH", str(uid), "(BODY.PEEK[])")[1] if isinstance(part, tuple))
            lag = self.lag.seconds * (self.chance.random() if self.lag.jitter else 1)
            self._waiting.append((time.monotonic() + lag, uid, part[1]))
            self._seen = uid

    def _hand_over(self, target: imaplib.IMAP4) -> None:
        now = time.monotonic()
        due = sorted(one for one in self._waiting if one[0] <= now)
        self._waiting = [one for one in self._waiting if one[0] > now]
        for _, uid, raw in due:
            target.append("Archive", "", "", raw)
            self.carried += 1
            self.overtaken += uid < self._newest
            self._newest = max(uid, self._newest)


@contextmanager
def carrying(
    source: Callable[[], imaplib.IMAP4], target: Callable[[], imaplib.IMAP4], lag: Lag, chance: random.Random
) -> Iterator[Courier]:
    """A courier between the two mailboxes until the block ends."""
    courier = Courier(source, target, lag, chance)
    thread = threading.Thread(target=courier.run, daemon=True)
    thread.start()
    try:
        yield courier
    finally:
        courier.stop.set()
        thread.join()
