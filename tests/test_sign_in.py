"""[mailbox.oauth2] and [submission.oauth2]: what is right becomes a grant; what is wrong is told without a secret."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ranmailbot import config, service
from ranmailbot.config import sign_in
from ranmailbot.grants import Google, Microsoft365, TokenCommand
from tests.adapters.servers import certificate
from tests.adapters.token_desk import rsa_pair
from tests.test_config import merge, write

SECRET = "a-client-secret"
ENVIRONMENT = {"APP": SECRET, "GARDEN": "a secret of the garden"}
APP = {"provider": "microsoft365", "tenant": "garden.example", "client_id": "6666-7777"}
WITH_SECRET = APP | {"client_secret_env": "APP"}
BOX = {"server": "imap", "host": "imap.garden.example", "user": "call@garden.example"}


def load(folder: Path, tokens: dict, **submission: object) -> config.Settings:
    tables = {"mailbox": BOX | {"oauth2": tokens}, "submission": {"host": "smtp.garden.example", **submission}}
    return config.load(write(folder, tables), ENVIRONMENT)


def complaint(folder: Path, oauth2: dict) -> config.Complaint:
    with pytest.raises(config.BadConfig) as caught:
        load(folder, oauth2)
    (one,) = caught.value.complaints
    return one


def secret_file(folder: Path, name: str, text: str, mode: int = 0o600) -> str:
    (folder / name).write_text(text)
    (folder / name).chmod(mode)
    return name


def service_account(**changes: object) -> str:
    facts = {
        "type": "service_account",
        "client_email": "bot@project.iam.gserviceaccount.example",
        "private_key": rsa_pair("service-account")[0],
        "token_uri": "https://oauth2.example/token",
    }
    return json.dumps(merge(facts, changes))


def test_an_app_with_a_secret_serves_both_servers(tmp_path: Path) -> None:
    settings = load(tmp_path, WITH_SECRET | {"expires": date(2022, 12, 31)})
    app = Microsoft365("garden.example", "6666-7777", SECRET, expires=date(2022, 12, 31))
    assert settings.mailbox.grant == settings.submission.grant == app
    assert settings.grants == (app,)
    assert (settings.mailbox.account.password, settings.mailbox.account.user) == ("", "call@garden.example")
    assert SECRET not in repr(settings)


def test_an_app_with_a_certificate_in_a_national_cloud(tmp_path: Path) -> None:
    key, certificate = rsa_pair("app")
    secret_file(tmp_path, "app.key", key)
    secret_file(tmp_path, "app.pem", certificate, 0o644)
    cloud = {"authority": "https://login.microsoftonline.us/", "scope": "https://outlook.office365.us/.default"}
    grant = load(tmp_path, APP | {"certificate_file": "app.pem", "key_file": "app.key"} | cloud).mailbox.grant
    assert grant == Microsoft365(
        "garden.example",
        "6666-7777",
        certificate=certificate,
        private_key=key,
        authority="https://login.microsoftonline.us",
        scope="https://outlook.office365.us/.default",
    )
    assert key not in repr(grant)


def test_the_last_day_of_a_certificate_that_may_sign_others_is_known_by_itself(tmp_path: Path) -> None:
    before = datetime.now(UTC).date()
    certificate(tmp_path)  # self-signed, good for a day from now
    (tmp_path / "key.pem").chmod(0o600)
    oauth2 = APP | {"certificate_file": "ca.pem", "key_file": "key.pem"}
    assert before <= load(tmp_path, oauth2).mailbox.grant.expires <= datetime.now(UTC).date()
    assert load(tmp_path, oauth2 | {"expires": date(2022, 12, 31)}).mailbox.grant.expires == date(2022, 12, 31)
    assert sign_in.last_day("no certificate") is None


def test_a_service_account_acts_for_the_user_of_the_mailbox(tmp_path: Path) -> None:
    name = secret_file(tmp_path, "key.json", service_account())
    settings = load(tmp_path, {"provider": "google", "key_file": name})
    assert settings.mailbox.grant == Google(service_account(), "call@garden.example")


def test_a_command_keeps_its_arguments_apart_and_hidden(tmp_path: Path) -> None:
    grant = load(tmp_path, {"provider": "command", "command": ["/opt/mail-token", "a b", "$(id)"]}).mailbox.grant
    assert grant == TokenCommand(("/opt/mail-token", "a b", "$(id)"))
    assert "$(id)" not in repr(grant)


def test_submission_may_have_a_password_of_its_own_or_tokens_of_its_own(tmp_path: Path) -> None:
    apart = load(tmp_path, WITH_SECRET, password_env="GARDEN")
    assert (apart.submission.grant, apart.submission.account.password) == (None, "a secret of the garden")
    command = {"provider": "command", "command": ["/opt/mail-token"]}
    both = load(tmp_path, WITH_SECRET, oauth2=command)
    assert both.submission.grant == TokenCommand(("/opt/mail-token",))
    assert len(both.grants) == 2


def test_the_servers_of_the_settings_carry_one_source_of_tokens_and_show_no_secret(tmp_path: Path) -> None:
    mail = service.configured_server(load(tmp_path, WITH_SECRET))
    assert mail is not None
    assert mail.imap.tokens is mail.smtp.tokens is not None
    assert SECRET not in repr(mail)


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        (service_account(), 0o644, "chmod 600"),
        ("{}", 0o600, "no key of a service account"),
        ("not json", 0o600, "no key of a service account"),
        (json.dumps({"type": "authorized_user"}), 0o600, "no key of a service account"),
        (service_account(token_uri=7), 0o600, "lacks token_uri"),
        ("x" * 20_000, 0o600, "far too large"),
    ],
)
def test_a_key_of_google_that_is_open_or_none_is_refused(tmp_path: Path, content: str, mode: int, told: str) -> None:
    name = secret_file(tmp_path, "key.json", content, mode)
    one = complaint(tmp_path, {"provider": "google", "key_file": name})
    assert one.key == "[mailbox] oauth2.key_file"
    assert told in one.remedy


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        (rsa_pair("app")[0], 0o604, "chmod 600"),
        ("no key", 0o600, "no private key in PEM form"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0o600, "has a passphrase"),
    ],
)
def test_a_private_key_that_is_open_or_locked_is_refused(tmp_path: Path, text: str, mode: int, told: str) -> None:
    secret_file(tmp_path, "app.pem", rsa_pair("app")[1], 0o644)
    name = secret_file(tmp_path, "app.key", text, mode)
    one = complaint(tmp_path, APP | {"certificate_file": "app.pem", "key_file": name})
    assert one.key == "[mailbox] oauth2.key_file"
    assert told in one.remedy


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    secret_file(tmp_path, "app.key", rsa_pair("app")[0])
    name = secret_file(tmp_path, "app.pem", "no certificate")
    one = complaint(tmp_path, APP | {"certificate_file": name, "key_file": "app.key"})
    assert "no certificate in PEM form" in one.remedy


@pytest.mark.parametrize(
    ("content", "told"), [("two\nlines", "more than one line"), ("", "is empty"), (f"{SECRET}\n", "")]
)
def test_a_client_secret_is_one_line(tmp_path: Path, content: str, told: str) -> None:
    name = secret_file(tmp_path, "secret", content)
    oauth2 = APP | {"client_secret_file": name}
    if told:
        assert told in complaint(tmp_path, oauth2).remedy
    else:
        grant = load(tmp_path, oauth2).mailbox.grant
        assert isinstance(grant, Microsoft365)
        assert grant.secret == SECRET


@pytest.mark.parametrize("provider", ["microsoft365", "google"])
def test_a_library_that_is_not_installed_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setattr(sign_in, "find_spec", lambda name: None)
    name = secret_file(tmp_path, "key.json", service_account())
    oauth2 = WITH_SECRET if provider == "microsoft365" else {"provider": "google", "key_file": name}
    one = complaint(tmp_path, oauth2)
    assert one.key == "[mailbox] oauth2.provider"
    assert f"pip install 'ranmailbot[{provider}]'" in one.remedy


def test_a_variable_that_is_not_set_is_told_without_any_secret(tmp_path: Path) -> None:
    one = complaint(tmp_path, APP | {"client_secret_env": "NOBODY_SET_THIS"})
    assert (one.key, "not set" in one.remedy) == ("[mailbox] oauth2.client_secret_env", True)
