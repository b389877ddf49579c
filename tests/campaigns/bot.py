"""The bot as a process that may be killed at any moment: the worker of `run` on given servers, or one command.

`python -m tests.campaigns.bot` is a nursery: it has imported everything, and for each line of JSON on its standard
input it forks a process and answers with its number. So a bot is at work a moment after it was asked for, and what is
killed is a real process with its own connections and files. See `nursery.py` for the other end of the pipe.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from ranmailbot import service
from ranmailbot.call.application import Decision
from ranmailbot.call.timeline import Plan
from ranmailbot.config import Settings
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import hold_by_command, resume_by_command
from ranmailbot.flows.correct import Clerk
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.flows.erase import erase_by_command
from ranmailbot.grants import TokenCommand
from ranmailbot.mail.address import Address
from ranmailbot.ports import Account, Tokens
from ranmailbot.records import Hold, Level
from ranmailbot.runner import running
from tests.campaigns.failpoints import NEVER, Fuse, armed, full_disk, no_judgement, no_room
from tests.world import OPENING, settings

CONTACTS = tuple(Address("", f"contact{number}@example.org") for number in range(1, 5))
"""Who gets every edition of the announcement."""
LAST_DAY = OPENING + timedelta(days=32)
MINUTES_A_SECOND = 5
"""How fast the played clock goes: a lease of 15 minutes takes 3 seconds, half an hour 6."""


@dataclass(frozen=True)
class PlayedClock:
    """A clock that showed `start` at the real moment `begun` and has gone at `pace` since: no jumps, ever."""

    begun: float
    start: datetime = OPENING
    pace: float = MINUTES_A_SECOND * 60

    def now(self) -> datetime:
        return self.arrival(datetime.now(UTC))

    def monotonic(self) -> float:
        """At the same pace: else a process that lives for five minutes would see the clock a day ahead, and stop."""
        return service.WallClock().monotonic() * self.pace

    def arrival(self, stamp: datetime) -> datetime:
        return self.start + timedelta(seconds=(stamp.timestamp() - self.begun) * self.pace)


@dataclass
class JumpingClock:
    """A played clock that somebody sets to another time while the bot runs."""

    played: PlayedClock
    gap: timedelta = timedelta()

    def now(self) -> datetime:
        return self.played.now() + self.gap

    def monotonic(self) -> float:
        return self.played.monotonic()

    def arrival(self, stamp: datetime) -> datetime:
        return self.played.arrival(stamp) + self.gap


JUMPS = {"clock ahead": timedelta(hours=25), "clock back": timedelta(minutes=-10)}
"""Troubles: how far the clock jumps after the first look at the timeline."""
UNLIMITED = {
    "messages_per_minute": 100_000,
    "replies_per_sender_per_day": 100,
    "replies_per_domain_per_day": 100_000,
    "replies_per_hour": 100_000,
}
"""What is counted are mails, not how long they wait for their turn."""


@dataclass(frozen=True)
class Order:
    """One process. `work` is "run", or a command of `_command`.

    "invite" and "erase" take the numbers of applications, "release" those of mails.
    """

    state: Path
    mail: service.MailServer
    clock: PlayedClock
    editions: int = 0
    """So many editions of the announcement are due."""
    work: str = "run"
    numbers: tuple[int, ...] = ()
    trouble: str = ""
    """See `troubled`."""
    children: bool = False
    """Whether letters are read in child processes as in reality, or in this one, which starts faster."""
    fuse: Fuse = NEVER

    def written(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), default=_plain) + "\n"


def read(line: str) -> Order:
    """The other way round."""
    facts: dict[str, Any] = json.loads(line)
    mail, clock = facts["mail"], facts["clock"]
    imap, smtp = (Account(**(one | {"ca_file": one["ca_file"] and Path(one["ca_file"])})) for one in
                  (mail["imap"], mail["smtp"]))  # fmt: skip
    folders = service.ImapFolders(**mail["folders"])
    return Order(**facts | {
        "state": Path(facts["state"]),
        "mail": service.MailServer(imap, smtp, mail["archive"], mail["authserv_id"], folders),
        "clock": PlayedClock(clock["begun"], datetime.fromisoformat(clock["start"]), clock["pace"]),
        "numbers": tuple(facts["numbers"]),
        "fuse": Fuse(**facts["fuse"]),
    })  # fmt: skip


def settled(editions: int = 0) -> Settings:
    """The shipped call at full pace and open for a month, with mailings that are due from the beginning."""
    found = settings()
    limits = replace(found.limits, **UNLIMITED)
    call = replace(found.call, timeline=timeline(editions), deadline=LAST_DAY)
    return replace(found, call=call, limits=limits, announcement=CONTACTS)


def timeline(editions: int) -> tuple[Plan, ...]:
    """Invitations and session details for whoever is ready for them; the announcement, again and again."""
    dated = {"anchor": "date", "days": 0, "at": time(0, 0), "day": date(2022, 3, 1)}
    month = timedelta(days=31)
    announced = (Plan("announcement", late=month, edition=n + 1, **dated) for n in range(editions))  # type: ignore[arg-type]
    details = Plan("session_details", "each session", -36, time(0, 0), timedelta(days=36))
    return (Plan("invitation", late=month, **dated), details, *announced)  # type: ignore[arg-type]


def troubled(found: Settings, order: Order) -> Settings:
    """`lapsing`: a mailing whose time is over. `hindered`: sessions whose details nobody has put in.

    `flood`: a single reply in an hour is too many. `unreachable`: no submission server. `clock ahead` and `clock back`:
    see JUMPS. `access ends`: the last day of a secret. `silent`: every moment without a fetch is one too many.
    `no room`, `full disk` and `no judgement`: see failpoints.py.
    """
    call, limits = found.call, found.limits
    if order.trouble == "lapsing":
        over = Plan("closing", "date", 0, time(0, 0), timedelta(hours=1), order.editions, date(2022, 3, 1))
        call = replace(call, timeline=(*call.timeline, over))
    if order.trouble == "hindered":
        call = replace(call, sessions=tuple(replace(session, room=None) for session in call.sessions))
    if order.trouble == "flood":
        limits = replace(limits, replies_per_hour=0)
    alarm = found.alarm
    if order.trouble == "silent":
        alarm = replace(alarm, tolerance=replace(alarm.tolerance, fetch=timedelta()))
    mailbox = found.mailbox
    if order.trouble == "access ends":
        mailbox = replace(mailbox, grant=TokenCommand(("true",), OPENING.date()))
    return replace(found, call=call, limits=limits, mailbox=mailbox, alarm=alarm)


def live(order: Order) -> None:
    """What a forked process does until it is killed; a command ends by itself."""
    broken = {"no room": no_room, "full disk": full_disk, "no judgement": no_judgement}
    if order.trouble in broken:
        broken[order.trouble]()
    with armed(order.fuse):
        found = troubled(settled(order.editions), order)
        if order.work == "run":
            _run(order, found)
        else:
            _command(order, found)


def _run(order: Order, found: Settings) -> None:
    with service.worker_lock(order.state):
        mail = order.mail
        if order.trouble == "unreachable":
            mail = replace(mail, smtp=replace(mail.smtp, port=1))
        clock = JumpingClock(order.clock)
        worker = service.build(found, clock, state=order.state, mail=mail)
        if not order.children:
            worker._receiver = replace(worker._receiver, room=worker._receiver.room._reader)  # type: ignore[attr-defined]
        if order.trouble in JUMPS:
            worker.announce_once()  # a first look at the clock; the alarm clock looks again only after 20 seconds
            clock.gap = JUMPS[order.trouble]
        with running(worker, threading.Event(), lambda: None):
            threading.Event().wait()


def _command(order: Order, found: Settings) -> None:
    desktop, tokens = service.open_desktop(found, order.clock, order.state), service.RandomTokens()
    facts = desktop.store, order.clock, tokens, found.call
    clerk, alarms = Clerk(*facts[:3]), Alarms(desktop.desk, found.call)
    stop = Hold(Level.BULK, "a trial", order.clock.now(), by_bot=False)
    commands: dict[str, Callable[[], object]] = {
        "invite": lambda: decide_by_command(*facts, decision=Decision.INVITE, numbers=order.numbers),
        "erase": lambda: _erase(order, desktop, tokens),
        "hold": lambda: hold_by_command(desktop.store, alarms, tokens, stop),
        "resume": lambda: resume_by_command(*facts[:3]),
        "release": lambda: clerk.release(order.numbers),
        "retry": lambda: clerk.retry(None),
        "mark kept": lambda: clerk.mark_kept(found.call, newest_edition(order.editions)),
    }
    commands[order.work]()


def _erase(order: Order, desktop: service.Desktop, tokens: Tokens) -> None:
    for number in order.numbers:
        erase_by_command(desktop.store, order.clock, tokens, desktop.settings.call, number)


def newest_edition(editions: int) -> str:
    """The milestone that became due last."""
    return f"announcement:call:{editions}"


def main() -> None:
    """The nursery: fork, say who was born, and at `wait` how it ended."""
    settled()
    life, held = os.pipe()
    for line in sys.stdin:
        facts = json.loads(line)
        if "wait" in facts:
            _say(_waited(facts["wait"], facts["seconds"]))
        elif (child := os.fork()) == 0:
            os.close(held)
            with _quietly(facts):
                threading.Thread(target=_end_with, args=(life,), daemon=True).start()
                live(read(line))
        else:
            _say(child)


def _waited(child: int, seconds: float) -> int:
    """The wait status of this child, or -1 if it still lives after so many seconds."""
    give_up = monotonic() + seconds
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if monotonic() > give_up:
            return -1
        sleep(0.005)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _end_with(life: int) -> None:
    """A bot never outlives the nursery: its end of this pipe closes with it."""
    os.read(life, 1)
    os._exit(1)


@contextmanager
def _quietly(facts: Mapping[str, Any]) -> Iterator[None]:
    """Nothing of the child reaches the pipes of the nursery; whatever happens, it ends here."""
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(Path(facts["state"]).with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, source in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(source, descriptor)
    status = 1
    try:
        yield
        status = 0
    except BaseException as fault:  # noqa: BLE001 - the child must not go on as a second nursery
        os.write(2, f"{type(fault).__name__}: {fault}\n".encode())
    os._exit(status)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


if __name__ == "__main__":
    main()
