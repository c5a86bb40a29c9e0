"""Whether one set of scores is better than another at the same locations, and by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """The second of two sets of scores against the first, location by location.

    Parameters
    ----------
    locations : at which both are known
    median : of second - first [unit of the score]
    low, high : interval of confidence of the median, from locations drawn anew
    better : share of locations at which the second is nearer to the ideal; ties count half
    p : of the signed-rank test that neither is nearer to the ideal; NaN where there is none
    """

    locations: int
    median: float
    low: float
    high: float
    better: float
    p: float


def difference(
    first: Floats, second: Floats, ideal: float, *, level: float = 0.95, seed: int = 0
) -> Difference:
    """Compare two sets of scores, pair by pair.

    The test is Wilcoxon's signed-rank test (Wilcoxon 1945, Biometrics Bull. 1, 80-83) of the distances to
    the ideal; of a metric without one there is no better, and the test is of the values themselves.

    Parameters
    ----------
    first, second : scores at the same locations, NaN where not known, shape (location,)
    ideal : score of a perfect simulation; NaN where the metric has none
    level : of the interval of confidence
    """
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both], second[both]
    if not len(a):
        return Difference(0, math.nan, math.nan, math.nan, math.nan, math.nan)
    apart = b - a
    nearer = apart if math.isnan(ideal) else np.abs(a - ideal) - np.abs(b - ideal)
    share = math.nan if math.isnan(ideal) else float(((nearer > 0) + 0.5 * (nearer == 0)).mean())
    low, high = _interval(apart, level, seed)
    return Difference(len(a), float(np.median(apart)), low, high, share, _signed_rank(nearer))


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values as they count for several tests at once (Holm 1979, Scand. J. Stat. 6, 65-70).

    A value that is NaN is no test; it stays as it is.
    """
    known = [index for index, value in enumerate(p) if not math.isnan(value)]
    adjusted = list(p)
    highest = 0.0
    for rank, index in enumerate(sorted(known, key=lambda i: p[i])):
        highest = max(highest, min(1.0, p[index] * (len(known) - rank)))
        adjusted[index] = highest
    return adjusted


def _interval(apart: Floats, level: float, seed: int) -> tuple[float, float]:
    """Return the interval of the median by drawing locations anew, in blocks that bound the memory."""
    count = len(apart)
    random = np.random.default_rng(seed)
    step = max(1, (1 << 20) // count)
    medians = [
        np.median(apart[random.integers(0, count, (min(step, DRAWS - done), count))], axis=1)
        for done in range(0, DRAWS, step)
    ]
    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(np.concatenate(medians), [tail, 1.0 - tail])
    return float(low), float(high)


def _signed_rank(nearer: Floats) -> float:
    from scipy.stats import wilcoxon

    if not nearer.any():
        return 1.0
    return float(
        wilcoxon(nearer, zero_method="pratt", method="auto" if len(nearer) <= 50 else "approx").pvalue
    )
