"""Backup and restore: complete, private, checked; nothing is sent, answered or numbered twice afterwards."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot import recovery, service
from ranmailbot.adapters.sql import backup as room
from ranmailbot.adapters.sql.backup import back_up, inspect, put_in_place
from ranmailbot.adapters.sql.engine import DATABASE, StoreRefused, open_engine
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.call.application import Decision
from ranmailbot.config import Settings
from ranmailbot.flows.brake import holds, resume_by_command
from ranmailbot.records import Level, State
from ranmailbot.sealing import SealBroken
from tests.flows.test_announce import decide, local
from tests.world import OPENING, PlayedClock, World, answers, settings

ANN = "ann@example.org"


class Shop(World):
    """A world whose state folder is one that `service` opens: with a real key."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.state = folder / "state"
        self.settings: Settings = replace(settings(), storage=replace(settings().storage, folder=self.state))
        self.reopen()

    def reopen(self) -> None:
        """As a start of the bot does."""
        self.engine.dispose()
        desktop = service.open_desktop(self.settings, self.clock, self.state, self.tokens)
        self.engine = desktop.store._engine
        self.store, self.reports = desktop.store, desktop.reports
        self.start()

    def destroy(self) -> None:
        """The database is lost; the keys are not."""
        self.engine.dispose()
        for path in self.state.glob(f"{DATABASE}*"):
            path.unlink()

    def restore(self, source: Path, **known: object) -> recovery.Restored:
        lost = recovery.Lost(self.clock.now(), **known)  # type: ignore[arg-type]
        self.engine.dispose()
        done = recovery.restore(self.settings, self.clock, source, lost)
        self.reopen()
        return done


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def everything(state: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(state) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        queries = {name: f"SELECT * FROM {name}" for name in sorted(names)}  # noqa: S608 - names that the database itself gave
        return {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in queries.items()}


def stopped(shop: Shop) -> list[Level]:
    with shop.store.look() as books:
        return [one.level for one in holds(books)]


# -- backup ------------------------------------------------------------------------------------------------------


def test_a_backup_is_the_whole_database_in_one_private_file(shop: Shop, tmp_path: Path) -> None:
    shop.apply(ANN)
    target = tmp_path / "monday.sqlite"
    os.umask(0o022)
    facts = back_up(shop.state, target)
    assert everything(target) == everything(shop.state / DATABASE)
    assert target.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"monday.sqlite", "state"}, "something was left beside it"
    assert facts.rows["applications"] == 1
    assert facts.newest == shop.clock.now()


def test_a_backup_overwrites_nothing(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "monday.sqlite"
    target.write_text("precious")
    with pytest.raises(StoreRefused, match="is there already"):
        back_up(shop.state, target)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("at", ["_copy", "inspect"])
def test_a_backup_that_fails_leaves_nothing_behind(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fault(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, at, fault)
    with pytest.raises(StoreRefused, match="nothing was left behind"):
        back_up(shop.state, tmp_path / "monday.sqlite")
    assert {path.name for path in tmp_path.iterdir()} == {"state"}


def test_a_backup_beside_a_writer_is_of_one_moment(shop: Shop, tmp_path: Path) -> None:
    """A writer puts two rows into each transaction: no backup ever holds one of them alone."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with shop.store.begin() as books:
                books.note_fact(f"a{number}", "x", shop.clock.now())
                books.note_fact(f"b{number}", "x", shop.clock.now())
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            back_up(shop.state, tmp_path / f"{number}.sqlite")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with sqlite3.connect(tmp_path / f"{number}.sqlite") as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM about")}
        assert {name[1:] for name in names if name[0] == "a"} == {name[1:] for name in names if name[0] == "b"}


# -- restore: what may be restored ---------------------------------------------------------------------------------


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:40960] = b"\xff" * (40960 - 8192)
    path.write_bytes(bytes(content))


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


def of_another_call(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE outcomes SET call = 'another'")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (damaged, "damaged|not a sound database"),
        (newer, "newer version"),
        (foreign, "not a sound database"),
        (lambda path: path.write_text("no database"), "not a sound database"),
        (lambda path: path.unlink(), "is no file"),
        (of_another_call, "holds the call another"),
    ],
    ids=["damaged", "newer", "foreign", "text", "missing", "another call"],
)
def test_what_is_no_backup_of_this_call_is_refused_and_nothing_is_touched(
    shop: Shop, tmp_path: Path, spoil: Callable[[Path], object], complaint: str
) -> None:
    shop.apply(ANN)
    backup = tmp_path / "backup.sqlite"
    back_up(shop.state, backup)
    before = everything(shop.state / DATABASE)
    spoil(backup)
    with pytest.raises(StoreRefused, match=complaint):
        shop.restore(backup)
    assert everything(shop.state / DATABASE) == before
    assert not list(shop.state.glob("*restor*"))


def test_a_backup_without_its_keys_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.apply(ANN)
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.destroy()
    shutil.rmtree(shop.state / "keys")
    with pytest.raises(SealBroken, match="missing"):
        recovery.restore(shop.settings, shop.clock, tmp_path / "backup.sqlite", recovery.Lost(shop.clock.now()))
    assert not (shop.state / "keys").exists()


def test_a_backup_with_the_keys_of_another_database_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.apply(ANN)
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.destroy()
    other = Shop(tmp_path / "other")
    shutil.rmtree(shop.state / "keys")
    shutil.copytree(other.state / "keys", shop.state / "keys")
    with pytest.raises(StoreRefused, match="another key store"):
        recovery.restore(shop.settings, shop.clock, tmp_path / "backup.sqlite", recovery.Lost(shop.clock.now()))
    assert not (shop.state / DATABASE).exists()


def test_an_older_backup_is_brought_up_to_date(shop: Shop, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite"
    back_up(shop.state, backup)
    with sqlite3.connect(backup) as connection:
        for statement in (
            "DROP INDEX ix_outbox_call_domain_created_at",
            "DROP INDEX ix_outbox_call_reply_created_at",
            "DROP INDEX ix_letters_call_again",
            "ALTER TABLE outbox DROP COLUMN domain",
            "ALTER TABLE outbox DROP COLUMN doubted_after",
            "UPDATE alembic_version SET version_num = '0002'",
        ):
            connection.execute(statement)
    shop.restore(backup)
    shop.clock.moment += timedelta(minutes=1)
    shop.apply(ANN)
    assert shop.kinds(ANN) == ["form", "acknowledgement"]


# -- restore: what it does ---------------------------------------------------------------------------------------


def test_what_waited_in_the_backup_is_held_and_mailings_are_stopped(shop: Shop, tmp_path: Path) -> None:
    shop.post(ANN, "Hello")
    shop.receive()
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.settle()
    assert shop.kinds(ANN) == ["form"]
    done = shop.restore(tmp_path / "backup.sqlite")
    assert done.held == 1
    assert stopped(shop) == [Level.BULK]
    shop.pass_time(days=2)
    assert shop.kinds(ANN) == ["form"], "it was sent a second time"
    assert [mail.state for mail in shop.outbox() if mail.kind == "form"] == [State.HELD]
    assert {mail.kind for mail in shop.outbox() if mail.state is State.SENT} == {"alarm"}


def test_the_database_that_was_there_is_put_aside_whole(shop: Shop, tmp_path: Path) -> None:
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.apply(ANN)
    before = everything(shop.state / DATABASE)
    done = shop.restore(tmp_path / "backup.sqlite")
    assert done.aside is not None
    assert everything(done.aside) == before
    assert done.aside.stat().st_mode & 0o777 == 0o600


def test_a_log_that_was_left_behind_is_not_read_into_the_restored_database(shop: Shop, tmp_path: Path) -> None:
    back_up(shop.state, tmp_path / "backup.sqlite")
    keep_open = sqlite3.connect(shop.state / DATABASE)
    keep_open.execute("PRAGMA wal_autocheckpoint=0")
    keep_open.execute("SELECT count(*) FROM letters").fetchone()
    shop.apply(ANN)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for path in shop.state.glob(f"{DATABASE}*"):
        shutil.copy(path, crashed / path.name)
    keep_open.close()
    shop.engine.dispose()
    for path in crashed.iterdir():
        shutil.copy(path, shop.state / path.name)
    assert (shop.state / f"{DATABASE}-wal").stat().st_size > 0
    shop.restore(tmp_path / "backup.sqlite")
    assert shop.applications() == ()


@pytest.mark.parametrize("who", ["the lost one", "the keys", "a person"])
def test_a_number_that_people_hold_in_their_mail_is_not_given_twice(shop: Shop, tmp_path: Path, who: str) -> None:
    shop.apply(ANN)
    back_up(shop.state, tmp_path / "backup.sqlite")
    for number in range(3):
        shop.apply(f"person{number}@example.org")
    if who != "the lost one":
        shop.destroy()
    shop.restore(tmp_path / "backup.sqlite", numbers_above=5 if who == "a person" else 0)
    shop.clock.moment += timedelta(minutes=1)
    shop.apply("new@example.org")
    following = "A-006" if who == "a person" else "A-005"
    assert [person.reference for person in shop.applications()] == ["A-001", following]
    assert shop.reports.books().applications == 2


def test_letters_that_are_judged_anew_are_not_answered_anew(shop: Shop, tmp_path: Path) -> None:
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.post(ANN, answers((1, 2, 3, 4)))
    shop.settle()
    assert shop.kinds(ANN) == ["acknowledgement"]
    raw, when = shop.mailbox.raws("Applications")[0], shop.clock.moment
    shop.pass_time(minutes=5)
    shop.restore(tmp_path / "backup.sqlite")
    shop.mailbox.deliver(raw, when)
    shop.post("bob@example.org", "How can I take part?")
    shop.pass_time(days=1)
    assert [person.address for person in shop.applications()] == [ANN], "the letter is not known again"
    assert shop.kinds(ANN) == ["acknowledgement"]
    assert [mail.state for mail in shop.outbox() if mail.kind == "acknowledgement"] == [State.HELD]


def test_letters_that_came_while_nothing_ran_are_answered(shop: Shop, tmp_path: Path) -> None:
    """The lost database itself, or a person, says until when it worked: what arrived later was never answered."""
    shop.apply(ANN)
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.clock.moment += timedelta(hours=5)
    shop.post("bob@example.org", "How can I take part?")
    shop.clock.moment += timedelta(hours=5)
    shop.restore(tmp_path / "backup.sqlite")
    shop.settle()
    assert shop.kinds("bob@example.org") == ["form"]


def test_invitations_that_may_have_gone_out_before_the_loss_are_held_and_later_ones_are_not(
    shop: Shop, tmp_path: Path
) -> None:
    for person in (ANN, "bob@example.org"):
        shop.apply(person)
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.go_to(local(2022, 3, 18, 9, 0))
    decide(shop, Decision.INVITE, 1)
    shop.go_to(local(2022, 3, 18, 10, 1))
    assert shop.kinds(ANN).count("invitation") == 2
    shop.pass_time(hours=1)
    shop.restore(tmp_path / "backup.sqlite")
    shop.clock.moment += timedelta(minutes=1)
    decide(shop, Decision.INVITE, 1)  # as the organiser's letter does, when it is judged anew
    resume_by_command(shop.store, shop.clock, shop.tokens)
    shop.settle()
    decide(shop, Decision.INVITE, 2)
    shop.settle()
    assert shop.kinds(ANN).count("invitation") == 2, "Ann was invited twice"
    assert shop.kinds("bob@example.org").count("invitation") == 2
    assert [mail.state for mail in shop.outbox() if mail.kind == "invitation"] == [State.HELD] * 2 + [State.SENT] * 2


def test_a_mailing_that_went_out_after_the_backup_does_not_go_out_again(shop: Shop, tmp_path: Path) -> None:
    shop.apply(ANN, (1, 2))
    back_up(shop.state, tmp_path / "backup.sqlite")
    shop.go_to(local(2022, 3, 10, 9, 1))
    before = len(shop.all_sent())
    shop.restore(tmp_path / "backup.sqlite")
    resume_by_command(shop.store, shop.clock, shop.tokens)
    shop.settle()
    new = [mail for mail in shop.all_sent()[before:] if b"Kind: alarm" not in mail.content]
    assert [mail.subject for mail in new] == []
    assert "deadline_notice" in {mail.kind for mail in shop.outbox() if mail.state is State.HELD}


def test_at_every_moment_of_the_exchange_there_is_a_database(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = shop.state / "part.sqlite"
    back_up(shop.state, part)
    shop.engine.dispose()
    seen = []

    def watch(method: str) -> None:
        real = getattr(Path, method)

        def watched(self: Path, *words: object) -> object:
            seen.append((shop.state / DATABASE).exists())
            result = real(self, *words)
            seen.append((shop.state / DATABASE).exists())
            return result

        monkeypatch.setattr(Path, method, watched)

    for method in ("rename", "replace", "unlink"):
        watch(method)
    put_in_place(shop.state, part, "aside.sqlite")
    assert len(seen) >= 2
    assert all(seen)
    assert inspect(shop.state / DATABASE).rows == inspect(shop.state / "aside.sqlite").rows


# -- the file itself -----------------------------------------------------------------------------------------------


def test_a_database_of_a_newer_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    open_engine(tmp_path / "state").dispose()
    newer(tmp_path / "state" / DATABASE)
    with pytest.raises(StoreRefused, match="newer version of ranmailbot"):
        open_engine(tmp_path / "state")


def test_a_file_that_is_no_database_is_refused_and_restore_is_offered(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / DATABASE).write_bytes(b"no database at all" * 1000)
    (state / DATABASE).chmod(0o600)
    with pytest.raises(StoreRefused, match="ranmailbot restore"):
        open_engine(state)


def test_a_played_clock_and_a_real_store_fit_together(shop: Shop) -> None:
    assert isinstance(shop.store, SqlStore)
    assert isinstance(shop.clock, PlayedClock)
    assert shop.clock.now() == OPENING
