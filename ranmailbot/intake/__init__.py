"""THE TABLE of kinds of letter, in the order they are asked. The first that recognises a letter handles it.

Kinds do not know each other; a new kind is one module, one line here, one template and one golden mail.
"""

from __future__ import annotations

from typing import Protocol

from ranmailbot.desk import Case, Outcome
from ranmailbot.intake import answers, auto_reply, bounce, decision, enquiry, participant, request, rsvp


class Kind(Protocol):
    """A module that is a kind of letter. Both functions are pure."""

    def recognises(self, case: Case) -> bool: ...
    def handle(self, case: Case) -> Outcome: ...


KINDS: tuple[tuple[str, Kind], ...] = (
    ("bounce", bounce),  # first: a report quotes our own form and must never become an application
    ("rsvp", rsvp),  # before automatic mail: calendars mark their replies auto-generated
    ("decision", decision),  # before answers: an organiser's list of references looks like numbered text
    ("participant", participant),  # before answers and enquiries: a bare "yes" to our question whether it is they
    ("request", request),  # before answers: "withdraw" on top of a quoted application is no new version
    ("answers", answers),  # before automatic mail: an application that forbids replies is an application
    ("auto_reply", auto_reply),  # before enquiries: nobody answers a machine
    ("enquiry", enquiry),  # everything else: a human reads it
)


def recognise(case: Case) -> tuple[str, Kind]:
    """The name and module of the first kind that recognises this letter."""
    return next((name, kind) for name, kind in KINDS if kind.recognises(case))
