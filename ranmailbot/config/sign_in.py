"""[mailbox.oauth2] and [submission.oauth2] held against files and variables; what is right becomes a Grant.

Fear: other users of the machine (see secret_files.py), and a library that is missing when the first token is wanted.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.util import find_spec

from ranmailbot.config import secret_files
from ranmailbot.config.complaint import Fault, Where
from ranmailbot.config.oauth2 import OAuth2Section
from ranmailbot.config.secret_files import Surroundings
from ranmailbot.config.shape import seen
from ranmailbot.grants import MICROSOFT_LOGIN, MICROSOFT_SCOPE, Google, Grant, Microsoft365, TokenCommand

TABLE = "oauth2"
KEYS = {
    "microsoft365": ("tenant", "client_id", "client_secret_env", "client_secret_file", "certificate_file", "key_file",
                     "authority", "scope", "ca_file"),
    "google": ("key_file", "ca_file"),
    "command": ("command",),
}  # fmt: skip
NEEDED = {
    "microsoft365": {"tenant": "the tenant's ID", "client_id": "the app's ID"},
    "google": {"key_file": '"/etc/ranmailbot/service-account.json"'},
    "command": {"command": '["/opt/mail-token"]'},
}
EVERYBODY = ("provider", "expires")
LIBRARIES = {"microsoft365": ("msal", "msal"), "google": ("google", "google.auth")}
"""For each provider the name that must be there first, and the library."""
A_DAY = timedelta(days=1)
PRIVATE_KEY = "PRIVATE KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----"


def faults(section: str, table: dict[str, object], around: Surroundings) -> Iterator[Fault]:
    """Everything wrong with the tokens of one table."""
    found = seen(OAuth2Section, table.get(TABLE))
    if found is None:
        return
    where, provider = (section, TABLE), found.provider
    given = {name: value for name, value in found.model_dump().items() if value is not None}
    for name, value in given.items():
        if name not in (*KEYS[provider], *EVERYBODY):
            known = ", ".join(KEYS[provider])
            yield Fault((*where, name), value, f"{provider} needs no such line; it takes: {known}. Take it out.")
    for name, example in NEEDED[provider].items():
        if name not in given:
            yield Fault((*where, name), None, f"It is missing, and {provider} needs it: add {name} = {example}.")
    if not _is_installed(provider):
        remedy = f"Its library is not installed here: run pip install 'ranmailbot[{provider}]'."
        yield Fault((*where, "provider"), provider, remedy)
    if provider == "microsoft365":
        yield from _microsoft_faults(section, found, around)
    elif provider == "google" and found.key_file:
        yield from _told((section, TABLE, "key_file"), found.key_file, partial(_service_account, found, around))
    if found.ca_file and not (around.folder / found.ca_file).is_file():
        yield Fault((*where, "ca_file"), found.ca_file, "There is no such file.")


def grant(found: OAuth2Section, user: str, around: Surroundings) -> Grant:
    """The grant of a table without faults, for the mailbox `user`."""
    ca_file = around.folder / found.ca_file if found.ca_file else None
    if found.provider == "command":
        return TokenCommand(tuple(found.command or ()), found.expires)
    if found.provider == "google":
        return Google(_service_account(found, around), user, ca_file, found.expires)
    certificate, private_key = _certificate(found, around)
    return Microsoft365(
        tenant=found.tenant or "",
        client_id=found.client_id or "",
        secret=_client_secret(found, around),
        certificate=certificate,
        private_key=private_key,
        authority=(found.authority or MICROSOFT_LOGIN).rstrip("/"),
        scope=found.scope or MICROSOFT_SCOPE,
        ca_file=ca_file,
        expires=found.expires or last_day(certificate),
    )


def _microsoft_faults(section: str, found: OAuth2Section, around: Surroundings) -> Iterator[Fault]:
    where: Where = (section, TABLE)
    ways = ("client_secret_env", "client_secret_file", "certificate_file")
    named = [name for name in ways if getattr(found, name)]
    if not named:
        yield Fault(where, None, f"Name one of {', '.join(ways)}: none is here.")
    if len(named) > 1:
        remedy = f"Name only one of {', '.join(ways)}: the others would never be asked."
        yield Fault((*where, named[1]), getattr(found, named[1]), remedy)
    if found.certificate_file and not found.key_file:
        yield Fault((*where, "key_file"), None, "It is missing: name the private key of certificate_file.")
    if found.key_file and not found.certificate_file:
        yield Fault((*where, "certificate_file"), None, "It is missing: name the certificate that key_file belongs to.")
    if found.authority and not found.authority.startswith("https://"):
        yield Fault((*where, "authority"), found.authority, "It must begin with https://.")
    for name, text in (("tenant", found.tenant), ("client_id", found.client_id)):
        if text and not all(character.isalnum() or character in "-." for character in text):
            remedy = "It must be an ID (or, for the tenant, a domain): letters, digits, hyphens and dots."
            yield Fault((*where, name), text, remedy)
    for name in [*named, *(["key_file"] if found.key_file else [])]:
        yield from _told((*where, name), getattr(found, name), partial(_read, found, name, around))


def _read(found: OAuth2Section, name: str, around: Surroundings) -> str:
    """What one key of the table leads to. Raises ValueError with a remedy."""
    value = str(getattr(found, name))
    if name == "client_secret_env":
        return secret_files.variable(value, around, "client secret")
    path = around.folder / value
    if name == "client_secret_file":
        return secret_files.line_of_file(path, "client secret")
    if name == "certificate_file":
        text = secret_files.read(path, "certificate", private=False)
        if CERTIFICATE not in text:
            raise ValueError(f"This is no certificate in PEM form: it must hold a line {CERTIFICATE}.")
        return text
    text = secret_files.read(path, "key")
    if PRIVATE_KEY not in text:
        raise ValueError("This is no private key in PEM form: it must hold a line -----BEGIN PRIVATE KEY-----.")
    if "ENCRYPTED" in text:
        raise ValueError("This key has a passphrase, and nobody is there to type it: take it off, and chmod 600.")
    return text


def _client_secret(found: OAuth2Section, around: Surroundings) -> str:
    named = [name for name in ("client_secret_env", "client_secret_file") if getattr(found, name)]
    return _read(found, named[0], around) if named else ""


def _certificate(found: OAuth2Section, around: Surroundings) -> tuple[str, str]:
    if not found.certificate_file:
        return "", ""
    return _read(found, "certificate_file", around), _read(found, "key_file", around)


def last_day(certificate: str) -> date | None:
    """The last whole day (UTC) on which this certificate is good; None if it is none, or Python cannot tell.

    It can for those that may sign others, as self-signed ones made by openssl may.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError):
        return None
    ends = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs()]
    return (datetime.fromtimestamp(min(ends), UTC) - A_DAY).date() if ends else None


def _service_account(found: OAuth2Section, around: Surroundings) -> str:
    """The text of Google's key file. Raises ValueError with a remedy."""
    text = secret_files.read(around.folder / str(found.key_file), "key")
    try:
        facts = json.loads(text)
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or facts.get("type") != "service_account":
        raise ValueError("This is no key of a service account: download one as JSON from the Google Cloud console.")
    lacking = [name for name in ("client_email", "private_key", "token_uri") if not isinstance(facts.get(name), str)]
    if lacking:
        raise ValueError(f"This key lacks {', '.join(lacking)}: download a new one from the Google Cloud console.")
    return text


def _told(where: Where, value: object, read: Callable[[], str]) -> Iterator[Fault]:
    try:
        read()
    except ValueError as error:
        yield Fault(where, value, str(error))


def _is_installed(provider: str) -> bool:
    """Whether the library is there; it is not imported."""
    names = LIBRARIES.get(provider, ())
    return all(find_spec(name) is not None for name in names)
