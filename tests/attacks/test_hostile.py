"""No mail, however made, raises, takes too long or too much memory, or stops the next one: a choice of the hostile ones
in real children. All of them, with what each took: `python -m tests.attacks.ordeal`.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.hostile import MAILS
from tests.attacks.ordeal import MEGABYTES, ordeal

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60
HARMLESS_REASONS = {"unreadable: the message is empty"}
TIMED = {
    "PDF: a million words",
    "winmail.dat: zeros",
    "S/MIME: an identifier without an end",
}
"""Attachments on which time is called; these take as long as they may."""
GREEDY = {"24 MB below 29 levels", "100,000 multiparts within each other", "24 MB of headers", "1,000,000 pages"}
CHOSEN = sorted(GREEDY & set(MAILS)) + [name for number, name in enumerate(MAILS) if number % 9 == 0]


def test_there_are_many_and_each_is_the_same_every_time() -> None:
    assert len(MAILS) > 500
    for name in CHOSEN[::5]:
        assert MAILS[name]() == MAILS[name]()


def test_hostile_mails_are_read_within_their_memory_and_so_is_the_next_one() -> None:
    """`ordeal` itself asserts that the honest mail after each was read."""
    told = list(ordeal((name, MAILS[name]) for name in dict.fromkeys(CHOSEN) if name not in TIMED))
    unread = {one.name: one.kind for one in told if one.kind.startswith("unreadable")}
    assert {name: kind for name, kind in unread.items() if kind not in HARMLESS_REASONS} == {}
    assert max(one.megabytes for one in told) <= MEGABYTES


@pytest.mark.parametrize("name", ["S/MIME: an identifier without an end", "winmail.dat: zeros"])
def test_an_attachment_that_takes_too_long_is_left_unread_and_its_letter_is_read(name: str) -> None:
    (told,) = ordeal([(name, MAILS[name])])
    assert told.kind in ("enquiry", "answers")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_outlives_read_when_it_is_killed_while_its_children_are_busy(tmp_path: Path) -> None:
    slow, settings = tmp_path / "slow.eml", tmp_path / "config.toml"
    slow.write_bytes(MAILS["S/MIME: an identifier without an end"]())
    patient = "\n[limits]\nchild_cpu_seconds = 600\nchild_wall_seconds = 600\n"
    settings.write_text((ROOT / "config.toml").read_text(encoding="utf-8") + patient, encoding="utf-8")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    command = [sys.executable, "-m", "ranmailbot", "read", *[str(slow)] * 2, "--config", str(settings), "--json"]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    watched = _busy(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert parent.stdout is not None
    parent.stdout.close()
    for descriptor in watched:
        assert select.select([descriptor], [], [], SECONDS)[0], "a process outlived its parent"
        os.close(descriptor)
    assert len(watched) > 2


def _busy(parent: int) -> list[int]:
    """Everything below this process, as soon as two of them read a mail."""
    for _ in range(100_000):
        found = _below(parent)
        if sum(map(_reads, found)) > 1:
            return [os.pidfd_open(pid) for pid in found]
        select.select([], [], [], 0.01)  # the children announce themselves to nobody
    raise AssertionError("no child was ever busy")


def _below(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
            except OSError:
                continue
            found += [int(folder.name)] if session == parent and int(folder.name) != parent else []
    return found


def _reads(pid: int) -> bool:
    """Whether it is reading a mail: only then has it a limit on its processor time."""
    try:
        limits = (Path("/proc") / str(pid) / "limits").read_text()
    except OSError:
        return False
    return any(line.startswith("Max cpu time") and line.split()[3] != "unlimited" for line in limits.splitlines())
