"""`check`: can the bot start, and can its servers do what it needs? Works beside a running bot.

Exit codes: 0 nothing to mend, 1 a warning or a fault (or something is stopped), 2 config.toml is wrong.
"""

from __future__ import annotations

import socket
import threading
from argparse import Namespace
from collections.abc import Sequence
from shutil import get_terminal_size

from ranmailbot import config, lookout, service
from ranmailbot.adapters.embedded import HOST
from ranmailbot.checkup import offline, online
from ranmailbot.checkup.findings import Finding, Level, page, summary, to_mend
from ranmailbot.checkup.probe import Own
from ranmailbot.checkup.trip import Proven
from ranmailbot.cli.console import REFUSED, Console
from ranmailbot.cli.correct import described, say_what_is_stopped
from ranmailbot.cli.desk import desktop_of, ending_access, settings_of
from ranmailbot.cli.progress import progress_on
from ranmailbot.flows.brake import holds
from ranmailbot.records import Hold

WIDTH = 100
"""Columns where there is no terminal."""


def check(console: Console, options: Namespace) -> int:
    """Everything that was asked for. 0 if there is nothing to mend and nothing is stopped."""
    settings = settings_of(options)
    if not options.json:
        console.say(config.explain(settings))
    findings = list(offline.checked(settings, lambda: desktop_of(options).close()))
    findings += [Finding("config.access", Level.WARNING, text) for text in ending_access(settings)]
    proven = None
    if options.alarm:
        findings += _alarm(settings)
    if not options.offline:
        found = _online(console, options, settings)
        findings, proven = [*findings, *found.findings], found.proven
    stopped = _stopped(options, settings, findings)
    if options.json:
        console.json(_json(settings, findings, proven, stopped))
    else:
        _say(console, findings)
        say_what_is_stopped(console, stopped, settings.call.zone)
    return REFUSED if stopped or to_mend(findings) else 0


def _json(
    settings: config.Settings, findings: Sequence[Finding], proven: Proven | None, stopped: Sequence[Hold]
) -> dict[str, object]:
    return {
        "faults": [one.what for one in findings if one.level is Level.FAULT],
        "warnings": [*settings.warnings, *(one.what for one in findings if one.level is Level.WARNING)],
        "stopped": [described(one) for one in stopped],
        "findings": [one.json() for one in findings],
        "proven": proven.json() if proven else None,
    }


def _say(console: Console, findings: Sequence[Finding]) -> None:
    width = get_terminal_size((WIDTH, 24)).columns if console.out.isatty() else WIDTH
    console.say()
    console.say(page(findings, min(width, WIDTH)))
    console.say()
    console.say(summary(findings))


def _alarm(settings: config.Settings) -> Sequence[Finding]:
    routes = lookout.routes(settings, service.RandomTokens().token)
    return tuple(offline.tried(routes, offline.moment(service.WallClock()), settings.call.key))


def _online(console: Console, options: Namespace, settings: config.Settings) -> online.Checked:
    """The configured servers, or the built-in one if it is running."""
    mail = service.configured_server(settings) or _built_in(options, settings)
    if mail is None:
        what = "the built-in server is not running, so nothing was tried with it; `ranmailbot run` starts it"
        return online.Checked((Finding("imap.login", Level.NOTE, what),), None)
    box = settings.call.mailbox
    with progress_on(console, quiet=options.json) as progress:
        tokens, wait = service.RandomTokens().token, threading.Event().wait
        means = online.Means(service.WallClock(), tokens, lambda s: (wait(s), None)[1], progress, options.seconds)
        found = online.checked(mail, Own(box.email, settings.submission.return_tokens), settings.mailbox.trust, means)
    if found.proven is None:
        return found
    kept = online.keep(found.proven, mail.imap.host, settings.storage.folder)
    return online.Checked((*found.findings, kept), found.proven)


def _built_in(options: Namespace, settings: config.Settings) -> service.MailServer | None:
    """The built-in server of this state folder, if it answers."""
    state = settings.storage.folder
    if not service.built_in_password_file(state).exists():
        return None
    try:
        for port in (options.smtp_port, options.imap_port):
            socket.create_connection((HOST, port), 1).close()
    except OSError:
        return None
    return service.built_in_at(settings, state, options.smtp_port, options.imap_port)


def _stopped(options: Namespace, settings: config.Settings, findings: Sequence[Finding]) -> tuple[Hold, ...]:
    sound = any(one.key == "storage.database" and one.level is Level.OK for one in findings)
    if not sound or not (settings.storage.folder / "ranmailbot.sqlite").exists():
        return ()
    desktop = desktop_of(options)
    with desktop.store.look() as books:
        return holds(books)
