"""Machines do not keep the bot talking, and nobody can use it to send mail to strangers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.attacks.tools import ANN, QuickWorld, received, verdict_of
from tests.flows.test_announce import local
from tests.world import answers

FEW_FOR_A_DOMAIN = 50
FEW = 6
"""Mails that two machines may exchange before both have fallen silent, on one day."""


def head_of(raw: bytes, strip: str) -> bytes:
    """The mail with the fields that match `strip` taken out of its head, as careless gateways do."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = re.sub(rb"\r\n[ \t]", b" ", head).split(b"\r\n")
    kept = [field for field in fields if not re.match(strip.encode(), field, re.IGNORECASE)]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


def arrives(world: QuickWorld, raw: bytes, domain: str, *, proven: bool) -> None:
    stamp = verdict_of(domain, "pass" if proven else "none") + received()
    world.mailbox.deliver(stamp.replace("\n", "\r\n").encode() + raw, world.clock.moment)


@pytest.mark.parametrize("proven", [True, False], ids=["authenticated", "not authenticated"])
@pytest.mark.parametrize(
    ("strip", "days"),
    [
        ("nothing", 1),
        ("x-ranmailbot|auto-submitted|x-auto-response-suppress", 1),
        ("x-ranmailbot|auto-submitted|x-auto-response-suppress|in-reply-to|references", 1),
        ("x-ranmailbot|auto-submitted|x-auto-response-suppress|message-id", 1),
        ("x-ranmailbot|auto-submitted|x-auto-response-suppress", 9),
        ("x-ranmailbot|auto-submitted|x-auto-response-suppress|in-reply-to|references", 9),
    ],
)
def test_two_bots_wired_to_each_other_soon_fall_silent(tmp_path: Path, strip: str, days: int, proven: bool) -> None:
    one = QuickWorld(tmp_path / "one")
    mine = one.call.mailbox.email
    there = "call@other.example"
    posted = 0
    one.post(there, "Who is there?", proven=proven)
    for _ in range(1_000):
        if not one.mailbox.folders["INBOX"] and posted == len(one.all_sent()):
            break
        one.receive()
        one.submitter.run()
        for mail in one.all_sent()[posted:]:
            returned = head_of(mail.content, strip).replace(mine.encode(), b"\x00")
            returned = returned.replace(there.encode(), mine.encode()).replace(b"\x00", there.encode())
            arrives(one, returned, "other.example", proven=proven)
        posted = len(one.all_sent())
        one.clock.moment += timedelta(days=days, seconds=1) / 1_000 if days > 1 else timedelta(seconds=2)
    to_them = [mail for mail in one.all_sent() if mail.recipient == there]
    assert len(to_them) <= FEW * days
    one.engine.dispose()


HEADERS = [
    "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; x=y", "AUTO-SUBMITTED: Auto-Notified (x)",
    "Precedence: bulk", "Precedence: LIST", "precedence: junk", "Precedence: auto_reply",
    "List-Id: <x.example>", "List-Unsubscribe: <mailto:x@x.example>", "List-Post: NO",
    "X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: DR, AutoReply", "X-Autoreply: yes",
    "X-Autorespond: x", "X-Autoresponder: x", "X-No-Ack: 1", "X-Ack: NO", "Return-Path: <>", "Return-Path: ",
    "X-Ranmailbot: prisons-2022-04", "X-Ranmailbot: another-call",
]  # fmt: skip


def test_no_header_of_an_autoresponder_is_ever_answered(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    for number, header in enumerate(HEADERS):
        world.post(f"person{number}@example.org", "I am out of the office.", headers=f"{header}\r\n")
    machines = ["mailer-daemon", "postmaster", "no-reply", "owner-list", "list-request", "list-bounces", "noreply"]
    for local_part in machines:
        world.post(f"{local_part}@example.org", "Hello")
    world.post(world.call.mailbox.email, "Hello from yourself")
    box, _, domain = world.call.mailbox.email.partition("@")
    world.post(f"{box}+token@{domain}", "Hello from yourself")
    world.post(f"{box.upper()}@{domain.upper()}", "Hello from yourself")
    world.settle()
    assert world.all_sent() == []
    assert len(world.letters()) == len(HEADERS) + len(machines) + 3
    world.engine.dispose()


@pytest.mark.parametrize("threaded", [True, False])
@pytest.mark.parametrize("quoting", [True, False])
@pytest.mark.parametrize("proven", [True, False])
def test_an_autoresponder_without_any_mark_gets_a_few_mails_a_day(
    tmp_path: Path, threaded: bool, quoting: bool, proven: bool
) -> None:
    world = QuickWorld(tmp_path)
    world.post(ANN, "I am out of the office until Monday.", proven=proven)
    world.settle()
    for _ in range(30):
        last = world.mails(ANN)[-1]
        text = "I am out of the office until Monday."
        text += "\n\nOn Monday the bot wrote:\n> " + last.text.replace("\n", "\n> ") if quoting else ""
        world.post(
            ANN, text, to=last if threaded else None, subject=f"Out of office {world.clock.moment}", proven=proven
        )
        world.settle()
        world.clock.moment += timedelta(minutes=1)
    assert len(world.mails(ANN)) <= (world.limits.replies_per_sender_per_day if threaded or proven else 1)
    world.engine.dispose()


def test_our_own_mails_that_come_back_are_kept_and_answered_by_nobody(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    world.apply(ANN, (1, 2))
    world.pass_time(hours=1)
    world.go_to(local(2022, 3, 10, 9, 5))
    before, people = len(world.all_sent()), len(world.applications())
    for mail in list(world.all_sent()):
        for sender in (None, ANN, "stranger@evil.example"):
            raw = (
                mail.content
                if sender is None
                else re.sub(rb"(?m)^From: .*\r\n", b"From: " + sender.encode() + b"\r\n", mail.content)
            )
            arrives(world, raw, "evil.example", proven=True)
    world.settle()
    assert len(world.all_sent()) == before
    assert len(world.applications()) == people
    world.engine.dispose()


TEXTS = {
    "hello": lambda n: f"Hello number {n}",
    "the same application": lambda n: answers((1, 2, 3, 4)) + f"\n\nYour name: Ann Example\n{n}",
    "an application under another name": lambda n: answers((1, 2, 3, 4)) + f"\n\nYour name: Person{n} Sample{n}",
    "part of an application under another name": lambda n: answers((1, 2)) + f"\n\nYour name: Person{n} Sample{n}",
    "withdraw": lambda n: f"withdraw\n\n{n}",
    "my data": lambda n: f"my data\n\n{n}",
    "changes": lambda n: answers((1, 2, 3, 4), [f"{n} {word}" for word in ("a", "b", "c", "d")]),
    "attachment only": lambda n: "",
}


@pytest.mark.parametrize("what", TEXTS.keys())
def test_a_borrowed_address_gets_one_mail_a_day_whatever_is_sent_in_its_name(tmp_path: Path, what: str) -> None:
    world = QuickWorld(tmp_path)
    for number in range(1_000 if what == "hello" else 60):
        world.post(ANN, TEXTS[what](number), proven=False, name="Visit www.evil.example")
    world.settle()
    for _ in range(3):
        world.pass_time(hours=23, minutes=59)
    # Four days have begun: one automatic mail in each.
    assert len(world.mails(ANN)) <= 4
    assert not any(b"evil" in mail.raw for mail in world.mails(ANN))
    world.engine.dispose()


def test_what_a_stranger_writes_as_name_or_text_is_never_mailed_to_the_borrowed_address(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    for person, text in (
        (ANN, answers((1, 2)) + "\n\nYour name: You Are Watched\nYour role: Canary"),
        ("bob@example.org", "Hi"),
    ):
        world.post(person, text, proven=False, name="You Are Watched", subject="You Are Watched")
    for day in (7, 10, 11):
        world.go_to(local(2022, 3, day, 10, 30))
    assert {"deadline_notice", "closing"} <= set(world.kinds(ANN))
    assert "deadline_notice" in world.kinds("bob@example.org")
    for mail in [*world.mails(ANN), *world.mails("bob@example.org")]:
        assert "Watched" not in mail.text + str(mail.message["To"]) + str(mail.message["Subject"])
        assert "Canary" not in mail.text
    world.engine.dispose()


def test_a_hundred_borrowed_addresses_at_one_domain_get_few_mails(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    for number in range(100):
        world.post(f"person{number}@ministry.example", "Hello", proven=False)
    world.settle()
    assert len(world.all_sent()) <= FEW_FOR_A_DOMAIN
    world.engine.dispose()


def test_unproven_applicants_of_one_domain_are_all_acknowledged_some_each_day(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    for number in range(120):
        world.post(f"person{number}@gmail.example", answers((1, 2, 3, 4)), proven=False)
    world.settle()
    each_day = [len(world.mails_of_kind("acknowledgement"))]
    for _ in range(2):
        world.pass_time(days=1)
        each_day.append(len(world.mails_of_kind("acknowledgement")))
    assert each_day == [50, 100, 120]
    world.engine.dispose()


def test_proven_people_of_one_domain_are_answered_at_once_however_many_they_are(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    for number in range(120):
        world.post(f"person{number}@gmail.example", answers((1, 2, 3, 4)))
    world.settle()
    assert len(world.mails_of_kind("acknowledgement")) == 120
    world.engine.dispose()


def test_a_bomb_of_letters_from_many_domains_stops_the_bot_before_it_answers_most_of_them(tmp_path: Path) -> None:
    world = QuickWorld(tmp_path)
    world.limits = replace(world.limits, messages_per_minute=30)
    world.start()
    for minute in range(60):
        for number in range(20):
            world.post(f"person@domain{minute}-{number}.example", "Hello", proven=False)
        world.receive()
        world.submitter.run()
        world.clock.moment += timedelta(minutes=1)
    assert len(world.letters()) == 1_200
    assert len(world.mails_of_kind("form")) <= world.limits.replies_per_hour
    assert len(world.mails_of_kind("alarm")) == len(world.call.organisers)
    world.engine.dispose()
