"""Shapes of a hydrofabric in longitude and latitude, as plain arrays for callers that know no GIS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError
from dmod.hydrofabric.fabric import Hydrofabric
from dmod.hydrofabric.geojson import read_shapes
from dmod.hydrofabric.geopackage import GeoPackageTables, ask, quoted
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.shapes import strip_header

if TYPE_CHECKING:
    import pyproj

Line = NDArray[np.float64]
Shapes = NDArray[Any]

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Shapes by id; every array is (k, 2): longitude, latitude [degrees, WGS 84].

    Parameters
    ----------
    divides : outer rings of each catchment, the first point repeated at the end
    flowpaths : lines of each flowpath, empty without flowpaths
    nexuses : a point (2,) each
    missing : ids whose shape is absent or empty
    """

    divides: Mapping[str, tuple[Line, ...]]
    flowpaths: Mapping[str, tuple[Line, ...]]
    nexuses: Mapping[str, Line]
    missing: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all shapes; NaN without any."""
        lines = [
            line for group in (self.divides, self.flowpaths) for parts in group.values() for line in parts
        ]
        points = [*lines, *(point[None] for point in self.nexuses.values())]
        if not points:
            return (np.nan, np.nan, np.nan, np.nan)
        low = np.min([part.min(axis=0) for part in points], axis=0)
        high = np.max([part.max(axis=0) for part in points], axis=0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def read_geometry(fabric: Hydrofabric, simplify: float = 0.0) -> Geometry:
    """Read the shapes of a fabric.

    Parameters
    ----------
    simplify : [m] width of the grid onto which points may move, so that fewer are needed; borders that
        catchments share stay shared; 0 keeps every point

    Raises
    ------
    HydrofabricError
        a shape cannot be read, or the file does not say in which reference system it is.
    """
    missing: list[str] = []
    groups = {}
    for part in ("divides", "flowpaths", "nexus"):
        ids, shapes, system = _shapes(fabric, part)
        present = np.array([shape is not None and not shape.is_empty for shape in shapes], dtype=bool)
        missing += [identifier for identifier, there in zip(ids, present, strict=True) if not there]
        ids = [identifier for identifier, there in zip(ids, present, strict=True) if there]
        groups[part] = _as_lines(ids, shapes[present], system, 0.0 if part == "nexus" else simplify)
    nexuses = {identifier: lines[0][0] for identifier, lines in groups["nexus"].items()}
    return Geometry(groups["divides"], groups["flowpaths"], nexuses, tuple(missing))


def _shapes(fabric: Hydrofabric, part: str) -> tuple[list[str], Shapes, pyproj.CRS | None]:
    """Return ids, shapes (None where absent) and reference system; None is longitude and latitude."""
    if part == "flowpaths" and fabric.flowpaths is None:
        return [], np.empty(0, dtype=object), None
    if fabric.version == "geojson":
        return read_geojson_shapes(fabric.sources[("divides", "nexus", "flowpaths").index(part)])
    return read_geopackage_shapes(fabric.source, part)


def read_geojson_shapes(path: Path) -> tuple[list[str], Shapes, None]:
    """Return ids and shapes of a GeoJSON file, None where a shape is absent; longitude and latitude.

    Raises
    ------
    NotFoundError
        there is no such file.
    HydrofabricError
        the file is no GeoJSON, or a shape cannot be read.
    """
    import shapely
    from shapely.geometry import shape

    found = read_shapes(path)
    try:
        shapes = [shape(geometry) if geometry else None for geometry in found.values()]
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, IndexError) as error:
        raise HydrofabricError(f"{path}: a geometry cannot be read: {error}") from error
    return list(found), _objects(shapes), None


def read_geopackage_shapes(path: Path, part: str) -> tuple[list[str], Shapes, pyproj.CRS | None]:
    """Return ids, shapes and reference system of a part of a fabric, without reading the rest of it.

    Parameters
    ----------
    part : "divides", "flowpaths", "nexus" or "lakes", however the file spells it

    Returns
    -------
    ids, shapes : None where a shape is absent
    system : None is longitude and latitude (EPSG:4326)

    Raises
    ------
    NotFoundError
        there is no such file.
    HydrofabricError
        the file has no such part, a shape cannot be read, or the reference system is unknown.
    """
    import shapely

    name = GeoPackageTables(path).parts()[part]
    described = ask(
        path,
        "SELECT column_name, g.srs_id, organization, organization_coordsys_id, definition"
        " FROM gpkg_geometry_columns AS g LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id"
        " WHERE table_name = ?",
        name,
    )
    if not described:
        raise HydrofabricError(
            f"{path}: table {name!r} has no geometry", hint="register it in gpkg_geometry_columns"
        )
    column, *reference = described[0]
    columns = {row[1] for row in ask(path, f"PRAGMA table_info({quoted(name)})")}
    key = "divide_id" if "divide_id" in columns and part == "divides" else "id"
    rows = ask(path, f"SELECT {quoted(key)}, {quoted(column)} FROM {quoted(name)}")
    first = {str(identifier): blob for identifier, blob in reversed(rows)}
    ids = list(dict.fromkeys(str(identifier) for identifier, _ in rows))
    blobs = [first[identifier] for identifier in ids]
    try:
        shapes = shapely.from_wkb([strip_header(blob) if blob else None for blob in blobs])
    except (shapely.errors.ShapelyError, IndexError, TypeError) as error:
        raise HydrofabricError(f"{path}: a geometry of table {name!r} cannot be read: {error}") from error
    return ids, shapes, _system(path, name, *reference)


def _system(path: Path, name: str, code: int, organization: str, number: int, text: str) -> pyproj.CRS | None:
    import pyproj

    if code == GEOGRAPHIC:
        return None
    try:
        epsg = (organization or "").upper() == "EPSG"
        return pyproj.CRS.from_epsg(number) if epsg else pyproj.CRS.from_wkt(text or "")
    except pyproj.exceptions.CRSError as error:
        raise HydrofabricError(
            f"{path}: table {name!r} has the unknown reference system {code}",
            hint="use EPSG:5070, EPSG:4326 or EPSG:3857",
        ) from error


def _as_lines(
    ids: Sequence[str], shapes: Shapes, system: pyproj.CRS | None, simplify: float
) -> dict[str, tuple[Line, ...]]:
    """Return the lines of every shape, of polygons their outer rings, all converted in one go."""
    import shapely

    parts, owner = shapely.get_parts(shapes, return_index=True)
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts = np.where(is_polygon, shapely.get_exterior_ring(parts), parts)
    points, part_of = shapely.get_coordinates(parts, return_index=True)
    if simplify > 0 and points.size:
        geographic = system is None or system.is_geographic
        points, part_of = thin(points, part_of, simplify / METRES_PER_DEGREE if geographic else simplify)
    lonlat = _to_geographic(points, system)
    cuts = np.searchsorted(part_of, np.arange(1, len(parts)))
    lines: dict[str, list[Line]] = {identifier: [] for identifier in ids}
    for at, line in zip(owner.tolist(), np.split(lonlat, cuts) if len(parts) else [], strict=True):
        lines[ids[at]].append(line)
    return {identifier: tuple(found) for identifier, found in lines.items()}


def thin(points: Line, part_of: NDArray[np.int64], cell: float) -> tuple[Line, NDArray[np.int64]]:
    """Move points onto a grid, drop those that are no longer needed, and return the rest.

    Where a point goes depends on itself alone, so a border that two polygons share stays shared. A ring
    that would shrink below a triangle is left as it is.

    Parameters
    ----------
    points : (k, 2); the points of one part follow each other
    part_of : (k,), the part of each point, ascending from 0, none left out
    cell : width of the grid, in the unit of the points

    Returns
    -------
    points, part_of : of the points that remain
    """
    ends = np.flatnonzero(np.append(part_of[1:] != part_of[:-1], True))
    starts = np.append(0, ends[:-1] + 1)
    is_ring = np.all(points[starts] == points[ends], axis=1) & (ends > starts)
    grid = np.round(points / cell)
    keep = np.any(grid != np.roll(grid, 1, axis=0), axis=1)
    keep[starts] = True
    alone = np.bincount(part_of[keep], minlength=ends.size) == 1
    keep[ends[alone]] = True
    kept = np.flatnonzero(keep)
    inner = (part_of[kept] == np.roll(part_of[kept], 1)) & (part_of[kept] == np.roll(part_of[kept], -1))
    inner[[0, -1]] = False
    keep[kept[inner & _straight(grid[kept])]] = False
    small = (is_ring & (np.bincount(part_of[keep], minlength=ends.size) < 4))[part_of]
    keep |= small
    return np.where(small[:, None], points, grid * cell)[keep], part_of[keep]


def _straight(grid: Line) -> NDArray[np.bool_]:
    """Return where the line runs on in the direction it came from."""
    before, after = grid - np.roll(grid, 1, axis=0), np.roll(grid, -1, axis=0) - grid
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    straight: NDArray[np.bool_] = (turn == 0.0) & (np.sum(before * after, axis=1) > 0.0)
    return straight


def _to_geographic(points: Line, system: pyproj.CRS | None) -> Line:
    if system is None or not points.size:
        return points
    import pyproj

    to_lonlat = pyproj.Transformer.from_crs(system, GEOGRAPHIC, always_xy=True)
    return np.column_stack(to_lonlat.transform(points[:, 0], points[:, 1]))


def _objects(values: Sequence[Any]) -> Shapes:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
