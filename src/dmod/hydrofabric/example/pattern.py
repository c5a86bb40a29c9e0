"""An example basin as ready arrays, from which any number of basins is stamped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example.basin import ExampleBasin
from dmod.hydrofabric.example.locations import Locations, choose_locations
from dmod.hydrofabric.example.source_lines import SourceLines, break_up
from dmod.hydrofabric.example.tables import fabric_tables
from dmod.hydrofabric.shape_arrays import ShapeArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Columns = Mapping[str, Any]

CELL = 4000.0
"""Side of the cells on which basins are laid out; coordinates of a pattern are relative to a corner [m]."""

LEAST_DIVIDED = 20
"""Catchments that a basin has at least whose upper part belongs to another region."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One basin; catchments in the order of their numbers: main stem by main stem, each from its head down.

    Parameters
    ----------
    downstream : shape (n,), -1 at the outlet
    upstream_count : catchments that drain through each, itself included
    hydroseq : 1 at the outlet, larger upstream
    flow_order : catchments from the headwaters down
    receiving : flowpaths with others above them; each has a nexus at its head
    polygons, lines : outline and flowpath of each catchment [m]
    channels : columns of ``flowpath-attributes`` that do not depend on the place
    learned : those of ``flowpath-attributes-ml`` that differ
    attributes : columns of ``divide-attributes``
    lakes, lake_columns : flowpaths that are lakes, and their columns
    lowest : elevation of the outlet [m]
    locations : hydrolocations
    sources : source flowlines of the flowpaths
    upper : whether each belongs to the region of the upper part
    """

    downstream: Index
    upstream_count: Index
    hydroseq: Index
    order: Index
    flow_order: Index
    receiving: Index
    polygons: ShapeArray
    lines: ShapeArray
    length: Floats
    area: Floats
    drainage: Floats
    channels: Columns
    learned: Columns
    attributes: Columns
    lakes: Index
    lake_columns: Columns
    lowest: float
    locations: Locations
    sources: SourceLines
    upper: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.downstream.size)


def make_pattern(basin: ExampleBasin, *, divided: bool, centred: bool = True) -> Pattern:
    """Take from a basin what its stamps have in common.

    Parameters
    ----------
    divided : whether its upper half belongs to another region than the lower
    centred : whether coordinates are relative to a cell in its middle, else those of the map
    """
    random = np.random.default_rng([basin.seed, len(basin), 1])
    channels, n = basin.channels, len(basin)
    numbered = np.lexsort((-channels.hydroseq, channels.mainstem))
    position = np.empty(n, np.int64)
    position[numbered] = np.arange(n)
    below = basin.downstream[numbered]
    downstream = np.where(below >= 0, position[below], -1)
    flow_order = position  # the basin lists them from the headwaters down
    count = _upstream_count(downstream, flow_order)
    tables = fabric_tables(basin)
    rank = {name: values[numbered] for name, values in basin.sections.items()}
    length, drainage = channels.length[numbered], channels.drainage[numbered]
    lake_columns = dict(tables["lakes"].columns) if "lakes" in tables else {}
    lakes = position[basin.lakes]
    locations = choose_locations(downstream, count, drainage, lakes, random)
    hydroseq, mainstem = channels.hydroseq[numbered], channels.mainstem[numbered]
    middle = _middle(basin) if centred else np.zeros(2)
    return Pattern(
        downstream=downstream,
        upstream_count=count,
        hydroseq=hydroseq,
        order=channels.order[numbered],
        flow_order=flow_order,
        receiving=np.unique(downstream[downstream >= 0]),
        polygons=_shapes(
            "POLYGON", [np.asarray(p.exterior.coords) for p in basin.polygons], numbered, middle
        ),
        lines=_shapes("LINESTRING", list(channels.lines), numbered, middle),
        length=length,
        area=basin.area[numbered],
        drainage=drainage,
        channels=rank,
        learned=_learned(rank, random),
        attributes=_attributes(tables["divide-attributes"].columns, numbered, middle),
        lakes=lakes,
        lake_columns=lake_columns,
        lowest=float(channels.altitude[-1]),
        locations=locations,
        sources=break_up(length / 1000, hydroseq, mainstem, downstream, locations, random),
        upper=_upper(downstream, count, flow_order) if divided else np.zeros(n, dtype=bool),
    )


def _middle(basin: ExampleBasin) -> Floats:
    """Return the corner of a cell near the middle, so that moves by whole cells are exact."""
    return np.round(np.array([basin.x.mean(), basin.y.mean()]) / CELL) * CELL


def _shapes(kind: str, shapes: list[Floats], numbered: Index, middle: Floats) -> ShapeArray:
    return ShapeArray.of(kind, [shapes[i] - middle for i in numbered.tolist()])


def _upstream_count(downstream: Index, flow_order: Index) -> Index:
    count = [1] * downstream.size
    below = downstream.tolist()
    for i in flow_order.tolist():
        if below[i] >= 0:
            count[below[i]] += count[i]
    return np.array(count)


def _upper(downstream: Index, count: Index, flow_order: Index) -> NDArray[np.bool_]:
    """Return what lies upstream of the flowpath that splits the basin best into halves."""
    n = downstream.size
    upper = np.zeros(n, dtype=bool)
    if n < LEAST_DIVIDED:
        return upper
    upper[np.argmin(np.abs(count - n / 2))] = True
    for i in flow_order[::-1].tolist():
        if downstream[i] >= 0 and upper[downstream[i]]:
            upper[i] = True
    return upper


def _learned(sections: Columns, random: np.random.Generator) -> dict[str, Floats]:
    """Return cross-sections as another method would estimate them: about the same, with scatter."""
    n = sections["n"].size

    def scattered(name: str, factor: float, deviation: float) -> Floats:
        return np.asarray(factor * sections[name] * np.exp(deviation * random.standard_normal(n)))

    roughness, depth = scattered("n", 1.5, 0.3), scattered("Y", 1.4, 0.2)
    top = scattered("TopWdth", 1.2, 0.2)
    return {
        "n": roughness,
        "BtmWdth": top * random.uniform(0.6, 0.95, n),
        "TopWdth": top,
        "ChSlp": scattered("ChSlp", 0.8, 0.3),
        "nCC": 2 * roughness,
        "TopWdthCC": 3 * top,
        "Y": depth,
        "YCC": depth * random.uniform(1.1, 1.5, n),
        "dingman_r": random.uniform(5.0, 40.0, n),
    }


def _attributes(columns: Columns, numbered: Index, middle: Floats) -> dict[str, Any]:
    """Return the columns in the order of numbers; the centroids are moved as the shapes are."""
    taken = {name: np.asarray(values, dtype=None)[numbered] for name, values in columns.items()}
    taken |= {name: taken[name] - middle[i] for i, name in enumerate(("centroid_x", "centroid_y"))}
    return {name: values for name, values in taken.items() if name not in {"divide_id", "vpuid"}}
