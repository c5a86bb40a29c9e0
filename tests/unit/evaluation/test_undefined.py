"""Reasons why a metric has no value, for those that depend on thresholds, floods and years."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.sample import Sample
from dmod.evaluation.undefined import NO_PAIR, reasons

OBSERVED = np.array([[1.0, 2.0, 3.0, 4.0], [np.nan, np.nan, np.nan, np.nan], [1.0, 9.0, 1.0, 1.0]])


@pytest.mark.parametrize(
    ("name", "needs", "reason"),
    [
        ("probability_of_detection", {"threshold": 8.0}, "the threshold is not known, or too few values are"),
        ("event_hit_rate", {"threshold": 8.0}, "there is no flood, or none that both have"),
    ],
)
def test_score_without_an_occurrence_says_so(name, needs, reason) -> None:
    sample = Sample.of(OBSERVED, OBSERVED)
    score = METRICS[name].function.of(sample, **needs)
    told = reasons(METRICS[name], sample, score)
    assert told[0].startswith(reason)
    assert told[1:] == [NO_PAIR, ""]


def test_score_without_a_complete_year_says_so() -> None:
    sample = Sample.of(OBSERVED, OBSERVED)
    metric = METRICS["half_flow_day_error"]
    told = reasons(metric, sample, metric.function.of(sample, times=np.arange(4.0)))
    assert told == ["no water year is complete", NO_PAIR, "no water year is complete"]
