"""Quantiles against small cases worked by hand and against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import InputError
from dmod.evaluation.quantile import OrderedValues, quantile

series = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e3, 1e3, width=32))


@pytest.mark.parametrize(
    ("probability", "expected"),
    # 1, 2, 4, 8 stand at 1/8, 3/8, 5/8, 7/8
    [(0.0, 1.0), (0.125, 1.0), (0.25, 1.5), (0.5, 3.0), (0.625, 4.0), (0.75, 6.0), (0.875, 8.0), (1.0, 8.0)],
)
def test_quantile_of_four_values_equals_the_hand_calculation(probability, expected) -> None:
    assert quantile([4.0, 1.0, np.nan, 8.0, 2.0], probability) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("probability", "expected"),
    # weights 1, 3, 2 of 6: 10, 20, 30 stand at 1/12, 5/12, 10/12
    [(0.0, 10.0), (1 / 12, 10.0), (0.25, 15.0), (5 / 12, 20.0), (0.625, 25.0), (10 / 12, 30.0), (1.0, 30.0)],
)
def test_weighted_quantile_equals_the_hand_calculation(probability, expected) -> None:
    values, weights = [30.0, 10.0, 5.0, 20.0, np.nan], [2.0, 1.0, 0.0, 3.0, 4.0]
    assert quantile(values, probability, weights) == pytest.approx(expected)


@settings(max_examples=40)
@given(values=series, probability=st.floats(0.0, 1.0))
def test_quantile_equals_numpys_of_the_same_kind(values, probability) -> None:
    expected = np.quantile(values, probability, method="hazen")
    assert quantile(values, probability) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(max_examples=40)
@given(values=series, probability=st.floats(0.0, 1.0))
def test_quantile_with_weights_all_but_alike_equals_that_without(values, probability) -> None:
    weights = np.full(len(values), 1.0)
    weights[0] += 1e-13
    assert quantile(values, probability, weights) == pytest.approx(
        quantile(values, probability), rel=1e-6, abs=1e-6
    )
    assert quantile(values, probability, 3.0) == quantile(values, probability)


@settings(max_examples=40)
@given(values=series, weights=st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_quantile_never_falls_as_the_probability_rises(values, weights) -> None:
    ordered = OrderedValues.of(values, np.array(weights[: len(values)], dtype=float))
    found = [float(ordered.at(p)) for p in np.linspace(0.0, 1.0, 21)]
    assert np.isnan(found).all() or np.all(np.diff(found) >= -1e-9)


def test_quantile_over_leading_axes_equals_one_series_at_a_time() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(2, 3, 20))
    values[0, 1, 4:9] = np.nan
    values[1, 2] = np.nan
    for weights in (None, random.integers(0, 3, size=(3, 20)).astype(float)):
        together = quantile(values, 0.3, weights)
        for i, j in np.ndindex(2, 3):
            alone = quantile(values[i, j], 0.3, None if weights is None else weights[j])
            assert together[i, j] == pytest.approx(float(alone), nan_ok=True)
        assert np.isnan(together[1, 2])


@pytest.mark.parametrize("weights", [None, [0.0, 0.0, 0.0]])
def test_quantile_without_a_value_is_nan(weights) -> None:
    assert np.isnan(quantile([np.nan, np.inf, np.nan], 0.5, weights))
    assert np.isnan(quantile([], 0.5))


@pytest.mark.parametrize("probability", [-0.1, 1.1, np.nan])
def test_probability_outside_of_its_range_is_refused(probability) -> None:
    with pytest.raises(InputError, match=r"is outside of \[0, 1\]"):
        quantile([1.0], probability)
