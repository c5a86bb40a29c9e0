"""Differences between two sets of scores, against closed forms and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from dmod.evaluation.significance import difference, holm


def test_difference_of_equal_scores_is_none() -> None:
    same = np.linspace(0.0, 1.0, 20)
    found = difference(same, same, 1.0)
    assert (found.median, found.low, found.high, found.better, found.p) == (0.0, 0.0, 0.0, 0.5, 1.0)


def test_difference_counts_only_where_both_are_known() -> None:
    found = difference(np.array([0.1, np.nan, 0.3]), np.array([0.2, 0.5, np.nan]), 1.0)
    assert found.locations == 1
    assert found.median == pytest.approx(0.1)
    nothing = difference(np.array([np.nan]), np.array([0.5]), 1.0)
    assert nothing.locations == 0
    assert math.isnan(nothing.p)


def test_signed_rank_is_that_of_the_distances_to_the_ideal() -> None:
    random = np.random.default_rng(2)
    first, second = random.normal(0.0, 10.0, 40), random.normal(0.0, 8.0, 40)
    expected = wilcoxon(np.abs(first) - np.abs(second), zero_method="pratt").pvalue
    assert difference(first, second, 0.0).p == pytest.approx(expected)
    assert difference(second, first, 0.0).p == pytest.approx(expected)


def test_a_metric_without_an_ideal_has_no_better() -> None:
    found = difference(np.arange(10.0), np.arange(10.0) + 1.0, float("nan"))
    assert math.isnan(found.better)
    assert found.p == pytest.approx(2.0 / 2**10)


def test_the_interval_is_the_same_every_time_and_encloses_the_median() -> None:
    random = np.random.default_rng(3)
    first, second = random.random(300), random.random(300) + 0.2
    found = difference(first, second, 1.0)
    assert found == difference(first, second, 1.0)
    assert found.low < found.median < found.high
    assert difference(first, second, 1.0, level=0.5).high < found.high


def test_holm_steps_down() -> None:
    # by hand: 0.01 × 4, 0.02 × 3, 0.03 × 2, 0.04 × 1, none below the one before
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    adjusted = holm([float("nan"), 0.02])
    assert math.isnan(adjusted[0])
    assert adjusted[1] == pytest.approx(0.02)
    assert holm([]) == []
