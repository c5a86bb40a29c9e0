"""The table of scores as arrays, and how configurations stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dmod.errors import InputError
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Place
from dmod.evaluation.report.evaluation.measure import measure_of
from dmod.evaluation.report.evaluation.score_cube import MOST_PARTS, Part, score_cube
from dmod.evaluation.report.evaluation.standing import (
    best_of,
    extremes,
    gain,
    main_measure,
    paired,
    performance_pairs,
    standing,
)
from dmod.testing.evaluations import example_evaluation

NSE = measure_of("nse", "", "m3 s-1")


def table(*rows: dict[str, object]) -> pd.DataFrame:
    empty = dict.fromkeys(("threshold", "facet", "part", "reason"), "")
    usual = {
        "configuration": "a",
        "metric": "nse",
        "pairs": 5,
        "low": np.nan,
        "high": np.nan,
        "value": np.nan,
    }
    return pd.DataFrame([{**empty, **usual, **row} for row in rows]).astype(COLUMNS)


def evaluation(scores: pd.DataFrame, **more: object) -> Evaluation:
    kept = {"configurations": ("a", "b"), "metrics": ("kge", "nse"), **more}
    return Evaluation(
        title="t", unit="m3 s-1", places=(Place("1"), Place("2")), scores=scores, series={}, **kept
    )  # type: ignore[arg-type]


def test_cube_has_each_value_at_its_place() -> None:
    cube = score_cube(
        evaluation(
            table(
                {"location": "2", "value": 0.5, "low": 0.4, "high": 0.6, "pairs": 7},
                {"location": "1", "configuration": "b", "metric": "kge", "value": 0.25},
                {"location": "1", "facet": "season", "part": "DJF", "value": 0.75},
            )
        )
    )
    assert [m.metric for m in cube.measures] == ["kge", "nse"]
    assert cube.parts == (Part("", ""), Part("season", "DJF"))
    assert cube.whole[1, 0, 1] == 0.5
    assert (cube.low[1, 0, 1], cube.high[1, 0, 1]) == (0.4, 0.6)
    assert cube.whole[0, 1, 0] == 0.25
    assert cube.values[1, 1, 0, 0] == 0.75
    assert np.isfinite(cube.values).sum() == 3
    assert cube.pairs.tolist() == [[0, 7], [5, 0]]


def test_cube_knows_why_a_value_is_missing() -> None:
    cube = score_cube(evaluation(table({"location": "2", "reason": "constant"})))
    assert cube.reasons == {(0, 0, 1): "constant"}


def test_rows_of_unknown_places_and_configurations_are_passed_over() -> None:
    scores = table(
        {"location": "9", "value": 1.0},
        {"location": "1", "configuration": "z", "value": 1.0},
        {"location": "1"},
    )
    assert not np.isfinite(score_cube(evaluation(scores)).values).any()


@pytest.mark.parametrize("kind", ["category", "object", "string"])
def test_cube_takes_any_kind_of_text_column_and_missing_texts(kind: str) -> None:
    whole = example_evaluation(6, steps=4, drawn=0)
    scores = whole.scores.copy()
    scores["threshold"] = scores["threshold"].replace("", None)
    texts = [name for name, of in COLUMNS.items() if of == "string"]
    changed = score_cube(replace(whole, scores=scores.astype(dict.fromkeys(texts, kind))))
    plain = score_cube(whole)
    np.testing.assert_array_equal(changed.values, plain.values)
    assert changed.measures == plain.measures
    assert changed.reasons == plain.reasons


def test_facets_with_more_parts_than_can_be_drawn_are_left_out_with_a_note() -> None:
    rows = [{"location": "1", "facet": "event", "part": str(k), "value": 1.0} for k in range(MOST_PARTS + 1)]
    rows.append({"location": "1", "facet": "season", "part": "JJA", "value": 1.0})
    cube = score_cube(evaluation(table(*rows)))
    assert cube.facets == ("season",)
    assert cube.notes == ("event: its 61 parts are not shown here, the table of scores has them",)


def test_table_without_rows_or_columns_is_refused() -> None:
    with pytest.raises(InputError, match="no score to show"):
        score_cube(evaluation(table({"location": "1"}).iloc[:0]))
    with pytest.raises(InputError, match="no column low, high"):
        score_cube(evaluation(table({"location": "1"}).drop(columns=["low", "high"])))


def test_standing_passes_over_what_is_missing() -> None:
    found = standing(np.array([1.0, np.nan, 3.0, 2.0, 5.0, 4.0]))
    assert (found.lower, found.median, found.upper, found.count) == (2.0, 3.0, 4.0, 5)
    assert standing(np.array([np.nan])).count == 0


def test_best_is_nearest_to_the_ideal() -> None:
    bias = measure_of("percent_bias", "", "m3 s-1")
    assert best_of(bias, np.array([-9.0, 4.0, np.nan])) == 1
    assert best_of(bias, np.array([4.0])) is None
    assert best_of(bias, np.array([np.nan, np.nan])) is None
    assert best_of(measure_of("unknown", "", ""), np.array([1.0, 2.0])) is None


def test_extremes_are_the_best_and_the_worst_places() -> None:
    values = np.array([0.1, np.nan, 0.9, -2.0, 0.5])
    assert extremes(NSE, values, 2) == ([2, 4], [3, 0])
    assert extremes(measure_of("unknown", "", ""), values, 1) == ([2], [3])


def test_gain_is_positive_where_the_second_is_nearer_to_the_ideal() -> None:
    bias = measure_of("percent_bias", "", "m3 s-1")
    assert gain(bias, np.array([-9.0, 3.0]), np.array([4.0, -5.0])).tolist() == [5.0, -2.0]


def test_pairs_count_ties_half() -> None:
    values = np.array([[0.5, 0.5, 0.5, np.nan], [0.6, 0.5, 0.4, 0.9]])
    found = paired(NSE, values, 0, 1)
    assert (found.better, found.count) == (0.5, 3)
    assert paired(NSE, np.full((2, 2), np.nan), 0, 1).count == 0


def test_main_measure_is_an_efficiency_where_there_is_one() -> None:
    cube = score_cube(
        evaluation(table({"location": "1", "metric": "rmse"}, {"location": "1"}), metrics=("rmse", "nse"))
    )
    assert cube.measures[main_measure(cube)].metric == "nse"


def test_performance_needs_detection_and_false_alarms_at_one_threshold() -> None:
    cube = score_cube(example_evaluation(6, steps=4, drawn=0))
    assert [threshold for _, _, threshold in performance_pairs(cube)] == ["75th percentile", "Flood"]
    alone = score_cube(evaluation(table({"location": "1", "metric": "pod", "threshold": "Flood"})))
    assert performance_pairs(alone) == []
