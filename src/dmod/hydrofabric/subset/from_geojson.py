"""A GeoJSON fabric as a GeoPackage, so that there is one way to cut."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dmod.errors import HydrofabricError
from dmod.hydrofabric.fabric import Table
from dmod.hydrofabric.geojson import read_shapes
from dmod.hydrofabric.geopackage import MAGIC
from dmod.hydrofabric.read import read_hydrofabric
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.write import Layer, write_geopackage

_SUFFIXES = frozenset({".geojson", ".json"})
_PARTS = {"Polygon": "MultiPolygon", "LineString": "MultiLineString"}


@contextmanager
def as_geopackage(fabric: Path) -> Iterator[Path]:
    """Yield the fabric itself if it is a GeoPackage, else one made of the GeoJSON files for the time being.

    Raises
    ------
    NotFoundError, HydrofabricError
        a file is not there, or is no part of a hydrofabric.
    """
    if not is_geojson(fabric):
        yield fabric
        return
    with tempfile.TemporaryDirectory(prefix="dmod-fabric-") as folder:
        yield convert(fabric, Path(folder) / f"{fabric.stem}.gpkg")


def is_geojson(fabric: Path) -> bool:
    """Return whether a file is a GeoJSON fabric by its name, and no database by its content."""
    if fabric.suffix.lower() not in _SUFFIXES:
        return False
    if not fabric.is_file():
        return True
    with fabric.open("rb") as file:
        return not file.read(len(MAGIC)).startswith(MAGIC)


def convert(fabric: Path, output: Path) -> Path:
    """Write the catchments, nexuses and flowpaths of a GeoJSON fabric as a GeoPackage.

    Raises
    ------
    NotFoundError, HydrofabricError
        a file is not there, or is no part of a hydrofabric.
    """
    read = read_hydrofabric(fabric, validate=False)
    layers = {}
    for name, file in zip(("divides", "nexus", "flowpaths"), read.sources, strict=False):
        table = dict(read.tables.get(name, {}))
        if not table:
            continue
        shapes = read_shapes(file)
        if name == "divides":
            table = {"divide_id": table.pop("id"), **_renamed(table)}
        ids = table["divide_id" if name == "divides" else "id"].tolist()
        layers[name] = _layer(file, table, [shapes.get(identifier) for identifier in ids])
    return write_geopackage(output, layers, srs=GEOGRAPHIC)


def _renamed(table: Table) -> dict[str, Any]:
    return {"id" if name == "property_id" else name: column for name, column in table.items()}


def _layer(file: Path, table: Table, shapes: list[dict[str, Any] | None]) -> Layer:
    """Return a layer whose shapes are all of one kind, single ones as a multiple of one where they mix."""
    kinds = {shape["type"] for shape in shapes if shape}
    multiple = kinds & set(_PARTS.values())
    kind = multiple.pop() if multiple else next(iter(kinds), "Point")
    for other in kinds - {kind}:
        if _PARTS.get(other) != kind:
            raise HydrofabricError(
                f"{file}: shapes of the kinds {', '.join(sorted(kinds))} stand side by side",
                hint="convert the fabric to a GeoPackage first",
            )
    drawn = [None if not shape else _coordinates(shape, kind) for shape in shapes]
    return Layer(table, drawn, kind.upper())


def _coordinates(shape: Mapping[str, Any], kind: str) -> Any:
    """Return coordinates without heights, nested as the kind asks."""
    found = shape["coordinates"]
    return _flat([found] if shape["type"] != kind else found)


def _flat(nested: Any) -> Any:
    if not nested or isinstance(nested[0], int | float):
        return np.array(nested[:2], dtype=np.float64)
    if isinstance(nested[0][0], int | float):
        return np.array([point[:2] for point in nested], dtype=np.float64)
    return [_flat(part) for part in nested]
