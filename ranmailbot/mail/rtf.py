"""Rich text (.rtf, and the compressed kind inside winmail.dat) as text.

Fear: hostile files; striprtf is at home here. Known limit: pictures and embedded objects are not read.
"""

from __future__ import annotations

from striprtf.striprtf import rtf_to_text

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.unread import Unread


def rtf_text(data: bytes, limits: Limits) -> str:
    """The text of an RTF file. Raises Unread, and whatever striprtf raises."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Unread("it is no RTF")
    text: str = rtf_to_text(data.decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]  # it has no types
    if len(text) > limits.text_bytes:
        raise Unread("it holds more text than the limit")
    # RTF writes a character beyond the first plane as two halves.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
