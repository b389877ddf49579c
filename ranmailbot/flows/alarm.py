"""An alarm: what happened and what to do, told once: in the books (so in the digest) and by mail to the organisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ranmailbot.call.call import Call
from ranmailbot.desk import Outcome
from ranmailbot.flows.compose import Desk
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import Draft
from ranmailbot.ports import Books

KIND = "alarm"
"""The kind of mail. While the bot has stopped itself this kind alone goes out."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What raising an alarm takes."""

    desk: Desk
    call: Call

    def raise_once(
        self, books: Books, cause: str, now: datetime, *, what: str, remedy: str, name: str = "alarm"
    ) -> bool:
        """Record it with a mail to each organiser. False, and nothing, if this cause was told already."""
        if books.has_outcome(cause):
            return False
        drafts: Sequence[Draft] = [
            Draft(kind=KIND, to=Address(person.name, person.email), facts={"what": what, "remedy": remedy})
            for person in self.call.organisers
        ]
        outcome = Outcome(name, drafts=tuple(drafts), note=what)
        return books.record(cause, outcome, self.desk.write(books, drafts, now), now, None)
