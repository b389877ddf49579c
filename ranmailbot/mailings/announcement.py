"""The call itself, mailed to a list of contacts. It carries the form: whoever replies has applied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Milestone
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft

STANDING = False


def recipients(ledger: Ledger, milestone: Milestone) -> Iterable[Recipient]:  # noqa: ARG001 - the shape of every mailing
    """Everybody on the list."""
    return ledger.listed()


def obstacle(milestone: Milestone, call: Call) -> str:  # noqa: ARG001 - the shape of every mailing
    """Nothing stands in its way."""
    return ""


def handle(milestone: Milestone, recipient: Recipient, call: Call, ledger: Ledger, now: datetime) -> Outcome:  # noqa: ARG001 - the shape of every mailing
    """The call with all its questions."""
    draft = Draft(
        kind="announcement",
        to=recipient.address,
        facts={},
        application=recipient.application.number if recipient.application else None,
        asks=call.questions,
        profile_lines=call.profile_lines,
        not_after=call.deadline,
    )
    return Outcome("announcement", drafts=(draft,))


def wanted(person: Application, session: str | None) -> bool:  # noqa: ARG001 - the shape of every mailing
    """Who has applied knows the call."""
    return False
