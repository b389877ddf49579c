"""`check`: what an administrator sees, what programs get, and what it leaves alone."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot import config, service
from ranmailbot.checkup import offline
from ranmailbot.checkup.findings import Finding, Level, page, summary, to_mend
from ranmailbot.cli import main
from ranmailbot.cli.console import Console
from ranmailbot.cli.progress import progress_on
from ranmailbot.config import Settings
from tests.world import ROOT

REAL = """
server = "imap"
host = "127.0.0.1"
port = 1
user = "call"
password_env = "CALL_PASSWORD"
authserv_id = "mx.city.example"
"""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def write(folder: Path, mailbox: str = "", more: str = "") -> Path:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    if mailbox:
        text = text.replace('server = "built-in"', mailbox.strip())
        assert mailbox.strip() in text
    path = folder / "config.toml"
    path.write_text(text + more, encoding="utf-8")
    return path


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration for a provider that is not there."""
    monkeypatch.setenv("CALL_PASSWORD", "s3cret")
    return write(tmp_path, REAL, '\n[submission]\nhost = "127.0.0.1"\nport = 1\n')


@pytest.fixture
def built_in(tmp_path: Path) -> Iterator[list[str]]:
    """A built-in server that runs; the options by which `check` finds it."""
    path = write(tmp_path)
    settings = config.load(path, {})
    with service.serve_built_in(settings, settings.storage.folder, 0, 0) as server:
        ports = server.server.smtp_port, server.server.imap_port
        yield ["--config", str(path), "--smtp-port", str(ports[0]), "--imap-port", str(ports[1])]


def test_before_the_first_start_nothing_is_made_and_there_is_nothing_to_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "--config", str(write(tmp_path)))
    assert (code, err) == (0, "")
    assert "the built-in server is not running" in out
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_built_in_server_that_runs_is_tried_like_any_other(
    capsys: pytest.CaptureFixture[str], built_in: list[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "--json", *built_in)
    found = json.loads(out)
    assert code == 0, out
    levels = {one["key"]: one["level"] for one in found["findings"]}
    for key in ("arrival", "from", "message_id", "return_path", "clock", "stamps", "plus", "verp", "forged", "archive",
                "removed", "kept"):  # fmt: skip
        assert levels[f"trip.{key}"] == "ok", key
    assert found["proven"]["plus"] is True
    assert json.loads((tmp_path / "state" / "server.json").read_text(encoding="utf-8"))["plus"] is True
    assert set(found["findings"][0]) == {"key", "level", "what", "remedy", "setting"}


def test_offline_asks_no_server(capsys: pytest.CaptureFixture[str], built_in: list[str]) -> None:
    _, out, _ = run(capsys, "--json", "--offline", *built_in)
    keys = {one["key"].partition(".")[0] for one in json.loads(out)["findings"]}
    assert keys <= {"config", "templates", "zones", "storage", "alarm"}


def test_a_real_mailbox_without_a_route_for_alarms_is_a_warning_and_something_to_mend(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    code, out, _ = run(capsys, "--offline", "--config", str(real))
    assert code == 1
    assert "warning nobody is told when the bot can fetch or send nothing" in out
    assert "-> Add a route under [alarm]" in out


def test_a_real_mailbox_is_asked_by_default_and_one_that_is_not_there_is_a_fault(
    capsys: pytest.CaptureFixture[str], real: Path
) -> None:
    code, out, _ = run(capsys, "--config", str(real))
    assert code == 1
    assert out.count("nothing listens there (connection refused)") == 2
    assert "s3cret" not in out
    assert "FAULT" in out


def test_each_route_of_the_alarm_gets_a_trial_and_one_that_fails_is_a_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    script = f'[[alarm.command]]\nrun = ["/bin/sh", "-c", "cat > {tmp_path}/told"]\n'
    code, out, _ = run(capsys, "--alarm", "--offline", "--config", str(write(tmp_path, more=f"\n{script}")))
    assert code == 0, out
    assert "this is a trial" in (tmp_path / "told").read_text(encoding="utf-8")
    broken = f'{script}[[alarm.command]]\nrun = ["/bin/false"]\n'
    code, out, _ = run(capsys, "--alarm", "--offline", "--config", str(write(tmp_path, more=f"\n{broken}")))
    assert code == 1
    assert "command false: not told: it ended with exit code 1" in out


def test_without_alarm_no_route_is_tried(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = f'[[alarm.command]]\nrun = ["/bin/sh", "-c", "cat > {tmp_path}/told"]\n'
    code, out, _ = run(capsys, "--offline", "--config", str(write(tmp_path, more=f"\n{script}")))
    assert code == 0
    assert "silence is told by 1 route" in out
    assert not (tmp_path / "told").exists()


def settings_in(folder: Path) -> Settings:
    return config.load(write(folder), {})


def levels(settings: Settings) -> dict[str, Finding]:
    return {one.key: one for one in offline.storage(settings, lambda: None)}


def test_a_folder_that_others_can_read_is_a_fault_with_the_command_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    found = levels(settings_in(tmp_path))["storage.folder"]
    assert found.level is Level.FAULT
    assert f"chmod 700 {tmp_path / 'state'}" in found.remedy


@pytest.mark.parametrize(
    ("free", "level"), [(10_000_000, Level.FAULT), (100_000_000, Level.WARNING), (9_000_000_000, Level.OK)]
)
def test_a_disk_with_little_room_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, free))
    found = levels(settings_in(tmp_path))["storage.space"]
    assert found.level is level
    assert bool(found.remedy) is (level is not Level.OK)


def test_a_damaged_database_is_a_finding_and_not_the_end_of_the_check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write(tmp_path)
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "ranmailbot.sqlite").write_bytes(b"no database at all" * 100)
    (tmp_path / "state" / "ranmailbot.sqlite").chmod(0o600)
    code, out, _ = run(capsys, "--offline", "--config", str(path))
    assert code == 1
    assert "FAULT" in out
    assert "sample mails can be written" in out


def test_whether_the_bot_runs_is_seen_without_taking_its_lock(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    folder = settings.storage.folder
    with service.worker_lock(folder):
        assert levels(settings)["storage.worker"].what == "the bot runs on it"
    assert levels(settings)["storage.worker"].what == "the bot does not run on it just now"
    with service.worker_lock(folder):
        pass


FINDINGS = (
    Finding("imap.login", Level.OK, "the login works"),
    Finding("imap.tls", Level.FAULT, "a sentence " * 20, "a remedy " * 20),
    Finding("trip.plus", Level.NOTE, "a note"),
)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_narrow_terminal_gets_no_line_that_is_wider(width: int) -> None:
    text = page(FINDINGS, width)
    assert max(len(line) for line in text.split("\n")) <= width
    assert "\x1b" not in text
    assert text.startswith("Mailbox (IMAP)\n  ok      the login works")


def test_the_last_line_says_how_much_there_is_to_mend() -> None:
    assert summary(FINDINGS) == "1 fault, 1 note"
    assert summary(FINDINGS[:1]) == "all is well"
    assert to_mend(FINDINGS)
    assert not to_mend((FINDINGS[0], FINDINGS[2]))


class Terminal(io.StringIO):
    """A terminal, or a pipe."""

    def __init__(self, *, real: bool) -> None:
        super().__init__()
        self.real = real

    def isatty(self) -> bool:
        return self.real


def test_progress_is_one_line_on_a_terminal_that_is_gone_in_the_end_and_nothing_in_a_pipe() -> None:
    for real, quiet in ((True, False), (False, False), (True, True)):
        err = Terminal(real=real)
        with progress_on(Console(io.StringIO(), err), quiet=quiet) as progress:
            progress("looking")
        assert ("looking" in err.getvalue()) is (real and not quiet)
        assert "\n" not in err.getvalue()
        assert err.getvalue() == "" or err.getvalue().endswith("\r\x1b[K\r")
