"""Six CAMELS basins through the evaluation: real gauges with gaps, names, places and attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dmod.evaluation.evaluating import evaluate
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.location_series import LocationSeries
from dmod.evaluation.metrics import kge, nse
from dmod.evaluation.plan import Configuration, EvaluationPlan, Resampling
from dmod.evaluation.threshold import Threshold
from dmod.services.evaluation.comparing import compare_table
from dmod.services.evaluation.results import read_evaluation, write_evaluation
from dmod.services.evaluation.sources import OpenedSource, find_kind, open_source

GAUGES = ("01013500", "01333000", "02046000", "03439000", "07057500", "12010000")
START, END = np.datetime64("2000-10-01", "s"), np.datetime64("2010-10-01", "s")


@dataclass
class Delayed:
    """What the gauges say, some days late and smoothed: a simulation whose faults are known."""

    gauges: OpenedSource
    days: int
    name: str

    @property
    def locations(self) -> tuple[str, ...]:
        return self.gauges.locations

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        for series in self.gauges.read(locations):
            late = series.times.astype("datetime64[s]").astype(np.int64) + 86400 * self.days
            yield LocationSeries.of(series.location, late, series.values)

    def provenance(self) -> Mapping[str, str]:
        return {}


@pytest.fixture(scope="module")
def gauges(reference: Path) -> OpenedSource:
    folder = reference / "camels" / "streamflow"
    assert find_kind(folder) == "gauges"
    return open_source(folder)


@pytest.fixture(scope="module")
def found(gauges: OpenedSource) -> Evaluation:
    crosswalk = {gauge: gauge for gauge in gauges.locations}
    runs = [Delayed(gauges, days, f"late by {days} d") for days in (0, 1, 5)]
    high = Threshold("high", dict.fromkeys(GAUGES, 50.0), {})
    plan = EvaluationPlan(
        title="CAMELS",
        observations=gauges,
        configurations=tuple(Configuration(run.name, run, crosswalk) for run in runs),
        metrics=("nse", "kge", "critical_success_index", "percent_bias"),
        thresholds=(high,),
        start=START,
        end=END,
        facets=("season",),
        resampling=Resampling(samples=50, block=timedelta(days=365)),
        benchmark="late by 5 d",
    )
    return evaluate(plan)


def test_all_six_gauges_are_read_from_one_folder(gauges: OpenedSource) -> None:
    assert sorted(gauges.locations) == list(GAUGES)
    for series in gauges.read(GAUGES):
        assert series.step == 86400
        assert "converted from ft3/s to m3 s-1" in series.notes
    assert len(gauges.provenance()) == 6


def test_a_perfect_simulation_is_ideal_everywhere_and_a_late_one_is_what_numpy_says(
    gauges: OpenedSource, found: Evaluation
) -> None:
    table = found.scores[(found.scores["facet"] == "")].set_index(["configuration", "metric", "location"])[
        "value"
    ]
    for gauge in GAUGES:
        assert table["late by 0 d", "nse", gauge] == 1.0
        assert table["late by 0 d", "percent_bias", gauge] == pytest.approx(0.0, abs=1e-12)
        (series,) = gauges.read([gauge])
        inside = (series.times >= START) & (series.times < END)
        at = np.flatnonzero(inside)
        observed, late = series.values[at], series.values[at - 1]
        assert table["late by 1 d", "nse", gauge] == pytest.approx(nse(late, observed), rel=1e-9)
        assert table["late by 1 d", "kge", gauge] == pytest.approx(kge(late, observed), rel=1e-9)


def test_the_later_a_simulation_the_worse_but_six_basins_cannot_prove_it(
    found: Evaluation,
) -> None:
    comparison = compare_table(found.scores, metrics=["nse"])
    (aspect,) = comparison.aspects
    medians = [aspect.quantiles(run)[0.5] for run in comparison.runs]
    assert medians == sorted(medians, reverse=True)
    assert aspect.best_share("late by 0 d") == 1.0
    for test in aspect.tests:
        # the smallest p that six pairs can have, 2/2⁶, counts for three tests at once: no verdict
        assert test.difference.p == pytest.approx(2.0 / 2**6)
        assert test.verdict == ""
    skill = found.scores[
        (found.scores["metric"] == "skill:nse") & (found.scores["configuration"] == "late by 1 d")
    ]
    assert (skill["value"] > 0.0).all()


def test_seasons_and_intervals_are_told_of_real_rivers(found: Evaluation) -> None:
    scores = found.scores
    season = scores[(scores["facet"] == "season") & (scores["metric"] == "nse")]
    assert season.groupby(["configuration", "location"])["pairs"].sum().max() == 3652
    whole = scores[
        (scores["facet"] == "") & (scores["metric"] == "nse") & (scores["configuration"] == "late by 1 d")
    ]
    assert (whole["low"] < whole["value"]).all()
    assert (whole["value"] < whole["high"]).all()


def test_the_evaluation_is_kept_and_comes_back(found: Evaluation, tmp_path: Path) -> None:
    again = read_evaluation(write_evaluation(tmp_path / "camels", found))
    assert again.scores.equals(found.scores)
    assert set(again.series) == set(GAUGES)
