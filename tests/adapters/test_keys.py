"""Keys: one for each owner, beside the database; gone means gone, in every copy; nothing opens with the wrong key."""

from __future__ import annotations

import base64
import sqlite3
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ranmailbot.adapters import key_store
from ranmailbot.adapters.key_store import BACKUPS, FILE, open_store, temporary_store
from ranmailbot.adapters.keyring import LONGEST_STEP, open_seal, rotate, tend
from ranmailbot.adapters.seal import AesSeal
from ranmailbot.adapters.sql import owners
from ranmailbot.adapters.wrapping_key import NEXT, read_file, read_key, write_file
from ranmailbot.ports import KeyGone, SealBroken, Unavailable, WrappingKey

FIRST, SECOND = b"1" * 32, b"2" * 32
ANN = "application:call/1"
BEN = "application:call/2"
LIVES = {"strangers": 180, "organisers": 30}


def text_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "keys"
    place.mkdir(mode=0o700)
    return place


def sealed(seal: AesSeal, owner: str = ANN, words: bytes = b"words") -> bytes:
    box = seal.seal(owner, words)
    seal.keep()
    return box


def opened(folder: Path, key: bytes = FIRST) -> AesSeal:
    return AesSeal(open_store(folder, key, make=True))


def test_what_is_sealed_opens_only_for_its_owner() -> None:
    seal = AesSeal(temporary_store(FIRST))
    box, other = sealed(seal), sealed(seal, BEN)
    assert b"words" not in box
    assert seal.unseal(ANN, box) == b"words"
    for owner, foreign in ((BEN, box), (ANN, other)):
        with pytest.raises(KeyGone):
            seal.unseal(owner, foreign)


def test_a_changed_byte_is_noticed() -> None:
    seal = AesSeal(temporary_store(FIRST))
    box = bytearray(sealed(seal))
    box[-1] ^= 1
    with pytest.raises(SealBroken):
        seal.unseal(ANN, bytes(box))


def test_looking_up_ignores_case_and_needs_the_key() -> None:
    seal, other = AesSeal(temporary_store(FIRST)), AesSeal(temporary_store(FIRST))
    assert seal.lookup("Ann@Example.org ") == seal.lookup("ann@example.org")
    assert seal.lookup("ann@example.org") != other.lookup("ann@example.org")


def test_a_key_that_was_kept_opens_after_a_restart(folder: Path) -> None:
    box = sealed(opened(folder))
    assert opened(folder).unseal(ANN, box) == b"words"


def test_a_key_whose_transaction_failed_was_never_there(folder: Path) -> None:
    seal = opened(folder)
    box = seal.seal(ANN, b"words")
    seal.forget()
    seal.keep()
    with pytest.raises(KeyGone):
        seal.unseal(ANN, box)
    assert seal.owners(ANN) == ()


def test_the_store_holds_no_key_in_clear(folder: Path) -> None:
    seal = opened(folder)
    sealed(seal)
    key = seal.keys.find(ANN)
    assert key is not None
    assert key.plain not in (folder / FILE).read_bytes()
    assert FIRST not in (folder / FILE).read_bytes()


def test_another_wrapping_key_is_refused_with_the_remedy(folder: Path) -> None:
    opened(folder)
    with pytest.raises(SealBroken, match="does not fit the key store"):
        opened(folder, SECOND)


def test_a_missing_store_beside_a_database_is_refused_and_not_made(folder: Path) -> None:
    with pytest.raises(SealBroken, match=r"key store .* is missing"):
        open_store(folder, FIRST, make=False)
    assert list(folder.iterdir()) == []


def test_a_destroyed_key_is_gone_for_every_process_and_from_the_file(folder: Path) -> None:
    worker, command = opened(folder), opened(folder)
    box = sealed(worker)
    wrapped = sqlite3.connect(folder / FILE).execute("SELECT wrapped FROM keys WHERE owner = ?", (ANN,)).fetchone()[0]
    assert wrapped in (folder / FILE).read_bytes()
    assert command.destroy([ANN], for_ever=True) == 1
    worker.begin()
    for seal in (worker, command):
        with pytest.raises(KeyGone):
            seal.unseal(ANN, box)
        with pytest.raises(KeyGone):
            seal.seal(ANN, b"more")
    assert wrapped not in (folder / FILE).read_bytes()


def test_an_owner_may_get_a_new_key_that_opens_nothing_old(folder: Path) -> None:
    seal = opened(folder)
    old = sealed(seal)
    seal.destroy([ANN])
    new = sealed(seal)
    assert seal.unseal(ANN, new) == b"words"
    with pytest.raises(KeyGone):
        seal.unseal(ANN, old)


def test_two_processes_cannot_make_different_keys_for_one_owner(folder: Path) -> None:
    one, two = opened(folder), opened(folder)
    two.seal(ANN, b"words")
    box = sealed(one)
    with pytest.raises(Unavailable):
        two.keep()
    two.forget()
    assert two.unseal(ANN, box) == b"words"


def test_files_belong_to_their_owner_alone(folder: Path) -> None:
    seal, _ = open_seal(folder, WrappingKey(folder / "wrapping.key"), make=True)
    tend(seal, folder, date(2022, 3, 1), **LIVES)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert found == {FILE: 0o600, "wrapping.key": 0o600, BACKUPS: 0o700, "keys-2022-03-01.sqlite": 0o600}


@pytest.mark.parametrize(("name", "mode"), [(FILE, 0o644), ("wrapping.key", 0o640), (".", 0o755)])
def test_what_others_can_read_is_refused_with_the_command_that_mends_it(folder: Path, name: str, mode: int) -> None:
    open_seal(folder, WrappingKey(folder / "wrapping.key"), make=True)
    (folder / name).chmod(mode)
    with pytest.raises(SealBroken, match="chmod"):
        open_seal(folder, WrappingKey(folder / "wrapping.key"), make=False)


def test_a_symbolic_link_is_refused(folder: Path, tmp_path: Path) -> None:
    open_seal(folder, WrappingKey(folder / "wrapping.key"), make=True)
    for name in (FILE, "wrapping.key"):
        (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(tmp_path / name)
        with pytest.raises(SealBroken, match=r"symbolic link|plain file"):
            open_seal(folder, WrappingKey(folder / "wrapping.key"), make=False)
        (folder / name).unlink()
        (tmp_path / name).rename(folder / name)


def test_a_wrapping_key_is_made_once(folder: Path) -> None:
    where = WrappingKey(folder / "wrapping.key")
    first, made = read_key(where, make=True)
    assert (read_key(where, make=True), made) == ((first, False), True)


def test_a_wrapping_key_that_got_lost_is_never_replaced_by_a_new_one(folder: Path) -> None:
    where = WrappingKey(folder / "wrapping.key")
    open_seal(folder, where, make=True)
    where.file.unlink()
    with pytest.raises(SealBroken, match=r"wrapping key .* is missing"):
        open_seal(folder, where, make=True)


def test_a_wrapping_key_comes_from_a_text_or_a_command(folder: Path) -> None:
    assert read_key(WrappingKey(folder / "k", text=text_of(FIRST)), make=False) == (FIRST, False)
    assert read_key(WrappingKey(folder / "k", command=("echo", text_of(FIRST))), make=False) == (FIRST, False)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [(("false",), "exit code 1"), (("echo", "short"), "base64 of 32"), (("/no/such/program",), "did not run")],
)
def test_a_command_without_a_key_is_named(folder: Path, command: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(SealBroken, match=complaint):
        read_key(WrappingKey(folder / "k", command=command), make=False)


def test_a_wrapping_key_is_never_shown() -> None:
    where = WrappingKey(Path("k"), text=text_of(FIRST))
    assert text_of(FIRST) not in repr(where)
    with pytest.raises(SealBroken) as refusal:
        read_key(WrappingKey(Path("k"), text="c2VjcmV0"), make=False)
    assert "c2VjcmV0" not in str(refusal.value)


def test_a_rotation_changes_the_wrapping_key_and_nothing_else(folder: Path) -> None:
    where = WrappingKey(folder / "wrapping.key")
    seal, _ = open_seal(folder, where, make=True)
    box, hashed = sealed(seal), seal.lookup("ann@example.org")
    tend(seal, folder, date(2022, 3, 1), **LIVES)
    old = read_file(where.file)
    assert rotate(folder, where) == 2
    assert read_file(where.file) != old
    again, _ = open_seal(folder, where, make=False)
    assert (again.unseal(ANN, box), again.lookup("ann@example.org")) == (b"words", hashed)
    with pytest.raises(SealBroken):
        open_store(folder, old, make=False)
    copy = folder / "copy"
    copy.mkdir(mode=0o700)
    (folder / BACKUPS / "keys-2022-03-01.sqlite").rename(copy / FILE)
    assert AesSeal(open_store(copy, read_file(where.file), make=False)).unseal(ANN, box) == b"words"


@pytest.mark.parametrize("done", ["nothing", "copies", "everything"])
def test_a_rotation_that_was_cut_short_is_finished_by_whoever_comes_next(folder: Path, done: str) -> None:
    where = WrappingKey(folder / "wrapping.key")
    seal, _ = open_seal(folder, where, make=True)
    box = sealed(seal)
    tend(seal, folder, date(2022, 3, 1), **LIVES)
    old = read_file(where.file)
    write_file(folder / NEXT, SECOND)
    if done == "everything":
        key_store.rewrap(folder, old, SECOND)
    if done == "copies":
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        (folder / BACKUPS / "keys-2022-03-01.sqlite").rename(elsewhere / FILE)
        key_store.rewrap(elsewhere, old, SECOND)
        (elsewhere / FILE).rename(folder / BACKUPS / "keys-2022-03-01.sqlite")
    again, _ = open_seal(folder, where, make=False)
    assert again.unseal(ANN, box) == b"words"
    assert read_file(where.file) == SECOND
    assert not (folder / NEXT).exists()


def test_a_rotation_without_a_file_of_ours_needs_the_new_key(folder: Path) -> None:
    where = WrappingKey(folder / "k", text=text_of(FIRST))
    seal, _ = open_seal(folder, where, make=True)
    box = sealed(seal)
    with pytest.raises(SealBroken, match="name the variable"):
        rotate(folder, where)
    rotate(folder, where, text_of(SECOND))
    assert opened(folder, SECOND).unseal(ANN, box) == b"words"


def test_keys_of_strangers_and_organisers_expire_and_those_of_applicants_do_not(folder: Path) -> None:
    seal, at = opened(folder), datetime(2022, 3, 10, tzinfo=UTC)
    kept = [owners.applicant("call", 1), owners.asked("call", "hash")]
    digest, letter, odd = (
        owners.organisers("call", at),
        owners.person("call", "hash", at),
        owners.others("call", at),
    )
    for owner in (*kept, digest, letter, odd):
        sealed(seal, owner)
    assert tend(seal, folder, date(2022, 4, 9), **LIVES) == 0
    assert tend(seal, folder, date(2022, 4, 10), **LIVES) == 1
    assert seal.owners(digest) == ()
    for day in range(1, 8):
        tend(seal, folder, date(2022, 4, 10) + day * LONGEST_STEP, **LIVES)
    assert set(seal.owners("")) == {*kept, key_store.LOOKUP}


def test_a_clock_that_is_wrong_by_years_destroys_nothing_at_once(folder: Path) -> None:
    seal, at = opened(folder), datetime(2022, 3, 10, tzinfo=UTC)
    sealed(seal, owners.person("call", "hash", at))
    tend(seal, folder, date(2022, 3, 10), **LIVES)
    assert tend(seal, folder, date(2099, 1, 1), **LIVES) == 0
    assert len(list((folder / BACKUPS).iterdir())) == 1


def test_the_store_is_copied_daily_and_old_copies_go_with_what_was_destroyed(folder: Path) -> None:
    seal = opened(folder)
    sealed(seal)
    for day in range(12):
        if day == 3:
            seal.destroy([ANN])
        tend(seal, folder, date(2022, 3, 1) + timedelta(days=day), **LIVES)
    copies = sorted((folder / BACKUPS).iterdir())
    assert [path.name for path in copies] == [f"keys-2022-03-{day:02}.sqlite" for day in range(5, 13)]
    query = "SELECT count(*) FROM keys WHERE owner = ?"
    assert all(sqlite3.connect(path).execute(query, (ANN,)).fetchone() == (0,) for path in copies)


def test_a_damaged_store_is_told_and_points_to_its_copies(folder: Path) -> None:
    opened(folder)
    (folder / FILE).write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    with pytest.raises(SealBroken, match="backups"):
        opened(folder)
