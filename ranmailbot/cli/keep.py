"""`backup` and `restore`: the whole database in one file, and back again."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot import recovery, service
from ranmailbot.cli.console import Console, Usage
from ranmailbot.cli.desk import local, settings_of
from ranmailbot.config import Settings


def backup(console: Console, options: Namespace) -> int:
    """A copy of one moment, complete and checked, or none."""
    settings = settings_of(options)
    folder = settings.storage.folder
    if not (folder / "ranmailbot.sqlite").exists():
        raise Usage(f"nothing is stored in {folder} yet; `ranmailbot run` begins it")
    facts = service.back_up(folder, options.file)
    if options.json:
        console.json({"file": str(options.file), **_facts(facts)})
        return 0
    console.say(f"{options.file}: {_sums(facts)}, {facts.size} bytes; checked and sound")
    console.say(f"It opens nothing without the keys. Keep a copy of {folder / 'keys'} at another place.")
    return 0


def restore(console: Console, options: Namespace) -> int:
    """The backup takes the place of the database; what it would send is held, and mailings are stopped."""
    settings = settings_of(options)
    clock = service.WallClock()
    lost = recovery.Lost(clock.now() if options.lost_at is None else _moment(settings, options.lost_at),
                        options.numbers_above, until_known=options.lost_at is not None)  # fmt: skip
    with service.worker_lock(settings.storage.folder):
        done = recovery.restore(settings, clock, options.file, lost)
    if options.json:
        console.json({
            **_facts(done.backup), "held": done.held, "lost_at": done.lost.until.isoformat(),
            "numbers_above": done.lost.numbers_above, "aside": str(done.aside) if done.aside else None,
        })  # fmt: skip
        return 0
    _tell(console, settings, options.file, done)
    return 0


def _tell(console: Console, settings: Settings, source: Path, done: recovery.Restored) -> None:
    zone = settings.call.zone
    newest = f", up to {local(done.backup.newest, zone)}" if done.backup.newest else ""
    console.say(f"restored from {source}: {_sums(done.backup)}{newest}")
    if done.aside:
        console.say(f"the database that was there lies beside it: {done.aside}")
    if done.lost.until_known:
        console.say(f"letters that arrived after {local(done.lost.until, zone)} are answered as usual")
    else:
        console.say("answers to letters that arrived before now will be held; --lost-at MOMENT says it more exactly")
    if not done.lost.numbers_above:
        console.say("warning: which numbers were given after the backup is not known; --numbers-above N says it")
    console.say(f"Mails held: {done.held}; mailings are stopped. What to do now:\n"
                "  1. ranmailbot outbox --state held     release what was not sent, drop what was\n"
                "  2. ranmailbot timeline --kept KEY     for each mailing that went out since the backup\n"
                "  3. move letters that came since the backup back to INBOX, and start the bot\n"
                "  4. ranmailbot resume                  when all of this is done; then 1. once more")  # fmt: skip


def _sums(facts: service.BackupFacts) -> str:
    rows = facts.rows
    return f"{rows['letters']} letters, {rows['applications']} applications, {rows['outbox']} mails"


def _facts(facts: service.BackupFacts) -> dict[str, object]:
    newest = facts.newest.isoformat() if facts.newest else None
    return {**asdict(facts), "newest": newest, "calls": sorted(facts.calls)}


def _moment(settings: Settings, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Usage(f"--lost-at {text}: write a moment like 2022-03-05T10:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(settings.call.zone))
    return moment.astimezone(UTC)
