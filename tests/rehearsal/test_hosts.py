"""The file with given servers for a rehearsal: what it may say, and what each fault is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranmailbot.cli import main
from ranmailbot.rehearsal import read_hosts

GOOD = """
[entry]
host = "localhost"
port = 2525
security = "none"
[readers]
host = "imap.readers.example"
user = "all@readers.example"
password_env = "READERS"
ca_file = "ca.pem"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "hosts.toml"
    path.write_text(text, "utf-8")
    return path


def test_entry_and_readers_are_read_with_the_password_from_elsewhere(tmp_path: Path) -> None:
    hosts = read_hosts(written(tmp_path, GOOD), {"READERS": "a password"})
    assert (hosts.entry.port, hosts.entry.security, hosts.entry.user) == (2525, "none", "")
    assert (hosts.readers.port, hosts.readers.security, hosts.readers.password) == (993, "tls", "a password")
    assert hosts.readers.ca_file == tmp_path / "ca.pem"
    (tmp_path / "secret").write_text("from a file\n", "utf-8")
    file = GOOD.replace('password_env = "READERS"', 'password_file = "secret"')
    assert read_hosts(written(tmp_path, file), {}).readers.password == "from a file"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("[entry]", "[entrance]", r"\[entrance\] is not known"),
        ('security = "none"', 'security = "ssl"', 'security in .entry. is "tls"'),
        ('host = "localhost"', 'host = "smtp.example.org"', "for this machine only"),
        ("port = 2525", 'port = "2525"', "port in .entry. is a number"),
        ("port = 2525", "prot = 2525", "prot is not known"),
        ('user = "all@readers.example"', "", "needs a user"),
        ('host = "imap.readers.example"', "", "needs a host"),
        ('"READERS"', '"OTHERS"', "OTHERS, which is not set"),
        ('password_env = "READERS"', 'password_file = "nowhere"', "password file of .readers. cannot be read"),
        ("[entry]", "[entry", "is no TOML"),
        ("[readers]", "[more]\n[readers]", "is not known"),
    ],
)
def test_each_fault_is_told_as_a_sentence(tmp_path: Path, before: str, after: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_hosts(written(tmp_path, GOOD.replace(before, after, 1)), {"READERS": "x"})


def test_the_command_tells_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--server", str(tmp_path / "nowhere.toml"), "--keep", str(tmp_path / "out")]) == 2
    assert "cannot be read; name a TOML file" in capsys.readouterr().err


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the table \[readers\] is missing"):
        read_hosts(written(tmp_path, GOOD.partition("[readers]")[0]), {})


def test_with_the_built_in_server_configured_there_is_nothing_to_rehearse_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READERS", "x")
    hosts = written(tmp_path, GOOD.replace('ca_file = "ca.pem"\n', ""))
    assert main(["rehearse", "--server", str(hosts), "--keep", str(tmp_path / "out")]) != 0
    assert 'needs server = "imap"' in capsys.readouterr().err
