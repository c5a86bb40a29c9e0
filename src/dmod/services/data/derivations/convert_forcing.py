"""Forcing of catchments in another format, cut to what is asked for, and put together of several datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dmod.catalog.box import Box, intersection, subtract
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Refusal, Staged, Work
from dmod.catalog.requirement import Requirement
from dmod.services.data.derivations.forcing_from_grid import NAMES
from dmod.services.data.derivations.outcome import emptied, made, moved_into
from dmod.services.data.derivations.wanted import (
    OF_DATASET,
    OF_HYDROFABRIC,
    catchments_of,
    dataset_restriction,
    given,
    kept,
    lacking_period,
    size_of,
)

ROLE = "forcing"
NETCDF = FORMATS["NETCDF_AORC_DEFAULT"]
MAKES = (NETCDF, *(FORMATS[name] for name in ("AORC_CSV", "NETCDF_FORCING_CANONICAL", "ZARR_FORCING")))
TARGETS = {"AORC_CSV": "csv", "ZARR_FORCING": "forcings.zarr"}
TAKEN = (DomainIndex.CATCHMENT_ID, DomainIndex.TIME, DomainIndex.VARIABLE)


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the same forcing in any format of forcing of catchments."""
    restrictions = kept(requirement, *TAKEN, DomainIndex.HYDROFABRIC_ID) | dataset_restriction(requirement)
    if not restrictions:
        return Refusal(
            "nothing says which forcing is meant", "name catchments and a period, or the dataset to take"
        )
    if catchments_of(requirement) and DomainIndex.DATA_ID not in restrictions:
        refusal = lacking_period(requirement)
        if refusal is not None:
            return refusal
    parameters = given(requirement, [*NAMES, OF_HYDROFABRIC.name])
    return [Requirement(Category.FORCING, NETCDF, restrictions, role=ROLE, parameters=parameters)]


def seconds(requirement: Requirement) -> float:
    """Return 0.2 s and 0.4 µs a catchment and hour, or 2 µs to write CSV; reading CSV is not counted."""
    catchments, hours = size_of(requirement)
    return 0.2 + (2e-6 if requirement.format == FORMATS["AORC_CSV"] else 4e-7) * catchments * hours


def run(work: Work) -> Made:
    """Write the values as they are, bit by bit; where datasets overlap, those of the first are taken."""
    layout = layout_of(work.wanted, NETCDF)
    target = emptied(work.scratch / TARGETS.get(layout.name, "forcings.nc"))
    write_forcing(work.inputs[ROLE], work.wanted, target, layout)
    moved_into(work.output, target.iterdir() if layout.name == "AORC_CSV" else [target])
    return made(work, stating=kept(work.wanted, DomainIndex.HYDROFABRIC_ID))


DERIVATION = Derivation(
    "convert-forcing",
    1,
    "bring forcing of catchments into another format, cut it, and put several datasets together",
    (Category.FORCING, MAKES),
    needs,
    seconds,
    run,
    (OF_DATASET,),
    several=frozenset({ROLE}),
)


def layout_of(requirement: Requirement, usual: DataFormat) -> DataFormat:
    """Return the format to write: the one that is asked for, if it is one of forcing of catchments."""
    return requirement.format if requirement.format in MAKES else usual


def write_forcing(staged: Sequence[Staged], wanted: Requirement, target: Path, layout: DataFormat) -> None:
    """Write what is wanted of one dataset or several, each catchment and time of one of them only.

    Raises
    ------
    CoverageError, InputError, StoreError
        as `dmod.services.data.forcing_files.merge_forcing`.
    """
    from dmod.services.data.forcing_files import merge_forcing

    rest: list[Box] = [kept(wanted, *TAKEN)]
    sources = []
    for dataset in staged:
        held = {i: r for i, r in dataset.dataset.domain.restrictions.items() if i in rest[0]} if rest else {}
        sources += [(Path(dataset.address), part) for box in rest if (part := intersection(box, held))]
        rest = [part for box in rest for part in subtract(box, held)]
    merge_forcing(sources or [(Path(staged[0].address), {})], target, layout)
