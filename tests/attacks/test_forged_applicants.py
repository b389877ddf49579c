"""A stranger changes nothing of anybody's application, answers no invitation, and gets no join link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ranmailbot.call.application import Status
from tests.attacks.tools import (
    ANN,
    BOB,
    EVE,
    QuickWorld,
    facts,
    invite,
    raw_letter,
    received,
    secrets_of,
    verdict_of,
    whole,
)
from tests.flows.test_announce import local
from tests.flows.test_decisions_and_replies import first_day, uid_of
from tests.world import Mail, answers

OTHER = ("Forged one.", "Forged two.", "Forged three.", "Forged four.")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickWorld]:
    """Ann is invited, proven, and has answered nothing; Bob is proven and undecided."""
    one = QuickWorld(tmp_path_factory.mktemp("applicants"))
    one.apply(ANN)
    one.apply(BOB)
    invite(one, 1)
    yield one
    one.engine.dispose()


def closing_line(world: QuickWorld, mail: Mail, length: int = 8) -> str:
    token = mail.message_id.strip("<>")[:length]
    return f"The form ends with this line ({world.call.key}, {token}); please leave the line where it stands."


def the_stolen(world: QuickWorld, what: str) -> tuple[dict[str, str], str]:
    """What a stranger may have seen of Ann's mails: headers to add and text to put below."""
    form, invitation = world.mails(ANN, "acknowledgement")[-1], first_day(world, ANN)
    return {
        "nothing": ({}, ""),
        "the form's text": ({}, closing_line(world, form)),
        "the invitation's text": ({}, closing_line(world, invitation)),
        "one letter": ({}, closing_line(world, form, 1)),
        "seven letters": ({}, closing_line(world, form, 7)),
        "Bob's form": ({"In-Reply-To": world.mails(BOB)[0].message_id}, ""),
        "a guessed Message-ID": ({"In-Reply-To": form.message_id.replace("a", "b")}, ""),
    }[what]


SENDERS = {
    "her address, nobody passes": verdict_of("example.org", "none") + received() + f"From: {ANN}\n",
    "her address, another passes": verdict_of("evil.example") + received() + f"From: {ANN}\n",
    "her address, results below": received() + verdict_of("example.org") + f"From: {ANN}\n",
    "her address, another server": verdict_of("example.org", "pass", "evil.example") + received() + f"From: {ANN}\n",
    "her address in upper case": verdict_of("example.org", "fail") + received() + f"From: {ANN.upper()}\n",
    "her address as name": verdict_of("evil.example") + received() + f'From: "{ANN}" <{EVE}>\n',
    "her address run together": verdict_of("evil.example") + received() + f"From: {ANN} <{EVE}>\n",
    "her address as sender": verdict_of("evil.example") + received() + f"Sender: {ANN}\nReply-To: {ANN}\nFrom: {EVE}\n",
    "two From": verdict_of("example.org") + received() + f"From: {ANN}\nFrom: {EVE}\n",
    "the stranger's own": verdict_of("evil.example") + received() + f"From: {EVE}\n",
    "a plus part": verdict_of("example.org") + received() + "From: ann+x@example.org\n",
    "a subdomain": verdict_of("mail.example.org") + received() + "From: ann@mail.example.org\n",
}
STOLEN = [
    "nothing", "the form's text", "the invitation's text", "one letter", "seven letters", "Bob's form",
    "a guessed Message-ID",
]  # fmt: skip
TEXTS = {
    "withdraw": "withdraw",
    "correct one": "2. Forged answer that is quite another.",
    "correct all": answers((1, 2, 3, 4), OTHER),
    "accept": "yes to both",
    "decline": "no to all",
}


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS.keys())
@pytest.mark.parametrize("stolen", STOLEN)
def test_a_stranger_changes_nothing_of_anns_or_bobs(world: QuickWorld, sender: str, stolen: str) -> None:
    more, below = the_stolen(world, stolen)
    before = facts(world)[:2]
    for text in TEXTS.values():
        letter = raw_letter(world, sender, f"{text}\n\n{below}", more=more)
        world.mailbox.deliver(letter.replace("\n", "\r\n").encode(), world.clock.moment)
    world.receive()
    assert facts(world)[:2] == before


@pytest.mark.parametrize("kind", ["form", "acknowledgement", "invitation"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_forwarded_mail_of_ours_is_worthless_to_whom_it_was_forwarded(
    world: QuickWorld, kind: str, text: str
) -> None:
    before = facts(world)[:2]
    world.post(EVE, text, to=world.mails(ANN, kind)[0], name="Ann Example")
    world.settle()
    assert facts(world)[:2] == before


def test_the_true_author_whose_program_drops_references_still_answers(world: QuickWorld) -> None:
    before = world.applications()[1].version
    line = closing_line(world, world.mails(BOB, "acknowledgement")[-1])
    world.post(BOB, f"2. A new answer of Bob's own.\n\n{line}")
    world.settle()
    assert world.applications()[1].version == before + 1


def calendar(uid: str, person: str, *, partstat: str = "ACCEPTED", method: str = "REPLY", more: str = "") -> str:
    attendee = f"ATTENDEE;PARTSTAT={partstat}:mailto:{person}"
    rows = ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}", "SEQUENCE:0"]
    return "\n".join(
        [*rows, "DTSTAMP:20220320T100000Z", attendee, *filter(None, [more]), "END:VEVENT", "END:VCALENDAR"]
    )


CALENDARS = {
    "a stranger, for Ann": (EVE, ANN, {}),
    "a stranger, for themself": (EVE, EVE, {}),
    "Ann, for a stranger": (ANN, EVE, {}),
    "Ann, beside a stranger": (ANN, ANN, {"more": f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVE}"}),
    "Ann delegates": (ANN, ANN, {"partstat": "DELEGATED", "more": f"X-DELEGATED-TO:mailto:{EVE}"}),
    "Ann counters": (ANN, ANN, {"method": "COUNTER"}),
    "a request": (EVE, ANN, {"method": "REQUEST"}),
    "a cancellation": (EVE, ANN, {"method": "CANCEL"}),
    "a publication": (EVE, ANN, {"method": "PUBLISH"}),
    "no method": (EVE, ANN, {"method": ""}),
}


@pytest.mark.parametrize("who", CALENDARS.keys())
@pytest.mark.parametrize("shape", ["text/calendar", "attached", "inside a message"])
def test_a_calendar_answers_only_for_the_invited_and_from_the_invited(world: QuickWorld, who: str, shape: str) -> None:
    sender, person, more = CALENDARS[who]
    body = calendar(uid_of(world, ANN), person, **more)
    kind = "text/calendar; charset=utf-8"
    if shape == "attached":
        body = (
            f"--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: application/ics; name=a.ics\n\n{body}\n--b--"
        )
        kind = "multipart/mixed; boundary=b"
    if shape == "inside a message":
        body, kind = f"From: {ANN}\nContent-Type: text/calendar; method=REPLY\n\n{body}", "message/rfc822"
    before = facts(world)[:2]
    head = verdict_of(sender.partition("@")[2]) + received() + f"From: {sender}\n"
    world.deliver(raw_letter(world, head, body, more={"Content-Type": kind}))
    assert facts(world)[:2] == before


@pytest.mark.parametrize("method", ["PUBLISH", "", "REQUEST", "REPLY", "CANCEL", "COUNTER"])
def test_a_calendar_of_ones_own_beside_the_answers_hides_no_application(tmp_path: Path, method: str) -> None:
    fresh = QuickWorld(tmp_path)
    text = f"--b\nContent-Type: text/plain\n\n{answers((1, 2, 3, 4))}\n"
    body = (
        f"{text}--b\nContent-Type: text/calendar; name=holiday.ics\n\n{calendar('holiday', ANN, method=method)}\n--b--"
    )
    head = verdict_of("example.org") + received() + f"From: {ANN}\n"
    fresh.deliver(raw_letter(fresh, head, body, more={"Content-Type": "multipart/mixed; boundary=b"}))
    assert fresh.outcomes() == ["applied"]
    fresh.engine.dispose()


def test_a_guessed_or_foreign_event_answers_nothing(world: QuickWorld) -> None:
    uid = uid_of(world, ANN)
    before = facts(world)[:2]
    for guess in (uid[:-1], uid + "0", uid.upper() + "x", uid[:-2] + "99", "*", "%", "", "' OR 1=1 --"):
        head = verdict_of("example.org") + received() + f"From: {ANN}\n"
        world.deliver(raw_letter(world, head, calendar(guess, ANN), more={"Content-Type": "text/calendar"}))
    assert facts(world)[:2] == before


@pytest.mark.parametrize("action", ["failed", "Failed (x)", "delayed"])
def test_a_report_that_knows_no_message_id_of_ours_marks_nobody(world: QuickWorld, action: str) -> None:
    before = facts(world)
    for returned in ("<1@x>", "<00000001@ran.example>", "<%@ran.example>", ""):
        status = f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {ANN}\n"
        parts = f"--b\n{status}Action: {action}\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\n"
        body = f"{parts}Message-ID: {returned}\nTo: {ANN}\n\n--b--"
        head = f"{received()}From: mailer-daemon@evil.example\n"
        world.deliver(raw_letter(world, head, body, more={"Content-Type": "multipart/report; boundary=b"}))
    assert facts(world) == before


def test_after_all_attacks_no_join_link_has_left_and_the_true_ann_still_gets_hers(world: QuickWorld) -> None:
    world.go_to(local(2022, 4, 1, 11))
    assert not any(secret in whole(mail.content) for mail in world.all_sent() for secret in secrets_of(world))
    world.post(ANN, "yes to both", to=first_day(world, ANN))
    world.settle()
    world.go_to(local(2022, 4, 2, 11))
    shown = {mail.recipient for mail in world.all_sent() if any(s in whole(mail.content) for s in secrets_of(world))}
    assert shown == {ANN}
    assert all(person.status is not Status.WITHDRAWN for person in world.applications()[:2])
