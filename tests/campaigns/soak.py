"""A soak: months of traffic through one worker that is never started anew, to see whether anything grows.

The clock is played, the mail server is not: every day letters come and mails go, connections are cut at random bytes
and while the bot waits, the server is started anew every week, a digest goes out daily and the call to a list weekly.
Once a day memory (the bot's, and that of its reading children), descriptors, threads, database and log are measured.
`make soak MONTHS=3` closes on one line with the slopes over the second half and fails if one is not flat; SERVERS=real
does it on Dovecot and Postfix; LEAK=1 is a build that leaks on purpose and must fail. A short one is part of the tests.
Known limit: resident memory is what the system says; an allocator keeps what it once had, so bounds are not nought.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import re
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Protocol

from ranmailbot import service
from ranmailbot.adapters.embedded import EmbeddedServer, start_embedded
from ranmailbot.call.timeline import Plan
from ranmailbot.config import Settings
from ranmailbot.ports import Unavailable
from ranmailbot.rehearsal.clock import PlayedClock
from tests.adapters.proxy import DIRECTIONS, Proxy, Trouble, plain, proxied
from tests.campaigns.bot import CONTACTS, UNLIMITED
from tests.campaigns.posts import ARCHIVE, AUTHSERV, BOX, PASSWORD, BuiltInPost, Post, RealPost
from tests.interop import bench as real_servers
from tests.interop.bench import missing
from tests.world import OPENING, ROOT, WORDS, answers, settings

DAYS_A_MONTH = 30
LETTERS = 20
"""A day."""
PARTS = 4
"""Of a day: the clock goes on by six hours."""
SESSION = 4000
"""Bytes after which a connection may be cut, at most."""
MOST_TRIES = 20
PEOPLE = 43
"""They write again and again: what is measured may grow with letters and mails, not with what a digest has to list."""
APPLICATION = 0
RESTART = 7
LEAK = 200_000
"""Bytes that the leaky build keeps for each mail."""
PAGE = os.sysconf("SC_PAGESIZE")
KIB = 1024


@dataclass(frozen=True)
class Sample:
    """One evening. Bytes, but for descriptors and threads."""

    bot: int
    children: int
    descriptors: int
    threads: int
    database: int
    log: int


BOUNDS = {"bot": 64 * KIB, "children": 64 * KIB, "descriptors": 0.05, "threads": 0.05, "log": 64 * KIB}
"""The steepest slope, per day, that is called flat. The database is to grow, with its letters: it is shown."""


@dataclass(frozen=True)
class Result:
    """All evenings, and what was done."""

    samples: tuple[Sample, ...]
    letters: int
    mails: int
    lost: int
    """Letters without an outcome, in the end."""
    unavailable: int
    """How often the bot found a connection gone."""

    @property
    def slopes(self) -> dict[str, float]:
        """By what is measured: growth per day over the second half."""
        half = self.samples[len(self.samples) // 2 :]
        return {one.name: slope([getattr(sample, one.name) for sample in half]) for one in fields(Sample)}

    @property
    def steep(self) -> list[str]:
        """What is not flat."""
        return [name for name, bound in BOUNDS.items() if self.slopes[name] > bound]

    def line(self) -> str:
        """The closing line."""
        shown = ", ".join(f"{name} {_amount(name, self.slopes[name])}" for name in (*BOUNDS, "database"))
        verdict = f"NOT FLAT: {', '.join(self.steep)}" if self.steep else "flat"
        return (
            f"days {len(self.samples)}, letters {self.letters} (lost {self.lost}), mails {self.mails}, connections "
            f"found gone {self.unavailable}; growth a day in the second half: {shown}: {verdict}"
        )


def _kept_memory() -> mmap.mmap:
    """Mapped apart: what was freed before by whoever shares this process cannot serve it, and so hide the leak."""
    kept = mmap.mmap(-1, LEAK)
    kept.write(b"x" * LEAK)
    return kept


def slope(values: list[int]) -> float:
    """The median of the slopes between all pairs (Theil and Sen): a few odd evenings do not move it."""
    pairs = [(after - before) / (j - i) for (i, before), (j, after) in combinations(enumerate(values), 2)]
    return statistics.median(pairs) if pairs else 0.0


def _amount(name: str, value: float) -> str:
    return f"{value:.3f}" if name in ("descriptors", "threads") else f"{value / KIB:.1f} KiB"


# -- servers ---------------------------------------------------------------------------------------------------------


class Servers(Protocol):
    """A post that can be started anew."""

    @property
    def post(self) -> Post: ...
    def restart(self) -> None: ...
    def pids(self) -> set[int]:
        """Processes that are not the bot's."""
        ...


@dataclass
class BuiltIn:
    """The built-in server."""

    folder: Path
    server: EmbeddedServer

    @property
    def post(self) -> Post:
        return BuiltInPost(self.server)

    def restart(self) -> None:
        self.server.stop()
        self.server = _embedded(self.folder, self.server.smtp_port, self.server.imap_port)

    def pids(self) -> set[int]:
        return {self.server.pid}


@dataclass
class Real:
    """Dovecot and Postfix."""

    bench: real_servers.Bench

    @property
    def post(self) -> Post:
        return RealPost(self.bench)

    def restart(self) -> None:
        self.bench.quiet()
        for server in (self.bench.dovecot, self.bench.postfix):
            server.stop()
            server.start()

    def pids(self) -> set[int]:
        return {one.process.pid for one in (self.bench.dovecot, self.bench.postfix) if one.process is not None}


def _embedded(folder: Path, smtp: int = 0, imap: int = 0) -> EmbeddedServer:
    return start_embedded(folder / "spool", BOX, PASSWORD, AUTHSERV, ARCHIVE, smtp, imap)


@contextmanager
def _servers(kind: str, folder: Path) -> Iterator[Servers]:
    if kind == "real":
        with real_servers.running() as bench:
            yield Real(bench)
        return
    built_in = BuiltIn(folder, _embedded(folder))
    try:
        yield built_in
    finally:
        built_in.server.stop()


# -- the soak --------------------------------------------------------------------------------------------------------


@dataclass
class Soak:
    """One worker and its days."""

    worker: service.Worker
    clock: PlayedClock
    servers: Servers
    proxies: tuple[Proxy, Proxy]
    state: Path
    chance: random.Random
    letters: int
    """A day."""
    leaky: bool
    written: int = 0
    mails: int = 0
    unavailable: int = 0
    kept: list[tuple[int, mmap.mmap]] = field(default_factory=list)
    """What the leaky build does not give back."""

    def day(self, number: int) -> Sample:
        """One day from morning to evening."""
        if number % RESTART == RESTART - 1:
            self.servers.restart()
        for part in range(PARTS):
            share = self.letters // PARTS + (part < self.letters % PARTS)
            self.servers.post.deliver([self.letter() for _ in range(share)])
            self.settle()
            if part == 0:
                self.idle()
            self.cut()
            self.settle()
            self.clock.move_to(self.clock.now() + timedelta(hours=24 / PARTS))
        self.evening()
        return measured(self.state, self.servers.pids())

    def evening(self) -> None:
        """One mail more, undisturbed, so that every evening the same connections are open."""
        for proxy in self.proxies:
            proxy.trouble = None
        self.settle()
        self.servers.post.deliver([self.letter(APPLICATION)])
        self.settle()
        self.worker._archive.close()  # a connection that only days with a doubt need
        for proxy in self.proxies:
            proxy.calm()

    def settle(self) -> None:
        """The bot works until it rests; after a loss it comes again, as `run` would."""
        for _ in range(MOST_TRIES):
            try:
                while self.worker.receive_once() + self.worker.announce_once() + self._submit():
                    pass
                self.worker.tend_keys()
            except Unavailable:
                self.unavailable += 1
            else:
                return
        raise AssertionError("the bot does not come to rest")

    def idle(self) -> None:
        """It waits for mail; its connections are lost meanwhile, or it is woken."""
        meanwhile = self.proxies[0].hang_up if self.chance.random() < 1 / 2 else self.worker.wake
        timer = threading.Timer(0.05, meanwhile)
        timer.start()
        try:
            self.worker.wait(60)
        except Unavailable:
            self.unavailable += 1
        finally:
            timer.join()
            self.worker.wake()
            self.worker.mailbox.wait(0.001)

    def cut(self) -> None:
        """One of the next connections ends in the middle."""
        proxy = self.chance.choice(self.proxies)
        deed = self.chance.choice(("fin", "rst"))
        proxy.arm(Trouble(self.chance.choice(DIRECTIONS), self.chance.randrange(SESSION), deed))  # type: ignore[arg-type]
        proxy.hang_up()

    def letter(self, kind: int = -1) -> tuple[str, bytes]:
        """Answers to all questions or to some, an automatic reply, or a mail as clients really write them."""
        self.written += 1
        number = self.written
        kind = number % 5 if kind < 0 else kind
        sender = f"person{number % PEOPLE}@town.example"
        if kind == 4:
            return sender, renewed(SAMPLES[number // 5 % len(SAMPLES)].read_bytes(), number)
        text = answers((1, 2, 3) if kind == 2 else (1, 2, 3, 4), [f"{words} ({number})" for words in WORDS])
        more = "Auto-Submitted: auto-replied\r\n" if kind == 3 else ""
        head = f"From: {sender}\r\nTo: {BOX}\r\nSubject: Mine\r\nMessage-ID: <{number}@soak.example>\r\n{more}"
        return sender, f"{head}\r\n{text}\n".replace("\r\n", "\n").replace("\n", "\r\n").encode()

    def _submit(self) -> int:
        count = self.worker.submit_once()
        self.mails += count
        if self.leaky:
            self.kept += [(os.open(os.devnull, os.O_RDONLY), _kept_memory()) for _ in range(count)]
        return count

    def result(self, samples: list[Sample]) -> Result:
        """In the end. Every letter must have its outcome."""
        books = self.worker.books()
        lost = self.written - sum(books.letters.values()) - books.copies
        return Result(tuple(samples), self.written, self.mails, lost, self.unavailable)


SAMPLES = sorted((ROOT / "tests" / "letters").glob("*.eml"))
_MESSAGE_ID = re.compile(rb"(?im)^message-id:.*$")


def renewed(raw: bytes, number: int) -> bytes:
    """The same mail with a Message-ID of its own, so that it is no copy."""
    fresh = b"Message-ID: <sample-%d@soak.example>" % number
    whole = re.sub(rb"\r?\n", b"\r\n", raw)
    return _MESSAGE_ID.sub(fresh, whole, count=1) if _MESSAGE_ID.search(whole) else fresh + b"\r\n" + whole


def measured(state: Path, others: set[int]) -> Sample:
    """This process, its children but the servers, and its database."""
    sizes = [
        path.stat().st_size if path.exists() else 0
        for path in (state / "ranmailbot.sqlite", state / "ranmailbot.sqlite-wal")
    ]
    return Sample(
        bot=_resident(os.getpid()),
        children=sum(_resident(pid) for pid in _descendants(os.getpid(), others)),
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=sum(1 for _ in Path("/proc/self/task").iterdir()),
        database=sizes[0],
        log=sizes[1],
    )


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0  # it ended just now


def _descendants(root: int, others: set[int]) -> set[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, before = {root}, set[int]()
    while found != before:
        before = set(found)
        found |= {pid for pid, parent in parents.items() if parent in found and pid not in others}
    return found - {root}


def settled(days: int) -> Settings:
    """The shipped call, open all the time, with a digest each day and the call to a list each week."""
    found = settings()
    day = OPENING.date()
    plans = [_plan("digest", day + timedelta(n), n + 1, time(18, 0)) for n in range(days)]
    plans += [_plan("announcement", day + timedelta(7 * n), n + 1, time(12, 0)) for n in range(days // 7 + 1)]
    call = replace(found.call, timeline=tuple(plans), deadline=OPENING + timedelta(days=days + 1))
    return replace(found, call=call, limits=replace(found.limits, **UNLIMITED), announcement=CONTACTS)


def _plan(mailing: str, day: date, edition: int, at: time) -> Plan:
    return Plan(mailing, "date", 0, at, timedelta(hours=12), edition, day)


def soak(days: int, letters: int, seed: int, *, servers: str = "built-in", leaky: bool = False,
         show: Callable[[int, Sample], None] = lambda _number, _sample: None) -> Result:  # fmt: skip
    """So many days, in a temporary folder."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        running = held.enter_context(_servers(servers, folder))
        mail = running.post.mail
        proxies = (
            held.enter_context(proxied(plain(mail.imap.port))),
            held.enter_context(proxied(plain(mail.smtp.port))),
        )
        mail = replace(
            mail, imap=replace(mail.imap, port=proxies[0].port), smtp=replace(mail.smtp, port=proxies[1].port)
        )
        clock = PlayedClock.at(OPENING)
        worker = service.build(settled(days), clock, state=folder / "state", mail=mail)
        held.callback(worker.close)
        one = Soak(worker, clock, running, proxies, folder / "state", random.Random(seed), letters, leaky)  # noqa: S311
        held.callback(lambda: [os.close(descriptor) for descriptor, _ in one.kept])
        samples = []
        for number in range(days):
            samples.append(one.day(number))
            show(number + 1, samples[-1])
        return one.result(samples)


def main() -> int:
    """0 if no letter was lost and everything is flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--letters", type=int, default=LETTERS, help="a day")
    parser.add_argument("--servers", choices=("built-in", "real"), default="built-in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leak", type=int, default=0, help="1: a build that leaks on purpose")
    options = parser.parse_args()
    if options.servers == "real" and (reason := missing()):
        parser.error(reason)

    def show(day: int, now: Sample) -> None:
        if day % 5 == 0:
            sizes = f"bot {now.bot // KIB} KiB, children {now.children // KIB} KiB"
            files = f"database {now.database // KIB} KiB, log {now.log // KIB} KiB"
            sys.stdout.write(f"day {day}: {sizes}, descriptors {now.descriptors}, threads {now.threads}, {files}\n")
            sys.stdout.flush()

    days = options.months * DAYS_A_MONTH
    result = soak(days, options.letters, options.seed, servers=options.servers, leaky=bool(options.leak), show=show)
    sys.stdout.write(result.line() + "\n")
    return 1 if result.steep or result.lost else 0


if __name__ == "__main__":
    sys.exit(main())
