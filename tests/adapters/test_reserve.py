"""A full disk: fetching stops, an alarm is written all the same, nothing is lost, and it goes on when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ranmailbot import service
from ranmailbot.adapters.sql.reserve import Reserve
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.disk_watch import DiskWatch
from ranmailbot.ports import Unavailable
from ranmailbot.records import DISK_FULL
from tests.world import World, settings

ANN = "ann@example.org"


class Disk:
    """A disk whose free room is played: the database may have so many pages."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.pages = world, 1_000_000
        self.reserve = Reserve(folder / "state" / "reserve", 100_000)
        self.free = 10**9
        event.listen(world.engine, "begin", self._limit)
        world.store = SqlStore(world.engine, world.call, world.reports._seal, "digest", reserve=self.reserve)
        assert world.store.has_room()
        world.start()
        self.watch = DiskWatch(world.store, Alarms(world.desk, world.call), world.clock)

    def _limit(self, connection: Any) -> None:
        room = self.pages + (0 if self.reserve.path.exists() else 60)
        connection.exec_driver_sql(f"PRAGMA max_page_count={room}")

    def fill(self) -> None:
        with self.world.engine.connect() as connection:
            self.pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        self.free = 0


@pytest.fixture
def disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    one = Disk(world, tmp_path)
    monkeypatch.setattr(Reserve, "_free", lambda _self: one.free)
    return one


def test_a_full_disk_loses_no_letter_and_tells_the_organisers(world: World, disk: Disk) -> None:
    disk.fill()
    for number in range(5):
        world.post(f"person{number}@example.org", "Hello " * 5000)
    with pytest.raises(Unavailable, match="disk is full"):
        world.receiver.run()
    assert not disk.reserve.path.exists()
    assert len(world.mailbox.folders["INBOX"]) == 5
    assert not disk.watch.run()
    with pytest.raises(Unavailable, match="letters wait in the mailbox"):
        world.receiver.run()
    assert world.submitter.run() == len(world.call.organisers)
    assert "disk" in world.mails(world.call.organisers[0].email, "alarm")[0].text


def test_the_alarm_is_told_once_and_taken_back_when_there_is_room(world: World, disk: Disk) -> None:
    disk.fill()
    disk.reserve.path.unlink()
    for _ in range(3):
        assert not disk.watch.run()
    assert len([mail for mail in world.outbox() if mail.kind == "alarm"]) == len(world.call.organisers)
    disk.pages, disk.free = 1_000_000, 10**9
    assert disk.watch.run()
    assert disk.reserve.path.stat().st_size == disk.reserve.size
    with world.store.look() as books:
        assert books.fact(DISK_FULL) is None
    world.post(ANN, "Hello")
    world.settle()
    assert world.kinds(ANN) == ["form"]


def test_what_is_under_way_can_be_finished_on_the_reserve(world: World, disk: Disk) -> None:
    world.post(ANN, "Hello")
    world.receive()
    disk.fill()
    world.post("bob@example.org", "Hello " * 50_000)
    with pytest.raises(Unavailable):
        world.receiver.run()
    world.submitter.run()
    assert world.kinds(ANN) == ["form"]
    assert world.reports.books().states == {"sent": 1}


def test_a_locked_database_does_not_cost_the_reserve(disk: Disk) -> None:
    class Locked(Exception):
        sqlite_errorcode = 5

    assert not disk.reserve.give_up_if(OperationalError("x", {}, Locked()))
    assert disk.reserve.path.exists()


def test_the_reserve_is_made_only_where_there_is_room_for_it_twice(disk: Disk) -> None:
    disk.reserve.path.unlink()
    disk.free = 2 * disk.reserve.size - 1
    assert not disk.reserve.keep()
    disk.free += 1
    assert disk.reserve.keep()
    assert disk.reserve.path.stat().st_mode & 0o777 == 0o600


# -- a real disk ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("a small file system can be mounted by root only")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=40m", "tmpfs", place], check=False, capture_output=True)
    if done.returncode != 0:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        yield place
    finally:
        subprocess.run([umount, place], check=True)


def until_full(world: World) -> int:
    """Letters arrive until the disk is full; how many."""
    for posted in range(1, 60):
        world.post(f"person{posted}@domain{posted}.example", "Hello " * 20_000, proven=False)
        try:
            world.receiver.run()
        except Unavailable as fault:
            assert "disk is full" in str(fault)  # noqa: PT017 - which of the letters it is, is not foretold
            return posted
    raise AssertionError("the disk did not run full")


def test_on_a_real_disk_that_runs_full_the_bot_stops_tells_and_goes_on(small_disk: Path, tmp_path: Path) -> None:
    world = World(tmp_path / "elsewhere")
    world.engine.dispose()
    (small_disk / "state").mkdir(mode=0o700)
    desktop = service.open_desktop(settings(), world.clock, small_disk / "state", world.tokens)
    world.engine, world.store, world.reports = desktop.store._engine, desktop.store, desktop.reports
    world.start()
    watch = DiskWatch(world.store, Alarms(world.desk, world.call), world.clock)
    assert watch.run()
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - 400_000)
    posted = until_full(world)
    assert not watch.run()
    world.submitter.run()
    assert world.mails(world.call.organisers[0].email, "alarm")
    ballast.unlink()
    assert watch.run()
    world.settle()
    assert len(world.letters()) == posted
    assert world.mailbox.folders["INBOX"] == []
    assert sum(mail.kind == "form" and mail.state == "sent" for mail in world.outbox()) == posted
    desktop.close()
