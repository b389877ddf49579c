"""The settings as the rest of the bot knows them: frozen, complete, in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ranmailbot.call.call import Call
from ranmailbot.grants import Grant
from ranmailbot.mail.address import Address
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Account
from ranmailbot.sealing import WrappingKey
from ranmailbot.watching import Tolerance

TrustProfile = Literal["generic", "microsoft365", "google"]


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """How to reach the mailbox. `account` None: the built-in server. `junk` and `archive` are folder names."""

    account: Account | None
    junk: str
    archive: str
    trust: TrustProfile
    authserv_id: str
    """Whose Authentication-Results count (RFC 8601); empty if nobody's, as with Microsoft 365."""
    grant: Grant | None = None
    """What tokens are asked for with; None if `account` has a password."""
    own_dkim: bool = True
    """Whether DKIM signatures are checked by the bot itself, where the server's stamps prove nobody."""


@dataclass(frozen=True, slots=True)
class SubmissionSettings:
    """How to send. `account` None: the built-in server. `archive` is an address of ours for copies, or empty."""

    account: Account | None
    archive: str
    grant: Grant | None = None
    return_tokens: bool = False
    """Whether each mail has a return path of its own (mailbox+token@domain)."""


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where the bot keeps what it must remember: an absolute path."""

    folder: Path


@dataclass(frozen=True, slots=True)
class KeySettings:
    """Where keys are (None: in the state folder), and how many days those of other people's mail live on."""

    folder: Path | None
    wrapping: WrappingKey | None
    strangers_days: int
    organisers_days: int


@dataclass(frozen=True, slots=True)
class MailAlarm:
    """An alarm by mail through another account."""

    account: Account
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandAlarm:
    """An alarm by a program of the administrator; `seconds` it may take."""

    argv: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class WebhookAlarm:
    """An alarm by a POST to an https address, which may be a secret; `seconds` it may take."""

    url: str = field(repr=False)
    seconds: int
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """After how long silence is told, and by which routes."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    mails: tuple[MailAlarm, ...] = ()
    commands: tuple[CommandAlarm, ...] = ()
    webhooks: tuple[WebhookAlarm, ...] = ()

    @property
    def routes(self) -> int:
        """How many routes there are."""
        return len(self.mails) + len(self.commands) + len(self.webhooks)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything config.toml says. `digest` is the SHA-256 of the file in hex; `warnings` are for a human."""

    call: Call
    mailbox: MailboxSettings
    submission: SubmissionSettings
    limits: Limits
    storage: StorageSettings
    keys: KeySettings
    templates: Path
    digest: str
    warnings: tuple[str, ...] = ()
    alarm: AlarmSettings = AlarmSettings()
    announcement: tuple[Address, ...] = ()
    """The people to tell that the call is open; empty if there is no list."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What tokens are asked for with, each once."""
        both = (self.mailbox.grant, self.submission.grant)
        return tuple(dict.fromkeys(grant for grant in both if grant is not None))
