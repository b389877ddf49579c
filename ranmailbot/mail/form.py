"""The form as it was sent: the text in which somebody answers, and which questions it asked.

Kept with the outgoing mail, so that a reply is always read against the questions as they were asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.call.call import ProfileLine, Question


@dataclass(frozen=True, slots=True)
class SentForm:
    """A mail of ours as the reader needs it. With no questions it serves to tell our words from theirs."""

    key: str
    """Message-ID of the mail that carried it, or "blank" for the one of the mailto link."""
    text: str
    """The visible text as it went out (its plain part)."""
    questions: tuple[Question, ...]
    profile_lines: tuple[ProfileLine, ...]
    ours: tuple[str, ...]
    """Our name, address and subject: by these a reply header is recognised in any language."""
