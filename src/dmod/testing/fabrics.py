"""Small named hydrofabrics, as tables to write or to spoil first.

Each builder returns the tables of one GeoPackage::

    write_geopackage(folder / "basin.gpkg", y_confluence())

Catchments are squares of one kilometre in a row, so that shapes are valid and areas known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dmod.hydrofabric import Layer, write_geopackage

Version = Literal["2.0", "2.1.1", "2.2"]
Tables = dict[str, Layer]
Columns = dict[str, Any]

WEST, SOUTH, SIDE = -1_270_000.0, 2_200_000.0, 1_000.0  # EPSG:5070 [m]
SOIL = {
    "mode.bexp_soil_layers_stag=2": 4.0,
    "geom_mean.dksat_soil_layers_stag=2": 3.4e-6,
    "geom_mean.psisat_soil_layers_stag=2": 0.26,
    "mean.smcmax_soil_layers_stag=2": 0.43,
    "mean.smcwlt_soil_layers_stag=2": 0.06,
    "mean.slope_1km": 0.1,
    "mean.refkdt": 3.0,
    "mean.Coeff": 0.005,
    "mean.Zmax": 220.0,
    "mode.Expon": 1.0,
    "mean.elevation": 150_000.0,
    "mean.impervious": 0.01,
}
CHANNEL = {
    "n": 0.06,
    "nCC": 0.12,
    "BtmWdth": 4.0,
    "TopWdth": 6.0,
    "TopWdthCC": 18.0,
    "ChSlp": 0.6,
    "So": 0.01,
    "MusX": 0.2,
    "MusK": 3600.0,
}


def headwater(version: Version = "2.2") -> Tables:
    """Return one catchment that drains out of the fabric."""
    return basin([-1], version)


def y_confluence(version: Version = "2.2") -> Tables:
    """Return two catchments (1, 2) that meet and drain through a third (3) past a gauge, 01234567."""
    return basin([2, 2, -1], version)


def two_basins(version: Version = "2.2") -> Tables:
    """Return two rivers that never meet: 1 → 2 and 3 → 4."""
    return basin([1, -1, 3, -1], version)


def cyclic(version: Version = "2.2") -> Tables:
    """Return a sound river (1 → 2), and two catchments (3, 4) that drain into each other."""
    return basin([1, -1, 3, 2], version)


def chain(count: int, version: Version = "2.2") -> Tables:
    """Return a river of ``count`` catchments one below the other, 1 the uppermost."""
    return basin([*range(1, count), -1], version)


def tree(count: int, version: Version = "2.2") -> Tables:
    """Return a river in which two catchments meet above each one, the last being the outlet."""
    return basin([(i + count) // 2 if i < count - 1 else -1 for i in range(count)], version)


def without_flowpath_attributes(version: Version = "2.2") -> Tables:
    """Return the Y confluence as a fabric that cannot be routed."""
    tables = y_confluence(version)
    return {
        name: layer
        for name, layer in tables.items()
        if not name.startswith("flowpath") or name == "flowpaths"
    }


def with_lake(version: Version = "2.2") -> Tables:
    """Return the Y confluence with a lake, 4711, on the lowest flowpath."""
    tables = y_confluence(version)
    levels = {"LkArea": [2.5], "LkMxE": [1502.0], "WeirC": [0.4], "WeirL": [10.0], "WeirE": [1500.0]}
    orifice = {"OrificeC": [0.1], "OrificeA": [1.0], "OrificeE": [1490.0], "ifd": [0.9], "Dam_Length": [50.0]}
    key: dict[str, list[Any]] = (
        {"lake_id": [4711.0]} if version == "2.2" else {"id": ["wb-3"], "hl_link": [4711.0]}
    )
    point = np.array([[WEST, SOUTH]])
    tables["lakes"] = Layer({**key, **levels, **orifice}, point, "POINT")
    name, column = attribute_names(version)
    return spoil(tables, name, column, 2, "4711")


def attribute_names(version: Version) -> tuple[str, str]:
    """Return the name of the flowpath attributes and of their column of lakes."""
    if version == "2.0":
        return "flowpath_attributes", "rl_NHDWaterbodyComID"
    return "flowpath-attributes", "WaterbodyID"


def spoil(tables: Mapping[str, Layer], table: str, column: str, row: int, value: Any) -> Tables:
    """Return the tables with one value replaced."""
    layer = tables[table]
    values = list(layer.columns[column])
    values[row] = value
    return {**tables, table: replace(layer, columns={**layer.columns, column: values})}


def without_row(tables: Mapping[str, Layer], table: str, row: int) -> Tables:
    """Return the tables with one row left out."""
    layer = tables[table]
    columns = {name: [v for i, v in enumerate(values) if i != row] for name, values in layer.columns.items()}
    shapes = layer.geometry
    kept = None if shapes is None else [shape for i, shape in enumerate(shapes) if i != row]
    return {**tables, table: Layer(columns, kept, layer.geometry_type)}


def basin(below: Sequence[int], version: Version = "2.2") -> Tables:
    """Return the tables of a fabric in which catchment *i* (``cat-<i+1>``) drains into ``below[i]``.

    -1 is an outlet: it gets a nexus of its own whose ``toid`` lies outside, as in a subset.
    """
    count = len(below)
    divide = [f"cat-{i + 1}" for i in range(count)]
    flowpath = [f"wb-{i + 1}" for i in range(count)]
    outlets = [i for i, at in enumerate(below) if at < 0]
    end = {i: count + 1 + k for k, i in enumerate(outlets)}
    numbers = [at + 1 if at >= 0 else end[i] for i, at in enumerate(below)]
    toid = [f"nex-{number}" for number in numbers]
    nexuses = sorted(set(numbers))
    west = WEST + SIDE * np.arange(count)
    area = _accumulated(below)
    vpu: dict[str, list[str]] = {"vpuid": ["16"] * count} if version == "2.2" else {}
    tables = {
        "divides": Layer(
            {
                "divide_id": divide,
                "toid": toid,
                "type": ["network"] * count,
                "areasqkm": np.ones(count),
                "id": flowpath,
                "lengthkm": np.ones(count),
                "tot_drainage_areasqkm": area,
                "has_flowline": [True] * count,
                **vpu,
            },
            [_square(x) for x in west],
        ),
        "flowpaths": Layer(
            {
                "id": flowpath,
                "toid": toid,
                "order": np.ones(count),
                "hydroseq": np.arange(count, 0, -1),
                "lengthkm": np.ones(count),
                "areasqkm": np.ones(count),
                "tot_drainage_areasqkm": area,
                "has_divide": [True] * count,
                "divide_id": divide,
                **vpu,
            },
            [np.array([[x, SOUTH + SIDE / 2], [x + SIDE, SOUTH + SIDE / 2]]) for x in west],
            "LINESTRING",
        ),
        "nexus": Layer(
            {
                "id": [f"nex-{number}" for number in nexuses],
                "toid": [f"wb-{number}" for number in nexuses],
                "type": ["nexus"] * len(nexuses),
                **({"vpuid": ["16"] * len(nexuses)} if version == "2.2" else {}),
            },
            np.array([[WEST + SIDE * (number - 1), SOUTH + SIDE / 2] for number in nexuses]),
            "POINT",
        ),
    }
    gauge = outlets[0] if outlets else 0
    return {**tables, **_attribute_tables(divide, flowpath, toid, version, gauge)}


def _attribute_tables(
    divide: Sequence[str], flowpath: Sequence[str], toid: Sequence[str], version: Version, gauge: int
) -> Tables:
    count = len(divide)
    channel = {name: np.full(count, value) for name, value in CHANNEL.items()}
    length = np.full(count, 1000.0)
    gages = [("01234567" if i == gauge else None) for i in range(count)]
    nothing: list[str | None] = [None] * count
    name, lake = attribute_names(version)
    columns: Columns
    network = Layer({"id": flowpath, "toid": toid, "divide_id": divide, "lengthkm": np.ones(count)})
    if version == "2.0":
        columns = {"id": flowpath, "rl_gages": gages, lake: nothing, **channel, "length_m": length}
        return {name: Layer(columns), "network": network}
    columns = {
        "link": flowpath,
        "to": toid,
        "Length_m": length,
        "Y": np.full(count, 0.4),
        **channel,
        "alt": np.full(count, 1500.0),
        "gage": gages,
        "gage_nex_id": [toid[gauge] if i == gauge else None for i in range(count)],
        lake: nothing,
        "id": flowpath,
        "toid": toid,
    }
    place: Columns = {"poi_id": [7], "id": [flowpath[gauge]], "nex_id": [toid[gauge]]}
    link: Columns = {"hl_link": ["01234567"], "hl_reference": ["gages"], "hl_uri": ["gages-01234567"]}
    return {
        name: Layer(columns),
        "network": network,
        "divide-attributes": Layer(
            {"divide_id": divide, **{soil: np.full(count, value) for soil, value in SOIL.items()}}
        ),
        "hydrolocations": Layer({**place, **link}),
        "pois": Layer(place),
    }


def write_geojson_pair(folder: Path, tables: Mapping[str, Layer]) -> tuple[Path, Path]:
    """Write catchments and nexuses as the older GeoJSON pair; shapes are squares and points in degrees."""
    divides, nexus = tables["divides"].columns, tables["nexus"].columns
    square = [[[-111.0, 41.0], [-110.99, 41.0], [-110.99, 41.01], [-111.0, 41.0]]]
    catchments = [
        _feature(identifier, {"toid": below, "areasqkm": float(area)}, "Polygon", square)
        for identifier, below, area in zip(
            divides["divide_id"], divides["toid"], divides["areasqkm"], strict=True
        )
    ]
    nexuses = [
        _feature(identifier, {"toid": str(below).replace("wb-", "cat-")}, "Point", [-111.0, 41.0])
        for identifier, below in zip(nexus["id"], nexus["toid"], strict=True)
    ]
    paths = (folder / "catchments.geojson", folder / "nexus.geojson")
    for path, features in zip(paths, (catchments, nexuses), strict=True):
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return paths


def write_fabric(folder: Path, tables: Mapping[str, Layer], name: str = "basin.gpkg") -> Path:
    """Write the tables into a folder and return the file."""
    return write_geopackage(folder / name, tables, overwrite=True)


def _feature(identifier: Any, properties: dict[str, Any], kind: str, coordinates: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "id": str(identifier), "properties": properties, "geometry": geometry}


def _square(west: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    east, north = west + SIDE, SOUTH + SIDE
    return np.array([[west, SOUTH], [east, SOUTH], [east, north], [west, north]])


def _accumulated(below: Sequence[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return drainage areas [km²]; catchments in a cycle keep their own."""
    total = np.ones(len(below))
    for start in range(len(below)):
        at, seen = below[start], {start}
        while at >= 0 and at not in seen:
            seen.add(at)
            total[at] += 1.0
            at = below[at]
    return total
