"""Water years: from 1 October to 30 September, named after the year in which they end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIRST_MONTH = 10


def water_years(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the water year of each time (UTC), the same shape."""
    months = times.astype("datetime64[M]").astype(np.int64)
    return np.asarray((months + 13 - FIRST_MONTH) // 12 + 1970)


def first_moment(year: int) -> np.datetime64:
    """Return when a water year begins, UTC."""
    return np.datetime64(f"{year - 1:04d}-{FIRST_MONTH:02d}-01", "s")
