"""Given servers for a rehearsal: where strangers' letters are handed in, and where all that people got can be read.

Two tables of a small TOML file. The bot's own accounts are those of its configuration. Whoever writes the file is
trusted; passwords come from the environment or from a file, as everywhere.
Known limit: one entry and one catch-all mailbox; a server that spreads people over many mailboxes cannot be used.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ranmailbot.adapters.tls import is_loopback
from ranmailbot.ports import Account

Security = Literal["tls", "starttls", "none"]
SECURITIES = ("tls", "starttls", "none")
PORTS = {"entry": {"tls": 465, "starttls": 25, "none": 25}, "readers": {"tls": 993, "starttls": 143, "none": 143}}
KEYS = {
    "entry": {"host", "port", "security", "user", "password_env", "password_file", "ca_file", "unproven"},
    "readers": {"host", "port", "security", "user", "password_env", "password_file", "ca_file"},
}
UNPROVEN = "nobody@unproven.example"


@dataclass(frozen=True, slots=True)
class Hosts:
    """`entry` takes letters to the bot (an empty user: no login), `readers` is the mailbox that catches all others.

    `unproven` is the envelope sender of letters whose author proves nothing: the entry's verdict on it must not pass.
    """

    entry: Account
    readers: Account
    unproven: str = UNPROVEN


def read_hosts(path: Path, environment: Mapping[str, str]) -> Hosts:
    """The file. Raises ValueError with a sentence that says what to mend."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path}: this file cannot be read; name a TOML file with [entry] and [readers]") from None
    except tomllib.TOMLDecodeError as fault:
        raise ValueError(f"{path}: this is no TOML: {fault}") from None
    for name in tables:
        if name not in KEYS:
            raise ValueError(f"{path}: [{name}] is not known here; [entry] and [readers] are")
    entry = _account(path, "entry", tables, environment)
    readers = _account(path, "readers", tables, environment)
    if not readers.user:
        raise ValueError(f"{path}: [readers] needs a user and a password, to look at what people got")
    return Hosts(entry, readers, str(tables["entry"].get("unproven", UNPROVEN)))


def _account(path: Path, name: str, tables: Mapping[str, object], environment: Mapping[str, str]) -> Account:
    table = tables.get(name)
    if not isinstance(table, dict):
        raise ValueError(f"{path}: the table [{name}] is missing")  # noqa: TRY004 - a fault of the file, told as such
    for key in table:
        if key not in KEYS[name]:
            raise ValueError(f"{path}: {key} is not known in [{name}]; known are {', '.join(sorted(KEYS[name]))}")
    host, security = str(table.get("host", "")), str(table.get("security", "tls"))
    if not host:
        raise ValueError(f"{path}: [{name}] needs a host")
    if security not in SECURITIES:
        raise ValueError(f'{path}: security in [{name}] is "tls", "starttls", or "none" on this machine')
    if security == "none" and not is_loopback(host):
        raise ValueError(f'{path}: security "none" in [{name}] is for this machine only')
    port = table.get("port", PORTS[name][security])
    if not isinstance(port, int):
        raise ValueError(f"{path}: port in [{name}] is a number")  # noqa: TRY004 - a fault of the file, told as such
    user, ca_file = str(table.get("user", "")), str(table.get("ca_file", ""))
    password = _password(path, name, table, environment) if user else ""
    trusted = path.parent / ca_file if ca_file else None
    return Account(host, port, cast("Security", security), user, password, trusted)


def _password(path: Path, name: str, table: Mapping[str, object], environment: Mapping[str, str]) -> str:
    variable, file = str(table.get("password_env", "")), str(table.get("password_file", ""))
    if variable:
        if variable not in environment:
            raise ValueError(f"{path}: [{name}] names the variable {variable}, which is not set")
        return environment[variable]
    try:
        return (path.parent / file).read_text("utf-8").strip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path}: the password file of [{name}] cannot be read") from None
