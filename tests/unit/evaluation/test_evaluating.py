"""Evaluations over sources in memory: what is scored, what is not and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.evaluating import LocationProgress, evaluate
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Place
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.metrics import kge, nse, peak_timing_error, rmse
from dmod.evaluation.plan import Configuration, EvaluationPlan, Resampling, Weighing
from dmod.evaluation.skill import persistence, skill
from dmod.evaluation.threshold import Threshold

HOUR, DAY = 3600, 86400
START = int(np.datetime64("2019-01-01", "s").astype(np.int64))


@dataclass
class Held:
    """A source that holds its series, and counts what it is asked for."""

    name: str
    series: Mapping[str, LocationSeries]
    known: Mapping[str, Place] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(self.series)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        self.asked.append(len(locations))
        for location in locations:
            yield self.series.get(location, LocationSeries.missing(location, f"{self.name} lacks {location}"))

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        return {one: self.known[one] for one in locations if one in self.known}

    def provenance(self) -> Mapping[str, str]:
        return {f"/{self.name}": "0" * 64}


def series(location: str, values: Any, *, step: int = HOUR, start: int = START) -> LocationSeries:
    numbers = np.asarray(values, dtype=np.float64)
    return LocationSeries.of(location, start + step * np.arange(len(numbers)), numbers)


def flow(seed: int, hours: int = 240) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).gamma(2.0, 3.0, hours)


def plan_of(
    observed: Mapping[str, LocationSeries], *simulated: Mapping[str, LocationSeries], **more: Any
) -> EvaluationPlan:
    names = ("first", "second", "third")
    configurations = tuple(
        Configuration(name, Held(name, held), {one: one for one in held})
        for name, held in zip(names, simulated, strict=False)
    )
    metrics = more.pop("metrics", ("nse", "kge"))
    return EvaluationPlan("Test", Held("observed", observed), configurations, metrics, **more)


def value(found: Evaluation, location: str, metric: str, configuration: str = "first", **more: str) -> float:
    rows = found.scores
    for column, wanted in {
        "configuration": configuration,
        "location": location,
        "metric": metric,
        "threshold": "",
        "facet": "",
        "part": "",
        **more,
    }.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def reason(found: Evaluation, location: str, configuration: str = "first") -> str:
    rows = found.scores
    rows = rows[(rows["location"] == location) & (rows["configuration"] == configuration)]
    assert rows["value"].isna().all()
    (text,) = set(rows["reason"])
    return str(text)


def test_scores_are_those_of_the_metrics_called_alone() -> None:
    observed = {name: flow(seed) for seed, name in enumerate("abc")}
    simulated = {name: values * 1.1 + flow(9) for name, values in observed.items()}
    simulated["b"][3] = np.nan
    found = evaluate(
        plan_of(
            {name: series(name, values) for name, values in observed.items()},
            {name: series(name, values) for name, values in simulated.items()},
            metrics=("nse", "Kling-Gupta Efficiency", "rmse", "peak_timing_error"),
        )
    )
    assert list(found.scores.columns) == list(COLUMNS)
    assert found.metrics == ("nse", "kge", "rmse", "peak_timing_error")
    hours = (START + HOUR * np.arange(240)) / 3600.0
    for name in "abc":
        assert value(found, name, "nse") == pytest.approx(nse(simulated[name], observed[name]), rel=1e-12)
        assert value(found, name, "kge") == pytest.approx(kge(simulated[name], observed[name]), rel=1e-12)
        assert value(found, name, "rmse") == pytest.approx(rmse(simulated[name], observed[name]), rel=1e-12)
        late = peak_timing_error(simulated[name], observed[name], times=hours)
        assert value(found, name, "peak_timing_error") == pytest.approx(late)
    assert list(found.scores["pairs"]) == [240] * 4 + [239] * 4 + [240] * 4
    assert set(found.scores["reason"]) == {""}
    assert found.sources == {"/observed": "0" * 64, "/first": "0" * 64}


def test_table_is_in_the_order_asked_for_however_it_was_computed() -> None:
    observed = {f"g{i}": series(f"g{i}", flow(i, 30 + i)) for i in range(300)}
    simulated = {name: series(name, one.values + 0.5) for name, one in observed.items()}
    plan = plan_of(observed, simulated, simulated)
    alone, together = evaluate(plan, workers=1), evaluate(plan, workers=3)
    pd.testing.assert_frame_equal(alone.scores, together.scores)
    assert list(dict.fromkeys(alone.scores["location"])) == list(observed)
    assert list(dict.fromkeys(alone.scores["configuration"])) == ["first", "second"]
    assert list(alone.scores["metric"][:2]) == ["nse", "kge"]
    for name in ("g0", "g150", "g299"):
        values = observed[name].values
        assert value(alone, name, "nse") == pytest.approx(nse(values + 0.5, values), rel=1e-12)
        assert value(alone, name, "nse", "second") == value(alone, name, "nse")


def test_locations_are_read_in_blocks() -> None:
    observed = {f"g{i}": series(f"g{i}", flow(i, 24)) for i in range(400)}
    plan = plan_of(observed, observed)
    evaluate(plan)
    source = plan.observations
    assert isinstance(source, Held)
    assert sum(source.asked) == 400
    assert max(source.asked) == 128


def test_a_location_that_cannot_be_compared_says_why_and_the_others_are_scored() -> None:
    good = flow(1)
    observed = {
        "good": series("good", good),
        "empty": LocationSeries.missing("empty", "the gauge is closed"),
        "dry": series("dry", np.full(240, np.nan)),
        "early": series("early", good, start=START - 1000 * DAY),
        "alone": series("alone", good),
    }
    simulated = {name: series(name, good) for name in ("good", "empty", "dry", "early")}
    plan = plan_of(observed, simulated, {**simulated, "alone": series("alone", good)})
    found = evaluate(plan)
    assert value(found, "good", "nse") == 1.0
    assert reason(found, "empty") == "there is no observed value at empty: the gauge is closed"
    assert reason(found, "dry") == "there is no observed value at dry"
    assert reason(found, "early") == (
        "no common interval: simulated 2019-01-01 00:00 to 2019-01-10 23:00, "
        "observed 2016-04-06 00:00 to 2016-04-15 23:00"
    )
    assert reason(found, "alone") == "nothing of first is paired with alone"
    assert value(found, "alone", "nse", "second") == 1.0
    assert len(found.scores) == 5 * 2 * 2


def test_a_source_that_lacks_a_location_gives_its_reason() -> None:
    observed = {"a": series("a", flow(1)), "b": series("b", flow(2))}
    plan = plan_of(observed, {"a": series("a", flow(1))})
    lacking = replace(plan.configurations[0], crosswalk={"a": "a", "b": "elsewhere"})
    found = evaluate(replace(plan, configurations=(lacking,)))
    assert reason(found, "b") == "there is no simulated value at elsewhere: first lacks elsewhere"


def test_pairs_without_a_common_value_are_told() -> None:
    odd = np.where(np.arange(48) % 2, 1.0, np.nan)
    found = evaluate(plan_of({"a": series("a", odd)}, {"a": series("a", odd[::-1])}))
    assert "there is no pair" in reason(found, "a")


def test_hourly_simulation_is_averaged_over_the_days_of_the_observation_and_that_is_said() -> None:
    hourly = np.arange(96.0)
    daily = hourly[5 : 5 + 72].reshape(3, 24).mean(axis=1)  # days that begin at 05:00 UTC
    observed = {"a": series("a", daily, step=DAY, start=START + 5 * HOUR)}
    found = evaluate(plan_of(observed, {"a": series("a", hourly)}, metrics=("nse", "rmse")))
    assert value(found, "a", "rmse") == pytest.approx(0.0, abs=1e-12)
    assert list(found.scores["pairs"]) == [3, 3]
    assert "a: simulated (first) values are averaged from 1 h to 1 d, days begin at 05:00 UTC" in found.notes
    assert found.series["a"].step == DAY


def test_a_stated_step_averages_both_sides_and_leaves_out_incomplete_intervals() -> None:
    observed, simulated = np.arange(96.0), np.arange(96.0) + 2.0
    observed[30] = np.nan
    plan = plan_of({"a": series("a", observed)}, {"a": series("a", simulated)}, metrics=("mae",), step=DAY)
    found = evaluate(plan)
    assert list(found.scores["pairs"]) == [3]
    assert value(found, "a", "mae") == pytest.approx(2.0)
    assert any("observed values are averaged from 1 h to 1 d" in note for note in found.notes)


def test_observations_with_a_longer_step_than_stated_are_not_spread() -> None:
    plan = plan_of({"a": series("a", flow(1), step=DAY)}, {"a": series("a", flow(1, 6000))}, step=HOUR)
    assert reason(evaluate(plan), "a") == (
        "observed values hold for 1 d, which is longer than the evaluation's step of 1 h"
    )


def test_irregular_observations_are_averaged_within_the_steps_of_the_simulation() -> None:
    seconds = START + np.array([0, 700, 3700, 9000])
    observed = LocationSeries.of("a", seconds, np.array([1.0, 3.0, 5.0, 7.0]))
    found = evaluate(plan_of({"a": observed}, {"a": series("a", [2.0, 5.0, 8.0])}, metrics=("mean_error",)))
    assert value(found, "a", "mean_error") == pytest.approx(1.0 / 3.0)
    assert "a: observed values come at irregular times; those within 1 h are averaged" in found.notes


def test_neither_side_with_equal_steps_needs_a_stated_step() -> None:
    seconds = START + np.array([0, 700, 3700, 9000])
    odd = LocationSeries.of("a", seconds, np.ones(4))
    assert "has to state its step" in reason(evaluate(plan_of({"a": odd}, {"a": odd})), "a")


def test_all_configurations_are_compared_on_the_longest_step() -> None:
    hourly, daily = np.arange(72.0), np.arange(72.0).reshape(3, 24).mean(axis=1)
    plan = plan_of(
        {"a": series("a", hourly)},
        {"a": series("a", hourly)},
        {"a": series("a", daily, step=DAY)},
        metrics=("mae",),
    )
    found = evaluate(plan)
    assert list(found.scores["pairs"]) == [3, 3]
    assert list(found.scores["value"]) == pytest.approx([0.0, 0.0])


def test_period_and_warm_up_bound_what_counts() -> None:
    observed = flow(1, 240)
    simulated = observed.copy()
    simulated[:24] += 100.0  # within the warm-up
    simulated[200:] += 100.0  # after the end
    plan = plan_of(
        {"a": series("a", observed)},
        {"a": series("a", simulated)},
        metrics=("rmse",),
        warm_up=timedelta(days=1),
        end=np.datetime64(START + 200 * HOUR, "s"),
    )
    found = evaluate(plan)
    assert value(found, "a", "rmse") == 0.0
    assert list(found.scores["pairs"]) == [176]
    later = evaluate(replace(plan, start=np.datetime64(START + 100 * HOUR, "s")))
    assert list(later.scores["pairs"]) == [100]


def test_a_warm_up_longer_than_the_run_leaves_nothing_and_says_so() -> None:
    plan = plan_of({"a": series("a", flow(1))}, {"a": series("a", flow(1))}, warm_up=timedelta(days=30))
    assert "after the warm-up" in reason(evaluate(plan), "a")


def test_facets_divide_the_pairs() -> None:
    observed = flow(1, 24 * 365)
    plan = plan_of(
        {"a": series("a", observed)},
        {"a": series("a", observed + 1.0)},
        metrics=("mean_error", "nse"),
        facets=("season", "month"),
    )
    scores = evaluate(plan).scores
    season = scores[(scores["facet"] == "season") & (scores["metric"] == "nse")]
    assert list(season["part"]) == ["DJF", "MAM", "JJA", "SON"]
    assert season["pairs"].sum() == 24 * 365
    month = scores[(scores["facet"] == "month") & (scores["metric"] == "mean_error")]
    assert list(month["part"]) == [f"{m:02d}" for m in range(1, 13)]
    assert month["value"].to_numpy() == pytest.approx(np.ones(12))
    january = observed[: 24 * 31]
    assert scores[(scores["part"] == "01") & (scores["metric"] == "nse")]["value"].iloc[0] == pytest.approx(
        nse(january + 1.0, january)
    )


def test_thresholds_score_categorical_metrics_where_they_are_known() -> None:
    observed, simulated = np.tile([1.0, 5.0, 9.0, 2.0], 12), np.tile([1.0, 9.0, 2.0, 1.0], 12)
    high = Threshold("high", {"a": 4.0}, {}, 1.0)
    plan = plan_of(
        {name: series(name, observed) for name in "ab"},
        {name: series(name, simulated) for name in "ab"},
        metrics=("probability_of_detection", "kge"),
        thresholds=(high,),
    )
    found = evaluate(plan)
    assert value(found, "a", "probability_of_detection", threshold="high") == pytest.approx(0.5)
    assert np.isnan(value(found, "b", "probability_of_detection", threshold="high"))
    assert value(found, "a", "kge") == value(found, "b", "kge")


def test_skill_is_told_against_persistence_and_against_another_run() -> None:
    observed = flow(1)
    first, second = observed + 1.0, observed + 2.0
    held = {"a": series("a", observed)}
    runs = ({"a": series("a", first)}, {"a": series("a", second)})
    against = evaluate(plan_of(held, *runs, metrics=("rmse",), benchmark="second"))
    assert value(against, "a", "skill:rmse") == pytest.approx(0.5)
    assert set(against.scores[against.scores["metric"] == "skill:rmse"]["configuration"]) == {"first"}
    lasting = evaluate(plan_of(held, *runs, metrics=("rmse",), benchmark="persistence"))
    assert value(lasting, "a", "skill:rmse") == pytest.approx(
        skill("rmse", first, observed, persistence(observed))
    )
    rows = lasting.scores[lasting.scores["metric"] == "skill:rmse"]
    assert list(rows["pairs"]) == [239, 239]


def test_climatology_of_a_single_year_gives_no_skill_and_says_why() -> None:
    held = {"a": series("a", flow(1))}
    found = evaluate(plan_of(held, held, metrics=("nse",), benchmark="climatology"))
    rows = found.scores[found.scores["metric"] == "skill:nse"]
    assert rows["value"].isna().all()
    assert set(rows["reason"]) != {""}


def test_intervals_of_confidence_enclose_the_score() -> None:
    observed = flow(1, 24 * 100)
    plan = plan_of(
        {"a": series("a", observed)},
        {"a": series("a", observed * flow(2, 2400) / 6.0)},
        resampling=Resampling(samples=200, block=timedelta(days=5), seed=3),
    )
    scores = evaluate(plan).scores
    assert (scores["low"] < scores["value"]).all()
    assert (scores["value"] < scores["high"]).all()


def test_intervals_of_a_series_shorter_than_two_blocks_are_left_out_and_that_is_said() -> None:
    held = {"a": series("a", flow(1))}
    found = evaluate(plan_of(held, {"a": series("a", flow(2))}, resampling=Resampling()))
    assert found.scores["low"].isna().all()
    assert any("2 of 2 scores have no interval" in note for note in found.notes)


def test_progress_is_told_of_each_location_with_its_scores_or_its_reason() -> None:
    observed = {
        "a": series("a", flow(1)),
        "b": LocationSeries.missing("b", "closed"),
        "c": series("c", flow(3)),
    }
    simulated = {name: series(name, flow(1)) for name in "abc"}
    told: list[LocationProgress] = []
    evaluate(plan_of(observed, simulated), told=told.append)
    assert [one.done for one in told] == [1, 2, 3]
    assert {one.total for one in told} == {3}
    by_name = {one.location: one for one in told}
    assert by_name["a"].scores["first"]["nse"] == 1.0
    assert by_name["b"].scores == {}
    assert "closed" in by_name["b"].reason


def test_an_error_in_who_is_told_ends_the_evaluation() -> None:
    def stop(_: LocationProgress) -> None:
        raise KeyboardInterrupt

    held = {f"g{i}": series(f"g{i}", flow(i)) for i in range(20)}
    with pytest.raises(KeyboardInterrupt):
        evaluate(plan_of(held, held), told=stop)


def test_series_are_kept_for_as_many_locations_as_are_drawn() -> None:
    held = {f"g{i}": series(f"g{i}", flow(i)) for i in range(5)}
    found = evaluate(plan_of(held, held), drawn=2)
    assert list(found.series) == ["g0", "g1"]
    assert np.array_equal(found.series["g1"].observed, held["g1"].values)
    assert np.array_equal(found.series["g1"].simulated["first"], held["g1"].values)


def test_places_are_taken_from_the_plan_then_from_the_sources() -> None:
    held = {name: series(name, flow(1)) for name in "abc"}
    source = Held("observed", held, {"a": Place("a", "from the source", 1.0, 2.0), "b": Place("b", "B")})
    plan = replace(plan_of(held, held), observations=source, places=(Place("a", "stated"),))
    assert [place.name for place in evaluate(plan).places] == ["stated", "B", ""]


def test_locations_that_nothing_is_paired_with_are_counted() -> None:
    held = {name: series(name, flow(1)) for name in "abc"}
    found = evaluate(plan_of(held, {"a": held["a"]}))
    assert "2 of 3 locations of the observations are paired with nothing and left out" in found.notes
    assert set(found.scores["location"]) == {"a"}


def test_grades_follow_the_weights() -> None:
    held = {"a": series("a", flow(1))}
    weighing = Weighing({"nse": 1.0}, {"nse": (0.0, 1.0)}, {})
    (grade,) = evaluate(plan_of(held, held, metrics=("nse",), weighing=weighing)).grades
    assert grade.grade == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"metrics": ("ns",)}, NotFoundError, "there is no metric 'ns'"),
        ({"metrics": ("probability_of_detection",)}, InputError, "needs a threshold"),
        ({"facets": ("weekday",)}, InputError, "facet 'weekday' is unknown"),
        ({"benchmark": "yesterday"}, InputError, "benchmark 'yesterday' is unknown"),
    ],
)
def test_a_plan_that_asks_for_what_is_not_there_is_refused(
    more: dict[str, Any], error: type[Exception], said: str
) -> None:
    held = {"a": series("a", flow(1))}
    with pytest.raises(error, match=said):
        evaluate(plan_of(held, held, **more))


def test_a_plan_without_configuration_or_pair_is_refused() -> None:
    held = {"a": series("a", flow(1))}
    with pytest.raises(InputError, match="no configuration"):
        evaluate(plan_of(held))
    with pytest.raises(InputError, match="no location of the observations is paired"):
        evaluate(plan_of(held, {"b": held["a"]}))
