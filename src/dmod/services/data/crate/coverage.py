"""What a dataset covers, in the words of schema.org."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.domain_json import set_to_json
from dmod.catalog.restriction import FIRST_TIME, LAST_TIME, Bound, Continuous, Discrete
from dmod.services.data.crate.graph import Graph, Reference

_PLACES = (
    DomainIndex.CATCHMENT_ID,
    DomainIndex.FLOWPATH_ID,
    DomainIndex.GAGE_ID,
    DomainIndex.HYDROFABRIC_REGION,
    DomainIndex.HYDROFABRIC_ID,
)


def coverage_of(graph: Graph, dataset: Dataset) -> dict[str, Any]:
    """Describe what a dataset covers; return the properties that say so.

    The period is ``temporalCoverage``, where it lies ``spatialCoverage``, variables with their units
    ``variableMeasured``; every restriction stands in full among ``additionalProperty``.
    """
    domain = dataset.domain
    return {
        "temporalCoverage": _period(domain),
        "spatialCoverage": _place(graph, dataset),
        "variableMeasured": _variables(graph, dataset),
        "additionalProperty": [
            _set(graph, dataset, index, held)
            if isinstance(held, Discrete)
            else _range(graph, dataset, index, held)
            for index, held in domain.restrictions.items()
        ],
    }


def elements(index: DomainIndex, held: Discrete) -> str:
    """Return the elements of a set as text; long sets of numbered ids as ``cat-: 1-88, 90``."""
    if held.is_all:
        return "all"
    entry = set_to_json(index, held)
    parts = [f"{prefix}: {numbers.replace(',', ', ')}" for prefix, numbers in entry.get("runs", {}).items()]
    if entry.get("values"):
        parts.append(", ".join(str(value) for value in entry["values"]))
    return ("all but " if held.excluded else "") + "; ".join(parts)


def _period(domain: Domain) -> str:
    if domain.time is None:
        return ""
    return f"{_time(domain.time.begin)}/{_time(domain.time.end)}"


def _time(bound: Bound) -> str:
    return ".." if bound in (FIRST_TIME, LAST_TIME) else _written(bound)


def _written(bound: Bound) -> str:
    return bound.isoformat() if not isinstance(bound, float | int) else f"{bound:g}"


def _place(graph: Graph, dataset: Dataset) -> Reference | None:
    """Describe where the data lie; None where the domain says nothing of it."""
    said = [
        _said(index, held)
        for index in _PLACES
        if isinstance(held := dataset.domain.restrictions.get(index), Discrete) and not held.is_all
    ]
    if not said:
        return None
    return graph.add(f"#place-{dataset.uuid}", "Place", name=", ".join(said))


def _said(index: DomainIndex, held: Discrete) -> str:
    noun = _noun(index)
    if held.excluded:
        return f"all but {len(held.values)} {noun}"
    return f"{noun} {next(iter(held.values))}" if len(held.values) == 1 else f"{len(held.values)} {noun}s"


def _variables(graph: Graph, dataset: Dataset) -> list[Reference]:
    domain = dataset.domain
    names = {str(value) for value in domain.values(DomainIndex.VARIABLE)} | set(domain.units)
    return [
        graph.add(
            f"#variable-{dataset.uuid}-{quote(name, safe='')}",
            "PropertyValue",
            name=name,
            unitText=domain.units.get(name),
        )
        for name in sorted(names)
    ]


def _set(graph: Graph, dataset: Dataset, index: DomainIndex, held: Discrete) -> Reference:
    return graph.add(
        f"#coverage-{dataset.uuid}-{index}",
        "PropertyValue",
        name=_noun(index),
        propertyID=index.value,
        value=elements(index, held),
    )


def _range(graph: Graph, dataset: Dataset, index: DomainIndex, held: Continuous) -> Reference:
    return graph.add(
        f"#coverage-{dataset.uuid}-{index}",
        "PropertyValue",
        name=_noun(index),
        propertyID=index.value,
        minValue=_written(held.begin),
        maxValue=_written(held.end),
        description="the end is excluded",
    )


def _noun(index: DomainIndex) -> str:
    return index.value.removesuffix("_ID").lower().replace("_", " ")
