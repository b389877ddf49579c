"""`hold`, `resume`, `release`, `drop`, `retry`: a person stops the bot, or settles what it could not, while it runs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.desk import desktop_of, local
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import hold_by_command, resume_by_command
from ranmailbot.flows.correct import Clerk
from ranmailbot.records import Hold, Level
from ranmailbot.service import Desktop, RandomTokens

LONGEST_REASON = 200


def hold(console: Console, options: Namespace) -> int:
    """Stop mailings, or everything. Stopping what is stopped already changes nothing."""
    desktop = desktop_of(options)
    level = Level.ALL if options.all else Level.BULK
    reason = " ".join(options.reason.split())
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Usage(f"--reason takes one line of at most {LONGEST_REASON} characters; it is stored and shown as it is")
    alarms = Alarms(desktop.desk, desktop.settings.call)
    wanted = Hold(level, reason or "by command", desktop.clock.now(), by_bot=False)
    new = hold_by_command(desktop.store, alarms, RandomTokens(), wanted)
    if options.json:
        console.json({"level": level, "new": new})
        return 0
    what = "all sending" if level is Level.ALL else "mailings"
    console.say(f"{what} stopped; letters are still received. `ranmailbot resume` lets it go on" if new else
                f"{what} had been stopped already; `ranmailbot status` says why")  # fmt: skip
    return 0


def resume(console: Console, options: Namespace) -> int:
    """Let everything go again, and say what had stopped it."""
    desktop = desktop_of(options)
    found = resume_by_command(desktop.store, desktop.clock, RandomTokens())
    if options.json:
        console.json([described(one) for one in found])
        return 0
    for one in found:
        console.say(f"goes on: {one.level}, stopped {local(one.at, desktop.settings.call.zone)}: {one.reason}")
    if not found:
        console.say("nothing was stopped")
    return 0


def release(console: Console, options: Namespace) -> int:
    """Held mails are sent after all."""
    done = _clerk(desktop_of(options)).release(_chosen(options))
    return _told(console, options, done, "goes back to the queue, to be sent as it is")


def drop(console: Console, options: Namespace) -> int:
    """Mails are not sent, or had been sent."""
    done = _clerk(desktop_of(options)).drop(_chosen(options), was_sent=options.sent)
    return _told(console, options, done, "is noted as sent" if options.sent else "is void and will not be sent")


def retry(console: Console, options: Namespace) -> int:
    """Letters that were put aside: listed, or judged again by the worker."""
    desktop = desktop_of(options)
    if options.numbers or options.all:
        done = _clerk(desktop).retry(_chosen(options))
        return _told(console, options, done, "is judged again within a minute or two, if the bot runs", what="letter")
    with desktop.store.look() as books:
        aside = books.aside()
    if options.json:
        console.json([
            {"number": one.number, "arrived": one.arrived.isoformat(), "outcome": one.outcome, "note": one.note,
             "kept": one.kept, "again": one.again} for one in aside
        ])  # fmt: skip
        return 0
    if not aside:
        console.say("no letter was put aside")
        return 0
    console.table(("letter", "arrived", "outcome", "why"), [
        (str(one.number), local(one.arrived, desktop.settings.call.zone),
         f"{one.outcome}, waits to be judged again" if one.again else one.outcome, one.note) for one in aside
    ])  # fmt: skip
    return 0


def described(one: Hold) -> dict[str, object]:
    """A hold for programs."""
    return {"level": one.level, "reason": one.reason, "since": one.at.isoformat(), "by_bot": one.by_bot}


def say_what_is_stopped(console: Console, holds: Sequence[Hold], zone: str) -> int:
    """A line for each hold; the exit code that says whether there are any."""
    for one in holds:
        what = "ALL SENDING IS STOPPED" if one.level is Level.ALL else "MAILINGS ARE STOPPED"
        console.say(f"{what} since {local(one.at, zone)}: {one.reason}. `ranmailbot resume` lets it go on")
    return REFUSED if holds else 0


def _chosen(options: Namespace) -> Sequence[int] | None:
    if options.all == bool(options.numbers):
        raise Usage("name the numbers, or write --all; not both")
    return None if options.all else list(dict.fromkeys(options.numbers))


def _clerk(desktop: Desktop) -> Clerk:
    return Clerk(desktop.store, desktop.clock, RandomTokens())


def _told(console: Console, options: Namespace, done: Sequence[int], told: str, *, what: str = "mail") -> int:
    if options.json:
        console.json(list(done))
        return 0
    for number in done:
        console.say(f"{what} {number} {told}")
    if not done:
        console.say(f"there is no {what} that waits for this")
    return 0
