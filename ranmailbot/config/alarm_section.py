"""What may stand in [alarm]: after how long silence is one, and by which routes it is told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ranmailbot.config.values import STRICT, Email, Host, Line, Variable


class AlarmMailSection(BaseModel):
    """A mail through another account, best at another provider; one block for each."""

    model_config = STRICT
    host: Host = Field(description="Its SMTP submission server.", examples=['"smtp.other.example"'])
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Left out: 465 for tls, 587 for starttls.", examples=["587"]
    )
    security: Literal["tls", "starttls"] = Field(
        default="tls", description='"tls" or "starttls"; nothing is ever sent in clear.', examples=['"starttls"']
    )
    user: Line = Field(description="Name to log in with.", examples=['"alarms@other.example"'])
    password_env: Variable | None = Field(
        default=None,
        description="Environment variable that holds its password; this or password_file is needed.",
        examples=['"RANMAILBOT_ALARM_PASSWORD"'],
    )
    password_file: Line | None = Field(
        default=None,
        description="File that holds its password, readable for the bot only.",
        examples=['"/etc/ranmailbot/alarm"'],
    )
    ca_file: Line | None = Field(
        default=None,
        description="Certificates to trust, if that server has a private authority.",
        examples=['"/etc/ssl/our-ca.pem"'],
    )
    sender: Email | None = Field(
        default=None,
        description="Address it comes from; left out, the user, if that is an address.",
        examples=['"alarms@other.example"'],
    )
    to: list[Email] = Field(
        min_length=1, max_length=20, description="Who gets it.", examples=['["admin@other.example"]']
    )


class AlarmCommandSection(BaseModel):
    """A program of yours that gets the text on its standard input; one block for each. No shell is involved."""

    model_config = STRICT
    run: list[Line] = Field(
        min_length=1,
        max_length=50,
        description="The program and its arguments, as a list. Of our variables it gets PATH only.",
        examples=['["/opt/alarms/send-sms", "on-call"]'],
    )
    seconds: int = Field(default=30, ge=1, le=600, description="How long it may take.", examples=["30"])


class AlarmWebhookSection(BaseModel):
    """An https address that gets a JSON object (kind, state, since, text) by POST; one block for each."""

    model_config = STRICT
    url: Line | None = Field(
        default=None,
        description="The address; this or url_env is needed. It must begin with https://.",
        examples=['"https://hooks.other.example/ranmailbot"'],
    )
    url_env: Variable | None = Field(
        default=None,
        description="Environment variable that holds the address, if it is a secret.",
        examples=['"RANMAILBOT_WEBHOOK"'],
    )
    ca_file: Line | None = Field(
        default=None,
        description="Certificates to trust, if that server has a private authority.",
        examples=['"/etc/ssl/our-ca.pem"'],
    )
    seconds: int = Field(default=30, ge=1, le=600, description="How long it may take.", examples=["30"])


class AlarmSection(BaseModel):
    """When silence is told, and by which routes. Routes should need nothing of what may fail: another provider."""

    model_config = STRICT
    fetch_minutes: int = Field(
        default=60,
        ge=2,
        le=10_080,
        description="For so long no mail could be fetched, or no try was made. A mailbox without mail is no silence.",
        examples=["60"],
    )
    send_minutes: int = Field(
        default=120,
        ge=2,
        le=10_080,
        description="For so long every mail that wanted to go out failed, or no try was made.",
        examples=["120"],
    )
    commit_minutes: int = Field(
        default=30,
        ge=2,
        le=10_080,
        description="For so long nothing could be written to the database, or no try was made.",
        examples=["30"],
    )
    untold_minutes: int = Field(
        default=15,
        ge=1,
        le=10_080,
        description="For so long sending failed while something waits for the organisers: a stop, mails that are held.",
        examples=["15"],
    )
    repeat_hours: int = Field(
        default=6, ge=1, le=168, description="How often it is told again while it lasts.", examples=["6"]
    )
    mail: list[AlarmMailSection] = Field(
        default=[], max_length=10, description="A mail through another account, best at another provider."
    )
    command: list[AlarmCommandSection] = Field(
        default=[],
        max_length=10,
        description="A program of yours that gets the text on its standard input; no shell is involved.",
    )
    webhook: list[AlarmWebhookSection] = Field(
        default=[],
        max_length=10,
        description="An https address that gets a JSON object (kind, state, since, text) by POST.",
    )
