"""A hydrofabric in GeoJSON as a GeoPackage."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Refusal, Work
from dmod.catalog.fulfilling import EXACTLY
from dmod.catalog.requirement import Requirement
from dmod.errors import StoreError
from dmod.services.data.derivations.dataset_file import hydrofabric_file
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import (
    GEOPACKAGE,
    HYDROFABRIC_ROLE,
    OF_DATASET,
    dataset_restriction,
    given,
    kept,
    size_of,
)

GEOJSON = FORMATS["NGEN_GEOJSON_HYDROFABRIC"]
FILE = "hydrofabric.gpkg"
_EPOCH = "1970-01-01T00:00:00.000Z"


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return a hydrofabric in GeoJSON of the same catchments."""
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.HYDROFABRIC_ID)
    restrictions |= dataset_restriction(requirement)
    if not restrictions:
        return Refusal(
            "nothing says which hydrofabric is meant",
            "name its catchments (CATCHMENT_ID), its HYDROFABRIC_ID, or the dataset",
        )
    if DomainIndex.GAGE_ID in requirement.restrictions:
        return Refusal("a hydrofabric in GeoJSON names no gauges", "name catchments")
    return [
        Requirement(
            Category.HYDROFABRIC,
            GEOJSON,
            restrictions,
            exact=True,
            role=HYDROFABRIC_ROLE,
            parameters=given(requirement, [EXACTLY]),
        )
    ]


def seconds(requirement: Requirement) -> float:
    """Return 0.1 s and 1.1 ms a catchment, as measured with outlines of 200 points."""
    return 0.1 + 1.1e-3 * size_of(requirement)[0]


def run(work: Work) -> Made:
    """Write catchments, nexuses and flowpaths, with all their properties."""
    from dmod.hydrofabric.subset.from_geojson import convert

    target = work.output / FILE
    convert(hydrofabric_file(work.only(HYDROFABRIC_ROLE)), target)
    _undate(target)
    return made(work)


DERIVATION = Derivation(
    "geopackage-from-geojson",
    1,
    "write a hydrofabric in GeoJSON as a GeoPackage",
    (Category.HYDROFABRIC, (GEOPACKAGE,)),
    needs,
    seconds,
    run,
    (OF_DATASET,),
)


def _undate(path: Path) -> None:
    """Take the time of writing out of a GeoPackage: equal inputs give equal files."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("UPDATE gpkg_contents SET last_change = ?", (_EPOCH,))
    except sqlite3.Error as error:
        raise StoreError(f"{path} could not be written: {error}", hint="check free space") from error
