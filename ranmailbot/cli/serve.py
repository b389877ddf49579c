"""`run` and `rehearse`: the bot at work, and the bot at play."""

from __future__ import annotations

import logging
import os
import signal
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ranmailbot import lookout, service
from ranmailbot.adapters.embedded import HOST
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.adapters.systemd import from_environment
from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.desk import local, settings_of, warn
from ranmailbot.config import Settings
from ranmailbot.ports import TemplateFault
from ranmailbot.rehearsal import Hosts, read_hosts
from ranmailbot.rehearsal import rehearse as play
from ranmailbot.runner import LOOK_SECONDS, Watch, running


def run(console: Console, options: Namespace) -> int:
    """Run until SIGINT or SIGTERM."""
    os.umask(0o077)  # whatever the bot writes is for its own eyes
    settings = settings_of(options)
    _log(verbose=options.verbose)
    warn(console, settings)
    clock = _clock(console, settings, options.as_of)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if faults := JinjaStationery(settings.call, settings.templates).check():
        raise TemplateFault("these mails cannot be written, so the bot does not start:\n" + "\n".join(faults))
    state = settings.storage.folder
    with service.worker_lock(state), _server(console, settings, options) as (mail, guard):
        worker = service.build(settings, clock, state=state, mail=mail)
        try:
            with running(worker, stop, guard, _watch(settings, worker)):
                console.note("ready; stop with Ctrl-C")
                stop.wait()
        finally:
            worker.close()
    console.note("stopped; nothing is lost, start again at any time")
    return 0


def rehearse(console: Console, options: Namespace) -> int:
    """Play the call; 0 only if the books balance and nothing contradicts the rules."""
    settings = settings_of(options)
    folder = options.keep or Path("rehearsals") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    progress = _quiet if options.json else _progress(console)
    people, seed, state = options.applicants, options.seed, options.keep_state
    if state is not None and state.exists():
        raise Usage(f"--keep-state {state}: this is there already; name a folder that is not")
    hosts = _hosts(options.server)
    result = play(settings, applicants=people, seed=seed, folder=folder, progress=progress, state=state, hosts=hosts)
    if options.json:
        console.json(result.json())
    else:
        console.say(result.table())
    return REFUSED if result.json()["faults"] else 0


def _hosts(path: Path | None) -> Hosts | None:
    try:
        return None if path is None else read_hosts(path, os.environ)
    except ValueError as fault:
        raise Usage(f"--server {fault}") from None


def _clock(console: Console, settings: Settings, as_of: str | None) -> service.WallClock:
    call, now = settings.call, datetime.now(UTC)
    if as_of is None:
        if now > call.sessions[-1].end:
            console.note(
                f"note: the dates of this call are past (its deadline was {local(call.deadline_day, call.zone)}).\n"
                f"      Letters are answered as late. To try it as if it were open, start its clock earlier:\n"
                f"      ranmailbot run --as-of {call.published.astimezone(ZoneInfo(call.zone)):%Y-%m-%d}T09:00"
            )
        return service.WallClock()
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise Usage(f"--as-of {as_of}: write a moment like 2022-03-01T09:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(call.zone))
    console.note(f"the clock starts at {local(moment, call.zone)}")
    return service.WallClock(moment.astimezone(UTC) - now)


@contextmanager
def _server(
    console: Console, settings: Settings, options: Namespace
) -> Iterator[tuple[service.MailServer, service.Guard]]:
    """The configured servers, or the built-in one, which is watched and started again if it dies."""
    configured = service.configured_server(settings)
    if configured is not None:
        yield configured, lambda: None
        return
    state = settings.storage.folder
    with service.serve_built_in(settings, state, options.smtp_port, options.imap_port) as built_in:
        box, server = settings.call.mailbox.email, built_in.server
        console.note(
            f"built-in mail server (this machine only):\n"
            f"  deliver to  {box}  by SMTP at {HOST}:{server.smtp_port} (no login, no TLS)\n"
            f"  read at     IMAP {HOST}:{server.imap_port}, user {box} for the bot's mailbox, or your own address\n"
            f"              for yours; the password of all is in {service.built_in_password_file(state)}"
        )
        yield service.built_in_server(settings, state, server), built_in.watch


def _watch(settings: Settings, worker: service.Worker) -> Watch:
    """The configured routes, and systemd if it started us."""
    systemd = from_environment(os.environ, os.getpid(), LOOK_SECONDS)
    watchers = lookout.watchers(settings, worker.pulse, service.RandomTokens().token)
    return Watch(watchers, systemd, settings.alarm.tolerance)


def _progress(console: Console) -> Callable[[str], None]:
    """One line that is written over, on a terminal; silence elsewhere, where the table at the end says it all."""

    def show(text: str) -> None:
        console.err.write(f"\r\x1b[K{text[:100]}")
        console.err.flush()

    return show if console.err.isatty() else _quiet


def _quiet(_: str) -> None:
    """Progress that nobody watches."""


def _log(*, verbose: bool) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("ranmailbot").setLevel(level)
