"""How datasets were made, as a Process Run Crate says it: each derivation is an action of a program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from dmod.catalog.dataset import ADDED, Dataset
from dmod.services.data.crate.graph import Graph, Reference
from dmod.services.data.crate.layout import ROOT
from dmod.services.data.crate.publication import Party, add_person, is_address

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_DONE = "http://schema.org/CompletedActionStatus"
_KINDS = {"dataset": "Dataset", "source": "CreativeWork", "parameter": "PropertyValue"}
_SAFE = "/!$&'()*+,;=:@?#[]%~"


def add_profile(graph: Graph) -> None:
    """Say that the crate follows the profile of runs of processes."""
    profile = graph.add(PROFILE, "CreativeWork", name="Process Run Crate", version=PROFILE.rpartition("/")[2])
    graph.state(ROOT, conformsTo=profile)


def is_derived(dataset: Dataset) -> bool:
    """Whether a program made a dataset out of others, or out of what lies outside; else it was brought."""
    lineage = dataset.lineage
    return lineage.step != ADDED.step or bool(lineage.inputs or lineage.sources or lineage.parameters)


def add_derivation(graph: Graph, dataset: Dataset, references: Mapping[str, Reference]) -> None:
    """Describe how a dataset was made.

    Parameters
    ----------
    references : of the dataset and all that it was derived from, by uuid
    """
    lineage = dataset.lineage
    application = _application(graph, dataset)
    used = []
    for item in lineage.inputs:
        used.append(references[item.uuid])
        _as_input(graph, application, item.role, references[item.uuid], "dataset")
    for role, address in lineage.sources.items():
        source = add_source(graph, address)
        used.append(source)
        _as_input(graph, application, role, source, "source")
    for name, value in lineage.parameters.items():
        parameter = _parameter(graph, dataset, name, value)
        used.append(parameter)
        _as_input(graph, application, name, parameter, "parameter")
    action = graph.add(
        f"#derivation-{dataset.uuid}",
        "CreateAction",
        name=f"{lineage.step} made {dataset.reference}",
        description=_sentence(dataset),
        instrument=application,
        object=used,
        result=references[dataset.uuid],
        agent=add_person(graph, Party(dataset.owner)) if dataset.owner else None,
        endTime=stamp(dataset.created),
        actionStatus=_DONE,
        identifier=f"sha256:{lineage.key}" if lineage.key else None,
    )
    graph.link(ROOT, "mentions", action)


def add_source(graph: Graph, address: str) -> Reference:
    """Describe what lies outside the store: by its address where it has one."""
    if is_address(address):
        return graph.add(quote(address.strip(), safe=_SAFE), "CreativeWork", name=address, url=address)
    short = hashlib.sha256(address.encode()).hexdigest()[:16]
    return graph.add(f"#source-{short}", "CreativeWork", name=address)


def stamp(time: datetime) -> str:
    """Return a time as the profile wants it: to the second, in UTC."""
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _application(graph: Graph, dataset: Dataset) -> Reference:
    """Describe the step of the program that made a dataset."""
    lineage = dataset.lineage
    program, _, version = lineage.software.rpartition(" ")
    if not any(letter.isdigit() for letter in version):
        program, version = lineage.software, ""
    key = "-".join(quote(part, safe="") for part in (program, version, lineage.step) if part)
    return graph.add(
        f"#software-{key}",
        "SoftwareApplication",
        name=f"{program}: {lineage.step}" if program else lineage.step,
        softwareVersion=version,
    )


def _as_input(graph: Graph, application: Reference, name: str, used: Reference, kind: str) -> None:
    """Say as what something went in: the program's input of that name."""
    formal = graph.add(
        f"{application['@id']}-{kind}-{quote(name, safe='')}",
        "FormalParameter",
        name=name,
        additionalType=_KINDS[kind],
    )
    graph.link(application["@id"], "input", formal)
    graph.link(used["@id"], "exampleOfWork", formal)


def _parameter(graph: Graph, dataset: Dataset, name: str, value: Any) -> Reference:
    plain = value if isinstance(value, str | int | float) and value != "" else json.dumps(value, default=str)
    return graph.add(
        f"#parameter-{dataset.uuid}-{quote(name, safe='')}", "PropertyValue", name=name, value=plain
    )


def _sentence(dataset: Dataset) -> str:
    lineage = dataset.lineage
    parts = [f"{item.reference} as {item.role}" for item in lineage.inputs]
    parts += [f"{address} as {role}" for role, address in lineage.sources.items()]
    made = f"{lineage.software or 'A program'}, step {lineage.step}, made {dataset.reference}"
    return f"{made} out of {', '.join(parts)}." if parts else f"{made}."
