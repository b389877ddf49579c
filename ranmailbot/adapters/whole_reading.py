"""The reader of `read`: a mail decoded, read against a form and judged, all of it in a child of the reading room.

Fear: every mail; nothing it does may raise here. Known limit: of the author nothing is known but the mail of ours that
the letter refers to, or that went to this very address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.call.call import Call
from ranmailbot.desk import Case, Context, SentMail
from ranmailbot.intake import recognise
from ranmailbot.intake.understanding import understand
from ranmailbot.mail import language
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.outgoing import Draft
from ranmailbot.ports import Envelope, Unreadable


@dataclass(frozen=True, slots=True)
class Understood:
    """What a mail says, what would be recorded, and the first mail that would be sent in answer, if any."""

    letter: Letter
    reading: Reading
    kind: str
    outcome: str
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class WholeReader:
    """Understands mails as replies to `mail`."""

    room: InProcessReadingRoom
    call: Call
    mail: SentMail

    def prepare(self) -> None:
        """Load what judging loads only when it is needed."""
        language.load()

    def read_one(self, envelope: Envelope, arrived: datetime) -> Understood | Unreadable:
        """What this mail would lead to, or why that cannot be told."""
        letter = self.room.read_one(envelope, arrived)
        if isinstance(letter, Unreadable):
            return letter
        try:
            return self._understood(letter)
        except Exception as error:  # noqa: BLE001 - what the bot would shunt, and go on
            return Unreadable(f"it could not be judged ({type(error).__name__})")

    def _understood(self, letter: Letter) -> Understood:
        context = self._context(letter)
        name, kind = recognise(case := self._case(letter, context, understand(letter, context, self.call)))
        outcome = kind.handle(case)
        draft = outcome.drafts[0] if outcome.drafts else None
        return Understood(letter, case.reading, name, outcome.name, draft)

    def _context(self, letter: Letter) -> Context:
        organiser = self.call.organiser(letter.sender.email) if letter.sender else None
        asked = letter.sender is not None and letter.sender.key == self.mail.recipient.casefold()
        answers = asked or self.mail.message_id in letter.refers_to
        replied = self.mail if answers else None
        return Context(replied, None, self.mail.form, (), organiser, (), (), 0, 0, form_sent=answers, next_number=1)

    def _case(self, letter: Letter, context: Context, reading: Reading) -> Case:
        limits = self.room.limits
        return Case(
            letter,
            context,
            reading,
            self.call,
            letter.arrived,
            limits.replies_per_sender_per_day,
            limits.replies_per_domain_per_day,
            limits.settle_seconds,
        )
