"""The lines of a document while they are written: text, breaks, cells apart, and a cap on all of it.

Shared by the readers of .docx and .odt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ranmailbot.mail.unread import Unread


@dataclass(slots=True)
class Paper:
    """A page that grows. `room` is how many characters may still be written; more raises Unread."""

    room: int
    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Add to the line that is open."""
        self.room -= len(text)
        if self.room < 0:
            raise Unread("it holds more text than the limit")
        self.pieces.append(text)

    def end_line(self) -> None:
        """Close the line, also an empty one."""
        self.room -= 1
        self.lines.append("".join(self.pieces))
        self.pieces.clear()

    def begin_block(self) -> None:
        """What follows begins on a line of its own."""
        if self.pieces:
            self.end_line()

    def text(self) -> str:
        """All of it."""
        self.begin_block()
        return "\n".join(self.lines)
