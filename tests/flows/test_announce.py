"""The timeline: each mailing once, at its moment, to the right people; late once, or lapsed and told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ranmailbot.call.application import Decision
from ranmailbot.call.call import MeetingRoom
from ranmailbot.desk import Outcome
from ranmailbot.flows.announce import GROUP
from ranmailbot.flows.decide import decide_by_command
from ranmailbot.mail.address import Address
from ranmailbot.mail.outgoing import CalendarEvent, Draft, OutgoingMail
from ranmailbot.ports import Stationery, TemplateFault
from tests.world import Mail, World, answers, settings

ANN, BOB, CAT = "ann@example.org", "bob@example.org", "cat@example.org"
BRUSSELS = ZoneInfo("Europe/Brussels")


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BRUSSELS).astimezone(UTC)  # type: ignore[arg-type, misc]


def decide(world: World, decision: Decision, *numbers: int) -> None:
    decide_by_command(world.store, world.clock, world.tokens, world.call, decision=decision, numbers=numbers)


def invited(world: World, *people: str) -> None:
    """These people have applied, were invited, and it is some days before the meeting."""
    for person in people:
        world.apply(person)
    world.go_to(local(2022, 3, 17, 9))
    decide(world, Decision.INVITE, *range(1, len(people) + 1))
    world.go_to(local(2022, 3, 18, 10, 5))


def test_the_call_goes_once_to_everybody_on_the_list_and_a_reply_is_an_application(tmp_path: Path) -> None:
    world = World(tmp_path, listed=(Address("Ann", ANN), Address("Bob", BOB)))
    world.go_to(local(2022, 3, 1, 10, 30))
    world.pass_time(hours=1)
    assert world.kinds(ANN) == world.kinds(BOB) == ["announcement"]
    world.post(ANN, answers((1, 2, 3, 4)), to=world.mails(ANN)[0])
    world.settle()
    assert world.kinds(ANN) == ["announcement", "acknowledgement"]


def test_the_deadline_notice_goes_on_10_march_to_who_is_incomplete_or_silent(world: World) -> None:
    world.apply(ANN)
    world.apply(BOB, (1,))
    world.post(CAT, "What is this about?")
    world.go_to(local(2022, 3, 10, 8, 59))
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [0, 0, 0]
    world.go_to(local(2022, 3, 10, 9, 1))
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [0, 1, 1]
    world.pass_time(hours=3)
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [0, 1, 1]


def test_a_notice_that_waits_in_the_outbox_is_not_sent_to_who_became_complete_meanwhile(world: World) -> None:
    world.apply(BOB, (1,))
    world.clock.moment = local(2022, 3, 10, 9, 1)
    while world.announcer.run():
        pass
    world.post(BOB, answers((2, 3, 4)))
    world.receive()
    world.settle()
    assert "deadline_notice" not in world.kinds(BOB)


def test_a_notice_to_somebody_silent_is_not_sent_if_they_apply_or_leave_before_it_goes(world: World) -> None:
    for person in (ANN, BOB, CAT):
        world.post(person, "What is this about?")
    world.settle()
    world.clock.moment = local(2022, 3, 10, 9, 1)
    while world.announcer.run():
        pass
    world.post(ANN, answers((1, 2, 3, 4)), to=world.mails(ANN)[0])
    world.post(BOB, "withdraw", to=world.mails(BOB)[0])
    world.receive()
    world.settle()
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [0, 0, 1]


def test_three_days_switched_off_fire_late_what_may_be_late_and_lapse_the_rest(world: World) -> None:
    world.apply(BOB, (1,))
    world.go_to(local(2022, 3, 13, 12))
    assert "deadline_notice" not in world.kinds(BOB)
    assert "closing" in world.kinds(BOB)
    organiser = world.call.organisers[0].email
    assert any("deadline_notice" in mail.text for mail in world.mails(organiser, "alarm"))
    states = {key: state for key, state, _ in world.reports.books().milestones}
    assert states["deadline_notice:call:1"] == "lapsed"
    assert states["closing:call:1"] == "kept"


def test_a_call_whose_dates_are_past_sends_nothing_and_alarms_nobody(world: World) -> None:
    world.go_to(local(2026, 11, 22, 12))
    assert world.all_sent() == []
    assert {state for _, state, _ in world.reports.books().milestones} == {"lapsed"}


class TornStationery:
    """Cannot write the deadline notice of some people."""

    def __init__(self, whole: Stationery, torn: Collection[str]) -> None:
        self.whole, self.torn = whole, torn

    def write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
        if draft.kind == "deadline_notice" and draft.to.email in self.torn:
            raise TemplateFault(draft.kind, "the template cannot use these facts (TypeError)")
        return self.whole.write(draft, message_id, date, event)


def tear(world: World, *people: str) -> None:
    """From now on the deadline notice of these people cannot be written."""
    world.desk = replace(world.desk, stationery=TornStationery(world.stationery, people))
    world.start("worker-2")


def told_of(world: World, words: str) -> list[Mail]:
    """The alarms to the first organiser that say this."""
    alarms = world.mails(world.call.organisers[0].email, "alarm")
    return [alarm for alarm in alarms if words in " ".join(alarm.text.split())]


def test_one_whose_mail_cannot_be_written_keeps_nobody_else_from_theirs_and_gets_it_when_it_can(world: World) -> None:
    world.apply(ANN, (1,))
    world.apply(BOB, (1,))
    world.apply(CAT, (1,))
    tear(world, BOB)
    world.go_to(local(2022, 3, 10, 9, 1))
    world.pass_time(hours=1)
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [1, 0, 1]
    (alarm,) = told_of(world, "cannot be written")
    assert "deadline_notice:call:1 is due, but it cannot be written to A-002" in " ".join(alarm.text.split())
    assert BOB not in alarm.text
    tear(world)
    world.pass_time(hours=1)
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB, CAT)] == [1, 1, 1]
    assert ("deadline_notice:call:1", "kept") in {(key, state) for key, state, _ in world.reports.books().milestones}


def test_one_whose_mail_cannot_be_written_in_time_is_told_as_lapsed(world: World) -> None:
    world.apply(ANN, (1,))
    world.apply(BOB, (1,))
    tear(world, BOB)
    world.go_to(local(2022, 3, 10, 9, 1))
    world.go_to(local(2022, 3, 13, 12))
    assert [world.kinds(person).count("deadline_notice") for person in (ANN, BOB)] == [1, 0]
    assert len(told_of(world, "deadline_notice:call:1 was due and did not go out in time")) == 1


def test_a_template_that_fails_for_everybody_is_not_tried_for_hundreds(tmp_path: Path) -> None:
    people = [f"person{number}@example.org" for number in range(70)]
    world = World(tmp_path, listed=[Address("", person) for person in people])
    world.go_to(local(2022, 3, 2, 10))
    tried: list[str] = []
    whole = world.stationery

    class Counting(TornStationery):
        def write(self, draft: Draft, message_id: str, date: datetime, event: CalendarEvent | None) -> OutgoingMail:
            tried.extend([draft.to.email] * (draft.kind == "deadline_notice"))
            return super().write(draft, message_id, date, event)

    world.desk = replace(world.desk, stationery=Counting(whole, people))
    world.start("worker-2")
    world.clock.moment = local(2022, 3, 10, 9, 1)
    world.announcer.run()
    assert len(tried) == GROUP
    world.submitter.run()
    assert len(told_of(world, "deadline_notice:call:1 is due, but it cannot be written")) == 1


def test_a_clock_that_goes_back_sends_nothing_again(world: World) -> None:
    world.apply(BOB, (1,))
    world.go_to(local(2022, 3, 11, 11))
    before = len(world.all_sent())
    world.go_to(local(2022, 3, 9, 11))
    world.go_to(local(2022, 3, 11, 11))
    assert len(world.all_sent()) == before


def test_an_invitation_is_one_mail_with_one_event_for_each_session(world: World) -> None:
    invited(world, ANN)
    mails = world.mails(ANN, "invitation")
    assert len(mails) == len(world.call.sessions)
    for mail in mails:
        assert mail.calendar.count("BEGIN:VEVENT") == 1
        assert mail.calendar.count("ATTENDEE") == 1
        assert world.call.sessions[0].room is not None
        assert world.call.sessions[0].room.join_url not in mail.message.as_string()


def test_nobody_ever_holds_an_invitation_and_a_regret(world: World) -> None:
    for person in (ANN, BOB):
        world.apply(person)
    world.go_to(local(2022, 3, 17, 9))
    decide(world, Decision.INVITE, 1)
    decide(world, Decision.DECLINE, 2)
    world.go_to(local(2022, 3, 22, 9))
    assert world.kinds(ANN).count("invitation") == 2
    assert world.kinds(BOB).count("regret") == 1
    with pytest.raises(Exception, match="already got the invitation"):
        decide(world, Decision.DECLINE, 1)
    assert "regret" not in world.kinds(ANN)


def test_a_regret_is_impossible_after_an_invitation_even_if_the_mark_on_the_person_is_lost(world: World) -> None:
    invited(world, ANN)
    forgotten = replace(world.applications()[0], decision=Decision.DECLINE, told=None)
    with world.store.begin() as books:
        books.record("test/lost", Outcome("lost", applications=(forgotten,)), (), world.clock.now(), None)
    world.go_to(local(2022, 3, 25, 9))
    assert "regret" not in world.kinds(ANN), "both verdicts have one cause, and a cause has one outcome"


def test_a_decision_taken_later_goes_out_later(world: World) -> None:
    world.apply(ANN)
    world.go_to(local(2022, 3, 24, 9))
    assert "invitation" not in world.kinds(ANN)
    decide(world, Decision.INVITE, 1)
    world.settle()
    assert world.kinds(ANN).count("invitation") == 2


def test_join_details_go_only_to_who_confirmed_and_only_for_that_session(world: World) -> None:
    invited(world, ANN, BOB, CAT)
    first, second = (session.key for session in world.call.sessions)
    by_session = {key: n for n, key in enumerate((first, second))}
    world.post(ANN, "yes", to=world.mails(ANN, "invitation")[by_session[first]])
    world.post(BOB, "no", to=world.mails(BOB, "invitation")[0])
    world.go_to(local(2022, 4, 4, 12))
    assert len(world.mails(ANN, "session_details")) == 1
    assert world.mails(BOB, "session_details") == world.mails(CAT, "session_details") == []
    details = world.mails(ANN, "session_details")[0]
    room = world.call.sessions[0].room
    assert room is not None
    assert room.join_url in details.text
    assert "SEQUENCE:1" in details.calendar


def test_somebody_who_confirms_late_gets_the_details_late(world: World) -> None:
    invited(world, ANN)
    world.go_to(local(2022, 4, 4, 20))
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    world.settle()
    assert len(world.mails(ANN, "session_details")) == 2


def test_details_that_wait_in_the_outbox_are_not_sent_to_who_declines_meanwhile(world: World) -> None:
    invited(world, ANN)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    world.settle()
    world.clock.moment = local(2022, 4, 1, 10, 1)
    while world.announcer.run():
        pass
    world.post(ANN, "no to all", to=world.mails(ANN, "invitation")[0])
    world.receive()
    world.settle()
    assert world.mails(ANN, "session_details") == []


def test_missing_join_details_send_nothing_and_tell_the_organisers_every_day_until_they_are_there(
    tmp_path: Path,
) -> None:
    sessions = tuple(replace(session, room=None) for session in settings().call.sessions)
    world = World(tmp_path, sessions=sessions)
    invited(world, ANN)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    for day in (1, 2):
        world.go_to(local(2022, 4, day, 10, 5))
        world.pass_time(hours=2)
    organiser = world.call.organisers[0].email
    alarms = [mail for mail in world.mails(organiser, "alarm") if "session_details:day-1" in mail.text]
    assert len(alarms) == 2
    assert world.mails(ANN, "session_details") == []


def test_details_that_nobody_approved_are_not_sent(tmp_path: Path) -> None:
    def unapproved(room: MeetingRoom | None) -> MeetingRoom | None:
        return replace(room, approved_by="", approved_at=None) if room else None

    sessions = tuple(replace(session, room=unapproved(session.room)) for session in settings().call.sessions)
    world = World(tmp_path, sessions=sessions)
    invited(world, ANN)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    world.go_to(local(2022, 4, 3, 12))
    assert world.mails(ANN, "session_details") == []


def test_the_reminder_goes_on_the_morning_in_summer_time_and_thanks_the_day_after(world: World) -> None:
    invited(world, ANN)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    for moment in (local(2022, 4, 1, 11), local(2022, 4, 2, 11)):
        world.go_to(moment)
    world.go_to(local(2022, 4, 5, 7, 29))
    assert world.mails(ANN, "session_reminder") == []
    world.go_to(local(2022, 4, 5, 7, 30))
    assert len(world.mails(ANN, "session_reminder")) == 1
    world.go_to(local(2022, 4, 6, 7, 30))
    world.go_to(local(2022, 4, 7, 10))
    assert world.kinds(ANN)[-3:] == ["session_reminder", "session_reminder", "thanks"]


def test_an_unanswered_invitation_is_reminded_once(world: World) -> None:
    invited(world, ANN, BOB)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    world.go_to(local(2022, 3, 29, 10, 1))
    assert world.mails(ANN, "rsvp_reminder") == []
    assert len(world.mails(BOB, "rsvp_reminder")) == 1


def test_the_digest_covers_the_days_of_a_digest_that_lapsed(world: World) -> None:
    world.go_to(local(2022, 3, 2, 8, 1))
    world.apply(ANN)
    world.go_to(local(2022, 3, 5, 8, 1))
    organiser = world.call.organisers[0].email
    assert "A-001" in world.mails(organiser, "digest")[-1].text


def test_every_mail_has_one_recipient_and_says_it_is_automatic(world: World) -> None:
    invited(world, ANN)
    world.post(ANN, "yes to both", to=world.mails(ANN, "invitation")[0])
    world.go_to(local(2022, 4, 5, 8))
    for mail in world.all_sent():
        message = world.mails(mail.recipient)[0].message
        assert len(message.get_all("To") or []) == 1
        assert message["Cc"] is None
        assert message["Bcc"] is None
        assert message["Auto-Submitted"] in ("auto-replied", "auto-generated")


def test_a_regret_is_never_sent_to_who_withdrew_after_the_decision(world: World) -> None:
    world.apply(ANN)
    world.go_to(local(2022, 3, 17, 9))
    decide(world, Decision.DECLINE, 1)
    world.post(ANN, "withdraw", to=world.mails(ANN)[0])
    world.go_to(local(2022, 3, 25, 9))
    assert "regret" not in world.kinds(ANN)


def test_the_timeline_knows_when_it_wants_to_be_woken(world: World) -> None:
    world.go_to(local(2022, 3, 10, 8, 30))
    assert world.announcer.next_moment() == local(2022, 3, 10, 9)
    world.go_to(local(2022, 4, 30, 8, 30))
    assert world.announcer.next_moment() is None
    assert world.clock.moment - local(2022, 4, 30) < timedelta(days=1)
