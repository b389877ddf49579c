"""Where to fetch and submit mail, and as whom. Passwords come from the environment or a file, never from config.toml.

Fear: other users of the machine. A password file that they can read is refused.
Known limit: passwords only; OAuth2 has no key here yet.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ranmailbot.config.complaint import Fault
from ranmailbot.config.sections import Security
from ranmailbot.config.shape import Tables, seen
from ranmailbot.config.values import STRICT, Host, Line, Variable
from ranmailbot.ports import Account

Section = Literal["mailbox", "submission"]
PORTS = {"mailbox": {"tls": 993, "starttls": 143}, "submission": {"tls": 465, "starttls": 587}}
SERVER_KEYS = ("host", "port", "security", "user", "password_env", "password_file", "ca_file")
LARGEST_PASSWORD_FILE = 10_000


class Kind(BaseModel):
    """Whether the mailbox is built in."""

    model_config = STRICT
    server: Literal["built-in", "imap"] = "built-in"


class HasUser(BaseModel):
    """Whom to log in as."""

    model_config = STRICT
    user: Line | None = None


class Secrets(BaseModel):
    """Where the password is."""

    model_config = STRICT
    password_env: Variable | None = None
    password_file: Line | None = None


class Server(BaseModel):
    """The server behind either table."""

    model_config = STRICT
    host: Host | None = None
    port: int | None = None
    security: Security | None = None
    ca_file: Line | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What passwords are taken from: environment variables, and the folder that relative files are seen from."""

    environment: Mapping[str, str]
    folder: Path


def is_built_in(tables: Tables) -> bool | None:
    """Whether our own server holds the mailbox; None if the file does not say it soundly."""
    kind = seen(Kind, tables.get("mailbox"))
    return None if kind is None else kind.server == "built-in"


def faults(tables: Tables, around: Surroundings) -> Iterator[Fault]:
    """Everything wrong with servers and passwords."""
    built_in = is_built_in(tables)
    if built_in is None:
        return
    for section in ("mailbox", "submission"):
        table = tables.get(section, {})
        if not isinstance(table, dict):
            continue
        if built_in:
            yield from _not_needed(section, table)
        else:
            yield from _needed(section, table)
            yield from _password_faults(section, table, around)
            yield from _ca_file(section, table, around)


def account(section: Section, tables: Tables, around: Surroundings) -> Account | None:
    """The account of a table without faults; None if the server is built in."""
    if is_built_in(tables):
        return None
    own, mailbox = _table(section, tables), _table("mailbox", tables)
    server = Server.model_validate(own)
    security = server.security or "tls"
    user = HasUser.model_validate(own).user or HasUser.model_validate(mailbox).user or ""
    secrets = Secrets.model_validate(own)
    if secrets == Secrets():
        # The submission server usually knows the same account as the mailbox.
        secrets = Secrets.model_validate(mailbox)
    return Account(
        host=server.host or "",
        port=server.port or PORTS[section][security],
        security=security,
        user=user,
        password=_password(secrets, around),
        ca_file=around.folder / server.ca_file if server.ca_file else None,
    )


def password_of(secrets: Secrets, around: Surroundings) -> str:
    """The password that these keys name. Raises ValueError with a remedy that never holds it."""
    return _password(secrets, around)


def _table(section: Section, tables: Tables) -> dict[str, object]:
    table = tables.get(section, {})
    return table if isinstance(table, dict) else {}


def _not_needed(section: str, table: dict[str, object]) -> Iterator[Fault]:
    for name in SERVER_KEYS:
        if name in table:
            remedy = 'The built-in server needs no such line: take it out, or write server = "imap" in [mailbox].'
            yield Fault((section, name), table[name], remedy)


def _needed(section: str, table: dict[str, object]) -> Iterator[Fault]:
    names = {"host": '"imap.ran.example"', "user": '"prisons-call@ran.example"'}
    if section == "submission":
        names = {"host": '"smtp.ran.example"'}
    for name, example in names.items():
        if name not in table:
            remedy = f'It is missing, and server = "imap" needs it: add for example {name} = {example}'
            yield Fault((section, name), None, remedy)


def _password_faults(section: str, table: dict[str, object], around: Surroundings) -> Iterator[Fault]:
    secrets = seen(Secrets, table)
    if secrets is None or (section == "submission" and secrets == Secrets()):
        return
    if "password" in table and secrets == Secrets():
        return  # complained of as an unknown key, with the remedy
    name = "password_file" if secrets.password_file else "password_env"
    try:
        _password(secrets, around)
    except ValueError as error:
        yield Fault((section, name), getattr(secrets, name), str(error))


def _password(secrets: Secrets, around: Surroundings) -> str:
    """The password. Raises ValueError with a remedy that never holds it."""
    if secrets.password_env and secrets.password_file:
        raise ValueError("Name either password_env or password_file, not both.")
    if secrets.password_file:
        return _one_password(_read(around.folder / secrets.password_file), "This file")
    if secrets.password_env:
        if secrets.password_env not in around.environment:
            raise ValueError("This environment variable is not set for the bot: set it before you start.")
        return _one_password(around.environment[secrets.password_env], "This environment variable")
    raise ValueError('No password is named: add for example password_env = "RANMAILBOT_PASSWORD".')


def _one_password(text: str, place: str) -> str:
    """The text without the line end that editors add. Raises ValueError if it can be no password."""
    password = text.rstrip("\r\n")
    if not password.strip():
        raise ValueError(f"{place} is empty: put the password into it.")
    if any(ord(character) < ord(" ") for character in password):
        raise ValueError(f"{place} holds more than one line, or a tab: put nothing but the password into it.")
    return password


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # The file that is read is the one that is judged.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(LARGEST_PASSWORD_FILE + 1)
    except FileNotFoundError:
        raise ValueError("There is no such file.") from None
    except OSError as error:
        raise ValueError(f"This file cannot be read: {error.strerror}.") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ValueError(
            "Everybody on this machine can read or change this file: run chmod 600 on it, then change the password."
        )
    if len(content) > LARGEST_PASSWORD_FILE:
        raise ValueError("This file is far too large to be a password.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("This file is no UTF-8 text.") from None


def _ca_file(section: str, table: dict[str, object], around: Surroundings) -> Iterator[Fault]:
    server = seen(Server, table)
    if server and server.ca_file and not (around.folder / server.ca_file).is_file():
        yield Fault((section, "ca_file"), server.ca_file, "There is no such file.")
