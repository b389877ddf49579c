"""Hostile mails of our own making: each has a name and is made the same way every time, when it is wanted."""

from __future__ import annotations

from tests.attacks.hostile import fields, files, pages, pages_of_pdf, structure, words, wrapped
from tests.attacks.hostile.build import Makers

_ROOMS = (structure, fields, words, pages, files, pages_of_pdf, wrapped)

MAILS: Makers = {name: maker for room in _ROOMS for name, maker in room.MAILS.items()}
"""All of them."""

assert len(MAILS) == sum(len(room.MAILS) for room in _ROOMS), "two hostile mails share a name"
