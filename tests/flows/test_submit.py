"""The outbox: never twice, never to who should not get it, never silently lost. Every edge of the drawing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ranmailbot.adapters.smtp import SmtpSubmission
from ranmailbot.call.application import Decision
from ranmailbot.flows.submit import LEASE
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear
from ranmailbot.mail.outgoing import OutgoingMail
from ranmailbot.ports import Archived, Unavailable
from ranmailbot.records import State
from tests.flows.test_announce import decide, local
from tests.world import World, answers

ANN = "ann@example.org"


class Killed(BaseException):
    """The process dies here."""


def state(world: World, number: int = 1) -> State:
    return world.outbox()[number - 1].state


def queue_one(world: World) -> None:
    """A form waits in the outbox."""
    world.post(ANN, "Hello")
    world.receive()


def test_a_mail_that_was_accepted_is_sent_and_never_again(world: World) -> None:
    queue_one(world)
    world.settle()
    world.pass_time(days=1)
    assert state(world) is State.SENT
    assert world.kinds(ANN) == ["form"]


def test_a_greylisted_mail_is_tried_again_after_a_pause_with_the_same_bytes(world: World) -> None:
    world.post("ann@greylisted.example", "Hello")
    world.settle()
    assert state(world) is State.QUEUED
    assert world.outbox()[0].attempts == 1
    world.pass_time(minutes=3)
    assert state(world) is State.SENT
    assert len({mail.content for mail in world.submission.asked}) == 1


def test_a_refused_recipient_is_marked_and_told_to_the_organisers(world: World) -> None:
    world.post("ann@refused.example", "1. One\n\n2. Two\n\n3. Three\n\n4. Four")
    world.settle()
    assert state(world) is State.REFUSED
    assert world.applications()[0].undeliverable
    world.go_to(local(2022, 3, 2, 8, 1))
    digest = world.mails(world.call.organisers[0].email, "digest")[-1]
    assert "550" in digest.text


def test_a_refused_form_marks_the_application_its_address_has_made_meanwhile(world: World) -> None:
    world.post(ANN, "How can I take part?")
    world.receive()
    world.submission.outcomes[world.outbox()[0].message_id] = Refused("550 to RCPT", recipient=True)
    world.post(ANN, answers((1, 2, 3, 4)))
    world.receive()
    world.settle()
    assert world.applications()[0].undeliverable


def test_a_refusal_after_data_marks_the_mail_but_not_the_person(world: World) -> None:
    world.apply(ANN, (1,))
    waiting = world.outbox()[-1]
    world.submission.outcomes[waiting.message_id] = Refused("554 to DATA")
    world.pass_time(minutes=2)
    assert world.outbox()[-1].state is State.REFUSED
    assert not world.applications()[0].undeliverable


def test_a_temporary_refusal_for_ever_is_given_up_and_told(world: World) -> None:
    queue_one(world)
    world.submission.outcomes[world.outbox()[0].message_id] = Deferred("451 to DATA")
    for _ in range(world.limits.send_attempts + 1):
        world.pass_time(hours=3)
    assert state(world) is State.REFUSED


def test_a_mail_in_doubt_has_a_lease_of_its_own_however_long_the_mails_before_it_took(world: World) -> None:
    for name in ("ann", "bob"):
        world.post(f"{name}@example.org", "Hello")
    world.receive()
    real = world.submission.send

    def slow(mail: OutgoingMail, before_data: Callable[[bool], bool]) -> Delivery:
        world.clock.moment += timedelta(minutes=10)
        return real(mail, before_data)

    world.submission.send = slow  # type: ignore[method-assign]
    world.submission.outcomes[world.outbox()[1].message_id] = Unclear("no answer after DATA")
    world.submitter.run()
    assert state(world, 2) is State.IN_DOUBT
    with world.store.look() as books:
        assert books.expired(world.clock.now() + LEASE - timedelta(seconds=1), "worker-1") == ()
        assert len(books.expired(world.clock.now() + LEASE + timedelta(seconds=1), "worker-1")) == 1


def test_a_lease_is_longer_than_a_mail_may_take() -> None:
    assert LEASE.total_seconds() > 2 * SmtpSubmission.__dataclass_fields__["timeout_seconds"].default


def test_a_mail_without_an_answer_after_data_is_never_simply_tried_again(world: World) -> None:
    queue_one(world)
    world.submission.outcomes[world.outbox()[0].message_id] = Unclear("no answer after DATA")
    world.settle()
    assert state(world) is State.IN_DOUBT
    world.pass_time(minutes=14)
    assert state(world) is State.IN_DOUBT
    assert len(world.submission.asked) == 1


@pytest.mark.parametrize(
    ("archive", "after"),
    [(Archived.FOUND, State.SENT), (Archived.ABSENT, State.SENT), (Archived.UNKNOWN, State.IN_DOUBT)],
)
def test_a_mail_in_doubt_is_looked_up_in_our_archive(world: World, archive: Archived, after: State) -> None:
    queue_one(world)
    message_id = world.outbox()[0].message_id
    world.submission.outcomes[message_id] = Unclear("no answer after DATA")
    world.settle()
    world.submission.outcomes[message_id] = Sent()
    world.archived = archive
    world.pass_time(seconds=LEASE.total_seconds() + 1)
    assert state(world) is after
    assert len(world.submission.asked) == (2 if archive is Archived.ABSENT else 1)


def test_an_archive_that_cannot_tell_is_asked_again_for_two_hours_and_then_a_human_decides(world: World) -> None:
    queue_one(world)
    message_id = world.outbox()[0].message_id
    world.submission.outcomes[message_id] = Unclear("no answer after DATA")
    world.settle()
    for _ in range(6):
        world.pass_time(minutes=16)
        assert state(world) is State.IN_DOUBT
    world.pass_time(minutes=40)
    assert state(world) is State.HELD
    assert len(world.submission.asked) == 1


def test_an_archive_that_can_tell_after_a_while_is_believed(world: World) -> None:
    queue_one(world)
    message_id = world.outbox()[0].message_id
    world.submission.outcomes[message_id] = Unclear("no answer after DATA")
    world.settle()
    world.pass_time(minutes=16)
    world.archived = Archived.FOUND
    world.pass_time(minutes=16)
    assert state(world) is State.SENT


def test_only_what_was_written_after_the_doubt_may_witness_an_absence_whatever_the_clock_says(world: World) -> None:
    for sender in ("before@example.org", ANN):
        world.post(sender, "Hello")
    world.receive()
    before, doubted = (mail.message_id for mail in world.outbox())
    world.submission.outcomes[doubted] = Unclear("no answer after DATA")
    world.submitter.run()
    world.clock.moment -= timedelta(hours=3)
    world.post("after@example.org", "Hello")
    world.receive()
    world.submitter.run()
    world.clock.moment += timedelta(hours=4)
    world.submitter.run()
    asked = [later for message_id, _, later in world.probed if message_id == doubted]
    assert asked == [frozenset({world.outbox()[2].message_id})]
    assert before not in asked[0]


def test_a_mail_in_doubt_that_the_archive_never_accepted_is_held_whatever_the_archive_says(world: World) -> None:
    queue_one(world)
    world.submission.archives = False
    world.submission.outcomes[world.outbox()[0].message_id] = Unclear("no answer after DATA")
    world.settle()
    world.archived = Archived.ABSENT
    world.pass_time(seconds=LEASE.total_seconds() + 1)
    assert state(world) is State.HELD
    assert len(world.submission.asked) == 1


def test_a_held_mail_is_told_to_the_organisers(world: World) -> None:
    queue_one(world)
    world.submission.outcomes[world.outbox()[0].message_id] = Unclear("no answer after DATA")
    world.settle()
    for _ in range(9):
        world.pass_time(minutes=16)
    world.go_to(local(2022, 3, 2, 8, 1))
    digest = world.mails(world.call.organisers[0].email, "digest")[-1]
    assert "held for a human" in " ".join(digest.text.split())


def test_a_crash_before_data_sends_the_mail_once_after_the_restart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_one(world)
    with monkeypatch.context() as patch:
        patch.setattr(world.submission, "send", _dies_before_data)
        with pytest.raises(Killed):
            world.submitter.run()
    assert state(world) is State.CLAIMED
    world.start("worker-2")
    world.settle()
    assert world.kinds(ANN) == ["form"]


def test_a_crash_between_data_and_its_record_never_sends_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_one(world)
    real = world.submission.send

    def sends_and_dies(mail, before_data):
        real(mail, before_data)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.submission, "send", sends_and_dies)
        with pytest.raises(Killed):
            world.submitter.run()
    world.start("worker-2")
    world.settle()
    assert state(world) is State.IN_DOUBT
    for _ in range(9):
        world.pass_time(minutes=16)
    assert state(world) is State.HELD
    assert world.kinds(ANN) == ["form"]


def test_a_server_that_cannot_be_reached_leaves_every_mail_in_the_queue(world: World) -> None:
    queue_one(world)
    world.submission.unavailable = "no route"
    with pytest.raises(Unavailable):
        world.submitter.run()
    assert state(world) is State.QUEUED
    world.submission.unavailable = ""
    world.settle()
    assert world.kinds(ANN) == ["form"]


def test_the_pace_is_kept_and_goes_on_a_minute_later(world: World) -> None:
    world.limits = type(world.limits)(messages_per_minute=2)
    world.start()
    for n in range(5):
        world.post(f"person{n}@example.org", "Hello")
    world.settle()
    assert len(world.all_sent()) == 2
    world.pass_time(seconds=61)
    assert len(world.all_sent()) == 4


def test_a_reminder_that_was_greylisted_past_its_time_lapses(world: World) -> None:
    person = "ann@example.org"
    world.apply(person, (1,))
    world.clock.moment = local(2022, 3, 10, 20, 50)
    while world.announcer.run():
        pass
    notice = next(mail for mail in world.outbox() if mail.kind == "deadline_notice")
    world.submission.outcomes[notice.message_id] = Deferred("451 to DATA")
    for _ in range(8):
        world.pass_time(hours=1)
    final = next(mail for mail in world.outbox() if mail.number == notice.number)
    assert final.state is State.LAPSED
    assert "deadline_notice" not in world.kinds(person)


def test_an_invitation_whose_decision_was_taken_back_before_sending_is_void(world: World) -> None:
    world.apply(ANN)
    world.go_to(local(2022, 3, 17, 9))
    decide(world, Decision.INVITE, 1)
    world.clock.moment = local(2022, 3, 18, 10, 1)
    while world.announcer.run():
        pass
    world.post(ANN, "withdraw", to=world.mails(ANN)[0])
    world.receive()
    world.settle()
    assert "invitation" not in world.kinds(ANN)
    assert {mail.state for mail in world.outbox() if mail.kind == "invitation"} == {State.VOID}


def test_a_mail_that_no_server_would_take_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_one(world)
    world.post("bob@example.org", "Hello")
    world.receive()
    real, first = world.submission.send, world.outbox()[0].message_id

    def picky(mail, before_data):
        if mail.message_id == first:
            raise ValueError("the content must have CRLF line ends only")
        return real(mail, before_data)

    monkeypatch.setattr(world.submission, "send", picky)
    world.settle()
    assert state(world, 1) is State.REFUSED
    assert state(world, 2) is State.SENT


def test_the_outbox_knows_when_it_wants_to_be_woken(world: World) -> None:
    world.apply(ANN, (1,))
    due = world.reports.next_attempt(world.clock.now())
    assert due == world.clock.now() + timedelta(seconds=world.limits.settle_seconds)


def _dies_before_data(mail: object, before_data: object) -> None:
    raise Killed
