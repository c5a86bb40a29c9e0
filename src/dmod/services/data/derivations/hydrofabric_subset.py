"""Part of a hydrofabric: just the catchments that are named, or the basin above gauges and other places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete, Restriction
from dmod.core.problem import name_some
from dmod.errors import CoverageError
from dmod.services.data.derivations.dataset_file import hydrofabric_file
from dmod.services.data.derivations.kept_index import kept_index
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import (
    GEOPACKAGE,
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    catchments_of,
    kept,
    texts,
    values_of,
)

if TYPE_CHECKING:
    from dmod.hydrofabric.subset import FabricIndex

FILE = "hydrofabric.gpkg"
PLACES = "places"
# what a hydrofabric in GeoJSON can be asked for, too
_IN_BOTH = frozenset({DomainIndex.CATCHMENT_ID, DomainIndex.DATA_ID})
_GAUGES = ("gage-", "gages-", "gauge-", "gauges-")


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return a hydrofabric that holds the catchments or gauges."""
    places = texts(requirement.parameters.get(PLACES))
    named = bool(catchments_of(requirement))
    gauges = bool(values_of(requirement, DomainIndex.GAGE_ID))
    if not (named or gauges or places):
        return Refusal(
            "nothing says which part of a hydrofabric is meant",
            "name catchments, gauges, or places (gage-10109001, cat-7, 41.74,-111.79)",
        )
    if named and places:
        return Refusal("catchments and places are named", "leave one of them out")
    if DomainIndex.HYDROFABRIC_ID in requirement.restrictions:
        return Refusal(
            "a part of a hydrofabric is another network than the whole, and has another HYDROFABRIC_ID",
            "leave HYDROFABRIC_ID out, or CATCHMENT_ID",
        )
    restrictions = kept(requirement, DomainIndex.CATCHMENT_ID, DomainIndex.GAGE_ID)
    restrictions |= kept(requirement, DomainIndex.HYDROFABRIC_REGION, DomainIndex.HYDROFABRIC_VERSION)
    restrictions |= _of_places(places)
    name = requirement.parameters.get(OF_HYDROFABRIC.name)
    if name:
        restrictions[DomainIndex.DATA_ID] = Discrete(frozenset({str(name)}))
    form = GEOPACKAGE if set(restrictions) - _IN_BOTH else None
    return [Requirement(Category.HYDROFABRIC, form, restrictions, role=HYDROFABRIC_ROLE)]


def seconds(requirement: Requirement) -> float:
    """Return 0.1 s and 50 µs a catchment; to index the whole, 37 µs for each of its own, is not counted."""
    return 0.1 + 5e-5 * (len(catchments_of(requirement)) or 100)


def run(work: Work) -> Made:
    """Write the part as a GeoPackage: every table, every column, every value as it is."""
    from dmod.services.subset import Region, subset

    staged = work.only(HYDROFABRIC_ROLE)
    source, target = hydrofabric_file(staged), work.output / FILE
    catchments = catchments_of(work.wanted)
    with kept_index(staged, source):
        if catchments:
            cut_exactly(source, target, catchments)
        else:
            gauges = [f"gage-{gauge}" for gauge in values_of(work.wanted, DomainIndex.GAGE_ID)]
            places = dict.fromkeys([*gauges, *texts(work.parameters[PLACES])])
            region = Region(places=tuple(places))
            subset(source, target, region, progress=lambda text: work.progress(text, 0, 0))
    return made(work)


DERIVATION = Derivation(
    "hydrofabric-subset",
    1,
    "cut catchments or a basin out of a hydrofabric",
    (Category.HYDROFABRIC, (GEOPACKAGE,)),
    needs,
    seconds,
    run,
    (
        Parameter(
            PLACES,
            "outlets, each with everything that drains to it, as `dmod subset` takes them; where neither"
            " CATCHMENT_ID nor GAGE_ID says what is meant",
        ),
        OF_HYDROFABRIC,
    ),
)


def cut_exactly(fabric: Path, output: Path, catchments: Sequence[str]) -> None:
    """Write catchments with their flowpaths and the nexuses below, and nothing upstream of them.

    Raises
    ------
    CoverageError
        the fabric lacks some of them.
    HydrofabricError, StoreError
        as `dmod.hydrofabric.subset.write_subset`.
    """
    import numpy as np

    from dmod.hydrofabric.subset import as_geopackage, open_index, write_subset

    with as_geopackage(fabric) as geopackage:
        index = open_index(geopackage)
        divides = np.array([_divide(index, name) for name in catchments], dtype=np.int64)
        if (divides < 0).any():
            missing = [name for name, node in zip(catchments, divides.tolist(), strict=True) if node < 0]
            raise CoverageError(
                f"{fabric.name} has no catchment {name_some(missing)}",
                hint="leave them out, or take the hydrofabric that has them",
            )
        divides.sort()
        below = index.down.of(divides)
        flowpaths = below[below < index.first["nexus"]]
        reached = np.concatenate((below, index.drains.of(divides), index.down.of(flowpaths)))
        nexuses = reached[(reached >= index.first["nexus"]) & (reached < index.first["divide"])]
        nodes = np.unique(np.concatenate((flowpaths, nexuses, divides)))
        write_subset(index, nodes, output, record=_record(index, fabric, divides))


def _divide(index: FabricIndex, name: str) -> int:
    """Return the number of a catchment, -1 where there is none."""
    from dmod.hydrofabric.subset.index import position

    at = position(index.arrays["id.divide"], name)
    return at if at < 0 else index.first["divide"] + at


def _record(index: FabricIndex, fabric: Path, divides: Any) -> dict[str, Any]:
    """Return where the part comes from, without times: equal asks, equal files."""
    from dmod.hydrofabric.subset import read_record

    earlier = read_record(index.fabric)
    return {
        "made_by": "dmod hydrofabric-subset",
        "source": fabric.name,
        "source_hash": index.facts["content"],
        "domain": index.domain,
        "exactly": len(divides),
        "area_km2": index.area_km2(divides),
        **({"cut_from": earlier} if earlier else {}),
    }


def _of_places(places: Sequence[str]) -> dict[DomainIndex, Restriction]:
    """Return what a hydrofabric must hold so that places can be found in it, as far as their names tell."""
    gauges = {place.partition("-")[2] for place in places if place.lower().startswith(_GAUGES)}
    catchments = {place for place in places if place.startswith("cat-")}
    found = ((DomainIndex.GAGE_ID, gauges), (DomainIndex.CATCHMENT_ID, catchments))
    return {index: Discrete(frozenset(values)) for index, values in found if values}
