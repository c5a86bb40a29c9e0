import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, InputError, StoreError
from dmod.hydrofabric import find_problems, gauges, read_hydrofabric
from dmod.hydrofabric.version22 import TABLES
from dmod.services import example_fabric
from dmod.services.example_fabric import ExampleFabric, make_example_fabric

CATCHMENTS = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ExampleFabric:
    return make_example_fabric(
        tmp_path_factory.mktemp("fabric") / "basin.gpkg", catchments=CATCHMENTS, seed=3
    )


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_fabric_of_one_basin_is_sound_and_has_the_number_of_catchments(made: ExampleFabric) -> None:
    fabric = read_hydrofabric(made.path)
    assert find_problems(fabric, routing=True) == []
    assert len(fabric.catchments) == made.catchments == CATCHMENTS
    assert (made.basins, fabric.version) == (1, "2.2")


def test_fabric_has_every_table_of_the_version_and_a_gis_library_reads_them(made: ExampleFabric) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    assert {name for name, _ in pyogrio.list_layers(made.path)} == set(TABLES)
    for name, form in TABLES.items():
        frame = pyogrio.read_dataframe(made.path, layer=name)
        assert len(frame) > 0
        assert set(frame.columns) - {"geometry"} == set(form.columns)
        if form.geometry_type:
            assert frame.crs.to_epsg() == 5070
            assert frame.geometry.is_valid.all()
            assert {kind.upper() for kind in frame.geometry.geom_type} == {form.geometry_type}


def test_fabric_lies_in_two_regions_and_the_upper_drains_to_the_lower(made: ExampleFabric) -> None:
    assert len(made.regions) == 2
    query = (
        "SELECT DISTINCT a.vpuid, b.vpuid FROM flowpaths a JOIN nexus n ON n.id = a.toid"
        " JOIN flowpaths b ON b.id = n.toid WHERE a.vpuid != b.vpuid"
    )
    crossings = rows(made.path, query)
    assert len(crossings) == 1  # at one place, in one direction
    sizes = dict(rows(made.path, "SELECT vpuid, count(*) FROM flowpaths GROUP BY 1"))
    assert min(sizes.values()) > CATCHMENTS // 5


def test_fabric_has_gauges_of_several_sizes(made: ExampleFabric) -> None:
    found = gauges(read_hydrofabric(made.path))
    assert {gauge.id: gauge.flowpath for gauge in made.gauges} == {g.id: g.flowpath for g in found.values()}
    assert made.gauge_of(10).catchments < 30 < made.gauge_of(100).catchments < 200
    assert made.gauge_of(10**6).catchments == CATCHMENTS - CATCHMENTS // 100
    assert {gauge.id[:4] for gauge in made.gauges} <= {f"00{region[:2]}" for region in made.regions}


def test_fabric_lakes_belong_to_flowpaths(made: ExampleFabric) -> None:
    lakes = {f"{lake:.0f}" for (lake,) in rows(made.path, "SELECT lake_id FROM lakes")}
    named = rows(made.path, 'SELECT WaterbodyID FROM "flowpath-attributes" WHERE WaterbodyID NOTNULL')
    assert lakes == {lake for (lake,) in named}
    query = (
        "SELECT h.hl_reference, a.WaterbodyID = h.hl_link FROM hydrolocations h"
        ' JOIN "flowpath-attributes" a ON a.id = h.id AND a.WaterbodyID NOTNULL'
    )
    assert ("wbout", 1) in rows(made.path, query)
    assert {kind for (kind,) in rows(made.path, "SELECT hl_reference FROM hydrolocations")} == {
        "gages", "huc12", "wbin", "wbout", "nid",
    }  # fmt: skip


@pytest.mark.parametrize("catchments", [1, 2, 19])
def test_fabric_of_few_catchments_is_sound(catchments: int, tmp_path: Path) -> None:
    made = make_example_fabric(tmp_path / "few.gpkg", catchments=catchments)
    fabric = read_hydrofabric(made.path)
    assert find_problems(fabric, routing=True) == []
    assert len(fabric.catchments) == catchments
    assert made.gauges[0].catchments <= made.gauge_of(catchments).catchments == catchments


def test_fabric_that_exists_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "basin.gpkg"
    path.write_text("mine")
    with pytest.raises(AlreadyExists):
        make_example_fabric(path, catchments=3)
    assert path.read_text() == "mine"
    told: list[str] = []
    make_example_fabric(path, catchments=3, overwrite=True, progress=told.append)
    assert len(read_hydrofabric(path).catchments) == 3
    assert "terrain" in told
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("catchments", "seed"), [(0, 1), (5_000_001, 1), (10, -1)])
def test_fabric_of_impossible_numbers_is_refused(catchments: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        make_example_fabric(tmp_path / "basin.gpkg", catchments=catchments, seed=seed)
    assert list(tmp_path.iterdir()) == []


def test_fabric_larger_than_the_disk_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example_fabric, "BYTES_PER_CATCHMENT", 10**18)
    monkeypatch.setattr(example_fabric, "make_continent", lambda *_, **__: pytest.fail("it was made"))
    with pytest.raises(StoreError, match="no space left"):
        make_example_fabric(tmp_path / "basin.gpkg", catchments=5)
    assert list(tmp_path.iterdir()) == []
