from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import InputError
from dmod.evaluation import metrics
from dmod.services.comparison.deviation import Deviations, Gathered, Tolerance, parse_tolerance

VALUES = st.floats(-1e6, 1e6, allow_subnormal=False) | st.just(math.nan)
SERIES = arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=VALUES)


def deviations(reference: object, other: object, tolerance: Tolerance | None = None) -> Deviations:
    a, b = np.atleast_2d(np.array(reference, dtype=float)), np.atleast_2d(np.array(other, dtype=float))
    gathered = Gathered(len(a))
    gathered.add(0, a, b, tolerance or Tolerance())
    return gathered.deviations()


def test_deviations_computed_by_hand() -> None:
    found = deviations([1.0, 2.0, 3.0, 6.0], [1.0, 4.0, 3.0, 5.0])

    # differences 0, 2, 0, -1: mean 1/4, mean square 5/4; the reference's mean 3, its squares 4+1+0+9 = 14
    assert (found.pairs[0], found.missing[0], found.beyond[0], found.at[0]) == (4, 0, 2, 1)
    assert found.largest[0] == 2.0
    assert found.bias[0] == 0.25
    assert found.rmse[0] == math.sqrt(1.25)
    assert found.spread[0] == math.sqrt(3.5)
    assert found.nse[0] == pytest.approx(1.0 - 5.0 / 14.0, rel=1e-15)
    # the other's mean 3.25, deviations -2.25, 0.75, -0.25, 1.75: squares 8.75, products 4.5-0.75+0+5.25 = 9
    assert found.correlation[0] == pytest.approx(9.0 / math.sqrt(14.0 * 8.75), rel=1e-15)
    assert (found.reference_sum[0], found.other_sum[0]) == (12.0, 13.0)
    assert found.relative[0] == pytest.approx(1.0 / 12.0, rel=1e-15)
    assert found.distance[0] == pytest.approx(math.sqrt(5.0 / 14.0), rel=1e-15)
    assert not found.identical[0]


def test_deviations_of_equal_series_are_none() -> None:
    found = deviations([1.0, math.nan, 0.1], [1.0, math.nan, 0.1])
    assert found.identical[0]
    assert (found.pairs[0], found.missing[0], found.largest[0], found.nse[0]) == (2, 0, 0.0, 1.0)
    assert found.correlation[0] == 1.0


def test_deviations_of_the_last_bit_are_not_identical_and_within_a_relative_tolerance() -> None:
    a, b = 0.1, math.nextafter(0.1, 1.0)
    assert not deviations([a, a], [a, b]).identical[0]
    assert deviations([a, a], [a, b]).beyond[0] == 1
    assert deviations([a, a], [a, b], Tolerance(relative=1e-15)).beyond[0] == 0


def test_deviations_of_a_signed_zero_are_not_identical_but_no_difference() -> None:
    found = deviations([0.0, 1.0], [-0.0, 1.0])
    assert (bool(found.identical[0]), found.beyond[0], found.largest[0]) == (False, 0, 0.0)


def test_deviations_count_values_that_only_one_has() -> None:
    found = deviations([1.0, math.nan, 3.0], [1.0, 2.0, math.inf])
    assert (found.pairs[0], found.missing[0], found.beyond[0]) == (1, 2, 0)
    assert not found.identical[0]
    assert not found.within[0]


def test_deviations_without_a_pair_are_not_known() -> None:
    found = deviations([math.nan], [1.0])
    assert (found.pairs[0], found.at[0]) == (0, -1)
    assert np.isnan([found.largest[0], found.bias[0], found.rmse[0], found.nse[0]]).all()
    assert found.distance[0] == 0.0


def test_deviations_from_a_constant_reference_have_no_efficiency_and_are_farthest() -> None:
    found = deviations([[0.1] * 10, [0.1] * 10], [[0.1] * 10, [0.2] * 10])
    assert np.isnan(found.nse).all()
    assert found.distance.tolist() == [0.0, math.inf]


ROUND = st.floats(-1e6, 1e6).map(lambda value: round(value, 6)) | st.just(math.nan)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=ROUND),
    st.integers(0, 2**32 - 1),
)
def test_deviations_are_those_of_the_metrics(reference: np.ndarray, seed: int) -> None:
    other = reference + np.random.default_rng(seed).normal(0.0, 10.0, reference.shape)
    found = deviations(reference, other)
    scale = np.nanmax(np.abs(reference), initial=1.0)
    for ours, theirs in (
        (found.rmse, metrics.rmse(other, reference)),
        (found.bias, np.asarray(metrics.percent_bias(other, reference)) / 100.0 * mean(reference)),
    ):
        known = np.isfinite(np.asarray(theirs))
        np.testing.assert_allclose(ours[known], np.asarray(theirs)[known], rtol=1e-9, atol=1e-12 * scale)
    wide = found.spread > 1e-3 * scale
    for ours, theirs in (
        (found.nse, metrics.nse(other, reference)),
        (found.correlation, metrics.correlation(other, reference)),
    ):
        np.testing.assert_allclose(ours[wide], np.asarray(theirs)[wide], rtol=1e-7, atol=1e-7)


def mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)


@given(SERIES)
def test_deviations_of_a_series_from_itself_are_identical(series: np.ndarray) -> None:
    found = deviations(series, series.copy())
    assert found.identical.all()
    assert found.within.all()
    assert not np.nan_to_num(found.largest).any()


@given(SERIES, st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.floats(0.0, 0.1))
def test_largest_difference_and_tolerance_do_not_depend_on_the_order(
    one: np.ndarray, seed: int, absolute: float, relative: float
) -> None:
    random = np.random.default_rng(seed)
    another = np.where(random.random(one.shape) < 0.5, one, one + random.normal(0.0, 0.5, one.shape))
    tolerance = Tolerance(absolute, relative)
    there, back = deviations(one, another, tolerance), deviations(another, one, tolerance)
    np.testing.assert_array_equal(there.largest, back.largest)
    np.testing.assert_array_equal(there.beyond, back.beyond)
    np.testing.assert_array_equal(there.identical, back.identical)
    np.testing.assert_array_equal(there.bias, -back.bias)


def test_tolerance_is_read_as_absolute_and_relative() -> None:
    assert parse_tolerance("1e-9") == Tolerance(1e-9, 0.0)
    assert parse_tolerance("0/1e-6") == Tolerance(0.0, 1e-6)


@pytest.mark.parametrize("text", ["", "much", "1e-9/", "-1", "nan", "1/2/3"])
def test_tolerance_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="tolerance"):
        parse_tolerance(text)
