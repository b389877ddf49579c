"""Silence is noticed: tries that fail, tries that are not made, lines that have ended; told by routes of their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ranmailbot import service
from ranmailbot.flows.alarm import Alarms
from ranmailbot.flows.brake import hold_by_command, pull
from ranmailbot.flows.pulse import FeltSubmission, Pulse
from ranmailbot.flows.silence import Watcher, remedy, stuck
from ranmailbot.flows.silence_mail import TRIAL_SECONDS, Vitals, vitals
from ranmailbot.mail.delivery import Deferred, Delivery, Refused, Sent, Unclear
from ranmailbot.ports import Unavailable
from ranmailbot.records import Hold, Level
from ranmailbot.watching import Kind, News, Now, Part, Tolerance
from tests.adapters.servers import outgoing
from tests.fakes.submission import FakeSubmission
from tests.world import OPENING, PlayedClock, World, settings

HOST = "imap.other.example"
LOGIN = f"mailbox {HOST}:993: login refused for anna.sample@ran.example"


@dataclass
class Remembering:
    """A route that remembers what it was told, and fails while `broken`."""

    broken: str = ""
    name: str = "a route"
    told: list[News] = field(default_factory=list)

    def tell(self, news: News) -> None:
        if self.broken:
            raise Unavailable(self.broken)
        self.told.append(news)

    def kinds(self) -> list[tuple[Kind, Now]]:
        return [(news.kind, news.now) for news in self.told]


class Scene:
    """A bot of which only the pulse is there, watched every twenty seconds."""

    def __init__(self, *, broken: str = "") -> None:
        self.clock = PlayedClock(OPENING)
        self.pulse = Pulse(self.clock)
        self.route = Remembering(broken)
        self.tolerance = Tolerance()
        self.watcher = Watcher(self.route, self.pulse, self.tolerance, "a-call")

    def pass_time(self, each: Callable[[], object] = lambda: None, *, seconds: int = 20, **by: float) -> None:
        """Time passes; `each` is what the lines do meanwhile."""
        until = self.clock.moment + timedelta(**by)
        while self.clock.moment < until:
            self.clock.moment += timedelta(seconds=seconds)
            each()
            self.watcher.look()

    def well(self, *parts: Part) -> None:
        for part in parts or tuple(Part):
            self.pulse.good(part)

    def fetch_fails(self) -> None:
        self.well(Part.SEND, Part.COMMIT)
        self.pulse.failed(Part.FETCH, LOGIN)


def test_a_mailbox_that_answers_and_holds_nothing_is_no_silence() -> None:
    scene = Scene()
    scene.pass_time(scene.well, days=3)
    assert scene.route.told == []


@pytest.mark.parametrize(
    ("part", "minutes"), [(Part.FETCH, 60), (Part.SEND, 120), (Part.COMMIT, 30)], ids=["fetch", "send", "commit"]
)
def test_tries_that_fail_for_the_configured_time_are_told_once_and_not_before(part: Part, minutes: int) -> None:
    scene = Scene()

    others = [one for one in Part if one is not part]

    def fails() -> None:
        scene.well(*others)
        scene.pulse.failed(part, "no answer in time")

    fails()
    scene.pass_time(fails, minutes=minutes - 1)
    assert scene.route.told == []
    scene.pass_time(fails, minutes=2)
    scene.pass_time(fails, hours=3)
    (news,) = scene.route.told
    assert (news.kind, news.now) == (Kind(part.value), Now.SILENT)
    assert "no answer in time" in news.text
    assert remedy(news.kind) in news.text


def test_one_success_in_between_begins_the_count_anew() -> None:
    scene = Scene()
    scene.pass_time(scene.fetch_fails, minutes=50)
    scene.pass_time(scene.well, minutes=1)
    scene.pass_time(scene.fetch_fails, minutes=50)
    assert scene.route.told == []


def test_a_line_that_hangs_is_a_silence_though_no_try_has_failed() -> None:
    scene = Scene()
    scene.pass_time(lambda: scene.well(Part.SEND, Part.COMMIT), minutes=61)
    (news,) = scene.route.told
    assert news.kind is Kind.FETCH
    assert "hangs" in news.text


def test_a_line_whose_thread_has_ended_is_told_at_once() -> None:
    scene = Scene()
    scene.pulse.ended(Part.SEND)
    scene.pass_time(lambda: scene.well(Part.FETCH, Part.COMMIT), seconds=20)
    scene.pass_time(lambda: scene.well(Part.FETCH, Part.COMMIT), minutes=1)
    assert scene.route.kinds() == [(Kind.SEND, Now.SILENT)]


def test_it_is_told_again_as_often_as_configured_and_not_each_minute() -> None:
    scene = Scene()
    scene.pass_time(scene.fetch_fails, hours=20)
    assert scene.route.kinds() == [(Kind.FETCH, Now.SILENT)] * 4  # after 1, 7, 13 and 19 hours
    gaps = [(b.at.wall - a.at.wall) for a, b in zip(scene.route.told, scene.route.told[1:], strict=False)]
    assert all(timedelta(hours=6) <= gap < timedelta(hours=6, minutes=1) for gap in gaps)


def test_when_it_works_again_the_same_route_says_so_once() -> None:
    scene = Scene()
    scene.pass_time(scene.fetch_fails, minutes=90)
    scene.pass_time(scene.well, hours=10)
    assert scene.route.kinds() == [(Kind.FETCH, Now.SILENT), (Kind.FETCH, Now.OVER)]
    assert "works again" in scene.route.told[-1].text


def test_a_route_that_fails_is_tried_again_soon_and_hinders_no_other(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(broken="no answer in time")
    other = Remembering()
    second = Watcher(other, scene.pulse, scene.tolerance, "a-call")

    def both() -> None:
        scene.fetch_fails()
        second.look()

    scene.pass_time(both, minutes=70)
    assert [news.kind for news in other.told] == [Kind.FETCH]
    assert 1 < caplog.text.count("not told: no answer in time") <= 3
    scene.route.broken = ""
    scene.pass_time(both, minutes=6)
    assert scene.route.kinds() == [(Kind.FETCH, Now.SILENT)]


def test_a_route_that_raises_anything_at_all_does_not_end_the_watch(caplog: pytest.LogCaptureFixture) -> None:
    class Mad(Remembering):
        def tell(self, news: News) -> None:
            raise ZeroDivisionError("a secret of the route")

    scene = Scene()
    scene.watcher = Watcher(Mad(), scene.pulse, scene.tolerance, "a-call")
    scene.pass_time(scene.fetch_fails, minutes=70)
    assert "ZeroDivisionError" in caplog.text
    assert "a secret of the route" not in caplog.text


def test_the_end_of_a_silence_that_no_route_could_tell_is_not_told_either() -> None:
    scene = Scene(broken="no answer in time")
    scene.pass_time(scene.fetch_fails, minutes=90)
    scene.route.broken = ""
    scene.pass_time(scene.well, hours=1)
    assert scene.route.told == []


def test_no_address_stands_in_what_is_told() -> None:
    scene = Scene()
    scene.pass_time(scene.fetch_fails, minutes=70)
    (news,) = scene.route.told
    assert "@" not in news.text
    assert HOST in news.text
    assert "login refused for the account" in news.text


def test_a_machine_that_slept_for_a_night_raises_no_alarm_when_it_wakes() -> None:
    scene = Scene()
    scene.pass_time(scene.well, minutes=5)
    scene.clock.moment += timedelta(hours=9)
    scene.watcher.look()
    scene.pass_time(scene.well, minutes=5)
    assert scene.route.told == []


def test_after_a_sleep_a_line_that_stays_away_is_still_noticed() -> None:
    scene = Scene()
    scene.clock.moment += timedelta(hours=9)
    scene.pass_time(lambda: scene.well(Part.SEND, Part.COMMIT), minutes=70)
    assert scene.route.kinds() == [(Kind.FETCH, Now.SILENT)]


def test_what_organisers_should_know_is_told_by_other_routes_while_the_submission_server_fails() -> None:
    scene = Scene()
    scene.pulse.stopped = "the bot has stopped what it sends"

    def fails() -> None:
        scene.well(Part.FETCH, Part.COMMIT)
        scene.pulse.failed(Part.SEND, "submission server smtp.other.example:465: no answer in time")

    scene.pass_time(fails, minutes=14)
    assert scene.route.told == []
    scene.pass_time(fails, minutes=2)
    (news,) = scene.route.told
    assert news.kind is Kind.UNTOLD
    assert "the bot has stopped what it sends" in news.text
    scene.pass_time(scene.well, minutes=2)
    assert scene.route.kinds()[-1] == (Kind.UNTOLD, Now.OVER)


@pytest.mark.parametrize(
    ("delivery", "works"),
    [
        (Sent(), True),
        (Refused("550 5.1.1 to RCPT", recipient=True), True),
        (Refused("550 5.7.1 to MAIL"), False),
        (Deferred("451 4.3.0 to MAIL"), False),
        (Unclear("no answer after DATA"), False),
    ],
)
def test_only_what_the_server_takes_or_refuses_for_its_address_counts_as_sending(
    delivery: Delivery, works: bool
) -> None:
    pulse, submission = Pulse(PlayedClock(OPENING)), FakeSubmission()
    mail = outgoing("anna@example.org")
    submission.outcomes[mail.message_id] = delivery
    pulse.failed(Part.SEND, "before")
    FeltSubmission(submission, pulse).send(mail, lambda _: True)
    assert (pulse.marks()[Part.SEND].failing is None) is works


def test_a_line_is_stuck_when_it_does_not_come_round_though_not_when_it_merely_fails() -> None:
    scene = Scene()
    scene.pass_time(scene.fetch_fails, hours=5)
    now = scene.pulse.now()
    assert stuck(scene.pulse.marks(), scene.tolerance, now, 0) == ()
    scene.clock.moment += timedelta(hours=1)
    assert set(stuck(scene.pulse.marks(), scene.tolerance, scene.pulse.now(), 0)) == {Part.FETCH, Part.COMMIT}


def test_a_recipient_whose_own_server_is_away_says_nothing_of_ours() -> None:
    pulse, submission = Pulse(PlayedClock(OPENING)), FakeSubmission()
    mail = outgoing("anna@example.org")
    submission.outcomes[mail.message_id] = Deferred("450 4.1.2 to RCPT")
    felt = FeltSubmission(submission, pulse)
    felt.send(mail, lambda _: True)
    assert pulse.marks()[Part.SEND].failing is None
    pulse.failed(Part.SEND, "before")
    felt.send(mail, lambda _: True)
    assert pulse.marks()[Part.SEND].failing is not None


def tended(world: World) -> tuple[Vitals, Pulse]:
    pulse = Pulse(world.clock)
    return vitals(world.store, Alarms(world.desk, world.call), pulse, Tolerance(), "a-call"), pulse


def test_organisers_are_told_by_mail_that_nothing_is_fetched_and_that_it_works_again(world: World) -> None:
    vital, pulse = tended(world)
    organisers = [person.email for person in world.call.organisers]
    for minute in range(0, 90, 2):
        pulse.failed(Part.FETCH, LOGIN)
        pulse.good(Part.SEND)
        world.clock.moment = OPENING + timedelta(minutes=minute)
        vital.run()
    for minute in range(90, 100, 2):
        pulse.good(Part.FETCH)
        world.clock.moment = OPENING + timedelta(minutes=minute)
        vital.run()
    world.submitter.run()
    for organiser in organisers:
        first, last = world.mails(organiser, "alarm")
        assert "no mail could be fetched" in " ".join(first.text.split())
        assert "It works again" in " ".join(last.text.split())


def test_a_failure_of_the_mail_itself_is_told_to_organisers_by_mail_only_when_it_is_over(world: World) -> None:
    vital, pulse = tended(world)
    for minute in range(0, 180, 2):
        pulse.failed(Part.SEND, "no answer in time")
        pulse.good(Part.FETCH)
        world.clock.moment = OPENING + timedelta(minutes=minute)
        vital.run()
    assert [mail.kind for mail in world.outbox()] == []
    pulse.good(Part.SEND)
    vital.run()
    assert {mail.kind for mail in world.outbox()} == {"alarm"}
    assert len(world.outbox()) == len(world.call.organisers)


def test_that_the_database_takes_a_commit_is_tried_also_when_nothing_happens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    vital, pulse = tended(world)
    vital.run()

    def locked() -> object:
        raise Unavailable("the database cannot be used just now")

    monkeypatch.setattr(type(world.store), "begin", lambda _: locked())
    vital.run()
    assert pulse.marks()[Part.COMMIT].failing is None
    world.clock.moment += timedelta(seconds=TRIAL_SECONDS)
    with pytest.raises(Unavailable):
        vital.run()
    assert pulse.marks()[Part.COMMIT].failing is not None


def test_a_stop_by_the_bot_waits_for_people_and_one_by_a_person_is_a_pause(world: World) -> None:
    vital, pulse = tended(world)
    alarms = Alarms(world.desk, world.call)
    hold_by_command(world.store, alarms, world.tokens, Hold(Level.ALL, "by command", OPENING, by_bot=False))
    vital.run()
    assert (pulse.stopped, pulse.paused) == ("", True)
    with world.store.begin() as books:
        books.forget_fact("hold:all")
        pull(books, alarms, Hold(Level.ALL, "too many replies", OPENING, by_bot=True), "hold/all/1")
    vital.run()
    assert pulse.stopped
    assert not pulse.paused


def test_the_shipped_configuration_has_no_route_and_the_documented_patience() -> None:
    assert settings().alarm.routes == 0
    assert settings().alarm.tolerance == Tolerance()
    assert service.configured_server(settings()) is None


def test_a_database_that_is_locked_is_told_within_the_configured_time_however_short(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse, route = Pulse(world.clock), Remembering()
    tolerance = Tolerance(commit=timedelta(minutes=2))
    vital = vitals(world.store, Alarms(world.desk, world.call), pulse, tolerance, "a-call")
    watcher = Watcher(route, pulse, tolerance, "a-call")
    vital.run()

    def locked() -> object:
        raise Unavailable("the database cannot be used just now")

    monkeypatch.setattr(type(world.store), "begin", lambda _: locked())
    for _ in range(9):  # three minutes
        world.clock.moment += timedelta(seconds=20)
        pulse.good(Part.FETCH)
        pulse.good(Part.SEND)
        with suppress(Unavailable):
            vital.run()
        watcher.look()
    assert route.kinds() == [(Kind.COMMIT, Now.SILENT)]
