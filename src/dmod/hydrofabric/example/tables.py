"""The tables of an example basin's GeoPackage, as in version 2.2 of the hydrofabric."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example.basin import ExampleBasin
from dmod.hydrofabric.write import Layer

Columns = dict[str, Any]

GAUGE = "99000001"
"""Number of the gauge at the outlet; no real gauge has it."""

REGION = "99"


def fabric_tables(basin: ExampleBasin) -> dict[str, Layer]:
    """Return every table, by name, in the order in which they are written."""
    n = len(basin)
    below = np.where(basin.downstream >= 0, basin.downstream + 1, n + 1)
    number = np.arange(1, n + 1)
    flowpath = [f"wb-{i}" for i in number]
    toid = [f"nex-{i}" for i in below]
    channels = basin.channels
    measures = {
        "lengthkm": channels.length / 1000,
        "areasqkm": basin.area,
        "tot_drainage_areasqkm": channels.drainage,
    }
    place = {"vpuid": [REGION] * n}
    gauged = [None] * (n - 1) + [1]
    rank = {"mainstem": channels.mainstem, "order": channels.order, "hydroseq": channels.hydroseq}
    flowpaths = (
        {"id": flowpath, "toid": toid}
        | rank
        | measures
        | {"has_divide": [True] * n, "divide_id": basin.ids, "poi_id": gauged}
        | place
    )
    divides = (
        {"divide_id": basin.ids, "toid": toid, "type": ["network"] * n, "ds_id": [None] * n}
        | {"id": flowpath}
        | measures
        | {"has_flowline": [True] * n}
        | place
    )
    tables = {
        "divides": Layer(divides, [_rings(p) for p in basin.polygons], "POLYGON"),
        "flowpaths": Layer(flowpaths, channels.lines, "LINESTRING"),
        "nexus": _nexuses(basin, below),
        "network": Layer(_network(basin, flowpath, toid, measures)),
        "flowpath-attributes": Layer(_routing(basin, flowpath, toid)),
        "divide-attributes": Layer(_divide_attributes(basin)),
        "pois": Layer({"poi_id": [1], "id": [flowpath[-1]], "nex_id": [toid[-1]], "vpuid": [REGION]}),
        "hydrolocations": _hydrolocations(basin, flowpath[-1], toid[-1]),
    }
    return tables | ({"lakes": _lakes(basin)} if basin.lakes.size else {})


def nexus_ids(basin: ExampleBasin) -> tuple[str, ...]:
    """Return the nexuses: one above every flowpath that has others above it, and the outlet's, last."""
    receiving = np.unique(basin.downstream[basin.downstream >= 0]) + 1
    return tuple(f"nex-{i}" for i in [*receiving.tolist(), len(basin) + 1])


def _rings(polygon: Any) -> list[NDArray[np.float64]]:
    return [np.asarray(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]


def _nexuses(basin: ExampleBasin, below: NDArray[np.int64]) -> Layer:
    numbers = [int(name.removeprefix("nex-")) for name in nexus_ids(basin)]
    points = [basin.channels.lines[i - 1][0] for i in numbers[:-1]] + [basin.channels.lines[-1][-1]]
    count = len(numbers)
    columns: Columns = {
        "id": [f"nex-{i}" for i in numbers],
        "toid": [f"wb-{i}" for i in numbers],
        "type": ["nexus"] * count,
        "vpuid": [REGION] * count,
        "poi_id": [None] * (count - 1) + [1],
    }
    return Layer(columns, np.array(points), "POINT")


def _network(basin: ExampleBasin, flowpath: list[str], toid: list[str], measures: Columns) -> Columns:
    n = len(basin)
    channels = basin.channels
    return (
        {"id": flowpath, "toid": toid, "divide_id": basin.ids, "ds_id": [None] * n}
        | {"mainstem": channels.mainstem, "hydroseq": channels.hydroseq}
        | {"hf_source": ["dmod example, synthetic"] * n, "hf_id": np.arange(1.0, n + 1)}
        | measures
        | {"type": ["nexus"] * n, "vpuid": [REGION] * n}
        | {"hf_hydroseq": channels.hydroseq.astype(float), "hf_lengthkm": measures["lengthkm"]}
        | {"hf_mainstem": channels.mainstem.astype(float), "topo": ["fl-nex"] * n}
        | {"poi_id": [None] * (n - 1) + [1], "hl_uri": [None] * (n - 1) + [f"gages-{GAUGE}"]}
    )


def _routing(basin: ExampleBasin, flowpath: list[str], toid: list[str]) -> Columns:
    n = len(basin)
    waterbody: list[str | None] = [None] * n
    for lake in basin.lakes.tolist():
        waterbody[lake] = str(lake + 1)
    return (
        {"link": flowpath, "to": toid, "Length_m": basin.channels.length}
        | basin.sections
        | {"gage": [None] * (n - 1) + [GAUGE], "gage_nex_id": [None] * (n - 1) + [toid[-1]]}
        | {"WaterbodyID": waterbody}
        | {"waterbody_nex_id": [None if w is None else t for w, t in zip(waterbody, toid, strict=True)]}
        | {"id": flowpath, "toid": toid, "vpuid": [REGION] * n}
    )


def _divide_attributes(basin: ExampleBasin) -> Columns:
    soils, hills, n = basin.soils, basin.hillslopes, len(basin)
    layered = {
        "mode.bexp": soils.b,
        "geom_mean.dksat": soils.conductivity,
        "geom_mean.psisat": soils.suction,
        "mean.smcmax": soils.porosity,
        "mean.smcwlt": soils.wilting,
    }
    columns: Columns = {"divide_id": basin.ids}
    for name, values in layered.items():
        columns |= {f"{name}_soil_layers_stag={layer}": values for layer in (1, 2, 3, 4)}
    return columns | {
        "mode.ISLTYP": soils.category.astype(float),
        "mode.IVGTYP": soils.vegetation.astype(float),
        "mean.cwpvt": np.full(n, 0.18),
        "mean.mfsno": np.full(n, 2.5),
        "mean.mp": np.full(n, 9.0),
        "mean.refkdt": soils.runoff,
        "mean.slope_1km": soils.drainage,
        "mean.vcmx25": np.full(n, 55.0),
        "mean.Coeff": soils.release,
        "mean.Zmax": soils.storage * 1000,
        "mode.Expon": soils.exponent,
        "centroid_x": basin.x,
        "centroid_y": basin.y,
        "mean.impervious": soils.impervious,
        "mean.elevation": hills.elevation * 100,
        "mean.slope": np.degrees(np.arctan(hills.slope)),
        "circ_mean.aspect": hills.aspect,
        "dist_4.twi": [_wetness_quarters(basin, i) for i in range(n)],
        "vpuid": [REGION] * n,
    }


def _wetness_quarters(basin: ExampleBasin, i: int) -> str:
    """Return the topographic index in four classes of about equal area, as JSON."""
    edges, share = basin.hillslopes.wetness_edges[i], basin.hillslopes.wetness[i]
    middle, cumulated = (edges[1:] + edges[:-1]) / 2, np.cumsum(share)
    quarter = np.minimum(((cumulated - share / 2) * 4).astype(int), 3)
    area = np.bincount(quarter, share, 4)
    mean = np.bincount(quarter, share * middle, 4) / np.maximum(area, 1e-12)
    classes = [
        {"v": round(float(v), 3), "frequency": round(float(f), 4)}
        for v, f in zip(mean, area, strict=True)
        if f > 0
    ]
    return json.dumps(classes, separators=(",", ":"))


def _hydrolocations(basin: ExampleBasin, flowpath: str, nexus: str) -> Layer:
    x, y = basin.channels.lines[-1][-1]
    columns: Columns = {
        "poi_id": [1],
        "id": [flowpath],
        "nex_id": [nexus],
        "hf_id": [float(len(basin))],
        "hl_link": [GAUGE],
        "hl_reference": ["gages"],
        "hl_uri": [f"gages-{GAUGE}"],
        "hl_source": ["dmod example, synthetic"],
        "hl_x": [x],
        "hl_y": [y],
        "vpuid": [REGION],
    }
    return Layer(columns, np.array([[x, y]]), "POINT")


def _lakes(basin: ExampleBasin) -> Layer:
    """Return reservoirs: an orifice that passes the mean flow, a weir at the rim; heights in m."""
    chosen, count = basin.lakes, basin.lakes.size
    drainage, rim = basin.channels.drainage[chosen], basin.channels.altitude[chosen]
    depth = 4.0 + 2.0 * np.log10(drainage)
    points = np.array([basin.channels.lines[i][-1] for i in chosen.tolist()])
    columns: Columns = {
        "lake_id": (chosen + 1).astype(float),
        "LkArea": 0.01 * drainage**0.8,
        "LkMxE": rim,
        "WeirC": np.full(count, 0.4),
        "WeirL": 3.0 + 0.05 * drainage**0.8,
        "OrificeC": np.full(count, 0.1),
        "OrificeA": 0.05 * drainage**0.8,
        "OrificeE": rim - depth,
        "WeirE": rim - 0.1 * depth,
        "ifd": np.full(count, 0.9),
        "Dam_Length": 10.0 + 0.5 * drainage**0.8,
        "domain": ["conus"] * count,
        "poi_id": [None] * count,
        "hf_id": (chosen + 1).astype(float),
        "res_id": [f"synthetic-{i + 1}" for i in chosen.tolist()],
        "vpuid": [REGION] * count,
        "lake_x": points[:, 0],
        "lake_y": points[:, 1],
    }
    return Layer(columns, points, "POINT")
