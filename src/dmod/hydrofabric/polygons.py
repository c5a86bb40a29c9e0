"""The catchments of a hydrofabric as polygons, in the file's own reference system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem, name_some
from dmod.errors import HydrofabricError
from dmod.hydrofabric.geometry import read_geojson_shapes, read_geopackage_shapes
from dmod.hydrofabric.geopackage import NEEDED, GeoPackageTables

if TYPE_CHECKING:
    import pyproj

Shapes = NDArray[Any]

EQUAL_AREA = 6933  # EPSG: WGS 84, cylindrical, of the whole earth
_POLYGONS = (3, 6)  # shapely's numbers of polygon and multipolygon


@dataclass(frozen=True, slots=True, eq=False)
class CatchmentPolygons:
    """Polygons of catchments, in the order of the file.

    Parameters
    ----------
    ids : of the catchments
    shapes : (n,) shapely polygons and multipolygons, valid
    crs : their reference system, as WKT or an authority's code
    key : a hash of reference system, ids and coordinates
    problems : what had to be repaired
    """

    ids: tuple[str, ...]
    shapes: Shapes
    crs: str
    key: str
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Of all of them, in their reference system: xmin, ymin, xmax, ymax."""
        import shapely

        west, south, east, north = shapely.total_bounds(self.shapes).tolist()
        return (west, south, east, north)

    @property
    def area_km2(self) -> float:
        """Area of all of them on the ground [km²]; measured in an equal-area projection."""
        import pyproj
        import shapely

        system = pyproj.CRS(self.crs)
        operation = system.coordinate_operation
        if operation is not None and "Equal Area" in operation.method_name:
            return float(shapely.area(self.shapes).sum()) / 1e6
        to_equal_area = pyproj.Transformer.from_crs(system, EQUAL_AREA, always_xy=True)
        turned = shapely.transform(
            self.shapes, lambda points: np.column_stack(to_equal_area.transform(*points.T))
        )
        return float(shapely.area(turned).sum()) / 1e6


def read_polygons(path: Path | str) -> CatchmentPolygons:
    """Read the catchments of a GeoPackage or of a GeoJSON file; nothing else of the fabric is read.

    Shapes that cross themselves are repaired, and named in ``problems``.

    Raises
    ------
    NotFoundError
        there is no such file.
    HydrofabricError
        the file has no catchments, or some of them have no id, no shape, or one without an area.
    """
    path = Path(path)
    if path.suffix.lower() in {".geojson", ".json"}:
        ids, shapes, system = read_geojson_shapes(path)
    else:
        _require_divides(path)
        ids, shapes, system = read_geopackage_shapes(path, "divides")
    if not ids:
        raise HydrofabricError(f"{path} has no catchments", hint=NEEDED)
    if {"", "None"} & set(ids):
        raise HydrofabricError(
            f"{path}: catchments have no id", hint="give every one an id of its own, such as cat-1"
        )
    _require_present(path, ids, shapes)
    import shapely

    shapes = shapely.force_2d(shapes)
    shapes, problems = _repaired(path, ids, shapes)
    crs = _named(system)
    return CatchmentPolygons(tuple(ids), shapes, crs, polygons_key(ids, shapes, crs), problems)


def polygons_key(ids: Sequence[str], shapes: Shapes, crs: str) -> str:
    """Return a hash of reference system, ids and coordinates."""
    import shapely

    digest = hashlib.blake2b(json.dumps([crs, list(ids)]).encode(), digest_size=16)
    for shape in shapely.to_wkb(shapes, byte_order=1):
        digest.update(shape)
    return digest.hexdigest()


def _require_divides(path: Path) -> None:
    tables = GeoPackageTables(path)
    if "divides" not in tables.parts():
        raise HydrofabricError(
            f"{path} is no hydrofabric: it has no table 'divides'; it has"
            f" {', '.join(sorted(tables)) or 'no tables at all'}",
            hint=NEEDED,
        )


def _require_present(path: Path, ids: Sequence[str], shapes: Shapes) -> None:
    import shapely

    absent = [name for name, shape in zip(ids, shapes, strict=True) if shape is None or shape.is_empty]
    if absent:
        raise HydrofabricError(
            f"{path}: {len(absent)} of {len(ids)} catchments have no shape: {name_some(absent)}",
            hint="make the subset again from a complete hydrofabric",
        )
    flat = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), _POLYGONS)).tolist()
    if flat:
        kinds = sorted({shapes[at].geom_type for at in flat})
        raise HydrofabricError(
            f"{path}: the shapes of {len(flat)} catchments are no polygons but {', '.join(kinds)}:"
            f" {name_some([ids[at] for at in flat])}",
            hint="give the file of the catchments; its shapes are polygons or multipolygons",
        )
    points = shapely.get_coordinates(shapes)
    if not np.isfinite(points).all():
        lost = [name for name, shape in zip(ids, shapes, strict=True)
                if not np.isfinite(shapely.get_coordinates(shape)).all()]  # fmt: skip
        raise HydrofabricError(f"{path}: coordinates of catchments are no numbers: {name_some(lost)}")


def _repaired(path: Path, ids: Sequence[str], shapes: Shapes) -> tuple[Shapes, tuple[Problem, ...]]:
    """Return valid polygons with an area, and which had to be repaired."""
    import shapely

    broken = np.flatnonzero(~shapely.is_valid(shapes))
    if broken.size:
        shapes = shapes.copy()
        shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    collapsed = np.flatnonzero(~(shapely.area(shapes) > 0.0)).tolist()
    if collapsed:
        raise HydrofabricError(
            f"{path}: the shapes of {len(collapsed)} catchments have no area:"
            f" {name_some([ids[at] for at in collapsed])}",
            hint="make the subset again from a complete hydrofabric",
        )
    if not broken.size:
        return shapes, ()
    names = tuple(ids[at] for at in broken.tolist())
    message = "borders cross themselves; they were repaired, and areas there may differ a little"
    return shapes, (Problem("warning", "invalid-polygon", message, path.name, names),)


def _named(system: pyproj.CRS | None) -> str:
    if system is None:
        return "EPSG:4326"
    authority = system.to_authority()
    return f"{authority[0]}:{authority[1]}" if authority else str(system.to_wkt())
