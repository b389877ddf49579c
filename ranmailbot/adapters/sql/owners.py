"""Whose key seals what. An owner's name holds no personal data: numbers, keyed hashes, dates.

An applicant's mail and data are one owner, destroyed at once. Everybody else's mail is sealed by person and month, that
of organisers by day (a digest shows applicants' words): these keys expire.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

APPLICATION, ASKED, PERSON, OTHERS, ORGANISERS = "application", "asked", "person", "others", "organisers"
MONTHS = 12


def applicant(call: str, number: int) -> str:
    """An applicant: the application, all its versions, letters and mails."""
    return f"{APPLICATION}:{call}/{number}"


def asked(call: str, address: str) -> str:
    """Somebody the call was sent to, by the hash of the address: name and address, until the call is over."""
    return f"{ASKED}:{call}/{address}"


def person(call: str, address: str, at: datetime | None = None) -> str:
    """Mail of one who is no applicant, by the hash of the address; without `at` what all their keys begin with."""
    return f"{PERSON}:{call}/{address}/" + (f"{at:%Y-%m}" if at else "")


def others(call: str, at: datetime) -> str:
    """Letters without a single author."""
    return f"{OTHERS}:{call}/{at:%Y-%m}"


def organisers(call: str, at: datetime | None = None) -> str:
    """Mail to and from organisers; without `at` what all these keys begin with."""
    return f"{ORGANISERS}:{call}/" + (f"{at:%Y-%m-%d}" if at else "")


def sort(owner: str) -> str:
    """Which sort of owner this is."""
    return owner.partition(":")[0]


def period_end(owner: str) -> date | None:
    """The first day after the time in which this key sealed something; None for keys that do not expire."""
    period = owner.rpartition("/")[2]
    if sort(owner) in (PERSON, OTHERS):
        year, month = (int(part) for part in period.split("-"))
        return date(year + month // MONTHS, month % MONTHS + 1, 1)
    return date.fromisoformat(period) + timedelta(days=1) if sort(owner) == ORGANISERS else None
