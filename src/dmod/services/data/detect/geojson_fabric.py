"""A hydrofabric as GeoJSON: catchments, nexuses and flowpaths as collections of features."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.errors import InputError
from dmod.hydrofabric.geojson import CATCHMENT_PREFIXES, FLOWPATH_PREFIXES, NEXUS_PREFIXES, read_features
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.identity import hydrofabric_identity
from dmod.services.data.detect.json_document import json_of
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.words import counted

_SUFFIXES = frozenset({".geojson", ".json"})
_LINES = frozenset({"LineString", "MultiLineString"})


class Part(StrEnum):
    """What the features of a file are; a file may hold more than one kind."""

    CATCHMENTS = "catchments"
    NEXUSES = "nexuses"
    FLOWPATHS = "flowpaths"


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a hydrofabric by what they hold, and how many others lie beside them."""

    parts: dict[Part, list[Path]]
    count: int


def recognises(path: Path) -> bool:
    """Whether it is a collection of features with catchments, or a folder with one."""
    return bool(_files(path).parts.get(Part.CATCHMENTS))


def read(path: Path) -> Detected:
    """Read catchments and network; of a file of catchments alone the network is not known."""
    files = _files(path)
    catchments = _one(path, files, Part.CATCHMENTS)
    table, _ = read_features(catchments, CATCHMENT_PREFIXES)
    ids = [str(name) for name in table["id"] if name]
    if not ids:
        raise InputError(f"{catchments} holds no catchment with an id", hint="ids are written cat-7")
    notes = []
    repeated = len(ids) - len(set(ids))
    if repeated:
        notes.append(f"{counted(repeated, 'catchment')} repeated")
    held = discrete(DomainIndex.CATCHMENT_ID, ids)
    parts = [f"hydrofabric of {counted(len(set(ids)), 'catchment')} as GeoJSON"]
    if files.parts.get(Part.NEXUSES):
        nexuses, _ = read_features(_one(path, files, Part.NEXUSES), NEXUS_PREFIXES)
        receiver = dict(zip(nexuses["id"], nexuses.get("toid", [""] * len(nexuses["id"])), strict=True))
        below = table.get("toid", [""] * len(table["id"]))
        relations = (
            (str(name), str(nexus), str(receiver.get(nexus, "")))
            for name, nexus in zip(table["id"], below, strict=True)
            if name
        )
        held |= discrete(DomainIndex.HYDROFABRIC_ID, [hydrofabric_identity(relations)])
        parts.append(counted(len(receiver), "nexus", "nexuses"))
    else:
        notes.append("there are no nexuses, so that the network has no identity; give the folder of both")
    return Detected(
        path,
        Category.HYDROFABRIC,
        Domain(FORMATS["NGEN_GEOJSON_HYDROFABRIC"], held),
        ", ".join(parts),
        notes=tuple(notes),
        files=files.count,
    )


DETECTOR = Detector("hydrofabric as GeoJSON", recognises, read)


def _files(path: Path) -> _Files:
    if not path.is_dir():
        return _Files({part: [path] for part in parts_in(path)}, 1)
    names = listing(path).files
    found: dict[Part, list[Path]] = {}
    for name in names:
        if name.suffix.lower() in _SUFFIXES and name.parent == Path():
            for part in parts_in(path / name):
                found.setdefault(part, []).append(path / name)
    return _Files(found, len(names))


def _one(path: Path, files: _Files, part: Part) -> Path:
    found = files.parts[part]
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise InputError(f"{path}: several files hold {part}: {names}", hint="keep those of one hydrofabric")
    return found[0]


def parts_in(path: Path) -> frozenset[Part]:
    """Return what the features of a file are; nothing of a file that is no collection of such features.

    Raises
    ------
    InputError
        it begins like JSON, and is none.
    """
    document = json_of(path)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return frozenset()
    features = document.get("features")
    return frozenset(map(_part, features)) - {None} if isinstance(features, list) else frozenset()  # type: ignore[return-value]


def _part(feature: Any) -> Part | None:
    if not isinstance(feature, dict):
        return None
    properties = feature.get("properties") or {}
    prefix = str(feature.get("id", properties.get("id", ""))).partition("-")[0]
    shape = feature.get("geometry") or {}
    if prefix in NEXUS_PREFIXES:
        return Part.NEXUSES
    if prefix in FLOWPATH_PREFIXES and shape.get("type") in _LINES:
        return Part.FLOWPATHS
    return Part.CATCHMENTS if prefix in CATCHMENT_PREFIXES else None
