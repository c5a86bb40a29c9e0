"""Writing a dataset with its whole lineage as an RO-Crate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dmod.catalog.catalog import Catalog, Progress, silent
from dmod.catalog.dataset import Dataset
from dmod.catalog.manifest import EMPTY
from dmod.catalog.record import record_text
from dmod.errors import DatasetNotFound, InputError, IntegrityError
from dmod.services.data.crate.description import Contents, describe
from dmod.services.data.crate.inventory import Inventory, Item, inventory_text
from dmod.services.data.crate.layout import CONTENTS, METADATA, ROOT, manifest_path, record_path
from dmod.services.data.crate.member import Document, Member
from dmod.services.data.crate.packing import packing
from dmod.services.data.crate.publication import Publication
from dmod.services.data.lineage import LineageGraph, Node, lineage_of

Ancestors = Literal["metadata", "data"]


@dataclass(frozen=True, slots=True)
class Exported:
    """A crate that was written.

    Parameters
    ----------
    files, bytes : of datasets; what describes them is not counted
    ancestors : what the dataset was derived from, as far as the catalog has it
    with_files : those of them whose files are in the crate
    elsewhere : datasets whose files the catalog does not hold; the crate says where they lie
    lost : ancestors that the catalog no longer has; the crate says what the lineage knows of them
    """

    path: Path
    dataset: str
    files: int
    bytes: int
    ancestors: tuple[str, ...] = ()
    with_files: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "path": str(self.path),
            "dataset": self.dataset,
            "files": self.files,
            "bytes": self.bytes,
            "ancestors": list(self.ancestors),
            "with_files": list(self.with_files),
            "elsewhere": list(self.elsewhere),
            "lost": list(self.lost),
        }


def export_crate(
    catalog: Catalog,
    dataset: Dataset,
    target: Path,
    *,
    ancestors: Ancestors = "metadata",
    publication: Publication | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write a dataset, and all that is known of how it came to be, as an RO-Crate 1.1.

    Derivations are written as the profile Process Run Crate has them. On success the crate is complete, and
    every byte was compared with its hash; on failure nothing is left. Equal contents give equal crates.

    Parameters
    ----------
    target : folder that is not there yet or is empty; a name that ends with ``.zip`` makes an archive
    ancestors : ``metadata`` describes what it was derived from, with the hash of every file; ``data`` puts
        those files into the crate as well
    publication : terms of use, author and publisher

    Raises
    ------
    AlreadyExists
        the target holds something.
    DatasetNotFound
        the dataset was removed meanwhile.
    IntegrityError
        the store's bytes are not what was stored, or a lineage contradicts the catalog.
    StoreError
        the store cannot be reached, or the disk is full.
    """
    if ancestors not in ("metadata", "data"):
        raise InputError(f"ancestors={ancestors!r} is not known", hint="allowed: metadata, data")
    graph = lineage_of(catalog, dataset, below=False)
    _require_agreement(graph)
    with ExitStack() as stack:
        members, lost = _members(catalog, graph, stack, with_files=ancestors == "data")
        contents = Contents(members, lost, _documents(members, lost))
        present = [member for member in members if member.with_files]
        size = sum(member.dataset.size for member in present)
        with packing(catalog, target, size, progress or silent) as crate:
            for member in present:
                crate.place(member)
            for document in contents.documents:
                crate.write(document.path, document.data)
            crate.write(METADATA, describe(contents, publication or Publication()))
    return Exported(
        target,
        dataset.reference,
        sum(member.dataset.files for member in present),
        size,
        ancestors=tuple(member.dataset.reference for member in members[1:]),
        with_files=tuple(member.dataset.reference for member in present if not member.is_root),
        elsewhere=tuple(member.dataset.reference for member in members if member.dataset.is_external),
        lost=tuple(node.reference for node in lost),
    )


def _require_agreement(graph: LineageGraph) -> None:
    """Refuse a lineage that says other files went in than the catalog has under that identity."""
    for node in graph.nodes.values():
        for item in node.dataset.lineage.inputs if node.dataset is not None else ():
            if graph.nodes[item.uuid].digest != item.digest:
                raise IntegrityError(
                    f"the lineage of {node.reference} says that {item.reference} has the digest "
                    f"{item.digest}; in the catalog it has {graph.nodes[item.uuid].digest}",
                    hint="`dmod data reindex` writes the index anew from the records",
                )


def _members(
    catalog: Catalog, graph: LineageGraph, stack: ExitStack, *, with_files: bool
) -> tuple[list[Member], list[Node]]:
    """Hold every dataset while the block of the stack runs, and find out which are lost."""
    members, lost = [], []
    for node in graph.nodes.values():
        is_root, dataset = node.key == graph.root, node.dataset
        try:
            if dataset is not None:
                stack.enter_context(catalog.held(dataset, f"exporting {graph.nodes[graph.root].reference}"))
        except DatasetNotFound:
            if is_root:
                raise
            dataset = None
        if dataset is None:
            lost.append(Node(node.key, node.reference, node.digest, None))
            continue
        manifest = EMPTY if dataset.is_external else catalog.manifest(dataset)
        present = (is_root or with_files) and not dataset.is_external
        members.append(Member(dataset, manifest, is_root=is_root, with_files=present))
    return members, lost


def _documents(members: Sequence[Member], lost: Sequence[Node]) -> list[Document]:
    """Return what another catalog needs, to import the crate."""
    documents: dict[str, Document] = {}
    items = []
    for member in members:
        dataset = member.dataset
        # who may read it here is nobody's business elsewhere, and no part of what is exported
        text = record_text(replace(dataset, shared_with=()))
        record = Document(record_path(dataset), text, f"record of {dataset.reference}", member.identifier)
        documents[record.path] = record
        if not dataset.is_external:
            path = manifest_path(dataset.digest)
            title = f"files of {dataset.reference}: SHA-256, size and path of each"
            documents.setdefault(
                path, Document(path, member.manifest.text.encode(), title, member.identifier)
            )
        digest = hashlib.sha256(record.data).hexdigest()
        items.append(Item(dataset.name, dataset.version, dataset.uuid, digest, member.with_files))
    table = inventory_text(Inventory(tuple(items)), lost)
    documents[CONTENTS] = Document(CONTENTS, table, "table of contents for the import into a catalog", ROOT)
    return list(documents.values())
