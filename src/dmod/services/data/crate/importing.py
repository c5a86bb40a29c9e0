"""Bringing an exported crate into another catalog: what it says of itself is proven first, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.archive import unpack
from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.dataset import Dataset
from dmod.core.atomic import storing
from dmod.errors import AlreadyExists, DatasetNotFound, IntegrityError, NotFoundError
from dmod.services.data.crate.layout import METADATA
from dmod.services.data.crate.member import Member
from dmod.services.data.crate.reading import read_crate


def import_crate(
    catalog: Catalog, path: Path, *, scratch: Path | None = None, progress: Progress | None = None
) -> list[Dataset]:
    """Bring the datasets of a crate whose files are in it into a catalog; return them, the crate's own last.

    Identity (uuid), time, owner, lineage and hashes stay what they were. What belongs to a catalog and not to
    the data is the new catalog's: versions are counted on from what it has of the name, nothing expires, and
    nothing is read-only. What the catalog has already is left as it is, so that the call can be repeated.

    Nothing is added before every byte was compared with its hash. If the work ends later, what was added by
    then is complete and stays.

    Parameters
    ----------
    path : folder or zip archive
    scratch : folder to unpack an archive in; the system's place for temporary files where None

    Raises
    ------
    NotFoundError
        there is no such crate.
    InputError
        it was not exported by dmod, contradicts itself, or holds links, names that lead out, or files that
        no manifest names.
    IntegrityError
        a byte was changed, or a file is missing; the file is named. Also where the catalog has other files
        under the same identity.
    StoreError
        the store cannot be reached, or a disk is full.
    """
    tell = progress or silent
    with _opened(path, scratch) as folder:
        crate = read_crate(folder)
        done = 0

        def told(more: int) -> None:
            nonlocal done
            done += more
            tell("proving", done, crate.size)

        crate.prove(told)
        return [_brought(catalog, member, folder, tell) for member in crate.complete]


@contextmanager
def _opened(path: Path, scratch: Path | None) -> Iterator[Path]:
    """Yield the folder of a crate; an archive is unpacked meanwhile."""
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise NotFoundError(f"{path} is not there", hint="name a folder or a zip archive")
    with storing(scratch or Path(gettempdir())):
        place = TemporaryDirectory(prefix="dmod-crate-", dir=scratch)
    with place as name:
        folder = Path(name) / "crate"
        unpack(path, folder)
        inner = list(folder.iterdir())
        # people also pack the folder itself
        yield inner[0] if len(inner) == 1 and (inner[0] / METADATA).is_file() else folder


def _brought(catalog: Catalog, member: Member, folder: Path, tell: Progress) -> Dataset:
    dataset = member.dataset
    known = catalog.index.with_uuid(dataset.uuid)
    if known is None:
        known = _added(catalog, member, folder, tell)
    if known.digest != dataset.digest or known.access_location != dataset.access_location:
        raise IntegrityError(
            f"{known.reference} in the catalog has the identity {dataset.uuid} of {dataset.reference} and "
            f"other files: their digest is {known.digest}, not {dataset.digest}",
            hint="find out which of the two was tampered with; `dmod data verify` proves the catalog's",
        )
    return known


def _added(catalog: Catalog, member: Member, folder: Path, tell: Progress) -> Dataset:
    dataset = member.dataset
    new = NewDataset(
        dataset.name,
        dataset.category,
        dataset.domain,
        description=dataset.description,
        owner=dataset.owner,
        lineage=dataset.lineage,
        access_location=dataset.access_location,
        extra=dataset.extra,
        uuid=dataset.uuid,
        created=dataset.created,
    )
    files = [(entry.path, folder / member.folder / entry.path) for entry in member.manifest]
    added = add_files(catalog, new, files, another=_has(catalog, dataset.name), progress=tell)
    if added.uuid != dataset.uuid:
        raise AlreadyExists(
            f"{added.reference} in the catalog holds the same files as {dataset.reference} "
            "under another identity",
            hint="rename or remove it, then import the crate again",
        )
    return added


def _has(catalog: Catalog, name: str) -> bool:
    try:
        catalog.index.get(name)
    except DatasetNotFound:
        return False
    return True
