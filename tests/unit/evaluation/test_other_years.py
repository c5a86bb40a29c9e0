"""The other years as members: the same scores as of all of them at once, in less room."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from dmod.evaluation import other_years
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.ensemble_rank import ranks_of
from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.other_years import OtherYears, OtherYearsEnsemble
from dmod.evaluation.side import Side, is_of_ensembles
from dmod.evaluation.skill import climatology_members

OF_ENSEMBLES = [metric for metric in METRICS.values() if is_of_ensembles(metric)]
DAYS = np.arange("1999-11-20", "2006-02-10", dtype="datetime64[D]").astype("datetime64[s]")


def observations(places: int, times: np.ndarray, *, gaps: bool = True) -> np.ndarray:
    """Return flow at some places; rounded, so that years are equal at some times."""
    random = np.random.default_rng(4)
    observed = random.gamma(2.0, 3.0, (places, len(times))).round(1)
    if gaps:
        observed[random.random(observed.shape) < 0.2] = np.nan
    return observed


def test_members_are_the_observations_at_the_same_time_of_the_year_in_each_other_year() -> None:
    observed = observations(2, DAYS)
    members = OtherYears.of(observed, DAYS)
    years = DAYS.astype("datetime64[Y]")
    for t in (0, 41, 102, 500, 1000, len(DAYS) - 1):
        same = np.array([str(day)[4:] == str(DAYS[t])[4:] for day in DAYS]) & (years != years[t])
        expected = np.full((2, len(np.unique(years)) - 1), np.nan)
        expected[:, : same.sum()] = observed[:, same]
        np.testing.assert_array_equal(members.at(slice(t, t + 1))[..., 0], np.sort(expected, axis=-1))
    whole = members.at(slice(None))
    assert whole.shape == (2, members.number, len(DAYS))
    np.testing.assert_array_equal(members.size, np.isfinite(whole).sum(axis=1))


@pytest.mark.parametrize("metric", OF_ENSEMBLES, ids=lambda metric: metric.name)
@pytest.mark.parametrize("gaps", [True, False])
def test_scores_are_those_of_all_members_at_once(
    metric: object, gaps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = DAYS if gaps else DAYS[42 : 42 + 3 * 365]  # three years without a leap day among them
    observed = observations(2, times, gaps=gaps)
    needs = {"threshold": np.full(observed.shape, 6.0)} if metric.needs else {}
    monkeypatch.setattr(other_years, "VALUES_AT_ONCE", 100)
    side = Side(None, OtherYears.of(observed, times), observed)
    assert isinstance(side.ensemble, OtherYearsEnsemble)
    held = Ensemble.of(climatology_members(observed, times), observed)
    np.testing.assert_allclose(side.score(metric, needs), metric.function.of(held, **needs), rtol=1e-12)
    assert side.number.tolist() == held.counts.sum(axis=-1).tolist()
    assert side.ensemble.is_complete == held.is_complete
    part = np.arange(len(times)) % 7 > 2
    np.testing.assert_allclose(
        side.over(part).score(metric, needs), metric.function.of(held.weighted(part), **needs), rtol=1e-12
    )


def test_one_year_has_one_member_that_is_missing() -> None:
    times = DAYS[42:60]
    years = OtherYears.of(np.ones((3, 18)), times)
    assert years.number == 1
    assert not years.size.any()
    assert np.isnan(years.at(slice(None))).all()


def test_scoring_takes_no_room_for_all_years_at_all_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 years of days: all members at once are sixty times as many values as the observations."""
    times = np.arange("1960-01-01", "2020-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    observed = observations(2, times, gaps=False)
    threshold = np.full(observed.shape, 6.0)
    monkeypatch.setattr(other_years, "VALUES_AT_ONCE", 1 << 13)
    asked = [METRICS[name] for name in ("crps", "coverage_90", "brier_score", "reliability_index")]

    def score() -> None:
        side = Side(None, OtherYears.of(observed, times), observed)
        for metric in asked:
            side.score(metric, {"threshold": threshold} if metric.needs else {})
        assert np.isfinite(ranks_of(side.ensemble)).all()

    tracemalloc.start()
    try:
        score()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * observed.nbytes
