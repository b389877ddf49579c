"""Why an attachment was not read, in words for the person who sent it; and the call of the clock that stops one."""

from __future__ import annotations


class Unread(Exception):
    """Raised by the readers of attachments. The text completes "it was not read: ..." and holds no word of it."""


class OutOfTime(BaseException):
    """Raised from outside, by the clock of the reading room, in the middle of whatever is being read.

    No Exception: the libraries that read attachments swallow those, and would go on for ever.
    """
