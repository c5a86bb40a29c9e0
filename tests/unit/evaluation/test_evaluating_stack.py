"""Series on one clock: where intervals begin, what is complete, how much stands together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.stack import VALUES_AT_ONCE, Clock, Period, Stack, pair_up, stacks

HOUR, DAY = 3600, 86400
START = 17897 * DAY  # 2019-01-01


def series(seconds: Any, values: Any, location: str = "a") -> LocationSeries:
    return LocationSeries.of(location, np.asarray(seconds), np.asarray(values, dtype=np.float64))


def hours(count: int, first: int = 0, step: int = HOUR) -> np.ndarray[Any, np.dtype[np.int64]]:
    return START + HOUR * first + step * np.arange(count)


def together(
    observed: LocationSeries, simulated: LocationSeries, step: int | None = None, **period: int
) -> Stack:
    pairs = pair_up(observed, {"run": simulated}, step, Period(**period))
    assert pairs.reasons == {}
    (stack,) = stacks([pairs], Period(**period), ["run"])
    return stack


def test_a_gap_in_the_stamps_is_a_gap_in_the_row() -> None:
    stamps = hours(6)[[0, 1, 4, 5]]
    stack = together(series(stamps, [1, 2, 5, 6]), series(hours(6), np.arange(6)))
    assert stack.step == HOUR
    assert stack.observed[0] == pytest.approx([1, 2, np.nan, np.nan, 5, 6], nan_ok=True)


def test_only_the_common_stretch_is_laid_out() -> None:
    stack = together(series(hours(10, 5), np.arange(10)), series(hours(8), np.arange(8)))
    assert list(stack.start) == list(hours(3, 5))
    assert list(stack.observed[0]) == [0, 1, 2]
    assert list(stack.simulated["run"][0]) == [5, 6, 7]


def test_a_simulation_between_the_observations_stamps_is_averaged_onto_their_intervals() -> None:
    simulated = series(hours(5) + 1800, [0, 2, 4, 6, 8])
    pairs = pair_up(series(hours(5), np.arange(5)), {"run": simulated}, None, Period())
    assert pairs.clock == Clock(HOUR, 0)
    assert "simulated (run) values are averaged onto intervals that start at other times" in pairs.notes
    (stack,) = stacks([pairs], Period(), ["run"])
    assert stack.simulated["run"][0] == pytest.approx([1, 3, 5, 7])


def test_quarter_hours_make_an_hour_only_when_all_four_are_there() -> None:
    quarters = series(hours(12, step=900), [1, 2, 3, 4, np.nan, 6, 7, 8, 9, 10, 11, 12])
    stack = together(quarters, series(hours(3), [1, 2, 3]))
    assert stack.observed[0] == pytest.approx([2.5, np.nan, 10.5], nan_ok=True)


def test_days_that_are_stated_begin_at_midnight_and_an_unfinished_one_does_not_count() -> None:
    stack = together(series(hours(60, 6), np.ones(60)), series(hours(72), np.ones(72)), step=DAY)
    assert stack.start[0] % DAY == 0
    assert stack.observed[0] == pytest.approx([np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize(
    ("period", "count"),
    [
        ({"start": START + 2 * HOUR}, 8),
        ({"start": START + 2 * HOUR + 1}, 7),
        ({"end": START + 4 * HOUR}, 4),
        ({"end": START + 4 * HOUR - 1}, 3),
        ({"warm_up": 3 * HOUR}, 7),
        ({"start": START + HOUR, "end": START + 9 * HOUR, "warm_up": 2 * HOUR}, 7),
    ],
)
def test_whole_intervals_within_the_period_count(period: dict[str, int], count: int) -> None:
    stack = together(series(hours(10), np.arange(10)), series(hours(10), np.arange(10)), **period)
    assert stack.observed.shape == (1, count)


def test_each_run_warms_up_from_its_own_start() -> None:
    observed = series(hours(10), np.arange(10))
    runs = {"early": series(hours(10), np.arange(10)), "late": series(hours(6, 4), np.arange(6))}
    period = Period(warm_up=2 * HOUR)
    (stack,) = stacks([pair_up(observed, runs, None, period)], period, list(runs))
    known = {name: int(np.isfinite(values).sum()) for name, values in stack.simulated.items()}
    assert known == {"early": 8, "late": 4}


def test_locations_of_one_clock_stand_together_as_far_as_the_limit_goes() -> None:
    length = VALUES_AT_ONCE // 4
    whole = [series(hours(length), np.ones(length), f"g{i}") for i in range(10)]
    daily = series(hours(5, step=DAY), np.ones(5), "d")
    pairs = [pair_up(one, {"run": one}, None, Period()) for one in (*whole, daily)]
    found = list(stacks(pairs, Period(), ["run"]))
    assert [len(stack.rows) for stack in found] == [4, 4, 2, 1]
    assert [stack.step for stack in found] == [HOUR, HOUR, HOUR, DAY]
    assert max(stack.observed.size for stack in found) <= VALUES_AT_ONCE


def test_a_location_larger_than_the_limit_stands_alone() -> None:
    long = series(hours(VALUES_AT_ONCE + 5), np.ones(VALUES_AT_ONCE + 5))
    pairs = [pair_up(long, {"run": long}, None, Period())] * 2
    assert [len(stack.rows) for stack in stacks(pairs, Period(), ["run"])] == [1, 1]


def test_irregular_readings_after_the_last_whole_step_still_count() -> None:
    readings = series(START + np.array([60, 4000, 7300]), [1.0, 2.0, 3.0])
    stack = together(readings, series(hours(4), np.arange(4)))
    assert stack.observed[0] == pytest.approx([1, 2, 3], nan_ok=True)
