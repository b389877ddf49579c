"""The reader of `read`: a mail decoded, read against a form and judged, all of it in a child of the reading room.

Fear: every mail; nothing it does may raise here. Known limit: it is judged as if from somebody unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.call.call import Call
from ranmailbot.desk import Case, Context
from ranmailbot.intake import recognise
from ranmailbot.mail import language
from ranmailbot.mail.answers import Reading
from ranmailbot.mail.form import SentForm
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.letter_reading import read_letter
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
    """Understands mails as replies to `form`."""

    room: InProcessReadingRoom
    call: Call
    form: SentForm

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
        reading = read_letter(letter, self.form)
        name, kind = recognise(case := self._case(letter, reading))
        outcome = kind.handle(case)
        draft = outcome.drafts[0] if outcome.drafts else None
        return Understood(letter, reading, name, outcome.name, draft)

    def _case(self, letter: Letter, reading: Reading) -> Case:
        organiser = self.call.organiser(letter.sender.email) if letter.sender else None
        context = Context(None, None, self.form, (), organiser, (), (), 0, form_sent=False, next_number=1)
        limits = self.room.limits
        return Case(
            letter,
            context,
            reading,
            self.call,
            letter.arrived,
            limits.replies_per_sender_per_day,
            limits.settle_seconds,
        )
