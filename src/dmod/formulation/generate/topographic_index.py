"""The distribution of the topographic index in a catchment, as the hydrofabric's JSON text has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CLASSES = 29  # TOPMODEL reads 30 values, of which the first has no area
AREA_TOLERANCE = 0.01
LARGEST_INDEX = 100.0


@dataclass(frozen=True, slots=True)
class Wetness:
    """Classes of the index ln(a / tan β), ascending.

    Parameters
    ----------
    upper : upper bound of each class
    share : share of the area in each class; they add up to 1
    """

    upper: tuple[float, ...]
    share: tuple[float, ...]

    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Return (share, index) from the wettest to the driest, the first one with a share of 0.

        The wettest bound comes first without an area, as TOPMODEL wants it: it spreads each share between
        a bound and the one before. The fabric does not say where the driest class ends; it is taken to be as
        wide as the next, and not to reach below 0.
        """
        width = self.upper[1] - self.upper[0] if len(self.upper) > 1 else 1.0
        lowest = min(max(self.upper[0] - width, 0.0), self.upper[0])
        ends = (*reversed(self.upper), lowest)
        return ((0.0, ends[0]), *zip(reversed(self.share), ends[1:], strict=True))


def read_wetness(text: Any) -> Wetness | None:
    """Read ``[{"v": upper bound, "frequency": share}, …]``; None where it is no such distribution."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        classes = json.loads(text)
        pairs = sorted((float(c["v"]), float(c["frequency"])) for c in classes)
    except (ValueError, TypeError, KeyError):
        return None
    upper, share = tuple(v for v, _ in pairs), tuple(f for _, f in pairs)
    sound = (
        1 <= len(pairs) <= MOST_CLASSES
        and all(np.isfinite(upper))
        and max(map(abs, upper)) <= LARGEST_INDEX
        and min(share) >= 0.0
        and abs(sum(share) - 1.0) <= AREA_TOLERANCE
    )
    return Wetness(upper, share) if sound else None


def read_all(texts: NDArray[Any]) -> NDArray[Any]:
    """Return a column of distributions, shape (n,), None where a text is none."""
    found = np.empty(texts.shape, dtype=object)
    for row, text in enumerate(texts.tolist()):
        found[row] = read_wetness(text)
    return found
