"""`check`, `preview`, `publish`, `completion`: everything that can be looked at before the call opens."""

from __future__ import annotations

from argparse import Namespace
from email import message_from_bytes, policy

from ranmailbot import config
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.cli.console import REFUSED, Console, Usage
from ranmailbot.cli.correct import described, say_what_is_stopped
from ranmailbot.cli.desk import desktop_of, ending_access, settings_of
from ranmailbot.flows.brake import holds
from ranmailbot.mail.form import blank_form
from ranmailbot.mail.outgoing import Draft, OutgoingMail
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT, SAMPLE_MESSAGE_ID, sample_drafts, sample_name
from ranmailbot.records import Hold


def check(console: Console, options: Namespace) -> int:
    """Configuration, templates, storage and timeline. 0 if the bot could start and nothing is stopped."""
    settings = settings_of(options)
    stopped = _stopped(options, settings)
    faults = JinjaStationery(settings.call, settings.templates).check()
    faults += _storage_faults(settings)
    warnings = [*settings.warnings, *ending_access(settings)]
    if options.json:
        console.json({"faults": faults, "warnings": warnings, "stopped": [described(one) for one in stopped]})
        return REFUSED if faults or stopped else 0
    console.say(config.explain(settings))
    for text in warnings:
        console.say(f"warning: {text}")
    for text in faults:
        console.say(f"FAULT: {text}")
    if not faults:
        console.say("no faults. Not checked: logins and delivery; a first letter to the mailbox shows them")
    code = say_what_is_stopped(console, stopped, settings.call.zone)
    return REFUSED if faults else code


def preview(console: Console, options: Namespace) -> int:
    """One mail with sample facts, or the list of kinds."""
    call = settings_of(options).call
    named: dict[str, Draft] = {}
    for draft in sample_drafts(call):
        named[sample_name(draft, named)] = draft
    if options.kind is None:
        console.say("\n".join(named))
        return 0
    if options.kind not in named:
        raise Usage(f"there is no mail {options.kind}; `ranmailbot preview` lists them")
    mail = _sample(settings_of(options), named[options.kind])
    if options.eml:
        console.bytes(mail.content)
    else:
        console.say(_part(mail, "html" if options.html else "plain"))
    return 0


def publish(console: Console, options: Namespace) -> int:
    """Page, block and text into a folder."""
    settings = settings_of(options)
    files = JinjaStationery(settings.call, settings.templates).publish(blank_form(settings.call))
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(files.items()):
        (options.out / name).write_text(text, encoding="utf-8")
        console.say(str(options.out / name))
    return 0


def completion(console: Console, options: Namespace) -> int:
    """The script that a shell reads."""
    import shtab  # noqa: PLC0415 - wanted by this command alone

    from ranmailbot.cli.parser import make_parser  # noqa: PLC0415 - the same

    console.say(shtab.complete(make_parser(), shell=options.shell))
    return 0


def _stopped(options: Namespace, settings: config.Settings) -> tuple[Hold, ...]:
    if _storage_faults(settings) or not (settings.storage.folder / "ranmailbot.sqlite").exists():
        return ()
    with desktop_of(options).store.look() as books:
        return holds(books)


def _storage_faults(settings: config.Settings) -> list[str]:
    folder = settings.storage.folder
    if folder.exists() and folder.stat().st_mode & 0o077:
        return [f"{folder} can be read by others; run: chmod 700 {folder}"]
    return []


def _sample(settings: config.Settings, draft: Draft) -> OutgoingMail:
    stationery = JinjaStationery(settings.call, settings.templates)
    event = SAMPLE_EVENT if draft.calendar else None
    return stationery.write(draft, SAMPLE_MESSAGE_ID, settings.call.published, event)


def _part(mail: OutgoingMail, subtype: str) -> str:
    message = message_from_bytes(mail.content, policy=policy.default)  # our own bytes, not a stranger's
    part = message.get_body((subtype,))
    text: str = part.get_content() if part else ""
    return text if subtype == "html" else f"Subject: {mail.subject}\n\n{text.rstrip()}"
