"""Every step of the flows by its name, and a fuse that kills the process (SIGKILL) at exactly one of them.

A step is a function of the flows and the port it calls: `Receiver.run: begin, committed` is the moment after the commit
of the transaction that Receiver.run opens. Nothing in the product knows of this: the hands of the ports are wrapped,
in the process that shall die only. `steps_of_the_flows` reads the flows themselves, so that a step without a failpoint
is noticed.
"""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from aiosmtplib import SMTP
from aiosmtplib.protocol import SMTPProtocol

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.adapters.sql.reserve import Reserve
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.flows import receive
from ranmailbot.ports import Unavailable

FLOWS = Path(__file__).parents[2] / "ranmailbot" / "flows"
PORTS = {
    "store": ("begin", "count_attempts"),
    "mailbox": ("fetch", "file"),
    "room": ("prepare", "read"),
    "submission": ("send",),
    "self": ("probe",),
}
"""What a flow does to the world. Looking (`look`, `attempts`) leaves nothing behind."""
ON_THE_WAY = frozenset({"FeltSubmission.send"})
"""Functions that hand a call of a port on."""


@dataclass(frozen=True)
class Fuse:
    """Blows at this passage of the point; never, without one."""

    point: str
    passage: int = 1


NEVER = Fuse("")


@dataclass(frozen=True)
class Scene:
    """A point, and what makes a process come by. `first` is where an earlier process dies to prepare it.

    `rest`: the process after it lives until it rests, so that letters do not come near quarantine, and that doubts find
    their witness in the archive within the two hours for which it is asked. `resume`: then a person lets everything go
    again that was stopped. `when` tells two scenes at the same point apart.
    """

    point: str
    trouble: str = ""
    work: str = "run"
    first: str = ""
    rest: bool = False
    resume: bool = False
    when: str = ""

    @property
    def name(self) -> str:
        """No two scenes share it."""
        return f"{self.point}, {self.when}" if self.when else self.point

    @property
    def committed(self) -> bool:
        """Whether the transaction of this point is kept."""
        return self.point.endswith("begin, committed")


def transaction(step: str, *, keys: bool = False, **more: Any) -> tuple[Scene, ...]:
    """Before its COMMIT and after it; with new keys also between what was written and those keys."""
    moments = ("written", "keys kept", "committed") if keys else ("keys kept", "committed")
    return tuple(Scene(f"{step}: begin, {moment}", **more) for moment in moments)


SAID = "Submitter._send: send, DATA said"
ANSWERED = "Submitter._send: send, 250 read"
SCENES = (
    # A letter, from the mailbox to its folder.
    Scene("Receiver.run: fetch, after"),
    Scene("Receiver._read: prepare, after"),
    Scene("Receiver._read: count_attempts, before"),
    *transaction("SqlStore.count_attempts"),
    Scene("Receiver._read: count_attempts, after", rest=True),
    Scene("Receiver._read: read, before"),
    Scene("Receiver._read: read, after", rest=True),
    *transaction("Receiver.run", keys=True),
    Scene("Receiver.run: file, before"),
    Scene("Receiver.run: file, after", rest=True),
    *transaction("Receiver._forget", trouble="no room"),
    # A milestone, from the calendar to the outbox.
    *transaction("Announcer._fire"),
    *transaction("Announcer._group", keys=True),
    *transaction("Announcer._settle"),
    *transaction("Announcer._missed_somebody", trouble="lapsing"),
    *transaction("Announcer._lapse", trouble="lapsing"),
    *transaction("Announcer._alarm", trouble="hindered"),
    # A mail, from the outbox to the server.
    *transaction("Submitter.run"),
    Scene("Submitter._send: send, before"),
    Scene("Submitter._send: send, MAIL answered"),
    Scene("Submitter._send: send, RCPT answered"),
    *transaction("Submitter._last_check"),
    Scene(SAID, rest=True),
    Scene("Submitter._send: send, DATA answered"),
    Scene("Submitter._send: send, half of the content sent", rest=True),
    Scene("Submitter._send: send, content sent"),
    Scene(ANSWERED, rest=True),
    Scene("Submitter._send: send, after"),
    *transaction("Submitter._deliver"),
    *transaction("Submitter._release", trouble="unreachable"),
    # What a dead process left behind.
    *transaction("Submitter._reclaim", first="Submitter.run: begin, committed"),
    Scene("Submitter._looked_up: probe, found", first=ANSWERED),
    Scene("Submitter._looked_up: probe, unknown", first=SAID, rest=True),
    Scene("Submitter._looked_up: probe, absent", first=SAID, rest=True),
    # Commands at the machine.
    *transaction("decide_by_command", work="invite"),
    *transaction("erase_by_command", work="erase"),
    # A person stops the mailings and lets them go again.
    *transaction("hold_by_command", work="hold"),
    *transaction("resume_by_command", work="resume"),
    # The bot stops itself: more replies than allowed, where none is; a clock that is set ahead by a day.
    *transaction("Brake.check", trouble="flood", resume=True),
    *transaction("ClockWatch._ahead", trouble="clock ahead", resume=True),
    *transaction("ClockWatch._back", trouble="clock back"),
    # The disk is full, or so its reserve says in that process: no disk was filled for this. Then there is room again.
    *transaction("DiskWatch.run", trouble="full disk", when="full"),
    *transaction("DiskWatch.run", when="room again"),
    # What the bot logs in with ends within a week.
    *transaction("AccessWatch.run", trouble="access ends"),
    # A letter that nobody could judge, because that process broke on every letter, is judged again.
    *transaction("Clerk.retry", work="retry"),
    *transaction("Receiver._retry", keys=True),
    # A mail in doubt that nobody could clear up, released by who knows that it was not sent.
    *transaction("Clerk._move", work="release"),
    # A tick of the watch, and a silence that the organisers are told of.
    *transaction("Vitals.run"),
    *transaction("OrganisersRoute.tell", trouble="silent"),
    # An edition that is known to have gone out already.
    *transaction("Clerk.mark_kept", work="mark kept"),
)


def steps_of_the_flows() -> set[str]:
    """Each function of the flows that does something to the world, with the port it calls, read from their source."""
    found: set[str] = set()
    for path in FLOWS.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for name, function in _functions(tree, ""):
            calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
            found |= {f"{name}: {call.attr}" for call in calls if isinstance(call, ast.Attribute) and _is_port(call)}
    return found


def _functions(tree: ast.AST, inside: str) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield inside + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{node.name}.")


def _is_port(call: ast.Attribute) -> bool:
    owner = call.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return call.attr in PORTS.get(name, ())


# -- the fuse ----------------------------------------------------------------------------------------------------------


class Burning:
    """Counts how often its point is passed, whichever thread passes it, and kills this process."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse, self._passed, self._lock = fuse, 0, threading.Lock()
        self.inside = threading.local()
        """The step whose transaction this thread is in."""

    def at(self, point: str) -> None:
        if point == self._fuse.point:
            with self._lock:
                self._passed += 1
                if self._passed == self._fuse.passage:
                    os.kill(os.getpid(), signal.SIGKILL)

    def wants(self, point: str) -> bool:
        return point == self._fuse.point


@contextmanager
def armed(fuse: Fuse) -> Iterator[None]:
    """In this process the fuse burns; nothing is wrapped if it has no point."""
    with ExitStack() as held:
        if fuse.point:
            burning = Burning(fuse)
            for target, name, wrapped in _wrapped(burning):
                held.enter_context(patch.object(target, name, wrapped))
        yield


def no_room() -> None:
    """From now on this process has no place to read letters in."""

    def read(*_: object) -> None:
        raise Unavailable("no place to read in, for a test")

    InProcessReadingRoom.read = read  # type: ignore[assignment, method-assign]


def full_disk() -> None:
    """From now on this process finds no room for the reserve on its disk; test_reserve.py fills one."""

    def keep(_: Reserve) -> bool:
        return False

    setattr(Reserve, "keep", keep)  # noqa: B010 - ends with this process


def no_judgement() -> None:
    """From now on this process breaks on every letter it judges, like a program with a fault."""

    def recognise(_: object) -> None:
        raise RuntimeError("no judgement, for a test")

    setattr(receive, "recognise", recognise)  # noqa: B010 - ends with this process


def _wrapped(burning: Burning) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    yield SqlStore, "begin", _begin(burning)
    yield AesSeal, "keep", _keep(burning)
    hands = {
        ImapMailbox: ("fetch", "file"),
        InProcessReadingRoom: ("prepare", "read"),
        SmtpSubmission: ("send",),
        SqlStore: ("count_attempts",),
    }
    for hand, names in hands.items():
        for name in names:
            yield hand, name, _around(burning, getattr(hand, name), name)
    yield ImapMailbox, "archived", _probe(burning)
    for name in ("mail", "rcpt"):
        yield SMTP, name, _answered(burning, getattr(SMTP, name), name.upper())
    yield SMTPProtocol, "write", _write(burning)
    yield SMTPProtocol, "execute_data_command", _answered(burning, SMTPProtocol.execute_data_command, "250")


def _begin(burning: Burning) -> Callable[..., Any]:
    original = SqlStore.begin

    def begin(store: SqlStore) -> Any:
        return passing(sys._getframe(1).f_code.co_qualname, original(store))

    @contextmanager
    def passing(step: str, inner: Any) -> Iterator[Any]:
        with inner as books:
            before = _changes(books)
            yield books
            # A transaction that wrote nothing is no passage, but for one that only asks, in case.
            real = _changes(books) > before or step == "Announcer._missed_somebody"
            burning.inside.step = step if real else ""
        burning.at(f"{step if real else ''}: begin, committed")

    return begin


def _changes(books: Any) -> int:
    """Rows that this connection has changed so far."""
    return int(books.shelf.connection.connection.driver_connection.total_changes)


def _keep(burning: Burning) -> Callable[..., None]:
    original = AesSeal.keep

    def keep(seal: AesSeal) -> None:
        burning.at(f"{burning.inside.step}: begin, written")
        original(seal)
        burning.at(f"{burning.inside.step}: begin, keys kept")

    return keep


def _around(burning: Burning, original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*given: Any, **more: Any) -> Any:
        step = _step(sys._getframe(1))
        burning.at(f"{step}: {name}, before")
        result = original(*given, **more)
        if name != "fetch" or result:  # an empty mailbox is no passage
            burning.at(f"{step}: {name}, after")
        return result

    return call


def _step(frame: FrameType) -> str:
    """The step of the flows that called; whoever only feels the pulse of a port on the way is none."""
    while frame.f_code.co_qualname in ON_THE_WAY and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_qualname


def _probe(burning: Burning) -> Callable[..., Any]:
    original = ImapMailbox.archived

    def archived(*given: Any) -> Any:
        found = original(*given)
        burning.at(f"{sys._getframe(1).f_code.co_qualname}: probe, {found.value}")
        return found

    return archived


def _answered(burning: Burning, original: Callable[..., Any], what: str) -> Callable[..., Any]:
    done = "read" if what.isdigit() else "answered"

    async def call(*given: Any, **more: Any) -> Any:
        result = await original(*given, **more)
        burning.at(f"Submitter._send: send, {what} {done}")
        return result

    return call


def _write(burning: Burning) -> Callable[..., None]:
    original = SMTPProtocol.write

    def write(protocol: SMTPProtocol, data: bytes) -> None:
        content = data.endswith(b"\r\n.\r\n")
        if content:
            burning.at("Submitter._send: send, DATA answered")
            if burning.wants(half := "Submitter._send: send, half of the content sent"):
                original(protocol, data[: len(data) // 2])
                burning.at(half)
        original(protocol, data)
        if content:
            burning.at("Submitter._send: send, content sent")
        elif data == b"DATA\r\n":
            burning.at(SAID)

    return write
