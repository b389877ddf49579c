"""What a person settles at the machine: mails that are held or wait, letters put aside, milestones that are done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ranmailbot.call.application import StepRefused
from ranmailbot.flows import receive
from ranmailbot.flows.correct import Clerk
from ranmailbot.mail.delivery import Sent, Unclear
from ranmailbot.mail.limits import Limits
from ranmailbot.ports import Unreadable
from ranmailbot.records import State
from tests.flows.test_announce import local
from tests.world import World, answers

ANN = "ann@example.org"


def clerk(world: World) -> Clerk:
    return Clerk(world.store, world.clock, world.tokens)


def hold_one(world: World) -> int:
    """A mail of which nobody knows whether it was sent; its number."""
    world.post(ANN, "Hello")
    world.receive()
    mail = world.outbox()[-1]
    world.submission.outcomes[mail.message_id] = Unclear("no answer after DATA")
    world.pass_time(hours=3)
    world.pass_time(minutes=20)
    assert world.reports.mails((State.HELD,))[0].number == mail.number
    return mail.number


def test_a_held_mail_that_is_released_goes_out_with_the_same_bytes(world: World) -> None:
    number = hold_one(world)
    world.submission.outcomes.clear()
    assert clerk(world).release([number]) == (number,)
    world.settle()
    assert world.outbox()[0].state is State.SENT
    assert len({mail.content for mail in world.submission.asked}) == 1
    assert len(world.submission.asked) == 2


def test_a_mail_that_is_held_again_after_its_release_is_told_again(world: World) -> None:
    number = hold_one(world)
    clerk(world).release([number])
    world.pass_time(hours=3)
    world.pass_time(minutes=20)
    assert world.outbox()[0].state is State.HELD
    world.go_to(local(2022, 3, 2, 8, 1))
    digest = world.mails(world.call.organisers[0].email, "digest")[-1]
    assert digest.text.count(f"mail {number} (form)") == 2


def test_a_held_mail_that_is_dropped_is_never_sent(world: World) -> None:
    number = hold_one(world)
    world.submission.outcomes.clear()
    clerk(world).drop([number], was_sent=False)
    world.pass_time(days=1)
    assert world.outbox()[0].state is State.VOID
    assert [mail.recipient for mail in world.submission.asked].count(ANN) == 1


def test_a_held_mail_that_somebody_saw_is_noted_as_sent(world: World) -> None:
    number = hold_one(world)
    clerk(world).drop([number], was_sent=True)
    mail = world.outbox()[0]
    assert (mail.state, mail.settled_at) == (State.SENT, world.clock.now())
    assert len(world.submission.asked) == 1


def test_an_organiser_stops_a_mail_that_waits(world: World) -> None:
    world.post(ANN, answers((1, 2)))
    world.receive()
    clerk(world).drop([1], was_sent=False)
    world.pass_time(days=1)
    assert world.kinds(ANN) == []


def test_a_mail_that_was_sent_can_neither_be_dropped_nor_released(world: World) -> None:
    world.post(ANN, "Hello")
    world.settle()
    with pytest.raises(StepRefused, match="mail 1 is sent; only held or queued mails can be dropped"):
        clerk(world).drop([1], was_sent=False)
    with pytest.raises(StepRefused, match="mail 1 is sent; only held mails can be released"):
        clerk(world).release([1])
    with pytest.raises(StepRefused, match="there is no mail 99"):
        clerk(world).release([99])


def test_one_refusal_changes_nothing_at_all(world: World) -> None:
    number = hold_one(world)
    with pytest.raises(StepRefused):
        clerk(world).release([number, 99])
    assert world.outbox()[0].state is State.HELD


def test_all_means_all_that_is_held_and_nothing_else(world: World) -> None:
    number = hold_one(world)
    world.post("bob@example.org", answers((1, 2)))
    world.receive()
    assert clerk(world).drop(None, was_sent=False) == (number,)
    assert [mail.state for mail in world.outbox()][-1] is State.QUEUED
    assert clerk(world).release(None) == ()


def test_every_such_command_is_in_the_books(world: World) -> None:
    number = hold_one(world)
    clerk(world).drop([number], was_sent=True)
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, note FROM outcomes WHERE cause LIKE 'command/%'").all()
    assert rows == [("seen_sent", f"mails {number} seen sent by command")]


# -- letters that were put aside ---------------------------------------------------------------------------------


def shunt(world: World, monkeypatch: pytest.MonkeyPatch, text: str = "") -> None:
    """A letter arrives that cannot be judged, for a fault of ours that is mended afterwards."""

    def fault(*_: object) -> None:
        raise RuntimeError("ours")

    world.post(ANN, text or answers((1, 2, 3, 4)))
    with monkeypatch.context() as patch:
        patch.setattr(receive, "recognise", fault)
        world.settle()
    assert world.outcomes() == ["shunted"]


def test_a_shunted_letter_is_judged_again_as_if_it_had_just_arrived(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shunt(world, monkeypatch)
    assert clerk(world).retry([1]) == (1,)
    assert world.outcomes() == ["shunted"], "the command itself judges nothing"
    world.settle()
    assert world.outcomes() == ["applied"]
    assert [letter.folder for letter in world.letters()] == ["Applications"]
    assert world.letters()[0].application == 1
    assert world.kinds(ANN) == ["acknowledgement"]


def test_a_letter_that_is_judged_again_is_counted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shunt(world, monkeypatch)
    clerk(world).retry(None)
    world.settle()
    books = world.reports.books()
    assert (dict(books.letters), books.copies) == ({"applied": 1}, 0)
    with world.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM outcomes WHERE cause LIKE 'letter/%' ORDER BY id").all()
    assert [name for (name,) in names] == ["shunted", "applied"], "what happened stays in the books"


def test_a_letter_that_is_judged_again_after_the_deadline_is_not_late(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shunt(world, monkeypatch)
    world.go_to(local(2022, 3, 14, 12, 0))
    clerk(world).retry([1])
    world.settle()
    assert not world.applications()[0].late


def test_a_copy_of_a_letter_that_was_judged_again_is_a_copy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shunt(world, monkeypatch)
    raw = world.mailbox.raws("Shunted")[0]
    clerk(world).retry([1])
    world.settle()
    world.mailbox.deliver(raw, world.clock.moment)
    world.settle()
    assert world.reports.books().copies == 1
    assert world.kinds(ANN) == ["acknowledgement"]


def unread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter arrives that cannot be decoded, for a fault of ours that is mended afterwards."""
    world.post(ANN, answers((1, 2, 3, 4)))
    with monkeypatch.context() as patch:
        patch.setattr(type(world.receiver.room), "read", lambda *_: [Unreadable("a fault of ours")])
        world.settle()
    assert world.outcomes() == ["shunted"]


def test_a_letter_that_could_not_be_decoded_is_known_by_its_own_key_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread(world, monkeypatch)
    raw = world.mailbox.raws("Shunted")[0]
    clerk(world).retry([1])
    world.settle()
    assert world.outcomes() == ["applied"]
    world.mailbox.deliver(raw, world.clock.moment)
    world.settle()
    assert (len(world.letters()), world.reports.books().copies) == (1, 1)


def test_a_letter_that_was_judged_from_another_copy_meanwhile_is_not_judged_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread(world, monkeypatch)
    world.mailbox.deliver(world.mailbox.raws("Shunted")[0], world.clock.moment)
    world.settle()
    clerk(world).retry([1])
    world.settle()
    assert sorted(world.outcomes()) == ["applied", "repeated"]
    assert world.kinds(ANN) == ["acknowledgement"]
    assert len(world.applications()) == 1


def test_a_letter_that_fails_again_is_put_aside_again_and_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shunt(world, monkeypatch)
    clerk(world).retry([1])
    with monkeypatch.context() as patch:
        patch.setattr(receive, "recognise", lambda *_: 1 / 0)
        world.settle()
    assert world.outcomes() == ["shunted"]
    with world.store.look() as books:
        assert [one.again for one in books.aside()] == [False]
    clerk(world).retry([1])
    world.settle()
    assert world.outcomes() == ["applied"]


def test_a_letter_that_takes_the_bot_down_again_goes_to_quarantine_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    shunt(world, monkeypatch)
    clerk(world).retry([1])
    with monkeypatch.context() as patch:
        patch.setattr(type(world.receiver.room), "read", dies)
        for _ in range(world.limits.attempts):
            with pytest.raises(Killed):
                world.receiver.run()
    world.settle()
    assert world.outcomes() == ["quarantined"]


def test_a_letter_that_is_too_large_to_be_kept_cannot_be_judged_again(world: World) -> None:
    world.limits = replace(Limits(), message_bytes=2000)
    world.mailbox._message_bytes = 2000
    world.start()
    world.post(ANN, "x" * 3000)
    world.settle()
    with world.store.look() as books:
        assert [(one.outcome, one.kept) for one in books.aside()] == [("quarantined", False)]
    with pytest.raises(StepRefused, match="too large to be kept"):
        clerk(world).retry([1])
    assert clerk(world).retry(None) == ()


def test_only_what_was_put_aside_is_judged_again(world: World) -> None:
    world.post(ANN, answers((1, 2, 3, 4)))
    world.settle()
    with pytest.raises(StepRefused, match="letter 1 was not put aside"):
        clerk(world).retry([1])


# -- milestones --------------------------------------------------------------------------------------------------


def test_a_milestone_that_is_marked_as_kept_does_not_go_out(world: World) -> None:
    world.apply(ANN, (1, 2))
    clerk(world).mark_kept(world.call, "deadline_reminder:call:1")
    world.go_to(local(2022, 3, 9, 9, 0))
    assert "deadline_reminder" not in world.kinds(ANN)
    with pytest.raises(StepRefused, match="settled already"):
        clerk(world).mark_kept(world.call, "deadline_reminder:call:1")
    with pytest.raises(StepRefused, match="there is no milestone nothing"):
        clerk(world).mark_kept(world.call, "nothing")


def test_what_was_released_is_sent_although_nobody_answers_any_more(world: World) -> None:
    number = hold_one(world)
    world.submission.outcomes[world.outbox()[0].message_id] = Sent()
    clerk(world).release([number])
    world.settle()
    assert world.reports.books().states == {"sent": 1}
