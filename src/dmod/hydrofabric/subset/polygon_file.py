"""A polygon that a user drew: from GeoJSON, a GeoPackage layer or well-known text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError, NotFoundError
from dmod.hydrofabric.geopackage import MAGIC, quoted
from dmod.hydrofabric.schema import GEOGRAPHIC
from dmod.hydrofabric.shapes import strip_header
from dmod.hydrofabric.subset.projection import known_system, layer_system
from dmod.hydrofabric.subset.source import describe_tables, reading

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HINT = "give a GeoJSON, GeoPackage or WKT file with one or more polygons"
_AREAS = frozenset({"Polygon", "MultiPolygon"})
_EWKT = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_EPSG = re.compile(r"EPSG:+(?:[\d.]*:)?(\d+)$", re.IGNORECASE)


def read_polygon(path: Path) -> tuple[BaseGeometry, Any]:
    """Return the union of the polygons of a file and their reference system.

    GeoJSON and WKT are in longitude and latitude unless they say otherwise (``crs``, ``SRID=5070;``).

    Raises
    ------
    NotFoundError
        there is no such file.
    InputError
        it holds no polygon, or one that is not valid.
    """
    import shapely

    shapes, system = _read(path)
    areas = [
        shape for shape in shapes if shape is not None and shape.geom_type in _AREAS and not shape.is_empty
    ]
    if not areas:
        kinds = sorted({shape.geom_type for shape in shapes if shape is not None})
        held = f"only {', '.join(kinds)}" if kinds else "no shapes"
        raise InputError(f"--polygon {path} holds no polygon: it has {held}", hint=HINT)
    for number, area in enumerate(areas, start=1):
        if not area.is_valid:
            reason = shapely.is_valid_reason(area)
            raise InputError(
                f"--polygon {path}: polygon {number} is not valid: {reason}",
                hint="correct it, for example with 'Fix geometries' of QGIS",
            )
    joined = shapely.union_all(areas)
    _require_degrees(path, joined, system)
    return joined, system


def _read(path: Path) -> tuple[Sequence[Any], Any]:
    if not path.is_file():
        raise NotFoundError(f"there is no polygon file {path}", hint=HINT)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"--polygon {path} cannot be read: {error}", hint="check its permissions") from error
    if content.startswith(MAGIC):
        return _from_geopackage(path)
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise InputError(f"--polygon {path} is neither text nor a GeoPackage", hint=HINT) from error
    return _from_geojson(path, text) if text.startswith("{") else _from_text(path, text)


def _from_geojson(path: Path, text: str) -> tuple[Sequence[Any], Any]:
    import shapely
    from shapely.geometry import shape

    try:
        document = json.loads(text)
        found = [shape(dict(geometry)) for geometry in _geometries(document) if geometry]
    except json.JSONDecodeError as error:
        raise InputError(
            f"--polygon {path} is no JSON: {error.msg} (line {error.lineno})", hint=HINT
        ) from error
    except (
        shapely.errors.ShapelyError,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
    ) as error:
        raise InputError(f"--polygon {path}: a geometry cannot be read: {error}", hint=HINT) from error
    crs = document.get("crs")
    named = crs.get("properties", {}).get("name", "") if isinstance(crs, Mapping) else ""
    number = _EPSG.search(str(named))
    return found, int(number[1]) if number else GEOGRAPHIC


def _geometries(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        return [feature["geometry"] for feature in document["features"]]
    if kind == "Feature":
        return [document["geometry"]]
    return list(document["geometries"]) if kind == "GeometryCollection" else [document]


def _from_text(path: Path, text: str) -> tuple[Sequence[Any], Any]:
    import shapely

    system = _EWKT.match(text)
    try:
        found = shapely.from_wkt(text[system.end() :] if system else text)
    except shapely.errors.ShapelyError as error:
        raise InputError(f"--polygon {path} is no well-known text: {error}", hint=HINT) from error
    return list(shapely.get_parts([found])), int(system[1]) if system else GEOGRAPHIC


def _from_geopackage(path: Path) -> tuple[Sequence[Any], Any]:
    import shapely

    with reading(path) as database:
        layers = [table for table in describe_tables(database) if table.geometry]
        if len(layers) != 1:
            held = ", ".join(table.name for table in layers) or "none"
            raise InputError(f"--polygon {path} must have one layer with shapes; it has {held}", hint=HINT)
        (layer,) = layers
        system = known_system(layer_system(database, layer))
        blobs = [
            blob for (blob,) in database.execute(f"SELECT {quoted(layer.geometry)} FROM {quoted(layer.name)}")
        ]
    try:
        shapes = shapely.from_wkb([strip_header(blob) if blob else None for blob in blobs])
    except (shapely.errors.ShapelyError, IndexError, TypeError) as error:
        raise InputError(f"--polygon {path}: a geometry cannot be read: {error}", hint=HINT) from error
    return list(shapes), system


def _require_degrees(path: Path, area: BaseGeometry, system: Any) -> None:
    west, south, east, north = area.bounds
    if system == GEOGRAPHIC and not (-360 <= west <= east <= 360 and -90 <= south <= north <= 90):
        raise InputError(
            f"--polygon {path}: its coordinates are no degrees: {west:g} to {east:g}, {south:g} to {north:g}",
            hint='say which system they are in: "crs" in GeoJSON, SRID=5070; before WKT, or use a GeoPackage',
        )
