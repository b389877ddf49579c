"""The rehearsal is wired to no call: whatever config.toml describes can be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranmailbot.config import Settings, load
from ranmailbot.rehearsal import rehearse

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.mark.parametrize("name", ["one_question_in_a_room.toml", "twenty_questions_in_new_york.toml"])
def test_another_call_is_played_without_a_fault(name: str, tmp_path: Path) -> None:
    settings = load(CONFIGS / name, {})
    result = rehearse(settings, applicants=7, seed=2, folder=tmp_path, progress=lambda _: None)
    assert result.faults == ()
    assert (tmp_path / "index.html").is_file()


def test_the_same_seed_plays_the_same_call_and_leaves_only_its_own_mails(settings: Settings, tmp_path: Path) -> None:
    first = rehearse(settings, applicants=5, seed=4, folder=tmp_path, progress=lambda _: None)
    again = rehearse(settings, applicants=5, seed=4, folder=tmp_path, progress=lambda _: None)
    assert again.json() == first.json()
    mails = [*tmp_path.glob("incoming/*.eml"), *tmp_path.glob("outgoing/*.eml")]
    assert len(mails) == again.audit.incoming + again.audit.outgoing
