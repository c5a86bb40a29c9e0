"""Metrics beside those of another public library, scores (Leeuwenburg et al. 2024)."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from dmod.evaluation.metric_registry import METRICS

scores = pytest.importorskip("scores.continuous", reason="scores is a development dependency")


@pytest.fixture(scope="module")
def series() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    observed = np.round(random.gamma(0.6, 5.0, size=(4, 400)), 1) + 0.1
    simulated = np.round(observed * random.lognormal(0.1, 0.4, size=(4, 400)), 1)
    return simulated, observed


THEIRS = {
    "nse": lambda s, o: scores.nse(s, o, reduce_dims="time"),
    "kge": lambda s, o: scores.kge(s, o, reduce_dims="time"),
    "rmse": lambda s, o: scores.rmse(s, o, reduce_dims="time"),
    "mae": lambda s, o: scores.mae(s, o, reduce_dims="time"),
    "mean_error": lambda s, o: scores.mean_error(s, o, reduce_dims="time"),
    "percent_bias": lambda s, o: scores.pbias(s, o, reduce_dims="time"),
    "beta": lambda s, o: scores.multiplicative_bias(s, o, reduce_dims="time"),
    "r": lambda s, o: scores.correlation.pearsonr(s, o, reduce_dims="time"),
    "spearman": lambda s, o: scores.correlation.spearmanr(s, o, reduce_dims="time"),
}


@pytest.mark.parametrize("name", THEIRS)
def test_metric_equals_that_of_the_other_library(name, series) -> None:
    theirs = THEIRS[name](*(xr.DataArray(values, dims=("location", "time")) for values in series))
    assert METRICS[name].function(*series) == pytest.approx(theirs.values, rel=1e-11)


@pytest.mark.parametrize("name", ["nse", "kge", "rmse", "mae", "mean_error", "percent_bias", "r", "spearman"])
def test_metric_with_gaps_equals_that_of_the_other_library(name, series) -> None:
    simulated, observed = (values.copy() for values in series)
    simulated[:, 10:20], observed[:, 15:40] = np.nan, np.nan
    both = np.isfinite(simulated) & np.isfinite(observed)
    # theirs takes means of each side over all that it has: give both the same gaps
    gapped = (np.where(both, values, np.nan) for values in (simulated, observed))
    theirs = THEIRS[name](*(xr.DataArray(values, dims=("location", "time")) for values in gapped))
    assert METRICS[name].function(simulated, observed) == pytest.approx(theirs.values, rel=1e-11)


# not nse: theirs is against the mean of the observation without weights
@pytest.mark.parametrize("name", ["rmse", "mae", "mean_error"])
def test_metric_with_weights_equals_that_of_the_other_library(name, series) -> None:
    weights = np.random.default_rng(8).random(400)
    arrays = [xr.DataArray(values, dims=("location", "time")) for values in series]
    function = getattr(scores, name)
    theirs = function(*arrays, reduce_dims="time", weights=xr.DataArray(weights, dims="time"))
    assert METRICS[name].function(*series, weights=weights) == pytest.approx(theirs.values, rel=1e-11)
