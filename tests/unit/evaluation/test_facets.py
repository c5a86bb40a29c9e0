"""Divisions of pairs into parts, and metrics of a part."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation import metrics
from dmod.evaluation.facets import FACETS, facets
from dmod.evaluation.water_year import first_moment, water_years

TIMES = np.datetime64("2003-11-30T00", "s") + np.arange(0, 400) * np.timedelta64(86400, "s")
OBSERVED = np.random.default_rng(1).gamma(0.5, 3.0, size=(3, 400))
OBSERVED[1, 50:60] = np.nan


def first_and_last(mask: np.ndarray) -> tuple[str, str]:
    days = TIMES[mask[0]].astype("datetime64[D]")
    return str(days[0]), str(days[-1])


def test_seasons_begin_in_december_march_june_and_september() -> None:
    parts = facets("season", TIMES, OBSERVED)
    assert list(parts) == ["DJF", "MAM", "JJA", "SON"]
    assert first_and_last(parts["MAM"]) == ("2004-03-01", "2004-05-31")
    assert first_and_last(parts["JJA"]) == ("2004-06-01", "2004-08-31")
    assert first_and_last(parts["DJF"]) == ("2003-12-01", "2005-01-02")
    assert first_and_last(parts["SON"]) == ("2003-11-30", "2004-11-30")


def test_months_are_named_by_number_and_those_that_do_not_occur_left_out() -> None:
    parts = facets("month", TIMES[:40], OBSERVED[:, :40])
    assert list(parts) == ["01", "11", "12"]
    assert parts["11"].sum() == 3
    assert parts["12"][0].sum() == 31


def test_water_years_begin_in_october_and_are_named_after_the_year_they_end_in() -> None:
    parts = facets("water_year", TIMES, OBSERVED)
    assert list(parts) == ["2004", "2005"]
    assert first_and_last(parts["2004"]) == ("2003-11-30", "2004-09-30")
    moments = np.array(["1969-09-30T23", "1969-10-01", "1970-12-31", "2000-01-01"], dtype="datetime64[s]")
    assert water_years(moments).tolist() == [1969, 1970, 1971, 2000]
    assert first_moment(1970) == np.datetime64("1969-10-01")


def test_regimes_are_parted_by_quantiles_of_the_flow_at_each_location() -> None:
    observed = np.vstack((np.arange(10.0), 100.0 * np.arange(10.0)[::-1]))
    observed[1, 0] = np.nan
    parts = facets("regime", TIMES[:10], observed)
    assert list(parts) == ["low", "mid", "high"]
    # of 0 to 9: 2.5 at 0.3 and 7.5 at 0.8
    assert observed[0, parts["low"][0]].tolist() == [0.0, 1.0, 2.0]
    assert observed[0, parts["high"][0]].tolist() == [8.0, 9.0]
    # of 0 to 800: 220 at 0.3 and 670 at 0.8; what is missing is of no regime
    assert observed[1, parts["low"][1]].tolist() == [200.0, 100.0, 0.0]
    assert observed[1, parts["high"][1]].tolist() == [800.0, 700.0]
    assert not any(mask[1, 0] for mask in parts.values())


def test_flow_at_the_limit_of_high_is_not_yet_high() -> None:
    observed = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 7.0, 9.0]])
    # 7 at 0.8, between the 8th and the 9th
    assert facets("regime", TIMES[:10], observed)["high"].sum() == 1


def test_constant_flow_is_low_and_nothing_else() -> None:
    parts = facets("regime", TIMES[:5], np.ones((1, 5)))
    assert [int(mask.sum()) for mask in parts.values()] == [5, 0, 0]


def test_floods_are_inside_from_start_to_end() -> None:
    observed = np.ones((1, 100))
    observed[0, 40:43] = 5.0, 9.0, 4.0
    observed[0, 60:68] = 2.0
    observed[0, 63] = np.nan
    parts = facets("event", TIMES[:100], observed)
    # ten of ninety-nine are above 1: the 90th percentile is between 1 and 2
    assert np.flatnonzero(parts["inside"][0]).tolist() == [40, 41, 42, *range(60, 68)]


@pytest.mark.parametrize("name", FACETS)
def test_parts_do_not_overlap_and_hold_every_observation(name) -> None:
    parts = facets(name, TIMES, OBSERVED)
    total = np.sum(list(parts.values()), axis=0)
    assert total.shape == OBSERVED.shape
    assert np.all(total[np.isfinite(OBSERVED)] == 1)
    assert total.max() == 1
    assert all(mask.dtype == np.bool_ for mask in parts.values())


@pytest.mark.parametrize("name", FACETS)
def test_metric_with_a_part_as_weights_equals_metric_of_that_part(name) -> None:
    simulated = OBSERVED + np.random.default_rng(2).normal(size=OBSERVED.shape)
    for mask in facets(name, TIMES, OBSERVED).values():
        scores = metrics.rmse(simulated, OBSERVED, weights=mask)
        for k in range(3):
            assert scores[k] == pytest.approx(metrics.rmse(simulated[k, mask[k]], OBSERVED[k, mask[k]]))


def test_unknown_division_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match="cannot be divided by 'decade'") as raised:
        facets("decade", TIMES, OBSERVED)
    assert "water_year" in str(raised.value.hint)


def test_times_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="do not belong to observations"):
        facets("season", TIMES[:5], OBSERVED)
