"""Real hydrofabrics: v2.2 of the Logan River, v2.0 of gauge 01073000, and an older GeoJSON pair."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from dmod.hydrofabric import Gauge, Hydrofabric, find_problems, gauges, read_hydrofabric
from dmod.hydrofabric.geometry import read_geometry

LOGAN = "hydrofabric/gage-10109001_subset.gpkg"
ISINGLASS = "ngen/sloth_pet_cfe_nc/hydrofabric/gauge_01073000.gpkg"
CHARLOTTE = "dmod/example_hydrofabric_1/catchment_data.geojson"


@pytest.fixture
def logan(reference: Path) -> Hydrofabric:
    return read_hydrofabric(reference / LOGAN)


def test_logan_river_is_read_whole_and_sound(logan: Hydrofabric) -> None:
    assert logan.version == "2.2"
    assert (len(logan.catchments), len(logan.nexuses)) == (88, 38)
    assert logan.flowpaths is not None
    assert len(logan.flowpaths) == 88
    assert logan.lakes is None
    assert find_problems(logan, routing=True) == []
    assert len(logan.table("network")["id"]) == 280


def drained_area(path: Path) -> dict[str, float]:
    """Walk upstream in SQL from every flowpath, through the nexus table, and add up the areas."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("""
            WITH RECURSIVE above(outlet, id) AS (
                SELECT id, id FROM flowpaths
                UNION SELECT above.outlet, flowpaths.id FROM above
                JOIN nexus ON nexus.toid = above.id JOIN flowpaths ON flowpaths.toid = nexus.id)
            SELECT outlet, sum(areasqkm) FROM above JOIN flowpaths USING (id) GROUP BY outlet""")
        return dict(rows.fetchall())


@pytest.mark.parametrize("name", [LOGAN, ISINGLASS])
def test_network_drains_what_a_walk_over_the_tables_drains(reference: Path, name: str) -> None:
    fabric = read_hydrofabric(reference / name)
    expected = drained_area(reference / name)
    assert fabric.flowpaths is not None
    area = fabric.flowpath_network.accumulate(fabric.flowpaths.attributes["areasqkm"])
    assert dict(zip(fabric.flowpaths.ids, area.tolist(), strict=True)) == pytest.approx(expected, rel=1e-12)
    of_catchments = fabric.network.accumulate(fabric.catchments.area_km2)
    at = [fabric.flowpaths.ids[i] for i in fabric.catchment_flowpath]
    assert dict(zip(at, of_catchments.tolist(), strict=True)) == pytest.approx(expected, rel=1e-9)


def test_outlet_of_the_logan_river_drains_what_the_fabric_states(logan: Hydrofabric) -> None:
    # at some confluences above, the fabric itself leads a tributary into a lower nexus than its totals do
    assert logan.flowpaths is not None
    (outlet,) = logan.flowpath_network.outlets
    stated = logan.flowpaths.attributes["tot_drainage_areasqkm"][outlet]
    assert logan.catchments.area_km2.sum() == pytest.approx(stated, rel=1e-9)
    assert logan.flowpath_network.accumulate(logan.catchments.area_km2 * 0 + 1)[outlet] == 88


def test_logan_river_attributes_stand_at_their_catchment(logan: Hydrofabric) -> None:
    at = logan.catchment_index["cat-2861387"]
    attributes = logan.catchments.attributes
    assert attributes["mean.Zmax"][at] == 242.48163
    assert attributes["mode.IVGTYP"][at] == 14.0
    assert attributes["dist_4.twi"][at].startswith('[{"v"')
    assert attributes["id"][at] == "wb-2861387"
    assert logan.flowpaths is not None
    reach = logan.flowpath_index["wb-2861427"]
    assert logan.flowpaths.length_m[reach] == 6163.194247696951
    assert logan.flowpaths.attributes["So"][reach] == 0.15833638709682182


def test_gauges_of_both_fabrics_stand_at_their_outlets(reference: Path, logan: Hydrofabric) -> None:
    assert gauges(logan) == {"10109001": Gauge("10109001", "nex-2861392", "wb-2861391")}
    fabric = read_hydrofabric(reference / ISINGLASS)
    assert gauges(fabric) == {"01073000": Gauge("01073000", "nex-11225", "wb-11224")}


def test_fabric_of_version_2_0_is_read_whole_and_sound(reference: Path) -> None:
    fabric = read_hydrofabric(reference / ISINGLASS)
    assert fabric.version == "2.0"
    assert (len(fabric.catchments), len(fabric.nexuses)) == (5, 3)
    assert find_problems(fabric, routing=True) == []
    names = [fabric.catchments.ids[i] for i in fabric.contributing("nex-11224")]
    assert sorted(names) == ["cat-11223", "cat-11371", "cat-11509"]
    assert fabric.flowpaths is not None
    assert fabric.flowpaths.length_m[fabric.flowpath_index["wb-11224"]] == 2417.755487758783
    assert fabric.catchments.ids[fabric.network.outlets[0]] == "cat-11224"


def test_geojson_pair_of_three_lone_catchments_is_read(reference: Path) -> None:
    fabric = read_hydrofabric(reference / CHARLOTTE)
    assert fabric.version == "geojson"
    assert fabric.network.outlets.tolist() == [0, 1, 2]
    assert {gauge.id: gauge.flowpath for gauge in gauges(fabric).values()} == {
        "0214655255": "fp-27",
        "02146562": "fp-67",
        "0214657975": "fp-52",
    }
    assert [problem.code for problem in find_problems(fabric)] == ["no-flowpath-attributes"]


def test_reading_does_not_touch_the_file(reference: Path) -> None:
    path = reference / LOGAN
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    read_geometry(read_hydrofabric(path))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert not [other for other in path.parent.iterdir() if other.name.endswith(("-wal", "-shm", "-journal"))]


def test_shapes_agree_with_those_that_gdal_reads(reference: Path, logan: Hydrofabric) -> None:
    geometry = read_geometry(logan)
    assert geometry.missing == ()
    _, _, shapes, (ids,) = pyogrio.raw.read(reference / LOGAN, layer="divides", columns=["divide_id"])
    areas = dict(zip(ids.tolist(), shapely.area(shapely.from_wkb(shapes)), strict=True))
    stated = dict(zip(logan.catchments.ids, logan.catchments.area_km2 * 1e6, strict=True))
    for identifier, area in areas.items():
        assert area == pytest.approx(stated[identifier], rel=1e-6)
        ring = np.radians(geometry.divides[identifier][0])
        # area on the sphere from longitude and the sine of latitude
        flat = shapely.Polygon(np.column_stack([ring[:, 0], np.sin(ring[:, 1])])).area * 6371e3**2
        assert flat == pytest.approx(area, rel=0.01)
    west, south, east, north = geometry.bounds
    assert (-112.0 < west < east < -111.4, 41.6 < south < north < 42.2) == (True, True)
