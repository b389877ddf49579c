"""THE TABLE of scheduled mails. Each is a module that knows who gets it, what it says, and when it is no longer wanted.

When a mailing goes out is written in config.toml (call/timeline.py turns that into milestones); this is the rest of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mailings import (
    announcement,
    closing,
    deadline_notice,
    deadline_reminder,
    digest,
    invitation,
    regret,
    rsvp_reminder,
    session_details,
    session_reminder,
    thanks,
)


class Mailing(Protocol):
    """A module that is a mailing. `STANDING` mailings look for new recipients until they end; others fix them once."""

    STANDING: bool

    def recipients(self, ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]: ...
    def obstacle(self, milestone: Milestone, call: Call) -> str:
        """Why it cannot go out although it is due (nothing is sent, the organisers are told), or the empty text."""
        ...

    def handle(self, milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:
        """The outcome for one recipient; one without drafts if this person needs nothing."""
        ...

    def wanted(self, person: Application, session: str | None) -> bool:
        """Asked once more at the moment of sending: whether this applicant should still get it."""
        ...


MAILINGS: Mapping[str, Mailing] = MappingProxyType(
    {
        "announcement": announcement,  # the call itself, to a list of contacts
        "deadline_reminder": deadline_reminder,  # some days before, to who is incomplete or silent
        "deadline_notice": deadline_notice,  # on the last day, to the same
        "closing": closing,  # the day after: what happens next
        "invitation": invitation,  # standing: whoever is decided later gets it later
        "regret": regret,  # standing, and shares its cause with the invitation
        "rsvp_reminder": rsvp_reminder,  # to the invited who have not answered
        "session_details": session_details,  # standing: whoever confirms later gets them later
        "session_reminder": session_reminder,  # on the morning
        "thanks": thanks,  # the day after the last session
        "digest": digest,  # every day, to the organisers
    }
)


FOR_NEWCOMERS = frozenset({"announcement", "deadline_notice", "deadline_reminder"})
"""Mailings that also go to people who have not applied: no longer wanted once they have, or asked for no more mail."""


def wanted(kind: str, person: Application | None, session: str | None) -> bool:
    """Whether a mail of this kind may still be sent. Who withdrew gets the confirmation of that and nothing else."""
    if person is None:
        return True
    if person.withdrawn:
        return kind == "withdrawn"
    mailing = MAILINGS.get(kind)
    return mailing is None or (not person.undeliverable and mailing.wanted(person, session))
