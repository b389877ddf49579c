"""What most commands begin with: the settings, the clock, the store."""

from __future__ import annotations

import os
from argparse import Namespace
from datetime import datetime
from zoneinfo import ZoneInfo

from ranmailbot import config, service
from ranmailbot.cli.console import Console, Usage
from ranmailbot.grants import ending


def settings_of(options: Namespace) -> config.Settings:
    """The configuration. Raises BadConfig."""
    return config.load(options.config, os.environ)


def desktop_of(options: Namespace) -> service.Desktop:
    """Store and stationery, beside a worker that may run. Raises Usage if nothing is stored yet."""
    settings = settings_of(options)
    if not (settings.storage.folder / "ranmailbot.sqlite").exists():
        raise Usage(f"nothing is stored in {settings.storage.folder} yet; `ranmailbot run` begins it")
    return service.open_desktop(settings, service.WallClock(), settings.storage.folder)


def local(moment: datetime, zone: str) -> str:
    """Date and time as people of this zone read them, with the zone's name at that moment."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def ending_access(settings: config.Settings) -> tuple[str, ...]:
    """What the bot logs in with and that ends within a week, or has ended."""
    today = service.WallClock().now().date()
    told = (ending(grant, today) for grant in settings.grants)
    return tuple(f"{one[0]}. {one[1]}" for one in told if one is not None)


def warn(console: Console, settings: config.Settings) -> None:
    """Warnings of the configuration."""
    for warning in (*settings.warnings, *ending_access(settings)):
        console.note(f"warning: {warning}")
