"""Fewer points, and no peak lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.services.views.thinning import duration_curve, enveloped, thinned

SERIES = arrays(np.float64, st.integers(30, 400), elements=st.floats(0, 1e4, width=32) | st.just(np.nan))


@settings(max_examples=60, deadline=None)
@given(SERIES, st.integers(8, 40))
def test_highest_and_lowest_and_both_ends_stay(values: np.ndarray, points: int) -> None:
    seconds = np.arange(len(values), dtype=np.int64) * 3600
    times, kept = thinned(seconds, values, points)
    assert np.all(np.diff(times) > 0)
    assert times[0] == 0
    assert times[-1] == seconds[-1]
    known = values[np.isfinite(values)]
    if known.size:
        assert np.nanmax(kept) == known.max()
        assert np.nanmin(kept) == known.min()
    index = times // 3600
    assert np.array_equal(kept, values[index], equal_nan=True)
    assert len(kept) <= 2 * points + 10


def test_every_stretch_keeps_its_own_peak() -> None:
    values = np.zeros(10_000)
    peaks = np.arange(50, 10_000, 500)
    values[peaks] = np.arange(1.0, len(peaks) + 1)
    _, kept = thinned(np.arange(10_000, dtype=np.int64), values, 400)
    assert set(np.unique(kept)) == {0.0, *np.arange(1.0, len(peaks) + 1)}


def test_short_series_stays_as_it_is() -> None:
    seconds, values = np.arange(5), np.array([1.0, np.nan, 3.0, 2.0, 1.0])
    times, kept = thinned(seconds, values, 8)
    assert times is seconds
    assert kept is values


def test_gap_stays_a_gap() -> None:
    values = np.ones(1000)
    values[400:600] = np.nan
    times, kept = thinned(np.arange(1000, dtype=np.int64), values, 40)
    inside = (times >= 400) & (times < 600)
    assert np.isnan(kept[inside]).any()


def test_duration_curve_by_hand() -> None:
    # ranks of 4, 3, 2, 1 among four values: i / 5
    exceeded, flows = duration_curve(np.array([2.0, np.nan, 4.0, 1.0, 3.0]), 10)
    assert flows == [4.0, 3.0, 2.0, 1.0]
    assert exceeded == pytest.approx([20.0, 40.0, 60.0, 80.0])
    assert duration_curve(np.array([np.nan]), 10) == ([], [])


def test_duration_curve_of_many_values_keeps_both_ends_and_order() -> None:
    values = np.random.default_rng(1).lognormal(size=20_000)
    exceeded, flows = duration_curve(values, 100)
    assert len(flows) <= 100
    assert flows[0] == values.max()
    assert flows[-1] == values.min()
    assert exceeded == sorted(exceeded)
    assert flows == sorted(flows, reverse=True)


def test_quantiles_of_a_stretch_are_the_outermost_and_gaps_stay() -> None:
    seconds = np.arange(1000, dtype=np.int64)
    low, high = np.sin(seconds / 3.0), 5.0 + np.cos(seconds / 3.0)
    low[400:520] = high[400:520] = np.nan
    times, found = enveloped(seconds, {0.05: low, 0.95: high}, 50)
    assert times.tolist() == list(range(0, 1000, 20))
    for at, stretch in enumerate(np.split(seconds, 50)):
        if 400 <= stretch[0] < 520:
            assert np.isnan([found[0.05][at], found[0.95][at]]).all()
        else:
            assert (found[0.05][at], found[0.95][at]) == (low[stretch].min(), high[stretch].max())
    same, kept = enveloped(seconds[:20], {0.05: low[:20]}, 50)
    assert len(same) == 20
    assert np.array_equal(kept[0.05], low[:20])
