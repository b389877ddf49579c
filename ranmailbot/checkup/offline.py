"""What can be checked without any server: mails, zones, storage, keys, routes of the alarm. Touches nothing.

Known limit: whether a worker runs is read from the kernel's list of locks, so it is known on Linux only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.sql.engine import DATABASE, StoreRefused
from ranmailbot.checkup.findings import Finding, Level
from ranmailbot.config import Settings
from ranmailbot.flows.silence import trial
from ranmailbot.mail.sample_drafts import sample_drafts
from ranmailbot.ports import Clock, TemplateFault, Unavailable
from ranmailbot.sealing import SealBroken
from ranmailbot.watching import Moment, Route

LITTLE_ROOM = 500_000_000
"""Bytes: a call with some hundred applicants and their attachments stays below that."""
NO_ROOM = 16_000_000
LOCKS = Path("/proc/locks")


def checked(settings: Settings, open_store: Callable[[], object]) -> Iterator[Finding]:
    """Everything. `open_store` opens the database that is there, and its keys; raises what is wrong with them."""
    for text in settings.warnings:
        place, _, advice = text.partition("\n")
        yield Finding("config.advice", Level.NOTE, f"{place}: {' '.join(advice.split())}")
    yield from _templates(settings)
    yield from _zones(settings)
    yield from storage(settings, open_store)
    yield from _routes(settings)


def storage(settings: Settings, open_store: Callable[[], object]) -> Iterator[Finding]:
    """The state folder, its disk, database and keys, and whether a worker runs there."""
    folder = settings.storage.folder
    yield _folder(folder)
    yield _room(folder)
    if folder.exists() and not folder.stat().st_mode & 0o077:
        yield _store(folder, open_store)
        yield from _worker(folder / "worker.lock")


def tried(routes: Sequence[Route], now: Moment, who: str) -> Iterator[Finding]:
    """A trial message by each route."""
    for route in routes:
        try:
            route.tell(trial(now, who))
        except Unavailable as fault:
            remedy = "Correct this route under [alarm] in config.toml, or what it leads to, and try again."
            yield Finding("alarm.trial", Level.FAULT, f"{route.name}: not told: {fault}", remedy, "alarm")
        else:
            yield Finding("alarm.trial", Level.OK, f"{route.name}: it took the trial; see that it arrived")


def _templates(settings: Settings) -> Iterator[Finding]:
    try:
        faults = JinjaStationery(settings.call, settings.templates).check()
    except TemplateFault as fault:
        faults = [str(fault)]
    for text in faults:
        remedy = "Correct this template; `ranmailbot preview` shows how each mail looks."
        yield Finding("templates", Level.FAULT, text, remedy, "templates.folder")
    if not faults:
        count = len(sample_drafts(settings.call))
        yield Finding("templates", Level.OK, f"all {count} sample mails can be written")


def _zones(settings: Settings) -> Iterator[Finding]:
    zones = sorted({settings.call.zone, *(session.zone for session in settings.call.sessions)})
    deadline = settings.call.deadline
    told = [f"{zone} (UTC{deadline.astimezone(ZoneInfo(zone)):%z} at the deadline)" for zone in zones]
    yield Finding("zones", Level.OK, f"time zones are known: {', '.join(told)}")


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        parent = next(one for one in folder.parents if one.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding("storage.folder", Level.NOTE, f"{folder} is not there yet; the first start makes it")
        remedy = (
            f"Make it, and give it to the user that the bot runs as (mode 700); that user cannot write to {parent}."
        )
        return Finding("storage.folder", Level.FAULT, f"{folder} cannot be made", remedy, "storage.folder")
    if folder.stat().st_mode & 0o077:
        what = f"{folder} can be read by others"
        return Finding("storage.folder", Level.FAULT, what, f"Run: chmod 700 {folder}", "storage.folder")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        remedy = "Run this command, and the bot, as the user to whom the folder belongs."
        return Finding("storage.folder", Level.FAULT, f"{folder} cannot be used by you", remedy, "storage.folder")
    return Finding("storage.folder", Level.OK, f"{folder} is for its owner only")


def _room(folder: Path) -> Finding:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    what = f"{free // 1_000_000} MB are free on its disk"
    if free < NO_ROOM:
        return Finding("storage.space", Level.FAULT, what, "Make room: the bot fetches nothing on a full disk.")
    if free < LITTLE_ROOM:
        return Finding("storage.space", Level.WARNING, what, "Make room soon: every letter and every mail is kept.")
    return Finding("storage.space", Level.OK, what)


def _store(folder: Path, open_store: Callable[[], object]) -> Finding:
    if not (folder / DATABASE).exists():
        return Finding("storage.database", Level.NOTE, "nothing is stored yet")
    try:
        open_store()
    except (StoreRefused, SealBroken, Unavailable) as fault:
        remedy = 'See "Troubles" in docs/operations.md; nothing was changed.'
        return Finding("storage.database", Level.FAULT, str(fault), remedy)
    return Finding("storage.database", Level.OK, "the database is sound, and its keys fit")


def _worker(lock: Path) -> Iterator[Finding]:
    try:
        inode, held = lock.stat().st_ino, LOCKS.read_text("ascii").splitlines()
    except OSError:
        return
    runs = any(line.split()[1:2] == ["FLOCK"] and line.split()[5].endswith(f":{inode}") for line in held)
    yield Finding("storage.worker", Level.OK, "the bot runs on it" if runs else "the bot does not run on it just now")


def _routes(settings: Settings) -> Iterator[Finding]:
    count, tolerance = settings.alarm.routes, settings.alarm.tolerance
    if count:
        routes, each = ("1 route", "it") if count == 1 else (f"{count} routes", "each of them")
        minutes = int(tolerance.fetch.total_seconds()) // 60
        what = f"silence is told by {routes}, for example when the mailbox cannot be read for {minutes} minutes"
        yield Finding("alarm.routes", Level.OK, f"{what}; `ranmailbot check --alarm` tries {each}")
        return
    remedy = "Add a route under [alarm] in config.toml: a mail by another account, a command or a webhook."
    what = "nobody is told when the bot can fetch or send nothing, for it cannot mail then"
    real = settings.mailbox.account is not None
    yield Finding("alarm.routes", Level.WARNING if real else Level.NOTE, what, remedy, "alarm")


def moment(clock: Clock) -> Moment:
    """This moment, for a trial."""
    return Moment(clock.now(), clock.monotonic())
