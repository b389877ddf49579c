"""What became of one attempt to hand a mail to the submission server: three outcomes, and one doubt.

(Postfix: sent, deferred, bounced. The doubt is the connection that broke after DATA.)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took responsibility (250 after DATA)."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx answer, or no answer before anything was handed over. `reply` is a code with a short reason."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: a 5xx answer for this mail, or (then `recipient` is true) for this address."""

    reply: str
    recipient: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """DATA was under way and no answer came: it may have been sent. Never try again on this alone."""

    reply: str


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The last check, between RCPT and DATA, said that this mail is no longer wanted. Nothing was sent."""


Delivery = Sent | Deferred | Refused | Unclear | Unwanted
