"""How coverage, media types, terms of use and sources are put into the words of crates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset, Lineage, new_uuid
from dmod.catalog.domain import Domain
from dmod.catalog.manifest import EMPTY
from dmod.catalog.restriction import ALL, FIRST_TIME, LAST_TIME, Continuous, Discrete
from dmod.services.data.crate.coverage import coverage_of, elements
from dmod.services.data.crate.encoding import is_packed, media_type
from dmod.services.data.crate.graph import Graph
from dmod.services.data.crate.layout import address_of
from dmod.services.data.crate.provenance import add_source, is_derived
from dmod.services.data.crate.publication import is_address

BEGIN = datetime(2019, 3, 1, tzinfo=UTC)


def dataset_of(restrictions: dict[DomainIndex, Any], **more: Any) -> Dataset:
    domain = Domain(FORMATS["NETCDF_FORCING_CANONICAL"], restrictions, **more)
    return Dataset("x", 1, Category.FORCING, domain, new_uuid(), EMPTY.digest, 0, 0, 0, BEGIN)


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (Discrete(frozenset(["cat-10", "cat-9"])), "cat-9, cat-10"),
        (Discrete(frozenset(f"cat-{n}" for n in [*range(1, 30), 40])), "cat-: 1-29, 40"),
        (Discrete(frozenset([*(f"cat-{n}" for n in range(1, 30)), "x"])), "cat-: 1-29; x"),
        (Discrete(frozenset(["cat-1"]), excluded=True), "all but cat-1"),
        (ALL, "all"),
    ],
)
def test_elements_of_a_set_read_as_people_count(held: Discrete, text: str) -> None:
    assert elements(DomainIndex.CATCHMENT_ID, held) == text


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ((BEGIN, LAST_TIME), "2019-03-01T00:00:00+00:00/.."),
        ((FIRST_TIME, BEGIN), "../2019-03-01T00:00:00+00:00"),
    ],
)
def test_period_without_an_end_is_open(period: tuple[datetime, datetime], text: str) -> None:
    found = coverage_of(Graph(), dataset_of({DomainIndex.TIME: Continuous(*period)}))
    assert found["temporalCoverage"] == text


def test_what_is_not_stated_is_not_said() -> None:
    found = coverage_of(Graph(), dataset_of({DomainIndex.DATA_ID: Discrete(frozenset(["x"]))}))
    assert found["temporalCoverage"] == ""
    assert found["spatialCoverage"] is None
    assert found["variableMeasured"] == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/b.NC", "application/x-netcdf"),
        ("logan.gpkg", "application/geopackage+sqlite3"),
        ("x.zarr/.zarray", "application/json"),
        ("x.zarr/zarr.json", "application/json"),
        ("x.zarr/c/0/0", "application/octet-stream"),
        ("archive.tar.gz", "application/gzip"),
        ("README", "application/octet-stream"),
    ],
)
def test_media_type_follows_the_name(path: str, kind: str) -> None:
    assert media_type(path) == kind


def test_what_is_compressed_is_not_compressed_again() -> None:
    assert is_packed("forcing.nc")
    assert not is_packed("cat-1.csv")


def test_address_of_a_path_is_escaped_as_addresses_are() -> None:
    assert address_of("data/a b#ü%?.csv") == "data/a%20b%23%C3%BC%25%3F.csv"
    assert address_of("ancestors/logan@1/x.csv") == "ancestors/logan@1/x.csv"


@pytest.mark.parametrize("text", ["/data/x", "not stated", "see https://example.org for terms", "://x", "x"])
def test_path_or_sentence_is_no_address(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("text", ["https://example.org/x", "s3://bucket/key"])
def test_address_is_one(text: str) -> None:
    assert is_address(text)


def test_source_that_is_named_twice_is_described_once() -> None:
    graph = Graph()
    assert add_source(graph, "/data/x") == add_source(graph, "/data/x") != add_source(graph, "/data/y")


@pytest.mark.parametrize(
    ("lineage", "derived"),
    [
        (Lineage("add"), False),
        (Lineage("add", sources={"origin": "https://example.org"}), True),
        (Lineage("forcing-from-grid"), True),
    ],
)
def test_what_was_brought_is_no_derivation(lineage: Lineage, derived: bool) -> None:
    found = replace(dataset_of({DomainIndex.DATA_ID: Discrete(frozenset(["x"]))}), lineage=lineage)
    assert is_derived(found) is derived
