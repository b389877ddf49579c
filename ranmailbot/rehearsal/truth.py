"""What must be true in the end, told from the letters alone: who applied, withdrew, was decided, said yes.

A model of a dozen lines, made from what was posted and when. It shares no code with the bot's judgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ranmailbot.call.call import Call
from ranmailbot.rehearsal.chronicle import Posted


@dataclass(slots=True)
class Truth:
    """What one person's letters amount to."""

    answers: dict[int, str] = field(default_factory=dict)
    applied_at: datetime | None = None
    withdrawn_at: datetime | None = None
    said: list[tuple[datetime, str, str]] = field(default_factory=list)
    """Each answer to an invitation: when, for which session, which PARTSTAT."""

    def status(self, call: Call) -> str:
        """withdrawn, complete, incomplete, or nothing if there is no application."""
        if self.applied_at is None:
            return ""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "complete" if len(self.answers) == len(call.questions) else "incomplete"

    def rsvp(self, session: str, moment: datetime) -> str:
        """The last word on this session, as of this moment, or the empty text."""
        return next((said for at, key, said in reversed(self.said) if key == session and at <= moment), "")

    def gone(self, moment: datetime) -> bool:
        """Whether they had withdrawn by then."""
        return self.withdrawn_at is not None and self.withdrawn_at <= moment


def truths(posted: Sequence[Posted], people: int) -> tuple[Truth, ...]:
    """The truth about each person, by index."""
    found = tuple(Truth() for _ in range(people))
    for letter in posted:
        posting = letter.posting
        if posting.person is None or posting.refused:
            continue
        truth = found[posting.person]
        if posting.answers:
            truth.answers.update(posting.answers)
            truth.applied_at = truth.applied_at or letter.at
        if posting.withdraws:
            truth.withdrawn_at = truth.withdrawn_at or letter.at
        truth.said += [(letter.at, session, said) for session, said in posting.rsvps.items()]
    return found


def decisions(posted: Sequence[Posted]) -> Mapping[str, str]:
    """What the organisers decided by letters that count, by reference."""
    return {ref: verdict for letter in posted for ref, verdict in letter.posting.decides.items()}
