"""The pulse of the worker: when each of its lines last turned, and since when it fails. Lines write, the watch reads.

Fear: whoever hangs while writing it. So there is no lock: each mark is one frozen value, put in place by its own line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Unclear
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Clock, Submission, Unavailable
from ranmailbot.watching import Moment, Part

_OF_RECIPIENT = re.compile(r"4\d\d 4\.[124]\.\d+ to RCPT")
"""A deferral for the sake of one recipient: address, mailbox or network of the other side (RFC 3463 3.2, 3.3, 3.5)."""
_ADDRESS = re.compile(r"\S+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Mark:
    """One line: when it last came round, since when every try has failed (None: the last one did not), and why."""

    turned: Moment
    failing: Moment | None = None
    why: str = ""
    ended: bool = False
    """Its thread is gone though nobody stopped it."""


class Pulse:
    """The marks of all lines. Each part is written by one thread only; anybody may read."""

    def __init__(self, clock: Clock) -> None:
        """Everything is well at the beginning, and from now on it must be shown."""
        self._clock = clock
        self._marks = dict.fromkeys(Part, Mark(self.now()))
        self.stopped = ""
        """Why the organisers ought to be told something now (sending is stopped, mails are held); empty if nothing."""
        self.paused = False
        """Whether a person has stopped all sending: then nothing is tried, and that is no silence."""

    def now(self) -> Moment:
        """This moment."""
        return Moment(self._clock.now(), self._clock.monotonic())

    def marks(self) -> Mapping[Part, Mark]:
        """All marks as they are now."""
        return dict(self._marks)

    def turned(self, part: Part) -> None:
        """The line came round: it neither hangs nor has it ended. That says nothing about its success."""
        self._marks[part] = replace(self._marks[part], turned=self.now())

    def good(self, part: Part) -> None:
        """It did what it is for, or there was nothing to do."""
        self._marks[part] = Mark(self.now())

    def failed(self, part: Part, why: str) -> None:
        """A try failed. `why` is a sentence of ours; whatever looks like an address in it is left out."""
        now, before = self.now(), self._marks[part]
        self._marks[part] = Mark(now, before.failing or now, _ADDRESS.sub("the account", why))

    def ended(self, part: Part) -> None:
        """The line's thread ends though nobody stopped it."""
        self._marks[part] = replace(self._marks[part], ended=True)

    @contextmanager
    def trying(self, part: Part, *, proves: bool = True) -> Iterator[None]:
        """Around one try. `proves`: whether to come through it without a fault is a success."""
        self.turned(part)
        try:
            yield
        except Unavailable as fault:
            self.failed(part, str(fault))
            raise
        except Exception as fault:
            self.failed(part, f"a fault of the program ({type(fault).__name__}); please report it")
            raise
        if proves:
            self.good(part)
        else:
            self.turned(part)


@dataclass(frozen=True, slots=True)
class FeltSubmission:
    """A submission whose pulse is felt: implements ports.Submission around another one.

    A server that refuses one address works; one that defers everything, or refuses us, does not.
    """

    inner: Submission
    pulse: Pulse

    def send(self, mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        """See ports.Submission."""
        with self.pulse.trying(Part.SEND, proves=False):
            delivery = self.inner.send(mail, before_data)
        if isinstance(delivery, Deferred) and _OF_RECIPIENT.match(delivery.reply):
            self.pulse.turned(Part.SEND)  # says nothing of the server, neither good nor bad
        elif isinstance(delivery, (Deferred, Unclear)) or (isinstance(delivery, Refused) and not delivery.recipient):
            self.pulse.failed(Part.SEND, f"the submission server takes no mail ({delivery.reply})")
        else:
            self.pulse.good(Part.SEND)
        return delivery

    def close(self) -> None:
        """Close the other one."""
        self.inner.close()
