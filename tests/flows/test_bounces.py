"""What comes back marks who cannot be reached, tells the organisers what they must know, and obeys no forger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.call.application import Decision
from ranmailbot.flows.compose import Desk
from ranmailbot.mail.delivery import Refused
from tests.attacks.tools import ANN, BOB, QuickWorld, facts, invite, two_applicants
from tests.flows.test_announce import local
from tests.mail.bounce_styles import DELAYED, FAILED, NO_BOUNCES, UNCLEAR, filled
from tests.world import Mail

ILSE = "ilse.maren@ran.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QuickWorld]:
    one = QuickWorld(tmp_path)
    yield one
    one.engine.dispose()


def invitation(world: QuickWorld) -> Mail:
    two_applicants(world)
    invite(world, 1)
    return world.mails(ANN, "invitation")[0]


def unreachable(world: QuickWorld) -> list[str]:
    return [person.address for person in world.applications() if person.undeliverable]


@pytest.mark.parametrize("style", FAILED.values(), ids=FAILED)
def test_an_invitation_that_comes_back_is_told_to_all_organisers_at_once(world: QuickWorld, style: str) -> None:
    mail = invitation(world)
    world.deliver(filled(style, mail.message_id, ANN))
    assert world.outcomes()[-1] == "bounced"
    assert unreachable(world) == [ANN]
    for organiser in world.call.organisers:
        (alarm,) = world.mails(organiser.email, "alarm")
        assert "invitation to A-001 did not arrive" in " ".join(alarm.text.split())
        assert "Reach this person in another way" in " ".join(alarm.text.split())
        assert ANN not in alarm.text
    world.go_to(local(2022, 3, 19, 8, 1))
    assert "invitation to A-001" in world.mails(ILSE, "digest")[-1].text


def test_an_invitation_that_the_server_refuses_is_told_at_once_too(
    world: QuickWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_applicants(world)
    gone = Refused("550 5.1.1 to RCPT", recipient=True)
    monkeypatch.setattr(world.submission, "_trouble", lambda mail: gone if mail.recipient == ANN else None)
    invite(world, 1)
    assert unreachable(world) == [ANN]
    told = " ".join(world.mails(ILSE, "alarm")[0].text.split())
    assert "invitation to A-001 did not arrive: there is no such address." in told


@pytest.mark.parametrize("style", UNCLEAR.values(), ids=UNCLEAR)
def test_a_bounce_that_nobody_understands_marks_nobody_but_is_told_if_an_invitation_came_back(
    world: QuickWorld, style: str
) -> None:
    mail = invitation(world)
    before = facts(world)
    world.deliver(filled(style, mail.message_id, ANN))
    assert facts(world) == before
    assert world.outcomes()[-1] == "bounced"
    assert "not clear why" in " ".join(world.mails(ILSE, "alarm")[0].text.split())


@pytest.mark.parametrize("style", DELAYED.values(), ids=DELAYED)
def test_a_delay_is_a_note_and_nothing_else(world: QuickWorld, style: str) -> None:
    mail = invitation(world)
    before = facts(world)
    world.deliver(filled(style, mail.message_id, ANN))
    assert (facts(world), world.outcomes()[-1], world.mails(ILSE, "alarm")) == (before, "delayed", [])


@pytest.mark.parametrize("style", [*FAILED.values(), *UNCLEAR.values()], ids=[*FAILED, *UNCLEAR])
def test_a_bounce_of_a_mail_that_is_not_ours_is_kept_and_shown_and_changes_nobody(
    world: QuickWorld, style: str
) -> None:
    invitation(world)
    before, mails = facts(world), len(world.all_sent())
    world.deliver(filled(style, "<guessed.invitation@ran.example>", ANN))
    assert facts(world) == before
    assert len(world.all_sent()) == mails
    assert world.outcomes()[-1] == "bounced"
    world.go_to(local(2022, 3, 19, 8, 1))
    assert "a mail that is not known" in world.mails(ILSE, "digest")[-1].text


@pytest.mark.parametrize("style", FAILED.values(), ids=FAILED)
def test_the_visible_reference_of_a_mail_is_no_key_to_mark_somebody(world: QuickWorld, style: str) -> None:
    mail = invitation(world)
    before = facts(world)
    reference = mail.message_id.strip("<").partition(".")[0]
    box = world.call.mailbox.email.replace("@", f"+{reference[:8]}@")
    forged = filled(style, f"<{reference[:8]}@ran.example>", ANN)
    world.deliver(b"Delivered-To: " + box.encode() + b"\r\n" + forged)
    assert facts(world) == before


@pytest.mark.parametrize("style", NO_BOUNCES.values(), ids=NO_BOUNCES)
def test_an_absence_a_new_address_a_challenge_and_a_receipt_mark_nobody_and_get_no_answer(
    world: QuickWorld, style: str
) -> None:
    mail = invitation(world)
    before, mails = facts(world), len(world.all_sent())
    world.deliver(filled(style, mail.message_id, ANN))
    assert (facts(world), world.outcomes()[-1], len(world.all_sent())) == (before, "automatic", mails)


def test_whoever_writes_again_can_be_reached_again(world: QuickWorld) -> None:
    world.apply(ANN)
    world.deliver(filled(FAILED["postfix"], world.mails(ANN)[-1].message_id, ANN))
    assert unreachable(world) == [ANN]
    world.post(ANN, "1. Another answer.", to=world.mails(ANN)[-1])
    world.settle()
    assert unreachable(world) == []


# -- return paths of their own ------------------------------------------------------------------------------------


@pytest.fixture
def tokens(world: QuickWorld) -> QuickWorld:
    world.desk = Desk(world.stationery, world.tokens, "ran.example", return_tokens=True)
    world.start()
    return world


def test_each_mail_has_a_return_path_of_its_own(tokens: QuickWorld) -> None:
    tokens.apply(ANN)
    paths = [mail.sender for mail in tokens.all_sent()]
    assert len(set(paths)) == len(paths) > 1
    box, _, domain = tokens.call.mailbox.email.partition("@")
    assert all(path.startswith(f"{box}+") and path.endswith(f"@{domain}") for path in paths)
    assert {mail.content.count(f"<{tokens.call.mailbox.email}>".encode()) > 0 for mail in tokens.all_sent()} == {True}


@pytest.mark.parametrize("field", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
@pytest.mark.parametrize("style", FAILED.values(), ids=FAILED)
def test_the_return_path_says_which_mail_came_back_whatever_else_is_lost(
    tokens: QuickWorld, style: str, field: str
) -> None:
    invitation(tokens)
    path = next(mail.sender for mail in tokens.all_sent() if Mail(mail.content).kind == "invitation")
    raw = filled(style, "<changed-on-the-way@relay.example>", "another@inner.example")
    tokens.deliver(f"{field}: <{path.upper()}>\r\n".encode() + raw)
    assert unreachable(tokens) == [ANN]
    assert len(tokens.mails(ILSE, "alarm")) == 1


def test_a_token_that_no_mail_of_ours_has_marks_nobody(tokens: QuickWorld) -> None:
    mail = invitation(tokens)
    before = facts(tokens)
    box = tokens.call.mailbox.email
    for token in ("0" * 26, mail.message_id[1:26], mail.message_id[1:27] + "x", "%" * 26):
        path = box.replace("@", f"+{token}@")
        tokens.deliver(f"Delivered-To: {path}\r\n".encode() + filled(FAILED["qmail"], f"<{token}@x.example>", BOB))
    other = f"Delivered-To: other+{mail.message_id[1:27]}@ran.example\r\n".encode()
    tokens.deliver(other + filled(FAILED["exim"], "<y@x.example>", BOB))
    assert facts(tokens) == before
    assert Decision.INVITE in {person.told for person in tokens.applications()}
