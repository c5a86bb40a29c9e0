"""DMOD's documents: read, and equal when they are written again; what DMOD cannot say is kept apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex, find_format
from dmod.catalog.dataset import Dataset, Input, Lineage
from dmod.catalog.dmod_documents import (
    dataset_from_dmod,
    dataset_to_dmod,
    domain_from_dmod,
    domain_to_dmod,
    requirement_from_dmod,
    requirement_to_dmod,
)
from dmod.catalog.domain import Domain
from dmod.catalog.manifest import EMPTY
from dmod.catalog.record import parse_record, record_text
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import ALL, Continuous, Discrete
from dmod.core.time_axis import EPOCH
from dmod.errors import InputError

START = datetime(2012, 5, 1, tzinfo=UTC)
TIME, CATCHMENTS, DATA = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.DATA_ID
MAY = Continuous(START, START + timedelta(days=31))
CATS = Discrete(frozenset(f"cat-{n}" for n in range(30)))
RANGE = {
    "variable": "TIME",
    "begin": "2012-05-01 00:00:00",
    "end": "2012-06-01 00:00:00",
    "datetime_pattern": "%Y-%m-%d %H:%M:%S",
    "subclass": "TimeRange",
}
SET = {"variable": "CATCHMENT_ID", "values": [f"cat-{n}" for n in range(30)]}
DOMAIN = {"data_format": "AORC_CSV", "continuous": [RANGE], "discrete": [SET]}
DOCUMENT: dict[str, Any] = {
    "name": "may-forcing",
    "data_category": "FORCING",
    "data_domain": DOMAIN,
    "type": "OBJECT_STORE",
    "access_location": "minio1:9000/may-forcing",
    "uuid": "9888e40f-6cac-4034-a698-6e9911b3ccbc",
    "manager_uuid": "ba51a053-70fa-41c2-86fc-8f819bd20c6f",
    "is_read_only": False,
    "created_on": "2022-04-25 14:10:12",
    "last_updated": "2022-04-26 14:10:12",
}
REQUIREMENT: dict[str, Any] = {
    "category": "FORCING",
    "domain": DOMAIN,
    "is_input": True,
    "size": 1024,
    "fulfilled_by": "may-forcing",
    "fulfilled_access_at": "/dmod/datasets/may",
}


def without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def regular(document: Any) -> Any:
    """Return JSON data with lists in one order."""
    if isinstance(document, dict):
        return {key: regular(value) for key, value in document.items()}
    if isinstance(document, list):
        return sorted((regular(item) for item in document), key=lambda item: json.dumps(item, sort_keys=True))
    return document


def require_same(dataset: Dataset, document: dict[str, Any]) -> None:
    """Check that a dataset becomes the document again, directly and by way of its record."""
    for found in (dataset, parse_record(record_text(dataset), "r")):
        again = json.loads(json.dumps(dataset_to_dmod(found), allow_nan=False))
        assert regular(again) == regular(document)


# datasets


def test_dataset_of_dmod_lies_elsewhere() -> None:
    found = dataset_from_dmod(DOCUMENT, "d.json")
    assert found.reference == "may-forcing@1"
    assert found.category is Category.FORCING
    assert found.domain == Domain(find_format("AORC_CSV"), {TIME: MAY, CATCHMENTS: CATS})
    assert found.is_external
    assert found.access_location == "minio1:9000/may-forcing"
    assert (found.size, found.files, found.digest) == (0, 0, EMPTY.digest)
    assert found.created == datetime(2022, 4, 25, 14, 10, 12, tzinfo=UTC)
    assert not found.read_only
    require_same(found, DOCUMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"description": "a text", "expires": "2030-01-01 00:00:00"},
        {"derived_from": "april", "derivations": ["june"], "data_archiving": "TAR_GZIP"},
        {"future_key": {"deep": [1, None, "x"]}},
        {"data_domain": {**DOMAIN, "data_fields": {"rain": "float"}}},
        {"data_domain": {**DOMAIN, "future_key": 1}},
        {"data_domain": {**DOMAIN, "discrete": []}},
        {"data_domain": {**DOMAIN, "discrete": [{"variable": "CATCHMENT_ID", "values": []}]}},
        {"data_domain": {**DOMAIN, "continuous": [
            {**RANGE, "begin": "01/05/12", "end": "01/06/12", "datetime_pattern": "%d/%m/%y"}]}},
        {"data_domain": {"data_format": "GENERIC", "continuous": [], "discrete": []},
         "data_category": "OBSERVATION"},
        {"type": "FILESYSTEM", "access_location": "/data/may"},
        {"is_read_only": True},
    ],
)  # fmt: skip
def test_dataset_of_dmod_comes_back_as_it_went(change: dict[str, Any]) -> None:
    document = {**DOCUMENT, **change}
    require_same(dataset_from_dmod(document, "d.json"), document)


def test_dataset_with_the_older_key_of_creation_comes_back() -> None:
    document = {**without(DOCUMENT, "created_on"), "create_on": "2022-04-25 14:10:12"}
    found = dataset_from_dmod(document, "d.json")
    assert found.created == datetime(2022, 4, 25, 14, 10, 12, tzinfo=UTC)
    require_same(found, document)


def test_dataset_without_creation_or_uuid_gets_some() -> None:
    found = dataset_from_dmod(without(DOCUMENT, "created_on"), "d.json")
    assert found.created == datetime(2022, 4, 26, 14, 10, 12, tzinfo=UTC)
    require_same(found, without(DOCUMENT, "created_on"))
    bare = without(DOCUMENT, "created_on", "last_updated", "uuid", "is_read_only", "type", "manager_uuid")
    first, second = (dataset_from_dmod(bare, "d.json") for _ in range(2))
    assert first.created == EPOCH
    assert first.read_only, "as DMOD has it where nothing is said"
    assert first.uuid != second.uuid
    assert "created_on" not in dataset_to_dmod(first)


def test_names_of_fields_are_read_in_place_of_names_of_keys() -> None:
    document = {
        **without(DOCUMENT, "data_category", "type"),
        "category": "FORCING",
        "dataset_type": "OBJECT_STORE",
        "data_domain": {
            "data_format": "AORC_CSV",
            "continuous_restrictions": {"TIME": without(RANGE, "variable")},
            "discrete_restrictions": {"CATCHMENT_ID": SET},
        },
    }
    require_same(dataset_from_dmod(document, "d.json"), DOCUMENT)


def test_older_name_of_the_output_format_is_read() -> None:
    domain = {"data_format": "NGEN_OUTPUT", "discrete": [SET]}
    assert domain_from_dmod(domain, "d.json").format is find_format("NGEN_CSV_OUTPUT")


def test_changed_dataset_is_written_as_it_is_now() -> None:
    found = replace(dataset_from_dmod(DOCUMENT, "d.json"), description="new", read_only=True)
    assert dataset_to_dmod(found) == {**dataset_to_dmod(found), "description": "new", "is_read_only": True}


def own(domain: Domain, category: Category = Category.FORCING, **more: Any) -> Dataset:
    return Dataset("own", 2, category, domain, "u", "0" * 64, 1, 2, 3, START, **more)


def test_own_dataset_becomes_one_of_dmod() -> None:
    lineage = Lineage("forcing-from-grid", (Input("grid", "aorc", 1, "u1", "0" * 64),))
    dataset = own(Domain(find_format("AORC_CSV"), {TIME: MAY}), lineage=lineage, expires=START)
    assert dataset_to_dmod(dataset, access_location="/data/own") == {
        "name": "own",
        "data_category": "FORCING",
        "data_domain": {"data_format": "AORC_CSV", "continuous": [RANGE], "discrete": []},
        "type": "FILESYSTEM",
        "access_location": "/data/own",
        "uuid": "u",
        "is_read_only": False,
        "expires": "2012-05-01 00:00:00",
        "created_on": "2012-05-01 00:00:00",
        "derived_from": "aorc",
    }


def test_what_dmod_has_no_word_for_stands_apart_and_is_read_again() -> None:
    box = {TIME: MAY, DomainIndex.VARIABLE: Discrete.of(["rain"])}
    dataset = own(Domain(find_format("AORC_CSV"), box, units={"rain": "mm/h"}))
    document = json.loads(json.dumps(dataset_to_dmod(dataset, access_location="/data/own")))
    assert "VARIABLE" not in json.dumps(document["data_domain"])
    found = dataset_from_dmod(document, "d.json")
    assert found.domain == dataset.domain
    assert found.domain.units == {"rain": "mm/h"}
    assert "dmod_more" not in found.extra["dmod"]


def test_domain_of_nothing_that_dmod_knows_is_told_by_its_data_id() -> None:
    box = {DomainIndex.FORMULATION: Discrete.of(["cfe"])}
    document = dataset_to_dmod(own(Domain(find_format("BMI_CONFIG"), box), Category.CONFIG))
    assert document["data_domain"]["discrete"] == [{"variable": "DATA_ID", "values": ["own"]}]


def test_partitions_are_configuration_to_dmod_and_come_back() -> None:
    domain = Domain(find_format("NGEN_PARTITION_CONFIG"), {DomainIndex.LENGTH: Discrete.of([4])})
    document = dataset_to_dmod(own(domain, Category.PARTITION), access_location="/p")
    assert document["data_category"] == "CONFIG"
    assert dataset_from_dmod(document, "d.json").category is Category.PARTITION


@pytest.mark.parametrize(
    ("form", "box", "category", "match"),
    [
        ("ZARR_FORCING", {TIME: MAY}, Category.FORCING, "no format ZARR_FORCING"),
        ("AORC_CSV", {CATCHMENTS: Discrete(frozenset({"cat-1"}), excluded=True)}, Category.FORCING,
         "CATCHMENT_ID: DMOD cannot say all but cat-1"),
        ("NGEN_PARTITION_CONFIG", {DomainIndex.LENGTH: Continuous(1, inf)}, Category.CONFIG,
         "LENGTH: DMOD has no ranges of numbers"),
        ("GENERIC", {}, Category.STATE, "no category STATE"),
    ],
)  # fmt: skip
def test_dataset_that_dmod_cannot_have_is_refused(form: str, box, category: Category, match: str) -> None:
    with pytest.raises(InputError, match=match):
        dataset_to_dmod(own(Domain(find_format(form), box), category))


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.id < 100])
def test_every_format_of_dmod_comes_back(name: str) -> None:
    form = find_format(name)
    box = {index: Discrete.of([f"{index}-1"]) for index in form.indices if index is not TIME}
    domain = Domain(form, {**box, TIME: MAY} if TIME in form.indices else box)
    assert domain_from_dmod(json.loads(json.dumps(domain_to_dmod(domain))), "d.json") == domain


# rubbish


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"name": None}, "name is text, not None"),
        ({"name": "a b"}, "'a b' is no name"),
        ({"data_category": "WEATHER"}, "'WEATHER' is no category"),
        ({"data_category": 1}, "data_category is text"),
        ({"data_domain": None}, "data_domain is missing"),
        ({"data_domain": []}, "data_domain is an object"),
        ({"data_domain": {**DOMAIN, "data_format": "CSV"}}, "data_domain: 'CSV' is no data format"),
        ({"data_domain": {**DOMAIN, "discrete": [{"variable": "WHERE", "values": []}]}},
         r"data_domain: discrete\[0\]: 'WHERE'"),
        ({"data_domain": {**DOMAIN, "continuous": {"TIME": 3}}}, "data_domain: continuous is an object"),
        ({"data_domain": {**DOMAIN, "continuous": [{**RANGE, "end": RANGE["begin"]}]}}, "must begin before"),
        ({"access_location": ""}, "access_location is empty"),
        ({"access_location": None}, "access_location is text"),
        ({"uuid": 3}, "uuid is text"),
        ({"is_read_only": "no"}, "is_read_only is true or false"),
        ({"created_on": 3}, "created_on: 3 is not a time"),
        ({"expires": "soon"}, "expires: 'soon' is not a time"),
        ({"description": []}, "description is text"),
        ({"dmod_more": []}, "dmod_more is an object"),
    ],
)  # fmt: skip
def test_document_that_is_no_dataset_is_refused_by_its_place(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=f"^d.json: .*{match}"):
        dataset_from_dmod({**DOCUMENT, **change}, "d.json")


@pytest.mark.parametrize("key", ["name", "data_category", "data_domain", "access_location"])
def test_document_without_a_key_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"d.json.*{key}"):
        dataset_from_dmod(without(DOCUMENT, key), "d.json")


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    changes=st.dictionaries(st.sampled_from([*DOCUMENT, "expires", "dmod_more", "description"]), values),
    of_domain=st.dictionaries(st.sampled_from(sorted(DOMAIN)), values),
)
def test_any_document_is_a_dataset_or_is_refused_by_name(changes, of_domain) -> None:
    document = {**DOCUMENT, "data_domain": {**DOMAIN, **of_domain}, **changes}
    try:
        dataset_from_dmod(document, "d.json")
        found, message = True, ""
    except InputError as error:
        found, message = False, error.message
    assert found or message.startswith("d.json")


# requirements


def test_requirement_of_dmod_is_read_and_comes_back() -> None:
    found = requirement_from_dmod(REQUIREMENT, "r.json")
    assert found.category is Category.FORCING
    assert found.format is find_format("AORC_CSV")
    assert found.box == {TIME: MAY, CATCHMENTS: CATS}
    assert not found.exact
    assert found.extra["fulfilled_by"] == "may-forcing"
    assert regular(requirement_to_dmod(found)) == regular(REQUIREMENT)


@pytest.mark.parametrize(
    "document",
    [
        {**REQUIREMENT, "is_input": False, "future_key": [1]},
        without(REQUIREMENT, "size", "fulfilled_by", "fulfilled_access_at"),
        {**REQUIREMENT, "domain": {**DOMAIN, "data_fields": {"rain": "float"}, "future_key": 1}},
        {**REQUIREMENT, "domain": {**DOMAIN, "discrete": [{"variable": "CATCHMENT_ID", "values": []}]}},
    ],
)
def test_requirement_of_dmod_comes_back_as_it_went(document: dict[str, Any]) -> None:
    assert regular(requirement_to_dmod(requirement_from_dmod(document, "r.json"))) == regular(document)


def test_own_requirement_becomes_one_of_dmod_and_comes_back() -> None:
    partitions = Requirement(
        Category.PARTITION, find_format("NGEN_PARTITION_CONFIG"), {DomainIndex.LENGTH: Discrete.of([4])}
    )
    document = requirement_to_dmod(partitions)
    assert document["category"] == "CONFIG"
    assert document["is_input"] is True
    assert requirement_from_dmod(document, "r.json") == partitions


@pytest.mark.parametrize(
    ("form", "box", "match"),
    [
        (None, {TIME: MAY}, "names a format"),
        ("ZARR_FORCING", {TIME: MAY}, "no format ZARR_FORCING"),
        ("AORC_CSV", {TIME: MAY, DomainIndex.VARIABLE: ALL}, "cannot require VARIABLE"),
        ("AORC_CSV", {CATCHMENTS: Discrete(frozenset({"cat-1"}), excluded=True)}, "cannot say all but"),
    ],
)
def test_requirement_that_dmod_would_weaken_is_refused(form: str | None, box, match: str) -> None:
    wanted = Requirement(Category.FORCING, None if form is None else find_format(form), box)
    with pytest.raises(InputError, match=match):
        requirement_to_dmod(wanted)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        (None, "is an object"),
        (without(REQUIREMENT, "domain"), "domain is missing"),
        (without(REQUIREMENT, "category"), "there is no category"),
        ({**REQUIREMENT, "category": "OUTPUT"}, "AORC_CSV are no OUTPUT data"),
    ],
)
def test_document_that_is_no_requirement_is_refused_by_its_name(document: Any, match: str) -> None:
    with pytest.raises(InputError, match=f"r.json.*{match}"):
        requirement_from_dmod(document, "r.json")
