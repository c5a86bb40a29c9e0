"""Scores of pairs: every metric, reasons where one is not defined, grades, the reference page."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation import Pairs, score
from dmod.evaluation.grading import grade
from dmod.evaluation.metric_page import metrics_page
from dmod.evaluation.metric_registry import RUN_METRICS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def pairs(simulated: list[float], observed: list[float], step: int = 3600) -> Pairs:
    times = np.datetime64("2015-12-01T00:00:00") + step * np.arange(len(observed)).astype("timedelta64[s]")
    return Pairs(times, np.array(simulated), np.array(observed), step, ("made by hand",))


def test_scores_hold_every_metric_and_the_notes() -> None:
    scores = score(pairs([2.0, 1.0, 3.0, 5.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]))
    assert tuple(scores.values) == RUN_METRICS
    assert scores["nse"] == pytest.approx(0.3)
    assert scores.count == 5
    assert scores.notes == ("made by hand",)
    assert not scores.reasons


def test_scores_of_daily_pairs_count_time_in_hours_and_volume_in_days() -> None:
    scores = score(pairs([1.0, 1.0, 9.0], [1.0, 8.0, 1.0], step=86400))
    assert scores["peak_timing_error"] == 24.0
    assert scores["volume_error"] == 86400.0


@pytest.mark.parametrize(
    ("simulated", "observed", "metric", "reason"),
    [
        ([1.0, 2.0], [3.0, 3.0], "nse", "observed flow is constant"),
        ([2.0, 2.0], [1.0, 3.0], "kge", "simulated flow is constant"),
        ([2.0], [1.0], "nse", "only one pair"),
        ([1.0, 2.0], [0.0, 0.0], "percent_bias", "zero throughout"),
        ([1.0, -2.0], [1.0, 2.0], "log_nse", "negative"),
    ],
)
def test_undefined_score_has_its_reason(simulated, observed, metric, reason) -> None:
    scores = score(pairs(simulated, observed))
    assert math.isnan(scores[metric])
    assert reason in scores.reasons[metric]


def test_weights_that_leave_too_little_are_the_reason() -> None:
    scores = score(pairs([1.0, 2.0], [1.0, 3.0]), weights=np.array([1.0, 0.0]))
    assert "weights" in scores.reasons["nse"]


def test_scores_as_json_have_null_for_nan() -> None:
    text = json.dumps(score(pairs([1.0, 2.0], [3.0, 3.0])).as_dict(), allow_nan=False)
    assert json.loads(text)["scores"]["nse"] is None


def test_score_without_pairs_raises() -> None:
    with pytest.raises(InputError, match="no pair"):
        score(pairs([], []))


@pytest.mark.parametrize(
    ("name", "value", "level", "text"),
    [
        ("nse", 0.81, 4, "very good"),
        ("nse", 0.80, 3, "good"),
        ("nse", 0.6, 2, "satisfactory"),
        ("nse", 0.2, 1, "unsatisfactory"),
        ("nse", -0.2, 1, "worse than the observed mean"),
        ("r_squared", 0.9, 4, "very good"),
        ("percent_bias", 0.0, 4, "very good"),
        ("percent_bias", -12.0, 2, "satisfactory"),
        ("percent_bias", 40.0, 1, "too much water"),
        ("percent_bias", -40.0, 1, "too little water"),
        ("kge", 0.75, 3, "good"),
        ("kge", 0.5, 2, "intermediate"),
        ("kge", 0.3, 1, "poor"),
        ("kge", -0.2, 1, "very poor"),
        ("kge_2012", -0.5, 1, "no better than the observed mean"),
        ("kge", math.nan, 0, "not defined"),
        ("rmse", 3.0, 0, ""),
    ],
)
def test_grade_follows_the_published_limits(name, value, level, text) -> None:
    verdict = grade(name, value)
    assert (verdict.level, verdict.text) == (level, text)


def test_reference_page_of_metrics_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), "run python -m dmod.evaluation.metric_page"
