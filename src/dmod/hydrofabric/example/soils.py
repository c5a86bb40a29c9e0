"""Soils, vegetation and groundwater of an example basin, alike in neighbouring catchments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.random_field import RandomField
from dmod.hydrofabric.example.hillslopes import Hillslopes

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texture:
    """A texture class (Clapp and Hornberger 1978, table 2, doi:10.1029/WR014i004p00601).

    Parameters
    ----------
    category : number in the STATSGO scheme that land surface models use
    b : exponent of the retention curve [-]
    suction : at saturation [m]
    porosity : [-]
    conductivity : at saturation [m/s]
    share : of the land, from the coarse end on
    """

    category: int
    b: float
    suction: float
    porosity: float
    conductivity: float
    share: float


TEXTURES = (
    Texture(2, 4.38, 0.090, 0.410, 1.563e-4, 0.04),  # loamy sand
    Texture(3, 4.90, 0.218, 0.435, 3.47e-5, 0.20),  # sandy loam
    Texture(6, 5.39, 0.478, 0.451, 6.95e-6, 0.24),  # loam
    Texture(4, 5.30, 0.786, 0.485, 7.20e-6, 0.22),  # silt loam
    Texture(7, 7.12, 0.299, 0.420, 6.30e-6, 0.10),  # sandy clay loam
    Texture(9, 8.52, 0.630, 0.476, 2.45e-6, 0.12),  # clay loam
    Texture(8, 7.75, 0.356, 0.477, 1.70e-6, 0.08),  # silty clay loam
)

FOREST, CROPS, GRASS = 11, 5, 7  # vegetation classes of the USGS


@dataclass(frozen=True, slots=True)
class Soils:
    """Parameters per catchment, shape (n,).

    Parameters
    ----------
    category, vegetation : class numbers (STATSGO texture, USGS land cover)
    b : [-]; suction : [m]; porosity, wilting : [-]; conductivity : [m/s]
    drainage : share of the percolation that leaves the column, 0 to 1
    runoff : REFKDT of the surface runoff scheme [-]
    storage : largest groundwater storage [m]
    release : coefficient of the groundwater outflow [m/h]
    exponent : of the groundwater outflow [-]
    impervious : share of the area [-]
    """

    category: Index
    vegetation: Index
    b: Floats
    suction: Floats
    porosity: Floats
    wilting: Floats
    conductivity: Floats
    drainage: Floats
    runoff: Floats
    storage: Floats
    release: Floats
    exponent: Floats
    impervious: Floats


def make_soils(x: Floats, y: Floats, hillslopes: Hillslopes, random: np.random.Generator) -> Soils:
    """Draw the soils at the catchments' centres (x, y) [m]: coarser on steep land, finer on flat."""
    n = x.size
    texture, depth, cover = (RandomField.draw(random, length) for length in (15e3, 25e3, 10e3))
    steepness = _standardized(hillslopes.slope)
    fineness = texture(x, y) - 0.5 * steepness + 0.3 * random.standard_normal(n)
    limits = np.quantile(fineness, np.cumsum([t.share for t in TEXTURES])[:-1]) if n > 1 else np.zeros(6)
    kind = np.searchsorted(limits, fineness)

    def scattered(values: list[float], deviation: float) -> Floats:
        return np.array(values)[kind] * np.exp(deviation * random.standard_normal(n))

    b = scattered([t.b for t in TEXTURES], 0.08)
    suction = scattered([t.suction for t in TEXTURES], 0.2)
    porosity = np.clip(scattered([t.porosity for t in TEXTURES], 0.03), 0.3, 0.6)
    wet = cover(x, y)
    return Soils(
        category=np.array([t.category for t in TEXTURES])[kind],
        vegetation=np.where(wet > -0.3, FOREST, np.where(wet > -1.0, CROPS, GRASS)),
        b=b,
        suction=suction,
        porosity=porosity,
        # the retention curve at a suction of 150 m
        wilting=np.clip(porosity * (suction / 150.0) ** (1 / b), 0.02, 0.5 * porosity),
        conductivity=scattered([t.conductivity for t in TEXTURES], 0.4),
        drainage=1 / (1 + np.exp(1.2 - 0.8 * steepness - 0.5 * random.standard_normal(n))),
        runoff=np.clip(1.2 * np.exp(0.35 * depth(x, y) + 0.1 * random.standard_normal(n)), 0.4, 4.0),
        storage=np.clip(0.10 * np.exp(0.5 * depth(x, y) + 0.2 * random.standard_normal(n)), 0.02, 0.4),
        release=1.8e-5 * np.exp(0.25 * random.standard_normal(n)),
        exponent=np.clip(np.round(6.0 + 0.8 * depth(x, y), 2), 4.0, 8.0),
        impervious=np.clip(0.03 * np.exp(-0.8 * wet), 0.0, 0.4) * (wet < 0),
    )


def _standardized(values: Floats) -> Floats:
    deviation = values.std()
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)
