"""Reply plus sent form makes answers plus remainder. What this project exists for."""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.call.application import Answer, ProfileValue


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of one letter. Every word of it is in an answer, the profile, the remainder, or was ours."""

    answers: tuple[Answer, ...]
    profile: tuple[ProfileValue, ...]
    remainder: str
    anchored: bool
    """Whether at least one answer was found at a question of ours, not only by a label or a guess."""
