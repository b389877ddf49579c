"""The reading room in child processes: whatever a letter does there, it costs that letter alone."""

from __future__ import annotations

import multiprocessing
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ranmailbot.adapters import reading_room
from ranmailbot.adapters.reading_room import ChildReadingRoom, InProcessReadingRoom
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unavailable, Unreadable
from tests.adapters.readers import Doomed, Troubled
from tests.mail import documents as made
from tests.mail.test_attachments import FILES
from tests.mail.test_letter import BOMBS

ROOT = Path(__file__).parent.parent.parent
LETTERS = sorted((ROOT / "tests" / "letters").glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
GOOD = b"From: a@x.example\nSubject: x\n\nhello\n"
LIMITS = replace(Limits(), child_wall_seconds=60)
STRICT = replace(LIMITS, child_cpu_seconds=2)
HASTY = replace(LIMITS, child_wall_seconds=3)
PATIENCE = 60


def envelope(raw: bytes) -> Envelope:
    return Envelope("INBOX", 1, 1, NOW, len(raw), raw)


def reader() -> Troubled:
    return Troubled(InProcessReadingRoom(Limits(), Trust("generic", ""), frozenset({"us@ran.example"})))


def troubled(name: str) -> bytes:
    return f"From: a@x.example\n\ntrouble: {name}\n".encode()


@pytest.fixture(scope="module")
def room() -> Iterator[ChildReadingRoom]:
    yield from opened(LIMITS)


@pytest.fixture(scope="module")
def strict_room() -> Iterator[ChildReadingRoom]:
    yield from opened(STRICT)


@pytest.fixture
def hasty_room() -> Iterator[ChildReadingRoom]:
    yield from opened(HASTY)


def opened(limits: Limits) -> Iterator[ChildReadingRoom]:
    one = ChildReadingRoom(reader(), limits)
    yield one
    one.close()


def read(room: ChildReadingRoom, *raws: bytes) -> list[Letter | Unreadable]:
    return list(room.read([envelope(raw) for raw in raws], [NOW] * len(raws)))


def reasons(room: ChildReadingRoom, *raws: bytes) -> list[str]:
    return [one.reason if isinstance(one, Unreadable) else "letter" for one in read(room, *raws)]


def test_a_child_reads_every_letter_as_we_would(room: ChildReadingRoom) -> None:
    raws = [path.read_bytes() for path in LETTERS]
    raws += [made.mail("hi", made.part(name, content)) for name, content in FILES.items()]
    raws += [made.mail("", made.part("winmail.dat", made.tnef("hi", {"a.docx": FILES["answers.docx"]})))]
    raws += [made.mail("", made.part("smime.p7m", made.signed(b"\n\nhi")))]
    raws += ["From: anna@bücher.example\n\nhi".encode(), b"From: a@xn--bcher-kva.example\n\nhi"]
    raws += [f"From: a@x.example\nContent-Type: text/plain; charset={c}\n\n".encode() + bytes(range(160, 256)) for c in
             ("windows-1257", "iso-8859-16", "cp866", "big5", "euc-kr", "iso-2022-jp", "mac-cyrillic")]  # fmt: skip
    inside = reader()
    assert read(room, *raws) == [inside.read_one(envelope(raw), NOW) for raw in raws]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("eats", "no memory"),
        ("dies", "the reader died of it (exit code 3)"),
        ("socket", "Too many open files"),
        ("file", "Too many open files"),
        ("environment", ""),
    ],
)
def test_a_letter_that_makes_trouble_costs_only_itself(room: ChildReadingRoom, trouble: str, reason: str) -> None:
    assert reasons(room, GOOD, troubled(trouble), GOOD, GOOD, GOOD) == ["letter", reason, "letter", "letter", "letter"]


def test_moments_keep_the_zone_in_which_they_were_told(room: ChildReadingRoom) -> None:
    there = NOW.astimezone(ZoneInfo("Europe/Riga"))
    (one,) = room.read([replace(envelope(GOOD), stamp=there)], [there])
    assert isinstance(one, Letter)
    assert (one.arrived, one.arrived.tzinfo) == (there, there.tzinfo)


def test_a_letter_that_burns_the_processor_costs_only_itself(strict_room: ChildReadingRoom) -> None:
    told = reasons(strict_room, GOOD, troubled("burns"), GOOD)
    assert told == ["letter", "reading it took more than 2 seconds of processor time", "letter"]


def test_a_letter_that_hangs_costs_only_itself(hasty_room: ChildReadingRoom) -> None:
    told = reasons(hasty_room, GOOD, troubled("sleeps"), GOOD)
    assert told == ["letter", "reading it took longer than 3 seconds", "letter"]


def test_harmless_letters_do_not_add_up_to_a_harmful_one(strict_room: ChildReadingRoom) -> None:
    assert [reasons(strict_room, troubled("works")) for _ in range(10)] == [["worked"]] * 10


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_read_up_to_the_limits_and_the_next_letter_too(room: ChildReadingRoom, name: str) -> None:
    first, second = read(room, BOMBS[name].encode(), GOOD)
    assert isinstance(first, Letter)
    assert isinstance(second, Letter)


def test_a_bomb_in_an_attachment_leaves_the_letter_readable(room: ChildReadingRoom) -> None:
    raws = [made.mail("hello", made.part("a.docx", bomb)) for bomb in (made.zip_bomb(), made.laughs())]
    for one in read(room, *raws, GOOD):
        assert isinstance(one, Letter)
        assert one.text.text.strip() == "hello"
        assert not one.documents


def test_a_child_that_is_killed_while_idle_is_replaced() -> None:
    others = {child.pid for child in children()}
    room = ChildReadingRoom(reader(), LIMITS)
    assert reasons(room, GOOD) == ["letter"]
    for _ in range(3):
        idle = next(child for child in children() if child.pid not in others)
        idle.kill()
        idle.join()
        assert reasons(room, GOOD, GOOD) == ["letter", "letter"]
    room.close()


def test_a_closed_room_leaves_no_child_and_opens_again() -> None:
    one = ChildReadingRoom(reader(), LIMITS)
    before = {child.pid for child in children()}
    assert reasons(one, GOOD) == ["letter"]
    assert len({child.pid for child in children()} - before) == 2
    one.close()
    assert {child.pid for child in children()} == before
    assert reasons(one, GOOD) == ["letter"]
    one.close()


def test_a_room_that_nobody_uses_starts_no_child() -> None:
    before = {child.pid for child in children()}
    one = ChildReadingRoom(reader(), LIMITS)
    assert read(one) == []
    one.close()
    assert {child.pid for child in children()} == before


def test_without_children_no_letter_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_room, "_SECONDS_TO_START", 10)
    one = ChildReadingRoom(Doomed(), LIMITS)
    with pytest.raises(Unavailable, match="no child process"):
        read(one, GOOD)
    one.close()


def test_chunks_keep_the_order_and_large_letters_travel_alone() -> None:
    jobs = [(envelope(b"x" * size), NOW) for size in (1, 2, 5_000_000, 3, 4, 5)]
    chunks = reading_room._chunks(jobs)
    assert [job for chunk in chunks for job in chunk] == jobs
    assert [len(chunk) for chunk in chunks] == [2, 1, 3]
    assert [len(chunk) for chunk in reading_room._chunks(jobs[:2] * 50)] == [50, 50]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_no_child_outlives_a_parent_that_is_killed() -> None:
    command = [sys.executable, "-m", "tests.adapters.reading_parent"]
    parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdin is not None
    watched = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    for child in watched:
        assert select.select([child], [], [], PATIENCE)[0]
        os.close(child)
    assert len(watched) == 2
    parent.stdin.close()
    parent.stdout.close()


def children() -> list[multiprocessing.process.BaseProcess]:
    return multiprocessing.active_children()
