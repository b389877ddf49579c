"""A mail of ours came back (RFC 3464, or in another style). It marks the person; it is never answered, never an
application.

Fear: anyone can forge a report. It counts only if it returns the Message-ID of a mail of ours, or came to the return
path that only that mail had: neither can be guessed. A report on a mail that is not known is kept, counted and shown,
and changes nobody.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.desk import Bounced, Case, Folder, Outcome
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import Draft

TOLD_AT_ONCE = {
    "invitation": "the invitation",
    "session_details": "the details of the session",
    "session_reminder": "the reminder of the session",
}
"""Mails that somebody waits for: if one of them comes back, the organisers are told at once, not with the digest."""
_REASONS = {
    "1.1": "there is no such address",
    "1.2": "there is no such domain",
    "1.10": "its domain takes no mail",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large for it",
    "3.4": "the mail is too large for it",
    "4.1": "its server could not be reached",
    "4.4": "its server could not be found",
    "4.7": "its server could not be reached for days",
}
_REFUSED = "7."
"""What begins like this (RFC 3463 3.8) is about policy: spam filters and the like."""


def recognises(case: Case) -> bool:
    """Whether the letter carries a delivery report."""
    return bool(case.letter.reports)


def handle(case: Case) -> Outcome:
    """Permanent failures mark address and application; what is unclear is shown; anything less is a note."""
    failed = [bounced for bounced in case.context.bounced if bounced.report.action == "failed"]
    unclear = [bounced for bounced in case.context.bounced if bounced.report.action == "unclear"]
    if not failed and not unclear:
        return Outcome("delayed", Folder.BOUNCES, note=_note(case.context.bounced))
    people = {person.number: person for bounced in failed for person in bounced.theirs}
    return Outcome(
        "bounced",
        Folder.BOUNCES,
        applications=tuple(replace(person, undeliverable=True) for person in people.values()),
        drafts=_alarms(case, [*failed, *unclear]),
        note=_note((*failed, *unclear)),
        unsubscribe=tuple(bounced.mail.recipient for bounced in failed if bounced.mail),
    )


def _note(bounces: tuple[Bounced, ...]) -> str:
    return "; ".join(dict.fromkeys(_line(bounced) for bounced in bounces))


def _line(bounced: Bounced) -> str:
    mail = bounced.mail.kind if bounced.mail else "a mail that is not known"
    whom = f" to {bounced.application.reference}" if bounced.application else ""
    why = reason(bounced.report.status)
    return f"{bounced.report.action}: {mail}{whom}{f' ({why})' if why else ''}"


def reason(status: str) -> str:
    """What a status code (RFC 3463) says in words, without its class; empty if it says nothing helpful."""
    detail = status.partition(".")[2]
    if detail.startswith(_REFUSED):
        return "the server there refused it, probably as unwanted mail"
    return _REASONS.get(detail, "")


def what_to_do(kind: str, whom: str, why: str) -> tuple[str, str]:
    """What to tell the organisers at once of a mail that did not arrive, and what they can do."""
    what = f"{TOLD_AT_ONCE[kind]} to {whom or 'somebody who has not applied'} did not arrive: {why}."
    remedy = (
        "Reach this person in another way. A letter from the person shows that the address works again; "
        "until then no mailing goes there. What came back lies in the folder Bounces."
    )
    return what[0].upper() + what[1:], remedy


def _alarms(case: Case, bounces: list[Bounced]) -> tuple[Draft, ...]:
    """One to each organiser for a mail that somebody waits for, whatever else came back with it."""
    told = next((one for one in bounces if one.mail is not None and one.mail.kind in TOLD_AT_ONCE), None)
    if told is None or told.mail is None:
        return ()
    unclear = "it is not clear why" if told.report.action == "unclear" else "no reason was given"
    whom = told.application.reference if told.application else ""
    what, remedy = what_to_do(told.mail.kind, whom, reason(told.report.status) or unclear)
    return tuple(
        Draft(kind="alarm", to=Address(one.name, one.email), facts={"what": what, "remedy": remedy})
        for one in case.call.organisers
    )
