"""Metrics against small cases worked by hand, and what must hold for any series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import InputError
from dmod.evaluation import metrics as m
from dmod.evaluation.metric import Group
from dmod.evaluation.metric_registry import METRICS

# the others have tests of their own
OTHERS = {Group.CATEGORICAL, Group.EVENT, Group.SIGNATURE, Group.ENSEMBLE}
OF_PAIRS = [metric for metric in METRICS.values() if metric.group not in OTHERS]

# observed mean 3, variance 2; simulated mean 4, variance 2; errors all 1
OBSERVED = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
SHIFTED = OBSERVED + 1.0
# mean 2.8, squared errors 1, 1, 0, 1, 4
MIXED = np.array([2.0, 1.0, 3.0, 5.0, 3.0])


def pair_of_flows() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    size = st.shared(st.integers(3, 40), key="size")
    series = size.flatmap(lambda n: arrays(np.float64, n, elements=st.floats(0.0, 1e4, width=32)))
    return st.tuples(series, series)


@pytest.mark.parametrize(
    ("function", "simulated", "expected"),
    [
        (m.nse, SHIFTED, 1.0 - 1.0 / 2.0),
        (m.nse, MIXED, 1.0 - (7.0 / 5.0) / 2.0),
        (m.correlation, SHIFTED, 1.0),
        # deviations (-.8,-1.8,.2,2.2,.2) and (-2,-1,0,1,2): covariance 6/5, variances 8.8/5 and 2
        (m.correlation, MIXED, 1.2 / math.sqrt(1.76 * 2.0)),
        (m.r_squared, MIXED, 1.44 / 3.52),
        (m.variability_ratio, MIXED, math.sqrt(1.76 / 2.0)),
        (m.bias_ratio, SHIFTED, 4.0 / 3.0),
        (m.cv_ratio, SHIFTED, 3.0 / 4.0),
        (m.kge, SHIFTED, 1.0 - 1.0 / 3.0),
        (m.kge_2012, SHIFTED, 1.0 - math.sqrt(1.0 / 16.0 + 1.0 / 9.0)),
        (m.percent_bias, SHIFTED, 100.0 / 3.0),
        (m.percent_bias, MIXED, -100.0 / 15.0),
        (m.rmse, MIXED, math.sqrt(7.0 / 5.0)),
        (m.mae, MIXED, 1.0),
        (m.volume_error, SHIFTED, 5.0 * 3600.0),
        (m.peak_error, SHIFTED, 20.0),
        (m.peak_error, MIXED, 0.0),
        (m.peak_timing_error, MIXED, -1.0),
    ],
)
def test_metric_on_a_small_case_equals_the_hand_calculation(function, simulated, expected) -> None:
    assert function(simulated, OBSERVED) == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_log_nse_equals_nse_of_shifted_logarithms() -> None:
    simulated, observed = np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 5.0])
    expected = m.nse(np.log(simulated + 0.02), np.log(observed + 0.02))
    assert m.log_nse(simulated, observed) == pytest.approx(expected, rel=1e-14)


def test_log_nse_of_a_negative_flow_is_nan() -> None:
    assert math.isnan(m.log_nse([1.0, -2.0, 3.0], [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
def test_metric_of_a_perfect_simulation_is_ideal(metric) -> None:
    assert metric.function(OBSERVED, OBSERVED) == pytest.approx(metric.ideal, abs=1e-15)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
def test_metric_over_leading_axes_equals_one_series_at_a_time(metric) -> None:
    simulated = np.random.default_rng(1).gamma(2.0, 3.0, size=(2, 3, 50))
    observed = np.random.default_rng(2).gamma(2.0, 3.0, size=(3, 50))
    together = metric.function(simulated, observed)
    assert together.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        assert together[i, j] == pytest.approx(metric.function(simulated[i, j], observed[j]), rel=1e-12)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
def test_metric_with_missing_pairs_equals_metric_without_them(metric) -> None:
    simulated = np.concatenate((MIXED, [np.nan, 7.0, np.inf]))
    observed = np.concatenate((OBSERVED, [9.0, np.nan, 1.0]))
    assert metric.function(simulated, observed) == pytest.approx(metric.function(MIXED, OBSERVED), rel=1e-14)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
def test_metric_with_zero_weights_equals_metric_without_those_pairs(metric) -> None:
    simulated, observed = np.append(MIXED, 90.0), np.append(OBSERVED, 80.0)
    weighted = metric.function(simulated, observed, weights=[1, 1, 1, 1, 1, 0])
    assert weighted == pytest.approx(metric.function(MIXED, OBSERVED), rel=1e-14)


@pytest.mark.parametrize("name", ["nse", "kge", "kge_2012", "r", "percent_bias", "rmse", "mae", "log_nse"])
def test_metric_with_weight_two_equals_metric_of_the_pair_twice(name) -> None:
    function = METRICS[name].function
    twice = function(np.append(MIXED, MIXED[3]), np.append(OBSERVED, OBSERVED[3]))
    assert function(MIXED, OBSERVED, weights=[1, 1, 1, 2, 1]) == pytest.approx(twice, rel=1e-14)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("count", [0, 3])
def test_metric_without_a_pair_is_nan(metric, count) -> None:
    assert math.isnan(metric.function(np.full(count, np.nan), np.ones(count)))


@pytest.mark.parametrize("name", ["nse", "kge", "kge_2012", "r", "alpha", "gamma", "log_nse", "r_squared"])
def test_metric_of_a_constant_observation_is_nan(name) -> None:
    # 0.1 summed and divided does not give 0.1 back: the variance must still be exactly zero
    assert math.isnan(METRICS[name].function(np.arange(7.0), np.full(7, 0.1)))


@pytest.mark.parametrize("name", ["percent_bias", "beta", "peak_error", "kge"])
def test_metric_relative_to_an_observation_of_zero_is_nan(name) -> None:
    assert math.isnan(METRICS[name].function([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]))


def test_zero_flow_counts_as_a_value() -> None:
    assert m.mae([1.0, 0.0, 0.0], [0.0, 0.0, 3.0]) == pytest.approx(4.0 / 3.0)
    assert m.nse([0.0, 0.0], [0.0, 2.0]) == pytest.approx(-1.0)


def test_peak_timing_with_gaps_uses_the_times() -> None:
    observed, simulated = [1.0, 5.0, 1.0], [1.0, 2.0, 6.0]
    assert m.peak_timing_error(simulated, observed, times=[0.0, 10.0, 40.0]) == 30.0


def test_peak_timing_ignores_a_flood_outside_the_window() -> None:
    observed = np.zeros(400)
    observed[50] = 10.0
    simulated = np.zeros(400)
    simulated[53], simulated[300] = 8.0, 20.0
    assert m.peak_timing_error(simulated, observed) == 3.0
    assert m.peak_timing_error(simulated, observed, window=400.0) == 250.0


def test_volume_error_counts_only_valid_pairs_and_their_interval() -> None:
    assert m.volume_error([2.0, np.nan, 5.0], [1.0, 1.0, 1.0], dt=60.0) == 300.0


def test_kge_parts_are_the_four_ratios() -> None:
    parts = m.kge_parts(2.0 * OBSERVED, OBSERVED)
    assert (parts.r, parts.alpha, parts.beta, parts.gamma) == pytest.approx((1.0, 2.0, 2.0, 1.0))


@pytest.mark.parametrize(
    ("simulated", "observed", "weights"),
    [([1.0, 2.0], [1.0], None), (1.0, 2.0, None), ([1.0, 2.0], [1.0, 2.0], [1.0, 1.0, 1.0])],
)
def test_metric_of_shapes_that_do_not_fit_raises(simulated, observed, weights) -> None:
    with pytest.raises(InputError, match=r"pairs|fit"):
        m.nse(simulated, observed, weights=weights)


def test_metric_with_a_negative_weight_raises() -> None:
    with pytest.raises(InputError, match="negative"):
        m.nse(MIXED, OBSERVED, weights=[1, 1, -1, 1, 1])


@settings(max_examples=25)
@given(pair_of_flows())
def test_mean_error_is_never_above_its_root_mean_square(pair) -> None:
    assert m.mae(*pair) <= m.rmse(*pair) * (1 + 1e-12)


@settings(max_examples=25)
@given(pair_of_flows())
def test_nse_is_one_minus_mean_square_error_over_variance(pair) -> None:
    simulated, observed = pair
    observed = observed + np.linspace(1.0, 2.0, len(observed))
    expected = 1.0 - np.mean((simulated - observed) ** 2) / np.var(observed)
    assert m.nse(simulated, observed) == pytest.approx(expected, rel=1e-9)
