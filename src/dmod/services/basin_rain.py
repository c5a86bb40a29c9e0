"""Mean rain over the basin, added up while a run goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dmod.services.plan import RAIN

Array = NDArray[np.float64]


class BasinRain:
    """Mean rain over the basin.

    Whole numbers of `GRAIN` are added up, so that the sum is the same in whatever order and in however many
    blocks the catchments come.
    """

    GRAIN = 2.0**-36
    """Of a catchment's share in the basin's rain [mm h-1]."""

    def __init__(self, area: Array, count: int) -> None:
        self._share = area / area.sum() / self.GRAIN
        self._sum = np.zeros(count, dtype=np.int64)
        self._lock = threading.Lock()
        self.found = False

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Take the rain of some catchments, from any thread."""
        if RAIN in arrays:
            rain = arrays[RAIN]
            shares = np.rint(rain * self._share[rows, None]).astype(np.int64).sum(axis=0)
            with self._lock:
                self.found = True
                self._sum[first_step : first_step + rain.shape[1]] += shares

    def add(self, sums: NDArray[np.int64]) -> None:
        """Take what another has added up of other catchments, as `sums`."""
        with self._lock:
            self.found = True
            self._sum += sums

    @property
    def sums(self) -> NDArray[np.int64]:
        """Return what was added up, in grains."""
        return self._sum

    @property
    def series(self) -> Array:
        """Return the mean rain of each step [mm h-1]."""
        return np.asarray(self._sum * self.GRAIN, dtype=np.float64)
