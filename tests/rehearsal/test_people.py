"""Sample people: made from the seed, for any call, reachable by nobody."""

from __future__ import annotations

from dataclasses import replace

from ranmailbot.call.call import Call, Question
from ranmailbot.rehearsal.people import Habit, Style, cast

RESERVED = (".example", ".test", ".example.org")


def test_the_same_seed_casts_the_same_people_and_another_seed_others(call: Call) -> None:
    assert cast(call, 40, 3) == cast(call, 40, 3)
    assert [one.name for one in cast(call, 40, 3)] != [one.name for one in cast(call, 40, 4)]


def test_forty_people_show_every_habit_and_nearly_every_style(call: Call) -> None:
    people = cast(call, 40, 1)
    assert {one.habit for one in people} == set(Habit)
    assert {one.style for one in people} >= set(Style) - {Style.NUMBERED_ALONE}


def test_every_address_lies_under_a_reserved_domain_and_belongs_to_one_person_but_for_the_shared_one(
    call: Call,
) -> None:
    people = cast(call, 400, 1)
    assert all(one.email.endswith(RESERVED) and one.email.isascii() for one in people)
    shared = [one for one in people if one.habit in (Habit.SHARED_FIRST, Habit.SHARED_SECOND)]
    assert len({one.key for one in people}) == len(people) - 1
    assert len({one.key for one in shared}) == 1
    assert len({one.name for one in shared}) == 2


def test_everybody_has_an_answer_to_every_question_of_any_call(call: Call) -> None:
    for count in (1, 2, 20):
        questions = tuple(
            Question(number, f"What would you say about matter {number}?") for number in range(1, count + 1)
        )
        for one in cast(replace(call, questions=questions), 60, 1):
            assert set(one.answers) == set(range(1, count + 1))
            assert all(text.strip() and "{" not in text for text in one.answers.values())


def test_a_larger_cast_begins_with_the_smaller_one(call: Call) -> None:
    assert cast(call, 60, 1)[:20] == cast(call, 20, 1)


def test_two_thousand_people_have_two_thousand_names(call: Call) -> None:
    assert len({one.name for one in cast(call, 2000, 1)}) == 2000
