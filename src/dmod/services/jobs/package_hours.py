"""Which hours the forcing of a run package covers, read as its run reads it, without laying the package out.

A package's domain says the hours that its realization asks for; its forcing may have more, and a run of
another period takes them. Of a package that was composed here both are the same.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path, PurePosixPath

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.manifest import FileEntry
from dmod.catalog.placement import place
from dmod.catalog.restriction import Discrete, in_order
from dmod.core.atomic import storing
from dmod.core.time_axis import TimeAxis
from dmod.errors import BackendError, ConflictError, DmodError
from dmod.formulation.package import REALIZATION_FOLDERS
from dmod.formulation.realization import Realization
from dmod.services.data.service import DataService

LARGEST = 64 << 20
"""Bytes of a file of forcing in a store elsewhere that is worth fetching for a look."""
WORK = "looks"


@dataclass(frozen=True, slots=True)
class PackageHours:
    """What a package has forcing for.

    Parameters
    ----------
    axis : the steps that are there, of one of the files where there are several
    is_filled : whether a run may fill in what lies before and after
    """

    axis: TimeAxis
    is_filled: bool


def package_hours(data: DataService, package: Dataset) -> PackageHours | None:
    """Return the hours that the forcing of a package covers; None where that cannot be found out quickly."""
    if package.is_external:
        return None
    entries = {entry.path: entry for entry in data.catalog.manifest(package)}
    documents = [path for path in entries if _is_document(PurePosixPath(path))]
    folder = data.folder / WORK
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            found = _realization(data, package, documents, Path(scratch) / "documents")
            return None if found is None else _read(data, package, entries, *found, Path(scratch) / "forcing")
        except (BackendError, ConflictError):
            raise
        except DmodError:  # whatever is wrong with the package, its run says so
            return None


def _is_document(path: PurePosixPath) -> bool:
    return path.suffix.lower() == ".json" and str(path.parent) in {
        name or "." for name in REALIZATION_FOLDERS
    }


def _realization(
    data: DataService, package: Dataset, documents: Sequence[str], folder: Path
) -> tuple[Realization, PurePosixPath] | None:
    """Return the only realization among the documents of a package, and the folder that it lies in."""
    from dmod.formulation.reader import read_realization
    from dmod.services.data.detect import realization

    if not documents:
        return None
    place(data.catalog, package, folder, link=True, only=[escape(path) for path in documents])
    found = [path for path in documents if realization.recognises(folder / path)]
    if len(found) != 1:
        return None
    return read_realization(folder / found[0]), PurePosixPath(found[0]).parent


def _read(
    data: DataService,
    package: Dataset,
    entries: dict[str, FileEntry],
    realization: Realization,
    beside: PurePosixPath,
    folder: Path,
) -> PackageHours | None:
    """Return the hours of the forcing that most catchments read."""
    from dmod.forcing.opening import open_forcing

    spec = realization.forcing
    if spec is None or not spec.path or any(realization.forcing_for(name) != spec for name in _ids(package)):
        return None
    for root in _places(spec.path, beside):
        if root in entries:
            chosen, ids = root, _ids(package)
        else:
            inside = [path for path in entries if str(PurePosixPath(path).parent) == root]
            chosen, ids = _first(inside, spec.file_pattern, _ids(package))
        if not chosen:
            continue
        if "://" in data.catalog.store.address and entries[chosen].size > LARGEST:
            return None
        place(data.catalog, package, folder, link=True, only=[escape(chosen)])
        source = open_forcing(spec.provider, folder / root, spec.file_pattern, ids)
        try:
            return PackageHours(source.period, spec.provider != "NetCDF")
        finally:
            source.close()
    return None


def _ids(package: Dataset) -> list[str]:
    held = package.domain.restrictions.get(DomainIndex.CATCHMENT_ID)
    if not isinstance(held, Discrete) or held.excluded:
        return []
    return [str(value) for value in in_order(held.values)]


def _places(written: str, beside: PurePosixPath) -> Iterator[str]:
    """Yield where in a package a path of its realization may lead, in the order in which a run tries them."""
    path = PurePosixPath(written)
    bases = (PurePosixPath("."), beside)
    tails = (
        [path]
        if not path.is_absolute()
        else [PurePosixPath(*path.parts[n:]) for n in range(1, len(path.parts))]
    )
    for tail in tails:
        yield from dict.fromkeys(str(base / tail) for base in bases)


def _first(paths: Sequence[str], pattern: str | None, ids: Sequence[str]) -> tuple[str, list[str]]:
    """Return one of the files of a folder, and the catchment that it is of."""
    from dmod.formulation.formulation import substitute

    if pattern is None:
        return "", []
    for name in ids[:20]:
        wanted = re.compile(substitute(pattern, name))
        chosen = next((path for path in paths if wanted.fullmatch(PurePosixPath(path).name)), "")
        if chosen:
            return chosen, [name]
    return "", []
