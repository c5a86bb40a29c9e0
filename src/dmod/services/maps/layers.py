"""The layers of a map: what of a hydrofabric is drawn, as shapes in the plane of web maps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.geometry import read_geopackage_shapes
from dmod.services.maps.mercator import DEEPEST, HALF, pixel

if TYPE_CHECKING:
    from dmod.hydrofabric.subset import FabricIndex

Shapes = NDArray[Any]
Floats = NDArray[np.float64]

LEVELS = (DEEPEST, 12, 10, 8, 6, 4, 2)
"""Zooms for which shapes are simplified; a tile takes those of the next level at or below it."""
SEEN = 3.0
"""Pixels across from which on most catchments can be told apart."""
RIVER = 6.0
"""Pixels across of the smallest basin whose river is drawn."""
GAUGE = "gage-"


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes of one kind.

    Parameters
    ----------
    name : "catchments", "flowpaths", "nexuses", "gauges"
    ids : of the shapes
    shapes : in the plane of web maps, none of them empty
    first : zoom from which on each is drawn, shape (n,)
    properties : that tiles carry, by name, each of length n
    """

    name: str
    ids: Sequence[str]
    shapes: Shapes
    first: NDArray[np.int64]
    properties: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def is_points(self) -> bool:
        """Whether its shapes are points."""
        return self.name in {"nexuses", "gauges"}


def read_layers(fabric: Path, index: FabricIndex) -> list[Layer]:
    """Read what is drawn of a hydrofabric.

    Parameters
    ----------
    fabric : a GeoPackage

    Raises
    ------
    HydrofabricError
        a shape cannot be read, or it is not said in which reference system it is.
    """
    catchments = _catchments(fabric, index)
    whole = int(catchments.first[0]) if len(catchments.ids) else 0
    rivers = _flowpaths(fabric, index)
    nexuses = _nexuses(fabric, min(whole + 2, DEEPEST))
    return [catchments, rivers, nexuses, _gauges(index, nexuses)]


def first_zoom(width: float, pixels: float) -> int:
    """Return the zoom from which on something is so many pixels wide.

    Parameters
    ----------
    width : of it [m of the plane]
    """
    if not width > 0.0:
        return DEEPEST
    return int(np.clip(math.ceil(math.log2(pixels * pixel(0) / width)), 0, DEEPEST))


def _read(fabric: Path, part: str) -> tuple[list[str], Shapes]:
    """Return ids and shapes of a part, those that have none left out."""
    import shapely

    ids, shapes, system = read_geopackage_shapes(fabric, part)
    there = np.array([shape is not None and not shape.is_empty for shape in shapes], dtype=bool)
    moved = shapely.transform(shapes[there], _onto_plane(system))
    return [identifier for identifier, kept in zip(ids, there, strict=True) if kept], moved


def _onto_plane(system: Any) -> Any:
    """Return what moves points (n, 2) of a reference system onto the plane."""
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:4326" if system is None else system, "EPSG:3857", always_xy=True)

    def moved(points: Floats) -> Floats:
        x, y = transformer.transform(points[:, 0], points[:, 1])
        return np.asarray(np.clip(np.column_stack((x, y)), -HALF, HALF))

    return moved


def _catchments(fabric: Path, index: FabricIndex) -> Layer:
    import shapely

    ids, shapes = _read(fabric, "divides")
    area = _areas(index, ids)
    width = float(np.median(np.sqrt(shapely.area(shapes)))) if len(ids) else 0.0
    first = np.full(len(ids), first_zoom(width, SEEN))
    return Layer("catchments", ids, shapes, first, {"area": area.tolist()})


def _areas(index: FabricIndex, ids: Sequence[str]) -> Floats:
    known = dict(zip(_texts(index.arrays["id.divide"]), index.arrays["area"].tolist(), strict=True))
    return np.array([round(known.get(identifier, np.nan), 4) for identifier in ids])


def _flowpaths(fabric: Path, index: FabricIndex) -> Layer:
    """Return the rivers; the larger the basin above one, the sooner it is drawn."""
    try:
        ids, shapes = _read(fabric, "flowpaths")
    except KeyError:
        return Layer("flowpaths", [], np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    drained = drained_areas(index)
    area = np.array([drained.get(identifier, 0.0) for identifier in ids])
    stretched = np.sqrt(np.maximum(area, 1e-6) * 1e6) * 1.3  # the plane is wider than the ground
    first = np.array([first_zoom(width, RIVER) for width in stretched.tolist()], dtype=np.int64)
    return Layer("flowpaths", ids, shapes, first, {"drained": np.round(area, 2).tolist()})


def drained_areas(index: FabricIndex) -> dict[str, float]:
    """Return the area that drains through each flowpath [km²]."""
    from scipy.sparse import csr_array

    nodes = sum(index.count.values())
    above = csr_array(
        (np.ones(index.above.item.size), index.above.item, index.above.offset), shape=(nodes, nodes)
    )
    moving = np.zeros(nodes)
    moving[index.first["divide"] :] = np.nan_to_num(index.arrays["area"])
    total = np.zeros(nodes)
    for _ in range(nodes):  # in each round the water moves on by one; a network has an end
        total += moving
        moving = above @ moving
        if not moving.any():
            break
    flowpaths = index.arrays["id.flowpath"]
    return dict(zip(_texts(flowpaths), total[: len(flowpaths)].tolist(), strict=True))


def _nexuses(fabric: Path, first: int) -> Layer:
    ids, shapes = _read(fabric, "nexus")
    return Layer("nexuses", ids, shapes, np.full(len(ids), first))


def _gauges(index: FabricIndex, nexuses: Layer) -> Layer:
    """Return the gauges, each at the nexus where it stands."""
    row = {identifier: at for at, identifier in enumerate(nexuses.ids)}
    found: dict[str, int] = {}
    for name, node in zip(
        _texts(index.arrays["place.name"]), index.arrays["place.node"].tolist(), strict=True
    ):
        if name.startswith(GAUGE):
            at = row.get(_nexus_of(index, node))
            if at is not None:
                found.setdefault(name.removeprefix(GAUGE), at)
    rows = np.fromiter(found.values(), dtype=np.int64, count=len(found))
    names = [nexuses.ids[i] for i in rows.tolist()]
    return Layer(
        "gauges", list(found), nexuses.shapes[rows], np.zeros(len(found), np.int64), {"nexus": names}
    )


def _nexus_of(index: FabricIndex, node: int) -> str:
    if index.kind_of(node) == "flowpath":
        below = index.down.of(np.array([node]))
        node = int(below[0]) if below.size else node
    return index.names([node])[0]


def _texts(ids: NDArray[np.bytes_]) -> list[str]:
    return [identifier.decode() for identifier in ids.tolist()]
