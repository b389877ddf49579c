"""The postal log: one function for each thing that happens to mail. References and numbers only, nobody's words."""

from __future__ import annotations

import logging

LOG = logging.getLogger("ranmailbot.post")
STOPPED = {"all": "all sending", "bulk": "mailings"}
KEY = 12
"""Characters of a letter's key that stand in the log."""


def judged(key: str, kind: str, outcome: str, note: str) -> None:
    """A letter had its outcome."""
    LOG.info("letter %s: %s, %s%s", key[:KEY], kind, outcome, f" ({note})" if note else "")


def copied(key: str) -> None:
    """A letter that had its outcome already was seen again."""
    LOG.info("letter %s: seen again, nothing is done twice", key[:KEY])


def shunted(key: str, fault: Exception) -> None:
    """A letter could not be judged; it is put aside for a human. Names the kind of fault and where, not its text."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else "?"
    LOG.error("letter %s: shunted, %s in %s", key[:KEY], type(fault).__name__, where)


def set_aside(key: str, outcome: str, reason: str) -> None:
    """A letter was put where a human will look at it."""
    LOG.error("letter %s: %s, %s", key[:KEY], outcome, reason)


def milestone(key: str, state: str, recipients: int) -> None:
    """A milestone was kept, goes on, has lapsed or is hindered."""
    LOG.info("milestone %s: %s, %d recipients", key, state, recipients)


def stopped(level: str, reason: str, *, by_bot: bool) -> None:
    """Mailings, or all sending, are stopped until a person resumes them; a person who did it knows."""
    LOG.log(logging.ERROR if by_bot else logging.INFO, "%s: stopped, %s", STOPPED[level], reason)


def disk(what: str) -> None:
    """The disk is full, or is no longer."""
    LOG.error("disk: %s", what)


def mail(number: int, kind: str, state: str, reply: str = "") -> None:
    """A mail of the outbox changed its state."""
    LOG.info("mail %d (%s): %s%s", number, kind, state, f" ({reply})" if reply else "")


def silence(text: str) -> None:
    """Something that should have happened did not, for long; or does again."""
    LOG.error("silence: %s", text)


def access(what: str) -> None:
    """What the bot logs in with ends soon, or has ended."""
    LOG.warning("access: %s", what)
