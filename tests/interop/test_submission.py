"""Submission to Postfix: what a scripted server cannot prove. The promises of the port stand in tests/adapters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.mail.delivery import Deferred, Refused, Sent
from ranmailbot.ports import Account, Archived, Unavailable
from tests.adapters.servers import BOT, RealClock, message, outgoing, unique_address
from tests.adapters.test_submission_port import Asked
from tests.interop.bench import SIZE_LIMIT, Bench
from tests.interop.worlds import ARCHIVE, PostfixWorld, postfix_world

pytestmark = pytest.mark.interop


@pytest.fixture
def world(bench: Bench) -> Iterator[PostfixWorld]:
    with postfix_world(bench) as postfix:
        yield postfix


def test_the_archive_gets_every_mail_the_mailbox_finds_it_and_nobody_sees_it(world: PostfixWorld) -> None:
    to, asked = unique_address(), Asked()
    content = message(BOT, subject="archived-on-postfix")
    assert world.submission.send(outgoing(to, content=content), asked) == Sent()
    assert asked.archived
    (raw,) = world.arrived(to)
    assert ARCHIVE.encode() not in raw
    mailbox = ImapMailbox(world.bench.imap(BOT), RealClock())
    assert mailbox.archived("<archived-on-postfix@example.org>", datetime.now(UTC)) is Archived.FOUND
    mailbox.close()


def test_letters_of_eight_bits_and_long_lines_arrive_with_the_very_bytes(world: PostfixWorld) -> None:
    to = unique_address()
    content = message(BOT, body="Grüße, Żółć\r\n" + "x" * 990 + "\r\n", extra="MIME-Version: 1.0")
    assert world.submission.send(outgoing(to, content=content), Asked()) == Sent()
    assert world.arrived(to)[0].endswith(content)


@pytest.mark.parametrize(
    ("domain", "outcome", "asked_for"),
    [
        ("closing.example", Deferred("421 4.7.0 to RCPT"), 0),
        ("later.example", Deferred("451 4.3.0 to DATA"), 1),
        ("unwanted.example", Refused("554 5.7.1 to DATA"), 1),
    ],
)
def test_a_refusal_has_its_outcome_and_the_next_mail_goes(
    bench: Bench, domain: str, outcome: Deferred | Refused, asked_for: int
) -> None:
    submission = SmtpSubmission(bench.submission(BOT))
    asked, to = Asked(), unique_address()
    assert submission.send(outgoing(f"reader@{domain}"), asked) == outcome
    assert asked.times == asked_for
    assert submission.send(outgoing(to), Asked()) == Sent()
    assert len(PostfixWorld(submission, bench).arrived(to)) == 1
    submission.close()


def test_a_mail_over_the_servers_limit_is_refused_before_anything_is_committed(world: PostfixWorld) -> None:
    asked = Asked()
    content = message(BOT, body="x\r\n" * (SIZE_LIMIT // 3 + 1))
    assert world.submission.send(outgoing(unique_address(), content=content), asked) == Refused("552 5.3.4 to MAIL")
    assert asked.times == 0


def test_after_a_restart_of_the_server_the_next_mail_goes(world: PostfixWorld) -> None:
    to, asked = unique_address(), Asked()
    assert world.submission.send(outgoing(to), Asked()) == Sent()
    world.bench.quiet()
    world.bench.postfix.stop()
    try:
        with pytest.raises(Unavailable, match="connection refused"):
            world.submission.send(outgoing(to), asked)
    finally:
        world.bench.postfix.start()
    assert asked.times == 0
    assert world.submission.send(outgoing(to), Asked()) == Sent()
    assert len(world.arrived(to)) == 2


def test_a_kept_connection_that_a_restart_ended_is_replaced_without_troubling_anybody(world: PostfixWorld) -> None:
    to, asked = unique_address(), Asked()
    assert world.submission.send(outgoing(to), asked) == Sent()
    world.bench.quiet()
    world.bench.postfix.stop()
    world.bench.postfix.start()
    assert world.submission.send(outgoing(to), asked) == Sent()
    assert asked.times == 2
    assert len(world.arrived(to)) == 2


def attempt(account: Account) -> None:
    submission = SmtpSubmission(account, timeout_seconds=20)
    try:
        submission.send(outgoing("a@example.org"), Asked())
    finally:
        submission.close()


def test_a_wrong_password_is_told_helpfully_and_without_it(bench: Bench) -> None:
    with pytest.raises(Unavailable, match=r"login refused for .*is the password right") as told:
        attempt(replace(bench.submission(BOT), password="not-the-password"))
    assert "not-the-password" not in str(told.value)


def test_a_certificate_nobody_vouches_for_or_of_another_name_is_refused(bench: Bench) -> None:
    right = bench.submission(BOT)
    for wrong in (replace(right, ca_file=None), replace(right, host="127.0.0.1")):
        with pytest.raises(Unavailable, match="certificate is not valid"):
            attempt(wrong)


def test_a_server_without_starttls_and_auth_is_told_as_such(bench: Bench) -> None:
    border = replace(bench.submission(BOT), port=bench.ports["border_port"])
    with pytest.raises(Unavailable):
        attempt(border)


def test_a_refusal_that_is_about_us_is_never_blamed_on_the_recipient(bench: Bench) -> None:
    """Postfix tells at RCPT what it holds against the client or the sender."""
    submission = SmtpSubmission(replace(bench.submission(BOT), user="", password=""))
    assert submission.send(outgoing("a@example.org"), Asked()) == Refused("554 5.7.1 to RCPT", recipient=False)
    submission.close()
