"""A fabric's shapes as maps draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dmod.evaluation.report import CatchmentRing, RiverLine

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric
    from dmod.hydrofabric.geometry import Geometry

MAP_POINTS = 1500  # across the map's width
SIMPLE = 20  # catchments that are drawn with every point


def shapes_to_draw(fabric: Hydrofabric) -> Geometry:
    """Return the shapes, no finer than a map can show."""
    from dmod.hydrofabric.geometry import METRES_PER_DEGREE, read_geometry

    geometry = read_geometry(fabric)
    west, south, east, north = geometry.bounds
    across = max(east - west, north - south)
    if np.isfinite(across) and len(fabric.catchments) > SIMPLE:
        geometry = read_geometry(fabric, simplify=across * METRES_PER_DEGREE / MAP_POINTS)
    return geometry


def catchment_rings(geometry: Geometry) -> list[CatchmentRing]:
    """Return the outer rings of every catchment."""
    return [
        CatchmentRing(name, ring[:, 0], ring[:, 1])
        for name, rings in geometry.divides.items()
        for ring in rings
    ]


def river_lines(fabric: Hydrofabric, geometry: Geometry) -> list[RiverLine]:
    """Return the rivers, as wide as the area [km²] they drain."""
    drained = fabric.network.accumulate(np.nan_to_num(fabric.catchments.area_km2))
    width: dict[str, float] = {}
    flowpaths = fabric.flowpaths
    if flowpaths is not None:
        for row, flowpath in enumerate(fabric.catchment_flowpath.tolist()):
            if flowpath >= 0:
                width[flowpaths.ids[flowpath]] = float(drained[row])
    return [
        RiverLine(name, line[:, 0], line[:, 1], width.get(name, 1.0))
        for name, lines in geometry.flowpaths.items()
        for line in lines
    ]
