"""The rows of an example hydrofabric's tables, basin by basin, in the columns of version 2.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from dmod.hydrofabric.example.stamped_attributes import channel_columns, divide_columns, learned_columns
from dmod.hydrofabric.example.stamped_basin import Columns, Floats, StampedBasin, taken
from dmod.hydrofabric.shape_arrays import ShapeArray
from dmod.hydrofabric.version22 import TABLES

Rows = tuple[Columns, ShapeArray | None]

SOURCE = "dmod example, synthetic"
NOTHING_BELOW = "wb-0"
_RESERVOIR_INDEX = [name for name in TABLES["lakes"].columns if name.startswith("reservoir_index")]


def _flowpaths(basin: StampedBasin) -> Rows:
    pattern = basin.stamp.pattern
    order = pattern.flow_order
    columns = {
        "id": basin.flowpaths,
        "toid": basin.toid,
        "mainstem": (pattern.sources.mainstem + basin.stamp.first_line).astype(float),
        "order": pattern.order.astype(float),
        "hydroseq": pattern.hydroseq + (basin.stamp.first - 1),
        **basin.measures,
        "has_divide": [True] * len(basin),
        "divide_id": basin.divides,
        "poi_id": [None if poi is None else str(poi) for poi in basin.poi],
        "vpuid": basin.vpuid,
    }
    return taken(columns, order), basin.stamp.placed(pattern.lines).taken(order)


def _divides(basin: StampedBasin) -> Rows:
    n = len(basin)
    kind = ["terminal" if below < 0 else "network" for below in basin.stamp.pattern.downstream.tolist()]
    columns = {
        "divide_id": basin.divides,
        "toid": basin.toid,
        "type": kind,
        "ds_id": [None] * n,
        "id": basin.flowpaths,
        **basin.measures,
        "has_flowline": [True] * n,
        "vpuid": basin.vpuid,
    }
    return columns, basin.stamp.placed(basin.stamp.pattern.polygons)


def _nexus(basin: StampedBasin) -> Rows:
    """Return one above every flowpath that has others above it, and the outlet's."""
    pattern = basin.stamp.pattern
    receiving = pattern.receiving.tolist()
    outlet = int(np.flatnonzero(pattern.downstream < 0)[0])
    poi_of = {pattern.downstream[f]: poi for f, poi in enumerate(basin.poi) if poi is not None}
    lines = pattern.lines
    at = np.append(lines.first[pattern.receiving], lines.first[outlet + 1] - 1)
    first = basin.stamp.first
    columns = {
        "id": [*(f"nex-{first + i}" for i in receiving), basin.terminal],
        "toid": [*(basin.flowpaths[i] for i in receiving), NOTHING_BELOW],
        "type": [*(["nexus"] * len(receiving)), "terminal"],
        "vpuid": [*(basin.vpuid[i] for i in receiving), basin.vpuid[outlet]],
        "poi_id": [poi_of.get(i) for i in [*receiving, -1]],
    }
    return columns, _points(basin, lines.points[at])


def _lakes(basin: StampedBasin) -> Rows:
    pattern, scale = basin.stamp.pattern, basin.stamp.scale
    chosen = pattern.lakes.tolist()
    if not chosen:
        return dict.fromkeys(TABLES["lakes"].columns, ()), _points(basin, np.empty((0, 2)))
    at = pattern.lines.points[pattern.lines.first[pattern.lakes + 1] - 1]
    placed = basin.stamp.points(at)
    numbers = basin.numbers[pattern.lakes]
    columns = {
        name: values * scale**1.6 if name in {"LkArea", "OrificeA"} else values
        for name, values in pattern.lake_columns.items()
    }
    columns |= {
        name: basin.relief(columns[name]) for name in ("LkMxE", "OrificeE", "WeirE") if name in columns
    }
    columns |= {name: np.full(len(chosen), np.nan) for name in _RESERVOIR_INDEX}
    return columns | {
        "lake_id": numbers.astype(float),
        "hf_id": (pattern.sources.start[pattern.lakes] + basin.stamp.first_line).astype(float),
        "domain": ["conus"] * len(chosen),
        "poi_id": [basin.poi[i] for i in chosen],
        "res_id": [f"synthetic-{i}" for i in numbers.tolist()],
        "vpuid": [basin.vpuid[i] for i in chosen],
        "lake_x": placed[:, 0],
        "lake_y": placed[:, 1],
    }, _points(basin, at)


def _pois(basin: StampedBasin) -> Rows:
    at = basin.locations.flowpath.tolist()
    first = basin.stamp.first_poi
    return {
        "poi_id": list(range(first, first + len(at))),
        "id": [basin.flowpaths[i] for i in at],
        "nex_id": [basin.toid[i] for i in at],
        "vpuid": [basin.vpuid[i] for i in at],
    }, None


def _hydrolocations(basin: StampedBasin) -> Rows:
    locations, lines = basin.locations, basin.stamp.pattern.lines
    flowpath = locations.flowpath[locations.poi]
    at = flowpath.tolist()
    ends = lines.points[lines.first[flowpath + 1] - 1]
    placed = basin.stamp.points(ends)
    return {
        "poi_id": (locations.poi + basin.stamp.first_poi).tolist(),
        "id": [basin.flowpaths[i] for i in at],
        "nex_id": [basin.toid[i] for i in at],
        "hf_id": (basin.stamp.pattern.sources.start[flowpath] + basin.stamp.first_line).astype(float),
        "hl_link": basin.links,
        "hl_reference": list(locations.kind),
        "hl_uri": basin.uris,
        "hl_source": [SOURCE] * len(at),
        "hl_x": placed[:, 0],
        "hl_y": placed[:, 1],
        "vpuid": [basin.vpuid[i] for i in at],
    }, _points(basin, ends)


def _network(basin: StampedBasin) -> Rows:
    """Return a row for every source flowline of a flowpath and every hydrolocation at its lower end."""
    pattern, stamp, sources = basin.stamp.pattern, basin.stamp, basin.stamp.pattern.sources
    line = (sources.line + stamp.first_line).astype(float)
    mainstem = (sources.mainstem + stamp.first_line).astype(float)[sources.flowpath]
    poi = np.append(basin.locations.poi + stamp.first_poi, -1)[sources.location].tolist()
    uris = [*basin.uris, None]
    kind = ["terminal" if below < 0 else "nexus" for below in pattern.downstream.tolist()]
    by_flowpath = {
        "id": basin.flowpaths,
        "toid": basin.toid,
        "divide_id": basin.divides,
        "hydroseq": pattern.hydroseq + (stamp.first - 1),
        **basin.measures,
        "type": kind,
        "vpuid": basin.vpuid,
    }
    n = line.size
    return taken(by_flowpath, sources.flowpath) | {
        "ds_id": [None] * n,
        "mainstem": mainstem,
        "hf_source": [SOURCE] * n,
        "hf_id": line,
        "hf_hydroseq": line,
        "hf_lengthkm": sources.length * stamp.scale,
        "hf_mainstem": mainstem,
        "topo": ["fl-nex"] * n,
        "poi_id": [None if i < 0 else i for i in poi],
        "hl_uri": [uris[i] for i in sources.location.tolist()],
    }, None


def _points(basin: StampedBasin, points: Floats) -> ShapeArray:
    return ShapeArray("POINT", basin.stamp.points(points), np.arange(len(points) + 1))


ROWS: Mapping[str, Callable[[StampedBasin], Rows]] = MappingProxyType(
    {
        "flowpaths": _flowpaths,
        "divides": _divides,
        "lakes": _lakes,
        "nexus": _nexus,
        "pois": _pois,
        "hydrolocations": _hydrolocations,
        "flowpath-attributes": lambda basin: (channel_columns(basin), None),
        "flowpath-attributes-ml": lambda basin: (learned_columns(basin), None),
        "network": _network,
        "divide-attributes": lambda basin: (divide_columns(basin), None),
    }
)
"""Rows of each table for one basin."""
