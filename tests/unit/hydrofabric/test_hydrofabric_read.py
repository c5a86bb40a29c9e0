from pathlib import Path

import numpy as np
import pytest

from dmod.hydrofabric import Layer, find_problems, read_hydrofabric
from dmod.testing import fabrics
from dmod.testing.fabrics import Version, write_fabric

VERSIONS = ["2.0", "2.1.1", "2.2"]


@pytest.mark.parametrize("version", VERSIONS)
def test_read_of_every_version_gives_the_same_network_and_channels(tmp_path: Path, version: Version) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.y_confluence(version)))
    assert fabric.version == version
    assert fabric.catchments.ids == ("cat-1", "cat-2", "cat-3")
    assert fabric.catchments.toid == ("nex-3", "nex-3", "nex-4")
    assert fabric.catchments.area_km2.tolist() == [1.0, 1.0, 1.0]
    assert fabric.network.downstream.tolist() == [2, 2, -1]
    assert fabric.flowpath_network.downstream.tolist() == [2, 2, -1]
    assert fabric.flowpaths is not None
    assert fabric.flowpaths.length_m.tolist() == [1000.0] * 3
    assert fabric.flowpaths.divide_id == fabric.catchments.ids
    assert fabric.flowpaths.attributes["n"].tolist() == [0.06] * 3
    assert fabric.flowpaths.has_routing_attributes
    assert not {"id", "toid", "link", "to", "divide_id", "Length_m", "length_m"} & set(
        fabric.flowpaths.attributes
    )
    assert find_problems(fabric, routing=True) == []


def test_read_of_a_headwater_gives_one_catchment_that_is_its_own_outlet(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.headwater()))
    assert len(fabric.catchments) == len(fabric.nexuses) == 1
    assert fabric.network.outlets.tolist() == [0]
    assert fabric.receiving_flowpath("nex-2") == -1
    assert fabric.contributing("nex-2").tolist() == [0]
    assert fabric.nexuses.kind == ("nex",)


def test_read_of_two_basins_keeps_them_apart(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.two_basins()))
    assert fabric.network.basin().tolist() == [1, 1, 3, 3]


def test_contributing_and_receiving_follow_the_nexus(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.y_confluence()))
    assert fabric.contributing("nex-3").tolist() == [0, 1]
    assert fabric.contributing("nex-4").tolist() == [2]
    assert fabric.receiving_flowpath("nex-3") == 2
    assert fabric.catchment_flowpath.tolist() == [0, 1, 2]


def test_read_with_rows_in_another_order_joins_by_id(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    for name, table in (("flowpath-attributes", "n"), ("divide-attributes", "mean.Zmax")):
        for row in range(3):
            tables = fabrics.spoil(tables, name, table, row, float(row + 1))
    for name in ("flowpath-attributes", "divide-attributes"):
        columns = {key: list(reversed(values)) for key, values in tables[name].columns.items()}
        tables[name] = Layer(columns)
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.flowpaths is not None
    assert fabric.flowpaths.attributes["n"].tolist() == [1.0, 2.0, 3.0]
    assert fabric.catchments.attributes["mean.Zmax"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("end", ["wb-0", "", None, "null", "NA", "terminal"])
def test_read_of_a_terminal_nexus_in_any_spelling_gives_an_outlet(tmp_path: Path, end: str | None) -> None:
    tables = fabrics.spoil(fabrics.y_confluence(), "nexus", "toid", 1, end)
    tables = fabrics.spoil(fabrics.spoil(tables, "nexus", "id", 1, "tnx-4"), "divides", "toid", 2, "tnx-4")
    tables = fabrics.spoil(tables, "flowpaths", "toid", 2, "tnx-4")
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.nexuses.toid == ("wb-3", "")
    assert fabric.nexuses.kind == ("nex", "tnx")
    assert fabric.network.outlets.tolist() == [2]


@pytest.mark.parametrize("kind", ["tnx", "cnx", "inx"])
def test_read_knows_every_kind_of_nexus(tmp_path: Path, kind: str) -> None:
    tables = fabrics.headwater()
    for table in ("divides", "flowpaths"):
        tables = fabrics.spoil(tables, table, "toid", 0, f"{kind}-2")
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.spoil(tables, "nexus", "id", 0, f"{kind}-2")))
    assert fabric.nexuses.kind == (kind,)
    assert fabric.catchments.nexus.tolist() == [0]


def test_read_without_flowpath_attributes_gives_lengths_from_kilometres(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.without_flowpath_attributes()))
    assert fabric.flowpaths is not None
    assert not fabric.flowpaths.has_routing_attributes
    assert fabric.flowpaths.length_m.tolist() == [1000.0] * 3


def test_read_without_flowpaths_gives_the_catchments_network(tmp_path: Path) -> None:
    tables = fabrics.without_flowpath_attributes()
    del tables["flowpaths"]
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.flowpaths is None
    assert fabric.network.downstream.tolist() == [2, 2, -1]
    assert fabric.flowpath_network is fabric.network
    assert fabric.catchment_flowpath.tolist() == [-1, -1, -1]


def test_network_passes_through_a_flowpath_without_a_catchment(tmp_path: Path) -> None:
    tables = fabrics.without_row(fabrics.chain(4), "divides", 1)
    tables = fabrics.without_row(tables, "divides", 1)
    for row in (1, 2):
        tables = fabrics.spoil(tables, "flowpaths", "divide_id", row, None)
        tables = fabrics.spoil(tables, "flowpaths", "has_divide", row, False)
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.catchments.ids == ("cat-1", "cat-4")
    assert fabric.network.downstream.tolist() == [1, -1]
    assert fabric.flowpath_network.downstream.tolist() == [1, 2, 3, -1]
    assert find_problems(fabric, routing=True) == []


def test_read_of_a_flowpath_with_number_zero_does_not_take_it_for_an_end(tmp_path: Path) -> None:
    tables = fabrics.spoil(fabrics.y_confluence(), "nexus", "toid", 0, "wb-0")
    for table, column, value in (
        ("divides", "divide_id", "cat-0"),
        ("divides", "id", "wb-0"),
        ("divide-attributes", "divide_id", "cat-0"),
        ("flowpaths", "id", "wb-0"),
        ("flowpaths", "divide_id", "cat-0"),
        ("flowpath-attributes", "id", "wb-0"),
    ):
        tables = fabrics.spoil(tables, table, column, 2, value)
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.network.downstream.tolist() == [2, 2, -1]


@pytest.mark.parametrize("version", VERSIONS)
def test_read_of_a_lake_names_it_on_its_flowpath(tmp_path: Path, version: Version) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.with_lake(version)))
    assert fabric.lakes is not None
    assert fabric.flowpaths is not None
    assert fabric.lakes.ids == ("4711",)
    assert fabric.flowpaths.waterbody == ("", "", "4711")
    assert fabric.lakes.attributes["WeirE"].tolist() == [1500.0]


def test_read_of_an_empty_lakes_table_gives_no_lakes(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    tables["lakes"] = Layer({"lake_id": np.array([])}, np.zeros((0, 2)), "POINT")
    assert read_hydrofabric(write_fabric(tmp_path, tables)).lakes is None


def test_read_drops_repeated_nexus_rows_and_says_so(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    columns = {name: [*values, next(iter(values))] for name, values in tables["nexus"].columns.items()}
    shapes = tables["nexus"].geometry
    assert shapes is not None
    tables["nexus"] = Layer(columns, [*shapes, shapes[0]], "POINT")
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.nexuses.ids == ("nex-3", "nex-4")
    assert fabric.nexuses.attributes["type"].tolist() == ["nexus"] * 2
    assert [(problem.code, problem.ids) for problem in fabric.notes] == [("repeated-row", ("nex-3",))]


def test_read_takes_the_first_of_repeated_attribute_rows_and_says_so(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    columns = {
        name: [*values, next(iter(values))] for name, values in tables["flowpath-attributes"].columns.items()
    }
    columns["n"][-1] = 9.0
    tables["flowpath-attributes"] = Layer(columns)
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.flowpaths is not None
    assert fabric.flowpaths.attributes["n"].tolist() == [0.06] * 3
    assert [(problem.code, problem.ids) for problem in fabric.notes] == [("repeated-row", ("wb-1",))]


def test_read_keeps_text_as_text_and_null_numbers_as_nan(tmp_path: Path) -> None:
    tables = fabrics.spoil(fabrics.y_confluence(), "divide-attributes", "mean.Zmax", 1, None)
    attributes = read_hydrofabric(write_fabric(tmp_path, tables)).catchments.attributes
    assert attributes["vpuid"].tolist() == ["16"] * 3
    assert np.isnan(attributes["mean.Zmax"]).tolist() == [False, True, False]


def test_read_of_areas_stored_as_text_gives_numbers(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    columns = {**tables["divides"].columns, "areasqkm": ["1.5", "2", "2.5"]}
    tables["divides"] = Layer(columns, tables["divides"].geometry)
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    assert fabric.catchments.area_km2.tolist() == [1.5, 2.0, 2.5]


def test_tables_are_read_when_asked_for_under_either_spelling(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.y_confluence("2.0")))
    assert fabric.table("flowpath-attributes")["MusX"].tolist() == [0.2] * 3
    assert fabric.table("network")["divide_id"].tolist() == ["cat-1", "cat-2", "cat-3"]
    assert fabric.table("pois") == {}
