"""Snow-17's melt factors from the land cover.

Snow melts more slowly below conifers, which shade it, than below bare trees or in the open; in
mountains the slopes that face the sun lie among those that do not. Anderson gives ranges of initial
values by cover, and the middle of each is taken.

References
----------
Anderson, E. A. (2002), Calibration of Conceptual Hydrologic Models for Use in River Forecasting,
NWS Office of Hydrology, section 7.4 (initial MFMAX and MFMIN by forest cover).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dmod.formulation.generate.generator import Column, Convert

# cover: (MFMAX, MFMIN) [mm degC-1 (6 h)-1], middle of the ranges in the comments
COVERS: Final[dict[str, tuple[float, float]]] = {
    "dense conifers": (0.6, 0.3),  # 0.5-0.7, 0.2-0.4
    "mixed forest and open": (1.0, 0.2),  # 0.8-1.2, 0.1-0.3
    "deciduous forest": (1.2, 0.4),  # 1.0-1.4, 0.2-0.6
    "open, flat": (1.85, 0.4),  # 1.5-2.2, 0.2-0.6
    "open, mountainous": (1.1, 0.2),  # 0.9-1.3, 0.1-0.3
}

# USGS land cover, 27 classes (Noah's "USGS" table). Fields, grassland, wetland, towns and water count
# as flat; shrubs, tundra, ice and rock as mountainous.
_CLASSES: Final[dict[str, tuple[int, ...]]] = {
    "dense conifers": (13, 14),
    "mixed forest and open": (6, 10, 15, 18, 21),
    "deciduous forest": (11, 12),
    "open, flat": (1, 2, 3, 4, 5, 7, 16, 17, 25),
    "open, mountainous": (8, 9, 19, 20, 22, 23, 24, 26, 27),
}


def from_cover(index: int) -> Convert:
    """Return the conversion of a column of land cover classes into MFMAX (0) or MFMIN (1).

    NaN where a class is none of the 27.
    """
    factors = {number: COVERS[cover][index] for cover, numbers in _CLASSES.items() for number in numbers}

    def convert(column: Column) -> Column:
        return np.array([factors.get(value, np.nan) for value in np.asarray(column, dtype=float).tolist()])

    return convert
