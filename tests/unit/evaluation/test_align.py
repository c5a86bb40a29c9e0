"""Alignment: intervals, averages over complete ones, irregular observations, periods that do not meet."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import CoverageError, InputError
from dmod.evaluation import ObservedSeries, align
from dmod.evaluation.align import interval_means, observed_means, span

START = np.datetime64("2015-12-01T00:00:00")


def stamps(count: int, step: int, offset: int = 0) -> np.ndarray:
    return START + (offset + step * np.arange(count)).astype("timedelta64[s]")


def observed(values: list[float], step: int, offset: int = 0) -> ObservedSeries:
    return ObservedSeries(stamps(len(values), step, offset), np.array(values), source="gauge.csv")


def test_equal_steps_pair_the_values_unchanged() -> None:
    simulated = np.array([0.1, 0.7, 1.3])
    pairs = align(stamps(3, 3600), simulated, 3600, observed([1 / 3, 0.0, 7.7], 3600))
    assert pairs.simulated.tolist() == simulated.tolist()
    assert pairs.observed.tolist() == [1 / 3, 0.0, 7.7]
    assert pairs.step == 3600
    assert pairs.notes == ()


def test_daily_observation_gets_the_simulation_averaged_over_its_day() -> None:
    simulated = np.arange(60.0)  # two days and a half
    pairs = align(stamps(60, 3600), simulated, 3600, observed([5.0, 6.0, 7.0], 86400))
    assert pairs.simulated.tolist() == pytest.approx([11.5, 35.5])
    assert pairs.observed.tolist() == [5.0, 6.0]
    assert pairs.step == 86400
    assert "averaged from 1 h to the observation's 1 d" in pairs.notes[0]


def test_daily_observation_of_a_local_day_is_averaged_from_its_own_start() -> None:
    pairs = align(stamps(48, 3600), np.arange(48.0), 3600, observed([1.0, 2.0], 86400, offset=7 * 3600))
    assert pairs.simulated.tolist() == pytest.approx([18.5])
    assert pairs.times[0] == START + np.timedelta64(7, "h")


def test_quarter_hours_are_averaged_to_the_simulation_and_incomplete_hours_left_out() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 1.0, np.nan, 1.0, 1.0, 8.0, 8.0, 8.0, 8.0]
    pairs = align(stamps(3, 3600), np.array([9.0, 9.5, 10.0]), 3600, observed(values, 900))
    assert pairs.observed.tolist() == [2.5, 8.0]
    assert pairs.simulated.tolist() == [9.0, 10.0]
    assert "1 of 3 intervals have no complete observation" in pairs.notes[-1]


def test_hours_that_start_at_half_past_get_the_simulation_over_their_own_interval() -> None:
    pairs = align(stamps(3, 3600), np.array([1.0, 3.0, 5.0]), 3600, observed([1.0, 2.0], 3600, offset=1800))
    assert pairs.simulated.tolist() == [2.0, 4.0]
    assert "start at other times" in pairs.notes[0]


def test_irregular_readings_are_averaged_within_their_step() -> None:
    times = START + np.array([-60, 60, 1000, 8000, 99999]).astype("timedelta64[s]")
    series = ObservedSeries(times, np.array([100.0, 1.0, 3.0, 5.0, 100.0]))
    assert series.step is None
    pairs = align(stamps(3, 3600), np.array([7.0, 8.0, 9.0]), 3600, series)
    assert pairs.observed.tolist() == [2.0, 5.0]
    assert pairs.simulated.tolist() == [7.0, 9.0]
    assert "irregular" in pairs.notes[0]


def test_gap_in_the_stamps_leaves_its_intervals_out() -> None:
    series = ObservedSeries(stamps(4, 3600)[[0, 1, 3]], np.array([1.0, 2.0, 4.0]))
    pairs = align(stamps(4, 3600), np.arange(4.0), 3600, series)
    assert pairs.simulated.tolist() == [0.0, 1.0, 3.0]


def test_single_observation_is_paired() -> None:
    assert len(align(stamps(4, 3600), np.arange(4.0), 3600, observed([2.0], 3600))) == 1


def test_periods_that_do_not_meet_raise_with_both() -> None:
    with pytest.raises(CoverageError) as caught:
        align(stamps(24, 3600), np.ones(24), 3600, observed([1.0, 2.0], 3600, offset=-86400 * 30))
    assert "2015-12-01 00:00:00 to 2015-12-02 00:00:00" in caught.value.message
    assert "2015-11-01 00:00:00 to 2015-11-01 02:00:00" in caught.value.message
    assert "gauge.csv" in caught.value.message


def test_warm_up_leaves_its_intervals_out() -> None:
    pairs = align(
        stamps(5, 3600), np.arange(5.0), 3600, observed([1.0] * 5, 3600), warm_up=timedelta(hours=2)
    )
    assert pairs.simulated.tolist() == [2.0, 3.0, 4.0]
    assert "2 intervals within the warm-up of 2 h" in pairs.notes[-1]


def test_warm_up_longer_than_the_period_raises() -> None:
    with pytest.raises(CoverageError, match="warm-up of 1 d leaves none of 5 pairs"):
        align(stamps(5, 3600), np.arange(5.0), 3600, observed([1.0] * 5, 3600), warm_up=timedelta(days=1))


def test_simulation_of_another_length_than_its_times_raises() -> None:
    with pytest.raises(InputError, match="values for"):
        align(stamps(5, 3600), np.arange(4.0), 3600, observed([1.0], 3600))


@given(st.integers(1, 7), st.integers(1, 20), st.integers(-30, 30), st.lists(st.floats(0, 100), min_size=1))
def test_interval_means_equal_the_mean_over_single_seconds(step, length, offset, values) -> None:
    series = np.repeat(values, step)
    starts = offset + length * np.arange(6)
    means, complete = interval_means(step * np.arange(len(values)), np.array(values), step, starts, length)
    for start, mean, whole in zip(starts, means, complete, strict=True):
        inside = start >= 0 and start + length <= len(series)
        assert whole == inside
        if inside:
            assert mean == pytest.approx(series[start : start + length].mean(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("seconds", "text"), [(86400, "1 d"), (7200, "2 h"), (900, "15 min"), (5, "5 s")])
def test_span_is_written_in_the_largest_whole_unit(seconds, text) -> None:
    assert span(seconds) == text


def test_means_over_steps_hold_a_daily_value_for_its_day_and_nothing_where_steps_are_not_covered() -> None:
    daily = observed_means(stamps(30, 3600), 3600, observed([5.0, 6.0], 86400, offset=6 * 3600))
    assert np.isnan(daily[:6]).all()
    assert daily[6:].tolist() == [5.0] * 24
    quarters = observed([1.0, 2.0, 3.0, 4.0, 1.0, np.nan, 1.0, 1.0], 900)
    np.testing.assert_array_equal(observed_means(stamps(3, 3600), 3600, quarters), [2.5, np.nan, np.nan])
    irregular = ObservedSeries(stamps(3, 3600, 60)[[0, 2]], np.array([1.5, 2.5]), source="gauge.csv")
    odd = ObservedSeries(
        np.append(irregular.times, START + np.timedelta64(7777, "s")),
        np.array([1.5, 2.5, 3.5]),
        source="gauge.csv",
    )
    np.testing.assert_array_equal(observed_means(stamps(4, 3600), 3600, odd), [1.5, np.nan, 3.0, np.nan])
