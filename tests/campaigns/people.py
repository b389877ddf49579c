"""Who writes in a campaign, and what: applicants, organisers, strangers, machines, calendars. Each letter says, for the
model, what it means and what it proves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.campaigns.model import Posted, Seen

BOX = "prisons-call@ran.example"
APPLICANTS = tuple(f"{name}@example.org" for name in ("ann", "bob", "cat", "dan", "eva"))
STRANGERS = ("gil@other.example", "hal@other.example")
SPAMMER = "win@spam.test"
OUR_SERVER = "mx.test"
LARGE = 40_000
"""Bytes over the limit of a campaign."""

WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "yes": (("own", "accepted"),),
    "no": (("own", "declined"),),
    "only day 1": (("day-1", "accepted"), ("day-2", "declined")),
    "yes to both": (("day-1", "accepted"), ("day-2", "accepted")),
    "day 1 yes, day 2 no": (("day-1", "accepted"), ("day-2", "declined")),
    "Thank you, I accept.": (("own", "accepted"),),
}
SILENT = (
    "Auto-Submitted: auto-replied\r\n",
    "Precedence: list\r\n",
    "X-Auto-Response-Suppress: All\r\n",
    "Return-Path: <>\r\n",
)
PARTSTATS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
_UID = re.compile(rb"^UID:([^\r\n]+)", re.MULTILINE)
_SEQUENCE = re.compile(rb"^SEQUENCE:(\d+)", re.MULTILINE)


@dataclass
class Writer:
    """Writes letters. `now` is true time, set before each step."""

    chance: Random
    now: datetime
    count: int = 0

    # -- what an applicant writes --------------------------------------------------------------------------------

    def answers(self, sender: str, to: Seen | None) -> Posted:
        """Answers to some questions, by number; the same words now and then, so that some letters repeat others."""
        numbers = self.chance.choice(((1, 2, 3, 4), (1, 2, 3, 4), (1, 2), (3, 4), (3,), (4,)))
        mark = f"mark{sender.partition('@')[0]}q"
        said = [f"{n}. {mark}{'abcd'[self.chance.randrange(3)]} in so many words." for n in numbers]
        silent = self.chance.choice(SILENT[1:3]) if self.chance.random() < 0.06 else ""
        return self.letter(sender, "\n\n".join(said), "answers", to=to, headers=silent)

    def withdrawal(self, sender: str, to: Seen | None) -> Posted:
        words = self.chance.choice(("withdraw", "Withdraw.", "I withdraw my application", "unsubscribe"))
        return self.letter(sender, words, "withdraw", to=to)

    def enquiry(self, sender: str, to: Seen | None) -> Posted:
        words = ("How can I take part?", "my data", "Who else comes?", "erase my data", "I am away until Monday.", "")
        return self.letter(sender, self.chance.choice(words), "enquiry", to=to)

    def reply(self, invitation: Seen, sender: str) -> Posted:
        """Words in answer to an invitation; honest if the invited person writes."""
        words = self.chance.choice(tuple(WORDS))
        own = "day-1" if "day 1 of" in invitation.subject else "day-2"
        says = tuple((own if session == "own" else session, said) for session, said in WORDS[words])
        honest = sender == invitation.recipient
        return self.letter(sender, words, "rsvp", to=invitation, says=says, honest=honest)

    def click(self, invitation: Seen, sender: str) -> Posted:
        """The answer of a calendar (RFC 6047); now and then an old one that comes late."""
        partstat = self.chance.choice(("ACCEPTED", "ACCEPTED", "DECLINED", "TENTATIVE"))
        old = timedelta(days=2) if self.chance.random() < 0.2 else timedelta()
        sequence, stamp = _found(_SEQUENCE, invitation), f"{self.now - old:%Y%m%dT%H%M%SZ}"
        calendar = (
            f"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:{_found(_UID, invitation)}\n"
            f"SEQUENCE:{sequence}\nDTSTAMP:{stamp}\nATTENDEE;PARTSTAT={partstat}:mailto:{sender}\n"
            "END:VEVENT\nEND:VCALENDAR\n"
        )
        session = "day-1" if "day 1 of" in invitation.subject else "day-2"
        return self.letter(
            sender, calendar, "rsvp", to=invitation, kind="text/calendar; method=REPLY; charset=utf-8",
            headers="Auto-Submitted: auto-generated\r\n", says=((session, PARTSTATS[partstat]),),
            honest=sender == invitation.recipient, stamp=(int(sequence), stamp),
        )  # fmt: skip

    # -- what others write ---------------------------------------------------------------------------------------

    def forged_withdrawal(self, victim: str, other: Seen | None) -> Posted:
        """In the victim's name, in answer to a mail that went to somebody else, or to none."""
        return self.letter(victim, "withdraw", "withdraw", to=other, vouched=False, honest=False)

    def forged_answers(self, victim: str) -> Posted:
        text = "1. Forged words.\n\n2. More of them."
        return self.letter(victim, text, "answers", vouched=False, honest=False)

    def decision(self, organiser: str, digest: Seen | None, numbers: Sequence[int], *, honest: bool) -> Posted:
        """Decisions on these applications; an honest one is vouched for by our server."""
        says = tuple((self.chance.choice(("invite", "invite", "decline", "undecide")), f"{n:03d}") for n in numbers)
        text = "\n".join(f"{verb} A-{number}" for verb, number in says)
        return self.letter(organiser, text, "decision", to=digest, vouched=honest, honest=honest, says=says)

    def spam(self) -> Posted:
        text = "You have won 1. money 2. more money. Click https://spam.test now!"
        return self.letter(SPAMMER, text, "enquiry")

    def huge(self, sender: str) -> Posted:
        return self.letter(sender, "words " * (LARGE // 5), "huge")

    def machine(self, mail: Seen) -> Posted:
        """An out-of-office notice that says what it is."""
        headers = "Auto-Submitted: auto-replied\r\n"
        return self.letter(mail.recipient, "I am out of the office.", "machine", to=mail, headers=headers)

    def bad_machine(self, mail: Seen) -> Posted:
        """One that does not."""
        return self.letter(mail.recipient, "I am out of the office.", "enquiry", to=mail)

    def bounce(self, mail: Seen, action: str, about: str) -> Posted:
        """A delivery report (RFC 3464) on this mail; `about` is the Message-ID it names."""
        body = (
            "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; {mail.recipient}\n"
            f"Action: {action}\nStatus: {'5.1.1' if action == 'failed' else '4.4.1'}\n--b\n"
            f"Content-Type: text/rfc822-headers\n\nMessage-ID: {about}\n--b--\n"
        )
        kind = "multipart/report; report-type=delivery-status; boundary=b"
        letter = self.letter("mailer-daemon@example.org", body, "bounce", kind=kind, headers="Return-Path: <>\r\n")
        return Posted(letter.message_id, letter.raw, letter.sender, "bounce", about=about, says=((action, ""),))

    # -- the bytes -----------------------------------------------------------------------------------------------

    def letter(
        self, sender: str, text: str, means: str, *, to: Seen | None = None, vouched: bool | None = None,
        headers: str = "", honest: bool = True, kind: str = "text/plain; charset=utf-8",
        says: tuple[tuple[str, str], ...] = (), stamp: tuple[int, str] = (0, ""),
    ) -> Posted:  # fmt: skip
        """A letter as it lies in the mailbox, stamped by our server (or, if it is not `vouched` for, not)."""
        self.count += 1
        local, _, domain = sender.partition("@")
        vouched = self.chance.random() < 0.6 if vouched is None else vouched
        message_id = f"<letter-{self.count}@{domain}>"
        refers = f"In-Reply-To: {to.message_id}\r\nReferences: {to.message_id}\r\n" if to else ""
        raw = (
            f"Authentication-Results: {OUR_SERVER}; dmarc={'pass' if vouched else 'none'} header.from={domain}\r\n"
            f"Received: from there by {OUR_SERVER}; Tue, 1 Mar 2022 09:00:00 +0000\r\n"
            f"From: {local.title()} Sample <{sender}>\r\nTo: {BOX}\r\nSubject: Your call\r\n"
            f"Date: {self.now:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: {message_id}\r\n{refers}{headers}"
            f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n{text.replace(chr(10), chr(13) + chr(10))}\r\n"
        )
        return Posted(
            message_id=message_id, raw=raw.encode(), sender=sender, means=means, honest=honest,
            proven=vouched or (to is not None and to.recipient == sender), silent=bool(headers),
            about=to.message_id if to else "", says=says, stamp=stamp,
        )  # fmt: skip


def _found(what: re.Pattern[bytes], mail: Seen) -> str:
    found = what.search(mail.words)
    return found[1].decode() if found else ""
