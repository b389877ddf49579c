"""A machine wrote it: an out-of-office, a list, a notification. Kept and counted, never answered."""

from __future__ import annotations

from ranmailbot.desk import Case, Folder, Outcome


def recognises(case: Case) -> bool:
    """Whether a machine wrote the letter (RFC 3834 and its neighbours)."""
    return case.letter.automatic


def handle(case: Case) -> Outcome:
    """Filed; the digest counts it."""
    return Outcome("automatic", Folder.AUTOMATIC, note=case.letter.silence)
