"""By which routes silence is told, and after how long. Passwords never stand in the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from ranmailbot.config.accounts import PORTS, Secrets, password_of
from ranmailbot.config.alarm_section import AlarmMailSection, AlarmSection, AlarmWebhookSection
from ranmailbot.config.complaint import Fault, Where
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.settings import AlarmSettings, CommandAlarm, MailAlarm, WebhookAlarm
from ranmailbot.config.shape import Tables, seen_list
from ranmailbot.config.values import host
from ranmailbot.mail.address import clean_email
from ranmailbot.ports import Account
from ranmailbot.watching import Tolerance

NOT_SET = "This environment variable is not set for the bot: set it before you start."


def faults(tables: Tables, around: Surroundings) -> Iterator[Fault]:
    """Everything wrong with the routes."""
    table = tables.get("alarm", {})
    if not isinstance(table, dict):
        return
    for index, mail in seen_list(AlarmMailSection, table.get("mail")):
        yield from _mail_faults(("alarm", "mail", index), mail, around)
    for index, webhook in seen_list(AlarmWebhookSection, table.get("webhook")):
        yield from _webhook_faults(("alarm", "webhook", index), webhook, around)


def alarm(section: AlarmSection, around: Surroundings) -> AlarmSettings:
    """The settings of a table without faults."""
    return AlarmSettings(
        tolerance=Tolerance(
            fetch=timedelta(minutes=section.fetch_minutes),
            send=timedelta(minutes=section.send_minutes),
            commit=timedelta(minutes=section.commit_minutes),
            untold=timedelta(minutes=section.untold_minutes),
            repeat=timedelta(hours=section.repeat_hours),
        ),
        mails=tuple(_mail(one, around) for one in section.mail),
        commands=tuple(CommandAlarm(tuple(one.run), one.seconds) for one in section.command),
        webhooks=tuple(_webhook(one, around) for one in section.webhook),
    )


def _mail(section: AlarmMailSection, around: Surroundings) -> MailAlarm:
    account = Account(
        host=section.host,
        port=section.port or PORTS["submission"][section.security],
        security=section.security,
        user=section.user,
        password=password_of(_secrets(section), around),
        ca_file=around.folder / section.ca_file if section.ca_file else None,
    )
    return MailAlarm(account, section.sender or section.user, tuple(section.to))


def _webhook(section: AlarmWebhookSection, around: Surroundings) -> WebhookAlarm:
    ca_file = around.folder / section.ca_file if section.ca_file else None
    return WebhookAlarm(_url(section, around), section.seconds, ca_file)


def _url(section: AlarmWebhookSection, around: Surroundings) -> str:
    return section.url or around.environment.get(section.url_env or "", "").strip()


def _secrets(section: AlarmMailSection) -> Secrets:
    return Secrets(password_env=section.password_env, password_file=section.password_file)


def _mail_faults(where: Where, section: AlarmMailSection, around: Surroundings) -> Iterator[Fault]:
    name = "password_file" if section.password_file else "password_env"
    try:
        password_of(_secrets(section), around)
    except ValueError as error:
        yield Fault((*where, name), getattr(section, name), str(error))
    if section.sender is None and clean_email(section.user) is None:
        remedy = 'The user is no address, so say whom it comes from: for example sender = "alarms@other.example".'
        yield Fault((*where, "sender"), None, remedy)
    yield from _ca_file(where, section.ca_file, around)


def _webhook_faults(where: Where, section: AlarmWebhookSection, around: Surroundings) -> Iterator[Fault]:
    if (section.url is None) == (section.url_env is None):
        yield Fault((*where, "url"), None, "Name either url or url_env: where the alarm is posted to.")
        return
    if section.url_env and not around.environment.get(section.url_env):
        yield Fault((*where, "url_env"), section.url_env, NOT_SET)
    elif not _sound(_url(section, around)):
        remedy = 'It must be a whole https address: for example "https://hooks.other.example/ranmailbot".'
        yield Fault((*where, "url" if section.url else "url_env"), None, remedy)
    yield from _ca_file(where, section.ca_file, around)


def _sound(url: str) -> bool:
    """Whether this is a plain https address: a host, no user, nothing that could break a request line."""
    try:
        parts = urlsplit(url)
        host(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return plain and parts.scheme == "https" and parts.username is None


def _ca_file(where: Where, name: str | None, around: Surroundings) -> Iterator[Fault]:
    if name and not (around.folder / name).is_file():
        yield Fault((*where, "ca_file"), name, "There is no such file.")
