"""Datasets, their names and references, and their records: round trips, and rubbish that is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.dataset import Dataset, Input, Lineage, new_uuid, require_name, split_reference
from dmod.catalog.domain import Domain
from dmod.catalog.record import FORM, dataset_of, parse_record, record_key, record_of, record_text
from dmod.catalog.restriction import Continuous, Discrete
from dmod.errors import InputError

START = datetime(2015, 12, 1, tzinfo=UTC)
DIGEST = "ab" * 32
FULL = Dataset(
    name="logan-forcing",
    version=3,
    category=Category.FORCING,
    domain=Domain(
        find_format("AORC_CSV"),
        {
            DomainIndex.TIME: Continuous(START, START + timedelta(days=31)),
            DomainIndex.CATCHMENT_ID: Discrete(frozenset(f"cat-{n}" for n in range(88))),
        },
        units={"rain": "mm/h"},
        data_fields={"Time": "str"},
    ),
    uuid="6f9a3c5e-0000-4000-8000-000000000000",
    digest=DIGEST,
    manifest_size=100,
    size=2**40,
    files=88,
    created=START + timedelta(microseconds=1),
    description="forcing\nof Logan",
    owner="ann",
    expires=START + timedelta(days=1),
    read_only=True,
    lineage=Lineage(
        "forcing-from-grid",
        (Input("grid", "aorc", 1, "u1", DIGEST), Input("hydrofabric", "logan", 2, "u2", DIGEST)),
        {"method": "area", "cells": [1, 2.5, None]},
        "key",
        "dmod 1.0",
        {"table": "https://example.org/table.csv"},
    ),
    access_location="",
    extra={"facts": {"step": 3600}},
)


def written(dataset: Dataset) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(record_text(dataset))
    return data


# datasets


def test_dataset_is_called_by_name_version_uuid_and_what_it_states() -> None:
    stated = replace(FULL, domain=FULL.domain.stating({DomainIndex.DATA_ID: Discrete.of(["december"])}))
    assert stated.reference == "logan-forcing@3"
    assert stated.data_ids == {"december", "logan-forcing", "logan-forcing@3", FULL.uuid}
    assert stated.as_input("forcing") == Input("forcing", "logan-forcing", 3, FULL.uuid, DIGEST)
    assert stated.as_input("forcing").reference == "logan-forcing@3"


def test_dataset_expires_at_its_time() -> None:
    assert FULL.expires is not None
    assert not FULL.is_expired(FULL.expires - timedelta(microseconds=1))
    assert FULL.is_expired(FULL.expires)
    assert not replace(FULL, expires=None).is_expired(datetime.max.replace(tzinfo=UTC))


def test_dataset_elsewhere_is_external() -> None:
    assert not FULL.is_external
    assert replace(FULL, access_location="s3://bucket/a").is_external


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"name": "../a"}, "no name for a dataset"),
        ({"version": 0}, "versions count from 1"),
        ({"description": "a\x00b"}, "description holds a character that is no text"),
        ({"owner": "\ud800"}, "owner holds a character"),
        ({"access_location": "\x00"}, "location holds a character"),
        ({"created": datetime(2015, 12, 1)}, "created has no zone"),
        ({"expires": datetime(2015, 12, 1)}, "expires has no zone"),
    ],
)
def test_dataset_that_cannot_be_is_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        replace(FULL, **change)


def test_uuids_differ() -> None:
    assert new_uuid() != new_uuid()


NAMES = ["a", "0", "A-b_c.d", "huc01-forcings-demo-1", "a" * 128, "a.json"]
NO_NAMES = [
    "", ".", "..", "-a", "a-", ".a", "a.", "_a", "a..b", "a/b", "a@1", "a b", "a\n", "\u00e9", "a" * 129,
    "a\x00", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name_that_is_one_is_accepted(name: str) -> None:
    assert require_name(name) == name
    assert split_reference(name) == (name, None)
    assert split_reference(f" {name}@12 ") == (name, 12)


@pytest.mark.parametrize("name", NO_NAMES)
def test_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no name for a dataset"):
        require_name(name)


@pytest.mark.parametrize(
    "reference",
    ["a@", "a@0", "a@-1", "a@01", "a@1.0", "a@v1", "a@1@2", "a@\u00b2", "a@ 1", "a@" + "9" * 5000],
)
def test_reference_without_a_version_is_refused(reference: str) -> None:
    with pytest.raises(InputError, match="names no version"):
        split_reference(reference)


@given(st.text(st.sampled_from("aZ0._-@/ \n"), max_size=6))
def test_reference_is_read_as_it_is_written(text: str) -> None:
    try:
        name, version = split_reference(text)
    except InputError:
        return
    assert text.strip() == (name if version is None else f"{name}@{version}")
    assert "/" not in name
    assert ".." not in name


# records


def test_record_comes_back_as_it_went() -> None:
    found = parse_record(record_text(FULL), "r")
    assert found == FULL
    assert found.domain.units == FULL.domain.units
    assert found.domain.data_fields == FULL.domain.data_fields
    assert record_of(found) == record_of(FULL)
    bare = replace(FULL, expires=None, lineage=Lineage("add"), extra={}, description="", read_only=False)
    assert parse_record(record_text(bare), "r") == bare


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), plain
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(plain, inner, max_size=2)),
    max_leaves=5,
)
moments = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
)


@given(
    text=plain,
    created=moments,
    expires=st.one_of(st.none(), moments),
    size=st.integers(0, 2**62),
    more=st.dictionaries(plain, json_values, max_size=2),
    sources=st.dictionaries(plain, plain, max_size=2),
)
def test_record_of_anything_comes_back(text, created, expires, size, more, sources) -> None:
    dataset = replace(
        FULL, description=text, owner=text, access_location=text, created=created, expires=expires, size=size,
        extra=more, lineage=Lineage(text, (), more, text, text, sources),
    )  # fmt: skip
    assert parse_record(record_text(dataset), "r") == dataset


def test_record_lies_under_its_name_and_version() -> None:
    assert record_key("logan", 3) == "datasets/logan/3.json"


@pytest.mark.parametrize("form", [None, 0, FORM + 1, "1", [], 1.5])
def test_record_of_another_form_is_refused(form: Any) -> None:
    with pytest.raises(InputError, match=r"record\.json is a record of form"):
        dataset_of({**written(FULL), "form": form}, "record.json")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 200_000, b'{"form": ' + b"9" * 5000 + b"}", b"\x1f\x8b"]
)
def test_bytes_that_are_no_json_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="that file is no JSON"):
        parse_record(data, "that file")


@pytest.mark.parametrize("document", [None, [], "record", 3])
def test_json_that_is_no_record_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match="that file is no object"):
        dataset_of(document, "that file")


@pytest.mark.parametrize("key", sorted(set(record_of(FULL)) - {"form"}))
def test_record_without_a_key_is_refused(key: str) -> None:
    document = written(FULL)
    del document[key]
    with pytest.raises(InputError, match=f"that file has no {key}"):
        dataset_of(document, "that file")


WRONG = [None, True, 3, -1, 1.5, "", "text", [], {}, ["a"], {"a": 1}, "a\x00b", "\ud800", 10**400]
MAY_BE = {
    "description": [str], "owner": [str], "uuid": [str], "access_location": [str], "version": [int],
    "manifest_size": [int], "size": [int], "files": [int], "read_only": [bool], "extra": [dict],
    "expires": [type(None)],
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(set(record_of(FULL)) - {"form"}))
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_record_with_a_wrong_value_is_refused_by_its_place(key: str, value: Any) -> None:
    document = {**written(FULL), key: value}
    fits = type(value) in MAY_BE.get(key, []) and value not in ("a\x00b", "\ud800", -1, 10**400)
    if fits or (key == "name" and value in ("text",)):
        assert dataset_of(document, "that file")
        return
    with pytest.raises(InputError, match="that file"):
        dataset_of(document, "that file")


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (("domain", "data_format"), "CSV", "that file: domain: 'CSV'"),
        (("domain", "discrete", 0, "runs", "cat-"), "x", r"that file: domain: discrete\[0\]: 'x' is no run"),
        (("lineage", "step"), 3, "that file: lineage: step is text"),
        (("lineage", "inputs"), {}, "that file: lineage: inputs is a list"),
        (("lineage", "inputs", 1), "x", r"that file: lineage: inputs\[1\] is no object"),
        (
            ("lineage", "inputs", 1, "version"),
            "2",
            r"that file: lineage: inputs\[1\]: version is a whole number",
        ),
        (("lineage", "sources", "table"), None, "that file: lineage: sources: table is text"),
        (("lineage", "parameters"), [], "that file: lineage: parameters is no object"),
        (("created",), "yesterday", "that file: created: 'yesterday' is not a time"),
        (("category",), "WEATHER", "that file: 'WEATHER' is no category"),
        (("digest",), "AB" * 32, "that file: digest is 64 hexadecimal digits"),
        (("name",), "../x", "that file: '../x' is no name"),
        (("version",), 0, "that file: logan-forcing: versions count from 1"),
    ],
)
def test_wrong_value_inside_a_record_is_refused_by_its_place(path, value: Any, match: str) -> None:
    document: Any = written(FULL)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(InputError, match=match):
        dataset_of(document, "that file")
