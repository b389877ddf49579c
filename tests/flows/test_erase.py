"""Erasing: nothing of the person can be read any more, here or in any old copy; everybody else stays whole."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from ranmailbot.adapters.sql.engine import open_engine
from ranmailbot.adapters.sql.reports import SqlReports
from ranmailbot.adapters.sql.store import SqlStore
from ranmailbot.call.application import Application, Status, StepRefused
from ranmailbot.desk import Outcome, Recipient
from ranmailbot.flows.erase import erase_by_command
from ranmailbot.mail.address import Address
from ranmailbot.records import State
from ranmailbot.sealing import KeyGone
from tests.world import World

ANN, BEN = "ann@prison.example", "ben@probation.example"


def erase(world: World, number: int = 1) -> None:
    erase_by_command(world.store, world.clock, world.tokens, world.call, number)


def applied(world: World) -> Outcome:
    now = world.clock.now()
    person = Application(
        number=1,
        reference="A-001",
        address=ANN,
        name="Ann Grove",
        status=Status.INCOMPLETE,
        answers=(),
        profile=(),
        remarks=(),
        version=1,
        late=False,
        proven=True,
        received_at=now,
        updated_at=now,
    )
    return Outcome("applied", applications=(person,))


def backup(world: World, folder: Path) -> Path:
    """A copy of the database as it is now, as a backup would be."""
    folder.mkdir(mode=0o700)
    path = folder / "ranmailbot.sqlite"
    assert world.engine.url.database is not None
    with sqlite3.connect(world.engine.url.database) as live, sqlite3.connect(path) as copy:
        live.backup(copy)
    path.chmod(0o600)
    return folder


def everything_in(world: World, folder: Path) -> str:
    """All that today's keys can read of this copy, as one text."""
    engine = open_engine(folder)
    reports = SqlReports(engine, world.call, world.seal)
    found = [str(reports.applications()), str(reports.letters()), str(reports.mails())]
    for number in range(1, 100):
        for read in (reports.letter_bytes, reports.mail_bytes):
            try:
                found.append(read(number).decode("utf-8", "replace"))
            except KeyError:
                continue
    with SqlStore(engine, world.call, world.seal, "digest").look() as books:
        found += [str(list(books.silent())), str(list(books.applications()))]
        found += [str(books.news(world.clock.now() - timedelta(days=400), world.clock.now()))]
    reports.close()
    return "\n".join(found)


@pytest.fixture
def peopled(world: World) -> World:
    """Two applicants, one of whom asked something before applying; and the organisers' digests of two days."""
    world.post(ANN, "My question about the annex", name="Ann Grove")
    world.apply(ANN, name="Ann Grove")
    world.apply(BEN, name="Ben Field")
    world.pass_time(days=2)
    return world


def test_nothing_of_the_person_is_left_in_an_old_backup_and_everything_of_the_others(
    peopled: World, tmp_path: Path
) -> None:
    old = backup(peopled, tmp_path / "old")
    before = everything_in(peopled, shutil.copytree(old, tmp_path / "same"))
    assert all(word in before for word in ("Ann Grove", ANN, "annex", "Ben Field", BEN))
    erase(peopled)
    after = everything_in(peopled, old)
    assert [word for word in ("Ann Grove", ANN, "annex", "ann@") if word in after] == []
    assert all(word in after for word in ("Ben Field", BEN, "A-002"))


def test_nothing_is_left_in_the_live_database_and_the_others_go_on(peopled: World, tmp_path: Path) -> None:
    erase(peopled)
    assert ANN not in everything_in(peopled, backup(peopled, tmp_path / "copy"))
    assert [person.reference for person in peopled.reports.applications()] == ["A-002"]
    peopled.pass_time(days=40)
    assert [mail.kind for mail in peopled.reports.mails() if mail.application == 2 and mail.state is State.SENT]
    assert [mail for mail in peopled.mails(ANN) if mail.kind in ("closing", "regret", "thanks")] == []


def test_a_number_is_never_given_again(peopled: World) -> None:
    erase(peopled, 2)
    peopled.apply(BEN, name="Ben Field")
    assert [person.reference for person in peopled.reports.applications()] == ["A-001", "A-003"]


def test_mail_that_waits_for_the_person_is_stopped(peopled: World) -> None:
    peopled.submission.unavailable = "off"
    peopled.post(ANN, "5. no question\n1. Another answer of mine to the first one.", to=peopled.mails(ANN)[-1])
    peopled.receive()
    erase(peopled)
    states = {mail.state for mail in peopled.reports.mails() if mail.application == 1}
    assert State.QUEUED not in states


def test_nothing_is_erased_while_mail_to_organisers_waits(peopled: World) -> None:
    peopled.submission.unavailable = "off"
    peopled.clock.moment += timedelta(days=1)
    while peopled.announcer.run():
        pass
    with pytest.raises(StepRefused, match="outbox"):
        erase(peopled)
    assert len(peopled.reports.applications()) == 2


def test_who_shares_the_address_keeps_it_and_loses_only_the_other_name(world: World, tmp_path: Path) -> None:
    world.apply(ANN, name="Ann Grove")
    with world.store.begin() as books:
        first = books.applications_of(ANN)[0]
    assert first.number == 1
    other = SqlStore(world.engine, world.call, world.seal, "digest")
    with other.begin() as books:
        second = replace(first, number=2, reference="A-002", name="Cleo Grove", profile=(), remarks=())
        books.record("command/second", Outcome("applied", applications=(second,)), (), world.clock.now(), None)
    world.pass_time(days=1)
    old = backup(world, tmp_path / "old")
    erase(world)
    after = everything_in(world, old)
    assert "Ann Grove" not in after
    assert "Cleo Grove" in after
    with world.store.look() as books:
        assert books.application(2) is not None
        assert books.knows(ANN)


def test_erasing_twice_or_after_a_crash_does_no_harm(peopled: World) -> None:
    peopled.seal.destroy([f"application:{peopled.call.key}/1"], for_ever=True)
    erase(peopled)
    erase(peopled)
    assert [person.reference for person in peopled.reports.applications()] == ["A-002"]


def test_who_does_not_exist_cannot_be_erased(world: World) -> None:
    with pytest.raises(StepRefused, match="no application A-001"):
        erase(world)


def test_a_mailing_whose_recipient_was_erased_goes_on_with_the_others(peopled: World) -> None:
    with peopled.store.begin() as books:
        books.fix_recipients("trial", [Recipient("A:1", Address("", ANN)), Recipient("A:2", Address("", BEN))])
    erase(peopled)
    with peopled.store.begin() as books:
        assert [recipient.key for recipient in books.pending("trial", 1)] == ["A:2"]
        books.done("trial", "A:2")
        assert books.pending("trial", 1) == ()


def test_a_mail_whose_key_is_gone_becomes_void_and_stops_nobody(peopled: World) -> None:
    peopled.submission.unavailable = "off"
    for who in (ANN, BEN):
        peopled.post(who, "1. Another answer of mine to the first one.", to=peopled.mails(who)[-1])
    peopled.receive()
    peopled.clock.moment += timedelta(hours=1)
    peopled.seal.destroy([f"application:{peopled.call.key}/1"], for_ever=True)
    peopled.submission.unavailable = ""
    peopled.settle()
    waiting = [mail for mail in peopled.reports.mails() if mail.state in (State.QUEUED, State.CLAIMED)]
    assert waiting == []
    assert [mail.application for mail in peopled.reports.mails() if mail.last_reply == "its key was destroyed"] == [1]


def test_new_keys_are_on_the_disk_before_the_commit_that_needs_them(world: World) -> None:
    order: list[str] = []
    keep, record = world.seal.keys.keep, world.engine

    def kept() -> None:
        order.append("keys")
        keep()

    world.seal.keys.keep = kept  # type: ignore[method-assign]
    event.listen(record, "commit", lambda _connection: order.append("commit"))
    with world.store.begin() as books:
        books.record("command/x", applied(world), (), world.clock.now(), None)
    assert order == ["keys", "commit"]


def test_a_transaction_that_fails_leaves_no_key_behind(world: World) -> None:
    def failing() -> None:
        with world.store.begin() as books:
            books.record("command/x", applied(world), (), world.clock.now(), None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()
    assert world.seal.owners("application:") == ()


def test_an_expired_digest_is_no_mail_of_ours_any_more(peopled: World) -> None:
    organiser = peopled.call.organisers[0].email
    digest = peopled.mails(organiser, "digest")[-1]
    peopled.seal.destroy(peopled.seal.owners("organisers:"))
    with peopled.store.look() as books:
        assert books.sent_mail([digest.message_id], "") is None
    with pytest.raises(KeyGone):
        peopled.seal.unseal("organisers:x", b"")
