"""A short soak: what is open stays as it was, and a build that leaks is caught. The long one is `make soak`."""

from __future__ import annotations

import pytest

from tests.campaigns.soak import BOUNDS, KIB, Result, Sample, slope, soak

DAYS = 12
GENEROUS = 2_000 * KIB
"""A day: so short a soak still warms up. What is leaked for each mail is more."""


def test_days_of_losses_and_restarts_leave_nothing_open_and_no_letter_behind() -> None:
    result = soak(DAYS, 4, 1)
    assert result.lost == 0
    assert result.unavailable > DAYS  # connections were lost all the time
    assert not {"descriptors", "threads"} & set(result.steep)  # by the bounds of the long soak
    assert result.slopes["bot"] < GENEROUS
    assert result.slopes["children"] < GENEROUS


def test_a_build_that_keeps_a_descriptor_and_some_memory_for_each_mail_is_caught() -> None:
    result = soak(8, 4, 1, leaky=True)
    assert {"bot", "descriptors"} <= set(result.steep)
    assert "NOT FLAT" in result.line()


@pytest.mark.parametrize(
    ("values", "expected"), [([5, 5, 5, 900, 5, 5], 0), ([0, 10, 20, 30], 10), ([7], 0), ([9, 8, 7], -1)]
)
def test_the_slope_is_that_of_most_evenings(values: list[int], expected: float) -> None:
    assert slope(values) == expected


@pytest.mark.parametrize("name", BOUNDS)
def test_whatever_grows_beyond_its_bound_is_named(name: str) -> None:
    calm = Sample(10**8, 10**8, 30, 9, 10**6, 10**6)
    step = int(BOUNDS[name] + 1)
    grown = tuple(
        Sample(**{one: getattr(calm, one) + (n * step if one == name else 0) for one in Sample.__dataclass_fields__})
        for n in range(10)
    )
    assert Result((calm,) * 10, 1, 1, 0, 0).steep == []
    assert Result(grown, 1, 1, 0, 0).steep == [name]
