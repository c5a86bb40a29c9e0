"""Bringing a user's files into a catalog: collected, unpacked, looked into, and added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload
from uuid import uuid4

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat, DomainIndex, find_format
from dmod.catalog.dataset import ADDED, Dataset, Lineage, require_name
from dmod.catalog.domain import Domain
from dmod.catalog.index.port import Listing
from dmod.catalog.restriction import Restriction
from dmod.core.atomic import remove
from dmod.errors import DmodError, InputError
from dmod.services.data.files import files_of
from dmod.services.data.scaffolding import UNPACKED
from dmod.services.data.tracing import traced

if TYPE_CHECKING:
    from dmod.services.data.detect import Detected
    from dmod.services.data.service import DataService


@dataclass(frozen=True, slots=True)
class Description:
    """What a user says of files; what is left out is found out by looking into them.

    Parameters
    ----------
    category, format : or the name of one
    restrictions : of the domain, in place of what was found out
    came_from : references of the datasets that the files were made of; what a run of dmod read is found
        out by itself
    step : what made them of these
    link : whether the files stay where they are, and only their place is noted: their bytes are then not
        kept, not proven, and found only as long as they are there
    """

    category: Category | None = None
    format: DataFormat | None = None
    restrictions: Mapping[DomainIndex, Restriction] = field(default_factory=dict)
    text: str = ""
    expires: datetime | None = None
    read_only: bool = False
    came_from: tuple[str, ...] = ()
    step: str = ""
    link: bool = False

    def __post_init__(self) -> None:
        given: tuple[object, object] = (self.category, self.format)
        if isinstance(given[0], str) and not isinstance(given[0], Category):
            object.__setattr__(self, "category", Category.named(given[0]))
        if isinstance(given[1], str):
            object.__setattr__(self, "format", find_format(given[1]))


@dataclass(frozen=True, slots=True)
class Brought:
    """A dataset that was added.

    Parameters
    ----------
    is_new : False where the latest version holds the same already
    notes : what was odd about the files
    """

    dataset: Dataset
    is_new: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of files that are to be added: as said, and for the rest as found out."""

    category: Category
    domain: Domain
    text: str = ""
    notes: tuple[str, ...] = ()


def bring(
    service: DataService,
    name: str,
    paths: Sequence[Path | str],
    description: Description | None = None,
    *,
    another: bool = False,
    unpack: bool = False,
    key: str = "",
) -> Brought:
    """Put files into the catalog.

    Parameters
    ----------
    key : names what made the files, and from what; the dataset is found by it again
    paths : files and folders; a folder by itself stands for what it holds. With ``link`` of the description
        one path or address
    another : whether to add the next version of a name that exists
    unpack : whether the one path is an archive whose files are meant

    Raises
    ------
    InputError, NotFoundError
        a dataset cannot have the name; a path is not there or no file; what it holds cannot be found out and
        is not said.
    AlreadyExists, NotPermitted, StoreError
        as `dmod.catalog.adding.add_files` has them.
    """
    require_name(name)  # before looking into files, which may take long
    said = description or Description()
    if said.link:
        return _link(service, name, paths, said, another=another)
    if unpack and len(paths) != 1:
        raise InputError(f"{len(paths)} archives are named", hint="unpack one at a time")
    named = [Path(path) for path in paths]
    opened: AbstractContextManager[Sequence[Path]] = (
        _unpacked(service.folder, named[0]) if unpack else nullcontext(named)
    )
    with opened as places:
        files = files_of(places)
        known = _known(places, said)
        new = _new(service, name, known, said)
        if not said.came_from:
            new = replace(new, lineage=traced(service.catalog, files) or new.lineage)
        if key:
            new = replace(new, lineage=replace(new.lineage, key=key))
        return _added(service, new, files, another=another, notes=known.notes)


def _link(
    service: DataService, name: str, paths: Sequence[Path | str], said: Description, *, another: bool
) -> Brought:
    """Note where data lie, in place of taking them over."""
    if len(paths) != 1:
        raise InputError(f"{len(paths)} places are named", hint="link one at a time")
    address = str(paths[0])
    if "://" in address:
        form = _format(said, address)
        known = _Known(_category(said, form), Domain(form, said.restrictions))
    else:
        place = Path(address).absolute()
        address, known = str(place), _known([place], said)
    new = replace(_new(service, name, known, said), access_location=address)
    return _added(service, new, [], another=another, notes=known.notes)


def _added(
    service: DataService,
    new: NewDataset,
    files: Sequence[tuple[str, Path]],
    *,
    another: bool,
    notes: tuple[str, ...],
) -> Brought:
    before = service.catalog.clock()
    dataset = add_files(service.catalog, new, files, another=another, progress=service.progress)
    is_new = dataset.created >= before
    return Brought(dataset, is_new, (*notes, *_differences(service, dataset)) if is_new else notes)


def _differences(service: DataService, dataset: Dataset) -> Iterator[str]:
    """Yield what is odd about a version beside the one before it."""
    every = Listing(pattern=dataset.name, latest=False, expired=True)
    versions = service.catalog.index.list(every, service.catalog.clock())
    earlier = [item for item in versions if item.version < dataset.version]
    if earlier and earlier[-1].domain.format != dataset.domain.format:
        yield (
            f"{earlier[-1].reference} is {earlier[-1].domain.format}, this is {dataset.domain.format}: "
            f"{dataset.name} now means this one"
        )


def _new(service: DataService, name: str, known: _Known, said: Description) -> NewDataset:
    return NewDataset(
        name,
        known.category,
        known.domain,
        description=said.text or known.text,
        owner=service.owner,
        expires=said.expires,
        read_only=said.read_only,
        lineage=_said_lineage(service, said),
    )


def _said_lineage(service: DataService, said: Description) -> Lineage:
    if not said.came_from:
        return ADDED
    made_of = [service.dataset(reference) for reference in said.came_from]
    return Lineage(said.step or "made outside", tuple(dataset.as_input("input") for dataset in made_of))


def _known(paths: Sequence[Path], said: Description) -> _Known:
    """Return what is known of files.

    Where format and domain are said, files of any look are taken at the user's word.
    """
    form = said.format
    if form is not None and (form.is_unrestricted or said.restrictions):
        found = None if form.is_unrestricted else _detected(paths, strict=False)
        if found is None or found.format != form:
            return _Known(_category(said, form), Domain(form, said.restrictions))
    else:
        found = _detected(paths, strict=True)
    if form is not None and found.format != form:
        raise InputError(
            f"{found.path} looks like {found.format} ({found.description}), not {form}",
            hint="leave --format out, or say what it covers: --restrict, --catchment, --start, --end",
        )
    domain = found.domain.stating(said.restrictions) if said.restrictions else found.domain
    category = found.category if said.category is None else _category(said, found.format)
    return _Known(category, domain, found.description, found.notes)


@overload
def _detected(paths: Sequence[Path], *, strict: Literal[True]) -> Detected: ...


@overload
def _detected(paths: Sequence[Path], *, strict: Literal[False]) -> Detected | None: ...


def _detected(paths: Sequence[Path], *, strict: bool) -> Detected | None:
    """Return what the files are; where that cannot be found out, None or with ``strict`` an error."""
    from dmod.services.data.detect import detect

    try:
        found = [detect(path) for path in paths]
        first = found[0]
        for other in found[1:]:
            first = _together(first, other)
    except DmodError:
        if strict:
            raise
        return None
    return first


def _together(first: Detected, other: Detected) -> Detected:
    if first.format != other.format:
        raise InputError(
            f"{first.path} is {first.format}, {other.path} is {other.format}",
            hint="add each kind of data as a dataset of its own, or give --category and --format GENERIC",
        )
    return replace(
        first,
        domain=first.domain.merge(other.domain),
        files=first.files + other.files,
        notes=(*first.notes, *other.notes),
    )


def _category(said: Description, form: DataFormat) -> Category:
    if said.category is None:
        return form.categories[0]
    if said.category not in form.categories:
        raise InputError(
            f"data of format {form} are no {said.category} data",
            hint="they are " + ", ".join(form.categories),
        )
    return said.category


def _format(said: Description, address: str) -> DataFormat:
    if said.format is None:
        raise InputError(
            f"what lies at {address} is not looked into",
            hint="say what it is: --format FORCING_GRID --start … --end …",
        )
    return said.format


@contextmanager
def _unpacked(folder: Path, archive: Path) -> Iterator[Sequence[Path]]:
    """Yield the folder that an archive was unpacked into; it goes at the end."""
    from dmod.catalog.archive import unpack

    place = folder / UNPACKED / str(uuid4())
    try:
        unpack(archive, place)
        yield [place]
    finally:
        remove(place)


def facts_of(brought: Brought) -> dict[str, Any]:
    """Return what was added as JSON data."""
    from dmod.catalog.record import record_of

    return {**record_of(brought.dataset), "is_new": brought.is_new, "notes": list(brought.notes)}
