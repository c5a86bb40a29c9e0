"""Forcing of catchments from a gridded store: means over their areas, resumed by blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Staged, Work
from dmod.catalog.requirement import Requirement
from dmod.core.atomic import remove, storing
from dmod.errors import ConflictError, InputError
from dmod.services.data.derivations.dataset_file import hydrofabric_file, hydrofabric_id
from dmod.services.data.derivations.outcome import made, moved_into
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    hydrofabric_need,
    kept,
    lacking_fabric,
    lacking_period,
    period_of,
    size_of,
    texts,
)

GRID = FORMATS["FORCING_GRID"]
NETCDF, CSV = FORMATS["NETCDF_AORC_DEFAULT"], FORMATS["AORC_CSV"]
GRID_ROLE, STORE = "grid", "store"
# what differs from time to time, or says where things lay
_PASSING = frozenset({"effort", "output", "source", "hydrofabric", "made_by"})

PARAMETERS = (
    Parameter(STORE, "address of a gridded store outside (s3://…, a path, aorc, nwm) in place of a dataset"),
    Parameter("layout", "of the store: auto, aorc, nwm or cf", "auto"),
    Parameter("store_options", "how the store is reached and understood: endpoint, region, stamp, …"),
    Parameter("method", "of the catchment means: area or linear", "area"),
    Parameter("partial", "catchments that the grid covers in part: error or renormalise", "error"),
    Parameter("missing", "cells without a value: error, renormalise or keep", "error"),
    Parameter("least_share", "of a catchment that must be there for such a mean", 0.0),
    Parameter("variables", "columns to derive; all eight without a choice"),
)
NAMES = tuple(item.name for item in PARAMETERS)


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return a hydrofabric of just these catchments, and a grid unless a store is named."""
    refusal = lacking_fabric(requirement) or lacking_period(requirement)
    if refusal is not None:
        return refusal
    found = [hydrofabric_need(requirement)]
    if not requirement.parameters.get(STORE):
        time = kept(requirement, DomainIndex.TIME)
        found.append(Requirement(Category.FORCING, GRID, time, exact=True, role=GRID_ROLE))
    return found


def seconds(requirement: Requirement) -> float:
    """Return 0.5 s and 2.5 µs a catchment and hour: measured with a store on the local disk."""
    catchments, hours = size_of(requirement)
    return 0.5 + 2.5e-6 * catchments * hours


def run(work: Work) -> Made:
    """Derive the means; what is complete when it is interrupted is not read again."""
    fabric = work.only(HYDROFABRIC_ROLE)
    store = str(work.parameters[STORE] or "")
    csv = work.wanted.format == CSV
    target = work.scratch / ("csv" if csv else "forcings.nc")
    facts = _derive(work, store or _grid_place(work), hydrofabric_file(fabric), target, csv=csv)
    for report in (target if csv else work.scratch).glob(f"{target.stem}_report.*"):
        remove(report)
    moved_into(work.output, target.iterdir() if csv else [target])
    told = {name: value for name, value in facts.items() if name not in _PASSING}
    return made(work, stating=hydrofabric_id(fabric), sources={STORE: store} if store else None, facts=told)


DERIVATION = Derivation(
    "forcing-from-grid",
    1,
    "derive the forcing of catchments from a gridded store",
    (Category.FORCING, (NETCDF, CSV)),
    needs,
    seconds,
    run,
    (*PARAMETERS, OF_HYDROFABRIC),
    several=frozenset({GRID_ROLE}),
)


def _derive(work: Work, store: str, fabric: Path, target: Path, *, csv: bool) -> Mapping[str, Any]:
    from dmod.services.derive_forcing import derive_forcing

    axis, chosen = period_of(work.wanted), work.parameters
    options = _options(chosen["store_options"])

    def derive(*, fresh: bool) -> Mapping[str, Any]:
        # the work folder lies beside the output, so that it is found again wherever the scratch folder is
        return derive_forcing(
            store, fabric, target, start=axis.start, end=axis.end, layout=chosen["layout"],
            variables=texts(chosen["variables"]) or None, partial=chosen["partial"],
            missing=chosen["missing"], least_share=float(chosen["least_share"]), method=chosen["method"],
            options=options, csv=csv, fresh=fresh, overwrite=True,
            progress=lambda text, share: work.progress(text, round(1000 * share), 1000),
        ).facts  # fmt: skip

    try:
        return derive(fresh=False)
    except ConflictError:  # what lies there is of another state of the store, and is of no use
        return derive(fresh=True)


def _options(given: Any) -> dict[str, str]:
    """Return a store's options, given as a mapping or as texts NAME=VALUE."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    pairs = [text.partition("=") for text in texts(given)]
    if any(not equals for _, equals, _ in pairs):
        raise InputError(f"store_options {given!r} cannot be read", hint="write NAME=VALUE, each by itself")
    return {name: value for name, _, value in pairs}


def _grid_place(work: Work) -> str:
    """Return where the grid is read from: a place that is the same when the work goes on later.

    Raises
    ------
    InputError
        several grids together are meant, and one of them lies outside, or two have a file of one name.
    """
    grids = work.inputs[GRID_ROLE]
    if len(grids) == 1 and "://" in grids[0].address:
        return grids[0].address
    place = work.scratch / "grid"
    with storing(place):
        remove(place)
        if len(grids) == 1:
            place = _linked(grids[0], place)
        else:
            place.mkdir()
            for grid in grids:
                _link_content(grid, place)
    return str(place)


def _linked(grid: Staged, place: Path) -> Path:
    """Link a grid's store or file; what it is is told by its suffix."""
    source = Path(grid.address)
    entries = sorted(source.iterdir()) if source.is_dir() else []
    if len(entries) == 1 and entries[0].suffix == ".zarr" and not entries[0].stem.isdigit():
        source = entries[0]
    place = place.with_name(f"{place.name}{source.suffix}")
    remove(place)
    place.symlink_to(source.absolute())
    return place


def _link_content(grid: Staged, folder: Path) -> None:
    source = Path(grid.address)
    if not source.exists():
        raise InputError(
            f"{grid.dataset.reference} lies at {grid.address}: it cannot be read together with others",
            hint="derive the forcing of each period by itself",
        )
    is_one = source.is_file() or source.suffix == ".zarr"
    for entry in [source] if is_one else sorted(source.iterdir()):
        link = folder / entry.name
        if link.is_symlink():
            raise InputError(
                f"two of the grids have a file {entry.name}", hint="derive the forcing of each by itself"
            )
        link.symlink_to(entry.absolute())
