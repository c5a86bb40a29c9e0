"""The serialized datasets of DMOD: all are read, and are equal JSON when they are written again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.dmod_documents import dataset_from_dmod, dataset_to_dmod, requirement_from_dmod
from dmod.catalog.match import examine
from dmod.catalog.record import parse_record, record_text
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Continuous, Discrete

NAMES = [
    "huc01-forcings-demo-1",
    "huc01-hydrofabric-2021-10-28-part-8",
    "huc01-partition-8-2021-10-28",
    "huc01-simple-config-1",
    "hydrofabric-huc01-4_serialized",
    "ngen-output-1",
    "partition-huc01-4_serialized",
    "simple-bmi-cfe-1",
]


@pytest.fixture(scope="module")
def documents(reference: Path) -> dict[str, dict[str, Any]]:
    folder = reference / "dmod" / "serialized_datasets"
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def regular(document: Any) -> Any:
    """Return JSON data with lists in one order."""
    if isinstance(document, dict):
        return {key: regular(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted((regular(item) for item in document), key=lambda item: json.dumps(item, sort_keys=True))
    return document


def test_all_documents_are_known(documents: dict[str, Any]) -> None:
    assert list(documents) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_dataset_of_dmod_comes_back_also_through_its_record(name: str, documents: dict[str, Any]) -> None:
    document = documents[name]
    found = dataset_from_dmod(document, name)
    kept = parse_record(record_text(found), "record")
    assert kept == found
    for dataset in (found, kept):
        assert regular(json.loads(json.dumps(dataset_to_dmod(dataset)))) == regular(document)
    assert found.is_external
    assert found.name == document["name"]
    assert found.created == datetime(2022, 4, 25, 14, 10, 12, tzinfo=UTC)


def test_record_of_a_dataset_of_dmod_is_shorter_than_its_document(documents: dict[str, Any]) -> None:
    document = documents["huc01-forcings-demo-1"]
    assert len(record_text(dataset_from_dmod(document, "d"))) < len(json.dumps(document)) / 2


def test_forcing_of_dmod_fulfils_what_it_covers_and_no_more(documents: dict[str, Any]) -> None:
    forcing = dataset_from_dmod(documents["huc01-forcings-demo-1"], "forcing")
    period = Continuous(datetime(2012, 5, 1, tzinfo=UTC), datetime(2012, 7, 1, tzinfo=UTC))
    assert forcing.domain.time == period
    catchments = forcing.domain.values(DomainIndex.CATCHMENT_ID)
    assert len(catchments) == 14_632
    wanted = Requirement(
        Category.FORCING,
        find_format("NETCDF_AORC_DEFAULT"),
        {DomainIndex.TIME: period, DomainIndex.CATCHMENT_ID: Discrete(catchments)},
    )
    assert examine(wanted, forcing, forcing.created).is_fulfilled
    more = wanted.needing(
        restrictions={DomainIndex.CATCHMENT_ID: Discrete(catchments | {"cat-0"}), DomainIndex.TIME: period}
    )
    (missing,) = examine(more, forcing, forcing.created).unsatisfied()
    assert missing.missing == (Discrete(frozenset({"cat-0"})),)


@pytest.mark.parametrize("name", NAMES)
def test_requirement_of_just_what_a_dataset_covers_is_fulfilled_by_it(
    name: str, documents: dict[str, Any]
) -> None:
    document = documents[name]
    wanted = requirement_from_dmod(
        {"category": document["data_category"], "domain": document["data_domain"], "is_input": True}, name
    )
    dataset = dataset_from_dmod(document, name)
    assert examine(wanted, dataset, dataset.created).is_fulfilled
