"""The map of what was selected: catchments by elevation, rivers, gauges, the cells of the forcing's grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.evaluation.report.map_drawing import Place
from dmod.evaluation.report.markup import number
from dmod.evaluation.report.selection_page import SelectionMap, write_selection_map
from dmod.hydrofabric import Hydrofabric, gauges, read_hydrofabric
from dmod.services.basin_shapes import catchment_rings, river_lines, shapes_to_draw

if TYPE_CHECKING:
    from dmod.forcing.gridded.grid import Grid
    from dmod.hydrofabric.geometry import Geometry

ELEVATIONS = {"mean.elevation": 0.01, "elevation_mean": 0.01}  # centimetres in the fabric
MOST_LINES = 240
POINTS = 24  # along an edge of cells, which may bend in degrees


def map_selection(
    hydrofabric: Path,
    target: Path,
    title: str,
    *,
    facts: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
    grid: Grid | None = None,
) -> Path:
    """Draw a fabric as ``.html`` or ``.png``.

    Parameters
    ----------
    grid : whose cells are drawn too, where they are not too many

    Raises
    ------
    HydrofabricError
        a shape cannot be read.
    InputError, MissingExtra, StoreError
        see `dmod.evaluation.report.selection_page.write_selection_map`.
    """
    fabric = read_hydrofabric(hydrofabric, validate=False)
    geometry = shapes_to_draw(fabric)
    shade, shade_title = _shade(fabric)
    areas = dict(zip(fabric.catchments.ids, fabric.catchments.area_km2.tolist(), strict=True))
    tips = {
        name: f"{name}\n{number(area)} km²"
        + (f"\n{number(shade[name], 4)} m above the sea" if name in shade else "")
        for name, area in areas.items()
    }
    selection = SelectionMap(
        title,
        catchment_rings(geometry),
        river_lines(fabric, geometry),
        _places(fabric, geometry),
        shade,
        shade_title,
        tips,
        () if grid is None else cell_edges(grid),
        facts,
        notes,
    )
    return write_selection_map(target, selection)


def _shade(fabric: Hydrofabric) -> tuple[dict[str, float], str]:
    attributes = fabric.catchments.attributes
    name = next((name for name in ELEVATIONS if name in attributes), "")
    if not name:
        return {}, ""
    heights = np.asarray(attributes[name], np.float64) * ELEVATIONS[name]
    known = np.isfinite(heights)
    if not known.any():
        return {}, ""
    pairs = zip(fabric.catchments.ids, heights.tolist(), known.tolist(), strict=True)
    return {identifier: height for identifier, height, there in pairs if there}, "Elevation [m]"


def _places(fabric: Hydrofabric, geometry: Geometry) -> list[Place]:
    """Return the gauges, and where there are none the outlets."""
    found = [
        Place(f"gauge {gauge.id}", float(point[0]), float(point[1]))
        for gauge in gauges(fabric).values()
        if (point := geometry.nexuses.get(gauge.nexus)) is not None
    ]
    if found:
        return found
    ends = fabric.flowpath_nexus[fabric.flowpath_network.outlets] if fabric.flowpaths is not None else ()
    names = {fabric.nexuses.ids[i] for i in ends if i >= 0}
    points = {name: geometry.nexuses[name] for name in sorted(names) if name in geometry.nexuses}
    return [Place(name, float(point[0]), float(point[1])) for name, point in points.items()]


def cell_edges(grid: Grid) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the edges between a grid's cells in degrees; of a fine grid only its outline."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    west, south, east, north = grid.bounds
    fine = grid.columns + grid.rows > MOST_LINES
    x = np.array([west, east]) if fine else grid.x_edge + grid.dx * np.arange(grid.columns + 1)
    y = np.array([south, north]) if fine else grid.y_edge + grid.dy * np.arange(grid.rows + 1)
    along_x, along_y = np.linspace(west, east, POINTS), np.linspace(south, north, POINTS)
    lines = [(np.full(POINTS, at), along_y) for at in x] + [(along_x, np.full(POINTS, at)) for at in y]
    turned = (to_degrees.transform(*line) for line in lines)
    return [((np.asarray(lon) + 180.0) % 360.0 - 180.0, np.asarray(lat)) for lon, lat in turned]
