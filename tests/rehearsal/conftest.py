"""One small rehearsal for all tests that look at what a whole play leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ranmailbot.call.call import Call
from ranmailbot.config import Settings, load
from ranmailbot.rehearsal.books import Audit, audit
from ranmailbot.rehearsal.play import Played, play
from ranmailbot.rehearsal.received import Received, receive

SHIPPED = Path(__file__).parents[2] / "config.toml"


@dataclass(frozen=True)
class Run:
    """A play, its books, and the folder with its mails."""

    played: Played
    audit: Audit
    folder: Path
    lines: tuple[str, ...]
    state: Path


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load(SHIPPED, {})


@pytest.fixture(scope="session")
def call(settings: Settings) -> Call:
    return settings.call


@pytest.fixture(scope="session")
def run(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Twenty people from publication to the day after, on a real server."""
    folder, lines = tmp_path_factory.mktemp("rehearsal"), list[str]()
    state = tmp_path_factory.mktemp("kept") / "state"
    played = play(settings, 20, 5, folder, lines.append, state=state)
    return Run(played, audit(played), folder, tuple(lines), state)


@pytest.fixture(scope="session")
def form_mail(run: Run, call: Call) -> Received:
    """The call as it arrived at somebody's."""

    first = next(mail for mail in run.played.chronicle.seen if mail.kind == "announcement")
    return receive((run.folder / first.file).read_bytes())
