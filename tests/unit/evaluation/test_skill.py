"""Skill against benchmarks, and benchmarks made of the observations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import InputError
from dmod.evaluation import metrics
from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.skill import climatology, persistence, skill, skill_score


@pytest.mark.parametrize(
    ("score", "benchmark", "ideal", "expected"),
    [
        # half of the way from 0.6 to 1
        (0.8, 0.6, 1.0, 0.5),
        (1.0, 0.2, 1.0, 1.0),
        (0.2, 0.6, 1.0, -1.0),
        (2.0, 8.0, 0.0, 0.75),
        # as far off on the other side
        (-5.0, 5.0, 0.0, 0.0),
        (1.2, 0.4, 1.0, 2.0 / 3.0),
    ],
)
def test_skill_score_is_the_share_of_the_way_to_the_ideal(score, benchmark, ideal, expected) -> None:
    assert skill_score(score, benchmark, ideal) == pytest.approx(expected)


def test_skill_against_an_ideal_benchmark_is_not_defined() -> None:
    assert math.isnan(skill_score(0.3, 1.0, 1.0))
    assert math.isnan(skill_score(math.nan, 0.5, 1.0))


def test_skill_of_a_metric_without_an_ideal_raises() -> None:
    with pytest.raises(InputError, match="no skill"):
        skill_score(1.0, 2.0, math.nan)


def test_skill_counts_only_times_that_all_three_have() -> None:
    simulated, benchmark = [1.0, 2.0, 9.0, 5.0], [2.0, 2.0, 2.0, np.nan]
    observed = [1.0, 2.0, 4.0, 77.0]
    expected = 1.0 - metrics.mae(simulated[:3], observed[:3]) / metrics.mae(benchmark[:3], observed[:3])
    assert skill("mae", simulated, observed, benchmark) == pytest.approx(expected)


def test_skill_of_many_places_and_weights_equals_that_of_each() -> None:
    random = np.random.default_rng(2)
    simulated, observed, benchmark = random.random((3, 4, 30))
    weights = random.random(30)
    together = skill("nse", simulated, observed, benchmark, weights=weights)
    for place in range(4):
        alone = skill("nse", simulated[place], observed[place], benchmark[place], weights=weights)
        assert together[place] == pytest.approx(alone)


def test_skill_with_the_observed_mean_as_benchmark_is_the_efficiency() -> None:
    simulated, observed = [2.0, 1.0, 3.0, 5.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]
    assert skill("Nash-Sutcliffe Efficiency", simulated, observed, 3.0 * np.ones(5)) == pytest.approx(0.3)


def test_skill_of_shapes_that_do_not_fit_raises() -> None:
    with pytest.raises(InputError, match="benchmark"):
        skill("nse", [1.0, 2.0], [1.0, 2.0], [1.0, 2.0, 3.0])


def test_skill_takes_what_a_metric_needs() -> None:
    value = Metric(
        "off", "Off", "m³", -math.inf, math.inf, 0.0, "x", "X.", "-", metrics.volume_error, Group.VOLUME,
        needs=("dt",),
    )  # fmt: skip
    assert skill(value, [2.0], [1.0], [5.0], dt=10.0) == pytest.approx(0.75)


DAYS = np.arange("2001-01-01", "2005-01-01", dtype="datetime64[D]")


def test_climatology_is_the_mean_of_that_day_in_the_other_years() -> None:
    # the year's number, and in 2004, which has 366 days, ten times as much
    years = DAYS.astype("datetime64[Y]").astype(int) - 30
    observed = np.where(years == 4, 40.0, years.astype(float))
    expected = climatology(observed, DAYS)
    assert expected[0] == pytest.approx((2.0 + 3.0 + 40.0) / 3.0)
    assert expected[-1] == pytest.approx((1.0 + 2.0 + 3.0) / 3.0)
    # 29 February is in no other year
    assert np.flatnonzero(np.isnan(expected)).tolist() == [365 * 3 + 31 + 28]
    with_own = climatology(observed, DAYS, with_own_year=True)
    assert with_own[0] == pytest.approx(46.0 / 4.0)
    assert with_own[365 * 3 + 31 + 28] == 40.0


def test_climatology_of_hours_is_the_mean_of_the_day() -> None:
    hours = np.array(["2001-03-01T00", "2001-03-01T12", "2002-03-01T06", "2003-03-02T06"], "datetime64[s]")
    found = climatology([[1.0, 3.0, 10.0, 7.0], [1.0, np.nan, np.nan, 7.0]], hours)
    np.testing.assert_array_equal(found, [[10.0, 10.0, 2.0, np.nan], [np.nan, np.nan, 1.0, np.nan]])


def test_climatology_of_nothing_is_nothing() -> None:
    assert climatology(np.zeros((2, 0)), np.zeros(0, "datetime64[s]")).shape == (2, 0)


def test_climatology_of_times_that_do_not_fit_raises() -> None:
    with pytest.raises(InputError, match="last axis"):
        climatology([1.0, 2.0], DAYS)


def test_persistence_is_the_last_value_that_was_known() -> None:
    observed = [[1.0, np.nan, 3.0, 4.0], [np.nan, 2.0, np.nan, np.nan]]
    nan = np.nan
    np.testing.assert_array_equal(persistence(observed), [[nan, 1.0, 1.0, 3.0], [nan, nan, 2.0, 2.0]])
    np.testing.assert_array_equal(persistence(observed, lag=3), [[nan, nan, nan, 1.0], [nan] * 4])
    assert np.isnan(persistence([1.0, 2.0], lag=5)).all()


def test_persistence_of_the_same_time_raises() -> None:
    with pytest.raises(InputError, match="lag 0"):
        persistence([1.0], lag=0)


@settings(max_examples=25)
@given(st.integers(1, 5), st.lists(st.floats(0.0, 100.0), min_size=6, max_size=20))
def test_persistence_without_gaps_is_the_series_shifted(lag, flow) -> None:
    assert persistence(flow, lag=lag)[lag:].tolist() == flow[:-lag]
