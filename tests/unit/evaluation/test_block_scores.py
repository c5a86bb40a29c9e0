"""Blocks of series: the same scores as one by one, whatever the block, with a reason for each NaN."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation import block_scores, metrics
from dmod.evaluation.block_scores import score_block
from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.undefined import NO_PAIR, ONE_PAIR, UNKNOWN

NAMES = ["nse", "kge", "spearman", "kge_nonparametric", "low_flow_bias", "volume_error", "annual_peak_error"]


@pytest.fixture(scope="module")
def series() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    observed = random.gamma(1.0, 3.0, size=(2, 7, 120)) + 0.1
    simulated = observed[0] * random.lognormal(0.0, 0.3, size=(7, 120))
    observed[1, 2, 20:50] = np.nan
    return simulated, observed


@pytest.mark.parametrize("at_once", [1, 300, 1 << 17])
def test_block_scores_equal_those_of_each_series_alone(series, at_once, monkeypatch) -> None:
    monkeypatch.setattr(block_scores, "VALUES_AT_ONCE", at_once)
    simulated, observed = series
    weights = np.linspace(0.0, 1.0, 120)
    times = np.arange(120) * 24.0 * 7.0
    found = score_block(simulated, observed, NAMES, weights=weights, dt=60.0, times=times)
    assert found.pairs.shape == (2, 7)
    assert found.pairs[1, 2] == 119 - 30
    for name in NAMES:
        needs = {need: {"dt": 60.0, "times": times}[need] for need in METRICS[name].needs}
        for i, j in np.ndindex(2, 7):
            alone = METRICS[name].function(simulated[j], observed[i, j], weights=weights, **needs)
            assert found.values[name][i, j] == pytest.approx(alone, rel=1e-12), name
        assert set(found.reasons[name]) == {""}


def test_block_takes_a_threshold_for_each_place(series) -> None:
    simulated, observed = series
    limits = np.nanmedian(observed, axis=-1, keepdims=True)
    found = score_block(simulated, observed, ["Frequency Bias"], threshold=limits)
    alone = metrics_at(simulated[3], observed[1, 3], float(limits[1, 3, 0]))
    assert found.values["frequency_bias"][1, 3] == pytest.approx(alone)


def metrics_at(simulated, observed, threshold) -> float:
    return METRICS["frequency_bias"].function(simulated, observed, threshold=threshold)


def test_block_of_one_series_has_single_scores() -> None:
    found = score_block([1.0, 2.0, 4.0], [1.0, 2.0, 3.0], ["nse", METRICS["mae"]])
    assert found.values["nse"] == pytest.approx(metrics.nse([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]))
    assert found.values["mae"] == pytest.approx(1.0 / 3.0)
    assert found.pairs == 3


def test_block_without_a_place_has_no_scores() -> None:
    found = score_block(np.zeros((0, 5)), np.zeros((0, 5)), ["nse"])
    assert found.values["nse"].shape == (0,)
    assert found.reasons["nse"] == []


def test_reason_of_a_score_says_what_the_pairs_lack() -> None:
    nan = np.nan
    observed = np.array([[nan, nan, nan], [1.0, nan, nan], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    found = score_block([1.0, 2.0, 4.0], observed, ["kge", "mae"])
    assert found.reasons["kge"] == [
        NO_PAIR,
        ONE_PAIR,
        "observed flow is constant",
        "observed flow is zero throughout",
        "",
    ]
    assert found.reasons["mae"] == [NO_PAIR, "", "", "", ""]


def test_reason_that_the_registry_does_not_know_is_said_to_be_none() -> None:
    # varied, with a mean of zero
    found = score_block([1.0, 2.0, 3.0], [-1.0, 0.0, 1.0], ["percent_bias"])
    assert found.reasons["percent_bias"] == [UNKNOWN]


@pytest.mark.parametrize(
    ("simulated", "observed", "weights"),
    [
        ([1.0, 2.0], [1.0], None),
        (1.0, 1.0, None),
        (np.ones((2, 3)), np.ones((4, 3)), None),
        ([1.0, 2.0], [1.0, 2.0], [1, 2, 3]),
    ],
)
def test_block_of_shapes_that_do_not_fit_raises(simulated, observed, weights) -> None:
    with pytest.raises(InputError, match=r"pairs|fit"):
        score_block(simulated, observed, ["nse"], weights=weights)


def test_block_of_a_metric_that_is_not_of_pairs_raises() -> None:
    other = Metric("other", "Other", "-", 0.0, 1.0, 0.0, "x", "X.", "none", lambda s, o: 0.0, Group.ENSEMBLE)
    with pytest.raises(InputError, match="not one of pairs"):
        score_block([1.0], [1.0], [other])


def test_times_that_do_not_fit_the_pairs_raise() -> None:
    with pytest.raises(InputError, match="do not fit 3 pairs"):
        score_block([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], ["annual_peak_error"], times=np.arange(4.0))


def test_month_that_does_not_exist_raises() -> None:
    with pytest.raises(InputError, match="month 13"):
        metrics.annual_peak_error([1.0], [1.0], first_month=13)
