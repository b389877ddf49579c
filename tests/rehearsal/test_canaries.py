"""Who has everything but the key store has nothing: no name, address or answer of the whole play can be found."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from ranmailbot.adapters.key_store import FILE
from tests.rehearsal.conftest import Run

FEWEST = 30


def canaries(run: Run) -> set[str]:
    """Names, addresses and answers of everybody who took part, a few words of each answer."""
    people = run.played.people
    answers = [" ".join(text.split()[:6]) for person in people for text in person.answers.values()]
    return {word for person in people for word in (person.name, person.email)} | {a for a in answers if len(a) > 12}


def shapes(word: str) -> set[bytes]:
    """A word as it might stand in a file."""
    encoded = [word.encode(), word.encode("utf-16-le"), word.encode("latin-1", "ignore"), word.casefold().encode()]
    # Base64 of something inside other text begins at any of three places; the edges are cut.
    shifted = [base64.b64encode(b"\0" * shift + word.encode())[4:-4] for shift in range(3)]
    return {shape for shape in (*encoded, *shifted) if len(shape) >= 6}


def found(data: bytes, words: set[str]) -> list[bytes]:
    return [shape for word in words for shape in shapes(word) if shape in data]


def test_the_play_has_something_to_find(run: Run) -> None:
    assert len(canaries(run)) > FEWEST
    mails = b"".join(path.read_bytes() for path in run.folder.rglob("*.eml"))
    assert len(found(mails, canaries(run))) > FEWEST


def test_database_and_log_hold_no_name_address_or_answer(run: Run) -> None:
    files = [path for path in run.state.rglob("*") if path.is_file() and "keys" not in path.parent.parts]
    assert any(path.name == "ranmailbot.sqlite" for path in files)
    data = b"".join(path.read_bytes() for path in files) + "\n".join(run.lines).encode()
    assert found(data, canaries(run)) == []


def test_not_even_the_key_store_names_anybody(run: Run) -> None:
    data = (run.state / "keys" / FILE).read_bytes()
    assert found(data, canaries(run)) == []


def test_a_kept_state_belongs_to_its_owner_alone(run: Run) -> None:
    open_to_others = [path for path in run.state.rglob("*") if path.stat().st_mode & 0o077]
    assert open_to_others == []


@pytest.mark.parametrize("place", ["ranmailbot.sqlite", "keys/keys.sqlite", "keys/wrapping.key"])
def test_a_kept_state_is_whole(run: Run, place: str) -> None:
    assert (run.state / Path(place)).stat().st_size > 0
