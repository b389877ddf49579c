"""Organisers decide by replying to a digest, the invited answer by words or calendar, and nobody else does either."""

from __future__ import annotations

import pytest

from ranmailbot.call.application import Decision, Reply
from tests.flows.test_announce import decide, invited, local
from tests.world import Mail, World

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"


@pytest.fixture
def decided(world: World) -> World:
    """Two people have applied and the organisers have a digest of that day."""
    world.apply(ANN)
    world.apply(BOB)
    world.go_to(local(2022, 3, 14, 8, 1))
    return world


def test_an_organiser_decides_by_replying_to_the_digest_and_all_organisers_are_told(decided: World) -> None:
    decided.decide("invite A-001\ndecline A-002\n\nBest regards\nThe secretariat")
    assert [person.decision for person in decided.applications()] == [Decision.INVITE, Decision.DECLINE]
    for organiser in decided.call.organisers:
        (receipt,) = decided.mails(organiser.email, "decision_receipt")
        assert "invite A-001" in receipt.text


@pytest.mark.parametrize(
    "text",
    [
        "invite A-001\nplease decline A-002",
        "Dear bot,\ninvite A-001",
        "invite A-001 A-999",
        "invite 1",
        "invite",
        "invite A-001\n\ninvite A-002",
        "invite A-001\ndecline A-001",
        "do as you like",
    ],
)
def test_one_line_that_is_no_decision_refuses_the_whole_mail(decided: World, text: str) -> None:
    decided.decide(text)
    assert [person.decision for person in decided.applications()] == [None, None]
    assert decided.outcomes()[-1] == "decision_refused"
    assert decided.kinds(decided.call.organisers[0].email)[-1] == "decision_refused"


def test_a_forged_organiser_decides_nothing(decided: World) -> None:
    decided.decide("invite A-001", proven=False)
    assert decided.applications()[0].decision is None
    assert decided.outcomes()[-1] == "decision_refused"


def test_an_authenticated_organiser_without_a_digest_of_their_own_decides_nothing(decided: World) -> None:
    first, second = decided.call.organisers[0].email, decided.call.organisers[1].email
    decided.post(first, "invite A-001")
    decided.settle()
    decided.post(second, "invite A-001", to=decided.mails(first, "digest")[-1])
    decided.settle()
    assert decided.applications()[0].decision is None
    assert decided.outcomes()[-2:] == ["decision_refused", "decision_refused"]


def test_a_digest_older_than_three_days_takes_no_decision(decided: World) -> None:
    organiser = decided.call.organisers[0].email
    old = decided.mails(organiser, "digest")[-1]
    decided.go_to(local(2022, 3, 17, 9))
    decided.post(organiser, "invite A-001", to=old)
    decided.settle()
    assert decided.applications()[0].decision is None


def test_an_applicant_who_writes_like_an_organiser_decides_nothing(decided: World) -> None:
    decided.post(ANN, "invite A-001", to=decided.mails(ANN)[-1])
    decided.settle()
    assert decided.applications()[0].decision is None


def test_two_from_headers_decide_nothing(decided: World) -> None:
    organiser = decided.call.organisers[0].email
    decided.post(EVE, "invite A-001", to=decided.mails(organiser, "digest")[-1], headers=f"From: {organiser}\r\n")
    decided.settle()
    assert decided.applications()[0].decision is None


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ("yes", Reply.ACCEPTED, None),
        ("Yes, thank you!", Reply.ACCEPTED, None),
        ("No, sorry.", Reply.DECLINED, None),
        ("I cannot attend", Reply.DECLINED, None),
        ("only day 1", Reply.ACCEPTED, Reply.DECLINED),
        ("yes to both", Reply.ACCEPTED, Reply.ACCEPTED),
        ("day 1 yes, day 2 no", Reply.ACCEPTED, Reply.DECLINED),
        ("I will attend day 1 but not day 2", Reply.ACCEPTED, Reply.DECLINED),
        ("day 1, yes; day 2, no", Reply.ACCEPTED, Reply.DECLINED),
        ("yes, all", Reply.ACCEPTED, Reply.ACCEPTED),
        ("Yes, day 1 and day 2.", Reply.ACCEPTED, Reply.ACCEPTED),
        ("day 1 and day 2: yes", Reply.ACCEPTED, Reply.ACCEPTED),
        ("yes, day 1, no, day 2", Reply.ACCEPTED, Reply.DECLINED),
        ("I accept, no day 2", Reply.ACCEPTED, Reply.DECLINED),
    ],
)
def test_plain_words_answer_an_invitation(world: World, words: str, first: Reply | None, second: Reply | None) -> None:
    invited(world, ANN)
    invitation = first_day(world, ANN)
    world.post(ANN, f"{words}\n\nKind regards\nAnn", to=invitation)
    world.settle()
    (person,) = world.applications()
    said = {key: rsvp.reply for key, rsvp in person.rsvps.items()}
    assert (said.get("day-1"), said.get("day-2")) == (first, second)
    assert world.kinds(ANN)[-1] == "rsvp_receipt"


@pytest.mark.parametrize(
    "words", ["yes if my boss agrees", "maybe", "day 3 yes", "Who else comes?", "no, yes", "yes\n1. My answer"]
)
def test_words_that_are_not_wholly_understood_go_to_a_human(world: World, words: str) -> None:
    invited(world, ANN)
    world.post(ANN, words, to=first_day(world, ANN))
    world.settle()
    assert not world.applications()[0].rsvps


def test_a_forwarded_invitation_lets_nobody_in(world: World) -> None:
    invited(world, ANN)
    world.post(EVE, "yes to both", to=first_day(world, ANN))
    respond(world, ANN, "ACCEPTED", "20220319T100000Z", sender=EVE)
    assert world.outcomes()[-2:] == ["rsvp_held", "rsvp_held"]
    world.go_to(local(2022, 4, 4, 12))
    assert not world.applications()[0].rsvps
    assert all("session_details" not in world.kinds(person) for person in (ANN, EVE))


def test_a_calendar_accepts_and_later_declines(world: World) -> None:
    invited(world, ANN)
    respond(world, ANN, "ACCEPTED", "20220319T100000Z")
    assert world.applications()[0].rsvps["day-1"].reply is Reply.ACCEPTED
    respond(world, ANN, "DECLINED", "20220320T100000Z")
    assert world.applications()[0].rsvps["day-1"].reply is Reply.DECLINED
    assert world.outcomes()[-2:] == ["rsvp_recorded", "rsvp_recorded"]


def test_an_older_calendar_reply_that_arrives_later_changes_nothing(world: World) -> None:
    invited(world, ANN)
    respond(world, ANN, "DECLINED", "20220320T100000Z")
    respond(world, ANN, "ACCEPTED", "20220319T100000Z")
    assert world.applications()[0].rsvps["day-1"].reply is Reply.DECLINED
    assert world.outcomes()[-1] == "rsvp_stale"


@pytest.mark.parametrize("partstat", ["DELEGATED", "NEEDS-ACTION"])
def test_a_calendar_reply_that_is_no_yes_or_no_is_held(world: World, partstat: str) -> None:
    invited(world, ANN)
    respond(world, ANN, partstat, "20220319T100000Z")
    assert not world.applications()[0].rsvps
    assert world.outcomes()[-1] == "rsvp_held"


def test_an_event_that_is_not_ours_is_held(world: World) -> None:
    invited(world, ANN)
    respond(world, ANN, "ACCEPTED", "20220319T100000Z", uid="somebody-elses")
    assert world.outcomes()[-1] == "rsvp_held"


def test_a_person_who_was_not_invited_cannot_accept(world: World) -> None:
    invited(world, ANN)
    world.apply(BOB)
    decide(world, Decision.DECLINE, 2)
    world.go_to(local(2022, 3, 22, 9))
    world.post(BOB, "yes", to=world.mails(BOB)[-1])
    world.settle()
    assert not world.applications()[1].rsvps


def first_day(world: World, person: str) -> Mail:
    return next(
        mail for mail in world.mails(person, "invitation") if "DTSTART;TZID=Europe/Brussels:20220405" in mail.calendar
    )


def uid_of(world: World, person: str) -> str:
    flat = first_day(world, person).calendar.replace("\r\n ", "").replace("\n ", "")
    return next(line.partition(":")[2].strip() for line in flat.splitlines() if line.startswith("UID:"))


def respond(world: World, person: str, partstat: str, stamp: str, *, uid: str = "", sender: str = "") -> None:
    """A calendar program answers the invitation to the first day."""
    event = "\r\n".join(
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "METHOD:REPLY", "BEGIN:VEVENT",
            f"UID:{uid or uid_of(world, person)}", "SEQUENCE:0", f"DTSTAMP:{stamp}",
            f"ATTENDEE;PARTSTAT={partstat}:mailto:{person}", "END:VEVENT", "END:VCALENDAR", "",
        ]
    )  # fmt: skip
    raw = (
        f"Authentication-Results: mx.test; dmarc=none\r\nReceived: from x by mx.test; now\r\n"
        f"From: {sender or person}\r\n"
        f"To: {world.call.mailbox.email}\r\nSubject: Accepted\r\nMessage-ID: <{partstat}{stamp}{uid}@example.org>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n{event}"
    )
    world.mailbox.deliver(raw.encode(), world.clock.moment)
    world.settle()
