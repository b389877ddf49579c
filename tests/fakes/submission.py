"""A submission server in memory that keeps the promises of ports.Submission, plays the same troubles, and remembers."""

from __future__ import annotations

import re
from collections.abc import Callable

from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unwanted
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Unavailable

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]+")
_LONE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class FakeSubmission:
    """`sent` are the mails it took, `asked` all it was given. Troubles by domain are those of the built-in server.

    `outcomes` (by Message-ID) overrides what happens after DATA; `on_sent` is called with each mail taken, to deliver
    it somewhere; set `unavailable` to a reason to make it fail.
    """

    def __init__(self, on_sent: Callable[[OutgoingMail], None] = lambda mail: None) -> None:
        self.sent: list[OutgoingMail] = []
        self.asked: list[OutgoingMail] = []
        self.outcomes: dict[str, Delivery] = {}
        self.unavailable = ""
        self.closed = False
        self.archives = True
        self._on_sent = on_sent
        self._greylisted: set[tuple[str, str]] = set()

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        if not _ADDRESS.fullmatch(mail.recipient) or (mail.sender and not _ADDRESS.fullmatch(mail.sender)):
            raise ValueError("the envelope is not of plain ASCII addresses")
        if not mail.content or _LONE_BREAK.search(mail.content):
            raise ValueError("the content must have CRLF line ends only")
        if self.unavailable:
            raise Unavailable(self.unavailable)
        self.asked.append(mail)
        trouble = self._trouble(mail)
        if trouble is not None:
            return trouble
        if not before_data(self.archives):
            return Unwanted()
        outcome = self.outcomes.get(mail.message_id, Sent())
        if isinstance(outcome, Sent):
            self.sent.append(mail)
            self._on_sent(mail)
        return outcome

    def close(self) -> None:
        self.closed = True

    def _trouble(self, mail: OutgoingMail) -> Delivery | None:
        domain, attempt = mail.recipient.rpartition("@")[2].casefold(), (mail.sender, mail.recipient.casefold())
        if domain == "refused.example":
            return Refused("550 5.1.1 to RCPT", recipient=True)
        if domain == "greylisted.example" and attempt not in self._greylisted:
            self._greylisted.add(attempt)
            return Deferred("450 4.7.1 to RCPT")
        return None
