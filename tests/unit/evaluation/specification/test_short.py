"""The short form: what may be written in short, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from dmod.errors import InputError
from dmod.evaluation.specification.parsing import parse_specification
from dmod.evaluation.specification.short import Limit, ShortSpecification

TEXT = """
title: Logan River
observations: obs.csv
runs: {native: results/, other: job:ID}
gauges: [10109001]
metrics: [kge, nse, pbias]
thresholds: {Flood: 50 m3/s, p90: quantile 0.9}
step: 1 d
start: 2015-12-01
end: 2016-12-01 06:00
warm_up: 90 d
facets: [season]
bootstrap: {samples: 500}
benchmark: climatology
"""


def read(**changes: Any) -> ShortSpecification:
    found = parse_specification({**yaml.safe_load(TEXT), **changes})
    assert isinstance(found, ShortSpecification)
    return found


def test_every_key_is_read() -> None:
    found = read()
    assert found.observations.source == "obs.csv"
    assert found.runs == {"native": "results/", "other": "job:ID"}
    assert found.gauges == ["10109001"]
    assert found.metrics == {"kge": None, "nse": None, "pbias": None}
    assert (found.step, found.warm_up) == (86400.0, 90 * 86400.0)
    assert found.start == datetime(2015, 12, 1, tzinfo=UTC)
    assert found.end == datetime(2016, 12, 1, 6, tzinfo=UTC)
    assert found.bootstrap is not None
    assert found.bootstrap.samples == 500


def test_what_is_one_may_stand_without_a_list() -> None:
    found = read(runs="results", metrics="kge", facets="season", bootstrap=200)
    assert found.runs == {"run": "results"}
    assert found.metrics == {"kge": None}
    assert found.facets == ("season",)
    assert found.bootstrap is not None
    assert found.bootstrap.samples == 200
    assert read(runs=["a", "b"]).runs == {"a": "a", "b": "b"}


def test_numbers_as_gauges_are_ids() -> None:
    assert read(gauges={10109001: "cat-27"}).gauges == {"10109001": "cat-27"}
    assert read(weights={10109001: 2}).weights == {"10109001": 2.0}


@pytest.mark.parametrize(
    ("text", "quantile", "amount"),
    [
        ("quantile 0.9", 0.9, None),
        ("Percentile 75", 0.75, None),
        ("quantile 90 %", 0.9, None),
        ("50 m3/s", None, (50.0, "m3/s")),
        (50, None, (50.0, None)),
        ("1.5e2 cfs", None, (150.0, "cfs")),
    ],
)
def test_thresholds_are_amounts_or_quantiles(text: object, quantile: float | None, amount: object) -> None:
    limit = Limit.model_validate(text)
    assert limit.quantile == pytest.approx(quantile)
    if amount is not None:
        assert limit.amount == amount


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"facets": ["seson"]}, "facets[0]: input should be 'season'"),
        ({"gauges": []}, "gauges is empty"),
        ({"gauges": {"1": "a"}, "crosswalk": "x.csv"}, "gauges pairs locations already"),
        ({"thresholds": {"a": "high"}}, "thresholds.a: 'high' is no threshold"),
        ({"thresholds": {"a": "quantile 1.5"}}, "thresholds.a: 'quantile 1.5': a quantile lies between"),
        ({"thresholds": {"a": True}}, "thresholds.a: "),
        ({"metrics": {"kge": 2, "nse": None}}, "metrics: 'nse' has no weight while others have"),
        ({"metrics": {"kge": -2}}, "metrics.kge: "),
        ({"metrics": []}, "metrics: "),
        ({"step": "x"}, "step: 'x' is no length of time"),
        ({"step": 0}, "step: "),
        ({"start": "yesterday"}, "start: 'yesterday' is not a time"),
        ({"end": "2015-11-30"}, "end lies before start"),
        ({"benchmark": "z"}, "benchmark 'z' is none; it can be climatology, persistence, native, other"),
        ({"treshold": 3}, "treshold: there is no such key; did you mean thresholds?"),
        ({"bootstrap": {"sample": 3}}, "bootstrap.sample: there is no such key; did you mean samples?"),
        ({"bootstrap": {"level": 1.0}}, "bootstrap.level: "),
        ({"runs": {}}, "runs: "),
        ({"observations": {}}, "observations.source is missing"),
        ({"aggregation": "mean"}, "aggregation: input should be 'scaled' or 'dmod'"),
        ({"gauges": 5}, "gauges: "),
    ],
)
def test_wrong_key_or_value_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(**changes)
    assert said in caught.value.message


def test_run_may_be_an_ensemble_whose_members_are_named_listed_or_held_by_one_address() -> None:
    found = read(
        runs={
            "one": "results",
            "named": {"members": {"a": "job:1", "b": "job:2"}, "statistic": "mean"},
            "listed": ["a.nc", "b.nc"],
            "held": {"members": "forecast.parquet", "statistic": "median"},
        },
        benchmark="held",
    )
    assert found.runs["one"] == "results"
    assert list(found.ensembles) == ["named", "listed", "held"]
    assert found.ensembles["named"].members == {"a": "job:1", "b": "job:2"}
    assert found.ensembles["named"].statistic == "mean"
    assert found.ensembles["listed"].members == {"a.nc": "a.nc", "b.nc": "b.nc"}
    assert found.ensembles["listed"].statistic is None
    assert found.ensembles["held"].members == "forecast.parquet"


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            {"members": "a", "statistik": "mean"},
            r"runs.f.statistik: there is no such key; did you mean statistic",
        ),
        ({"members": []}, "runs.f.members: "),
        ({}, "runs.f.members is missing"),
        ({"members": ["a", "b", "a"]}, "runs.f.members: 'a' stands there twice"),
        ({"members": ["a", "b"], "statistic": "mode"}, r"runs.f.statistic: .*'mean' or 'median'"),
        ({"members": {"a": 3}}, "runs.f.members.a: .*string"),
    ],
)
def test_ensemble_that_is_wrong_is_refused_with_its_place(run: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read(runs={"f": run})
    assert "things are wrong" not in str(error.value)
