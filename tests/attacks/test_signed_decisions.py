"""Where our server stamps nothing, an organiser decides by a letter that their own server signed, and by no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dkim
import pytest

from ranmailbot.adapters.reading_room import InProcessReadingRoom
from ranmailbot.call.application import Decision
from ranmailbot.mail.authentication import Trust
from tests.adapters.test_own_dkim import pem, record
from tests.attacks.tools import ANN, QuickWorld, facts, raw_letter, received, two_applicants

ILSE, NAME = "ilse.maren@ran.example", "sel._domainkey.ran.example"
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to", b"references"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QuickWorld]:
    one = QuickWorld(tmp_path)
    two_applicants(one)
    box = one.call.mailbox.email
    trust = Trust("generic", "", box.rpartition("@")[2], own_dkim=True)
    room = InProcessReadingRoom(one.limits, trust, {box}, keys={NAME: [record()]})
    one.receiver = replace(one.receiver, room=room)
    yield one
    one.engine.dispose()


def signed(world: QuickWorld, body: str, *, key: int = 2048, reply: bool = True) -> bytes:
    digest = world.mails(ILSE, "digest")[-1].message_id
    more = {"In-Reply-To": digest, "References": digest} if reply else {}
    letter = raw_letter(world, f"From: Ilse Maren <{ILSE}>\n", body, more=more).replace("\n", "\r\n").encode()
    return bytes(dkim.sign(letter, b"sel", b"ran.example", pem(key), include_headers=SIGNED)) + letter


def delivered(world: QuickWorld, raw: bytes) -> None:
    world.deliver(received().replace("\n", "\r\n").encode() + raw)


def decisions(world: QuickWorld) -> list[Decision | None]:
    return [person.decision for person in world.applications()]


def test_an_organiser_decides_by_a_signed_reply_to_a_digest(world: QuickWorld) -> None:
    delivered(world, signed(world, "invite A-001\ndecline A-002"))
    assert decisions(world) == [Decision.INVITE, Decision.DECLINE]
    assert len(world.mails_of_kind("decision_receipt")) == len(world.call.organisers)


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "changed words": lambda raw: raw.replace(b"invite A-001", b"invite A-002"),
    "no signature": lambda raw: b"From:" + raw.partition(b"\r\nFrom:")[2],
    "another author": lambda raw: raw.replace(b"From: Ilse", b"From: Tomas"),
    "a second From": lambda raw: b"From: Eve <eve@evil.example>\r\n" + raw,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_signed_letter_that_was_changed_decides_nothing(world: QuickWorld, forge: Callable[[bytes], bytes]) -> None:
    before = facts(world)
    delivered(world, forge(signed(world, "invite A-001\ndecline A-002")))
    assert facts(world) == before


def test_a_signature_with_another_key_or_on_a_letter_that_answers_no_digest_decides_nothing(world: QuickWorld) -> None:
    before = facts(world)
    delivered(world, signed(world, "invite A-001", key=1024))
    delivered(world, signed(world, "invite A-001", reply=False))
    assert facts(world) == before
    assert world.outcomes()[-2:] == ["decision_refused", "decision_refused"]


def test_a_signed_decision_that_is_sent_again_is_a_copy(world: QuickWorld) -> None:
    raw = signed(world, "invite A-001")
    delivered(world, raw)
    receipts = len(world.mails_of_kind("decision_receipt"))
    delivered(world, raw)
    assert len(world.mails_of_kind("decision_receipt")) == receipts


def test_an_applicant_without_stamp_or_signature_is_proven_by_the_round_trip(world: QuickWorld) -> None:
    before = next(person for person in world.applications() if person.address == ANN)
    world.post(ANN, "1. Better words.", to=world.mails(ANN, "acknowledgement")[-1], proven=False)
    world.settle()
    after = next(person for person in world.applications() if person.address == ANN)
    assert after.version == before.version + 1
    world.post(ANN, "1. A stranger's words.", proven=False)
    world.settle()
    assert next(person for person in world.applications() if person.address == ANN) == after
