"""Types of values are understood in the words of four languages, with the size that a module says."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.engine.foreign.value_type import value_type


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("double", 8, "f8"),
        ("float", 4, "f4"),
        ("float", 8, "f8"),
        ("double precision", 8, "f8"),
        ("DOUBLE PRECISION", 8, "f8"),
        ("real", 4, "f4"),
        ("real*8", 8, "f8"),
        ("real(8)", 8, "f8"),
        ("real(kind=8)", 8, "f8"),
        ("real8", 8, "f8"),
        ("float64", 8, "f8"),
        ("<f8", 8, "f8"),
        ("int", 4, "i4"),
        ("int", 8, "i8"),
        ("integer", 4, "i4"),
        ("integer*2", 2, "i2"),
        ("int32_t", 4, "i4"),
        ("std::int64_t", 8, "i8"),
        ("long long int", 8, "i8"),
        ("long", 8, "i8"),
        ("short", 2, "i2"),
        ("unsigned int", 4, "u4"),
        ("uint8", 1, "u1"),
        ("bool", 1, "b1"),
        ("logical", 4, "i4"),
    ],
)
def test_type_is_understood(name: str, size: int, expected: str) -> None:
    assert value_type(name, size) == np.dtype(expected)


@pytest.mark.parametrize(
    ("name", "size"), [("", 8), ("string", 8), ("double", 5), ("float", 2), ("complex128", 16), ("double", 0)]
)
def test_what_is_no_number_that_is_known_is_none(name: str, size: int) -> None:
    assert value_type(name, size) is None
