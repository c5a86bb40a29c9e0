"""Datasets as text: sizes, what they cover, tables that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from dmod.catalog.data_format import DataFormat, DomainIndex, find_format
from dmod.catalog.dataset import Dataset, new_uuid
from dmod.catalog.domain import Domain
from dmod.catalog.manifest import EMPTY
from dmod.catalog.restriction import ALL, Continuous, Discrete, Restriction
from dmod.cli.data.rendering import counted, covered, listing_lines, size_text

FORCING = find_format("AORC_CSV")
PERIOD = Continuous(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 3, 6, tzinfo=UTC))


def dataset(name: str, form: DataFormat, held: dict[DomainIndex, Restriction]) -> Dataset:
    """Return a dataset that covers something."""
    domain = Domain(form, held)
    created = datetime(2021, 5, 4, tzinfo=UTC)
    return Dataset(name, 1, form.categories[0], domain, new_uuid(), EMPTY.digest, 0, 1_500_000, 3, created)


def catchments(
    ids: Sequence[str], more: Mapping[DomainIndex, Restriction] = MappingProxyType({DomainIndex.TIME: PERIOD})
) -> dict[DomainIndex, Restriction]:
    """Return the domain of some catchments, and of a period if nothing else is said."""
    return {DomainIndex.CATCHMENT_ID: Discrete(frozenset(ids)), **more}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_940, "99.9 kB"), (123_456, "123 kB"),
        (2_500_000, "2.5 MB"), (3e12, "3.0 TB"), (5e18, "5000 PB"),
    ],
)  # fmt: skip
def test_size_is_read_in_powers_of_a_thousand(size: float, text: str) -> None:
    assert size_text(size) == text


def test_number_has_its_noun() -> None:
    assert [counted(number, "file") for number in (0, 1, 2, 1234)] == [
        "0 files",
        "1 file",
        "2 files",
        "1,234 files",
    ]


def test_few_ids_are_named_in_the_order_of_counting() -> None:
    held = dict(covered(dataset("a", FORCING, catchments(["cat-10", "cat-2", "cat-1"])).domain))
    assert held["CATCHMENT_ID"] == "3: cat-1, cat-2, cat-10"
    assert held["TIME"] == "2020-01-01 00:00:00 to 2020-01-03 06:00:00"


def test_one_id_needs_no_number_and_all_no_names() -> None:
    assert dict(covered(Domain(FORCING, catchments(["cat-7"]))))["CATCHMENT_ID"] == "cat-7"
    everywhere: dict[DomainIndex, Restriction] = {DomainIndex.CATCHMENT_ID: ALL}
    assert dict(covered(Domain(FORCING, everywhere)))["CATCHMENT_ID"] == "all"


def test_many_ids_are_numbered_with_the_first_and_the_last() -> None:
    domain = Domain(FORCING, catchments([f"cat-{n}" for n in range(1, 1201)]))
    assert dict(covered(domain))["CATCHMENT_ID"] == "1,200: cat-1, cat-2, cat-3, cat-4, cat-5 … cat-1200"


def test_names_that_would_not_fit_on_a_line_are_fewer() -> None:
    long = [f"a_name_of_thirty_characters__{n}" for n in range(4)]
    held: dict[DomainIndex, Restriction] = {DomainIndex.VARIABLE: Discrete(frozenset(long))}
    assert dict(covered(Domain(FORCING, held)))["VARIABLE"] == f"4: {long[0]} … {long[3]}"


def test_unit_stands_beside_its_variable() -> None:
    held: dict[DomainIndex, Restriction] = {DomainIndex.VARIABLE: Discrete(frozenset({"rain", "T"}))}
    domain = Domain(FORCING, held, units={"rain": "mm h-1"})
    assert dict(covered(domain))["VARIABLE"] == "2: T, rain [mm h-1]"


def table() -> list[Dataset]:
    subset = "hydrofabric-subset-89415ed3eeb3"
    return [
        dataset(subset, find_format("NGEN_GEOPACKAGE_HYDROFABRIC_V2"), catchments(["cat-1"], {})),
        dataset("weather", FORCING, catchments([f"cat-{n}" for n in range(1500)])),
    ]


def test_table_aligns_its_columns_and_leaves_empty_ones_out() -> None:
    lines = listing_lines(table())
    assert lines[0].split() == ["dataset", "format", "period", "places", "size", "created"]
    for head, cell in (("format", "AORC_CSV"), ("period", "2020-01-01 … 2020-01-03 06:00")):
        assert lines[2][lines[0].index(head) :].startswith(cell), head
    assert lines[0].index("size") + len("size") == lines[2].index("MB") + len("MB")
    assert "1,500" in lines[2]
    assert not [line for line in lines if line != line.rstrip()]


def test_table_that_is_too_wide_loses_the_day_then_shortens_formats_but_never_names() -> None:
    whole = listing_lines(table())
    width = max(map(len, whole))
    assert listing_lines(table(), width) == whole
    without = listing_lines(table(), width - 1)
    assert "created" not in without[0]
    assert "NGEN_GEOPACKAGE_HYDROFABRIC_V2" in without[1]
    narrow = listing_lines(table(), 100)
    assert max(map(len, narrow)) == 100
    assert "NGEN_GEOPACKAGE_H…" in narrow[1]
    least = listing_lines(table(), 10)
    assert least[0].split() == ["dataset", "format", "period", "size"]
    assert "NGEN_GEOPAC…  " in least[1]
    assert "hydrofabric-subset-89415ed3eeb3@1" in least[1]
