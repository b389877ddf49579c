"""Asks the DNS for TXT records (dnspython), for the room that checks DKIM (vouching_room.py).

Fear: names that strangers chose, whose servers are slow on purpose. A batch takes a few seconds at most, a name that
gave no answer is left alone for a minute, and what is remembered is bounded.
Known limits: answers are believed as this machine's resolver gives them, without DNSSEC of our own; one call at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

SECONDS = 5.0
"""For a whole batch."""
SECONDS_FOR_ONE = 2.0
REMEMBERED_SECONDS = 900.0
SILENT_SECONDS = 60.0
MOST_REMEMBERED = 2_000
MOST_ASKED = 100
"""Names in one batch; the rest is asked with the next letter of theirs."""
_TRIES = 2
_THREADS = 8

Texts = tuple[str, ...] | None
"""The TXT records of a name; empty if there are none; None if nobody answered."""


def ask(name: str) -> Texts:
    """One question, tried twice."""
    for _ in range(_TRIES):
        try:
            answer = Resolver().resolve(name, "TXT", lifetime=SECONDS_FOR_ONE, search=False)
            return tuple(b"".join(record.strings).decode("ascii", "replace") for record in answer)
        except (NXDOMAIN, NoAnswer):
            return ()
        except (DNSException, OSError, ValueError):
            continue
    return None


@dataclass(slots=True)
class DnsLookup:
    """The DNS, with a memory. `monotonic` counts seconds; `question` asks for one name. Close it when done."""

    monotonic: Callable[[], float]
    question: Callable[[str], Texts] = ask
    seconds: float = SECONDS
    _known: dict[str, tuple[Texts, float]] = field(default_factory=dict, init=False)
    _threads: ThreadPoolExecutor | None = field(default=None, init=False)

    def texts(self, names: Sequence[str]) -> Mapping[str, Texts]:
        """What each of these names holds: none, or None if nobody answered in time."""
        now = self.monotonic()
        self._forget(now)
        open_names = [name for name in dict.fromkeys(names) if name not in self._known][:MOST_ASKED]
        for name, texts in self._asked(open_names).items():
            self._known[name] = texts, now + (SILENT_SECONDS if texts is None else REMEMBERED_SECONDS)
        return {name: self._known[name][0] if name in self._known else None for name in names}

    def close(self) -> None:
        """Let go of the threads; questions under way end by themselves."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def _asked(self, names: Sequence[str]) -> dict[str, Texts]:
        if not names:
            return {}
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, thread_name_prefix="dns")
        futures: dict[str, Future[Texts]] = {name: self._threads.submit(self.question, name) for name in names}
        wait(futures.values(), timeout=self.seconds)
        for future in futures.values():
            future.cancel()
        return {name: _answer(future) for name, future in futures.items()}

    def _forget(self, now: float) -> None:
        """What is too old; and everything, if it is too much."""
        self._known = {name: known for name, known in self._known.items() if known[1] > now}
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()


def _answer(future: Future[Texts]) -> Texts:
    if not future.done() or future.cancelled() or future.exception() is not None:
        return None
    return future.result()
