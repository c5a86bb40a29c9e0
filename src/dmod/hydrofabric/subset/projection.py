"""Reference systems of layers, and the way between them and longitude and latitude."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.subset.source import SourceTable, has_table

if TYPE_CHECKING:
    import pyproj

Coordinates = NDArray[np.float64]
System = Mapping[str, Any]
"""``code`` as in the file, ``name`` of the authority, ``number`` there, ``text`` (WKT)."""

LONGEST_DEGREES = 0.1
"""Edges given in degrees are cut into pieces no longer than this before they are projected."""


def layer_system(database: sqlite3.Connection, table: SourceTable) -> dict[str, Any]:
    """Return the reference system of a layer as the file describes it; empty where it does not."""
    if not table.geometry or not has_table(database, "gpkg_geometry_columns"):
        return {}
    row = database.execute(
        "SELECT g.srs_id, organization, organization_coordsys_id, definition"
        " FROM gpkg_geometry_columns AS g LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        " WHERE lower(table_name) = lower(?)",
        (table.name,),
    ).fetchone()
    return {} if row is None else dict(zip(("code", "name", "number", "text"), row, strict=True))


def known_system(system: System) -> pyproj.CRS:
    """Return the reference system; where a layer has none that is known, longitude and latitude are not.

    Raises
    ------
    HydrofabricError
        the file does not say in which system its shapes are.
    """
    import pyproj

    code, name = system.get("code"), str(system.get("name") or "").upper()
    try:
        if code == GEOGRAPHIC:
            return pyproj.CRS.from_epsg(GEOGRAPHIC)
        if name == "EPSG":
            return pyproj.CRS.from_epsg(system["number"])
        if name not in {"", "NONE"} and system.get("number"):
            return pyproj.CRS.from_authority(name, system["number"])
        return pyproj.CRS.from_user_input(system.get("text") or code)
    except pyproj.exceptions.CRSError as error:
        raise HydrofabricError(
            f"the layer 'divides' has the unknown reference system {code}",
            hint="choose by id instead of by place, or correct gpkg_spatial_ref_sys",
        ) from error


def converter(source: Any, target: Any) -> Callable[[Coordinates], Coordinates]:
    """Return what turns coordinates (n, 2), x and y, of one system into those of another."""
    import pyproj

    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)

    def convert(points: Coordinates) -> Coordinates:
        x, y = transformer.transform(points[:, 0], points[:, 1])
        return np.column_stack((x, y))

    return convert


def outline(extent: tuple[float, float, float, float]) -> Coordinates:
    """Return points around a rectangle, so that its bounds can be converted."""
    west, south, east, north = extent
    share = np.linspace(0.0, 1.0, 21)
    x, y = west + share * (east - west), south + share * (north - south)
    sides = [(x, np.full(21, south)), (x, np.full(21, north)), (np.full(21, west), y), (np.full(21, east), y)]
    return np.concatenate([np.column_stack(side) for side in sides])


def extent_of(boxes: NDArray[np.float32]) -> tuple[float, float, float, float] | None:
    """Return the bounds of bounding boxes (4, n); None without any."""
    there = ~np.isnan(boxes[0])
    if not there.any():
        return None
    low, high = boxes[:2, there].min(axis=1), boxes[2:, there].max(axis=1)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def bounds_in_degrees(
    extent: tuple[float, float, float, float] | None, system: System
) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees; None where they are not known."""
    if extent is None or not system:
        return None
    try:
        points = converter(known_system(system), GEOGRAPHIC)(outline(extent))
    except HydrofabricError:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return None
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def middle_of(boxes: NDArray[np.float32], system: System) -> tuple[float, float] | None:
    """Return longitude and latitude of the middle of bounding boxes; None where it is not known."""
    found = bounds_in_degrees(extent_of(boxes), system)
    return None if found is None else ((found[0] + found[2]) / 2, (found[1] + found[3]) / 2)
