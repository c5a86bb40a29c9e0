"""Where evaluated places are in a hydrofabric, and its outlines and rivers for the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.evaluation import Evaluation, Place
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.services.basin_shapes import catchment_rings, river_lines, shapes_to_draw

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric
    from dmod.hydrofabric.geometry import Geometry

MOST_RINGS = 4000  # more are a grey area, and make the page heavy
MOST_RIVERS = 4000
AREA = "drained area [km²]"


@dataclass(frozen=True, slots=True)
class Picture:
    """An evaluation whose places stand where they are, and what lies behind them on the map.

    Parameters
    ----------
    evaluation : with coordinates and drained areas of the places that the fabric knows
    outlines : of catchments; none where there are too many to draw
    rivers : the largest ones
    """

    evaluation: Evaluation
    outlines: tuple[CatchmentRing, ...]
    rivers: tuple[RiverLine, ...]


def picture_of(
    evaluation: Evaluation, fabric: Hydrofabric, crosswalk: Mapping[str, str] | None = None
) -> Picture:
    """Find the places of an evaluation in a hydrofabric.

    A place is found as a gauge, flowpath, nexus or catchment by its id, or by that of the crosswalk. What is
    known of a place already is kept.

    Parameters
    ----------
    crosswalk : location of the observations → location of the fabric
    """
    geometry = shapes_to_draw(fabric)
    finder = _Finder.of(fabric, geometry)
    places = tuple(finder.place(place, (crosswalk or {}).get(place.id, "")) for place in evaluation.places)
    rings = catchment_rings(geometry)
    rivers = sorted(river_lines(fabric, geometry), key=lambda river: -river.width)
    return Picture(
        replace(evaluation, places=places),
        tuple(rings) if len(rings) <= MOST_RINGS else (),
        tuple(rivers[:MOST_RIVERS]),
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    """Where ids of a fabric are: (longitude, latitude) by id, and the area [km2] that drains there."""

    points: Mapping[str, NDArray[np.float64]]
    areas: Mapping[str, float]

    @classmethod
    def of(cls, fabric: Hydrofabric, geometry: Geometry) -> _Finder:
        from dmod.hydrofabric import gauges

        points: dict[str, NDArray[np.float64]] = {
            name: np.mean(rings[0][:-1], axis=0) for name, rings in geometry.divides.items() if rings
        }
        points |= geometry.nexuses
        if fabric.flowpaths is not None:
            ends = zip(fabric.flowpaths.ids, fabric.flowpaths.toid, strict=True)
            points |= {name: points[nexus] for name, nexus in ends if nexus in points}
        drained = fabric.network.accumulate(np.nan_to_num(fabric.catchments.area_km2))
        areas = dict(zip(fabric.catchments.ids, drained.tolist(), strict=True))
        if fabric.flowpaths is not None:
            for row, flowpath in enumerate(fabric.catchment_flowpath.tolist()):
                if flowpath >= 0:
                    areas[fabric.flowpaths.ids[flowpath]] = float(drained[row])
        for number, gauge in gauges(fabric).items():
            where = next((name for name in (gauge.nexus, gauge.flowpath) if name in points), "")
            if where:
                points[number] = points[where]
            if gauge.flowpath in areas:
                areas[number] = areas[gauge.flowpath]
        return cls(points, areas)

    def place(self, place: Place, other: str) -> Place:
        """Return a place with what the fabric adds."""
        names = (place.id, other)
        point = next((self.points[name] for name in names if name in self.points), None)
        area = next((self.areas[name] for name in names if name in self.areas), None)
        if point is not None and not np.isfinite((place.longitude, place.latitude)).all():
            place = replace(place, longitude=float(point[0]), latitude=float(point[1]))
        if area is not None and AREA not in place.attributes:
            place = replace(place, attributes={**place.attributes, AREA: round(area, 3)})
        return place
