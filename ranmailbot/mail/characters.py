"""Text freed of tricks: no control, bidirectional, zero-width or surrogate characters, and one way to write é.

Fear: invisible characters hide commands, reverse what a reader sees, crash the database and break lines of headers.
Known limit: the joiners inside emoji and Persian words (U+200C, U+200D) go as well.
"""

from __future__ import annotations

import re
import unicodedata

_BREAKING = "\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_SPACING = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_TRICKING = (
    "\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_BREAKS = re.compile(f"\r\n?|[{_BREAKING}]")
_SPACES = re.compile(f"[{_SPACING}]")
_TRICKS = re.compile(f"[{_TRICKING}]")
_ANY = re.compile(f"[\r{_BREAKING}{_SPACING}{_TRICKING}]")


def clean(text: str) -> str:
    """The text in NFC, with plain line ends and plain spaces, without any character that is not meant to be seen."""
    if text.isascii() and text.isprintable():
        return text
    if _ANY.search(text):
        text = _BREAKS.sub("\n", text)
        text = _TRICKS.sub("", text)
        text = _SPACES.sub(" ", text)
    return unicodedata.normalize("NFC", text)


def clean_line(text: str, cap: int) -> str:
    """The same on one line: white space collapsed, at most `cap` characters."""
    return " ".join(clean(text[: cap * 4]).split())[:cap].rstrip()
