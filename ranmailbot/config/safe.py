"""What may stand in [storage] and [keys]: where the bot keeps what it must remember, and what that is sealed with."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ranmailbot.config.values import STRICT, Line, Variable


class StorageSection(BaseModel):
    """Where the bot keeps what it must remember."""

    model_config = STRICT
    folder: Line = Field(default="state", description="Folder, seen from this file.", examples=['"state"'])


class KeysSection(BaseModel):
    """The keys that everything personal is sealed with. Keep a copy, but never beside copies of the database."""

    model_config = STRICT
    folder: Line | None = Field(
        default=None,
        description="Folder of the key store, seen from this file; left out, `keys` in the storage folder.",
        examples=['"/var/lib/ranmailbot-keys"'],
    )
    wrapping_key_file: Line | None = Field(
        default=None,
        description="File with the key that wraps all others; left out, the bot makes one in the key store's folder.",
        examples=['"/etc/ranmailbot/wrapping.key"'],
    )
    wrapping_key_env: Variable | None = Field(
        default=None,
        description="Environment variable that holds that key instead (base64 of 32 bytes).",
        examples=['"RANMAILBOT_WRAPPING_KEY"'],
    )
    wrapping_key_command: list[Line] | None = Field(
        default=None,
        description="Command that prints that key instead, as a list: the program and its arguments.",
        examples=['["vault", "read", "-field=key", "secret/ranmailbot"]'],
        min_length=1,
        max_length=50,
    )
    strangers_days: int = Field(
        default=180,
        ge=1,
        le=3650,
        description="Days after which the stored copy of mail of people who did not apply can no longer be read.",
        examples=["180"],
    )
    organisers_days: int = Field(
        default=30,
        ge=4,
        le=3650,
        description="The same for mail to and from organisers; their digests show applicants' words.",
        examples=["30"],
    )
