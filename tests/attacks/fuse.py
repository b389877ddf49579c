"""A fuse: the process dies at one chosen call of store, mailbox or submission, before it, within it or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ranmailbot.ports import Archived
from tests.attacks.tools import QuickWorld

LEASE_MINUTES = 16


class Killed(BaseException):
    """The process dies here."""


class Fuse:
    """Counts the moments at which it could blow, and blows at moment `at` (never, if that is 0)."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.count = at, 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed


class Fused:
    """Hands everything on; the named methods may die just before and just after they have done their work."""

    def __init__(self, inner: Any, fuse: Fuse, *names: str) -> None:
        self._inner, self._fuse, self._names = inner, fuse, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._dying(found) if name in self._names else found

    def _dying(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self._fuse()
            result = method(*args, **more)
            self._fuse()
            return result

        return call


class FusedStore(Fused):
    """Transactions die before they begin, just before COMMIT, and just after it."""

    @contextmanager
    def begin(self) -> Iterator[Any]:
        self._fuse()
        with self._inner.begin() as books:
            yield books
            self._fuse()
        self._fuse()


class FusedWorld(QuickWorld):
    """A world that may die and is started again; its archive tells the truth."""

    fuse: Fuse
    workers = 1

    def arm(self, fuse: Fuse) -> None:
        """From here on this fuse counts."""
        if not hasattr(self, "fuse"):
            self._hands = (self.store, self.mailbox, self.submission)
        store, mailbox, submission = self._hands
        self.fuse = fuse
        self.store = FusedStore(store, fuse, "count_attempts")  # type: ignore[assignment]
        self.mailbox = Fused(mailbox, fuse, "fetch", "file")  # type: ignore[assignment]
        self.submission = Fused(submission, fuse, "send")  # type: ignore[assignment]
        self.restart()

    def restart(self) -> None:
        """A new worker on the same books."""
        self.workers += 1
        self.start(f"worker-{self.workers}")
        self.submitter = replace(self.submitter, probe=self._probe)

    def safely(self, step: Callable[[], object]) -> None:
        """Take this step; if the process dies on the way, a new one takes over after the lease."""
        try:
            step()
        except Killed:
            self.restart()
            self.pass_time(minutes=LEASE_MINUTES)

    def _probe(self, message_id: str, _since: object, _later: object) -> Archived:
        sent = {mail.message_id for mail in self.submission.sent}
        return Archived.FOUND if message_id in sent else Archived.ABSENT
