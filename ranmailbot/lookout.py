"""The lookout: the configured routes of the alarm, and a watcher for each of them."""

from __future__ import annotations

from collections.abc import Callable

from ranmailbot.adapters.alarm_routes import CommandRoute, MailRoute, WebhookRoute
from ranmailbot.config import Settings
from ranmailbot.flows.pulse import Pulse
from ranmailbot.flows.silence import Watcher
from ranmailbot.flows.silence_mail import LogRoute
from ranmailbot.watching import Route


def routes(settings: Settings, token: Callable[[], str]) -> tuple[Route, ...]:
    """The configured routes, in the order of the file."""
    alarm = settings.alarm
    return (
        *(MailRoute(one.account, one.sender, one.to, token) for one in alarm.mails),
        *(CommandRoute(one.argv, one.seconds) for one in alarm.commands),
        *(WebhookRoute(one.url, one.seconds, one.ca_file) for one in alarm.webhooks),
    )


def watchers(settings: Settings, pulse: Pulse, token: Callable[[], str]) -> tuple[Watcher, ...]:
    """One for each route by which silence is told, the log first."""
    tolerance, who = settings.alarm.tolerance, settings.call.key
    return tuple(Watcher(route, pulse, tolerance, who) for route in (LogRoute(), *routes(settings, token)))
