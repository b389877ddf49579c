"""Somebody applies for somebody else: who is asked, who is written to, and that nobody's application is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ranmailbot.call.application import Decision
from ranmailbot.call.call import ProfileLine
from ranmailbot.flows.decide import decide_by_command
from tests.world import WORDS, Mail, World, answers, settings

OFFICE, CHIEF, EVE = "office@prison.example", "governor@justice.example", "eve@evil.example"
LABEL = "E-mail of the person taking part"
ALL = answers((1, 2, 3, 4))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    lines = (*settings().call.profile_lines, ProfileLine("email", LABEL))
    one = World(tmp_path, profile_lines=lines)
    yield one
    one.engine.dispose()


def apply_for(world: World, email: str, *, sender: str = OFFICE, **more: object) -> None:
    world.post(sender, "Hello", name="Prison Office", **more)  # type: ignore[arg-type]
    world.settle()
    text = f"Your name: Gina Over\n{LABEL}: {email}\n\n{ALL}"
    world.post(sender, text, to=world.mails(sender)[0], name="Prison Office", **more)  # type: ignore[arg-type]
    world.settle()


def acknowledged(world: World, address: str = OFFICE) -> str:
    return " ".join(world.mails(address, "acknowledgement")[-1].text.split())


def question(world: World) -> Mail:
    return world.mails(CHIEF, "participant_check")[0]


def test_the_participant_is_asked_once_without_a_word_of_the_author_s(world: World) -> None:
    apply_for(world, CHIEF)
    assert world.kinds(CHIEF) == ["participant_check"]
    raw = question(world).raw.decode()
    for word in (*WORDS, "Gina", "Prison Office", OFFICE):
        assert word not in raw
    assert world.applications()[0].address == OFFICE
    assert "We have asked that address to confirm." in acknowledged(world)
    assert "Dear Prison Office," in acknowledged(world), "the author is greeted, not the participant"
    world.post(OFFICE, "1. Better.", to=world.mails(OFFICE, "acknowledgement")[-1], name="Prison Office")
    world.pass_time(days=2)
    assert world.kinds(CHIEF).count("participant_check") == 1


def test_yes_from_the_participant_moves_the_application_and_shows_it_to_them(world: World) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, "Yes.\n\nG. Over", to=question(world), proven=False, name="Gina Over")
    world.settle()
    (person,) = world.applications()
    assert (person.address, person.correspondent, world.outcomes()[-1]) == (CHIEF, OFFICE, "participant_confirmed")
    text = acknowledged(world, CHIEF)
    assert WORDS[0] in text
    assert "Thank you for confirming that you are the person who takes part." in text
    assert "You wrote more than answers" not in text, "a yes is all that was written"


def test_after_the_yes_invitation_and_details_go_to_the_participant_alone(world: World) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, "yes", to=question(world), name="Gina Over")
    world.settle()
    before = len(world.mails(OFFICE))
    world.go_to(world.call.deadline - timedelta(hours=12))
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=Decision.INVITE, numbers=(1,))
    world.go_to(world.call.deadline + timedelta(days=10))
    world.post(CHIEF, "yes", to=world.mails(CHIEF, "invitation")[-1], name="Gina Over")
    world.settle()
    world.go_to(world.call.sessions[0].start - timedelta(hours=1))
    assert {"invitation", "rsvp_receipt", "session_details"} <= set(world.kinds(CHIEF))
    assert len(world.mails(OFFICE)) == before, "who wrote for somebody else is not reminded either"


def test_who_wrote_may_still_correct_and_is_answered(world: World) -> None:
    apply_for(world, CHIEF)
    acknowledgement = world.mails(OFFICE, "acknowledgement")[-1]
    world.post(CHIEF, "yes", to=question(world), name="Gina Over")
    world.settle()
    world.post(OFFICE, "2. Corrected.", to=acknowledgement, name="Prison Office")
    world.settle()
    (person,) = world.applications()
    assert (person.answers[1].text, person.address, person.correspondent) == ("Corrected.", CHIEF, OFFICE)
    assert "Corrected." in acknowledged(world)
    assert world.kinds(CHIEF) == ["participant_check", "acknowledgement"]


def test_without_a_yes_everything_goes_to_who_wrote(world: World) -> None:
    apply_for(world, CHIEF)
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=Decision.INVITE, numbers=(1,))
    world.go_to(world.call.deadline + timedelta(days=10))
    assert world.kinds(CHIEF) == ["participant_check"]
    assert "invitation" in world.kinds(OFFICE)


def test_a_yes_after_the_verdict_was_told_moves_nothing(world: World) -> None:
    apply_for(world, CHIEF)
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=Decision.INVITE, numbers=(1,))
    world.go_to(world.call.deadline + timedelta(days=10))
    world.post(CHIEF, "yes", to=question(world), name="Gina Over")
    world.settle()
    assert (world.applications()[0].address, world.outcomes()[-1]) == (OFFICE, "held")


@pytest.mark.parametrize("sender", [EVE, OFFICE])
def test_nobody_else_can_say_yes(world: World, sender: str) -> None:
    apply_for(world, CHIEF)
    world.post(sender, "yes", to=question(world), name="Gina Over")
    world.settle()
    assert (world.applications()[0].address, world.outcomes()[-1]) == (OFFICE, "held")


def test_after_a_decision_no_other_address_is_asked_and_a_question_passed_on_helps_nobody(world: World) -> None:
    apply_for(world, CHIEF)
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=Decision.INVITE, numbers=(1,))
    world.post(OFFICE, f"{LABEL}: {EVE}", to=world.mails(OFFICE, "acknowledgement")[-1], name="Prison Office")
    world.settle()
    assert world.mails(EVE) == []
    world.post(EVE, "yes", to=question(world), name="Gina Over")
    world.settle()
    assert (world.applications()[0].address, world.outcomes()[-1]) == (OFFICE, "held")


def test_a_forged_yes_without_our_question_moves_nothing(world: World) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, "yes", proven=False, name="Gina Over")
    world.settle()
    assert world.applications()[0].address == OFFICE


def test_a_yes_counts_no_more_once_another_address_was_named(world: World) -> None:
    apply_for(world, CHIEF)
    acknowledgement = world.mails(OFFICE, "acknowledgement")[-1]
    world.post(OFFICE, f"{LABEL}: deputy@justice.example", to=acknowledgement, name="Prison Office")
    world.settle()
    world.post(CHIEF, "yes", to=question(world), name="Gina Over")
    world.settle()
    assert world.applications()[0].address == OFFICE
    assert world.kinds("deputy@justice.example") == ["participant_check"]


@pytest.mark.parametrize("text", ["yes, but who are you?", "no", "", "I never applied: yes or no?"])
def test_anything_but_a_plain_yes_moves_nothing(world: World, text: str) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, text, to=question(world), name="Gina Over")
    world.settle()
    assert world.applications()[0].address == OFFICE


def test_an_out_of_office_is_no_yes(world: World) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, "yes", to=question(world), headers="Auto-Submitted: auto-replied\r\n")
    world.settle()
    assert world.applications()[0].address == OFFICE


def test_whoever_is_not_proven_makes_us_ask_nobody(world: World) -> None:
    world.post(EVE, f"{LABEL}: {CHIEF}\n\n{ALL}", proven=False)
    world.settle()
    assert world.mails(CHIEF) == []
    assert "reply to this mail and write that address again" in acknowledged(world, EVE)
    world.post(EVE, f"{LABEL}: {CHIEF}", to=world.mails(EVE)[-1], proven=False)
    world.settle()
    assert world.kinds(CHIEF) == ["participant_check"], "the reply to our mail is the proof"


def test_one_author_makes_us_ask_few_and_each_of_them_once_a_day(world: World) -> None:
    for number in range(12):
        apply_for(world, f"victim{number}@far.example", sender=EVE)
        world.post(EVE, f"Your name: Person{number} New{number}\n{LABEL}: {CHIEF}\n\n{ALL}", to=world.mails(EVE)[0])
        world.settle()
    asked = [mail for mail in world.all_sent() if b"participant_check" in mail.content]
    assert len(asked) <= 5
    assert len(world.mails(CHIEF)) <= 1


def test_several_authors_together_make_us_write_one_mail_a_day_to_one_stranger(world: World) -> None:
    for number in range(4):
        apply_for(world, CHIEF, sender=f"eve{number}@evil.example")
    assert len(world.mails(CHIEF)) == 1
    assert "We cannot write to that address now" in acknowledged(world, "eve3@evil.example")


def test_who_wants_no_more_mail_is_not_asked(world: World) -> None:
    apply_for(world, CHIEF)
    world.post(CHIEF, "withdraw", to=question(world), name="Gina Over")
    world.settle()
    world.pass_time(days=2)
    apply_for(world, CHIEF, sender=EVE)
    assert world.kinds(CHIEF) == ["participant_check"]
    assert not world.applications()[0].withdrawn, "the application is not theirs to withdraw"


def test_organisers_and_ourselves_are_never_asked(world: World) -> None:
    for address in (world.call.organisers[0].email, world.call.mailbox.email):
        apply_for(world, address, sender=EVE)
        assert all(mail.recipient == EVE for mail in world.all_sent() if b"participant_check" in mail.content)
    assert [mail for mail in world.all_sent() if b"participant_check" in mail.content] == []


@pytest.mark.parametrize("wrong", ["governor@justice", "governor at justice.example", "g@x.example, h@x.example"])
def test_a_wrong_address_is_told_kindly_and_nothing_is_lost(world: World, wrong: str) -> None:
    apply_for(world, wrong)
    assert "is not complete or has a typing error" in acknowledged(world)
    (person,) = world.applications()
    assert (person.address, person.value("email")) == (OFFICE, wrong)


def test_one_s_own_address_on_the_line_changes_nothing(world: World) -> None:
    apply_for(world, OFFICE.upper())
    assert "another e-mail address" not in acknowledged(world)
    assert world.applications()[0].asked == ()


def test_a_question_that_bounces_marks_nobody_who_wrote(world: World) -> None:
    apply_for(world, "gone@refused.example")
    assert ("participant_check", "refused") in [(mail.kind, str(mail.state)) for mail in world.outbox()]
    assert not world.applications()[0].undeliverable


def test_the_organisers_see_who_writes_for_whom(world: World) -> None:
    apply_for(world, CHIEF)
    world.go_to(world.clock.moment + timedelta(days=1))
    digest = " ".join(world.mails(world.call.organisers[0].email, "digest")[-1].text.split())
    assert f"written by {OFFICE} for {CHIEF}, who has not confirmed" in digest
    world.post(CHIEF, "yes", to=question(world), name="Gina Over")
    world.go_to(world.clock.moment + timedelta(days=1))
    digest = " ".join(world.mails(world.call.organisers[0].email, "digest")[-1].text.split())
    assert f"written by {OFFICE} for this person" in digest


def test_a_participant_with_an_application_of_their_own_is_shown_as_possibly_the_same(world: World) -> None:
    world.apply(CHIEF, name="Gina Over")
    apply_for(world, CHIEF)
    own, other = world.applications()
    assert other.possibly_same_as == (own.reference,)
