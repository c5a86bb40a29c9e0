"""Arrays of floats come back from the page as they were, but for the last bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.evaluation.report.evaluation.packing import packed, unpacked


@pytest.mark.parametrize("bits", [8, 12, 18, 22])
def test_packed_values_come_back_within_the_kept_bits(bits: int) -> None:
    values = np.random.default_rng(1).normal(0.0, 1e3, 5000) * np.exp(
        np.random.default_rng(2).normal(0, 9, 5000)
    )
    back = unpacked(packed(values, bits))
    assert len(back) == 5000
    assert np.max(np.abs(back / np.float32(values) - 1.0)) <= 2.0 ** -(bits + 1) * 1.001


@given(st.lists(st.floats(width=32, allow_infinity=False, allow_nan=True, allow_subnormal=False)))
def test_packed_values_keep_sign_and_zero_and_what_is_missing(values: list[float]) -> None:
    back = unpacked(packed(values, 12)) if values else np.empty(0)
    array = np.array(values)
    finite = np.isfinite(back)
    # the largest floats may be rounded up to what is no number
    assert np.all(np.isnan(back[np.isnan(array)]))
    assert np.array_equal(np.sign(back[finite]), np.sign(array[finite]))
    assert np.all(finite[np.abs(array) < 3e38])


def test_infinite_values_are_missing() -> None:
    assert np.isnan(unpacked(packed([np.inf, -np.inf, 1e60], 12))).all()


def test_smooth_series_take_a_tenth_of_their_size() -> None:
    recession = 40.0 * np.exp(-np.arange(8760) / 900.0)
    assert len(packed(recession, 12)["z"]) < 8760 * 4 / 10


def test_no_value_is_packed_too() -> None:
    assert packed([], 12)["n"] == 0
    assert len(unpacked(packed([], 12))) == 0
