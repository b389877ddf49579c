"""`keys`: what there is, another wrapping key, a copy, and the end of one applicant; each fault with its remedy."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from ranmailbot import config, service
from ranmailbot.cli import main
from ranmailbot.service import WallClock
from tests.flows.test_erase import applied
from tests.world import ROOT, World

NEW_KEY = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def call(tmp_path: Path, world: World) -> list[str]:
    """A configuration with one stored application; the option that names it."""
    place = tmp_path / "call"
    place.mkdir()
    shutil.copy(ROOT / "config.toml", place)
    (place / "templates").symlink_to(ROOT / "templates")
    settings = config.load(place / "config.toml", {})
    desktop = service.open_desktop(settings, WallClock(), settings.storage.folder)
    with desktop.store.begin() as books:
        books.record("command/1", applied(world), (), world.clock.now(), None)
    desktop.reports.close()
    return ["--config", str(place / "config.toml")]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_keys_are_counted_by_whose_they_are(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    code, out, _ = run(capsys, "keys", "--json", *call)
    assert (code, json.loads(out)["keys"]) == (0, {"application": 1, "lookup": 1})


def test_after_a_rotation_everything_is_there(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    key = Path(call[1]).parent / "state" / "keys" / "wrapping.key"
    before = key.read_text(encoding="ascii")
    code, out, _ = run(capsys, "keys", "rotate", "--json", *call)
    assert (code, json.loads(out)) == (0, {"wrapped": 2})
    assert key.read_text(encoding="ascii") != before
    assert "Ann Grove" in run(capsys, "list", *call)[1]


def test_a_rotation_is_refused_while_the_bot_runs(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    with service.worker_lock(Path(call[1]).parent / "state"):
        code, _, err = run(capsys, "keys", "rotate", *call)
    assert code == 1
    assert "another worker already runs" in err


def test_a_key_from_the_environment_is_rotated_to_another_variable(
    capsys: pytest.CaptureFixture[str], call: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(call[1]).parent
    shutil.rmtree(place / "state")
    with Path(call[1]).open("a", encoding="utf-8") as file:
        file.write('\n[keys]\nwrapping_key_env = "OUR_KEY"\n')
    monkeypatch.setenv("OUR_KEY", base64.b64encode(b"o" * 32).decode())
    settings = config.load(Path(call[1]), dict(os.environ))
    service.open_desktop(settings, WallClock(), settings.storage.folder)
    code, _, err = run(capsys, "keys", "rotate", *call)
    assert (code, "name the variable" in err) == (1, True)
    code, _, err = run(capsys, "keys", "rotate", "--to-env", "NEXT_KEY", *call)
    assert (code, "NEXT_KEY is not set" in err) == (2, True)
    monkeypatch.setenv("NEXT_KEY", NEW_KEY)
    assert run(capsys, "keys", "rotate", "--to-env", "NEXT_KEY", *call)[0] == 0
    code, _, err = run(capsys, "keys", *call)
    assert (code, "does not fit the key store" in err) == (1, True)
    monkeypatch.setenv("OUR_KEY", NEW_KEY)
    assert run(capsys, "keys", *call)[0] == 0
    assert not (place / "state" / "keys" / "wrapping.key").exists()


def test_a_copy_of_the_key_store_is_whole_and_never_overwrites(
    capsys: pytest.CaptureFixture[str], call: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite"
    assert run(capsys, "keys", "copy", str(target), *call)[0] == 0
    assert sqlite3.connect(target).execute("SELECT count(*) FROM keys").fetchone() == (2,)
    assert target.stat().st_mode & 0o777 == 0o600
    code, _, err = run(capsys, "keys", "copy", str(target), *call)
    assert (code, "choose another name" in err) == (2, True)


def test_an_erasure_asks_first_and_then_leaves_nothing(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    code, _, err = run(capsys, "keys", "destroy", "A-001", *call)
    assert (code, "--yes" in err) == (2, True)
    assert "Ann Grove" in run(capsys, "list", *call)[1]
    code, out, _ = run(capsys, "keys", "destroy", "A-001", "--yes", *call)
    assert (code, "A-001 is erased" in out) == (0, True)
    assert "Ann Grove" not in run(capsys, "list", *call)[1]
    code, _, err = run(capsys, "keys", "destroy", "A-009", "--yes", *call)
    assert (code, "no application A-009" in err) == (1, True)


@pytest.mark.parametrize(
    ("lost", "complaint"), [("keys.sqlite", "key store"), ("wrapping.key", "wrapping key"), (".", "missing")]
)
def test_without_its_keys_nothing_starts_and_nothing_new_is_made(
    capsys: pytest.CaptureFixture[str], call: list[str], lost: str, complaint: str
) -> None:
    keys = Path(call[1]).parent / "state" / "keys"
    (keys / lost).rename(keys.parent / "lost") if lost != "." else keys.rename(keys.parent / "lost")
    for command in (["list"], ["keys"]):
        code, _, err = run(capsys, *command, *call)
        assert code == 1
        assert "is missing" in err
        assert complaint in err
    assert not (keys / lost).exists()


def test_another_key_store_is_refused_though_it_opens(capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    state = Path(call[1]).parent / "state"
    state.rename(state.parent / "first")
    settings = config.load(Path(call[1]), {})
    service.open_desktop(settings, WallClock(), settings.storage.folder)
    shutil.rmtree(state / "keys")
    (state.parent / "first" / "keys").rename(state / "keys")
    code, _, err = run(capsys, "list", *call)
    assert (code, "belongs to another key store" in err) == (1, True)
