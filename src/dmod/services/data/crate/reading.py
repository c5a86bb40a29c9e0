"""Reading a crate as if a stranger had packed it: nothing leads out, and every byte is proven by its hash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dmod.catalog.dataset import Dataset, require_name
from dmod.catalog.manifest import EMPTY, FileEntry, Manifest, parse_manifest
from dmod.catalog.record import dataset_of, record_key
from dmod.catalog.store.copying import Unreadable, hashed, open_source
from dmod.catalog.store.parallel import in_order
from dmod.errors import InputError, IntegrityError, StoreError
from dmod.services.data.crate.inventory import Item, parse_inventory, require_hash, require_uuid
from dmod.services.data.crate.layout import (
    ANCESTORS,
    CONTENTS,
    DATA,
    METADATA,
    OWN,
    manifest_path,
)
from dmod.services.data.crate.member import Member

WORKERS = 4
_DAMAGED = "fetch the crate again from where it was published"
_FOREIGN = "only crates that dmod exported can be imported; add the files of others with `dmod data add`"


@dataclass(frozen=True, slots=True)
class ReadCrate:
    """A crate in a folder.

    Parameters
    ----------
    folder : that it lies in
    members : its datasets, the one that it is about first
    files : of datasets that are there, as paths in the crate
    """

    folder: Path
    members: tuple[Member, ...]
    files: frozenset[str] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all files that should be there."""
        return sum(member.dataset.size for member in self.members if member.with_files)

    @property
    def complete(self) -> list[Member]:
        """Those that a catalog can hold, what others were derived from first."""
        found = [member for member in self.members if member.with_files or member.dataset.is_external]
        return sorted(found, key=lambda member: (member.dataset.created, member.dataset.version))

    def prove(self, told: Callable[[int], None]) -> None:
        """Read every file and compare it with its hash.

        Parameters
        ----------
        told : told how many more bytes were read

        Raises
        ------
        IntegrityError
            a file is missing or is not what was exported; it is named.
        """
        for member in self.members:
            if member.with_files:
                found = in_order(partial(self._prove, member), member.manifest, WORKERS, "prove")
                for size in found:
                    told(size)

    def _prove(self, member: Member, entry: FileEntry) -> int:
        path = member.folder + entry.path
        if path not in self.files:
            raise IntegrityError(
                f"{path} is missing in {self.folder}: it is a file of {member.dataset.reference}",
                hint=_DAMAGED,
            )
        descriptor = open_source(self.folder / path)
        try:
            found = hashed(descriptor)
        except Unreadable as error:
            raise StoreError(f"{self.folder / path} cannot be read: {error.__cause__}") from error
        finally:
            os.close(descriptor)
        if found != entry.content:
            raise IntegrityError(
                f"{path} in {self.folder} is not what was exported: it has {found.size:,} bytes with the "
                f"hash {found.sha256}, and should have {entry.size:,} with {entry.sha256}",
                hint=_DAMAGED,
            )
        return entry.size


def read_crate(folder: Path) -> ReadCrate:
    """Read what a crate says of itself; its files are not read yet.

    Raises
    ------
    InputError
        it is no crate that dmod exported, holds links or files that no manifest names, or contradicts itself.
    IntegrityError
        a record or manifest is missing or was changed.
    """
    if folder.is_dir() and not (folder / METADATA).exists():
        raise InputError(f"{folder} is no crate: it has no {METADATA}", hint=_FOREIGN)
    metadata = _parsed(_read(folder, METADATA), f"{folder / METADATA}")
    own = _walked(folder, OWN)
    if CONTENTS not in own:
        raise InputError(f"{folder} has no {CONTENTS}", hint=_FOREIGN)
    items = parse_inventory(_parsed(_read(folder, CONTENTS), f"{folder / CONTENTS}"), CONTENTS).items
    members = tuple(_member(folder, own, item, is_root=number == 0) for number, item in enumerate(items))
    _require_about(metadata, members[0].dataset, folder)
    files = _walked(folder, DATA) | _walked(folder, ANCESTORS)
    _require_no_more(folder, members, files)
    return ReadCrate(folder, members, frozenset(files))


def _walked(folder: Path, part: str) -> set[str]:
    """Return all files of a part of the crate.

    Raises
    ------
    InputError
        there is a link, or something else that is no file.
    """
    found: set[str] = set()
    todo = [part]
    while todo:
        here = todo.pop()
        if not (folder / here).is_dir() or (folder / here.rstrip("/")).is_symlink():
            if (folder / here).exists():
                raise InputError(f"{here} in {folder} is no folder", hint=_DAMAGED)
            continue
        with os.scandir(folder / here) as entries:
            for entry in entries:
                path = here + entry.name
                if entry.is_dir(follow_symlinks=False):
                    todo.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False):
                    found.add(path)
                else:
                    raise InputError(
                        f"{path} in {folder} is a link or no file", hint="crates hold plain files only"
                    )
    return found


def _read(folder: Path, path: str) -> bytes:
    descriptor = open_source(folder / path)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no JSON that can be read: {error}", hint=_FOREIGN) from error


def _member(folder: Path, own: set[str], item: Item, *, is_root: bool) -> Member:
    dataset = _dataset(folder, own, item)
    if dataset.is_external:
        if item.with_files:
            raise InputError(
                f"{dataset.reference} lies at {dataset.access_location}, and its files are said to be here",
                hint=_DAMAGED,
            )
        return Member(dataset, EMPTY, is_root=is_root, with_files=False)
    return Member(dataset, _manifest(folder, own, dataset), is_root=is_root, with_files=item.with_files)


def _dataset(folder: Path, own: set[str], item: Item) -> Dataset:
    """Read a record, and make sure that it is the one that the table of contents means."""
    path = OWN + record_key(item.name, item.version)
    data = _own(folder, own, path)
    if hashlib.sha256(data).hexdigest() != item.record:
        raise IntegrityError(f"{path} in {folder} is not what was exported", hint=_DAMAGED)
    where = f"{path} in {folder}"
    try:
        dataset = dataset_of(_parsed(data, where), where)
    except InputError:
        raise
    except (ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"{where} is no record of a dataset: {error}", hint=_FOREIGN) from error
    if (dataset.name, dataset.version, dataset.uuid) != (item.name, item.version, item.uuid):
        raise InputError(f"{where} is the record of another dataset, {dataset.reference}", hint=_DAMAGED)
    _require_plain(dataset, where)
    return dataset


def _require_plain(dataset: Dataset, where: str) -> None:
    """Refuse a record whose values are not of the kind that a catalog can keep."""
    require_hash(dataset.digest, f"{where}: digest")
    lineage = dataset.lineage
    texts: dict[str, object] = {
        "description": dataset.description,
        "owner": dataset.owner,
        "access_location": dataset.access_location,
        "lineage.step": lineage.step,
        "lineage.key": lineage.key,
        "lineage.software": lineage.software,
        **{f"lineage.sources.{role}": address for role, address in lineage.sources.items()},
    }
    for number, used in enumerate(lineage.inputs):
        place = f"{where}: lineage.inputs[{number}]"
        texts[f"lineage.inputs[{number}].role"] = used.role
        if not isinstance(used.name, str) or used.version < 1:
            raise InputError(f"{place} names no dataset", hint=_FOREIGN)
        require_name(used.name)
        require_uuid(used.uuid, place)
        require_hash(used.digest, place)
    for name, text in texts.items():
        if not isinstance(text, str):
            raise InputError(f"{where}: {name} is text, not {type(text).__name__}", hint=_FOREIGN)


def _manifest(folder: Path, own: set[str], dataset: Dataset) -> Manifest:
    path = manifest_path(dataset.digest)
    data = _own(folder, own, path)
    if hashlib.sha256(data).hexdigest() != dataset.digest:
        raise IntegrityError(
            f"{path} in {folder}, the list of the files of {dataset.reference}, is not what was exported",
            hint=_DAMAGED,
        )
    where = f"{path} in {folder}"
    try:
        manifest = parse_manifest(data.decode(), where)
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is no manifest: {error}", hint=_FOREIGN) from error
    stated = dataset.digest, dataset.size, dataset.files
    if (manifest.digest, manifest.size, len(manifest)) != stated:
        raise InputError(f"{where} and the record of {dataset.reference} do not say the same", hint=_DAMAGED)
    return manifest


def _own(folder: Path, own: set[str], path: str) -> bytes:
    if path not in own:
        raise IntegrityError(f"{path} is missing in {folder}", hint=_DAMAGED)
    return _read(folder, path)


def _require_about(metadata: object, dataset: Dataset, folder: Path) -> None:
    """Make sure that what people are shown is what is imported."""
    where = f"{folder / METADATA}"
    graph = metadata.get("@graph") if isinstance(metadata, Mapping) else None
    entities = {
        entity["@id"]: entity
        for entity in (graph if isinstance(graph, list) else [])
        if isinstance(entity, Mapping) and isinstance(entity.get("@id"), str)
    }
    about = entities.get(METADATA, {}).get("about")
    root = entities.get(about.get("@id")) if isinstance(about, Mapping) else None
    if root is None:
        raise InputError(f"{where} describes no dataset", hint=_FOREIGN)
    stated = root.get("identifier")
    wanted = f"urn:uuid:{dataset.uuid}"
    if wanted not in (stated if isinstance(stated, list) else [stated]):
        raise InputError(
            f"{where} describes {stated!r}, and {CONTENTS} lists {wanted} ({dataset.reference})",
            hint=_DAMAGED,
        )


def _require_no_more(folder: Path, members: tuple[Member, ...], files: set[str]) -> None:
    """Refuse files that would be left behind without a word."""
    known = {
        member.folder + entry.path for member in members if member.with_files for entry in member.manifest
    }
    more = sorted(files - known)
    if more:
        raise InputError(
            f"{folder} holds {len(more)} files that belong to no dataset, such as {', '.join(more[:5])}",
            hint="remove them, or add them as a dataset of their own with `dmod data add`",
        )
