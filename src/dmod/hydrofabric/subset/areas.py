"""Which catchments lie in an area, around a point, and how far the nearest one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError
from dmod.hydrofabric.geopackage import quoted
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.shapes import strip_header
from dmod.hydrofabric.subset.graph import Index, distinct
from dmod.hydrofabric.subset.index import FabricIndex, ranges
from dmod.hydrofabric.subset.projection import LONGEST_DEGREES, converter, known_system
from dmod.hydrofabric.subset.region import Rule
from dmod.hydrofabric.subset.source import SourceTable, describe_tables, reading

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Shapes = NDArray[Any]

_BLOCK = 20_000
_NEAR_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Covered:
    """What an area selects.

    Parameters
    ----------
    nodes : catchments, and flowpaths that have none around them
    outside : share of the area that no catchment covers, 0 to 1
    """

    nodes: Index
    outside: float


@dataclass(frozen=True, slots=True)
class Near:
    """The catchment at or nearest to a point, with its distance [km]; 0 where the point is in it."""

    node: int
    km: float


def rectangle(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box in degrees."""
    import shapely

    return shapely.box(west, south, east, north)


def covered_by(index: FabricIndex, area: BaseGeometry, system: Any, rule: Rule) -> Covered:
    """Return the catchments that an area selects by ``rule``, tested exactly.

    Parameters
    ----------
    system : the area's reference system
    """
    import shapely

    own = projected(index, area, system)
    shapely.prepare(own)
    first = index.first["divide"]
    chosen, inside = [np.zeros(0, np.int64)], 0.0
    candidates = np.flatnonzero(_boxes_touch(index.arrays["box"], own.bounds))
    for nodes, shapes in shapes_of(index, candidates + first, "divides"):
        chosen.append(nodes[_selected(own, shapes, rule)])
        inside += float(shapely.area(shapely.intersection(shapes, own)).sum())
    alone = index.arrays["alone"]
    bare = np.flatnonzero(_boxes_touch(index.arrays["alone.box"], own.bounds))
    for nodes, shapes in shapes_of(index, alone[bare].astype(np.int64), "flowpaths"):
        chosen.append(nodes[_selected(own, shapes, rule)])
    return Covered(distinct(np.concatenate(chosen)), min(max(1.0 - inside / own.area, 0.0), 1.0))


def catchment_at(index: FabricIndex, longitude: float, latitude: float) -> Near | None:
    """Return the catchment in which a point lies, else the nearest; None where none has a shape.

    On a border it is the first by id.
    """
    import shapely

    system = known_system(index.facts["system"])
    point = shapely.Point(converter(GEOGRAPHIC, system)(np.array([[longitude, latitude]]))[0])
    if not np.isfinite(shapely.get_coordinates(point)).all():
        return None
    first = index.first["divide"]
    boxes = index.arrays["box"]
    around = np.flatnonzero(_boxes_touch(boxes, point.bounds))
    for nodes, shapes in shapes_of(index, around + first, "divides"):
        hit = nodes[shapely.covers(shapes, point)]
        if hit.size:
            return Near(int(hit[0]), 0.0)
    return _nearest(index, point, system)


def projected(index: FabricIndex, area: BaseGeometry, system: Any) -> BaseGeometry:
    """Return an area in the fabric's reference system, its edges bent as the projection bends them."""
    import pyproj
    import shapely

    own = known_system(index.facts["system"])
    given = pyproj.CRS.from_user_input(system)
    if given == own:
        return area
    longest = LONGEST_DEGREES if given.is_geographic else LONGEST_DEGREES * 100_000
    bent = shapely.segmentize(area, longest)
    moved = shapely.transform(bent, converter(given, own))
    return moved if moved.is_valid else shapely.make_valid(moved)


def shapes_of(index: FabricIndex, nodes: Index, part: str) -> Iterator[tuple[Index, Shapes]]:
    """Yield features and their shapes, some thousands at a time; those without a shape are left out."""
    if not nodes.size:
        return
    with reading(index.fabric) as database:
        tables = describe_tables(database)
        number = next(i for i, table in enumerate(tables) if table.part == part)
        for begin in range(0, nodes.size, _BLOCK):
            yield _shapes(index, database, tables[number], number, nodes[begin : begin + _BLOCK])


def _shapes(
    index: FabricIndex, database: Any, table: SourceTable, number: int, nodes: Index
) -> tuple[Index, Shapes]:
    import shapely

    rows = index.rows(number, nodes)
    listed = "[" + ",".join(map(str, rows.tolist())) + "]"
    statement = (
        f"SELECT t.{table.rowid}, t.{quoted(table.geometry)} FROM json_each(?) AS r"
        f" CROSS JOIN {quoted(table.name)} AS t ON t.{table.rowid} = r.value"
    )
    found = {row: blob for row, blob in database.execute(statement, (listed,)) if blob}
    node = _owners(index, number, nodes)
    kept = [row for row in node if row in found]
    try:
        shapes = shapely.from_wkb([strip_header(found[row]) for row in kept])
    except (shapely.errors.ShapelyError, IndexError, TypeError) as error:
        raise HydrofabricError(
            f"{index.fabric}: a geometry of table {table.name!r} cannot be read: {error}",
            hint="repair the layer, or choose by id",
        ) from error
    valid = shapely.is_valid(shapes)
    return np.array([node[row] for row in kept], np.int64), np.where(
        valid, shapes, shapely.make_valid(shapes)
    )


def _owners(index: FabricIndex, number: int, nodes: Index) -> dict[int, int]:
    """Return row number → feature."""
    owner, row = index.arrays[f"table.{number}.node"], index.arrays[f"table.{number}.row"]
    begin, end = ranges(owner, nodes)
    return {
        int(row[at]): int(node)
        for node, low, high in zip(nodes, begin, end, strict=True)
        for at in range(low, high)
    }


def _boxes_touch(boxes: NDArray[np.float32], bounds: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    touch: NDArray[np.bool_] = (
        (boxes[0] <= east) & (boxes[2] >= west) & (boxes[1] <= north) & (boxes[3] >= south)
    )
    return touch


def _selected(area: BaseGeometry, shapes: Shapes, rule: Rule) -> NDArray[np.bool_]:
    import shapely

    if rule == "within":
        return np.asarray(shapely.covers(area, shapes))
    if rule == "centroid":
        return np.asarray(shapely.covers(area, shapely.centroid(shapes)))
    return np.asarray(shapely.intersects(area, shapes) & ~shapely.touches(area, shapes))


def _nearest(index: FabricIndex, point: BaseGeometry, system: Any) -> Near | None:
    """Look at catchments by the distance of their boxes until no nearer one can follow."""
    import shapely

    west, south, east, north = index.arrays["box"]
    x, y = shapely.get_coordinates(point)[0]
    apart = np.hypot(
        np.maximum(np.maximum(west - x, x - east), 0.0), np.maximum(np.maximum(south - y, y - north), 0.0)
    )
    order = np.argsort(apart, kind="stable")[: int(np.count_nonzero(~np.isnan(apart)))]
    best, found = np.inf, None
    for begin in range(0, order.size, _NEAR_BLOCK):
        block = order[begin : begin + _NEAR_BLOCK]
        if apart[block[0]] > best:
            break
        for nodes, shapes in shapes_of(index, np.sort(block) + index.first["divide"], "divides"):
            distance = shapely.distance(shapes, point)
            at = int(np.argmin(distance))
            if distance[at] < best:
                best, found = float(distance[at]), (int(nodes[at]), shapes[at])
    return None if found is None else Near(found[0], _kilometres(point, found[1], system))


def _kilometres(point: BaseGeometry, shape: Any, system: Any) -> float:
    import pyproj
    import shapely

    ends = shapely.get_coordinates(shapely.shortest_line(point, shape))
    lonlat = converter(system, GEOGRAPHIC)(ends)
    _, _, metres = pyproj.Geod(ellps="GRS80").inv(*lonlat[0], *lonlat[1])
    return float(metres) / 1000.0
