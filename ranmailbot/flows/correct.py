"""A person at the machine settles what the bot could not: mails that wait or are held, letters nobody could judge.

Each command is a cause of its own and goes through the same commit, also while the worker runs: all of it, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ranmailbot.call.application import StepRefused
from ranmailbot.call.call import Call
from ranmailbot.desk import Outcome
from ranmailbot.ports import Books, Clock, Store, Tokens
from ranmailbot.records import State


@dataclass(frozen=True, slots=True)
class Clerk:
    """What such a command takes."""

    store: Store
    clock: Clock
    tokens: Tokens

    def release(self, numbers: Sequence[int] | None) -> tuple[int, ...]:
        """Held mails go back to the queue, to be sent byte for byte as they are; None means all held ones."""
        return self._move(numbers, (State.HELD,), State.QUEUED, "released")

    def drop(self, numbers: Sequence[int] | None, *, was_sent: bool) -> tuple[int, ...]:
        """Mails that are held or queued are never sent, or (`was_sent`) somebody saw that they had been."""
        if was_sent:
            return self._move(numbers, (State.HELD,), State.SENT, "seen_sent")
        return self._move(numbers, (State.HELD, State.QUEUED), State.VOID, "dropped")

    def retry(self, numbers: Sequence[int] | None) -> tuple[int, ...]:
        """Letters that were put aside are judged again by the worker; None means all of them."""
        now = self.clock.now()
        with self.store.begin() as books:
            aside = {letter.number: letter for letter in books.aside()}
            chosen = tuple(n for n, letter in aside.items() if letter.kept) if numbers is None else tuple(numbers)
            for number in chosen:
                if number not in aside:
                    raise StepRefused(f"letter {number} was not put aside; `ranmailbot retry` lists those that were")
                if not aside[number].kept:
                    raise StepRefused(
                        f"letter {number} was too large to be kept: it lies in the mailbox only. Raise message_bytes "
                        "under [limits], start the bot, and move the letter back to INBOX"
                    )
                books.judge_again(number)
            self._record(books, "retried", f"letters {_listed(chosen)} are judged again", now, chosen)
        return chosen

    def mark_kept(self, call: Call, key: str) -> None:
        """This milestone went out already (before a restore): it never fires again. Raises StepRefused."""
        now = self.clock.now()
        if key not in {milestone.key for milestone in call.milestones()}:
            raise StepRefused(f"there is no milestone {key}; `ranmailbot timeline --json` names them all")
        with self.store.begin() as books:
            if key in books.settled():
                raise StepRefused(f"{key} is settled already; `ranmailbot timeline` shows how")
            books.settle(key, "kept", now)
            self._record(books, "marked_kept", f"{key} was marked as kept by command", now, (key,))

    def _move(
        self, numbers: Sequence[int] | None, before: tuple[State, ...], after: State, name: str
    ) -> tuple[int, ...]:
        now = self.clock.now()
        with self.store.begin() as books:
            chosen = books.numbers_in(State.HELD) if numbers is None else tuple(numbers)
            for number in chosen:
                state = books.find_state(number)
                if state is None:
                    raise StepRefused(f"there is no mail {number}; `ranmailbot outbox` lists them")
                if state not in before or not books.advance(number, state, after, now, f"{name} by command"):
                    raise StepRefused(_refusal(number, state, before, name))
            self._record(books, name, f"mails {_listed(chosen)} {name.replace('_', ' ')} by command", now, chosen)
        return chosen

    def _record(self, books: Books, name: str, note: str, now: datetime, chosen: Sequence[object]) -> None:
        if chosen:
            books.record(f"command/{self.tokens.uuid()}", Outcome(name, note=note), (), now, None)


def _refusal(number: int, state: State, before: tuple[State, ...], name: str) -> str:
    allowed = " or ".join(str(each) for each in before)
    verb = {"released": "released", "dropped": "dropped", "seen_sent": "marked as sent"}[name]
    return f"mail {number} is {state}; only {allowed} mails can be {verb}. Nothing was changed"


def _listed(numbers: Sequence[int]) -> str:
    return " ".join(str(number) for number in numbers)
