"""Ensembles in an evaluation: scored as the metrics alone do, beside runs, whole or with what they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation import metrics as m
from dmod.evaluation import other_years
from dmod.evaluation.draws import Draws
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.ensemble_rank import rank_histogram
from dmod.evaluation.evaluating import evaluate
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.exceedance import reliability_table
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.other_years import OtherYears
from dmod.evaluation.plan import Configuration, EvaluationPlan, Member, Resampling, Statistic, Weighing
from dmod.evaluation.side import Side
from dmod.evaluation.skill import climatology_members, skill_score
from dmod.evaluation.threshold import Threshold
from dmod.evaluation.uncertainty import ensemble_intervals

Floats = np.ndarray[Any, np.dtype[np.float64]]
HOUR, DAY = 3600, 86400
START = int(np.datetime64("2019-01-01", "s").astype(np.int64))


@dataclass
class Held:
    name: str
    series: Mapping[str, LocationSeries]
    asked: list[int] = field(default_factory=list)

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(self.series)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        self.asked.append(len(locations))
        yield from (self.series[location] for location in locations)

    def provenance(self) -> Mapping[str, str]:
        return {f"/{self.name}": "0" * 64}


def series(location: str, values: Floats, *, step: int = HOUR, start: int = START) -> LocationSeries:
    return LocationSeries.of(location, start + step * np.arange(len(values)), values)


def flow(seed: int, hours: int = 240) -> Floats:
    return np.random.default_rng(seed).gamma(2.0, 3.0, hours)


def rows_of(found: Evaluation, location: str, configuration: str, **more: str) -> Any:
    rows = found.scores
    for column, wanted in {"location": location, "configuration": configuration, **more}.items():
        rows = rows[rows[column] == wanted]
    return rows


def value(found: Evaluation, location: str, metric: str, configuration: str, threshold: str = "") -> float:
    rows = rows_of(found, location, configuration, metric=metric, facet="", threshold=threshold)
    (only,) = rows["value"]
    return float(only)


def reason(found: Evaluation, location: str, configuration: str) -> str:
    rows = rows_of(found, location, configuration)
    assert rows["value"].isna().all()
    (text,) = set(rows["reason"])
    return str(text)


PLACES = ("a", "b", "c")
OBSERVED = {name: flow(seed) for seed, name in enumerate(PLACES)}
MEMBERS = [
    {name: values * (0.8 + 0.1 * k) + flow(10 + k) * 0.3 for name, values in OBSERVED.items()}
    for k in range(5)
]


def stacked(location: str, members: list[dict[str, Floats]] = MEMBERS) -> Floats:
    return np.stack([member[location] for member in members])


def ensemble(
    members: list[dict[str, Any]] = MEMBERS, statistic: Statistic | None = None, name: str = "forecast"
) -> Configuration:
    sources = [
        Held(f"m{k}", {p: v if isinstance(v, LocationSeries) else series(p, v) for p, v in one.items()})
        for k, one in enumerate(members)
    ]
    return Configuration.of_members(
        name, [Member(one.name, one, {place: place for place in one.series}) for one in sources], statistic
    )


def run(values: dict[str, Floats], name: str = "run") -> Configuration:
    held = {place: series(place, one) for place, one in values.items()}
    return Configuration(name, Held(name, held), {place: place for place in held})


def plan_of(
    *configurations: Configuration, metrics: tuple[str, ...] = ("crps",), **more: Any
) -> EvaluationPlan:
    observed = more.pop("observed", OBSERVED)
    held = {name: series(name, values) for name, values in observed.items()}
    return EvaluationPlan("Test", Held("observed", held), configurations, metrics, **more)


def test_scores_are_those_of_the_metrics_called_alone() -> None:
    limit = Threshold("high", dict.fromkeys(PLACES, 8.0), {}, 1.0)
    names = ("crps", "crps_fair", "crpss", "brier_score", "roc_area", "coverage_90", "reliability_index")
    found = evaluate(plan_of(ensemble(), metrics=names, thresholds=(limit,)))
    for place in PLACES:
        own = stacked(place), OBSERVED[place]
        for name in ("crps", "crps_fair", "crps_skill", "coverage_90", "reliability_index"):
            expected = getattr(m, name)(*own)
            assert value(found, place, name, "forecast") == pytest.approx(expected, rel=1e-12)
        for name in ("brier_score", "roc_area"):
            expected = getattr(m, name)(*own, threshold=8.0)
            assert value(found, place, name, "forecast", threshold="high") == pytest.approx(expected)
    assert set(found.scores["pairs"]) == {240}
    assert found.configurations == ("forecast",)
    assert list(found.sources) == ["/observed", *(f"/m{k}" for k in range(5))]


@pytest.mark.parametrize("statistic", list(Statistic))
def test_metrics_of_one_series_are_of_the_statistic_that_is_stated(statistic: Statistic) -> None:
    found = evaluate(plan_of(ensemble(statistic=statistic), metrics=("kge", "crps")))
    for place in PLACES:
        central = getattr(np, str(statistic))(stacked(place), axis=0)
        assert value(found, place, "kge", "forecast") == pytest.approx(m.kge(central, OBSERVED[place]))
        np.testing.assert_allclose(found.series[place].simulated["forecast"], central)
    said = f"forecast is an ensemble of 5 members; metrics of one series are of their {statistic}"
    assert found.notes == (said,)


def test_metric_of_one_series_is_refused_where_no_statistic_is_stated() -> None:
    with pytest.raises(
        InputError, match="metric kge is of one series, and forecast is an ensemble of 5"
    ) as e:
        evaluate(plan_of(ensemble(), metrics=("crps", "kge")))
    assert "statistic: mean" in str(e.value.hint)


def test_run_is_an_ensemble_of_one_member_whose_crps_is_its_absolute_error() -> None:
    found = evaluate(plan_of(ensemble(statistic=Statistic.MEAN), run(MEMBERS[2]), metrics=("crps", "mae")))
    for place in PLACES:
        expected = m.mae(MEMBERS[2][place], OBSERVED[place])
        assert value(found, place, "crps", "run") == pytest.approx(expected, rel=1e-12)
        assert value(found, place, "mae", "run") == pytest.approx(expected, rel=1e-12)
        assert value(found, place, "crps", "forecast") < expected


def test_score_that_needs_several_members_says_so_of_a_run() -> None:
    found = evaluate(plan_of(run(MEMBERS[0]), metrics=("crps_fair",)))
    assert reason(found, "a", "run") == "there is only one member"


def test_time_counts_where_all_members_and_the_observation_have_a_value() -> None:
    members = [dict(one) for one in MEMBERS]
    members[1] = {**members[1], "a": members[1]["a"].copy()}
    members[1]["a"][10:30] = np.nan
    observed = {**OBSERVED, "a": OBSERVED["a"].copy()}
    observed["a"][25:40] = np.nan
    found = evaluate(plan_of(ensemble(members, Statistic.MEAN), metrics=("crps", "nse"), observed=observed))
    there = np.r_[0:10, 40:240]
    own = stacked("a")[:, there], OBSERVED["a"][there]
    assert value(found, "a", "crps", "forecast") == pytest.approx(m.crps(*own), rel=1e-12)
    assert value(found, "a", "nse", "forecast") == pytest.approx(m.nse(own[0].mean(axis=0), own[1]))
    assert pairs_of(found, "a") == {210}
    assert pairs_of(found, "b") == {240}
    assert "a: forecast: times at which some members are missing do not count" in found.notes


def pairs_of(found: Evaluation, place: str) -> set[int]:
    return set(found.scores.loc[found.scores["location"] == place, "pairs"])


def test_members_that_are_never_there_together_are_not_scored_and_it_says_so() -> None:
    members = [{"a": MEMBERS[0]["a"].copy()}, {"a": MEMBERS[1]["a"].copy()}]
    members[0]["a"][::2], members[1]["a"][1::2] = np.nan, np.nan
    found = evaluate(plan_of(ensemble(members)))
    assert reason(found, "a", "forecast") == (
        "there is no time at which all members and the observation have a value"
    )


def test_place_that_a_member_lacks_is_not_scored_and_it_says_which() -> None:
    members = [dict(one) for one in MEMBERS]
    del members[3]["b"]
    found = evaluate(plan_of(ensemble(members), run(MEMBERS[0])))
    assert (
        reason(found, "b", "forecast") == "m3 of forecast lacks b: give it to all members, or leave them out"
    )
    assert np.isfinite(value(found, "b", "crps", "run"))
    assert np.isfinite(value(found, "a", "crps", "forecast"))


def test_member_without_a_value_or_an_overlap_is_named() -> None:
    members: list[dict[str, Any]] = [dict(one) for one in MEMBERS]
    members[4]["a"] = series("a", np.full(240, np.nan))
    members[2]["b"] = series("b", MEMBERS[2]["b"], start=START + 1000 * DAY)
    found = evaluate(plan_of(ensemble(members)))
    assert reason(found, "a", "forecast") == "m4: there is no simulated value at a"
    assert reason(found, "b", "forecast").startswith("m2: no common interval: simulated 2021-")
    assert np.isfinite(value(found, "c", "crps", "forecast"))


def test_members_of_different_steps_are_refused_until_a_step_is_stated() -> None:
    daily = {place: series(place, MEMBERS[0][place][:10], step=DAY) for place in PLACES}
    members: list[dict[str, Any]] = [daily, *MEMBERS[1:]]
    found = evaluate(plan_of(ensemble(members)))
    assert reason(found, "a", "forecast") == (
        "members of forecast have different steps (1 d: m0; 1 h: m1, m2, m3 and 1 more): "
        "state the step that all are brought to"
    )
    found = evaluate(plan_of(ensemble(members), step=DAY))
    assert pairs_of(found, "a") == {10}
    averaged = [MEMBERS[0]["a"][:10], *(one["a"].reshape(10, 24).mean(axis=1) for one in MEMBERS[1:])]
    expected = m.crps(np.stack(averaged), OBSERVED["a"].reshape(10, 24).mean(axis=1))
    assert value(found, "a", "crps", "forecast") == pytest.approx(expected, rel=1e-12)
    assert "simulated (forecast) values are averaged from 1 h to 1 d, days begin at 00:00 UTC" in found.notes


def test_nothing_of_an_ensemble_is_paired_with_a_place_that_only_a_run_has() -> None:
    members = [{"a": one["a"]} for one in MEMBERS]
    found = evaluate(plan_of(ensemble(members), run(MEMBERS[0])))
    assert reason(found, "b", "forecast") == "nothing of forecast is paired with b"


def test_parts_of_the_time_are_scored_as_their_times_alone() -> None:
    found = evaluate(plan_of(ensemble(), metrics=("crps", "coverage_50"), facets=("regime",)))
    parts = found.scores[found.scores["facet"] == "regime"]
    assert set(parts["configuration"]) == {"forecast"}
    rows = parts[(parts["location"] == "a") & (parts["metric"] == "crps")]
    whole = value(found, "a", "crps", "forecast")
    assert np.average(rows["value"], weights=rows["pairs"]) == pytest.approx(whole, rel=1e-12)


def test_skill_against_another_run_is_by_the_same_score() -> None:
    plan = plan_of(
        ensemble(statistic=Statistic.MEAN), run(MEMBERS[0]), metrics=("crps", "nse"), benchmark="run"
    )
    found = evaluate(plan)
    crps = [value(found, "a", "crps", name) for name in ("forecast", "run")]
    assert value(found, "a", "skill:crps", "forecast") == pytest.approx(1.0 - crps[0] / crps[1])
    nse = [value(found, "a", "nse", name) for name in ("forecast", "run")]
    expected = skill_score(nse[0], nse[1], 1.0)
    assert value(found, "a", "skill:nse", "forecast") == pytest.approx(expected)


def test_skill_is_told_of_what_has_an_ideal() -> None:
    names = ("interval_width_90", "coverage_90")
    found = evaluate(plan_of(ensemble(), run(MEMBERS[0]), metrics=names, benchmark="run"))
    skills = set(found.scores["metric"][found.scores["metric"].str.startswith("skill:")])
    assert skills == {"skill:coverage_90"}


def test_skill_of_a_run_against_an_ensemble_and_of_both_against_persistence() -> None:
    found = evaluate(plan_of(ensemble(), run(MEMBERS[0]), benchmark="forecast"))
    crps = [value(found, "a", "crps", name) for name in ("run", "forecast")]
    assert value(found, "a", "skill:crps", "run") == pytest.approx(1.0 - crps[0] / crps[1])
    found = evaluate(plan_of(ensemble(), benchmark="persistence"))
    observed = OBSERVED["a"]
    mine, other = m.crps(stacked("a")[:, 1:], observed[1:]), m.mae(observed[:-1], observed[1:])
    assert value(found, "a", "skill:crps", "forecast") == pytest.approx(1.0 - mine / other)


def test_skill_against_climatology_is_against_the_other_years_as_members() -> None:
    days = 3 * 365
    observed = {"a": flow(1, days)}
    members = [{"a": observed["a"] * (0.7 + 0.2 * k)} for k in range(3)]
    first = START + 731 * DAY  # three years without a leap day
    daily = [{"a": series("a", one["a"], step=DAY, start=first)} for one in members]
    held = Held("observed", {"a": series("a", observed["a"], step=DAY, start=first)})
    plan = EvaluationPlan("T", held, (ensemble(daily),), ("crps",), benchmark="climatology")
    found = evaluate(plan)
    years = observed["a"].reshape(3, 365)
    others = np.stack([years[[1, 2]], years[[0, 2]], years[[0, 1]]]).swapaxes(0, 1).reshape(2, days)
    expected = 1.0 - m.crps(stacked("a", members), observed["a"]) / m.crps(others, observed["a"])
    assert value(found, "a", "skill:crps", "forecast") == pytest.approx(expected, rel=1e-12)


def test_members_of_climatology_are_never_there_at_all_times_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = 6 * 365
    observed = {"a": flow(1, days)}
    plan = EvaluationPlan(
        "T",
        Held("observed", {"a": series("a", observed["a"], step=DAY)}),
        (ensemble([{"a": series("a", observed["a"] + k, step=DAY)} for k in range(2)]),),
        ("crps", "coverage_50"),
        benchmark="climatology",
    )
    sizes: list[int] = []
    make = OtherYears.at

    def at(self: OtherYears, times: slice) -> Floats:
        sizes.append(make(self, times).size)
        return make(self, times)

    monkeypatch.setattr(OtherYears, "at", at)
    monkeypatch.setattr(other_years, "VALUES_AT_ONCE", 1000)
    assert np.isfinite(value(evaluate(plan), "a", "skill:crps", "forecast"))
    assert max(sizes) <= 1000
    assert sum(sizes) >= 5 * days


def test_climatology_of_one_year_has_no_member() -> None:
    times = np.datetime64("2019-01-01", "s") + HOUR * np.arange(24)
    assert np.isnan(climatology_members(np.ones((2, 24)), times)).all()
    assert climatology_members(np.ones((2, 24)), times).shape == (2, 1, 24)


def test_intervals_of_confidence_hold_the_score_and_are_those_of_its_draws() -> None:
    resampling = Resampling(samples=60, block=timedelta(days=1), seed=1)
    limit = Threshold("high", dict.fromkeys(PLACES, 8.0), {}, 1.0)
    names = ("crps", "crps_skill", "brier_score", "reliability_index", "coverage_50", "mae")
    plan = plan_of(ensemble(statistic=Statistic.MEAN), run(MEMBERS[0]), metrics=names, thresholds=(limit,))
    found = evaluate(replace(plan, resampling=resampling)).scores
    assert np.isfinite(found["low"]).all()
    near = found[~found["metric"].isin(["reliability_index"])]
    assert ((near["low"] <= near["value"]) & (near["value"] <= near["high"])).all()
    one = found[found["configuration"] == "run"].set_index(["location", "metric"])
    # of one member both are the same, however they are drawn
    for edge in ("low", "high"):
        assert one.loc[("a", "crps"), edge] == pytest.approx(one.loc[("a", "mae"), edge], rel=1e-9)


def test_grade_weighs_crps_at_times_that_reach_a_threshold() -> None:
    limit = Threshold("high", dict.fromkeys(PLACES, 8.0), {}, 2.0)
    weighing = Weighing({"crps": 1.0}, {"crps": (5.0, 0.0)}, {})
    found = evaluate(plan_of(ensemble(), thresholds=(limit,), weighing=weighing))
    high = OBSERVED["a"] >= 8.0
    expected = m.crps(stacked("a")[:, high], OBSERVED["a"][high])
    assert value(found, "a", "crps", "forecast", threshold="high") == pytest.approx(expected, rel=1e-12)
    assert 0.0 < found.grades[0].grade < 100.0


def test_ranks_and_probabilities_of_all_places_are_told_together() -> None:
    limit = Threshold("high", dict.fromkeys(PLACES, 8.0), {}, 1.0)
    found = evaluate(plan_of(ensemble(), run(MEMBERS[0]), metrics=("brier_score",), thresholds=(limit,)))
    (diagram,) = found.diagrams
    together = np.concatenate([stacked(place) for place in PLACES], axis=1)
    observed = np.concatenate([OBSERVED[place] for place in PLACES])
    assert diagram.configuration == "forecast"
    np.testing.assert_allclose(diagram.rank_histogram, rank_histogram(together, observed), atol=1e-12)
    expected, table = reliability_table(together, observed, threshold=8.0), diagram.occurrences["high"].table
    np.testing.assert_allclose(table.frequency, expected.frequency, atol=1e-12)
    np.testing.assert_allclose(table.forecast, expected.forecast, atol=1e-12)
    np.testing.assert_allclose(table.share, expected.share, atol=1e-12)


def test_bands_of_the_members_are_kept_to_be_drawn() -> None:
    found = evaluate(plan_of(ensemble(), run(MEMBERS[0])))
    bands = found.series["b"].bands
    assert list(bands) == ["forecast"]
    expected = np.quantile(stacked("b"), 0.25, axis=0, method="weibull")
    np.testing.assert_allclose(bands["forecast"][0.25], expected)
    np.testing.assert_allclose(found.series["b"].simulated["forecast"], np.median(stacked("b"), axis=0))
    assert list(found.series["b"].simulated) == ["forecast", "run"]


def test_members_are_read_in_blocks_that_get_smaller_the_more_there_are() -> None:
    observed = {f"g{i}": flow(i, 24) for i in range(100)}
    members = [{name: one + k for name, one in observed.items()} for k in range(40)]
    plan = plan_of(ensemble(members), observed=observed)
    found = evaluate(plan)
    source = plan.configurations[0].members[0].source
    assert isinstance(source, Held)
    assert source.asked[0] == 1
    assert len(found.scores) == 100


def test_ensemble_without_a_statistic_is_no_series() -> None:
    side = Side(None, stacked("a")[None], OBSERVED["a"][None])
    assert side.number.tolist() == [240]
    with pytest.raises(InputError, match="an ensemble is no series of its own"):
        _ = side.sample


def test_confidence_of_metrics_of_pairs_and_of_other_lengths_is_refused() -> None:
    ensemble_of = Ensemble.of(stacked("a"), OBSERVED["a"])
    draws = Draws.of(240, 24, samples=10, seed=0)
    with pytest.raises(InputError, match="metric kge is not one of ensembles"):
        ensemble_intervals(ensemble_of, ["kge"], draws)
    with pytest.raises(InputError, match="draws of 240 pairs do not fit a series of 100"):
        ensemble_intervals(Ensemble.of(stacked("a")[:, :100], OBSERVED["a"][:100]), ["crps"], draws)


def test_interval_is_that_of_the_scores_of_the_draws() -> None:
    members, observed = stacked("a"), OBSERVED["a"]
    draws = Draws.of(240, 24, samples=40, seed=3)
    for metric in ("crps", "crps_skill", "reliability_index", "alpha_reliability", "coverage_90"):
        found = ensemble_intervals(Ensemble.of(members, observed), [metric], draws, level=0.8)[metric]
        scores = [getattr(m, metric)(members, observed, weights=one) for one in draws.repeats(slice(0, 40))]
        assert float(found.low) == pytest.approx(np.quantile(scores, 0.1), rel=1e-9)
        assert float(found.high) == pytest.approx(np.quantile(scores, 0.9), rel=1e-9)
        assert int(found.defined) == 40
