"""A draft becomes a finished mail: its Message-ID, its date and its calendar event are settled here, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ranmailbot.mail.address import plus
from ranmailbot.mail.outgoing import Draft
from ranmailbot.ports import Books, Stationery, Tokens, Written


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing mails takes. `domain` is the right side of our Message-IDs.

    `return_tokens`: each mail gets a return path of its own, so that whatever comes back says which mail it was.
    """

    stationery: Stationery
    tokens: Tokens
    domain: str
    return_tokens: bool = False

    def write(self, books: Books, drafts: Sequence[Draft], now: datetime) -> tuple[Written, ...]:
        """Finished mails, in order. Raises TemplateFault."""
        return tuple(self._one(books, draft, now) for draft in drafts)

    def _one(self, books: Books, draft: Draft, now: datetime) -> Written:
        # The token is the proof of a round trip: it goes to this one address and cannot be guessed.
        token = self.tokens.token()
        message_id = f"<{token}.{draft.kind}@{self.domain}>"
        event = None
        if draft.calendar is not None and draft.application is not None:
            event = books.event(draft.application, draft.calendar.session, now, self.tokens.uuid())
        mail = self.stationery.write(draft, message_id, now, event)
        return Written(draft, replace(mail, sender=plus(mail.sender, token)) if self.return_tokens else mail)
