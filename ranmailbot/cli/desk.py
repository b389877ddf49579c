"""What most commands begin with: the settings, the clock, the store."""

from __future__ import annotations

import os
from argparse import Namespace
from datetime import datetime
from zoneinfo import ZoneInfo

from ranmailbot import config, service
from ranmailbot.cli.console import Console, Usage


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


def warn(console: Console, settings: config.Settings) -> None:
    """Warnings of the configuration."""
    for warning in settings.warnings:
        console.note(f"warning: {warning}")
