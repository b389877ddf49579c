"""Nobody's name, address or words stand in a log, in the text of a fault, or in what a secret shows of itself."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ranmailbot.call.application import StepRefused
from ranmailbot.mail.delivery import Refused
from ranmailbot.ports import Account, TemplateFault
from tests.attacks.tools import BOB, QuickWorld, facts, invite
from tests.flows.test_announce import local
from tests.flows.test_decisions_and_replies import first_day, respond
from tests.world import answers

CANARY = "zyxcanary"
PERSON = f"{CANARY}.person@{CANARY}.example"
NAME = f"Anna {CANARY.title()}"


def canary(text: str) -> bool:
    return CANARY in text.casefold()


def told(records: list[logging.LogRecord]) -> list[str]:
    """Everything a handler could write of these records."""
    formatter = logging.Formatter("%(name)s %(message)s")
    return [f"{record.name} {formatter.format(record)} {record.args!r}" for record in records]


def whole_campaign(world: QuickWorld) -> None:
    words = [f"We work at {CANARY} number {number}." for number in (1, 2, 3, 4)]
    world.post(
        PERSON, f"Hello, this is {NAME}", name=NAME, subject=f"From {CANARY}", message_id=f"<1@{CANARY}.example>"
    )
    world.settle()
    text = f"{answers((1, 2), words)}\n\nYour name: {NAME}\nYour organisation: {CANARY}"
    world.post(PERSON, text, to=world.mails(PERSON)[-1], name=NAME)
    world.post(PERSON, answers((3, 4), words), name=NAME, headers=f"X-Odd: {CANARY}\r\n")
    world.post(PERSON, f"2. Forged {CANARY}", proven=False, name=NAME)
    world.post(f"{CANARY}@refused.example", answers((1, 2, 3, 4), words), name=NAME)
    world.post(f"{CANARY}@greylisted.example", CANARY, name=NAME)
    world.post(PERSON, f"my data {CANARY}", subject=CANARY)
    world.apply(BOB)
    world.mailbox.deliver(f"\x00\xff{CANARY}".encode("latin-1"), world.clock.moment)
    world.mailbox.deliver(f"From: <{CANARY}\r\nSubject: =?x?b?{CANARY}\r\n\r\n{CANARY}".encode(), world.clock.moment)
    world.settle()
    world.go_to(local(2022, 3, 14, 8, 1))
    world.decide(f"invite {CANARY}")
    world.decide("invite A-777")
    invite(world, 1)
    respond(world, PERSON, "ACCEPTED", "20220319T100000Z")
    world.post(PERSON, "yes to both", to=first_day(world, PERSON), name=NAME)
    for moment in (local(2022, 4, 1, 10, 5), local(2022, 4, 5, 7, 31), local(2022, 4, 7, 10, 5)):
        world.go_to(moment)
    world.post(PERSON, "withdraw", to=world.mails(PERSON)[0], name=NAME)
    world.settle()


def test_no_canary_of_a_whole_campaign_reaches_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG if name.startswith("ranmailbot") else logging.NOTSET)
    world = QuickWorld(tmp_path)
    whole_campaign(world)
    said = told(caplog.records)
    assert any("letter" in line for line in said)
    assert [line for line in said if canary(line)] == []
    assert not any(secret in line for line in said for secret in rooms(world))
    world.engine.dispose()


def rooms(world: QuickWorld) -> list[str]:
    found = [session.room for session in world.call.sessions if session.room]
    return [secret for room in found for secret in (room.join_url, room.password, room.numeric_password)]


def test_notes_and_states_in_the_database_hold_no_canary_either(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    whole_campaign(world)
    assert canary(str(facts(world)))
    world.engine.dispose()
    for path in (tmp_path / "state").iterdir():
        data = path.read_bytes().lower()
        assert CANARY.encode() not in data, path.name


@pytest.mark.parametrize("broken", ["digest", "acknowledgement", "form", "invitation"])
def test_a_template_that_breaks_on_somebodys_facts_says_nothing_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    caplog.set_level(logging.DEBUG)
    world = QuickWorld(tmp_path)
    real = type(world.stationery)._write

    def write(self, draft, *more):
        if draft.kind == broken:
            raise ValueError(f"cannot use {draft.to} {draft.facts}")
        return real(self, draft, *more)

    monkeypatch.setattr(type(world.stationery), "_write", write)
    try:
        whole_campaign(world)
    except (TemplateFault, StepRefused, IndexError, AssertionError, StopIteration) as fault:
        shown = "".join(traceback.format_exception(fault)) if isinstance(fault, TemplateFault) else ""
        assert "Anna" not in shown
        assert not canary(shown)
    assert [line for line in told(caplog.records) if canary(line)] == []
    world.engine.dispose()


def test_a_fault_of_the_database_shows_no_value(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    with world.engine.connect() as connection, pytest.raises(SQLAlchemyError) as fault:
        connection.exec_driver_sql("INSERT INTO outcomes (call, cause) VALUES (?, ?)", (CANARY, CANARY))
    assert not canary(str(fault.value))
    world.engine.dispose()


def test_the_words_of_a_mail_server_are_not_told_beyond_codes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = QuickWorld(tmp_path)
    world.post(PERSON, "Hello")
    world.receive()
    world.submission.outcomes[world.outbox()[0].message_id] = Refused("550 5.1.1 to RCPT", recipient=True)
    world.settle()
    assert [line for line in told(caplog.records) if canary(line)] == []
    world.engine.dispose()


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    shown = repr(Account("imap.example", 993, "tls", "bot", CANARY)) + repr(world.store) + repr(world.reports)
    assert not canary(shown)
    for session in world.call.sessions:
        assert session.room is not None
        text = f"{world.call!r} {session!r} {session.room!r}"
        assert session.room.join_url not in text
        assert session.room.password not in text
    world.engine.dispose()
