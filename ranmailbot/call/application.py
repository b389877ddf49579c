"""An application: what somebody answered, in versions, and what was decided about it.

Frozen data and the steps allowed between its states; who stores it is the store's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

SURE = 0.8
"""From this confidence on an answer counts as understood; below it the acknowledgement asks."""


class Status(StrEnum):
    """Where an application stands. Withdrawn is final: nothing is sent any more."""

    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What the organisers decided. The waiting list will be a third."""

    INVITE = "invite"
    DECLINE = "decline"


class Reply(StrEnum):
    """What an invited person said of one session (the PARTSTAT values of RFC 5545 3.2.12 that we act on)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood for one question. `span` are character offsets into the visible text of the letter."""

    question: int
    text: str
    confidence: float
    source: str
    span: tuple[int, int]

    @property
    def sure(self) -> bool:
        """Whether this answer needs no question back."""
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class ProfileValue:
    """One fact about the applicant. `guessed` if it was not written on the form's own line."""

    key: str
    text: str
    guessed: bool


@dataclass(frozen=True, slots=True)
class Rsvp:
    """The last word of an invited person on one session. `sequence` and `stamp` order calendar replies."""

    session: str
    reply: Reply
    at: datetime
    via: str
    sequence: int = 0
    stamp: str = ""
    comment: str = ""


NO_RSVPS: Mapping[str, Rsvp] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Application:
    """One application as it stands now. `address` is where we write to; `number` is unique in the call."""

    number: int
    reference: str
    address: str
    name: str
    status: Status
    answers: tuple[Answer, ...]
    profile: tuple[ProfileValue, ...]
    remarks: tuple[str, ...]
    """Text of its letters that is no answer: greetings, signatures, and whatever else people wrote."""
    version: int
    late: bool
    proven: bool
    """Whether the best proven letter behind it was authenticated or a round trip."""
    received_at: datetime
    updated_at: datetime
    decision: Decision | None = None
    told: Decision | None = None
    """The verdict that went into the outbox. Once told, the decision stands."""
    late_changes: bool = False
    """Whether a later version arrived after the deadline though the first was in time."""
    undeliverable: bool = False
    possibly_same_as: tuple[str, ...] = ()
    correspondent: str = ""
    """Who wrote it for the person that now stands in `address` and has confirmed that; empty if they are one."""
    asked: tuple[str, ...] = ()
    """Addresses that were asked, once each, whether they are the person taking part."""
    several: bool = False
    """Whether a letter of it seems to speak for more than one person."""
    rsvps: Mapping[str, Rsvp] = field(default_factory=lambda: NO_RSVPS)

    @property
    def withdrawn(self) -> bool:
        """Whether nothing may be sent to this person any more."""
        return self.status is Status.WITHDRAWN

    def answer(self, question: int) -> Answer | None:
        """The answer to this question, if there is one."""
        return next((answer for answer in self.answers if answer.question == question), None)

    def value(self, key: str) -> str:
        """A fact of the profile, or the empty text."""
        return next((value.text for value in self.profile if value.key == key), "")

    def confirmed(self, session: str) -> bool:
        """Whether this person may see how to join the session: invited, told so, accepted, not withdrawn."""
        rsvp = self.rsvps.get(session)
        invited = self.decision is Decision.INVITE and self.told is Decision.INVITE
        return invited and not self.withdrawn and rsvp is not None and rsvp.reply is Reply.ACCEPTED


def open_questions(answers: tuple[Answer, ...], asked: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of the questions that still want an answer, or a surer one, in order."""
    sure = {answer.question for answer in answers if answer.sure}
    return tuple(number for number in asked if number not in sure)


def merge_answers(before: tuple[Answer, ...], new: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Answers question by question: a new one replaces only the one to the same question.

    An unsure new answer never replaces a sure old one; it is kept with the letter that brought it.
    """
    merged = {answer.question: answer for answer in before}
    for answer in new:
        old = merged.get(answer.question)
        if old is None or answer.sure or not old.sure:
            merged[answer.question] = answer
    return tuple(merged[number] for number in sorted(merged))


def changed_questions(before: tuple[Answer, ...], after: tuple[Answer, ...]) -> tuple[int, ...]:
    """The numbers of the questions whose text or sureness differs, white space aside."""
    old = {answer.question: (_plain(answer.text), answer.sure) for answer in before}
    new = {answer.question: (_plain(answer.text), answer.sure) for answer in after}
    return tuple(sorted(number for number in old.keys() | new.keys() if old.get(number) != new.get(number)))


def merge_profile(before: tuple[ProfileValue, ...], new: tuple[ProfileValue, ...]) -> tuple[ProfileValue, ...]:
    """Facts about the applicant: what was written beats what was guessed, and the newer writing beats the older.

    A guess replaces nothing: a signature that changes is no news.
    """
    merged = {value.key: value for value in before}
    for value in new:
        if value.key not in merged or not value.guessed:
            merged[value.key] = value
    return tuple(merged[key] for key in sorted(merged))


def changed_facts(before: tuple[ProfileValue, ...], after: tuple[ProfileValue, ...]) -> tuple[str, ...]:
    """The keys of what was newly written about the applicant, or written otherwise than before; guesses aside."""
    old = {value.key: _plain(value.text) for value in before if not value.guessed}
    return tuple(value.key for value in after if not value.guessed and old.get(value.key) != _plain(value.text))


class StepRefused(Exception):
    """A step between states that is not allowed. The text says why, for the organiser who asked."""


def decide(application: Application, decision: Decision | None) -> Application:
    """The application with this decision. Raises StepRefused: who withdrew or was told cannot be decided anew."""
    if application.withdrawn:
        raise StepRefused(f"{application.reference} was withdrawn by the applicant")
    if application.told is not None and application.told is not decision:
        told = "the invitation" if application.told is Decision.INVITE else "the regret"
        raise StepRefused(f"{application.reference} already got {told}; that cannot be taken back by a new decision")
    return replace(application, decision=decision)


def _plain(text: str) -> str:
    return " ".join(text.split())
