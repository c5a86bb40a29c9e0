from pathlib import Path

import numpy as np
import pytest

from dmod.core.problem import Problem
from dmod.errors import HydrofabricError
from dmod.hydrofabric import Layer, find_problems, read_hydrofabric
from dmod.hydrofabric.checks import cycles_of
from dmod.testing import fabrics
from dmod.testing.fabrics import Tables, spoil, without_row, write_fabric, y_confluence


def problems(folder: Path, tables: Tables, *, routing: bool = False) -> list[Problem]:
    return find_problems(read_hydrofabric(write_fabric(folder, tables), validate=False), routing=routing)


def summary(found: list[Problem]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(problem.severity, problem.code, problem.ids) for problem in found]


@pytest.mark.parametrize(
    ("table", "column", "row", "value", "expected"),
    [
        ("divides", "toid", 0, "nex-99", ("error", "dangling-toid", ("cat-1 → nex-99",))),
        ("flowpaths", "toid", 0, "nex-99", ("error", "dangling-toid", ("wb-1 → nex-99",))),
        ("nexus", "toid", 0, "nex-4", ("error", "dangling-toid", ("nex-3 → nex-4",))),
        ("nexus", "toid", 0, "wb-77", ("warning", "drains-outside", ("nex-3 → wb-77",))),
        ("divides", "toid", 1, None, ("error", "catchment-without-nexus", ("cat-2",))),
        ("flowpaths", "toid", 1, None, ("error", "flowpath-without-nexus", ("wb-2",))),
        ("divides", "areasqkm", 1, None, ("error", "missing-area", ("cat-2",))),
        ("divides", "areasqkm", 1, 0.0, ("error", "non-positive-area", ("cat-2",))),
        ("divides", "areasqkm", 1, -3.0, ("error", "non-positive-area", ("cat-2",))),
        ("divides", "areasqkm", 1, 1e6, ("warning", "implausible-area", ("cat-2",))),
        ("divides", "divide_id", 1, None, ("error", "null-id", ())),
        ("divides", "divide_id", 1, "cat-1", ("error", "duplicate-id", ("cat-1",))),
        ("flowpaths", "id", 1, "wb-1", ("error", "duplicate-id", ("wb-1",))),
        ("nexus", "id", 1, "nex-3", ("error", "non-dendritic-nexus", ("nex-3",))),
        ("divides", "divide_id", 1, "sub-2", ("warning", "unknown-prefix", ("sub-2",))),
        ("divide-attributes", "divide_id", 1, "cat-9", ("warning", "missing-divide-attributes", ("cat-2",))),
        ("flowpaths", "divide_id", 1, "cat-9", ("warning", "flowpath-without-divide", ("wb-2 → cat-9",))),
        ("flowpaths", "divide_id", 1, None, ("warning", "flowpath-without-divide", ("wb-2",))),
        ("flowpath-attributes", "to", 0, "nex-4", ("warning", "toid-differs", ("wb-1",))),
        ("divides", "toid", 0, "nex-4", ("warning", "toid-differs", ("cat-1",))),
        ("flowpath-attributes", "WaterbodyID", 0, "12", ("warning", "unknown-lake", ("wb-1 → 12",))),
    ],
)
def test_one_fault_is_found_and_named(
    tmp_path: Path,
    table: str,
    column: str,
    row: int,
    value: object,
    expected: tuple[str, str, tuple[str, ...]],
) -> None:
    found = problems(tmp_path, spoil(y_confluence(), table, column, row, value))
    assert expected in summary(found)
    problem = found[summary(found).index(expected)]
    assert f"basin.gpkg, table {table}" in problem.where or problem.code == "unknown-lake"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("So", 0.0, "impossible-attribute"),
        ("So", -0.1, "impossible-attribute"),
        ("So", 3.0, "implausible-attribute"),
        ("n", 0.0, "impossible-attribute"),
        ("n", 60.0, "impossible-attribute"),
        ("BtmWdth", -1.0, "impossible-attribute"),
        ("BtmWdth", 7.0, "impossible-attribute"),
        ("TopWdthCC", 1.0, "impossible-attribute"),
        ("MusX", 0.6, "impossible-attribute"),
        ("Length_m", 0.0, "impossible-attribute"),
        ("So", None, "missing-routing-attribute"),
        ("TopWdth", None, "missing-routing-attribute"),
    ],
)
def test_channel_attribute_outside_its_range_is_found(
    tmp_path: Path, column: str, value: float | None, code: str
) -> None:
    tables = spoil(y_confluence(), "flowpath-attributes", column, 1, value)
    found = [problem for problem in problems(tmp_path, tables, routing=True) if problem.code == code]
    assert found[0].ids == ("wb-2",)
    assert column.lower() in found[0].message.lower()
    assert found[0].is_error == (code != "implausible-attribute")
    assert not any(problem.is_error for problem in problems(tmp_path, tables, routing=False))


def test_flowpath_without_a_row_of_attributes_is_found(tmp_path: Path) -> None:
    found = problems(tmp_path, without_row(y_confluence(), "flowpath-attributes", 2), routing=True)
    assert ("error", "missing-routing-attribute", ("wb-3",)) in summary(found)


def test_fabric_without_flowpath_attributes_is_refused_only_for_routing(tmp_path: Path) -> None:
    tables = fabrics.without_flowpath_attributes()
    assert summary(problems(tmp_path, tables)) == [("warning", "no-flowpath-attributes", ())]
    assert summary(problems(tmp_path, tables, routing=True)) == [("error", "no-flowpath-attributes", ())]


def test_cycle_is_walked_by_name_in_catchments_and_flowpaths(tmp_path: Path) -> None:
    found = [problem for problem in problems(tmp_path, fabrics.cyclic()) if problem.code == "cycle"]
    assert [problem.ids for problem in found] == [("cat-3", "cat-4"), ("wb-3", "wb-4")]
    assert "wb-3 → nex-4 → wb-4 → nex-3 → wb-3" in found[1].message


def test_cycles_of_a_network_with_several_returns_each_once() -> None:
    downstream = np.array([1, 2, 0, 2, 5, 4, 6, -1, 7])
    assert cycles_of(downstream) == [[0, 1, 2], [4, 5], [6]]


def test_network_of_a_cyclic_fabric_raises(tmp_path: Path) -> None:
    fabric = read_hydrofabric(write_fabric(tmp_path, fabrics.cyclic()), validate=False)
    with pytest.raises(HydrofabricError, match="cycle"):
        _ = fabric.network


def test_catchment_without_flowpath_is_found_unless_it_needs_none(tmp_path: Path) -> None:
    tables = without_row(y_confluence(), "flowpaths", 0)
    expected = ("warning", "divide-without-flowpath", ("cat-1",))
    assert expected in summary(problems(tmp_path, tables))
    tables = spoil(tables, "divides", "has_flowline", 0, False)
    assert expected not in summary(problems(tmp_path, tables))


def test_flowpath_that_is_to_have_no_catchment_is_fine(tmp_path: Path) -> None:
    tables = without_row(y_confluence(), "divides", 0)
    tables = spoil(tables, "flowpaths", "divide_id", 0, None)
    tables = spoil(tables, "flowpaths", "has_divide", 0, False)
    codes = {problem.code for problem in problems(tmp_path, tables)}
    assert codes == {"orphan-flowpath"}


def test_nexus_that_nothing_drains_to_is_an_orphan(tmp_path: Path) -> None:
    tables = y_confluence()
    columns = {name: [*values, next(iter(values))] for name, values in tables["nexus"].columns.items()}
    shapes = tables["nexus"].geometry
    assert shapes is not None
    tables["nexus"] = Layer(columns, [*shapes, shapes[0]], "POINT")
    tables = spoil(tables, "nexus", "id", 2, "nex-9")
    assert ("warning", "orphan-nexus", ("nex-9",)) in summary(problems(tmp_path, tables))


def test_fabric_without_catchments_is_refused(tmp_path: Path) -> None:
    tables = without_row(fabrics.headwater(), "divides", 0)
    assert ("error", "no-catchments", ()) in summary(problems(tmp_path, tables))


def test_lake_without_levels_is_refused_for_routing(tmp_path: Path) -> None:
    tables = spoil(fabrics.with_lake(), "lakes", "WeirE", 0, None)
    assert ("error", "missing-lake-attribute", ("4711",)) in summary(problems(tmp_path, tables, routing=True))
    tables = spoil(fabrics.with_lake(), "lakes", "LkArea", 0, 0.0)
    assert summary(problems(tmp_path, tables, routing=True)) == [("error", "impossible-attribute", ("4711",))]
    assert problems(tmp_path, fabrics.with_lake(), routing=True) == []


@pytest.mark.parametrize(
    "build", [fabrics.headwater, fabrics.y_confluence, fabrics.two_basins, lambda: fabrics.tree(31)]
)
def test_sound_fabric_has_no_problems(tmp_path: Path, build: object) -> None:
    assert problems(tmp_path, build(), routing=True) == []  # type: ignore[operator]


def test_read_lists_every_error_at_once_and_no_warnings(tmp_path: Path) -> None:
    tables = spoil(fabrics.cyclic(), "divides", "areasqkm", 0, -1.0)
    tables = spoil(tables, "divides", "toid", 1, "nex-99")
    tables = spoil(tables, "flowpath-attributes", "So", 0, 0.0)
    with pytest.raises(HydrofabricError) as caught:
        read_hydrofabric(write_fabric(tmp_path, tables))
    text = str(caught.value)
    assert "basin.gpkg" in text
    for part in ("non-positive-area", "cat-1", "dangling-toid", "cat-2 → nex-99", "[cycle]", "hint"):
        assert part in text
    assert "impossible-attribute" not in text


def test_errors_come_before_warnings(tmp_path: Path) -> None:
    tables = spoil(y_confluence(), "divides", "divide_id", 1, "sub-2")
    tables = spoil(tables, "divides", "areasqkm", 0, -1.0)
    severities = [problem.severity for problem in problems(tmp_path, tables)]
    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}
