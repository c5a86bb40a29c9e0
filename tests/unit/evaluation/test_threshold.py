"""Thresholds by location and day, and those made of quantiles of the observed flow."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.threshold import (
    Threshold,
    daily_quantile_threshold,
    days_of_leap_year,
    quantile_threshold,
)


def series(location: str, first: str, values) -> LocationSeries:
    times = np.datetime64(first, "s") + np.arange(len(values)) * np.timedelta64(86400, "s")
    return LocationSeries(location, times, np.asarray(values, dtype=float), 86400)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2001-01-01", 1),
        ("2001-02-28", 59),
        ("2004-02-29", 60),
        ("2001-03-01", 61),
        ("2004-03-01", 61),
        ("1969-12-31T23", 366),
    ],
)
def test_day_of_a_leap_year_does_not_depend_on_the_year(moment, day) -> None:
    assert days_of_leap_year(np.array([moment], dtype="datetime64[s]")).tolist() == [day]


def test_threshold_is_constant_daily_or_unknown_by_location() -> None:
    threshold = Threshold("flood", {"a": 3.0}, {"b": np.arange(366.0)})
    times = np.array(["2001-01-02", "2001-03-01"], dtype="datetime64[s]")
    assert threshold.locations == {"a", "b"}
    assert threshold.at("a", times).tolist() == [3.0, 3.0]
    assert threshold.at("b", times).tolist() == [1.0, 60.0]
    assert np.isnan(threshold.at("c", times)).all()


def test_quantile_threshold_is_that_of_each_location() -> None:
    observed = [
        series("a", "2001-01-01", [4.0, 1.0, np.nan, 8.0, 2.0]),
        series("b", "2001-01-01", [5.0]),
        series("c", "2001-01-01", [np.nan, np.nan]),
    ]
    threshold = quantile_threshold("high", 0.75, iter(observed), weight=2.0)
    assert threshold.constant == {"a": 6.0, "b": 5.0}
    assert (threshold.name, threshold.weight, dict(threshold.daily)) == ("high", 2.0, {})


def test_daily_quantile_threshold_takes_the_days_about_each_of_all_years() -> None:
    # the value is the number of the day: 2001 has no 29 February
    values = np.concatenate((np.arange(1.0, 60.0), np.arange(61.0, 367.0)))
    observed = [series("a", "2001-01-01", values), series("b", "2002-01-01", np.full(365, np.nan))]
    threshold = daily_quantile_threshold("usual", 0.5, observed, half_window=2)
    assert threshold.locations == {"a"}
    daily = threshold.daily["a"]
    assert daily[99] == 100.0
    # about 1 January: 365, 366, 1, 2, 3
    assert daily[0] == 3.0
    # about 29 February: 58, 59, 61, 62
    assert daily[59] == 60.0
    assert threshold.at("a", np.array(["2005-04-09"], dtype="datetime64[s]")).tolist() == [100.0]


def test_daily_quantile_threshold_of_a_day_without_a_value_is_nan() -> None:
    observed = [series("a", "2001-06-01", np.arange(10.0))]
    daily = daily_quantile_threshold("usual", 1.0, observed, half_window=0, weight=3.0).daily["a"]
    # 1 June is day 153 of a leap year
    assert daily[152:162].tolist() == list(range(10))
    assert np.isnan(np.delete(daily, range(152, 162))).all()


def test_daily_quantile_threshold_of_several_years_joins_them() -> None:
    observed = [series("a", "2001-01-01", np.concatenate((np.full(365, 1.0), np.full(365, 3.0))))]
    daily = daily_quantile_threshold("usual", 0.5, observed, half_window=0).daily["a"]
    assert daily[0] == daily[365] == 2.0
    assert np.isnan(daily[59])


@pytest.mark.parametrize("half_window", [-1, 183])
def test_window_beyond_the_year_is_refused(half_window) -> None:
    with pytest.raises(InputError, match="is not within a year"):
        daily_quantile_threshold("x", 0.5, [], half_window=half_window)


def test_probability_outside_of_its_range_is_refused() -> None:
    with pytest.raises(InputError, match=r"outside of \[0, 1\]"):
        quantile_threshold("x", 90.0, [series("a", "2001-01-01", [1.0])])
