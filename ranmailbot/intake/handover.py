"""Somebody writes for somebody else: how the address named as the participant's becomes the one we write to.

That address is asked once, in a mail without a word of the sender's, and takes the application over by answering "yes"
(intake/participant.py). Until then everything goes to who wrote, whose address is proven.
Fear: who makes us write to strangers. Only a proven author makes us ask, a few addresses in all, each once, none that
got a mail of ours that day, wants no mail or is an organiser's; and nobody once the organisers have decided: they
decided about the person they saw.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ranmailbot.call.application import Application
from ranmailbot.desk import Case, Named
from ranmailbot.mail.address import Address, parse_address
from ranmailbot.mail.outgoing import Draft

MOST_ASKED = 5
"""Addresses that one author can make us ask, over all applications."""
State = Literal["", "asks", "asked", "waits", "not_asked", "no_address"]
"""To be asked now; asked; to be asked once the author is proven; not asked; or what was written is no address."""


def handed_over(case: Case, person: Application) -> tuple[Application, tuple[Draft, ...], State]:
    """The application with the address noted that is asked now, the mail that asks, and how that stands."""
    state, named = _state(case, person)
    if state != "asks" or named is None:
        return person, (), state
    return replace(person, asked=(*person.asked, named.email.casefold())), (_question(person, named),), "asked"


def _state(case: Case, person: Application) -> tuple[State, Named | None]:
    written, named = person.value("email"), case.context.named
    address = parse_address(written)
    if not written or person.correspondent or (address is not None and address.key == person.address.casefold()):
        return "", None
    if address is None:
        return "no_address", None
    if address.key in person.asked:
        return "asked", None
    if not case.proven or named is None or named.email.casefold() != address.key:
        return "waits", None
    return ("asks" if _may_be_asked(case, person, named) else "not_asked"), named


def _may_be_asked(case: Case, person: Application, named: Named) -> bool:
    so_far = {address for one in case.context.applications for address in one.asked}
    silent = named.unsubscribed or named.organiser or named.mails_today > 0
    return case.letter.answerable and not silent and len(so_far) < MOST_ASKED and person.decision is None


def _question(person: Application, named: Named) -> Draft:
    return Draft(
        kind="participant_check",
        to=Address("", named.email),
        facts={"reference": person.reference},
        automatic="auto-replied",
        application=person.number,
    )
