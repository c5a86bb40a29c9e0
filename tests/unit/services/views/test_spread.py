"""Spread of values: exact ends, shares close to those of all values, read in any blocks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dmod.services.views import spread
from dmod.services.views.spread import Read, Spread, spread_of

SHARES = [0.02, 0.98, *(np.arange(1, 8) / 8)]


def reading(values: NDArray[np.float64]) -> Read:
    return lambda rows, first, count: values[rows, first : first + count]


def found(values: NDArray[np.float64]) -> Spread:
    return spread_of(reading(values), *values.shape)


@pytest.mark.parametrize("block", [7, 1000, 2_000_000])
def test_ends_are_exact_and_shares_are_those_of_all_values(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "BLOCK", block)
    random = np.random.default_rng(3)
    values = random.gamma(0.5, 3.0, (40, 211)) - 0.4
    values[3, 100:] = np.nan
    values[5, 5], values[6, 6] = -77.25, 512.5
    shown = found(values)
    assert (shown.least, shown.greatest, shown.whole) == (-77.25, 512.5, True)
    assert (shown.count, shown.missing) == (40 * 211 - 111, 111)
    known = values[np.isfinite(values)]
    exact = np.quantile(known, SHARES, method="lower")
    np.testing.assert_allclose([shown.low, shown.high, *shown.breaks], exact, rtol=5e-4, atol=1e-30)


@pytest.mark.parametrize("constant", [0.0, -0.0, 3.3, -3.3, 1e-30])
def test_constant_is_itself(constant: float) -> None:
    shown = found(np.full((3, 4), constant))
    single = float(np.float32(constant))
    assert (shown.least, shown.greatest, shown.low, shown.high) == (single,) * 4
    assert set(shown.breaks) == {single}


def test_what_has_no_value_has_no_ends() -> None:
    assert found(np.full((2, 3), np.nan)) == Spread(0, 6, whole=True)
    assert found(np.empty((0, 3))) == Spread(0, 0, whole=True)


def test_of_too_many_numbers_those_of_some_places_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "MOST_READ", 20)
    values = np.arange(50.0).reshape(10, 5)
    values[4, 4] = 99.0  # in one of the places that are left out
    shown = found(values)
    assert not shown.whole
    assert (shown.count, shown.least, shown.greatest) == (20, 0.0, 49.0)
