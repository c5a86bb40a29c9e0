"""Soil texture and land cover classes of the hydrofabric, and what the land surface tables say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]

WATER = 14  # soil class


@dataclass(frozen=True, slots=True)
class Soil:
    """A soil class of STATSGO (ISLTYP).

    Parameters
    ----------
    b : exponent of the retention curve [-]
    porosity, wilting : water content at saturation and at the wilting point [m3 m-3]
    suction : at saturation [m]
    conductivity : at saturation [m s-1]
    inflection, shape, free_shape : a, b and x of the Xinanjiang partitioning [-]

    References
    ----------
    Cosby et al. (1984), doi:10.1029/WR020i006p00682, after Clapp & Hornberger (1978),
    doi:10.1029/WR014i004p00601; the numbers are those of table STAS of Noah-OWP-Modular's SOILPARM.TBL.
    """

    title: str
    b: float
    porosity: float
    suction: float
    conductivity: float
    wilting: float
    inflection: float
    shape: float
    free_shape: float


SOILS: Mapping[int, Soil] = MappingProxyType(
    {
        1: Soil("sand", 2.79, 0.339, 0.069, 4.66e-5, 0.010, 0.009, 0.05, 0.05),
        2: Soil("loamy sand", 4.26, 0.421, 0.036, 1.41e-5, 0.028, 0.010, 0.08, 0.08),
        3: Soil("sandy loam", 4.74, 0.434, 0.141, 5.23e-6, 0.047, 0.009, 0.09, 0.09),
        4: Soil("silt loam", 5.33, 0.476, 0.759, 2.81e-6, 0.084, 0.010, 0.25, 0.25),
        5: Soil("silt", 3.86, 0.484, 0.955, 2.18e-6, 0.061, 0.012, 0.15, 0.15),
        6: Soil("loam", 5.25, 0.439, 0.355, 3.38e-6, 0.066, 0.013, 0.18, 0.18),
        7: Soil("sandy clay loam", 6.77, 0.404, 0.135, 4.45e-6, 0.069, 0.014, 0.20, 0.20),
        8: Soil("silty clay loam", 8.72, 0.464, 0.617, 2.03e-6, 0.120, 0.015, 0.22, 0.22),
        9: Soil("clay loam", 8.17, 0.465, 0.263, 2.45e-6, 0.103, 0.016, 0.23, 0.23),
        10: Soil("sandy clay", 10.73, 0.406, 0.098, 7.22e-6, 0.100, 0.015, 0.25, 0.25),
        11: Soil("silty clay", 10.39, 0.468, 0.324, 1.34e-6, 0.126, 0.016, 0.28, 0.28),
        12: Soil("clay", 11.55, 0.468, 0.468, 9.74e-7, 0.138, 0.017, 0.30, 0.30),
        13: Soil("organic material", 5.25, 0.439, 0.355, 3.38e-6, 0.066, 0.012, 0.26, 0.26),
        15: Soil("bedrock", 2.79, 0.200, 0.069, 1.41e-4, 0.006, 0.017, 1.00, 1.00),
        16: Soil("land ice", 4.26, 0.421, 0.036, 1.41e-5, 0.028, 0.017, 1.00, 1.00),
        17: Soil("playa", 11.55, 0.468, 0.468, 9.74e-7, 0.030, 0.017, 1.00, 1.00),
        18: Soil("lava", 2.79, 0.200, 0.069, 1.41e-4, 0.006, 0.015, 0.35, 0.35),
        19: Soil("white sand", 2.79, 0.339, 0.069, 4.66e-5, 0.010, 0.009, 0.15, 0.15),
    }
)
"""Class number → soil; 14 is water, which has none."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A land cover class of the USGS (IVGTYP).

    Parameters
    ----------
    height : of the vegetation [m]
    albedo : short-wave, the middle of the year's lowest and highest [-]
    emissivity : long-wave, the middle of the year's lowest and highest [-]

    References
    ----------
    Height: HVT of Noah-OWP-Modular's MPTABLE.TBL (Niu et al. 2011, doi:10.1029/2010JD015139). Albedo and
    emissivity: table USGS of WRF's VEGPARM.TBL.
    """

    title: str
    height: float
    albedo: float
    emissivity: float


COVERS: Mapping[int, Cover] = MappingProxyType(
    {
        1: Cover("urban and built-up land", 15.0, 0.15, 0.88),
        2: Cover("dryland cropland and pasture", 2.0, 0.20, 0.9525),
        3: Cover("irrigated cropland and pasture", 2.0, 0.225, 0.9575),
        4: Cover("mixed dryland and irrigated cropland", 2.0, 0.205, 0.9525),
        5: Cover("cropland and grassland mosaic", 1.5, 0.205, 0.95),
        6: Cover("cropland and woodland mosaic", 8.0, 0.18, 0.9575),
        7: Cover("grassland", 1.0, 0.21, 0.94),
        8: Cover("shrubland", 1.1, 0.275, 0.93),
        9: Cover("mixed shrubland and grassland", 1.1, 0.26, 0.94),
        10: Cover("savanna", 10.0, 0.20, 0.92),
        11: Cover("deciduous broadleaf forest", 16.0, 0.165, 0.93),
        12: Cover("deciduous needleleaf forest", 18.0, 0.145, 0.935),
        13: Cover("evergreen broadleaf forest", 20.0, 0.12, 0.95),
        14: Cover("evergreen needleleaf forest", 20.0, 0.12, 0.95),
        15: Cover("mixed forest", 16.0, 0.21, 0.95),
        16: Cover("water bodies", 0.0, 0.08, 0.98),
        17: Cover("herbaceous wetland", 0.5, 0.14, 0.95),
        18: Cover("wooded wetland", 10.0, 0.14, 0.95),
        19: Cover("barren or sparsely vegetated", 0.0, 0.38, 0.90),
        20: Cover("herbaceous tundra", 0.5, 0.175, 0.92),
        21: Cover("wooded tundra", 4.0, 0.175, 0.93),
        22: Cover("mixed tundra", 2.0, 0.175, 0.92),
        23: Cover("bare ground tundra", 0.5, 0.25, 0.90),
        24: Cover("snow or ice", 0.0, 0.625, 0.95),
        25: Cover("playa", 0.1, 0.30, 0.89),
        26: Cover("lava", 0.0, 0.16, 0.88),
        27: Cover("white sand", 0.0, 0.60, 0.83),
    }
)
"""Class number → land cover, the 27 classes of the USGS that the National Water Model has."""


def soil_values(classes: Column, name: str) -> NDArray[np.float64]:
    """Return a property of soil classes; NaN for water and for numbers that are no class."""
    return _looked_up(classes, {number: getattr(soil, name) for number, soil in SOILS.items()})


def cover_values(classes: Column, name: str) -> NDArray[np.float64]:
    """Return a property of land cover classes; NaN for numbers that are no class."""
    return _looked_up(classes, {number: getattr(cover, name) for number, cover in COVERS.items()})


def _looked_up(classes: Column, table: Mapping[int, float]) -> NDArray[np.float64]:
    numbers = np.asarray(classes, np.float64)
    found = np.full(numbers.shape, np.nan)
    for number, value in table.items():
        found[numbers == number] = value
    return found
