"""docs/providers.md shows the table of known failures as the program has it, and configurations that load."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from ranmailbot import config
from ranmailbot.adapters import login_faults
from tests.adapters.token_desk import rsa_pair
from tests.test_config import write

PAGE = Path(__file__).parent.parent / "docs" / "providers.md"
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
IMAP = {"server": "imap", "host": "imap.ran.example", "user": "prisons-call@ran.example"}
ENVIRONMENT = {"RANMAILBOT_PASSWORD": "a-password"}


def test_every_known_failure_stands_on_the_page_as_the_program_has_it() -> None:
    command = "from ranmailbot.adapters import login_faults; print(login_faults.reference())"
    assert login_faults.reference() in PAGE.read_text(encoding="utf-8"), f"put there what this prints: {command}"


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_page_is_a_configuration_that_loads(tmp_path: Path, text: str) -> None:
    tables = tomllib.loads(text)
    files = {
        "client_secret_file": "a-secret",
        "key_file": json.dumps(
            {
                "type": "service_account",
                "client_email": "a",
                "private_key": rsa_pair("app")[0],
                "token_uri": "https://x",
            }
        ),
    }
    for name, content in files.items():
        oauth2 = tables["mailbox"].get("oauth2", {})
        if name in oauth2:
            (tmp_path / name).write_text(content)
            (tmp_path / name).chmod(0o600)
            oauth2[name] = name
    tables["mailbox"] = IMAP | tables["mailbox"]
    tables.setdefault("submission", {"host": "smtp.ran.example"})
    settings = config.load(write(tmp_path, tables), ENVIRONMENT)
    assert (settings.mailbox.grant is None) == ("oauth2" not in tables["mailbox"])
    assert settings.submission.grant == settings.mailbox.grant


def test_the_page_holds_an_example_for_each_provider() -> None:
    named = {tomllib.loads(text).get("mailbox", {}).get("oauth2", {}).get("provider") for text in EXAMPLES}
    assert named == {None, "microsoft365", "google", "command"}
