"""The rehearsal through Dovecot and Postfix: it balances, and it is the one that the built-in server plays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ranmailbot.cli import main
from ranmailbot.ports import Unavailable
from ranmailbot.rehearsal import read_hosts
from ranmailbot.rehearsal.play import play
from tests.interop.bench import running
from tests.interop.rehearse import BOX, configured, differences, on_real_servers, on_the_built_in_server

pytestmark = pytest.mark.interop


def test_for_one_seed_real_servers_and_the_built_in_one_play_the_same_call_without_a_fault() -> None:
    real, built_in = (play_on(12, 3, str) for play_on in (on_real_servers, on_the_built_in_server))
    assert real.audit.faults == ()
    assert built_in.audit.faults == ()
    assert differences(real, built_in) == []
    assert "bounced" in real.audit.outcomes  # by a report that Postfix wrote
    assert "decided" in real.audit.outcomes


def test_nothing_is_rehearsed_where_mail_to_invented_people_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ranmailbot.rehearsal.far_post.SECONDS", 1)
    with running() as bench, tempfile.TemporaryDirectory() as folder:  # here everybody has a mailbox of their own
        settings, hosts = configured(bench, Path(folder))
        with pytest.raises(Unavailable, match="nothing was rehearsed"):
            play(settings, 5, 1, Path(folder), str, hosts=read_hosts(hosts, {}))
        assert bench.users() == ["all@readers.example", BOX, "probe@rehearsal.example"]


def test_nothing_is_rehearsed_in_a_mailbox_that_holds_mail_and_the_command_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with running(apart=BOX) as bench, tempfile.TemporaryDirectory() as folder:
        _, hosts = configured(bench, Path(folder))
        bench.store(BOX, b"Subject: hello\r\n\r\nsomebody's letter\r\n")
        config = Path(folder) / "config.toml"
        command = ["rehearse", "--config", str(config), "--server", str(hosts), "--keep", f"{folder}/out"]
        assert main(command) != 0
        assert "is not empty (1 in INBOX)" in capsys.readouterr().err
        assert len(bench.mails(BOX)) == 1
