"""The reading room: one answer for each message, whatever the message does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ranmailbot.adapters import reading_room
from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.mail.authentication import Trust
from ranmailbot.mail.letter import Letter
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Envelope, Unreadable

NOW = datetime(2022, 3, 2, 12, tzinfo=UTC)
GOOD = b"From: a@x.example\nSubject: x\n\nhello\n"


def envelope(raw: bytes, size: int | None = None, *, junk: bool = False) -> Envelope:
    return Envelope("INBOX", 1, 1, NOW, len(raw) if size is None else size, raw, junk)


def room() -> InProcessReadingRoom:
    return InProcessReadingRoom(Limits(message_bytes=1_000), Trust("generic", ""), ("us@ran.example",))


def test_every_message_gets_one_answer_in_order() -> None:
    answers = room().read([envelope(GOOD), envelope(b"", 5_000), envelope(b""), envelope(GOOD, junk=True)], [NOW] * 4)
    assert [type(answer) for answer in answers] == [Letter, Unreadable, Unreadable, Letter]
    assert isinstance(answers[3], Letter)
    assert answers[3].junk


def test_a_fault_of_the_reader_stays_in_the_room_and_tells_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Letter:
        raise ValueError("anna@prison.example")

    monkeypatch.setattr(reading_room, "decode", fail)
    (answer,) = room().read([envelope(GOOD)], [NOW])
    assert answer == Unreadable("the reader failed (ValueError)")
