"""The right mail to the right person in time, or no mail: at edges of days, after pauses, when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ranmailbot.call.application import Decision
from ranmailbot.mail.delivery import Deferred
from ranmailbot.records import State
from tests.attacks.tools import ANN, BOB, CAT, QuickWorld, invite, secrets_of, whole
from tests.flows.test_announce import decide, local
from tests.flows.test_decisions_and_replies import first_day, respond
from tests.world import answers

DEADLINE = datetime(2022, 3, 10, 23, 0, tzinfo=UTC)


@pytest.fixture
def quick(tmp_path: Path) -> QuickWorld:
    return QuickWorld(tmp_path)


def details(world: QuickWorld) -> set[str]:
    return {mail.recipient for mail in world.all_sent() if any(s in whole(mail.content) for s in secrets_of(world))}


@pytest.mark.parametrize(
    ("before", "late"),
    [
        (timedelta(microseconds=1), False),
        (timedelta(seconds=1), False),
        (timedelta(), True),
        (-timedelta(seconds=1), True),
    ],
)
def test_the_deadline_is_midnight_in_brussels_to_the_microsecond(
    quick: QuickWorld, before: timedelta, late: bool
) -> None:
    quick.clock.moment = DEADLINE - before
    quick.post(ANN, answers((1, 2, 3, 4)))
    quick.clock.moment = DEADLINE + timedelta(days=2)
    quick.receive()
    assert quick.applications()[0].late is late


def test_a_date_of_the_senders_own_makes_nobody_early(quick: QuickWorld) -> None:
    quick.clock.moment = DEADLINE + timedelta(hours=1)
    quick.post(ANN, answers((1, 2, 3, 4)), headers="Received: from x; Tue, 1 Mar 2022 09:00:00 +0000\r\n")
    quick.receive()
    assert quick.applications()[0].late


@pytest.mark.parametrize("kind", ["deadline_notice", "invitation", "session_details", "session_reminder"])
def test_a_mail_that_is_greylisted_past_its_time_is_never_sent(quick: QuickWorld, kind: str) -> None:
    quick.apply(ANN, (1,) if kind == "deadline_notice" else (1, 2, 3, 4))
    if kind == "deadline_notice":
        moment = local(2022, 3, 10, 9, 1)
    else:
        quick.go_to(local(2022, 3, 17, 9))
        decide(quick, Decision.INVITE, 1)
        moment = local(2022, 3, 18, 10, 5)
        if kind != "invitation":
            quick.go_to(moment)
            quick.post(ANN, "yes to both", to=first_day(quick, ANN))
            quick.settle()
            moment = {"session_details": local(2022, 4, 1, 10, 5), "session_reminder": local(2022, 4, 5, 7, 31)}[kind]
    quick.clock.moment = moment
    while quick.announcer.run():
        pass
    for mail in quick.outbox():
        if mail.kind == kind:
            quick.submission.outcomes[mail.message_id] = Deferred("451 to DATA")
    quick.settle()
    waiting = [mail.number for mail in quick.outbox() if mail.kind == kind]
    quick.submission.outcomes.clear()
    quick.go_to(local(2022, 4, 6, 23))
    states = {mail.state for mail in quick.outbox() if mail.number in waiting}
    assert waiting
    assert states == {State.LAPSED}


def test_details_never_go_to_who_declined_wavered_withdrew_was_regretted_or_never_said_anything(
    quick: QuickWorld,
) -> None:
    people = [f"person{number}@example.org" for number in range(8)]
    for person in people:
        quick.post(person, answers((1, 2, 3, 4)))
    quick.settle()
    yes, no, maybe, _silent, gone, back, regretted, undecided = people
    invite(quick, 1, 2, 3, 4, 5, 6)
    decide(quick, Decision.DECLINE, 7)
    quick.go_to(local(2022, 3, 21, 10, 5))
    for person, words in ((yes, "yes to both"), (no, "no to all"), (gone, "yes to both"), (back, "yes to both")):
        quick.post(person, words, to=first_day(quick, person))
    for person in (regretted, undecided):
        quick.post(person, "yes to both", to=quick.mails(person)[-1])
    quick.settle()
    respond(quick, maybe, "TENTATIVE", "20220319T100000Z")
    quick.post(gone, "withdraw", to=quick.mails(gone)[0])
    quick.post(back, "no to all", to=first_day(quick, back))
    quick.settle()
    quick.post(gone, answers((1, 2, 3, 4)), to=quick.mails(gone)[0])
    for moment in (
        local(2022, 4, 1, 10, 5),
        local(2022, 4, 2, 10, 5),
        local(2022, 4, 5, 7, 31),
        local(2022, 4, 6, 7, 31),
    ):
        quick.go_to(moment)
    assert details(quick) == {yes}


@pytest.mark.parametrize("last_moment", ["withdraw", "no to all"])
def test_a_change_of_mind_between_queue_and_sending_is_heard(quick: QuickWorld, last_moment: str) -> None:
    for person in (ANN, BOB):
        quick.apply(person)
    invite(quick, 1, 2)
    for person in (ANN, BOB):
        quick.post(person, "yes to both", to=first_day(quick, person))
    quick.settle()
    quick.clock.moment = local(2022, 4, 1, 10, 5)
    while quick.announcer.run():
        pass
    quick.post(ANN, last_moment, to=first_day(quick, ANN))
    quick.receive()
    quick.settle()
    assert details(quick) == {BOB}


def test_who_declines_while_the_details_wait_and_then_accepts_gets_them(quick: QuickWorld) -> None:
    quick.apply(ANN)
    invite(quick, 1)
    quick.post(ANN, "yes to both", to=first_day(quick, ANN))
    quick.settle()
    quick.clock.moment = local(2022, 4, 1, 10, 5)
    while quick.announcer.run():
        pass
    quick.post(ANN, "no to all", to=first_day(quick, ANN))
    quick.receive()
    quick.settle()
    quick.post(ANN, "yes to both", to=first_day(quick, ANN), subject="after all")
    quick.pass_time(hours=1)
    assert quick.applications()[0].confirmed("day-1")
    assert details(quick) == {ANN}


@pytest.mark.parametrize(("day", "hour"), [(26, 7), (27, 6), (28, 6)])
def test_the_digest_comes_at_eight_on_the_days_around_the_change_of_clocks(
    quick: QuickWorld, day: int, hour: int
) -> None:
    organiser = quick.call.organisers[0].email
    quick.go_to(datetime(2022, 3, day, hour - 1, 59, tzinfo=UTC))
    before = len(quick.mails(organiser, "digest"))
    quick.go_to(datetime(2022, 3, day, hour, 0, tzinfo=UTC))
    assert len(quick.mails(organiser, "digest")) == before + 1


def test_everybodys_mail_holds_only_their_own_reference_and_answers(quick: QuickWorld) -> None:
    people = {ANN: "Apricot", BOB: "Banana", CAT: "Cherry"}
    for person, fruit in people.items():
        quick.post(person, answers((1, 2, 3), [f"{fruit} {n}" for n in range(4)]) + f"\n\nYour name: {fruit} Person")
    quick.settle()
    for day in (7, 10, 11):
        quick.go_to(local(2022, 3, day, 10, 5))
    invite(quick, 1, 2, 3)
    for person in people:
        quick.post(person, "yes to both", to=first_day(quick, person))
    for moment in (
        local(2022, 3, 29, 10, 5),
        local(2022, 4, 1, 10, 5),
        local(2022, 4, 5, 7, 31),
        local(2022, 4, 7, 10, 5),
    ):
        quick.go_to(moment)
    for number, person in enumerate(people, 1):
        foreign = [fruit for other, fruit in people.items() if other != person]
        foreign += [f"A-00{other}" for other in (1, 2, 3) if other != number]
        said = b"\n".join(whole(mail.raw) for mail in quick.mails(person)).decode("utf-8", "replace")
        assert [word for word in foreign if word in said] == []
        assert [other for other in people if other != person and other in said] == []


def test_a_mailing_that_cannot_be_written_stops_no_other_and_is_told_once_a_day(
    quick: QuickWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.apply(ANN)
    real = type(quick.stationery)._write

    def write(self, draft, *more):
        if draft.kind == "digest":
            raise ValueError("facts of the wrong shape")
        return real(self, draft, *more)

    with monkeypatch.context() as patch:
        patch.setattr(type(quick.stationery), "_write", write)
        for hour in (8, 9, 10, 11):
            quick.go_to(local(2022, 3, 11, hour, 1))
    organiser = quick.call.organisers[0].email
    alarms = [mail for mail in quick.mails(organiser, "alarm") if "digest:2022-03-11" in mail.text]
    assert len(alarms) == 1
    assert "closing" in quick.kinds(ANN)
    quick.go_to(local(2022, 3, 11, 12))
    assert quick.kinds(organiser)[-1] == "digest"
