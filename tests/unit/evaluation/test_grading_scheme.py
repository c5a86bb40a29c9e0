"""Scores become grades: scaling, weights at every level, and what does not count."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.errors import InputError
from dmod.evaluation.grading_scheme import grade_table, nearness, require_scales
from dmod.evaluation.metric_registry import find_metric
from dmod.evaluation.plan import Weighing
from dmod.evaluation.threshold import Threshold

Row = tuple[str, str, str, float]


def table(rows: Sequence[Row], facet: str = "", configuration: str = "run") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "configuration": configuration,
                "location": location,
                "metric": metric,
                "threshold": threshold,
                "facet": facet,
                "part": facet and "DJF",
                "value": value,
                "pairs": 10,
            }
            for location, metric, threshold, value in rows
        ]
    )


def weighing(**metrics: float) -> Weighing:
    return Weighing(metrics, {"kge": (0.0, 1.0)}, {})


@pytest.mark.parametrize(
    ("metric", "value", "scale", "score"),
    [
        ("r", 1.0, None, 1.0),
        ("r", 0.0, None, 0.5),
        ("r", -1.0, None, 0.0),
        ("false_alarm_ratio", 0.25, None, 0.75),
        ("probability_of_detection", 0.25, None, 0.25),
        ("kge", 0.5, (0.0, 1.0), 0.5),
        ("kge", -3.0, (0.0, 1.0), 0.0),
        ("kge", 0.9, (0.3, 0.8), 1.0),
        ("kge", 0.55, (0.3, 0.8), 0.5),
        ("percent_bias", 10.0, (50.0, 0.0), 0.8),
        ("percent_bias", -10.0, (50.0, 0.0), 0.8),
        ("percent_bias", -10.0, (-50.0, 0.0), 0.8),
        ("percent_bias", 12.0, (22.0, 2.0), 0.5),
        ("frequency_bias", 3.0, (2.0, 1.0), 0.0),
        ("frequency_bias", 0.5, (2.0, 1.0), 0.5),
        ("rmse", 0.0, (10.0, 0.0), 1.0),
    ],
)
def test_value_is_scaled_by_its_distance_from_the_ideal(
    metric: str, value: float, scale: tuple[float, float] | None, score: float
) -> None:
    assert nearness(value, find_metric(metric), scale) == pytest.approx(score)


def test_value_that_is_not_defined_has_no_score() -> None:
    assert math.isnan(nearness(math.nan, find_metric("r")))


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_score_lies_between_nothing_and_fully_and_falls_with_distance(
    value: float, ideal_side: float, width: float
) -> None:
    metric = find_metric("percent_bias")
    scale = (abs(ideal_side) + width, abs(ideal_side))
    score = nearness(value, metric, scale)
    assert 0.0 <= score <= 1.0
    assert nearness(value * 1.5, metric, scale) <= score
    assert nearness(-value, metric, scale) == score


def test_weights_count_for_thresholds_metrics_and_locations() -> None:
    thresholds = (
        Threshold("Flood", {"a": 1.0, "b": 1.0}, {}, weight=3.0),
        Threshold("Action", {"a": 1.0, "b": 1.0}, {}, weight=1.0),
    )
    rows = table(
        [
            ("a", "probability_of_detection", "Flood", 1.0),
            ("a", "probability_of_detection", "Action", 0.0),
            ("a", "kge", "", 0.5),
            ("b", "probability_of_detection", "Flood", 0.0),
            ("b", "probability_of_detection", "Action", 0.0),
            ("b", "kge", "", 0.0),
        ]
    )
    chosen = Weighing({"probability_of_detection": 1.0, "kge": 4.0}, {"kge": (0.0, 1.0)}, {"a": 5.0})
    (grade,) = grade_table(rows, chosen, thresholds)
    # a: detection (3·1 + 1·0)/4 = 0.75; (1·0.75 + 4·0.5)/5 = 0.55; all: 5·0.55/6
    assert grade.locations == pytest.approx({"a": 55.0, "b": 0.0})
    assert grade.total == pytest.approx(5.0 * 0.55 / 6.0)
    assert grade.grade == pytest.approx(100.0 * grade.total)
    assert grade.details["a"]["probability_of_detection"]["Flood"] == {
        "value": 1.0,
        "scaled": 1.0,
        "weight": 3.0,
        "pairs": 10,
    }
    assert grade.notes == ()


def test_zero_counts_where_dmod_leaves_it_out() -> None:
    (grade,) = grade_table(table([("a", "r", "", -1.0), ("a", "kge", "", 0.9)]), weighing(r=1.0, kge=1.0))
    assert grade.locations["a"] == pytest.approx(45.0)


def test_metric_without_bounds_is_refused_unless_a_scale_is_stated() -> None:
    with pytest.raises(InputError) as caught:
        require_scales(Weighing({"percent_bias": 1.0}, {}, {}))
    assert "metric 'percent_bias' has no bounds" in caught.value.message
    assert "scales: {percent_bias: [1, 0]}" in str(caught.value.hint)
    with pytest.raises(InputError, match="metric 'Kling-Gupta Efficiency' has no bounds") as caught:
        require_scales(Weighing({"Kling-Gupta Efficiency": 1.0}, {}, {}))
    assert "scales: {kge: [0, 1]}" in str(caught.value.hint)
    require_scales(Weighing({"Kling-Gupta Efficiency": 1.0}, {"kge": (0.0, 1.0)}, {}))


@pytest.mark.parametrize("scale", [(1.0, 0.0), (0.5, 0.5), (math.nan, 1.0), (-math.inf, 1.0)])
def test_scale_that_is_none_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="scale of 'kge'"):
        require_scales(Weighing({"kge": 1.0}, {"kge": scale}, {}))


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputError, match="all metrics weigh zero"):
        require_scales(Weighing({"r": 0.0}, {}, {}))


def test_location_without_a_threshold_is_scored_on_what_it_has() -> None:
    thresholds = (Threshold("Flood", {"a": 1.0}, {}),)
    rows = table(
        [
            ("a", "probability_of_detection", "Flood", 1.0),
            ("a", "r", "", 1.0),
            ("b", "probability_of_detection", "Flood", math.nan),
            ("b", "r", "", 0.0),
        ]
    )
    (grade,) = grade_table(rows, weighing(probability_of_detection=1.0, r=1.0), thresholds)
    assert grade.locations == pytest.approx({"a": 100.0, "b": 50.0})
    assert grade.notes == (
        "threshold Flood is not known for b: scored on what they have",
        "b: probability_of_detection are not defined and do not count",
    )


def test_metric_at_thresholds_goes_before_that_of_all_values() -> None:
    thresholds = (Threshold("Flood", {}, {"a": np.ones(366)}),)
    rows = table(
        [("a", "r", "", 1.0), ("a", "r", "Flood", 0.0), ("b", "r", "", 1.0), ("b", "r", "Flood", 0.0)]
    )
    (grade,) = grade_table(rows, weighing(r=1.0), thresholds)
    assert grade.locations == pytest.approx({"a": 50.0, "b": 100.0})


def test_location_of_which_nothing_is_defined_does_not_count() -> None:
    (grade,) = grade_table(table([("a", "r", "", 1.0), ("b", "r", "", math.nan)]), weighing(r=2.0))
    assert grade.total == 1.0
    assert math.isnan(grade.locations["b"])
    assert grade.notes == ("b: no metric is defined; it does not count",)
    (grade,) = grade_table(table([("b", "r", "", math.nan)]), weighing(r=2.0))
    assert math.isnan(grade.total)


def test_rows_of_facets_and_of_other_metrics_do_not_count() -> None:
    rows = pd.concat(
        [
            table([("a", "r", "", 1.0), ("a", "nse", "", -9.0)]),
            table([("a", "r", "", -1.0)], facet="season"),
            table([("a", "r", "", 0.0)], configuration="other"),
        ]
    )
    first, second = grade_table(rows, weighing(r=1.0))
    assert (first.configuration, first.grade) == ("run", 100.0)
    assert (second.configuration, second.grade) == ("other", 50.0)
