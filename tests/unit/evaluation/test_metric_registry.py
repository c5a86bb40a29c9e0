"""The registry: names that are found, bounds that hold, causes that leave a metric without a value."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.errors import NotFoundError
from dmod.evaluation.block_scores import score_block
from dmod.evaluation.metric import Cause, Group
from dmod.evaluation.metric_registry import METRICS, RUN_METRICS, find_metric

DMOD = {
    "Probability Of Detection": "probability_of_detection",
    "False Alarm Ratio": "false_alarm_ratio",
    "Probability Of False Detection": "probability_of_false_detection",
    "Frequency Bias": "frequency_bias",
    "Accuracy": "accuracy",
    "Critical Success Index": "critical_success_index",
    "Equitable Threat Score": "equitable_threat_score",
    "General Skill": "heidke_skill",
    "Precision": "precision",
    "Pearson Correlation Coefficient": "r",
    "Kling-Gupta Efficiency": "kge",
    "Normalized Nash-Sutcliffe Efficiency": "normalized_nse",
    "Volume Error": "volume_error",
    "Linear Temporal Trend of Absolute Error": "absolute_error_trend",
}
VARIED, CONSTANT, NOTHING = np.array([1.0, 2.0, 4.0, 7.0, 11.0]), np.full(5, 3.0), np.zeros(5)
PRESENT = {
    Cause.CONSTANT_OBSERVED: (CONSTANT, CONSTANT),
    Cause.CONSTANT_SIMULATED: (CONSTANT, VARIED),
    Cause.ZERO_OBSERVED: (VARIED, NOTHING),
    Cause.ZERO_SIMULATED: (NOTHING, VARIED),
    Cause.NEGATIVE: (np.array([-2.0, -2.0, -1.0, -1.0, 5.0]), VARIED),
    Cause.ZERO: (np.array([0.0, 0.0, 0.0, 0.0, 5.0]), VARIED),
}
OF_PAIRS = {Group.EFFICIENCY, Group.ERROR, Group.ASSOCIATION, Group.VOLUME, Group.PEAK, Group.DURATION}
DECLARED = [
    (metric.name, cause)
    for metric in METRICS.values()
    if metric.group in OF_PAIRS
    for cause in metric.undefined
]


@pytest.mark.parametrize(("theirs", "name"), DMOD.items())
def test_metric_of_dmod_is_found_by_the_name_it_has_there(theirs, name) -> None:
    assert find_metric(theirs).name == name
    assert find_metric(theirs.upper().replace("-", " ")).name == name


@pytest.mark.parametrize("name", METRICS)
def test_metric_is_found_by_its_name_and_all_it_is_called(name) -> None:
    metric = METRICS[name]
    assert find_metric(name) is metric
    assert find_metric(f" {name.upper()} ") is metric
    for alias in metric.aliases:
        assert find_metric(alias) is metric, alias


def test_metric_that_is_misspelled_names_those_like_it() -> None:
    with pytest.raises(NotFoundError, match="no metric 'ksge'") as caught:
        find_metric("ksge")
    assert "kge" in str(caught.value.hint)


def test_metric_unlike_any_other_names_all() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_metric("zzzzzzzzzz")
    assert "nse" in str(caught.value.hint)


def test_metrics_of_a_run_are_in_the_registry() -> None:
    assert len(set(RUN_METRICS)) == 15
    assert set(RUN_METRICS) <= set(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_metric_says_what_it_means_and_where_it_comes_from(metric) -> None:
    assert all((metric.title, metric.unit, metric.definition, metric.reference))
    assert metric.meaning.endswith((".", ")"))
    assert math.isnan(metric.ideal) or metric.lowest <= metric.ideal <= metric.highest
    assert metric.is_bounded == (math.isfinite(metric.lowest) and math.isfinite(metric.highest))


def test_range_is_written_as_an_interval() -> None:
    assert METRICS["nse"].range == "(-∞, 1]"
    assert METRICS["normalized_nse"].range == "(0, 1]"
    assert METRICS["rmse"].range == "[0, ∞)"
    assert METRICS["absolute_error_trend"].range == "(-1, 1)"


@pytest.mark.parametrize(("name", "cause"), DECLARED)
def test_metric_without_a_value_names_the_cause_that_the_registry_declares(name, cause) -> None:
    found = score_block(*PRESENT[cause], [name])
    assert math.isnan(found.values[name])
    assert str(cause) in found.reasons[name][0]


@pytest.mark.parametrize("name", sorted({name for name, _ in DECLARED}))
def test_metric_of_varied_flow_needs_no_reason(name) -> None:
    found = score_block(VARIED[::-1], VARIED, [name])
    assert math.isfinite(found.values[name])
    assert found.reasons[name] == [""]
