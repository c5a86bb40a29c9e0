"""A whole example basin: terrain, catchments, rivers, soils, in the coordinates of a real map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.hydrofabric.example import coverage
from dmod.hydrofabric.example.channels import Channels, cross_sections, make_channels
from dmod.hydrofabric.example.delineation import Division, divide_basin
from dmod.hydrofabric.example.hillslopes import Hillslopes, survey
from dmod.hydrofabric.example.soils import Soils, make_soils
from dmod.hydrofabric.example.terrain import Terrain, make_terrain

if TYPE_CHECKING:
    import shapely

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_CATCHMENTS = 50_000


@dataclass(frozen=True)
class ExampleBasin:
    """A synthetic river basin, catchments in order from the headwaters to the outlet.

    Coordinates are EPSG:5070 [m]. Catchment *i* is ``cat-{i+1}`` with flowpath ``wb-{i+1}``.

    Parameters
    ----------
    seed : what it was drawn from
    downstream : shape (n,), catchment below, -1 at the outlet
    polygons : per catchment; valid, without gaps or overlaps
    area : [km²]
    x, y : a point inside each catchment, near its centre [m]
    sections : channel cross-sections, as columns of ``flowpath-attributes``
    lakes : flowpaths that are lakes
    """

    seed: int
    downstream: Index
    polygons: tuple[shapely.Polygon, ...]
    area: Floats
    x: Floats
    y: Floats
    channels: Channels
    sections: dict[str, Floats]
    hillslopes: Hillslopes
    soils: Soils
    lakes: Index

    def __len__(self) -> int:
        return int(self.downstream.size)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Catchment identifiers."""
        return tuple(f"cat-{i + 1}" for i in range(len(self)))

    @cached_property
    def lonlat(self) -> tuple[Floats, Floats]:
        """Longitude and latitude of the catchments' points [degree]."""
        from pyproj import Transformer

        longitude, latitude = Transformer.from_crs(5070, 4326, always_xy=True).transform(self.x, self.y)
        return np.asarray(longitude), np.asarray(latitude)


def make_basin(
    catchments: int = 100, seed: int = 1, *, lakes: int = 0, progress: Callable[[str], None] | None = None
) -> ExampleBasin:
    """Make a basin with exactly ``catchments`` catchments and one outlet; the same for the same seed.

    Raises
    ------
    InputError
        a number is impossible.
    """
    if not 1 <= catchments <= MOST_CATCHMENTS:
        raise InputError(f"a basin of {catchments} catchments cannot be made", hint=f"1 to {MOST_CATCHMENTS}")
    if seed < 0:
        raise InputError(f"the seed is {seed}", hint="any whole number from 0 on")
    if not 0 <= lakes <= catchments // 4:
        raise InputError(
            f"{lakes} lakes in {catchments} catchments", hint="at most one lake to four catchments"
        )
    say = progress or (lambda _: None)
    random = np.random.default_rng([seed, catchments])
    say("terrain")
    terrain = make_terrain(
        catchments,
        random,
        catchment_area=1e6 * random.uniform(7.0, 9.5),
        hillslope=random.uniform(0.14, 0.24),
        lowest=random.uniform(120.0, 350.0),
    )
    origin = (
        30.0 * round(random.uniform(1.36e6, 1.48e6) / 30),
        30.0 * round(random.uniform(1.75e6, 1.92e6) / 30),
    )
    say("catchments")
    return _described(terrain, divide_basin(terrain, catchments), origin, seed, lakes, random=random)


def _described(
    terrain: Terrain,
    division: Division,
    origin: tuple[float, float],
    seed: int,
    lakes: int,
    *,
    random: np.random.Generator,
) -> ExampleBasin:
    import shapely

    polygons = _polygons(terrain, division, origin)
    area = shapely.area(polygons) / 1e6
    points = shapely.get_coordinates(shapely.centroid(polygons))
    channels = make_channels(terrain, division, area, origin)
    hillslopes = survey(terrain, division)
    x, y = points.T
    return ExampleBasin(
        seed=seed,
        downstream=division.downstream,
        polygons=tuple(polygons),
        area=area,
        x=x,
        y=y,
        channels=channels,
        sections=cross_sections(channels, random),
        hillslopes=hillslopes,
        soils=make_soils(x, y, hillslopes, random),
        lakes=_lakes(channels, lakes),
    )


def _polygons(terrain: Terrain, division: Division, origin: tuple[float, float]) -> NDArray[np.object_]:
    """Return one polygon per catchment, in map coordinates."""
    import shapely

    count = division.downstream.size
    label = coverage.widen_corners(
        division.label, terrain.receiver, terrain.order, terrain.area, terrain.width
    )
    label = coverage.joined(label.reshape(terrain.elevation.shape), count)
    drawn = coverage.polygons(label, count, tolerance=1.5)
    to_map = np.array([terrain.cell, -terrain.cell])
    return np.asarray(shapely.transform(drawn, lambda points: np.array(origin) + points * to_map))


def _lakes(channels: Channels, count: int) -> Index:
    """Choose flowpaths for lakes: on larger rivers, far apart in rank, never the last."""
    candidates = np.argsort(-channels.drainage, kind="stable")[1:]
    spread = np.unique(np.linspace(0, candidates.size // 2, count + 1).astype(int)[1:])
    chosen = candidates[spread] if count else candidates[:0]
    return np.sort(chosen)
