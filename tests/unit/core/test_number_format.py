"""Numbers as text are what printf writes, for every double and every number of digits."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.core.number_format import RowFormatter

NASTY = [
    0.0, 0.5, 1.5, 2.5, 0.125, 9.9999999995, 9.99999999949, 1e22, 1e23, 123456789.0, 1234567890.0,
    12345678905.0, 0.0009765625, 1e-5, 9.9999999995e-5, 0.0001, 99999.5, 999999.5, 99999999.5,
    999999999.5, 1e9, 1e16, 1e17, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
    1.7976931348623157e308, 0.1, 0.3, 2 / 3, 1e-4 - 1e-20, 8.5, 123456.7890625, math.pi,
]  # fmt: skip
POWERS = [10.0**k for k in range(-308, 309)] + [2.0**k for k in range(-1074, 1024)]


def texts(values: np.ndarray, digits: int) -> list[str]:
    formatter = RowFormatter([""] * values.size, 1, digits)
    return bytes(formatter.format(values[None])).decode().split("\n")[:-1]


def expected(values: np.ndarray, digits: int) -> list[str]:
    return [f"{value:.{digits}g}" for value in values.tolist()]


@pytest.mark.parametrize("digits", range(1, 18))
def test_format_nasty_values_match_printf(digits: int) -> None:
    values = np.array(NASTY + POWERS)
    below = np.nextafter(values, 0.0)
    above = np.nextafter(values[values < 1e308], np.inf)
    values = np.concatenate((values, -values, below, above))
    assert texts(values, digits) == expected(values, digits)


@pytest.mark.parametrize("digits", [1, 6, 8, 9, 10, 15, 16, 17])
def test_format_random_bits_match_printf(digits: int) -> None:
    rng = np.random.default_rng(digits)
    values = rng.integers(0, 2**64, 60_000, dtype=np.uint64).view(np.float64)
    values = values[~np.isnan(values)]
    assert texts(values, digits) == expected(values, digits)


@pytest.mark.parametrize("digits", [3, 6, 9, 17])
def test_format_typical_fluxes_and_exact_ties_match_printf(digits: int) -> None:
    rng = np.random.default_rng(digits)
    fluxes = rng.random(40_000) * 10.0 ** rng.integers(-12, 4, 40_000)
    ties = rng.integers(0, 10**6, 20_000) / 2.0 ** rng.integers(0, 30, 20_000)
    decimals = np.round(rng.random(20_000), 4) * 10.0 ** rng.integers(-6, 9, 20_000)
    values = np.concatenate((fluxes, ties, decimals))
    assert texts(values, digits) == expected(values, digits)


@given(st.floats(allow_nan=False), st.integers(1, 17))
def test_format_any_double_matches_printf(value: float, digits: int) -> None:
    assert texts(np.array([value]), digits) == [f"{value:.{digits}g}"]


def test_format_not_a_number_and_infinity_match_the_c_library() -> None:
    library = ctypes.CDLL(None)
    values = np.array([np.nan, np.copysign(np.nan, -1.0), np.inf, -np.inf, 0.0, -0.0])
    found = []
    for value in values.tolist():
        buffer = ctypes.create_string_buffer(64)
        library.snprintf(buffer, 64, b"%.9g", ctypes.c_double(value))
        found.append(buffer.value.decode())
    assert texts(values, 9) == found


def test_format_rows_put_prefix_header_and_separators() -> None:
    formatter = RowFormatter(["0,a,", "10,b,"], 2, 9, header="i,t,x,y")
    values = np.array([[0.0, 5e-324], [1.5, -2e300]])
    assert bytes(formatter.format(values)) == b"i,t,x,y\n0,a,0,1.5\n10,b,4.94065646e-324,-2e+300\n"
    assert bytes(formatter.format(values[::-1])) == b"i,t,x,y\n0,a,1.5,0\n10,b,-2e+300,4.94065646e-324\n"


@pytest.mark.parametrize("digits", [0, 18])
def test_formatter_digits_out_of_range_are_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="1 to 17"):
        RowFormatter([""], 1, digits)
