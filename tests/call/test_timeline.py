"""Milestones: from wall time and zone to UTC, each key once, due once, lapsed when it is too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranmailbot.call.timeline import Anchors, Milestone, NoSuchTime, Plan, due, milestones, next_moment, wall_to_utc

ANCHORS = Anchors(
    published=date(2022, 3, 1),
    deadline=date(2022, 3, 10),
    sessions=(("day-1", date(2022, 4, 5), "Europe/Brussels"), ("day-2", date(2022, 4, 6), "Europe/Brussels")),
    zone="Europe/Brussels",
)


def plan(anchor: str, days: int = 0, at: time = time(9), **more: object) -> Plan:
    return Plan("closing", anchor, days, at, timedelta(hours=6), **more)  # type: ignore[arg-type]


def test_times_are_right_on_both_sides_of_27_march() -> None:
    assert wall_to_utc(date(2022, 3, 10), time(9), "Europe/Brussels") == datetime(2022, 3, 10, 8, tzinfo=UTC)
    assert wall_to_utc(date(2022, 4, 5), time(9), "Europe/Brussels") == datetime(2022, 4, 5, 7, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(NoSuchTime, match="does not exist"):
        wall_to_utc(date(2022, 3, 27), time(2, 30), "Europe/Brussels")


def test_a_time_that_exists_twice_is_refused() -> None:
    with pytest.raises(NoSuchTime, match="exists twice"):
        wall_to_utc(date(2022, 10, 30), time(2, 30), "Europe/Brussels")


@pytest.mark.parametrize(
    ("line", "moments"),
    [
        (plan("published"), [datetime(2022, 3, 1, 8, tzinfo=UTC)]),
        (plan("deadline", -3), [datetime(2022, 3, 7, 8, tzinfo=UTC)]),
        (plan("each session", -1), [datetime(2022, 4, 4, 7, tzinfo=UTC), datetime(2022, 4, 5, 7, tzinfo=UTC)]),
        (plan("first session"), [datetime(2022, 4, 5, 7, tzinfo=UTC)]),
        (plan("last session", 1), [datetime(2022, 4, 7, 7, tzinfo=UTC)]),
        (plan("date", day=date(2022, 3, 18)), [datetime(2022, 3, 18, 8, tzinfo=UTC)]),
    ],
)
def test_plans_are_relative_to_deadline_sessions_or_a_date(line: Plan, moments: list[datetime]) -> None:
    assert [milestone.moment for milestone in milestones([line], ANCHORS)] == moments


def test_a_daily_plan_runs_from_the_day_after_publication_to_the_day_after_the_last_session() -> None:
    found = milestones([plan("daily")], ANCHORS)
    assert (found[0].key, found[-1].key) == ("closing:2022-03-02:1", "closing:2022-04-07:1")
    assert len(found) == 37


def test_an_edition_makes_a_new_key() -> None:
    keys = {m.key for edition in (1, 2) for m in milestones([plan("deadline", edition=edition)], ANCHORS)}
    assert keys == {"closing:call:1", "closing:call:2"}


MOMENT = datetime(2022, 3, 10, 8, tzinfo=UTC)
ONE = Milestone("one", "closing", MOMENT, MOMENT + timedelta(hours=6))


@given(st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=2)))
def test_a_milestone_is_ahead_or_due_or_lapsed_and_never_two_of_these(shift: timedelta) -> None:
    now = MOMENT + shift
    fire, lapsed = due([ONE], frozenset(), now)
    ahead = next_moment([ONE], frozenset(), now) is not None
    assert len(fire) + len(lapsed) + ahead == 1


def test_a_settled_milestone_is_never_due_again() -> None:
    assert due([ONE], {"one"}, MOMENT + timedelta(hours=1)) == ((), ())
    assert due([ONE], {"one"}, MOMENT + timedelta(days=9)) == ((), ())
