"""A small world for tests: real judgement, templates and SQLite; mailbox, submission and clock are played."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache, lru_cache
from pathlib import Path

from ranmailbot import config
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.key_store import temporary_store
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.sql.engine import open_engine
from ranmailbot.adapters.sql.reports import SqlReports
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.call.application import Application
from ranmailbot.call.call import Call
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.announce import Announcer
from ranmailbot.flows.brake import Brake
from ranmailbot.flows.compose import Desk
from ranmailbot.flows.receive import Receiver
from ranmailbot.flows.submit import Submitter
from ranmailbot.mail.address import Address
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Archived, Envelope
from ranmailbot.records import LetterRecord, MailRecord
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.submission import FakeSubmission

ROOT = Path(__file__).parent.parent
AUTHSERV = "mx.test"
OPENING = datetime(2022, 3, 1, 9, 0, tzinfo=UTC)
WORDS = ("We work with families.", "Visits every month.", "Too little staff.", "A visit that went well.")


@cache
def settings() -> config.Settings:
    return config.load(ROOT / "config.toml", {})


@cache
def stationery() -> JinjaStationery:
    """Of the shipped call: compiling all templates takes longer than most tests."""
    return JinjaStationery(settings().call, settings().templates)


class PlayedClock:
    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def arrival(self, stamp: datetime) -> datetime:
        return stamp


class CountedTokens:
    """Tokens that look like real ones and are the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def token(self) -> str:
        return f"{next(self._numbers):08d}abcdefghijklmnopqr"

    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012d}"


@lru_cache(maxsize=4096)
def parsed(raw: bytes) -> EmailMessage:
    """Our own bytes, read by the standard library; kept, since tests ask the same mails again and again."""
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


@dataclass
class Mail:
    """A mail the bot sent, as its recipient sees it."""

    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return parsed(self.raw)

    @property
    def kind(self) -> str:
        return str(self.message["X-Ranmailbot-Kind"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def calendar(self) -> str:
        return next((str(p.get_content()) for p in self.message.walk() if p.get_content_type() == "text/calendar"), "")


class World:
    """Everything wired together in one folder. `settle` lets the bot work until nothing more happens."""

    def __init__(self, folder: Path, *, listed: Sequence[Address] = (), **changes: object) -> None:
        self.call: Call = replace(settings().call, **changes)  # type: ignore[arg-type]
        self.limits: Limits = replace(settings().limits, messages_per_minute=10_000)
        self.clock = PlayedClock(OPENING)
        self.mailbox = FakeMailbox()
        self.submission = FakeSubmission()
        self.archived = Archived.UNKNOWN
        self.probed: list[tuple[str, datetime, frozenset[str]]] = []
        self.tokens = CountedTokens()
        self.engine = open_engine(folder / "state")
        self.seal = seal = AesSeal(temporary_store(b"k" * 32))
        self.store = SqlStore(self.engine, self.call, seal, "digest", listed)
        self.reports = SqlReports(self.engine, self.call, seal)
        self.stationery = JinjaStationery(self.call, settings().templates) if changes else stationery()
        self.desk = Desk(self.stationery, self.tokens, "ran.example")
        self._numbers = itertools.count(1)
        self.start()

    def start(self, owner: str = "worker-1") -> None:
        """A new worker on the same books, as after a crash."""
        box = self.call.mailbox.email
        room = InProcessReadingRoom(self.limits, Trust("generic", AUTHSERV), {box})
        self.receiver = Receiver(self.mailbox, room, self.store, self.desk, self.call, self.clock, self.limits)
        self.announcer = Announcer(self.store, self.desk, self.call, self.clock)
        self.brake = Brake(Alarms(self.desk, self.call), self.limits.replies_per_hour)
        self.submitter = Submitter(
            submission=self.submission,
            store=self.store,
            clock=self.clock,
            limits=self.limits,
            owner=owner,
            probe=self.probe,
            brake=self.brake,
        )

    def probe(self, message_id: str, since: datetime, later: Collection[str]) -> Archived:
        """What the archive says; the questions are remembered."""
        self.probed.append((message_id, since, frozenset(later)))
        return self.archived

    def settle(self) -> None:
        for _ in range(200):
            if not self.receiver.run() + self.announcer.run() + self.submitter.run():
                return
        raise AssertionError("the bot does not come to rest")

    def receive(self) -> None:
        while self.receiver.run():
            pass

    def pass_time(self, **by: float) -> None:
        """Time passes and the bot works; acknowledgements that waited go out."""
        self.settle()
        self.clock.moment += timedelta(**by)
        self.settle()

    def go_to(self, moment: datetime) -> None:
        self.clock.moment = moment
        self.settle()

    def post(
        self,
        sender: str,
        text: str,
        *,
        to: Mail | None = None,
        subject: str = "Your call",
        proven: bool = True,
        headers: str = "",
        folder: str = "INBOX",
        message_id: str = "",
        name: str = "Ann Example",
    ) -> Envelope:
        """A letter arrives, stamped by our border server."""
        verdict = "pass" if proven else "none"
        domain = sender.rpartition("@")[2]
        message_id = message_id or f"<letter-{next(self._numbers)}@{domain}>"
        reference = f"In-Reply-To: {to.message_id}\r\nReferences: {to.message_id}\r\n" if to else ""
        body = text.replace("\n", "\r\n")
        raw = (
            f"Authentication-Results: {AUTHSERV}; dmarc={verdict} header.from={domain}\r\n"
            f"Received: from there by {AUTHSERV}; Tue, 1 Mar 2022 09:00:00 +0000\r\n"
            f"From: {name} <{sender}>\r\nTo: {self.call.mailbox.email}\r\nSubject: {subject}\r\n"
            f"Date: {self.clock.moment:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: {message_id}\r\n{reference}{headers}"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        )
        return self.mailbox.deliver(raw.encode(), self.clock.moment, folder)

    def apply(self, sender: str, numbers: Sequence[int] = (1, 2, 3, 4), **more: object) -> None:
        """An application to these questions, answered by number, in reply to a form that this person got."""
        if not self.mails(sender):
            self.post(sender, "How can I take part?", **more)  # type: ignore[arg-type]
            self.settle()
        self.post(sender, answers(numbers), to=self.mails(sender)[-1], **more)  # type: ignore[arg-type]
        self.settle()

    def mails(self, recipient: str, kind: str = "") -> list[Mail]:
        mine = [Mail(mail.content) for mail in self.submission.sent if mail.recipient == recipient]
        return [mail for mail in mine if kind in ("", mail.kind)]

    def mails_of_kind(self, kind: str) -> list[Mail]:
        return [one for one in (Mail(mail.content) for mail in self.submission.sent) if one.kind == kind]

    def kinds(self, recipient: str) -> list[str]:
        return [mail.kind for mail in self.mails(recipient)]

    def all_sent(self) -> list[OutgoingMail]:
        return self.submission.sent

    def applications(self) -> tuple[Application, ...]:
        return self.reports.applications()

    def letters(self) -> tuple[LetterRecord, ...]:
        return self.reports.letters()

    def outcomes(self) -> list[str]:
        return [letter.outcome for letter in self.letters()]

    def outbox(self) -> tuple[MailRecord, ...]:
        return self.reports.mails()

    def decide(self, text: str, **more: object) -> None:
        """The first organiser replies to the latest digest."""
        organiser = self.call.organisers[0].email
        self.post(organiser, text, to=self.mails(organiser, "digest")[-1], **more)  # type: ignore[arg-type]
        self.settle()


def answers(numbers: Sequence[int], words: Sequence[str] = WORDS) -> str:
    return "\n\n".join(f"{number}. {words[number - 1]}" for number in numbers)
