"""Subsets of a real fabric (v2.2, Logan River): rows of every table against a plain search over its rows."""

import shutil
import sqlite3
import warnings
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dmod.hydrofabric import find_problems, gauges, read_hydrofabric
from dmod.services.subset import Region, find_region, subset, validate_ids

Row = tuple[Any, ...]
SYSTEM = ("gpkg_", "rtree_", "sqlite_")
RULES = {
    "flowpaths": ("id",),
    "flowpath-attributes": ("id",),
    "flowpath-attributes-ml": ("id",),
    "network": ("id",),
    "nexus": ("id",),
    "divides": ("divide_id",),
    "divide-attributes": ("divide_id",),
    "pois": ("id", "nex_id"),
    "hydrolocations": ("id", "nex_id"),
    "lakes": (),
}


@pytest.fixture(scope="module")
def fabric(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fabric") / "logan.gpkg"
    shutil.copyfile(reference / "hydrofabric" / "gage-10109001_subset.gpkg", path)
    return path


def content(path: Path) -> dict[str, tuple[list[str], list[Row]]]:
    """Return columns and rows of every table of the user, in the order of the rows."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in names:
            if not name.startswith(SYSTEM):
                cursor = database.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
                found[name] = ([column[0] for column in cursor.description], cursor.fetchall())
        return found


class Search:
    """The network as dictionaries: who drains into whom."""

    def __init__(self, path: Path) -> None:
        self.content = content(path)
        self.contributors: dict[str, set[str]] = defaultdict(set)
        self.toid: dict[str, str] = {}
        for table in ("flowpaths", "nexus"):
            for row in self.rows(table):
                self.toid[row["id"]] = row["toid"]
                self.contributors[row["toid"]].add(row["id"])
        self.divide_of = {row["id"]: row["divide_id"] for row in self.rows("flowpaths")}

    def rows(self, table: str) -> list[dict[str, Any]]:
        columns, rows = self.content[table]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def basin(self, start: str) -> set[str]:
        """Return flowpaths, nexuses and divides that drain to ``start``, by recursion over dictionaries."""
        found, waiting = set(), [start]
        while waiting:
            at = waiting.pop()
            found.add(at)
            waiting += self.contributors[at] - found
        found |= {self.toid[at] for at in found if at.startswith("wb-")}
        return found | {self.divide_of[at] for at in found if at.startswith("wb-")}

    def expected(self, start: str) -> dict[str, list[Row]]:
        inside = self.basin(start)
        kept = {}
        for table, (columns, rows) in self.content.items():
            keys = [columns.index(key) for key in RULES[table]]
            kept[table] = [row for row in rows if any(row[key] in inside for key in keys)]
        return kept


def written(path: Path) -> dict[str, list[Row]]:
    return {table: rows for table, (_, rows) in content(path).items()}


@pytest.mark.parametrize("outlet", ["gage-10109001", "wb-2861391", "cat-2861391", "nex-2861392", "poi-30999"])
def test_subset_at_the_own_outlet_is_the_file_row_for_row(fabric: Path, tmp_path: Path, outlet: str) -> None:
    made = subset(fabric, tmp_path / "out.gpkg", Region((outlet,)))
    assert content(made.output) == content(fabric)


def test_subset_at_every_inner_nexus_equals_a_graph_search_in_every_table(
    fabric: Path, tmp_path: Path
) -> None:
    search = Search(fabric)
    nexuses = [row["id"] for row in search.rows("nexus")]
    assert len(nexuses) == 38
    for nexus in nexuses:
        made = subset(fabric, tmp_path / f"{nexus}.gpkg", Region((nexus,)))
        assert written(made.output) == search.expected(nexus), nexus


def test_selection_at_every_flowpath_and_catchment_equals_a_graph_search(fabric: Path) -> None:
    search = Search(fabric)
    for row in search.rows("flowpaths"):
        inside = search.basin(row["id"])
        for start in (row["id"], row["divide_id"]):
            found = find_region(fabric, Region((start,)))
            assert {*found.flowpaths, *found.nexuses, *found.catchments} == inside, start
            rows = {table: len(kept) for table, kept in search.expected(row["id"]).items()}
            assert dict(found.rows) == rows, start


def test_subset_opens_in_gdal_without_a_word_and_in_dmod_without_errors(fabric: Path, tmp_path: Path) -> None:
    import pyogrio

    made = subset(fabric, tmp_path / "inner.gpkg", Region(("nex-2861386",)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers = dict(pyogrio.list_layers(made.output).tolist())
        counts = {name: pyogrio.read_info(made.output, layer=name)["features"] for name in layers}
        divides = pyogrio.read_dataframe(made.output, layer="divides")
        points = pyogrio.read_dataframe(made.output, layer="hydrolocations")
        in_box = pyogrio.read_dataframe(made.output, layer="divides", bbox=tuple(divides.total_bounds))
    assert counts == dict(made.selected[0].rows)
    assert divides.crs.to_epsg() == 5070
    assert divides.geometry.is_valid.all()
    assert not points.geometry.isna().any()
    assert len(in_box) == len(divides) == len(made.selected[0].catchments)
    assert find_problems(read_hydrofabric(made.output)) == []


def test_gauge_of_the_real_fabric_is_told_with_its_domain(fabric: Path) -> None:
    found = find_region(fabric, Region(("gage-10109001",)))
    assert found.domain == "conus"
    assert found.area_km2 == pytest.approx(633.3489018135067, rel=1e-12)
    assert found.outlets == ("nex-2861392",)
    assert found.inflows == ()
    assert found.bounds == pytest.approx((-111.865, 41.700, -111.428, 42.104), abs=2e-3)


def test_gauges_stand_where_reading_the_whole_fabric_puts_them(fabric: Path) -> None:
    known = gauges(read_hydrofabric(fabric))
    assert known
    for number, gauge in known.items():
        (answer,) = validate_ids(fabric, [f"gage-{number}"])
        assert answer.ids == (gauge.flowpath,)


def test_older_fabric_at_its_gauge_is_the_file_row_for_row(reference: Path, tmp_path: Path) -> None:
    path = tmp_path / "v20.gpkg"
    found = reference / "ngen" / "pet_topmodel_csv" / "hydrofabric" / "gauge_01073000.gpkg"
    shutil.copyfile(found, path)
    made = subset(path, tmp_path / "out.gpkg", Region(("gage-01073000",)))
    assert content(made.output) == content(path)
    assert made.selected[0].domain == "conus"
    assert any("layer_styles" in note for note in made.selected[0].notes)
    assert len(find_region(path, Region(("nex-11224",))).catchments) == 4
