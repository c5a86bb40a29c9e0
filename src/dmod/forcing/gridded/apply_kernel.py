"""Sparse shares times fields, eight steps at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled

Field = NDArray[np.floating]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def add_products(
    offset: Integers, cell: Integers, share: Floats, field: Field, first: int, last: int, result: Floats
) -> None:
    """Add shares times field to the catchments ``first … last - 1``.

    Eight steps share one reading of cells and shares. Each sum runs over the cells in their order,
    whatever the number of threads, so that its bits are always the same.

    Parameters
    ----------
    field : (time, cell)
    result : (catchment, time), changed
    """
    steps = field.shape[0]
    for t in range(0, steps, 8):
        end = steps - 1
        f0, f1, f2, f3 = field[t], field[min(t + 1, end)], field[min(t + 2, end)], field[min(t + 3, end)]
        f4, f5 = field[min(t + 4, end)], field[min(t + 5, end)]
        f6, f7 = field[min(t + 6, end)], field[min(t + 7, end)]
        for i in range(first, last):
            s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(offset[i], offset[i + 1]):
                c, w = cell[k], share[k]
                s0 += w * f0[c]
                s1 += w * f1[c]
                s2 += w * f2[c]
                s3 += w * f3[c]
                s4 += w * f4[c]
                s5 += w * f5[c]
                s6 += w * f6[c]
                s7 += w * f7[c]
            sums = (s0, s1, s2, s3, s4, s5, s6, s7)
            for j in range(min(8, steps - t)):
                result[i, t + j] += sums[j]


@compiled
def products_present(
    catchment: Integers,
    step: Integers,
    offset: Integers,
    cell: Integers,
    share: Floats,
    first_share: Floats,
    first: Field,
    second_share: Floats,
    second: Field,
) -> tuple[Floats, Floats, Integers]:
    """Return the means of two products over the cells that have values of both, where some have none.

    Parameters
    ----------
    catchment, step : (k,) what is asked for
    share : what of the catchment a cell stands for; what is present is divided by its sum
    first_share, second_share, first, second : the sum is of ``first_share * first + second_share * second``

    Returns
    -------
    mean : (k,) NaN where less than half of the shares, negative ones included, is present; with shares
        that are all positive, only where none is
    missing : (k,) share without a value, 0 … 1
    place : (k,) first cell without a value
    """
    count = catchment.shape[0]
    mean, missing = np.empty(count), np.empty(count)
    place = np.full(count, -1, np.int64)
    for at in range(count):
        i, t = catchment[at], step[at]
        total, present, lost, size, least = 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(offset[i], offset[i + 1]):
            a, b = first[t, cell[k]], second[t, cell[k]]
            size += abs(share[k])
            least = min(least, share[k])
            if np.isfinite(a) and np.isfinite(b):
                total += first_share[k] * a + second_share[k] * b
                present += share[k]
            else:
                lost += abs(share[k])
                if place[at] < 0:
                    place[at] = cell[k]
        enough = present > 0.5 if least < 0.0 else present > 0.0
        mean[at] = total / present if enough else np.nan
        missing[at] = lost / size if size > 0.0 else 1.0
    return mean, missing, place
