"""`preview`, `publish`, `completion`: everything that can be looked at before the call opens."""

from __future__ import annotations

from argparse import Namespace
from email import message_from_bytes, policy

from ranmailbot import config
from ranmailbot.adapters.jinja import JinjaStationery
from ranmailbot.cli.console import Console, Usage
from ranmailbot.cli.desk import settings_of
from ranmailbot.mail.form import blank_form
from ranmailbot.mail.outgoing import Draft, OutgoingMail
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT, SAMPLE_MESSAGE_ID, sample_drafts, sample_name


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


def _sample(settings: config.Settings, draft: Draft) -> OutgoingMail:
    stationery = JinjaStationery(settings.call, settings.templates)
    event = SAMPLE_EVENT if draft.calendar else None
    return stationery.write(draft, SAMPLE_MESSAGE_ID, settings.call.published, event)


def _part(mail: OutgoingMail, subtype: str) -> str:
    message = message_from_bytes(mail.content, policy=policy.default)  # our own bytes, not a stranger's
    part = message.get_body((subtype,))
    text: str = part.get_content() if part else ""
    return text if subtype == "html" else f"Subject: {mail.subject}\n\n{text.rstrip()}"
