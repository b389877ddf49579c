"""What was understood of one letter, and what goes wrong when a word of it would be lost."""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.call.application import Answer, ProfileValue
from ranmailbot.mail.layout import Gap, Span


class ConservationBroken(Exception):
    """A reading that would lose words. The letter must be shunted: the fault is ours, a human must read it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of one letter. Every word of it is in an answer, the profile, the remainder, or was ours."""

    answers: tuple[Answer, ...]
    profile: tuple[ProfileValue, ...]
    remainder: str
    anchored: bool
    """Whether at least one answer was found at a question of ours, not only by a label or a guess."""
    quoted: str = ""
    """For a form without questions: text that is quoted and not ours. Never a command of the sender."""
    remainder_spans: tuple[Span, ...] = ()
    """Where the remainder (and `quoted`) stands in the visible text."""
    ours_spans: tuple[Span, ...] = ()
    """Where words of the sent form stand: each span's words stand in the form in the same order."""
    mark_spans: tuple[Span, ...] = ()
    """Labels, reply headers, rules and other marks that are neither ours nor an answer."""
    attached: str = ""
    """What is left of attached documents, each with its name. Shown to people; never a command of the sender."""
    twice: tuple[int, ...] = ()
    """Questions that were answered twice, each time surely and in other words."""


@dataclass(slots=True)
class Found:
    """A candidate for an answer while a letter is read. Spans without outer white space."""

    question: int
    spans: tuple[Span, ...]
    depth: int
    confidence: float
    source: str
    gap: Gap | None = None

    def doubt(self, confidence: float) -> None:
        """Believe it no more than this."""
        self.confidence = min(self.confidence, confidence)
