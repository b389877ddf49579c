"""A delivery report (RFC 3464) on a mail of ours. It marks the person; it is never answered, never an application.

Fear: anyone can forge a report. It counts only if it returns the Message-ID of a mail of ours, which cannot be guessed.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.desk import Bounced, Case, Folder, Outcome


def recognises(case: Case) -> bool:
    """Whether the letter carries a delivery report."""
    return bool(case.letter.reports)


def handle(case: Case) -> Outcome:
    """Permanent failures mark address and application; anything less is a note."""
    failed = [bounced for bounced in case.context.bounced if bounced.report.action == "failed"]
    if not failed:
        return Outcome("delayed", Folder.BOUNCES, note=_note(case.context.bounced))
    people = {person.number: person for bounced in failed for person in bounced.theirs}
    return Outcome(
        "bounced",
        Folder.BOUNCES,
        applications=tuple(replace(person, undeliverable=True) for person in people.values()),
        note=_note(tuple(failed)),
        unsubscribe=tuple(bounced.mail.recipient for bounced in failed if bounced.mail),
    )


def _note(bounces: tuple[Bounced, ...]) -> str:
    return "; ".join(
        f"{bounced.report.action}: {bounced.mail.kind if bounced.mail else 'a mail that is not known'}"
        f"{' to ' + bounced.application.reference if bounced.application else ''}"
        for bounced in bounces
    )
