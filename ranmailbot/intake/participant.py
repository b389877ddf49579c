"""Somebody confirms to be the person for whom another has applied: from now on we write to this address.

Fear: strangers who take an application over. Only an answer to our question counts, which went to this one address,
while the application still names it; and not once its verdict was told.
"""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.call.application import Application
from ranmailbot.desk import Case, Folder, Outcome
from ranmailbot.intake.acknowledgement import acknowledge
from ranmailbot.mail.address import parse_address

YES = frozenset(
    {"yes", "yes please", "yes i confirm", "i confirm", "confirm", "confirmed", "yes that is me", "yes it is me"}
)


def recognises(case: Case) -> bool:
    """Whether somebody says yes, and nothing else first, to our question whether they are the participant."""
    replied = case.context.replied
    asked = replied is not None and replied.kind == "participant_check"
    return asked and not case.letter.automatic and not case.letter.borrowed and _says_yes(case)


def handle(case: Case) -> Outcome:
    """The application moves to the address that was asked; what had waited for it stays."""
    person = case.context.referred
    if person is None or person.withdrawn or not case.round_trip:
        return Outcome("held", Folder.APPLICATIONS, note="a confirmation that did not come from the address we asked")
    if not _still_named(case, person):
        note = f"{person.reference}: confirmed by an address that it does not name any more, or after the verdict"
        return Outcome("held", Folder.APPLICATIONS, note=note)
    after = replace(
        person,
        address=case.sender.email,
        correspondent=person.address,
        proven=True,
        version=person.version + 1,
        updated_at=case.letter.arrived,
        undeliverable=False,
    )
    drafts = acknowledge(case, None, after, other_person=False, participant="confirmed")
    return Outcome("participant_confirmed", Folder.APPLICATIONS, (after,), drafts, note=after.reference)


def _still_named(case: Case, person: Application) -> bool:
    named = parse_address(person.value("email"))
    return person.told is None and named is not None and named.key == case.sender.key and not person.correspondent


def _says_yes(case: Case) -> bool:
    first = next((line for line in case.command.split("\n") if line.strip()), "")
    return " ".join(first.casefold().replace(",", " ").strip(" .!\t\"'*").split()) in YES
