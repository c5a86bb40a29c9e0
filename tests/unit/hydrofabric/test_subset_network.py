"""What is upstream of what, and which rows belong to it: against a search that knows no arrays."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmod.hydrofabric import Layer
from dmod.hydrofabric.subset import FabricIndex, Region, open_index, rows_of, select
from dmod.hydrofabric.subset.graph import Lists, walk
from dmod.testing import fabrics
from dmod.testing.fabrics import Tables, write_fabric

Rows = list[dict[str, object]]


def quiet(_message: str) -> None:
    pass


def read(path: Path) -> dict[str, Rows]:
    """Return every row of every table as a dictionary."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'gpkg_%'"
            " AND name NOT LIKE 'rtree_%' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for (name,) in names}


def drains_to(tables: Mapping[str, Rows], start: str) -> set[str]:
    """Return every id whose water passes ``start``, by following each feature down to its end."""
    below: dict[str, str] = {str(row["id"]): str(row["toid"]) for row in tables["nexus"]}
    below |= {str(row["id"]): str(row["toid"]) for row in tables["flowpaths"]}
    own = {str(row["divide_id"]): str(row["id"]) for row in tables["flowpaths"] if row["divide_id"]}
    flowpaths = {str(row["id"]) for row in tables["flowpaths"]}
    for row in tables["divides"]:
        below[str(row["divide_id"])] = own.get(str(row["divide_id"]), str(row["toid"]))
        if row["id"] not in flowpaths:  # water for a flowpath that has no row goes to its catchment
            below[str(row["id"])] = str(row["divide_id"])
    if start.startswith("cat-"):
        start = own.get(start, start)
    found = set()
    for identifier in set(below) - {str(row["id"]) for row in tables["divides"]} | flowpaths:
        at, seen = identifier, set()
        while at in below and at not in seen and at != start:
            seen.add(at)
            at = below[at]
        if at == start:
            found.add(identifier)
    return found


def expected_rows(tables: Mapping[str, Rows], inside: set[str]) -> dict[str, Rows]:
    """Return the rows that belong to features, and the nexuses that flowpaths and divides drain to."""
    ends = {
        str(row["toid"])
        for name, key in (("flowpaths", "id"), ("divides", "divide_id"))
        for row in tables[name]
        if row[key] in inside
    }
    nexuses = {str(row["id"]) for row in tables["nexus"]}
    inside = inside | (ends & nexuses)
    keys = {"divides": ["divide_id"], "divide-attributes": ["divide_id"]}
    keys |= {"pois": ["id", "nex_id"], "hydrolocations": ["id", "nex_id"]}
    return {
        name: [row for row in rows if any(row[key] in inside for key in keys.get(name, ["id"]))]
        for name, rows in tables.items()
    }


def chosen_rows(index: FabricIndex, tables: Mapping[str, Rows], start: str) -> dict[str, Rows]:
    rows = rows_of(index, select(index, Region((start,)), quiet).nodes)
    return {
        name: [row for row in tables[name] if row["fid"] in set(numbers.tolist())]
        for name, numbers in rows.items()
    }


def thinned(tables: Tables, bare: set[int], alone: set[int], shuffle: int) -> Tables:
    """Take away the catchments of some flowpaths and the flowpaths of others; mix the rows of each table."""

    def without(layer: Layer, key: str, gone: set[str]) -> Layer:
        order = [i for i, value in enumerate(layer.columns[key]) if value not in gone]
        order = np.random.default_rng(shuffle).permutation(order).astype(int).tolist()
        columns = {name: [list(values)[i] for i in order] for name, values in layer.columns.items()}
        shapes = None if layer.geometry is None else [layer.geometry[i] for i in order]
        return Layer(columns, shapes, layer.geometry_type)

    divides, flowpaths = {f"cat-{i + 1}" for i in bare}, {f"wb-{i + 1}" for i in alone}
    kept = {}
    for name, layer in tables.items():
        by_divide = name in {"divides", "divide-attributes"}
        kept[name] = without(layer, "divide_id" if by_divide else "id", divides if by_divide else flowpaths)
    owned = kept["flowpaths"]
    named = [None if value in divides else value for value in owned.columns["divide_id"]]
    kept["flowpaths"] = Layer({**owned.columns, "divide_id": named}, owned.geometry, owned.geometry_type)
    return kept


@st.composite
def networks(draw: st.DrawFn) -> Tables:
    count = draw(st.integers(2, 14))
    # each drains to one with a larger number or out, so there is no cycle; then the numbers are mixed
    below = [draw(st.integers(i + 1, count)) for i in range(count)]
    mixed = draw(st.permutations(range(count)))
    place = {old: new for new, old in enumerate(mixed)}
    downstream = [-1] * count
    for old, at in enumerate(below):
        downstream[place[old]] = -1 if at == count else place[at]
    tables = fabrics.basin(downstream)
    numbers = st.sets(st.integers(0, count - 1), max_size=3)
    bare, alone = draw(numbers), draw(numbers)
    return thinned(tables, bare - alone, alone, draw(st.integers(0, 99)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=networks(), data=st.data())
def test_rows_upstream_of_any_id_equal_a_brute_force_search(
    tmp_path: Path, tables: Tables, data: st.DataObject
) -> None:
    path = write_fabric(tmp_path, tables)
    index, rows = open_index(path, rebuild=True), read(path)
    ids = [*tables["nexus"].columns["id"], *tables["flowpaths"].columns["id"]]
    ids += tables["divides"].columns["divide_id"]
    start = data.draw(st.sampled_from(sorted(ids)))
    assert chosen_rows(index, rows, start) == expected_rows(rows, drains_to(rows, start))


@pytest.mark.parametrize("version", ["2.0", "2.1.1", "2.2"])
@pytest.mark.parametrize(
    ("start", "catchments"), [("wb-3", 3), ("cat-1", 1), ("nex-3", 2), ("gage-01234567", 3)]
)
def test_every_version_is_understood(
    tmp_path: Path, version: fabrics.Version, start: str, catchments: int
) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence(version))
    index, rows = open_index(path), read(path)
    found = chosen_rows(index, rows, start)
    by = {"divides": "divide_id", "nexus": "id"}
    assert len(found["divides"]) == catchments
    for name, kept in found.items():
        if name not in {"pois", "hydrolocations", "nexus"}:
            key = by.get(name, "divide_id" if name == "divide-attributes" else "id")
            numbers = {str(row[key]).partition("-")[2] for row in kept}
            assert numbers == {str(row["divide_id"]).partition("-")[2] for row in found["divides"]}


def test_cycle_is_walked_once(tmp_path: Path) -> None:
    index = open_index(write_fabric(tmp_path, fabrics.cyclic()))
    above = index.upstream(np.array([index.find("wb-3")]))
    assert index.ids(index.of_kind(above, "divide"), "divide") == ("cat-3", "cat-4")


def test_catchment_without_flowpath_is_itself_alone(tmp_path: Path) -> None:
    tables = thinned(fabrics.y_confluence(), set(), {0}, 0)
    path = write_fabric(tmp_path, tables)
    index, rows = open_index(path), read(path)
    found = chosen_rows(index, rows, "cat-1")
    assert [row["divide_id"] for row in found["divides"]] == ["cat-1"]
    assert found["flowpaths"] == []
    assert [row["id"] for row in found["nexus"]] == ["nex-3"]


def test_tributary_at_the_outlet_is_left_out_and_named(tmp_path: Path) -> None:
    index = open_index(write_fabric(tmp_path, fabrics.y_confluence()))
    selection = select(index, Region(("wb-1",)), quiet)
    assert index.ids(index.of_kind(selection.nodes, "flowpath"), "flowpath") == ("wb-1",)
    assert selection.notes == ("wb-1: wb-2 also drains to nex-3 and is not part of it; choose nex-3 for all",)


def test_several_places_are_united(tmp_path: Path) -> None:
    index = open_index(write_fabric(tmp_path, fabrics.two_basins()))
    selection = select(index, Region(("cat-1", "wb-4")), quiet)
    assert index.ids(index.of_kind(selection.nodes, "divide"), "divide") == ("cat-1", "cat-3", "cat-4")
    assert index.ids(selection.outlets, "nexus") == ("nex-2", "nex-6")


def test_lake_belongs_to_the_flowpaths_in_it_and_to_its_point_of_interest(tmp_path: Path) -> None:
    tables = fabrics.with_lake()
    lake = tables["lakes"]
    tables["lakes"] = Layer({**lake.columns, "poi_id": [7.0]}, lake.geometry, "POINT")
    index = open_index(write_fabric(tmp_path, tables))
    number = next(i for i, table in enumerate(index.tables) if table.name == "lakes")
    assert index.rows(number, np.array([index.find("wb-3")])).tolist() == [1]
    assert index.rows(number, np.array([index.find("wb-1")])).tolist() == []
    assert index.rows(number, np.array([index.find("nex-4")])).tolist() == [1]  # of the point of interest


def test_lists_of_several_owners_follow_each_other() -> None:
    lists = Lists.from_pairs(np.array([2, 0, 2, 1]), np.array([10, 11, 12, 13]), 4)
    assert lists.of(np.array([2, 3, 0])).tolist() == [10, 12, 11]
    assert lists.of(np.array([], dtype=np.int64)).tolist() == []
    assert walk(lists, np.array([3])).tolist() == [3]
