"""The store: migrations that fit the tables, one worker for each folder, files that nobody else can read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from ranmailbot.adapters.sql.engine import StoreRefused, check_integrity, open_engine, worker_lock
from ranmailbot.adapters.sql.tables import metadata
from ranmailbot.desk import Outcome
from tests.world import World


def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "state")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_has_a_call_key() -> None:
    assert {table.name for table in metadata.sorted_tables if "call" not in table.c} == set()


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    open_engine(tmp_path / "state").dispose()
    found = MetaData()
    found.reflect(open_engine(tmp_path / "state"))
    assert set(metadata.tables) < set(found.tables)


def test_what_is_committed_is_on_disk_and_survives_a_writer_beside_it(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "state")
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


def test_a_second_worker_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    with worker_lock(tmp_path / "state"):
        with (
            pytest.raises(StoreRefused, match="another worker already runs") as refusal,
            worker_lock(tmp_path / "state"),
        ):
            pass
        assert "[storage] folder" in str(refusal.value)
    with worker_lock(tmp_path / "state"):
        pass


def test_the_database_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "state")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert modes["ranmailbot.sqlite"] == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    engine.dispose()


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o755)
    with pytest.raises(StoreRefused, match="chmod 700"):
        open_engine(tmp_path / "state")


def test_a_symbolic_link_in_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "elsewhere").touch()
    (tmp_path / "state" / "ranmailbot.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreRefused, match="plain file"):
        open_engine(tmp_path / "state")


def test_a_damaged_database_refuses_to_start(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "state")
    engine.dispose()
    path = tmp_path / "state" / "ranmailbot.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    with pytest.raises((StoreRefused, Exception), match=r"damaged|malformed|not a database"):
        check_integrity(open_engine(tmp_path / "state"))


def test_one_cause_has_one_outcome(world: World) -> None:
    with world.store.begin() as books:
        assert books.record("letter/1", Outcome("first"), (), world.clock.now(), None)
        assert not books.record("letter/1", Outcome("second"), (), world.clock.now(), None)


def test_even_a_writer_that_does_not_ask_cannot_record_a_cause_twice(world: World) -> None:
    with world.store.begin() as books:
        books.record("letter/1", Outcome("first"), (), world.clock.now(), None)
    path = world.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        other.execute(
            "INSERT INTO outcomes (call, cause, name, note, config, at) SELECT call, cause, name, note, config, at "
            "FROM outcomes"
        )


def test_a_block_that_raises_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(RuntimeError):
        record_and_raise(world)
    with world.store.look() as books:
        assert not books.has_outcome("letter/1")


def record_and_raise(world: World) -> None:
    with world.store.begin() as books:
        books.record("letter/1", Outcome("first"), (), world.clock.now(), None)
        raise RuntimeError
