"""The commands that stop, settle, keep and bring back: what they print, their exit codes, their complaints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ranmailbot import config, service
from ranmailbot.adapters.sql.engine import worker_lock
from ranmailbot.cli import main
from ranmailbot.records import State
from tests.world import ROOT, World

ANN = "ann@example.org"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(tmp_path: Path) -> World:
    """A store as `run` leaves it, with one application whose acknowledgement waits, and the configuration beside it."""
    shutil.copy(ROOT / "config.toml", tmp_path)
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    world = World(tmp_path / "unused")
    world.engine.dispose()
    (tmp_path / "state").mkdir(mode=0o700)
    here = config.load(tmp_path / "config.toml", {})
    desktop = service.open_desktop(here, world.clock, tmp_path / "state", world.tokens)
    world.engine, world.store, world.reports = desktop.store._engine, desktop.store, desktop.reports
    world.start()
    world.post(ANN, "1. One\n\n2. Two")
    world.receive()
    return world


@pytest.fixture
def run(shop: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--config", str(tmp_path / "config.toml")])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_what_is_stopped_stands_first_in_the_status_and_in_its_exit_code(run: Run) -> None:
    assert run("status")[0] == 0
    assert run("hold", "--reason", "the wrong day")[0] == 0
    for command in ("status", "check"):
        code, out, _ = run(command)
        assert code == 1
        assert "MAILINGS ARE STOPPED" in out
        assert "the wrong day" in out
    assert run("status")[1].startswith("MAILINGS ARE STOPPED")
    told = json.loads(run("status", "--json")[1])["stopped"]
    assert [(one["level"], one["reason"], one["by_bot"]) for one in told] == [("bulk", "the wrong day", False)]
    assert "the wrong day" in run("resume")[1]
    assert (run("status")[0], run("check")[0]) == (0, 0)


def test_all_sending_is_stopped_by_name(run: Run) -> None:
    run("hold", "--all", "--json")
    assert run("status")[1].startswith("ALL SENDING IS STOPPED")
    assert json.loads(run("resume", "--json")[1])[0]["level"] == "all"
    assert run("resume")[1] == "nothing was stopped\n"


def test_a_reason_is_one_line(run: Run) -> None:
    code, _, err = run("hold", "--reason", "x" * 201)
    assert code == 2
    assert "200 characters" in err


def test_a_waiting_mail_is_dropped_and_cannot_be_dropped_twice(run: Run, shop: World) -> None:
    code, out, _ = run("drop", "1")
    assert (code, out) == (0, "mail 1 is void and will not be sent\n")
    assert shop.outbox()[0].state is State.VOID
    code, _, err = run("drop", "1")
    assert code == 1
    assert "mail 1 is void; only held or queued mails can be dropped" in err


@pytest.mark.parametrize("command", ["release", "drop"])
def test_numbers_or_all_must_be_named(run: Run, command: str) -> None:
    assert run(command)[0] == 2
    assert run(command, "1", "--all")[0] == 2
    assert json.loads(run(command, "--all", "--json")[1]) == []


def test_letters_that_were_put_aside_are_listed(run: Run, shop: World) -> None:
    assert json.loads(run("retry", "--json")[1]) == []
    shop.mailbox._message_bytes = 100
    shop.post(ANN, "much too large")
    shop.receive()
    (listed,) = json.loads(run("retry", "--json")[1])
    assert (listed["number"], listed["outcome"], listed["kept"]) == (2, "quarantined", False)
    code, out, _ = run("retry")
    assert code == 0
    assert "quarantined" in out
    code, _, err = run("retry", "2")
    assert code == 1
    assert "message_bytes" in err


def test_a_milestone_is_marked_as_kept(run: Run) -> None:
    assert run("timeline", "--kept", "closing:call:1")[0] == 0
    rows = {row["key"]: row["state"] for row in json.loads(run("timeline", "--json")[1])}
    assert rows["closing:call:1"] == "kept"
    code, _, err = run("timeline", "--kept", "closing:call:1")
    assert code == 1
    assert "settled already" in err


def test_a_backup_says_what_it_holds_and_where_the_keys_belong(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("backup", str(tmp_path / "one.sqlite"))
    assert code == 0
    assert "1 letters, 1 applications, 1 mails" in out
    assert "keys" in out
    told = json.loads(run("backup", str(tmp_path / "two.sqlite"), "--json")[1])
    assert told["rows"]["letters"] == 1
    code, _, err = run("backup", str(tmp_path / "one.sqlite"))
    assert code == 1
    assert "is there already" in err


def test_a_restore_says_what_is_held_and_what_to_do(run: Run, shop: World, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "one.sqlite"))
    shop.engine.dispose()
    code, out, _ = run("restore", str(tmp_path / "one.sqlite"))
    assert code == 0
    assert "Mails held: 1; mailings are stopped" in out
    assert "before-restore-" in out
    assert "warning" not in out
    code, out, _ = run("outbox", "--state", "held")
    assert (code, "acknowledgement" in out) == (1, True)
    code, out, err = run("restore", str(tmp_path / "one.sqlite"), "--json", "--numbers-above", "57")
    assert code == 0, err
    told = json.loads(out)
    assert (told["held"], told["numbers_above"]) == (1, 57)
    (tmp_path / "state" / "ranmailbot.sqlite").unlink()
    _, out, _ = run("restore", str(tmp_path / "one.sqlite"))
    assert "--numbers-above" not in out, "the keys tell which numbers were given"
    assert "--lost-at" in out


def test_a_restore_is_refused_while_the_bot_runs(run: Run, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "one.sqlite"))
    with worker_lock(tmp_path / "state"):
        code, _, err = run("restore", str(tmp_path / "one.sqlite"))
    assert code == 1
    assert "another worker" in err


def test_a_moment_that_is_none_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    code, _, err = run("restore", str(tmp_path / "one.sqlite"), "--lost-at", "yesterday")
    assert code == 2
    assert "2022-03-05T10:00" in err
