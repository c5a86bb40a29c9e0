"""How far series lie from the reference's: one pass of compiled code over both.

Bias, RMSE, correlation and Nash-Sutcliffe efficiency are those of `dmod.evaluation.metrics`, with the
reference in the place of the observation: m(o - r), sqrt(m((o - r)²)), Pearson's r, and
1 - m((o - r)²) / sd(r)² (Nash & Sutcliffe 1970, doi:10.1016/0022-1694(70)90255-6). A pair with a value that
is not finite does not count in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PAIRS, MISSING, BEYOND, AT, SAME = range(5)
LARGEST, SUM, OTHER_SUM, SQUARES, CORRELATION, EFFICIENCY, BIAS, SPREAD = range(8)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What still counts as the same: ``|a - b| <= max(absolute, relative * max(|a|, |b|))``.

    Parameters
    ----------
    absolute : 0 or more, in the variable's unit
    relative : 0 or more
    """

    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        for value in (self.absolute, self.relative):
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"a tolerance of {value} is impossible", hint="give numbers, 0 or more")

    @property
    def text(self) -> str:
        """Return how it is written."""
        return f"{self.absolute:g}/{self.relative:g}"


def parse_tolerance(text: str) -> Tolerance:
    """Read ``1e-9`` (absolute) or ``1e-9/1e-6`` (absolute and relative).

    Raises
    ------
    InputError
        it is neither.
    """
    absolute, slash, relative = text.partition("/")
    try:
        return Tolerance(float(absolute), float(relative) if slash else 0.0)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"--tolerance {text!r} is no tolerance",
            hint="give the absolute one, or ABSOLUTE/RELATIVE: 1e-9/1e-6; 0 allows no difference",
        ) from error


@dataclass(frozen=True, slots=True)
class Deviations:
    """How far places lie from the reference, arrays of shape (place,), in the reference's unit.

    Parameters
    ----------
    pairs : steps at which both have a value
    missing : steps at which only one has a value
    beyond : steps at which both have a value and they differ by more than the tolerance
    identical : whether all values are the same bits
    largest : largest absolute difference, NaN without a pair
    at : step of it, the first of several; -1 without a pair
    bias : mean of other minus reference
    rmse : root mean square difference
    spread : standard deviation of the reference over the pairs, 0 for a constant one
    reference_sum, other_sum : over the pairs
    correlation, nse : NaN where not defined (a constant series)
    """

    pairs: Integers
    missing: Integers
    beyond: Integers
    identical: NDArray[np.bool_]
    largest: Floats
    at: Integers
    bias: Floats
    rmse: Floats
    spread: Floats
    reference_sum: Floats
    other_sum: Floats
    correlation: Floats
    nse: Floats

    @property
    def relative(self) -> Floats:
        """Return the relative difference of the sums, (other - reference) / |reference|; NaN by zero."""
        below = np.abs(self.reference_sum)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = (self.other_sum - self.reference_sum) / below
        return np.where(below == 0.0, np.where(self.other_sum == 0.0, 0.0, np.nan), found)

    @property
    def distance(self) -> Floats:
        """Return the RMSE as a share of the reference's standard deviation, to compare unlike variables by.

        It is sqrt(1 - NSE); infinite where a constant reference is missed, 0 where it is met.
        """
        rmse, spread = np.nan_to_num(self.rmse), np.nan_to_num(self.spread)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return np.where(rmse == 0.0, 0.0, rmse / spread)

    @property
    def within(self) -> NDArray[np.bool_]:
        """Whether each place is the same within the tolerance."""
        return np.asarray((self.beyond == 0) & (self.missing == 0))


class Gathered:
    """Deviations of many places, filled block by block."""

    def __init__(self, places: int) -> None:
        self._counts = np.zeros((places, 5), np.int64)
        self._numbers = np.full((places, 8), np.nan)

    def add(self, first: int, reference: Floats, other: Floats, tolerance: Tolerance) -> None:
        """Take the series (place, time) of the places from ``first`` on."""
        part = slice(first, first + len(reference))
        deviate(
            np.ascontiguousarray(reference),
            np.ascontiguousarray(other),
            tolerance.absolute,
            tolerance.relative,
            self._counts[part],
            self._numbers[part],
        )

    def deviations(self) -> Deviations:
        """Return what was found."""
        counts, numbers = self._counts, self._numbers
        pairs = np.maximum(counts[:, PAIRS], 1)
        return Deviations(
            pairs=counts[:, PAIRS].copy(),
            missing=counts[:, MISSING].copy(),
            beyond=counts[:, BEYOND].copy(),
            identical=counts[:, SAME] == 1,
            largest=numbers[:, LARGEST].copy(),
            at=counts[:, AT].copy(),
            bias=numbers[:, BIAS].copy(),
            rmse=np.sqrt(numbers[:, SQUARES] / pairs),
            spread=np.sqrt(numbers[:, SPREAD] / pairs),
            reference_sum=numbers[:, SUM].copy(),
            other_sum=numbers[:, OTHER_SUM].copy(),
            correlation=numbers[:, CORRELATION].copy(),
            nse=numbers[:, EFFICIENCY].copy(),
        )


@compiled
def deviate(
    reference: Floats,
    other: Floats,
    absolute: float,
    relative: float,
    counts: Integers,
    numbers: Floats,
) -> None:
    """Fill the deviations of series (place, time); columns are those named at the module's top.

    Parameters
    ----------
    counts : shape (place, 5), filled
    numbers : shape (place, 8), filled
    """
    bits, other_bits = reference.view(np.int64), other.view(np.int64)
    for row in range(reference.shape[0]):
        pairs, missing, beyond, at, same = 0, 0, 0, -1, 1
        largest, total, other_total, difference, squares = -1.0, 0.0, 0.0, 0.0, 0.0
        low, high, other_low, other_high = np.inf, -np.inf, np.inf, -np.inf
        for step in range(reference.shape[1]):
            r, o = reference[row, step], other[row, step]
            finite, other_finite = np.isfinite(r), np.isfinite(o)
            if not (finite and other_finite):
                if not (bits[row, step] == other_bits[row, step] or (np.isnan(r) and np.isnan(o))):
                    missing += 1
                    same = 0
                continue
            if bits[row, step] != other_bits[row, step]:
                same = 0
            pairs += 1
            total += r
            other_total += o
            d = o - r
            size = abs(d)
            difference += d
            squares += d * d
            if size > largest:
                largest, at = size, step
            if size > absolute and size > relative * max(abs(r), abs(o)):
                beyond += 1
            low, high = min(low, r), max(high, r)
            other_low, other_high = min(other_low, o), max(other_high, o)
        counts[row, PAIRS], counts[row, MISSING], counts[row, BEYOND] = pairs, missing, beyond
        counts[row, AT], counts[row, SAME] = at, same
        if pairs == 0:
            continue
        spread, other_spread, product = 0.0, 0.0, 0.0
        mean, other_mean = total / pairs, other_total / pairs
        for step in range(reference.shape[1]):
            r, o = reference[row, step], other[row, step]
            if np.isfinite(r) and np.isfinite(o):
                spread += (r - mean) * (r - mean)
                other_spread += (o - other_mean) * (o - other_mean)
                product += (r - mean) * (o - other_mean)
        numbers[row, LARGEST], numbers[row, SUM], numbers[row, OTHER_SUM] = largest, total, other_total
        numbers[row, SQUARES], numbers[row, BIAS] = squares, difference / pairs
        numbers[row, SPREAD] = spread if low < high else 0.0
        if low < high and spread > 0.0:
            numbers[row, EFFICIENCY] = 1.0 - squares / spread
            if other_low < other_high and other_spread > 0.0:
                r = product / (np.sqrt(spread) * np.sqrt(other_spread)) if squares > 0.0 else 1.0
                numbers[row, CORRELATION] = min(1.0, max(-1.0, r))
