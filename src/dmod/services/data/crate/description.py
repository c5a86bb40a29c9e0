"""The metadata of a crate: its dataset, what that was derived from, every file, and how all was made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dmod.catalog.dataset import Dataset
from dmod.services.data.crate.coverage import coverage_of
from dmod.services.data.crate.encoding import media_type
from dmod.services.data.crate.graph import Graph, Reference
from dmod.services.data.crate.layout import ROOT, address_of
from dmod.services.data.crate.member import Document, Member, abstract_id
from dmod.services.data.crate.provenance import add_derivation, add_profile, add_source, is_derived
from dmod.services.data.crate.publication import Party, Publication, add_person, add_publication
from dmod.services.data.lineage import Node

REMOVED = "no longer in the catalog"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a crate is made of.

    Parameters
    ----------
    members : datasets, the one that the crate is about first
    lost : what the lineage names and the catalog no longer has
    documents : small files that are made for the crate
    """

    members: Sequence[Member]
    lost: Sequence[Node] = ()
    documents: Sequence[Document] = ()


def describe(contents: Contents, publication: Publication) -> bytes:
    """Return the metadata of a crate as it is written."""
    graph = Graph()
    references = {member.dataset.uuid: {"@id": member.identifier} for member in contents.members}
    references |= {node.key: {"@id": abstract_id(node.key)} for node in contents.lost}
    for member in contents.members:
        _add_member(graph, member, references)
    for node in contents.lost:
        _add_lost(graph, node)
    add_publication(graph, publication, contents.members[0].dataset.owner)
    derived = [member.dataset for member in contents.members if is_derived(member.dataset)]
    for dataset in derived:
        add_derivation(graph, dataset, references)
    if derived:
        add_profile(graph)
    parts = [*_add_files(graph, contents.members[0])]
    for member in contents.members[1:]:
        if member.with_files:
            graph.state(references[member.dataset.uuid]["@id"], hasPart=_add_files(graph, member))
            parts.append(references[member.dataset.uuid])
    graph.state(ROOT, hasPart=[*parts, *(_add_document(graph, document) for document in contents.documents)])
    return graph.text()


def _add_member(graph: Graph, member: Member, references: Mapping[str, Reference]) -> None:
    dataset, properties = member.dataset, _properties(graph, member, references)
    if member.is_root:
        graph.state(ROOT, **properties, datePublished=dataset.created.isoformat())
    else:
        author = add_person(graph, Party(dataset.owner)) if dataset.owner else None
        graph.add(references[dataset.uuid]["@id"], "Dataset", **properties, author=author)


def _properties(graph: Graph, member: Member, references: Mapping[str, Reference]) -> dict[str, Any]:
    dataset, lineage = member.dataset, member.dataset.lineage
    coverage = coverage_of(graph, dataset)
    return {
        "name": dataset.reference,
        "description": dataset.description or f"{dataset.category} data: {dataset.domain.format.title}",
        "identifier": f"urn:uuid:{dataset.uuid}",
        "version": str(dataset.version),
        "dateCreated": dataset.created.isoformat(),
        "keywords": ", ".join((dataset.category.value, dataset.domain.format.name)),
        **coverage,
        "additionalProperty": [*coverage["additionalProperty"], *_facts(graph, dataset)],
        "isBasedOn": [
            *(references[item.uuid] for item in lineage.inputs),
            *(add_source(graph, address) for address in lineage.sources.values()),
        ],
        "distribution": _distribution(graph, dataset),
    }


def _facts(graph: Graph, dataset: Dataset) -> list[Reference]:
    """State how many files there are, and the hash by which they are known."""
    if dataset.is_external:
        return []
    return [
        _digest(graph, dataset.uuid, dataset.digest),
        _fact(graph, dataset.uuid, "files", dataset.files),
        _fact(graph, dataset.uuid, "size", dataset.size, unitText="byte"),
    ]


def _digest(graph: Graph, uuid: str, digest: str) -> Reference:
    return _fact(
        graph, uuid, "digest", digest,
        description="SHA-256 of the list of all files with their own SHA-256, size and path",
    )  # fmt: skip


def _fact(graph: Graph, uuid: str, name: str, value: str | int, **more: str) -> Reference:
    return graph.add(f"#{name}-{uuid}", "PropertyValue", name=name, propertyID=name, value=value, **more)


def _distribution(graph: Graph, dataset: Dataset) -> Reference | None:
    """Say where data lie that the catalog does not hold."""
    if not dataset.is_external:
        return None
    return graph.add(
        f"#distribution-{dataset.uuid}",
        "DataDownload",
        name=f"{dataset.reference} where it lies",
        contentUrl=dataset.access_location,
    )


def _add_lost(graph: Graph, node: Node) -> None:
    graph.add(
        abstract_id(node.key),
        "Dataset",
        name=node.reference,
        identifier=f"urn:uuid:{node.key}",
        creativeWorkStatus=REMOVED,
        description=f"{node.reference} was {REMOVED} when this crate was made. What the lineage of its "
        "descendants says of it is kept: with the digest its files can still be recognised.",
        additionalProperty=_digest(graph, node.key, node.digest),
    )


def _add_files(graph: Graph, member: Member) -> list[Reference]:
    if not member.with_files:
        return []
    return [
        graph.add(
            address_of(member.folder + entry.path),
            "File",
            name=entry.path,
            contentSize=str(entry.size),
            sha256=entry.sha256,
            encodingFormat=media_type(entry.path),
        )
        for entry in member.manifest
    ]


def _add_document(graph: Graph, document: Document) -> Reference:
    return graph.add(
        address_of(document.path),
        "File",
        name=document.title,
        about={"@id": document.about},
        contentSize=str(len(document.data)),
        sha256=hashlib.sha256(document.data).hexdigest(),
        encodingFormat=media_type(document.path),
    )
