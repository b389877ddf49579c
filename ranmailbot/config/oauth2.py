"""What may stand in [mailbox.oauth2] and [submission.oauth2]: how to get an access token instead of a password."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ranmailbot.config.values import STRICT, Day, Line, Variable

ProviderName = Literal["microsoft365", "google", "command"]


def _key(meaning: str, example: str) -> Any:  # noqa: ANN401 - pydantic's Field is typed so
    return Field(default=None, description=meaning, examples=[example])


class OAuth2Section(BaseModel):
    """Log in with access tokens instead of a password; docs/providers.md has the steps for each provider."""

    model_config = STRICT
    provider: ProviderName = Field(
        description='Who gives the tokens: "microsoft365", "google", or "command" (a program of yours prints them).',
        examples=['"microsoft365"'],
    )
    tenant: Line | None = _key(
        "microsoft365: the tenant, by its ID or one of its domains; needed.", '"11111111-2222-3333-4444-555555555555"'
    )
    client_id: Line | None = _key(
        "microsoft365: Application (client) ID of the app; needed.", '"66666666-7777-8888-9999-000000000000"'
    )
    client_secret_env: Variable | None = _key(
        "microsoft365: environment variable that holds the client secret (its Value).", '"RANMAILBOT_CLIENT_SECRET"'
    )
    client_secret_file: Line | None = _key(
        "microsoft365: file that holds the client secret, readable for the bot only.", '"/etc/ranmailbot/client-secret"'
    )
    certificate_file: Line | None = _key(
        "microsoft365: the certificate that was uploaded for the app (PEM), instead of a secret; needs key_file.",
        '"/etc/ranmailbot/app.pem"',
    )
    key_file: Line | None = _key(
        "microsoft365: private key of that certificate (PEM). google: key of the service account (JSON); needed. "
        "Readable for the bot only.",
        '"/etc/ranmailbot/app.key"',
    )
    command: list[Line] | None = Field(
        default=None,
        description="command: the program and its arguments, as a list. Its first line must be a token; "
        "run for each login.",
        examples=['["/opt/mail-token", "prisons-call@ran.example"]'],
        min_length=1,
        max_length=50,
    )
    expires: Day | None = _key(
        "Last day on which secret, certificate or key is good. Organisers and log are told a week before.", "2022-12-31"
    )
    authority: Line | None = _key(
        "microsoft365: where tokens come from; left out, https://login.microsoftonline.com. For national clouds.",
        '"https://login.microsoftonline.us"',
    )
    scope: Line | None = _key(
        "microsoft365: what is asked for; left out, https://outlook.office365.com/.default. For national clouds.",
        '"https://outlook.office365.us/.default"',
    )
    ca_file: Line | None = _key(
        "Certificates to trust where tokens come from, if your network has an authority of its own in between.",
        '"/etc/ssl/our-ca.pem"',
    )
