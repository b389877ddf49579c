"""PDF as text: what stands on its pages, and what was typed into its form fields (which is not on the pages).

Fear: hostile files; pypdf is at home here, and runs in a child process. Known limits: a scan has no text; a form field
is known by its name or hint, not by the words printed beside it.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.unread import Unread

if TYPE_CHECKING:
    from pypdf import PdfReader

# What pypdf has to say about a file may quote it.
logging.getLogger("pypdf").addHandler(logging.NullHandler())
logging.getLogger("pypdf").propagate = False

_MOST_FIELDS = 500
_NOTHING = ("", "/Off", "Off")


def pdf_text(data: bytes, limits: Limits) -> str:
    """The text of a PDF, page after page, then its form fields. Raises Unread, and whatever pypdf raises."""
    # Imported here: a tenth of a second and 15 MB that only the reading room should spend.
    from pypdf import PdfReader  # noqa: PLC0415 - see above

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unread("it is protected by a password")
    if len(reader.pages) > limits.pdf_pages:
        raise Unread(f"it has more than {limits.pdf_pages} pages")
    texts: list[str] = []
    room = limits.text_bytes
    for text in (*(page.extract_text() for page in reader.pages), *_fields(reader)):
        room -= len(text) + 1
        if room < 0:
            raise Unread("it holds more text than the limit")
        texts.append(text)
    return "\n".join(texts)


def _fields(reader: PdfReader) -> Iterator[str]:
    """Each form field with a value: what it is called, and below it what was typed."""
    fields = reader.get_fields() or {}
    for name, field in list(fields.items())[:_MOST_FIELDS]:
        value = field.get("/V")
        chosen = ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")
        if chosen.strip() not in _NOTHING:
            hint = str(field.get("/TU") or name)
            yield f"\n{hint}\n{chosen.strip().removeprefix('/')}"
