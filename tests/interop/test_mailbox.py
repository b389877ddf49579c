"""The mailbox on Dovecot: what a scripted server cannot prove. The promises of the port stand in tests/adapters."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ranmailbot.adapters.imap import ImapMailbox
from ranmailbot.ports import Account, Archived, Unavailable
from tests.adapters.servers import BOT, RealClock, message, unique_address
from tests.interop.bench import Bench
from tests.interop.worlds import dovecot_world

pytestmark = pytest.mark.interop
HOUR = timedelta(hours=1)


def test_reading_sets_no_flag_and_filing_keeps_those_that_people_set(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.deliver(message())
        with bench.client(world.address) as person:
            person.select("INBOX")
            person.store("1", "+FLAGS", "(\\Flagged)")
        fetched = world.mailbox.fetch(10)
        assert flags(bench, world.address, "INBOX") == ["\\Flagged"]
        world.mailbox.file("Read", fetched)
        assert flags(bench, world.address, "Read") == ["\\Flagged"]


def flags(bench: Bench, user: str, folder: str) -> list[str]:
    """Of the only mail there, but for \\Recent, which means nothing."""
    with bench.client(user) as person:
        person.select(folder, readonly=True)
        told = person.fetch("1", "(FLAGS)")[1][0].decode()
    return [flag for flag in told.partition("FLAGS (")[2].rstrip(")").split() if flag != "\\Recent"]


def test_hundreds_of_letters_are_fetched_in_order_and_filed(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        for number in range(250):
            world.deliver(message(subject=f"n{number}"))
        fetched = world.mailbox.fetch(1000)
        subjects = [envelope.raw.partition(b"Subject: n")[2].partition(b"\r\n")[0] for envelope in fetched]
        assert subjects == [b"%d" % n for n in range(250)]
        world.mailbox.file("Read/Answered", fetched)
        assert list(world.mailbox.fetch(10)) == []
        assert len(world.contents("Read/Answered")) == 250


def test_a_folder_is_made_with_its_name_in_any_script(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.deliver(message())
        world.mailbox.file("Bewerbungen & Rückfragen/Çalışma", world.mailbox.fetch(10))
        assert len(world.contents("Bewerbungen &- R&APw-ckfragen/&AMc-al&ATEBXw-ma")) == 1


def test_mail_ends_a_wait_under_way(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.mailbox.fetch(10)
        threading.Timer(0.2, world.deliver, (message(),)).start()
        assert world.mailbox.wait(60)
        assert len(world.mailbox.fetch(10)) == 1


def test_mail_that_comes_again_and_again_ends_every_wait(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        for number in range(1, 4):
            seen = len(world.mailbox.fetch(10))
            assert seen == number - 1
            threading.Timer(0.05, world.deliver, (message(subject=f"n{number}"),)).start()
            assert world.mailbox.wait(60)


def test_another_thread_wakes_a_wait_under_way(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.mailbox.fetch(10)
        threading.Timer(0.2, world.mailbox.wake).start()
        assert world.mailbox.wait(600)


def test_after_a_restart_of_the_server_everything_goes_on(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.deliver(message())
        before = world.mailbox.fetch(10)
        bench.dovecot.stop()
        try:
            for _ in range(2):
                with pytest.raises(Unavailable, match=r"lost|refused|ended"):
                    world.mailbox.fetch(10)
        finally:
            bench.dovecot.start()
        assert world.mailbox.fetch(10) == before
        world.mailbox.file("Read", before)
        assert len(world.contents("Read")) == 1


def test_a_server_that_ends_while_we_wait_is_told_at_once(bench: Bench) -> None:
    with dovecot_world(bench) as world:
        world.mailbox.fetch(10)
        ending = threading.Timer(0.2, bench.dovecot.stop)
        ending.start()
        try:
            with pytest.raises(Unavailable, match=r"lost|ended"):
                world.mailbox.wait(600)
        finally:
            ending.join()
            bench.dovecot.start()


def test_absence_is_proved_over_a_restart_and_not_after_the_folder_was_made_anew(bench: Bench, tmp_path: Path) -> None:
    address, memory = unique_address(), tmp_path / "archive.json"
    began = datetime.now(UTC)

    def asked(since: datetime) -> Archived:
        mailbox = ImapMailbox(bench.imap(address), RealClock(), own_address=BOT, memory=memory)
        try:
            return mailbox.archived("<missing@example.org>", since)
        finally:
            mailbox.close()

    assert asked(began) is Archived.UNKNOWN
    bench.store(address.replace("@", "+Archive@"), message("stranger@example.test", subject="later"))
    assert asked(began - HOUR) is Archived.UNKNOWN
    much_later = format_datetime(datetime.now(UTC) + HOUR)
    later = message(BOT, subject="later", extra=f"Date: {much_later}\r\nX-Ranmailbot-Kind: digest")
    bench.store(address.replace("@", "+Archive@"), later)
    known_since = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    facts = memory.read_text().replace(str(datetime.now(UTC).year), "2022")  # as if we had known it for years
    memory.write_text(facts)
    assert asked(known_since) is Archived.ABSENT
    with bench.client(address) as person:
        person.delete("Archive")
    bench.store(address.replace("@", "+Archive@"), later)
    assert asked(known_since) is Archived.UNKNOWN


def test_a_wrong_password_is_told_helpfully_and_without_it(bench: Bench) -> None:
    wrong = replace(bench.imap(unique_address()), password="not-the-password")
    with pytest.raises(Unavailable, match=r"login refused for .*is the password right") as told:
        ImapMailbox(wrong, RealClock()).fetch(1)
    assert "not-the-password" not in str(told.value)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_or_of_another_name_is_refused(bench: Bench, security: str) -> None:
    right: Account = bench.imap(unique_address(), "tls" if security == "tls" else "starttls")
    mailbox = ImapMailbox(right, RealClock())
    assert list(mailbox.fetch(1)) == []
    mailbox.close()
    for wrong in (replace(right, ca_file=None), replace(right, host="127.0.0.1")):
        with pytest.raises(Unavailable, match="certificate is not valid"):
            ImapMailbox(wrong, RealClock()).fetch(1)
