"""Reading the older GeoJSON pair: catchments and nexuses, with flowpaths and crosswalk where they exist."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.problem import Problem
from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric.fabric import Column, Table

CATCHMENT_PREFIXES = ("cat", "agg", "wb")
NEXUS_PREFIXES = ("nex", "tnx", "cnx", "inx")
FLOWPATH_PREFIXES = ("wb", "fp")

_NEXUS_NAMES = ("nexus", "nexuses", "nexi")
_FLOWPATH_NAMES = ("flowpath", "flowpaths")


def read_features(path: Path, prefixes: Sequence[str]) -> tuple[Table, tuple[Problem, ...]]:
    """Return the properties of the features as columns, ``id`` first, and what was left out.

    The id of a feature is its own, else that of its properties; a feature's own id that differs from
    its property ``id`` keeps the latter as ``property_id``.

    Raises
    ------
    NotFoundError
        there is no such file.
    HydrofabricError
        the file is no GeoJSON FeatureCollection.
    """
    kept: list[tuple[str, Mapping[str, Any]]] = []
    skipped: list[str] = []
    for feature in _collection(path):
        identifier = _identifier(feature)
        if identifier and identifier.split("-")[0] not in prefixes:
            skipped.append(identifier)
        else:
            kept.append((identifier, feature.get("properties") or {}))
    table: dict[str, Column] = {"id": _column([identifier for identifier, _ in kept])}
    names = dict.fromkeys(name for _, properties in kept for name in properties)
    for name in names:
        column = _column([properties.get(name) for _, properties in kept])
        if name != "id":
            table[name] = column
        elif column.tolist() != table["id"].tolist():
            table["property_id"] = column
    return table, _left_out(path, skipped, prefixes)


def read_shapes(path: Path) -> dict[str, dict[str, Any] | None]:
    """Return the GeoJSON geometry of each feature by id."""
    return {_identifier(feature): feature.get("geometry") for feature in _collection(path)}


def read_crosswalk(path: Path) -> Table:
    """Return the gauge of each catchment: columns ``id`` and ``site_no``."""
    document = _load(path)
    if not isinstance(document, dict):
        raise HydrofabricError(f"{path} is no crosswalk: its top level is no object")
    known = {
        str(identifier): str(entry["site_no"])
        for identifier, entry in document.items()
        if isinstance(entry, dict) and entry.get("site_no")
    }
    return {"id": _column(list(known)), "site_no": _column(list(known.values()))}


def find_beside(catchments: Path, kind: str) -> Path | None:
    """Return the file beside the catchments that holds the ``nexus``, ``flowpath`` or ``crosswalk``."""
    if kind == "crosswalk":
        candidates = [catchments.with_name("crosswalk.json")]
    else:
        words = _NEXUS_NAMES if kind == "nexus" else _FLOWPATH_NAMES
        stems = [
            catchments.name.replace(word, other)
            for word in ("catchments", "catchment", "divides")
            if word in catchments.name
            for other in words
        ]
        candidates = [catchments.with_name(stem) for stem in stems]
    return next((path for path in candidates if path.is_file()), None)


def _collection(path: Path) -> Iterable[Mapping[str, Any]]:
    document = _load(path)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        found = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise HydrofabricError(
            f"{path} is no GeoJSON FeatureCollection: its type is {found!r}",
            hint="give the catchments and the nexuses, each as a FeatureCollection",
        )
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise HydrofabricError(f"{path}: 'features' is no list of features")
    return features


def _identifier(feature: Mapping[str, Any]) -> str:
    own = feature.get("id", (feature.get("properties") or {}).get("id"))
    return "" if own is None else str(own)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", hint="name the GeoJSON file") from error
    except OSError as error:
        raise HydrofabricError(f"{path} cannot be read: {error}", hint="check its permissions") from error
    except UnicodeDecodeError as error:
        raise HydrofabricError(
            f"{path} is no text: {error}", hint="give a *.gpkg or a GeoJSON file"
        ) from error
    except json.JSONDecodeError as error:
        found = "it is empty" if not error.doc.strip() else f"{error.msg} (line {error.lineno})"
        raise HydrofabricError(
            f"{path} is no JSON: {found}", hint="give a *.gpkg or a GeoJSON FeatureCollection"
        ) from error


def _column(values: Sequence[Any]) -> Column:
    numbers = all(value is None or isinstance(value, int | float) for value in values)
    if numbers and any(value is not None for value in values):
        return np.array(values, dtype=np.float64)
    return np.array([_text(value) for value in values], dtype=object)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _left_out(path: Path, ids: Sequence[str], prefixes: Sequence[str]) -> tuple[Problem, ...]:
    if not ids:
        return ()
    message = "features were left out: their ids have another prefix"
    hint = "ids start with " + ", ".join(f"{prefix}-" for prefix in prefixes)
    return (Problem("warning", "unknown-prefix", message, path.name, tuple(ids), hint),)
