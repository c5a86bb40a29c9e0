"""Between which values a variable lies, over all places and steps: what a map's colours are chosen by.

Values are looked at as single precision, which is what maps are sent. Each is counted under the upper 20 of
its 32 bits, in the order of the numbers: shares of all values are so known to one part in 2,000 of the value
from one reading of the file, whatever its size. Least and greatest are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Read = Callable[[NDArray[np.int64], int, int], Floats]
"""(rows, first step, number of steps) → values (row, time); NaN where missing."""

BITS = 20
BLOCK = 2_000_000
"""Numbers read at once."""
MOST_READ = 200_000_000
"""Of more numbers, those of every second, third, … place are looked at."""
CLASSES = 8
ROBUST = (0.02, 0.98)

REST, HALF = 32 - BITS, 1 << (BITS - 1)


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a variable are spread.

    Parameters
    ----------
    count, missing : values that were looked at, and such as are not there
    whole : whether all places were looked at
    least, greatest : None where there is no value
    low, high : 2 % of all values are lower than ``low``, 2 % are higher than ``high``
    breaks : between eight classes that hold as many values each, ascending, shape (7,)
    """

    count: int
    missing: int
    whole: bool
    least: float | None = None
    greatest: float | None = None
    low: float | None = None
    high: float | None = None
    breaks: tuple[float, ...] = ()


def spread_of(read: Read, places: int, steps: int) -> Spread:
    """Return how the values of a variable are spread, read block by block."""
    stride = -(-places * steps // MOST_READ) if places else 1
    counts = np.zeros(1 << BITS, dtype=np.int64)
    least, greatest, missing = np.inf, -np.inf, 0
    for values in _blocks(read, np.arange(0, places, stride), steps):
        with np.errstate(over="ignore"):
            single = values.astype(np.float32)
        there = np.isfinite(single)
        known = single.ravel() if there.all() else single[there]
        missing += values.size - known.size
        if known.size:
            least, greatest = min(least, float(known.min())), max(greatest, float(known.max()))
            counts += np.bincount(_keys(known), minlength=len(counts))
    count = int(counts.sum())
    if count == 0:
        return Spread(0, missing, stride == 1)
    shares = np.array([*ROBUST, *(np.arange(1, CLASSES) / CLASSES)])
    found = np.clip(_values(_ranked(counts, shares)), least, greatest).tolist()
    return Spread(count, missing, stride == 1, least, greatest, found[0], found[1], tuple(found[2:]))


def _blocks(read: Read, rows: NDArray[np.int64], steps: int) -> Iterator[Floats]:
    """Yield all values: files hold the steps of a place side by side."""
    many = max(BLOCK // max(steps, 1), 1)
    length = min(steps, BLOCK)
    for begin in range(0, len(rows), many):
        for first in range(0, steps, length):
            yield read(rows[begin : begin + many], first, min(length, steps - first))


def _keys(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the upper bits of each number, turned so that they rise with it from zero on."""
    return (_turned(values.view(np.int32)) >> REST) + HALF


def _values(keys: NDArray[np.int64]) -> Floats:
    """Return the number nearest to zero of those that have a key."""
    lowest = ((keys - HALF) << REST).astype(np.int32)
    nearest = np.where(lowest < 0, lowest | ((1 << REST) - 1), lowest)
    return _turned(nearest).view(np.float32).astype(np.float64) + 0.0  # and no negative zero


def _turned(bits: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return negative numbers' bits in their order; what is turned twice is as it was."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))


def _ranked(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the keys below which these shares of all values lie."""
    passed = np.cumsum(counts)
    ranks = np.floor(shares * (passed[-1] - 1))
    return np.asarray(np.searchsorted(passed, ranks, side="right"), dtype=np.int64)
