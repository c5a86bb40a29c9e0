"""Fewer points that draw the same line: the first, lowest, highest and last of each pixel's width.

M4 aggregation (Jugel et al. 2014, doi:10.14778/2732951.2732953): no peak is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 8
MIDDLE = 0.5
Floats = NDArray[np.float64]


def thinned(
    seconds: NDArray[np.int64], values: NDArray[np.float64], points: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at most about so many points of a series, its highest and lowest among them.

    Parameters
    ----------
    seconds : ascending, shape (time,)
    values : NaN where missing, shape (time,); gaps stay gaps
    points : :data:`LEAST` or more

    Returns
    -------
    seconds, values : shape (about ``points`` or fewer,)
    """
    if len(seconds) <= points:
        return seconds, values
    known = np.isfinite(values)
    if not known.any():
        ends = np.array([0, len(seconds) - 1])
        return seconds[ends], values[ends]
    # a gap is kept by its first missing value
    gaps = np.flatnonzero(~known & np.concatenate(([True], known[:-1])))
    filled = np.where(known, values, np.interp(np.arange(len(values)), np.flatnonzero(known), values[known]))
    kept = _m4()(seconds, filled, n_out=max(points // 4, 2) * 4)
    # the lowest and highest of all belong to it even where a filled value is as high
    extremes = np.array([np.nanargmin(values), np.nanargmax(values)])
    chosen = np.unique(np.concatenate((kept.astype(np.int64), gaps[:points], extremes)))
    return seconds[chosen], values[chosen]


def _m4() -> Any:
    from tsdownsample import M4Downsampler

    downsampler: Any = M4Downsampler
    return downsampler().downsample


def enveloped(
    seconds: NDArray[np.int64], quantiles: Mapping[float, Floats], points: int
) -> tuple[NDArray[np.int64], dict[float, Floats]]:
    """Return quantiles of an ensemble at at most so many times, each the start of a stretch.

    Of a stretch stand there the lowest value of a quantile below the median and the highest of another, so
    that what lies between two of them lies between them in any drawing.

    Parameters
    ----------
    seconds : ascending, shape (time,)
    quantiles : share of the members below → value, NaN where missing, shape (time,)
    points : :data:`LEAST` or more

    Returns
    -------
    seconds, quantiles : shape (``points`` or fewer,); NaN where a stretch has no value
    """
    if len(seconds) <= points:
        return seconds, dict(quantiles)
    starts = np.unique(np.linspace(0, len(seconds), points, endpoint=False).astype(np.int64))
    outermost = {
        share: (np.fmin if share < MIDDLE else np.fmax).reduceat(values, starts)
        for share, values in quantiles.items()
    }
    return seconds[starts], outermost


def duration_curve(values: NDArray[np.float64], points: int) -> tuple[list[float], list[float]]:
    """Return flows and the share of time in which each is reached or exceeded.

    The plotting position is i / (n + 1) (Weibull). Both ends are kept; where there are more values than
    points, these are dense at both ends and sparse in the middle.

    Returns
    -------
    exceeded : ascending [%]
    flows : descending
    """
    known = np.sort(values[np.isfinite(values)])[::-1]
    count = len(known)
    if count == 0:
        return [], []
    if count <= points:
        rank = np.arange(count)
    else:
        half = np.geomspace(1.0, count / 2.0, points // 2) - 1.0
        rank = np.unique(np.concatenate((half, count - 1 - half)).astype(np.int64))
    return (100.0 * (rank + 1) / (count + 1)).tolist(), known[rank].tolist()
