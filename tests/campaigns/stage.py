"""One campaign's bot: real judgement, templates and SQLite file, played hands; it dies, and is started again.

The three lines run as threads do: whichever has something to do, in any order, and one in the middle of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from random import Random
from typing import Any

from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.key_store import temporary_store
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.call import call as call_of
from ranmailbot.call.call import Call
from ranmailbot.call.timeline import Plan, milestones
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
from ranmailbot.ports import Unavailable
from tests.campaigns.disk import workbench
from tests.campaigns.hands import Archive, ShakyMailbox, ShakySubmission, WatchedRoom
from tests.campaigns.model import Broken, Model
from tests.campaigns.people import BOX, LARGE, OUR_SERVER
from tests.campaigns.power import Plug, Promise
from tests.campaigns.trouble import Clock, DyingStore, Killed, Trouble
from tests.fakes.mailbox import FakeMailbox
from tests.world import OPENING, CountedTokens, settings

OUTCOME = "SELECT name, application FROM outcomes WHERE cause = ?"

DIGEST_DAYS = (7, 14, 17, 19, 21, 30)
"""Days of March 2022 with a digest, in a campaign without one every day."""
MOST_TURNS = 200
WAKES = {
    "receive": {"receive", "announce", "submit"},
    "announce": {"announce", "submit"},
    "submit": {"submit", "receive"},
}
"""Who has something to do once a line has done something: outcomes make mails, mails bring letters."""


@cache
def calls() -> tuple[Call, Call]:
    """The shipped call, and the same with a digest on some days only: most campaigns look at people, not at digests."""
    shipped = settings().call
    daily = next(plan for plan in shipped.timeline if plan.mailing == "digest")
    few = tuple(
        replace(daily, anchor="date", day=date(2022, 3, day), edition=edition)
        for edition, day in enumerate(DIGEST_DAYS, 1)
    )
    return shipped, replace(shipped, timeline=(*few, *(plan for plan in shipped.timeline if plan is not daily)))


@cache
def stationery() -> JinjaStationery:
    """Of the shipped call: the timeline stands in no mail but the digest's outlook, which is handed in."""
    return JinjaStationery(calls()[0], settings().templates)


@lru_cache(maxsize=8)
def _milestones(plans: tuple[Plan, ...], anchors: Any) -> Any:
    return milestones(plans, anchors)


@contextmanager
def quick_timeline() -> Iterator[None]:
    """Milestones are a pure function of the call; asked hundreds of times in a campaign, they are kept."""
    before = call_of.milestones
    call_of.milestones = lambda plans, anchors: _milestones(tuple(plans), anchors)
    try:
        yield
    finally:
        call_of.milestones = before


class Stage:
    """Everything wired together, on a fresh database. `arrives` is told of each mail that reaches somebody."""

    def __init__(self, seed: int, listed: Sequence[str], power: Promise | None = None) -> None:
        self.chance = Random(seed)  # noqa: S311 - played
        self.trouble = Trouble(Random(f"{seed} trouble"), mild=self.chance.choice((0.3, 1.0, 1.0, 2.5)))  # noqa: S311 - played
        self.clock = Clock(OPENING)
        self.call = calls()[0 if self.chance.random() < 0.06 else 1]
        self.limits: Limits = replace(settings().limits, message_bytes=LARGE, send_attempts=6)
        self.box = FakeMailbox(message_bytes=LARGE)
        self.model = Model(
            organisers=frozenset(person.email for person in self.call.organisers),
            links={s.key: s.room.join_url.encode() for s in self.call.sessions if s.room},
        )
        self.archive = Archive(self.clock, self.trouble)
        self.mailbox = ShakyMailbox(self.box, self.trouble, self.meanwhile)
        self.submission = ShakySubmission(self.trouble, self.archive, self.meanwhile, self.model.allow, self._arrived)
        room = InProcessReadingRoom(self.limits, Trust("generic", OUR_SERVER), {BOX})
        self.room = WatchedRoom(room, self.trouble)
        self.tokens = CountedTokens()
        self.bench = workbench()
        self.bench.clear()
        self.bench.moment = self.trouble.disk
        people = [Address("", email) for email in listed]
        self.sql = SqlStore(
            self.bench.engine, self.call, AesSeal(temporary_store(b"k" * 32, b"l" * 32)), "digest", people
        )
        self.store: Any = DyingStore(self.sql, self.trouble)
        self.outside = self.bench.outside()
        self.arrives: Callable[[Any], None] = self.model.arrive
        self.plug = Plug(self.bench, self.model, self.trouble, power) if power else None
        self.workers = 0
        self.busy: list[str] = []
        self.start()
        if self.plug is not None:
            self.plug.start()

    def start(self) -> None:
        """A new process on the same books."""
        self.workers += 1
        self.busy = []
        store: Any = self.store
        desk = Desk(stationery(), self.tokens, "ran.example")
        watched: Any = DyingStore(Watched(self.sql, self), self.trouble)
        mailbox: Any = self.mailbox
        receiver = Receiver(mailbox, self.room, watched, desk, self.call, self.clock, self.limits)
        announcer = Announcer(store, desk, self.call, self.clock)
        brake = Brake(Alarms(desk, self.call), self.limits.replies_per_hour)
        name, probe = f"worker-{self.workers}", self.archive.probe
        submitter = Submitter(self.submission, store, self.clock, self.limits, name, probe, brake)
        self.lines: dict[str, Callable[[], int]] = {
            "receive": receiver.run, "announce": announcer.run, "submit": submitter.run
        }  # fmt: skip

    def work(self) -> None:
        """The lines take turns until none of them has anything to do; whoever dies is started again."""
        idle: set[str] = set()
        for _ in range(MOST_TURNS):
            ready = [name for name in self.lines if name not in idle]
            if not ready:
                return
            name = self.chance.choice(ready)
            try:
                done = self.run(name)
            except Killed:
                self.dies()
                idle.clear()
                continue
            idle = (idle - WAKES[name]) if done else (idle | {name})
        raise Broken("the bot does not come to rest")

    def dies(self) -> None:
        """The process is gone, and with it every connection; another one is started."""
        self.bench.engine.dispose()
        if self.plug is not None:
            self.outside.close()
            self.plug.pull()
            self.outside = self.bench.outside()
        self.start()

    def run(self, name: str) -> int:
        """One line, once; what is not there just now is no fault. Raises Killed."""
        self.busy.append(name)
        try:
            return self.lines[name]()
        except Unavailable as fault:
            self.trouble.tell(f"{name}: {fault}")
            return 0
        finally:
            if self.busy:
                self.busy.pop()

    def meanwhile(self) -> None:
        """Another thread of the bot does something just now. Only asked where no transaction is open."""
        if len(self.busy) < 2 and self.chance.random() < 0.04:
            others = [name for name in self.lines if name not in self.busy]
            name = self.chance.choice(others)
            self.trouble.tell(f"meanwhile: {name}")
            self.run(name)

    def judged(self, digests: Sequence[str], *, committed: bool) -> None:
        """Letters were judged: what somebody else finds in the file goes to the model. Raises Broken."""
        for digest in dict.fromkeys(digests):
            raw = self.mailbox.known[digest]
            letter = self.model.posted[raw]
            if letter.message_id not in self.model.judged:
                cause = f"letter/{self.room.keys.get(raw) or digest}"
                found = self.outside.execute(OUTCOME, (cause,)).fetchone()
                if found is None and committed:
                    raise Broken(f"a letter ({letter.means}) was judged and has no outcome")
                if found is not None:
                    self.trouble.tell(f"judged: {letter.message_id} {letter.means} from {letter.sender}: {found}")
                    self.model.judge(letter, *found)

    def _arrived(self, mail: OutgoingMail) -> None:
        self.arrives(mail)

    def close(self) -> None:
        """The file stays where it is, for the next campaign."""
        self.outside.close()


@dataclass
class Watched:
    """The receiver's store: tells when a batch of letters has its outcomes, in the very moment of the commit."""

    inner: Any
    stage: Stage
    batch: Sequence[str] = ()

    def count_attempts(self, digests: Sequence[str]) -> None:
        self.inner.count_attempts(digests)
        self.batch, self.stage.room.done = digests, False
        for digest in dict.fromkeys(digests):
            self.stage.model.tries[self.stage.model.posted[self.stage.mailbox.known[digest]].message_id] += 1

    @contextmanager
    def begin(self) -> Iterator[Any]:
        committed = False
        try:
            with self.inner.begin() as books:
                yield books
            committed = True
        finally:
            if self.stage.room.done:
                self.stage.room.done = False
                self.stage.judged(self.batch, committed=committed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)
