"""The brake: people and the bot itself stop mailings, or all sending; letters are received all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ranmailbot.call.application import Decision
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import Brake, hold_by_command, holds, resume_by_command
from ranmailbot.records import Hold, Level, State
from tests.flows.test_announce import decide, local
from tests.world import World

ANN = "ann@example.org"


def hold(world: World, level: Level, reason: str = "the room is wrong") -> bool:
    wanted = Hold(level, reason, world.clock.now(), by_bot=False)
    return hold_by_command(world.store, Alarms(world.desk, world.call), world.tokens, wanted)


def resume(world: World) -> tuple[Hold, ...]:
    return resume_by_command(world.store, world.clock, world.tokens)


def stopped(world: World) -> list[Level]:
    with world.store.look() as books:
        return [one.level for one in holds(books)]


def limit_replies(world: World, count: int) -> None:
    world.limits = replace(world.limits, replies_per_hour=count)
    world.start()


def flood(world: World, count: int) -> None:
    for number in range(count):
        world.post(f"person{number}@domain{number}.example", "Hello", proven=False)


def test_while_everything_is_stopped_letters_are_received_and_nothing_is_handed_over(world: World) -> None:
    assert hold(world, Level.ALL)
    world.post(ANN, "1. One\n\n2. Two\n\n3. Three\n\n4. Four")
    world.pass_time(days=1)
    assert world.outcomes() == ["applied"]
    assert world.submission.asked == []
    assert [hold.reason for hold in resume(world)] == ["the room is wrong"]
    world.settle()
    assert world.kinds(ANN) == ["acknowledgement"]


def test_while_mailings_are_stopped_answers_go_out_and_no_milestone_is_touched(world: World) -> None:
    world.apply(ANN)
    before = world.reports.books().milestones
    hold(world, Level.BULK)
    world.go_to(local(2022, 3, 2, 8, 1))
    organiser = world.call.organisers[0].email
    assert "the room is wrong" in world.mails(organiser, "alarm")[0].text
    world.post("bob@example.org", "How can I take part?")
    world.settle()
    assert world.kinds("bob@example.org") == ["form"]
    assert world.kinds(organiser) == ["alarm"]
    assert world.reports.books().milestones == before
    resume(world)
    world.settle()
    assert "the room is wrong" in world.mails(organiser, "digest")[0].text


def test_a_mailing_that_waits_in_the_outbox_is_stopped_with_the_mailings(world: World) -> None:
    world.apply(ANN)
    decide(world, Decision.INVITE, 1)
    world.clock.moment = local(2022, 3, 18, 10, 1)
    world.announcer.run()
    hold(world, Level.BULK)
    world.settle()
    assert "invitation" not in world.kinds(ANN)
    resume(world)
    world.settle()
    assert world.kinds(ANN).count("invitation") == len(world.call.sessions)


def test_stopping_twice_tells_once(world: World) -> None:
    assert hold(world, Level.BULK)
    assert not hold(world, Level.BULK, "another reason")
    world.settle()
    assert len(world.mails(world.call.organisers[0].email, "alarm")) == 1
    assert len(resume(world)) == 1
    assert resume(world) == ()


def test_a_flood_of_letters_stops_all_sending_but_the_alarm(world: World) -> None:
    limit_replies(world, 20)
    flood(world, 60)
    world.settle()
    assert stopped(world) == [Level.ALL]
    assert {mail.recipient for mail in world.all_sent()} == {person.email for person in world.call.organisers}
    assert "attack" in world.mails(world.call.organisers[0].email, "alarm")[0].text
    assert len(world.letters()) == 60
    world.pass_time(days=1)
    assert stopped(world) == [Level.ALL], "it goes on by itself: nobody has looked"


def test_what_is_within_the_limit_stops_nothing(world: World) -> None:
    limit_replies(world, 20)
    flood(world, 20)
    world.settle()
    assert stopped(world) == []
    assert len(world.all_sent()) == 20
    world.pass_time(hours=2)
    flood(world, 20)
    world.settle()
    assert stopped(world) == []


def test_after_a_resume_the_hour_is_counted_anew(world: World) -> None:
    limit_replies(world, 20)
    flood(world, 60)
    world.settle()
    world.clock.moment += timedelta(minutes=1)
    resume(world)
    world.settle()
    assert stopped(world) == []
    assert len(world.all_sent()) == 60 + len(world.call.organisers)


def test_mailings_to_many_do_not_pull_the_brake(world: World) -> None:
    for number in range(12):
        world.apply(f"person{number}@example.org", (1, 2, 3, 4))
        world.clock.moment = world.clock.moment.replace(day=number % 5 + 1)
    limit_replies(world, 1)
    resumed = Brake(Alarms(world.desk, world.call), 1)
    world.clock.moment = local(2022, 3, 9, 9, 0)
    world.go_to(local(2022, 3, 11, 12, 0))
    assert resumed.check(world.store, world.clock.now()) == ()
    assert sum(mail.state is State.SENT for mail in world.outbox() if mail.kind == "closing") == 12
