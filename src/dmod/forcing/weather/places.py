"""Where weather is wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Places:
    """Points on the land, shape (n,).

    Parameters
    ----------
    x, y : projected coordinates, to the east and to the north [m]
    longitude, latitude : [degree]
    elevation : [m]
    """

    x: Floats
    y: Floats
    longitude: Floats
    latitude: Floats
    elevation: Floats

    def __len__(self) -> int:
        return int(self.x.size)

    def window(self, first: int, count: int) -> Places:
        """Return ``count`` places from ``first`` on."""
        return self._take(np.arange(first, min(first + count, len(self))))

    def some(self, most: int) -> Places:
        """Return at most ``most`` places, evenly chosen."""
        return self._take(np.unique(np.linspace(0, len(self) - 1, most).astype(int)))

    def _take(self, chosen: NDArray[np.int64]) -> Places:
        return Places(
            self.x[chosen],
            self.y[chosen],
            self.longitude[chosen],
            self.latitude[chosen],
            self.elevation[chosen],
        )
