"""A run package: everything that a job reads, or its configuration alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dmod.catalog.box import intersection
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.errors import InputError
from dmod.formulation.package import HYDROFABRIC_FOLDERS, REALIZATION_FOLDERS, RunPackage
from dmod.formulation.realization import Realization
from dmod.services.data.detect import (
    forcing_csv,
    forcing_netcdf,
    geojson_fabric,
    geopackage,
)
from dmod.services.data.detect import (
    realization as document,
)
from dmod.services.data.detect.chain import chains_of
from dmod.services.data.detect.detected import Detected, joined_notes
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.spans import period_of_axis
from dmod.services.data.detect.words import counted, period_text, some, step_text

_FABRICS = (geopackage.DETECTOR, geojson_fabric.DETECTOR)
_FORCING = (forcing_netcdf.DETECTOR, forcing_csv.DETECTOR)
_OF_THE_FABRIC = (
    DomainIndex.HYDROFABRIC_ID,
    DomainIndex.HYDROFABRIC_REGION,
    DomainIndex.HYDROFABRIC_VERSION,
)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a package is made of; None for what it does not have."""

    realization: Realization
    fabric: Detected | None = None
    forcing: Detected | None = None
    notes: tuple[str, ...] = ()


def recognises(path: Path) -> bool:
    """Whether it is a folder with a realization document in one of its places, and other files."""
    if not path.is_dir() or len(listing(path).entries) < 2:
        return False
    return any(document.recognises(file) for file in _documents(path))


def read(path: Path) -> Detected:
    """Read what a run of it would cover: the period of realization and forcing, the fabric's catchments."""
    parts = _parts(path)
    held, notes = _held(parts)
    period = held[DomainIndex.TIME]
    assert isinstance(period, Continuous)
    chains = ", ".join(chains_of(parts.realization))
    count = len(_values(held, DomainIndex.CATCHMENT_ID))
    whole = parts.fabric is not None
    kind = "run package" if whole else "configuration of a run"
    step = parts.realization.time.step
    words = [
        f"{kind} of {counted(count, 'catchment')}" if count else kind,
        chains,
        period_text(period),
        step_text(step),
    ]
    units = parts.forcing.domain.units if parts.forcing is not None else {}
    return Detected(
        path,
        Category.CONFIG,
        Domain(FORMATS["NGEN_JOB_COMPOSITE_CONFIG"], held, units=units),
        ", ".join(words),
        step,
        joined_notes(parts.notes, notes),
        len(listing(path).files),
    )


DETECTOR = Detector("run package", recognises, read)


def _documents(path: Path) -> list[Path]:
    """Return the files that may be a package's realization."""
    folders = {folder or "." for folder in REALIZATION_FOLDERS}
    return [
        path / name
        for name in listing(path).files
        if name.suffix.lower() == ".json" and str(name.parent) in folders
    ]


def _parts(path: Path) -> _Parts:
    from dmod.formulation.package import find_package

    if not _has_fabric(path):
        return _without_fabric(path)
    package = find_package(path)
    fabric = _fabric(package)
    forcing, note = _forcing(package)
    return _Parts(
        package.realization,
        fabric,
        forcing,
        joined_notes([note], () if forcing is None else forcing.notes, fabric.notes),
    )


def _has_fabric(path: Path) -> bool:
    folders = {folder or "." for folder in HYDROFABRIC_FOLDERS}
    return any(
        str(name.parent) in folders and name.suffix.lower() in {".gpkg", ".geojson"}
        for name in listing(path).files
    )


def _without_fabric(path: Path) -> _Parts:
    from dmod.formulation.reader import read_realization

    found = [file for file in _documents(path) if document.recognises(file)]
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise InputError(f"{path} holds several realizations: {names}", hint="give one of them")
    return _Parts(read_realization(found[0]), notes=("there is no hydrofabric in it",))


def _fabric(package: RunPackage) -> Detected:
    place = package.hydrofabric
    found = next((detector for detector in _FABRICS if detector.recognises(place)), None)
    if found is None:
        raise InputError(f"{place} is no hydrofabric", hint="a package has a GeoPackage, or GeoJSON")
    return found.read(place if package.nexus is None else place.parent)


def _forcing(package: RunPackage) -> tuple[Detected | None, str]:
    """Return the forcing that the package holds, and a note where it does not."""
    place = package.forcing
    written = package.realization.forcing
    named = f" ({written.path})" if written is not None and written.path else ""
    # what lies elsewhere, in the current folder for one, is no part of the package
    if place is None or not place.exists() or not place.resolve().is_relative_to(package.root):
        return None, f"the forcing that the realization names is not in it{named}"
    found = next((detector.read(place) for detector in _FORCING if detector.recognises(place)), None)
    return found, "" if found is not None else f"the forcing that the realization names is none{named}"


def _held(parts: _Parts) -> tuple[dict[DomainIndex, Restriction], list[str]]:
    """Return the restrictions, and notes on what does not fit together."""
    period = period_of_axis(parts.realization.time)
    catchments = document.catchments_of(parts.realization)
    held: dict[DomainIndex, Restriction] = {
        DomainIndex.TIME: period,
        DomainIndex.CATCHMENT_ID: catchments,
        **discrete(DomainIndex.FORMULATION, chains_of(parts.realization)),
    }
    notes: list[str] = []
    if parts.fabric is not None:
        box = parts.fabric.domain.restrictions
        held |= {index: box[index] for index in _OF_THE_FABRIC if index in box}
        held[DomainIndex.CATCHMENT_ID] = _both(held, box, DomainIndex.CATCHMENT_ID) or catchments
    if parts.forcing is None:
        return held, notes
    box = parts.forcing.domain.restrictions
    held |= {index: box[index] for index in (DomainIndex.VARIABLE,) if index in box}
    shared = _both(held, box, DomainIndex.TIME)
    if shared is None:
        notes.append("the forcing has nothing of the realization's period")
    elif shared != period:
        notes.append(f"the realization asks for {period_text(period)}, of which the forcing has a part")
    held[DomainIndex.TIME] = shared or period
    notes += _restrict_to_forced(held, box)
    return held, notes


def _restrict_to_forced(
    held: dict[DomainIndex, Restriction], box: Mapping[DomainIndex, Restriction]
) -> list[str]:
    """Leave out the catchments that have no forcing; return a note on them."""
    before = _values(held, DomainIndex.CATCHMENT_ID)
    both = _both(held, box, DomainIndex.CATCHMENT_ID)
    if both is None:
        return ["no catchment has forcing"]
    held[DomainIndex.CATCHMENT_ID] = both
    bare = sorted(map(str, before - _values(held, DomainIndex.CATCHMENT_ID)))
    verb = "has" if len(bare) == 1 else "have"
    return [f"{counted(len(bare), 'catchment')} {verb} no forcing: {some(bare)}"] if bare else []


def _both(
    held: Mapping[DomainIndex, Restriction], box: Mapping[DomainIndex, Restriction], index: DomainIndex
) -> Restriction | None:
    """Return what both have along one index; None if nothing."""
    ours = {index: held[index]}
    theirs = {index: box[index]} if index in box else {}
    both = intersection(ours, theirs)
    return None if both is None else both[index]


def _values(held: Mapping[DomainIndex, Restriction], index: DomainIndex) -> frozenset[str | int]:
    found = held.get(index)
    return found.values if isinstance(found, Discrete) and not found.excluded else frozenset()
