"""The plain model: what people wrote, what reached whom, and from these what may be sent to whom at any moment.

It knows what each letter meant because it was told by who wrote it, and looks at finished mails as their readers do.
The books are asked for one thing only: under which name a letter ended. That name must fit what the letter proves.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ranmailbot.mail.limits import Limits
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.mailings import MAILINGS

REFERENCE = re.compile(rb"A-(\d{3})\b")
MARK = re.compile(rb"mark([a-z]+?)q[a-z]+")
"""A word that only one person writes: wherever it is read, that person is quoted."""
_FIELD = re.compile(
    rb"^(To|In-Reply-To|Subject|X-Ranmailbot-Kind|Auto-Submitted): ((?:[^\r]|\r\n[ \t])*)", re.MULTILINE
)
_BASE64 = re.compile(rb"Content-Transfer-Encoding: base64\r\n[^\r]*?(?:\r\n[^\r]+)*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)")
ATTEMPTS = Limits().attempts
ONCE = frozenset(MAILINGS)
"""Kinds of mail of which nobody gets the same one twice."""
AFTER_WITHDRAWAL = frozenset({"withdrawn", "passed_on"})
"""What somebody who withdrew may still get: the confirmation, and a receipt for what they themselves ask about data."""
WITH_ROOM = frozenset({"session_details", "session_reminder"})


class Broken(Exception):
    """A promise that was not kept. The text says which."""


@dataclass(frozen=True)
class Seen:
    """A mail as its recipient sees it."""

    message_id: str
    recipient: str
    kind: str
    to: str
    subject: str
    answers: str
    automatic: bool
    words: bytes
    """All that it says, decoded, its head and calendar included."""

    @property
    def references(self) -> frozenset[int]:
        """The applications it names."""
        return frozenset(int(number) for number in REFERENCE.findall(self.words))


def seen(mail: OutgoingMail) -> Seen:
    """Read by hand from the bytes, a tenth of what the standard parser costs."""
    head, _, body = mail.content.partition(b"\r\n\r\n")
    fields = {name.decode(): value.replace(b"\r\n", b"").decode() for name, value in _FIELD.findall(head)}
    calendars = b"".join(base64.b64decode(part).replace(b"\r\n ", b"") for part in _BASE64.findall(body))
    return Seen(
        message_id=mail.message_id,
        recipient=mail.recipient,
        kind=fields["X-Ranmailbot-Kind"],
        to=fields["To"].rpartition("<")[2].rstrip(">"),
        subject=fields["Subject"],
        answers=fields.get("In-Reply-To", ""),
        automatic=fields["Auto-Submitted"] == "auto-replied",
        words=b"\n".join((head, binascii.a2b_qp(body), calendars)),
    )


@dataclass(frozen=True)
class Posted:
    """A letter as who wrote it meant it. `proven` if our server vouches for it or it answers a mail to its author."""

    message_id: str
    raw: bytes
    sender: str
    means: str
    proven: bool = True
    silent: bool = False
    """Whether it says that it must not be answered."""
    honest: bool = True
    """Whether the author is who the letter says."""
    about: str = ""
    """The Message-ID of the mail of ours it speaks of or answers."""
    says: tuple[tuple[str, str], ...] = ()
    """Sessions with "accepted", "declined" or "tentative"; or verbs with references."""
    stamp: tuple[int, str] = (0, "")
    """SEQUENCE and DTSTAMP of a calendar reply."""


@dataclass
class Person:
    """An applicant of the model, by the number of the application."""

    address: str
    silent: bool = False
    """Whether the first letter must not be answered."""
    gone: bool = False
    rsvps: dict[str, tuple[str, tuple[int, str]]] = field(default_factory=dict)


@dataclass
class Model:
    """What is so. Raises Broken as soon as the bot does what it must not."""

    organisers: frozenset[str]
    links: dict[str, bytes]
    people: dict[int, Person] = field(default_factory=dict)
    posted: dict[bytes, Posted] = field(default_factory=dict)
    letters: dict[str, Posted] = field(default_factory=dict)
    judged: dict[str, str] = field(default_factory=dict)
    """Message-IDs of letters and the names of their outcomes."""
    tries: Counter[str] = field(default_factory=Counter)
    """How often the reading of a letter was begun."""
    decided: dict[str, set[int]] = field(default_factory=lambda: {"invite": set(), "decline": set()})
    """Applications for which an organiser ever took this decision."""
    unreachable: set[str] = field(default_factory=set)
    arrived: dict[str, Seen] = field(default_factory=dict)
    once: set[tuple[object, ...]] = field(default_factory=set)

    # -- letters -------------------------------------------------------------------------------------------------

    def writes(self, letter: Posted) -> None:
        """Somebody posts a letter."""
        self.posted[letter.raw] = letter
        self.letters[letter.message_id] = letter

    def judge(self, letter: Posted, outcome: str, number: int | None) -> None:
        """A letter has its outcome, committed. Raises Broken if it may not end like that."""
        self.judged[letter.message_id] = outcome
        if outcome == "shunted":
            raise Broken(f"a plain letter ({letter.means}) could not be judged")
        if letter.means not in ("bounce", "machine"):
            self.unreachable.discard(letter.sender)
        self._fits(letter, outcome)
        self._follows(letter, outcome, number)

    def _fits(self, letter: Posted, outcome: str) -> None:
        """What a letter may never bring about, whoever wrote it."""
        wrong = {
            "withdrawn": letter.means != "withdraw" or not letter.proven or not letter.honest,
            "decided": letter.means != "decision" or not letter.proven or not letter.honest,
            "rsvp_recorded": letter.means != "rsvp" or not letter.honest,
            "bounced": letter.means != "bounce",
            "applied": letter.means not in ("answers", "enquiry"),
            "corrected": letter.means not in ("answers", "enquiry"),
        }
        if wrong.get(outcome, False):
            raise Broken(
                f"a letter ({letter.means}, proven {letter.proven}, honest {letter.honest}) ended as {outcome}"
            )
        if outcome == "quarantined" and letter.means != "huge" and self.tries[letter.message_id] <= ATTEMPTS:
            raise Broken(f"a plain letter ({letter.means}) was put into quarantine")

        due = self._due(letter)
        if due and outcome not in (*due, "quarantined"):
            raise Broken(f"a letter ({letter.means}, proven {letter.proven}) ended as {outcome}")

    def _due(self, letter: Posted) -> tuple[str, ...]:
        """What an honest letter must bring about; nothing, where that depends on more than the letter."""
        if letter.means == "withdraw" and letter.proven and letter.honest:
            return ("withdrawn", "withdrawal_asked")
        if letter.means == "bounce":
            known = letter.about in self.arrived and letter.says[0][0] == "failed"
            return ("bounced",) if known else ("bounced", "delayed")
        return ()

    def _follows(self, letter: Posted, outcome: str, number: int | None) -> None:
        """What follows from an outcome that fits."""
        if outcome == "applied" and number is not None:
            self.people[number] = Person(letter.sender, letter.silent)
        elif outcome == "withdrawn" and number is not None:
            self._owner(number, letter.sender).gone = True
        elif outcome == "decided":
            for verb, reference in letter.says:
                self.decide(verb, int(reference))
        elif outcome == "bounced" and letter.about in self.arrived:
            self.unreachable.add(self.arrived[letter.about].recipient)
        elif outcome == "rsvp_recorded":
            self._rsvp(letter)

    def decide(self, verb: str, number: int) -> None:
        """An organiser decided, by mail or by command."""
        if verb in self.decided:
            self.decided[verb].add(number)

    def _owner(self, number: int, address: str) -> Person:
        person = self.people[number]
        if person.address != address:
            raise Broken(f"A-{number:03d} was changed by a letter of somebody else")
        return person

    def _rsvp(self, letter: Posted) -> None:
        invitation = self.arrived[letter.about]
        for number in invitation.references:
            person = self._owner(number, letter.sender)
            for session, reply in letter.says:
                before = person.rsvps.get(session, ("", (0, "")))[1]
                if letter.stamp[1] and letter.stamp < before:
                    raise Broken("a calendar reply that is older than the last one was recorded")
                person.rsvps[session] = (reply, letter.stamp)

    def confirmed(self, number: int, session: str) -> bool:
        """Whether this person may see how to join."""
        person = self.people.get(number)
        reply = person.rsvps.get(session, ("", None))[0] if person else ""
        return person is not None and not person.gone and number in self.decided["invite"] and reply == "accepted"

    # -- mails ---------------------------------------------------------------------------------------------------

    def allow(self, mail: OutgoingMail) -> None:
        """The last check said yes, just now: may this person have this mail? Raises Broken."""
        one = seen(mail)
        if one.to != mail.recipient:
            raise Broken(f"a {one.kind} is addressed to somebody else than its envelope")
        if mail.recipient in self.organisers:
            return
        for wrong in (*self._wrong_person(one), *self._wrong_time(one), *self._wrong_room(one)):
            raise Broken(f"{one.kind} {one.subject!r}: {wrong}")

    def _wrong_person(self, one: Seen) -> Iterator[str]:
        mine = one.recipient.partition("@")[0].encode()
        if any(mark != mine for mark in MARK.findall(one.words)):
            yield "the words of somebody else are in it"
        if any(number not in self.people or self.people[number].address != one.recipient for number in one.references):
            yield "it names the application of somebody else"
        if not one.answers:
            return
        letter = self.letters.get(one.answers)
        if letter is None or letter.sender != one.recipient:
            yield "it answers a letter of somebody else"
        elif letter.silent or letter.means in ("machine", "bounce"):
            yield "it answers a letter that must not be answered"
        elif not letter.proven and MARK.search(one.words):
            yield "it repeats words to an address that proves nothing"

    def _wrong_time(self, one: Seen) -> Iterator[str]:
        theirs = [self.people[number] for number in one.references if number in self.people]
        if theirs and all(person.gone for person in theirs) and one.kind not in AFTER_WITHDRAWAL:
            yield "it reaches somebody who withdrew"
        if one.kind in MAILINGS and one.recipient in self.unreachable:
            yield "it reaches an address whose mail came back"
        for kind, verb in (("invitation", "invite"), ("regret", "decline")):
            if one.kind == kind and not one.references <= self.decided[verb]:
                yield "no organiser decided so"

    def _wrong_room(self, one: Seen) -> Iterator[str]:
        for session, link in self.links.items():
            if link not in one.words:
                continue
            if one.kind not in WITH_ROOM or len(one.references) != 1:
                yield "it holds a link"
            elif not self.confirmed(next(iter(one.references)), session):
                yield f"the link of {session} goes to somebody who is not confirmed"

    def arrive(self, mail: OutgoingMail) -> Seen:
        """It is in somebody's mailbox. Raises Broken if it, or the same thing, was there already."""
        one = seen(mail)
        if one.message_id in self.arrived:
            raise Broken(f"a {one.kind} was sent twice")
        self.arrived[one.message_id] = one
        same: list[tuple[object, ...]] = []
        if one.answers:
            same.append(("answer", one.recipient, one.answers))
        if one.kind in ONCE:
            same.append((one.kind, one.recipient, one.subject, one.references if one.kind != "digest" else ()))
        if one.kind in ("invitation", "regret"):
            self._one_verdict(one)
        for thing in same:
            if thing in self.once:
                raise Broken(f"{one.kind} {one.subject!r} reached somebody twice, as two mails")
            self.once.add(thing)
        return one

    def _one_verdict(self, one: Seen) -> None:
        for number in one.references:
            self.once.add(("verdict", number, one.kind))
            if {("verdict", number, "invitation"), ("verdict", number, "regret")} <= self.once:
                raise Broken("somebody holds an invitation and a regret")
