"""The reading room: where messages are decoded, and where whatever they do wrong stays.

Fear: everyone who can send mail. Known limit: this one reads in our own process, within the limits that `decode` holds;
a message that kills the process is stopped by the count of attempts, not here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter, NotALetter, decode
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unreadable


@dataclass(frozen=True, slots=True)
class InProcessReadingRoom:
    """Reads in the process of the caller. Nothing a message holds makes `read` raise."""

    limits: Limits
    trust: Trust
    own_addresses: Collection[str]

    def read(self, envelopes: Sequence[Envelope], arrived: Sequence[datetime]) -> Sequence[Letter | Unreadable]:
        """One letter, or the reason why there is none, for each envelope; `arrived` holds their moments in order."""
        return [self._one(envelope, moment) for envelope, moment in zip(envelopes, arrived, strict=True)]

    def _one(self, envelope: Envelope, arrived: datetime) -> Letter | Unreadable:
        if envelope.size > self.limits.message_bytes:
            return Unreadable("the message is larger than the limit")
        try:
            return decode(envelope.raw, arrived, self.limits, self.trust, self.own_addresses, junk=envelope.junk)
        except NotALetter as error:
            return Unreadable(error.reason)
        except Exception as error:  # noqa: BLE001 - one hostile message must never stop the next one from being read
            return Unreadable(f"the reader failed ({type(error).__name__})")
