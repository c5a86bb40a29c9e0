"""From packed numbers to values in one pass over memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled


@compiled
def unpack(
    raw: NDArray[Any],
    scale: float,
    offset: float,
    fill: float,
    other_fill: float,
    lowest: float,
    highest: float,
    out: NDArray[Any],
) -> None:
    """Fill ``out`` with ``raw * scale + offset``, NaN where raw is a fill or outside lowest … highest.

    Parameters
    ----------
    raw, out : shape (n,)
    fill, other_fill : NaN where there is none
    """
    for i in range(raw.size):
        number = np.float64(raw[i])
        missing = (number == fill) | (number == other_fill) | (number < lowest) | (number > highest)
        out[i] = np.nan if missing else number * scale + offset
