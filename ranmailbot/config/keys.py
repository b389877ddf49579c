"""Where the key store is and where its wrapping key comes from. No key ever stands in config.toml."""

from __future__ import annotations

from collections.abc import Iterator

from ranmailbot.config.complaint import Fault
from ranmailbot.config.safe import KeysSection
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.settings import KeySettings
from ranmailbot.config.shape import Tables, seen
from ranmailbot.sealing import WrappingKey

SOURCES = ("wrapping_key_file", "wrapping_key_env", "wrapping_key_command")


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


def keys(section: KeysSection, around: Surroundings) -> KeySettings:
    """The settings of tables without faults."""
    folder = around.folder / section.folder if section.folder else None
    file, variable, command = section.wrapping_key_file, section.wrapping_key_env, section.wrapping_key_command
    wrapping = WrappingKey(
        file=around.folder / file if file else None,
        text=around.environment[variable].strip() if variable else "",
        command=tuple(command or ()),
    )
    named = file or variable or command
    return KeySettings(folder, wrapping if named else None, section.strangers_days, section.organisers_days)
