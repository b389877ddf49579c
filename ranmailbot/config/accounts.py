"""Where to fetch and submit mail, and as whom. Passwords come from the environment or a file, never from config.toml.

Fear: other users of the machine (see secret_files.py). How tokens are got instead of passwords stands in sign_in.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

from ranmailbot.config import secret_files, sign_in
from ranmailbot.config.complaint import Fault
from ranmailbot.config.oauth2 import OAuth2Section
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.sections import Security
from ranmailbot.config.shape import Tables, seen
from ranmailbot.config.values import STRICT, Host, Line, Variable
from ranmailbot.grants import Grant
from ranmailbot.ports import Account

Section = Literal["mailbox", "submission"]
PORTS = {"mailbox": {"tls": 993, "starttls": 143}, "submission": {"tls": 465, "starttls": 587}}
SERVER_KEYS = ("host", "port", "security", "user", "password_env", "password_file", "ca_file", sign_in.TABLE)


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
            yield from _login_faults(section, table, around)
            yield from _ca_file(section, table, around)


def account(section: Section, tables: Tables, around: Surroundings) -> Account | None:
    """The account of a table without faults, but for the tokens (see `grant`); None if the server is built in."""
    if is_built_in(tables):
        return None
    own, way = _table(section, tables), _way(section, tables)
    server = Server.model_validate(own)
    security = server.security or "tls"
    return Account(
        host=server.host or "",
        port=server.port or PORTS[section][security],
        security=security,
        user=_user(section, tables),
        password="" if sign_in.TABLE in way else _password(Secrets.model_validate(way), around),
        ca_file=around.folder / server.ca_file if server.ca_file else None,
    )


def password_of(secrets: Secrets, around: Surroundings) -> str:
    """The password that these keys name. Raises ValueError with a remedy that never holds it."""
    return _password(secrets, around)


def grant(section: Section, tables: Tables, around: Surroundings) -> Grant | None:
    """What access tokens are asked for with; None if there is a password."""
    way = _way(section, tables)
    if is_built_in(tables) or sign_in.TABLE not in way:
        return None
    return sign_in.grant(OAuth2Section.model_validate(way[sign_in.TABLE]), _user(section, tables), around)


def _way(section: Section, tables: Tables) -> dict[str, object]:
    """The table that says how to log in: the submission server usually knows the same account as the mailbox."""
    own = _table(section, tables)
    named = sign_in.TABLE in own or Secrets.model_validate(own) != Secrets()
    return own if named else _table("mailbox", tables)


def _user(section: Section, tables: Tables) -> str:
    users = (HasUser.model_validate(_table(name, tables)).user for name in (section, "mailbox"))
    return next((user for user in users if user), "")


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


def _login_faults(section: str, table: dict[str, object], around: Surroundings) -> Iterator[Fault]:
    """A password or tokens; the submission server may leave both to the mailbox."""
    yield from sign_in.faults(section, table, around)
    secrets = seen(Secrets, table)
    if secrets is None or (section == "submission" and secrets == Secrets() and sign_in.TABLE not in table):
        return
    if sign_in.TABLE in table:
        if secrets != Secrets():
            name = "password_file" if secrets.password_file else "password_env"
            remedy = f"Name either a password or [{section}.oauth2], not both."
            yield Fault((section, name), getattr(secrets, name), remedy)
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
        return secret_files.line_of_file(around.folder / secrets.password_file, "password")
    if secrets.password_env:
        return secret_files.variable(secrets.password_env, around, "password")
    raise ValueError('No password is named: add for example password_env = "RANMAILBOT_PASSWORD".')


def _ca_file(section: str, table: dict[str, object], around: Surroundings) -> Iterator[Fault]:
    server = seen(Server, table)
    if server and server.ca_file and not (around.folder / server.ca_file).is_file():
        yield Fault((section, "ca_file"), server.ca_file, "There is no such file.")
