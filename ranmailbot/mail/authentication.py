"""How far a letter's author is proven, judged by what our own server stamped (RFC 8601).

Fear: everyone can write an Authentication-Results header. Only the topmost one of our own server counts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authentication:
    """The verdict on the From domain: `passed` only if our server says dmarc=pass for exactly that domain."""

    passed: bool
    reason: str
