"""Access tokens: got from a real endpoint that checks every request, kept while fresh, and never shown to anybody."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.adapters import google_workspace, login_faults, microsoft365, token_command
from ranmailbot.adapters.access_tokens import KeptTokens, PrintedTokens, token_source, with_tokens
from ranmailbot.adapters.token_endpoint import Endpoint
from ranmailbot.grants import AccessToken, Google, Microsoft365, TokenCommand
from ranmailbot.ports import Account, Unavailable
from tests.adapters.servers import RealClock
from tests.adapters.token_desk import CLIENT, MAILBOX, SECRET, TENANT, PlayedTicks, TokenDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TokenDesk]:
    running = TokenDesk(tmp_path)
    yield running
    running.close()


GRANTS = {
    "secret": TokenDesk.secret_grant,
    "certificate": TokenDesk.certificate_grant,
    "google": TokenDesk.google_grant,
}


@pytest.mark.parametrize("kind", GRANTS)
def test_every_kind_of_grant_gets_a_token_that_opens_the_mailbox(desk: TokenDesk, kind: str) -> None:
    token = token_source(GRANTS[kind](desk), RealClock())()
    assert desk.good == {token.text: MAILBOX}
    assert token.provider == ("google" if kind == "google" else "microsoft365")


@pytest.mark.parametrize("kind", GRANTS)
def test_a_fresh_token_is_kept_and_renewed_five_minutes_before_its_end(desk: TokenDesk, kind: str) -> None:
    clock = PlayedTicks()
    source = token_source(GRANTS[kind](desk), clock)
    first = source()
    clock.ticks += 3600 - 301
    assert source() == first
    assert first.renew_at == clock.ticks + 1
    clock.ticks += 1
    assert source().text != first.text


def test_a_token_of_a_minute_is_kept_for_half_of_it(desk: TokenDesk) -> None:
    desk.lifetime, clock = 60, PlayedTicks()
    source = token_source(desk.secret_grant(), clock)
    first = source()
    clock.ticks += 29
    assert source() == first
    clock.ticks += 1
    assert source() != first


def test_a_token_without_a_length_of_life_is_kept_for_a_moment_only() -> None:
    clock, texts = PlayedTicks(), iter(("one", "two"))
    source = KeptTokens("google", lambda: (next(texts), 0.0), clock.monotonic)
    assert [source().text, source().text] == ["one", "one"]
    clock.ticks += 60
    assert source().text == "two"


def test_a_refused_token_is_thrown_away_once_and_a_newer_one_is_not(desk: TokenDesk) -> None:
    source = token_source(desk.secret_grant(), PlayedTicks())
    old = source()
    new = source(old.text)
    assert new.text != old.text
    assert source(old.text) == new
    assert source() == new


def test_a_token_that_is_still_good_is_used_while_the_endpoint_is_not_well(desk: TokenDesk) -> None:
    clock = PlayedTicks()
    source = token_source(desk.google_grant(), clock)
    first = source()
    desk.mood = "sick"
    clock.ticks += 3600 - 200
    assert source() == first
    with pytest.raises(Unavailable, match="not well"):
        source(first.text)
    desk.mood = "well"
    assert source().text != first.text


def test_an_ended_token_is_never_handed_out(desk: TokenDesk) -> None:
    clock = PlayedTicks()
    source = token_source(desk.google_grant(), clock)
    source()
    desk.mood = "sick"
    clock.ticks += 3600
    with pytest.raises(Unavailable):
        source()


def test_mailbox_and_submission_share_one_source_if_they_ask_with_the_same(desk: TokenDesk) -> None:
    box = Account("imap.example.org", 993, "tls", MAILBOX, "")
    same = with_tokens(((box, desk.secret_grant()), (box, desk.secret_grant())), RealClock())
    other = with_tokens(((box, desk.secret_grant()), (box, desk.google_grant())), RealClock())
    assert same[0].tokens is same[1].tokens is not None
    assert other[0].tokens is not other[1].tokens
    assert with_tokens(((box, None),), RealClock()) == [box]


# -- refusals ---------------------------------------------------------------------------------------------------------


def refused(desk: TokenDesk, grant: Microsoft365 | Google) -> Unavailable:
    with pytest.raises(Unavailable) as told:
        token_source(grant, RealClock())()
    return told.value


def test_a_wrong_secret_is_told_with_its_code_and_its_page_and_without_the_secret(desk: TokenDesk) -> None:
    told = refused(desk, desk.secret_grant("not-the-secret"))
    assert "the client secret is wrong (AADSTS7000215)" in told.what
    assert "Certificates & secrets" in told.remedy
    assert "not-the-secret" not in str(told)


def test_an_unknown_app_and_an_unknown_tenant_are_told_apart(desk: TokenDesk) -> None:
    assert "AADSTS700016" in refused(desk, desk.secret_grant(client="somebody-else")).what
    assert "no such tenant (AADSTS90002)" in refused(desk, replace(desk.secret_grant(), tenant="nobody.example")).what


def test_a_certificate_that_was_not_uploaded_is_told(desk: TokenDesk) -> None:
    stranger = replace(desk.certificate_grant(), private_key=desk.google_key, certificate=desk.google_certificate)
    assert "the certificate is not one that was uploaded" in refused(desk, stranger).what


def test_a_key_that_is_no_key_is_told_without_a_word_of_it(desk: TokenDesk) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----\n"
    told = refused(desk, replace(desk.certificate_grant(), private_key=broken))
    assert "certificate or key cannot be used" in told.what
    google = json.dumps(desk.service_account() | {"private_key": broken})
    told_too = refused(desk, Google(google, MAILBOX, desk.ca_file))
    assert "the key in key_file cannot be used" in told_too.what
    assert "c2VjcmV0" not in f"{told}{told_too}"


def test_a_mailbox_without_delegation_is_told_with_the_page_of_the_admin_console(desk: TokenDesk) -> None:
    told = refused(desk, desk.google_grant("somebody@ran.example"))
    assert "may not act for this mailbox" in told.what
    assert "Domain-wide delegation" in told.remedy
    assert "https://mail.google.com/" in told.remedy


def test_a_key_that_google_does_not_know_and_a_wrong_clock_are_told_apart(desk: TokenDesk) -> None:
    stranger = json.dumps(desk.service_account() | {"private_key": desk.app_key})
    assert "the key is unknown to Google" in refused(desk, Google(stranger, MAILBOX, desk.ca_file)).what
    endpoint = Endpoint(desk.ca_file)
    with pytest.raises(Unavailable, match="clock of this machine is wrong"):
        google_workspace.fetch(desk.google_grant(), endpoint, RealClock().now() - timedelta(hours=2))


FAULTS = [one for one in login_faults.KNOWN if one.step == "token"]


@pytest.mark.parametrize("known", FAULTS, ids=lambda known: known.sign)
def test_every_known_refusal_is_told_in_its_own_words_and_none_of_the_providers(
    desk: TokenDesk, known: login_faults.Known
) -> None:
    desk.refusal = {"error": "invalid_request", "error_description": f"{known.sign}: for someone@ran.example. Trace ID"}
    grant = desk.google_grant() if known.provider == "google" else desk.secret_grant()
    told = refused(desk, grant)
    assert known.what in told.what
    assert told.remedy == known.remedy
    assert login_faults.what_and_remedy(told) == (told.what, known.remedy)
    assert "someone@ran.example" not in str(told)


def test_an_unknown_refusal_names_its_code_if_it_is_a_plain_word(desk: TokenDesk) -> None:
    desk.refusal = {"error": "temporarily_unavailable", "error_description": "x"}
    assert "(temporarily_unavailable)" in refused(desk, desk.google_grant()).what
    desk.refusal = {"error": "for someone@ran.example", "error_description": "x"}
    assert "someone" not in str(refused(desk, desk.google_grant()))


# -- an endpoint that misbehaves --------------------------------------------------------------------------------------

MOODS = {
    "slow": "no answer in time",
    "drip": "no answer in time",
    "html": "no JSON",
    "list": "no JSON",
    "flood": "no JSON",
    "moved": "no JSON",
    "sick": r"not well \(HTTP 503\)",
    "busy": r"asked too often \(HTTP 429\)",
    "nothing": "no token",
}


@pytest.mark.parametrize("kind", ["secret", "google"])
@pytest.mark.parametrize("mood", MOODS)
def test_an_endpoint_that_misbehaves_is_unavailable_in_bounded_time_and_the_next_try_recovers(
    desk: TokenDesk, mood: str, kind: str
) -> None:
    desk.mood, endpoint = mood, Endpoint(desk.ca_file, seconds=0.5 if mood in ("slow", "drip") else 20)

    def fetch() -> tuple[str, float]:
        if kind == "google":
            return google_workspace.fetch(desk.google_grant(), endpoint, RealClock().now())
        return microsoft365.fetch(desk.secret_grant(), endpoint)

    source = KeptTokens("google", fetch, PlayedTicks().monotonic)
    began = time.monotonic()
    with pytest.raises(Unavailable, match=MOODS[mood]) as told:
        source()
    assert time.monotonic() - began < 60  # far above the limits, far below for ever
    assert told.value.remedy
    desk.mood = "well"
    endpoint.seconds = 20
    assert source().text in desk.good


def test_an_endpoint_that_is_down_or_that_nobody_vouches_for_is_told(desk: TokenDesk) -> None:
    assert "certificate is not valid" in refused(desk, replace(desk.secret_grant(), ca_file=None)).what
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    down = replace(desk.secret_grant(), authority=f"https://localhost:{port}")
    assert "nothing listens there" in refused(desk, down).what
    assert "Firewalls" in refused(desk, down).remedy


def test_a_secret_never_goes_to_another_machine_in_clear(desk: TokenDesk) -> None:
    key = json.dumps(desk.service_account() | {"token_uri": "http://tokens.example.org/token"})
    assert "does not begin with https" in refused(desk, Google(key, MAILBOX)).what
    with pytest.raises(Unavailable, match="https"):
        Endpoint().get("ftp://localhost/")


def test_no_token_and_no_secret_is_ever_logged_or_shown(desk: TokenDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[object] = []
    grants = [make(desk) for make in GRANTS.values()]
    for grant in grants:
        source = token_source(grant, RealClock())
        seen += [source, source(), grant, replace(_account(), tokens=source)]
    desk.mood = "html"
    seen += [refused(desk, grant) for grant in grants]
    shown = caplog.text + "".join(f"{one!r}{one}" for one in seen)
    secrets = [*desk.good, SECRET, desk.app_key, desk.google_key.splitlines()[1]]
    assert [secret for secret in secrets if secret in shown or secret.splitlines()[-1] in shown] == []


def _account() -> Account:
    return Account("imap.example.org", 993, "tls", MAILBOX, "")


@pytest.mark.parametrize(("provider", "library"), [("microsoft365", "msal"), ("google", "google.auth")])
def test_a_library_that_is_missing_is_told_with_what_to_install(
    desk: TokenDesk, monkeypatch: pytest.MonkeyPatch, provider: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    grant = desk.google_grant() if provider == "google" else desk.secret_grant()
    assert refused(desk, grant).remedy == f"run: pip install 'ranmailbot[{provider}]'"


def test_no_library_of_a_provider_is_imported_before_a_token_is_asked_for() -> None:
    code = (
        "import sys, ranmailbot.service, ranmailbot.config; "
        "print([name for name in ('msal', 'google.auth', 'requests', 'jwt') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- a command that prints a token ------------------------------------------------------------------------------------


def printing(tmp_path: Path, script: str) -> TokenCommand:
    program = tmp_path / "mail-token"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    return TokenCommand((str(program), "prisons-call@ran.example"))


def test_the_first_line_of_a_command_is_the_token_and_no_shell_reads_its_arguments(tmp_path: Path) -> None:
    grant = printing(tmp_path, 'echo "token-of-$#"; echo more; echo secret >&2')
    assert token_source(grant, RealClock())() == AccessToken("token-of-1", "command")
    odd = TokenCommand((*grant.command, "$(id)", "; id", "a b"))
    assert token_source(odd, RealClock())().text == "token-of-4"


def test_a_command_that_says_much_after_its_token_is_heard_out(tmp_path: Path) -> None:
    grant = printing(tmp_path, "echo token; yes much-more-than-a-pipe-holds | head -n 9000; echo end")
    assert token_command.fetch(grant) == "token"


def test_a_command_is_asked_anew_for_each_login(tmp_path: Path) -> None:
    grant = printing(tmp_path, f"echo x >> {tmp_path}/times; echo token-$(wc -l < {tmp_path}/times)")
    source = token_source(grant, RealClock())
    assert [source().text, source("token-1").text] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exec sleep 600", "took longer than 1 seconds"),
        ("sleep 600 & echo token; wait", "took longer than 1 seconds"),
        ("printf token; sleep 600", "took longer than 1 seconds"),
        ("exit 3", "ended with exit code 3"),
        ("echo token; exit 4", "ended with exit code 4"),
        ("true", "printed nothing"),
        ("echo", "printed nothing"),
    ],
)
def test_a_command_that_fails_is_told_in_bounded_time(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(Unavailable, match=reason) as told:
        token_command.fetch(printing(tmp_path, script), seconds=1 if "sleep" in script else 30)
    assert str(tmp_path) not in str(told.value)
    assert "run it by hand" in told.value.remedy


def test_what_a_command_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    grant = printing(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; echo token")
    assert token_command.fetch(grant) == "token"
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.01)  # until the kernel has carried out the kill
    pytest.fail("the child lives on")


@pytest.mark.parametrize("line", ["two words", "to\tken", "user=\\001auth", "täglich", "x;y"])
def test_a_line_that_could_say_more_than_a_token_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(Unavailable, match="no access token") as told:
        token_source(printing(tmp_path, f"printf '{line}\\n'"), RealClock())()
    assert line not in str(told.value)


def test_a_command_that_floods_is_no_token_and_one_that_is_missing_is_told(tmp_path: Path) -> None:
    flood = printing(tmp_path, "exec cat /dev/zero")
    with pytest.raises(Unavailable):
        PrintedTokens(lambda: token_command.fetch(flood, seconds=2))()
    with pytest.raises(Unavailable, match="cannot be started"):
        token_command.fetch(TokenCommand((os.fspath(tmp_path / "nothing"),)))


def test_the_tenant_and_the_app_are_what_the_endpoint_is_asked_for(desk: TokenDesk) -> None:
    token_source(desk.secret_grant(), RealClock())()
    assert desk.asked == [
        f"GET /{TENANT}/v2.0/.well-known/openid-configuration",
        f"POST /{TENANT}/oauth2/v2.0/token",
    ]
    assert CLIENT
