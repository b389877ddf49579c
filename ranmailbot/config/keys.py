"""Where the key store is and where its wrapping key comes from. No key ever stands in config.toml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ranmailbot.config.accounts import Surroundings
from ranmailbot.config.complaint import Fault
from ranmailbot.config.safe import KeysSection, StorageSection
from ranmailbot.config.settings import KeySettings
from ranmailbot.config.shape import Tables, seen
from ranmailbot.ports import WrappingKey

SOURCES = ("wrapping_key_file", "wrapping_key_env", "wrapping_key_command")
FILE = "wrapping.key"


def faults(tables: Tables, around: Surroundings) -> Iterator[Fault]:
    """Everything wrong with the keys."""
    section = seen(KeysSection, tables.get("keys", {}))
    if section is None:
        return
    named = [name for name in SOURCES if getattr(section, name)]
    if len(named) > 1:
        remedy = f"Name only one of {', '.join(SOURCES)}: the others would never be asked."
        yield Fault(("keys", named[1]), getattr(section, named[1]), remedy)
    variable = section.wrapping_key_env
    if variable and not around.environment.get(variable):
        yield Fault(
            ("keys", "wrapping_key_env"),
            variable,
            "This environment variable is not set for the bot: set it before you start.",
        )
    file = section.wrapping_key_file
    if file and not (around.folder / file).is_file():
        remedy = "There is no such file. Make it with: head -c 32 /dev/urandom | base64 (and chmod 600)."
        yield Fault(("keys", "wrapping_key_file"), file, remedy)
    if section.folder and (around.folder / section.folder).is_file():
        yield Fault(("keys", "folder"), section.folder, "This is a file, not a folder: choose another name.")


def keys(section: KeysSection, storage: StorageSection, around: Surroundings) -> KeySettings:
    """The settings of tables without faults."""
    folder = around.folder / (section.folder or Path(storage.folder) / "keys")
    file = section.wrapping_key_file
    wrapping = WrappingKey(
        file=around.folder / file if file else folder / FILE,
        own=file is None,
        text=around.environment[section.wrapping_key_env].strip() if section.wrapping_key_env else "",
        command=tuple(section.wrapping_key_command or ()),
    )
    return KeySettings(folder, wrapping, section.strangers_days, section.organisers_days)
