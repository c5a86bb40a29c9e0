"""Partitions of a hydrofabric for parallel runs of the framework."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.errors import InputError
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.json_document import json_of, members_of
from dmod.services.data.detect.words import counted

_NO_CATCHMENT = "TERMINAL_SENTINEL"


def recognises(path: Path) -> bool:
    """Whether it is a JSON document with a list of partitions."""
    return "partitions" in members_of(path) and isinstance(json_of(path)["partitions"], list)


def read(path: Path) -> Detected:
    """Read how many partitions there are, and their catchments."""
    partitions = json_of(path)["partitions"]
    if not partitions:
        raise InputError(f"{path}: the list of partitions is empty", hint="make it again")
    places = (f"{path}: partitions[{number}]" for number in range(len(partitions)))
    names = [name for part, place in zip(partitions, places, strict=True) for name in _ids(part, place)]
    catchments = dict.fromkeys(name for name in names if _NO_CATCHMENT not in name)
    double = sum(_NO_CATCHMENT not in name for name in names) - len(catchments)
    held = {
        **discrete(DomainIndex.LENGTH, [len(partitions)]),
        **discrete(DomainIndex.CATCHMENT_ID, catchments),
    }
    return Detected(
        path,
        Category.PARTITION,
        Domain(FORMATS["NGEN_PARTITION_CONFIG"], held),
        f"{counted(len(partitions), 'partition')} of {counted(len(catchments), 'catchment')}",
        notes=(f"{counted(double, 'catchment')} in more than one partition",) if double else (),
    )


DETECTOR = Detector("partitions", recognises, read)


def _ids(part: Any, place: str) -> list[str]:
    ids = part.get("cat-ids") if isinstance(part, dict) else None
    if not isinstance(ids, list):
        raise InputError(f"{place} has no list cat-ids", hint="make the file again with the generator")
    return [str(name) for name in ids]
