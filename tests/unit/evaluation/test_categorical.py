"""Metrics at a threshold: a table counted by hand, another library, what must hold for any series."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scores.categorical import BinaryContingencyManager

from dmod.errors import InputError
from dmod.evaluation.contingency import contingency
from dmod.evaluation.metrics import categorical as c
from dmod.evaluation.metrics import categorical_skill as k
from dmod.evaluation.metrics.categorical import METRICS_OF_CATEGORIES
from dmod.evaluation.metrics.categorical_skill import METRICS_OF_CATEGORICAL_SKILL
from dmod.evaluation.sample import Sample

METRICS = {metric.name: metric for metric in METRICS_OF_CATEGORIES + METRICS_OF_CATEGORICAL_SKILL}
# at 3: three hits, one miss, two false alarms, four correct negatives; a value of 3 is an occurrence
OBSERVED = np.array([3.0, 5.0, 9.0, 4.0, 1.0, 2.9, 0.0, 1.0, 2.0, 2.0])
SIMULATED = np.array([4.0, 3.0, 3.1, 2.9, 3.0, 8.0, 1.0, 0.0, 2.0, 2.5])

tables = st.tuples(*[st.integers(0, 12)] * 4)


def series(hits: int, misses: int, false_alarms: int, correct: int) -> tuple[np.ndarray, np.ndarray]:
    """Return simulated and observed ones and zeros with so many of each."""
    simulated = np.repeat([1.0, 0.0, 1.0, 0.0], [hits, misses, false_alarms, correct])
    observed = np.repeat([1.0, 1.0, 0.0, 0.0], [hits, misses, false_alarms, correct])
    return simulated, observed


def sedi(hit: float, false: float) -> float:
    logs = (math.log(false), math.log(hit), math.log(1 - hit), math.log(1 - false))
    return (logs[0] - logs[1] + logs[2] - logs[3]) / sum(logs)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (c.probability_of_detection, 3 / 4),
        (c.false_alarm_ratio, 2 / 5),
        (c.precision, 3 / 5),
        (c.probability_of_false_detection, 2 / 6),
        (c.frequency_bias, 5 / 4),
        (c.accuracy, 7 / 10),
        (c.critical_success_index, 3 / 6),
        # hits by chance 4 * 5 / 10 = 2
        (k.equitable_threat_score, (3 - 2) / (6 - 2)),
        # right by chance (4 * 5 + 6 * 5) / 10 = 5 of 10
        (k.heidke_skill, (7 - 5) / (10 - 5)),
        (k.peirce_skill, 3 / 4 - 2 / 6),
        (k.symmetric_extremal_dependence, sedi(3 / 4, 1 / 3)),
        # odds (3 * 4) / (1 * 2) = 6: (6 - 1) / (6 + 1)
        (k.odds_ratio_skill, 5 / 7),
    ],
)
def test_metric_of_a_table_counted_by_hand_equals_the_calculation(function, expected) -> None:
    assert function(SIMULATED, OBSERVED, threshold=3.0) == pytest.approx(expected, rel=1e-14)


def test_every_metric_at_a_threshold_is_worked_by_hand() -> None:
    (mark,) = test_metric_of_a_table_counted_by_hand_equals_the_calculation.pytestmark
    assert {case[0].__name__ for case in mark.args[1]} == set(METRICS)


def test_contingency_shares_add_up_to_one_and_are_those_counted() -> None:
    table = contingency(Sample.of(SIMULATED, OBSERVED), 3.0)
    shares = (table.hits, table.misses, table.false_alarms, table.correct_negatives)
    assert shares == pytest.approx((0.3, 0.1, 0.2, 0.4))
    assert table.total == pytest.approx(1.0)


def test_contingency_is_shared_by_metrics_of_one_sample_at_each_of_its_thresholds() -> None:
    sample, thresholds = Sample.of(SIMULATED, OBSERVED), [np.full(10, 3.0), np.full(10, 5.0)]
    tables = [contingency(sample, threshold) for threshold in thresholds]
    assert [float(table.hits) for table in tables] == pytest.approx([0.3, 0.0])
    assert all(contingency(sample, one) is table for one, table in zip(thresholds, tables, strict=True))
    assert contingency(Sample.of(OBSERVED, OBSERVED), thresholds[0]).hits == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("probability_of_detection", "probability_of_detection"),
        ("false_alarm_ratio", "false_alarm_ratio"),
        ("precision", "precision"),
        ("probability_of_false_detection", "probability_of_false_detection"),
        ("frequency_bias", "frequency_bias"),
        ("accuracy", "accuracy"),
        ("critical_success_index", "critical_success_index"),
        ("equitable_threat_score", "equitable_threat_score"),
        ("heidke_skill", "heidke_skill_score"),
        ("peirce_skill", "peirce_skill_score"),
        ("symmetric_extremal_dependence", "symmetric_extremal_dependence_index"),
        ("odds_ratio_skill", "odds_ratio_skill_score"),
    ],
)
def test_metric_equals_that_of_another_library(name, theirs) -> None:
    random = np.random.default_rng(7)
    observed = (random.random((40, 60)) > 0.6).astype(np.float64)
    simulated = np.where(random.random((40, 60)) > 0.3, observed, 1.0 - observed)
    tables = BinaryContingencyManager(
        xr.DataArray(simulated, dims=("case", "time")), xr.DataArray(observed, dims=("case", "time"))
    ).transform(preserve_dims="case")
    mine = METRICS[name].function(simulated, observed, threshold=0.5)
    np.testing.assert_allclose(mine, getattr(tables, theirs)().values, rtol=1e-10, atol=1e-13)


@settings(max_examples=15)
@given(table=tables)
def test_metric_stays_within_its_bounds(table) -> None:
    simulated, observed = series(*table)
    for metric in METRICS.values():
        value = metric.function(simulated, observed, threshold=0.5)
        assert math.isnan(value) or metric.lowest - 1e-12 <= value <= metric.highest + 1e-12, metric.name


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
@settings(max_examples=15)
@given(counts=st.tuples(st.integers(1, 30), st.integers(1, 30)))
def test_metric_of_a_perfect_simulation_is_ideal(metric, counts) -> None:
    simulated, observed = series(counts[0], 0, 0, counts[1])
    assert metric.function(simulated, observed, threshold=0.5) == pytest.approx(metric.ideal, abs=1e-15)


@pytest.mark.parametrize(
    "function", [k.heidke_skill, k.peirce_skill, k.symmetric_extremal_dependence, k.odds_ratio_skill]
)
def test_skill_of_the_opposite_is_minus_one(function) -> None:
    assert function(*series(0, 5, 5, 0), threshold=0.5) == pytest.approx(-1.0)


@pytest.mark.parametrize("metric", METRICS_OF_CATEGORICAL_SKILL, ids=lambda metric: metric.name)
def test_skill_of_independent_series_is_zero(metric) -> None:
    # 6 of 10 simulated and 5 of 10 observed occur, as often together as chance has it: 3 = 6 * 5 / 10
    assert metric.function(*series(3, 2, 3, 2), threshold=0.5) == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize(
    ("function", "table"),
    [
        (c.probability_of_detection, (0, 0, 2, 3)),
        (c.false_alarm_ratio, (0, 2, 0, 3)),
        (c.precision, (0, 2, 0, 3)),
        (c.probability_of_false_detection, (2, 3, 0, 0)),
        (c.frequency_bias, (0, 0, 2, 3)),
        (c.accuracy, (0, 0, 0, 0)),
        (c.critical_success_index, (0, 0, 0, 4)),
        (k.equitable_threat_score, (0, 0, 0, 4)),
        (k.equitable_threat_score, (7, 0, 0, 0)),
        (k.heidke_skill, (7, 0, 0, 0)),
        (k.peirce_skill, (3, 4, 0, 0)),
        (k.symmetric_extremal_dependence, (3, 0, 2, 4)),
        (k.symmetric_extremal_dependence, (3, 4, 0, 4)),
        (k.odds_ratio_skill, (3, 0, 2, 0)),
    ],
)
def test_metric_of_a_degenerate_table_is_nan(function, table) -> None:
    assert math.isnan(function(*series(*table), threshold=0.5))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
class TestEveryMetric:
    def test_over_leading_axes_it_equals_one_series_at_a_time(self, metric) -> None:
        simulated = np.random.default_rng(1).gamma(2.0, 3.0, size=(2, 3, 60))
        observed = np.random.default_rng(2).gamma(2.0, 3.0, size=(3, 60))
        threshold = np.array([[3.0], [5.0], [7.0]])
        together = metric.function(simulated, observed, threshold=threshold)
        assert together.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            alone = metric.function(simulated[i, j], observed[j], threshold=threshold[j, 0])
            assert together[i, j] == pytest.approx(alone, rel=1e-12)

    def test_missing_pairs_and_unknown_thresholds_do_not_count(self, metric) -> None:
        simulated = np.concatenate((SIMULATED, [np.nan, 7.0, 9.0]))
        observed = np.concatenate((OBSERVED, [9.0, np.nan, 0.0]))
        threshold = np.concatenate((np.full(12, 3.0), [np.nan]))
        expected = metric.function(SIMULATED, OBSERVED, threshold=3.0)
        assert metric.function(simulated, observed, threshold=threshold) == pytest.approx(expected, rel=1e-14)

    def test_weight_two_counts_as_the_pair_twice(self, metric) -> None:
        weights = np.ones(10)
        weights[[1, 3]] = 2.0
        twice = np.append(SIMULATED, SIMULATED[[1, 3]]), np.append(OBSERVED, OBSERVED[[1, 3]])
        mine = metric.function(SIMULATED, OBSERVED, weights=weights, threshold=3.0)
        assert mine == pytest.approx(metric.function(*twice, threshold=3.0), rel=1e-13)

    def test_a_threshold_by_time_moves_with_the_series(self, metric) -> None:
        shift = np.linspace(0.0, 50.0, 10)
        moved = metric.function(SIMULATED + shift, OBSERVED + shift, threshold=3.0 + shift)
        assert moved == pytest.approx(metric.function(SIMULATED, OBSERVED, threshold=3.0), rel=1e-14)

    @pytest.mark.parametrize("threshold", [3.0, np.nan])
    def test_without_a_pair_it_is_nan(self, metric, threshold) -> None:
        assert math.isnan(metric.function(np.full(4, np.nan), np.ones(4), threshold=threshold))

    def test_its_definition_and_reference_are_told(self, metric) -> None:
        assert metric.needs == ("threshold",)
        assert "doi:10." in metric.reference
        assert metric.definition
        assert metric.meaning.endswith(".")


def test_threshold_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"threshold of shape \(3,\) does not fit pairs of shape \(10,\)"):
        c.accuracy(SIMULATED, OBSERVED, threshold=[1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("metric", "alias"),
    [
        ("probability_of_detection", "Probability Of Detection"),
        ("false_alarm_ratio", "False Alarm Ratio"),
        ("probability_of_false_detection", "Probability Of False Detection"),
        ("frequency_bias", "Frequency Bias"),
        ("accuracy", "Accuracy"),
        ("critical_success_index", "Critical Success Index"),
        ("equitable_threat_score", "Equitable Threat Score"),
        ("heidke_skill", "General Skill"),
        ("precision", "Precision"),
    ],
)
def test_metric_is_found_by_its_name_in_dmod(metric, alias) -> None:
    assert alias in METRICS[metric].aliases
