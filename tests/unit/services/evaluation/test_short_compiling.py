"""The short form becomes a plan that runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.plan import EvaluationPlan
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.evaluation.backends import Reach
from dmod.services.evaluation.compiling import compile_evaluation
from dmod.services.evaluation.observed_quantile import ObservedQuantile
from dmod.services.evaluation.resolving import FolderResolver
from dmod.services.evaluation.running import run_evaluation

DAYS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Observations of two gauges in ft3/s, and a table of one run at both."""
    days = [str(day) for day in np.datetime64("2020-01-01") + np.arange(DAYS)]
    for name, base in (("observed", 10), ("run", 11)):
        rows = [
            f"{gauge},{day},{base + index + i % 7},ft3/s\n"
            for index, gauge in enumerate(("01073000", "10109001"))
            for i, day in enumerate(days)
        ]
        (tmp_path / f"{name}.csv").write_text("location,time,value,unit\n" + "".join(rows))
    return tmp_path


def compiled(folder: Path, **changes: Any) -> EvaluationPlan:
    document = {
        "observations": str(folder / "observed.csv"),
        "runs": {"native": str(folder / "run.csv")},
        "metrics": ["kge", "pbias"],
        **changes,
    }
    return compile_evaluation(parse_specification(document), Reach(FolderResolver(folder)))


def test_every_key_becomes_part_of_the_plan(folder: Path) -> None:
    plan = compiled(
        folder,
        title="Logan",
        gauges=["10109001"],
        step="1 d",
        start="2020-01-02",
        end="2020-02-20",
        warm_up="2 d",
        facets=["season"],
        bootstrap={"samples": 50, "block": "10 d"},
        benchmark="climatology",
        unit="ft3 s-1",
        thresholds={"Flood": "0.4 m3/s", "High": {"value": "quantile 0.9", "weight": 3}, "n": 15},
    )
    assert (plan.title, plan.step, plan.facets, plan.benchmark) == (
        "Logan",
        86400,
        ("season",),
        "climatology",
    )
    assert plan.metrics == ("kge", "percent_bias")
    assert (plan.start, plan.end) == (np.datetime64("2020-01-02", "s"), np.datetime64("2020-02-20", "s"))
    assert plan.warm_up == timedelta(days=2)
    assert plan.resampling is not None
    assert plan.resampling.block == timedelta(days=10)
    assert plan.configurations[0].crosswalk == {"10109001": "10109001"}
    flood, high, plain = plan.thresholds
    assert flood.constant == {"10109001": pytest.approx(0.4 / 0.3048**3)}
    assert (high.weight, dict(high.constant)) == (3.0, {"10109001": pytest.approx(17.0)})
    assert plain.constant == {"10109001": 15.0}
    assert plan.weighing is None


def test_all_gauges_that_both_have_are_compared(folder: Path) -> None:
    plan = compiled(folder, metrics={"pbias": 1, "r": 3}, scales={"pbias": [50, 0]}, weights={"10109001": 2})
    assert set(plan.configurations[0].crosswalk) == {"01073000", "10109001"}
    assert plan.weighing is not None
    assert plan.weighing.locations == {"10109001": 2.0}
    found = run_evaluation(plan)
    (grade,) = found.grades
    # a flow that is one too high everywhere: correlation 1, bias 100/mean
    mean = np.mean([10 + i % 7 for i in range(DAYS)])
    assert grade.locations["01073000"] == pytest.approx(100 * (3 + 1 - 100 / mean / 50) / 4)


def test_gauges_are_paired_by_mapping_or_table(folder: Path) -> None:
    pairs = {"01073000": "10109001"}
    assert compiled(folder, gauges=pairs).configurations[0].crosswalk == pairs
    (folder / "pairs.csv").write_text("gauge,location\n01073000,10109001\n99,98\n")
    assert compiled(folder, crosswalk="pairs.csv").configurations[0].crosswalk == pairs
    plan = compiled(folder, crosswalk="pairs.csv", gauges=["01073000"])
    assert plan.configurations[0].crosswalk == pairs


def test_grade_in_dmods_way_is_given_when_asked(folder: Path) -> None:
    plan = compiled(folder, metrics={"kge": 1}, aggregation="dmod", thresholds={"all": 0})
    (grade,) = run_evaluation(plan).grades
    assert grade.grade == pytest.approx(100 * grade.total / 2, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"metrics": ["kgee"]}, InputError, "metrics: there is no metric 'kgee'"),
        ({"metrics": {"kge": 1}}, InputError, "metric 'kge' has no bounds"),
        (
            {"metrics": {"r": 1}, "scales": {"kge": [0, 1]}},
            InputError,
            "scales: 'kge' is not among the metrics",
        ),
        ({"metrics": {"rmse": 1}, "aggregation": "dmod"}, InputError, "DMOD has no metric 'rmse'"),
        ({"gauges": ["5", "6"]}, InputError, "does not hold 5"),
        ({"gauges": {"01073000": "wb-1"}}, InputError, "runs.native: it has none of wb-1"),
        ({"gauges": ["5"], "crosswalk": "pairs.csv"}, InputError, "crosswalk: 5 are not in it"),
        ({"crosswalk": "none.csv"}, NotFoundError, "crosswalk: nothing is at 'none.csv'"),
        ({"thresholds": {"a": "5 kg"}}, InputError, "thresholds.a"),
        ({"observations": "none"}, NotFoundError, "observations.source: there is nothing at"),
        ({"runs": "job:5"}, InputError, "runs.run: 'job:5' is a job of a server"),
        ({"observations": "usgs"}, InputError, "observations.source: observations are not fetched"),
    ],
)
def test_what_cannot_be_found_is_told_with_its_place(
    folder: Path, changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    (folder / "pairs.csv").write_text("gauge,location\n01073000,10109001\n")
    with pytest.raises(error) as caught:
        compiled(folder, **changes)
    assert said in str(caught.value)


def test_quantile_is_of_the_observations_at_each_location(folder: Path) -> None:
    plan = compiled(folder)
    values = ObservedQuantile(plan.observations, ("01073000",), 0.5)
    assert values["01073000"] == pytest.approx(12.5 * 0.3048**3, rel=0.1)
    assert (list(values), len(values), "10109001" in values) == (["01073000"], 1, False)
    with pytest.raises(KeyError):
        values["10109001"]
