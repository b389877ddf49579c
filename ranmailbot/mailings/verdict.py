"""What invitation and regret share: who waits for which verdict, and one cause for both, so that nobody holds two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ranmailbot.call.application import Application, Decision
from ranmailbot.desk import Ledger, Outcome, Recipient
from ranmailbot.mail.outgoing import Draft


def untold(ledger: Ledger, decision: Decision) -> Iterable[Recipient]:
    """For whom the organisers took this decision and who was told nothing yet."""
    return [
        ledger.recipient(person)
        for person in ledger.applications()
        if waits_for(person, decision) and not person.undeliverable
    ]


def waits_for(person: Application | None, decision: Decision) -> bool:
    """Whether this person is to be told this verdict."""
    return person is not None and not person.withdrawn and person.decision is decision and person.told is None


def tell(name: str, recipient: Recipient, person: Application, drafts: tuple[Draft, ...]) -> Outcome:
    """The mails, in one transaction with the mark that this person was told, under the one cause of every verdict."""
    told = replace(person, told=person.decision)
    return Outcome(name, applications=(told,), drafts=drafts, cause=f"verdict/{recipient.key}")
