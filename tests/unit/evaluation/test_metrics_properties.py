"""What holds for metrics whatever the flow: bounds, ideals, invariances, weights as repetitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.metric_registry import METRICS

OTHERS = {Group.CATEGORICAL, Group.EVENT, Group.SIGNATURE, Group.ENSEMBLE}
OF_PAIRS = [metric for metric in METRICS.values() if metric.group not in OTHERS]
ROUNDING = 1e-9
# of flow in other units the score is the same; log_kge is known not to be
DIMENSIONLESS = [m for m in OF_PAIRS if m.unit in "-%h" and m.name not in {"log_kge", "absolute_error_trend"}]
# a pair's place in time matters to them
IN_TIME = {"peak_timing_error", "annual_peak_timing_error", "absolute_error_trend"}

# few different values, so that ties are frequent, and values of any size
values = st.one_of(st.integers(0, 5).map(float), st.floats(0.0, 1e4, width=32, allow_subnormal=False))


def pairs(smallest: int = 2) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    def of(size: int) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
        series = arrays(np.float64, size, elements=values)
        return st.tuples(series, series)

    return st.integers(smallest, 30).flatmap(of)


def well_conditioned(observed: np.ndarray) -> np.ndarray:
    """Return flow of which neither mean nor spread is lost in rounding."""
    return observed + np.linspace(10.0, 30.0, len(observed)) ** 2


@settings(max_examples=25)
@given(pairs())
def test_scores_of_any_flow_lie_within_the_bounds_of_the_registry(pair) -> None:
    for metric in OF_PAIRS:
        score = metric.function(*pair)
        assert math.isnan(score) or score >= metric.lowest - ROUNDING, metric.name
        assert math.isnan(score) or score <= metric.highest + ROUNDING, metric.name


@settings(max_examples=25)
@given(arrays(np.float64, st.integers(3, 30), elements=values))
def test_perfect_simulation_scores_the_ideal_or_has_no_score(flow) -> None:
    for metric in OF_PAIRS:
        score = metric.function(flow, flow)
        assert math.isnan(score) or score == pytest.approx(metric.ideal, abs=1e-7), metric.name


@settings(max_examples=25)
@given(arrays(np.float64, st.integers(4, 30), elements=values))
def test_perfect_simulation_of_varied_flow_has_every_score(flow) -> None:
    flow = well_conditioned(flow)
    for metric in OF_PAIRS:
        assert metric.function(flow, flow) == pytest.approx(metric.ideal, abs=1e-7), metric.name


@settings(max_examples=25)
@given(pairs(4), st.sampled_from([0.25, 2.0, 1024.0]))
def test_scores_without_a_unit_do_not_depend_on_that_of_flow(pair, factor) -> None:
    simulated, observed = pair[0] + 1.0, well_conditioned(pair[1])
    for metric in DIMENSIONLESS:
        expected = metric.function(simulated, observed)
        scaled = metric.function(factor * simulated, factor * observed)
        assert scaled == pytest.approx(expected, rel=1e-7, abs=1e-7, nan_ok=True), metric.name


@settings(max_examples=25)
@given(pairs(4))
def test_scores_in_the_unit_of_flow_grow_with_it(pair) -> None:
    for metric in OF_PAIRS:
        if metric.unit in {"m³/s", "m³"}:
            expected = 4.0 * metric.function(*pair)
            assert metric.function(4.0 * pair[0], 4.0 * pair[1]) == pytest.approx(expected), metric.name


@settings(max_examples=40)
@given(pairs(4), st.data())
def test_weights_are_as_good_as_pairs_so_many_times(pair, data) -> None:
    simulated, observed = pair[0] + 1.0, well_conditioned(pair[1])
    weights = data.draw(arrays(np.int64, len(observed), elements=st.integers(0, 3)))
    # what has no weight need not even be known
    simulated = np.where(weights > 0, simulated, np.nan)
    times = np.arange(len(observed), dtype=np.float64)
    again = np.repeat(np.arange(len(observed)), weights)
    for metric in OF_PAIRS:
        if metric.name == "volume_error":
            continue
        in_time = "times" in metric.needs
        one = metric.function(simulated, observed, weights=weights, **({"times": times} if in_time else {}))
        other = metric.function(
            simulated[again], observed[again], **({"times": times[again]} if in_time else {})
        )
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6, nan_ok=True), metric.name


@settings(max_examples=25)
@given(pairs(4), st.randoms(use_true_random=False))
def test_order_of_the_pairs_matters_only_to_what_is_in_time(pair, random) -> None:
    simulated, observed = pair[0], well_conditioned(pair[1])
    order = list(range(len(observed)))
    random.shuffle(order)
    for metric in OF_PAIRS:
        if metric.name not in IN_TIME:
            expected = metric.function(simulated, observed)
            shuffled = metric.function(simulated[order], observed[order])
            assert shuffled == pytest.approx(expected, rel=1e-7, abs=1e-7, nan_ok=True), metric.name


@settings(max_examples=25)
@given(pairs(3))
def test_rank_correlation_does_not_change_under_a_rising_transformation(pair) -> None:
    spearman = METRICS["spearman"].function
    expected = spearman(*pair)
    assert spearman(np.sqrt(pair[0]), pair[1] ** 2) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=25)
@given(pairs(4))
def test_squared_error_is_that_of_the_mean_and_that_about_it(pair) -> None:
    rmse, bias, rest = (METRICS[n].function(*pair) for n in ("rmse", "mean_error", "unbiased_rmse"))
    assert rmse**2 == pytest.approx(bias**2 + rest**2, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda metric: metric.name)
def test_metric_with_weights_over_leading_axes_equals_one_series_at_a_time(metric: Metric) -> None:
    random = np.random.default_rng(3)
    simulated, observed = random.gamma(1.0, 3.0, size=(3, 200)), random.gamma(1.0, 3.0, size=(2, 1, 200))
    observed[random.random(observed.shape) < 0.2] = np.nan
    weights = random.random(200)
    together = metric.function(simulated, observed, weights=weights)
    assert together.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        alone = metric.function(simulated[j], observed[i, 0], weights=weights)
        assert together[i, j] == pytest.approx(alone, rel=1e-10)
