"""Builds of the bot that are broken on purpose, one for each promise it lives by: a simulation that does not notice
them is worth nothing.

They exist in this process only, for as long as a `with` block lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from ranmailbot.adapters.sql import post
from ranmailbot.flows.receive import Receiver
from ranmailbot.flows.submit import Submitter
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Unwanted
from ranmailbot.ports import Envelope


@contextmanager
def send_then_mark() -> Iterator[None]:
    """In doubt is written down after the mail was handed over, not before."""
    with _instead(Submitter, "_send", _send_first):
        yield


@contextmanager
def flag_first() -> Iterator[None]:
    """Letters are moved as soon as they are fetched, before their outcome is committed."""
    with _instead(Receiver, "run", _moves_first):
        yield


@contextmanager
def no_unique_cause() -> Iterator[None]:
    """Nobody asks whether a cause had its outcome, and the database does not insist."""
    numbers = count(1)
    keep_outcome, keep_letter = post.keep_outcome, post.keep_letter

    def keep_any(shelf: Any, cause: str, *rest: Any, **more: Any) -> int:
        taken = shelf.one(post.tables.outcomes, cause=cause) is not None
        return keep_outcome(shelf, f"{cause}#{next(numbers)}" if taken else cause, *rest, **more)

    def keep_again(shelf: Any, filed: Any, folder: str) -> int:
        taken = shelf.one(post.tables.letters, key=filed.key) is not None
        return keep_letter(shelf, replace(filed, key=f"{filed.key}#{next(numbers)}") if taken else filed, folder)

    with (
        _instead(post, "has_outcome", lambda _shelf, _cause: False),
        _instead(post, "seen", lambda _shelf, _key, _envelope: None),
        _instead(post, "keep_outcome", keep_any),
        _instead(post, "keep_letter", keep_again),
    ):
        yield


BUILDS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "send-then-mark": send_then_mark,
    "flag-first": flag_first,
    "no-unique-cause": no_unique_cause,
}


@contextmanager
def _instead(owner: Any, name: str, other: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _send_first(self: Submitter, waiting: Any) -> Delivery:
    """The last check comes when everything is over."""
    delivery = self.submission.send(waiting.mail, lambda _archived: True)
    if not isinstance(delivery, Deferred | Refused | Unwanted):
        self._last_check(waiting, archived=True)
    return delivery


_run = Receiver.run


def _moves_first(self: Receiver) -> int:
    return _run(replace(self, mailbox=_Early(self.mailbox)))  # type: ignore[arg-type]


@dataclass
class _Early:
    """A mailbox that files what it hands out, and has nothing to do later."""

    inner: Any

    def fetch(self, limit: int) -> Sequence[Envelope]:
        found: Sequence[Envelope] = self.inner.fetch(limit)
        if found:
            self.inner.file("Applications", found)
        return found

    def file(self, folder: str, filed: Iterable[Envelope]) -> None:
        """Done already."""
