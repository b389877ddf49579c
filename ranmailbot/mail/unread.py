"""Why an attachment was not read, in words for the person who sent it."""

from __future__ import annotations


class Unread(Exception):
    """Raised by the readers of attachments. The text completes "it was not read: ..." and holds no word of it."""
