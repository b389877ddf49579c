"""Letters that real mail clients wrote, driven by tests/clients; what they answer was settled before they were read.

`known` names what the reader cannot do: there it need not find every answer, but it must be sure of nothing wrong.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from ranmailbot.call.application import SURE
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.calendar import read_reply
from ranmailbot.mail.letter import Letter, decode
from ranmailbot.mail.letter_reading import read_letter
from ranmailbot.mail.limits import Limits
from ranmailbot.mail.reading import Reading
from ranmailbot.mail.sample_drafts import SAMPLE_EVENT

from .client_forms import kept_form

DRIVEN = Path(__file__).parent.parent / "letters" / "driven"
LETTERS = sorted(DRIVEN.glob("*.eml"))
NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
TRUST = Trust("generic", "mx.ran.example")
SAMPLE = re.compile(r"@(?:[a-z-]+\.)*(?:example|example\.org|test)$")
Case = tuple[Letter, Reading, dict[str, Any]]


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=LETTERS, ids=lambda path: path.stem, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    path: Path = request.param
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    form = kept_form(expected["form"]).form
    letter = decode(path.read_bytes(), NOW, Limits(), TRUST, [form.ours[1]])
    return letter, read_letter(letter, form), expected


def test_a_driven_client_s_letter_is_read_as_its_author_meant_it(case: Case) -> None:
    letter, reading, expected = case
    if "known" in expected:
        pytest.skip(expected["known"])
    truth = {int(number): answer for number, answer in expected["answers"].items()}
    assert {answer.question: _plain(answer.text) for answer in reading.answers} == truth
    assert {value.key for value in reading.profile if not value.guessed} == set()
    assert letter.authentication.passed
    assert letter.answerable
    assert not letter.faults


def test_nothing_a_driven_client_wrote_is_read_wrongly_and_surely(case: Case) -> None:
    _, reading, expected = case
    if expected.get("surely_wrong"):
        pytest.skip(expected["known"])
    sure = {str(answer.question): _plain(answer.text) for answer in reading.answers if answer.confidence >= SURE}
    assert {number: text for number, text in sure.items() if expected["answers"].get(number) != text} == {}


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_a_driven_letter_names_sample_people_and_hosts_only(path: Path) -> None:
    mail = message_from_bytes(path.read_bytes())
    heads = " ".join(f"{mail[name]}" for name in ("From", "To", "Cc", "Sender", "Message-ID", "Return-Path"))
    assert [found for found in re.findall(r"[\w.+-]+(@[\w.-]+)", heads) if not SAMPLE.search(found)] == []
    hosts = [str(value).split()[1] for value in mail.get_all("Received", [])]
    assert [host for host in hosts if not SAMPLE.search(f"@{host}")] == []


def test_an_invitation_accepted_in_thunderbird_s_calendar_is_understood() -> None:
    """It names no mail of ours: only the event's UID says what is accepted."""
    letter = decode((DRIVEN / "rsvp" / "thunderbird-accepts.eml").read_bytes(), NOW, Limits(), TRUST, [])
    replies = {reply for text in letter.calendars if (reply := read_reply(text)) is not None}
    assert {(reply.uid, reply.attendee, reply.partstat) for reply in replies} == {
        (SAMPLE_EVENT.uid, "anna.berzina@prison.example.org", "ACCEPTED")
    }
    assert letter.authentication.passed
    assert not letter.faults


def test_driven_letters_come_from_many_clients() -> None:
    clients = {path.stem.partition("-")[0] for path in LETTERS}
    assert len(LETTERS) >= 25
    assert clients >= {"mutt", "neomutt", "nail", "alpine", "emacs", "claws", "thunderbird"}
