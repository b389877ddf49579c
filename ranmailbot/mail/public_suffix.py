"""Which domains belong to one owner (publicsuffixlist): the list comes with the library, no network is asked.

Fear: domains below which everybody may have one ("co.uk", "github.io") are nobody's. Known limit: the list is as old as
the installed library; a suffix that is newer looks like one owner's domain.
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


def load() -> None:
    """Read the list now: a child of the reading room can open no file later."""
    _list()


def owner(domain: str) -> str:
    """The registered domain above (or at) this ASCII domain in lower case; empty for a public suffix or nonsense."""
    return str(_list().privatesuffix(domain) or "") if domain and not domain.startswith(".") else ""


def one_owner(domain: str, other: str) -> bool:
    """Whether both domains belong to one owner (RFC 7489 3.1: relaxed alignment)."""
    mine = owner(domain)
    return bool(mine) and mine == owner(other)
