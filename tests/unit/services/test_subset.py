"""The use cases: what a region holds, cutting it, and whether ids exist."""

from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, HydrofabricError, InputError, NotFoundError
from dmod.hydrofabric import find_problems, gauges, read_hydrofabric
from dmod.hydrofabric.subset import read_record
from dmod.services.subset import IndexOptions, Region, find_region, subset, validate_ids
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric, write_geojson_pair


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    return write_fabric(tmp_path, fabrics.with_lake())


def test_region_is_described_without_writing(fabric: Path) -> None:
    found = find_region(fabric, Region(("gage-01234567",)))
    assert found.catchments == ("cat-1", "cat-2", "cat-3")
    assert found.nexuses == ("nex-3", "nex-4")
    assert (found.outlets, found.inflows) == (("nex-4",), ())
    assert found.area_km2 == 3.0
    assert found.domain == "conus"
    assert found.rows["divides"] == 3
    assert found.rows["lakes"] == 1
    assert found.bytes > 100_000
    assert found.bounds is not None
    west, south, east, north = found.bounds
    assert -112 < west < east < -111
    assert 41 < south < north < 43
    assert found.as_json()["catchments"] == 3
    assert sorted(path.name for path in fabric.parent.iterdir()) == ["basin.gpkg", "basin.gpkg.index"]


def test_subset_is_written_and_read_again_with_its_gauge(fabric: Path, tmp_path: Path) -> None:
    made = subset(fabric, tmp_path / "made" / "out.gpkg", Region(("gage-01234567",)))
    assert made.output == tmp_path / "made" / "out.gpkg"
    read = read_hydrofabric(made.output)
    assert find_problems(read) == []
    assert read.catchments.ids == made.selected[0].catchments
    assert gauges(read)["01234567"].flowpath == "wb-3"


def test_record_says_where_it_comes_from_and_of_which_domain(fabric: Path, tmp_path: Path) -> None:
    subset(fabric, tmp_path / "one.gpkg", Region(("nex-4",)))
    subset(tmp_path / "one.gpkg", tmp_path / "two.gpkg", Region(("conus:wb-1",)))
    record = read_record(tmp_path / "two.gpkg")
    assert record is not None
    assert record["source"] == "one.gpkg"
    assert record["domain"] == "conus"
    assert record["places"] == [{"asked": "conus:wb-1", "kind": "flowpath", "ids": ["wb-1"]}]
    assert record["cut_from"]["source"] == "basin.gpkg"
    assert len(record["cut_from"]["source_hash"]) == 64


def test_subset_of_a_subset_is_the_subset(fabric: Path, tmp_path: Path) -> None:
    subset(fabric, tmp_path / "one.gpkg", Region(("nex-4",)))
    made = subset(tmp_path / "one.gpkg", tmp_path / "two.gpkg", Region(("nex-3",)))
    assert made.selected[0].rows == find_region(fabric, Region(("nex-3",))).rows


def test_existing_output_is_kept_unless_it_is_to_be_replaced(fabric: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.gpkg"
    output.write_text("mine")
    with pytest.raises(AlreadyExists):
        subset(fabric, output, Region(("wb-1",)))
    assert output.read_text() == "mine"
    with pytest.raises(NotFoundError):
        subset(fabric, output, Region(("wb-9",)), overwrite=True)
    assert output.read_text() == "mine"
    subset(fabric, output, Region(("wb-1",)), overwrite=True)
    assert read_hydrofabric(output).catchments.ids == ("cat-1",)


def test_several_places_are_written_apart_when_asked(fabric: Path, tmp_path: Path) -> None:
    made = subset(fabric, tmp_path / "parts", Region(("wb-1", "conus:nex-3", "wb-1")), split=True)
    assert [path.name for path in made.outputs] == ["wb-1.gpkg", "conus_nex-3.gpkg"]
    assert [part.catchments for part in made.selected] == [("cat-1",), ("cat-1", "cat-2")]
    with pytest.raises(AlreadyExists, match=r"wb-1\.gpkg exists already"):
        subset(fabric, tmp_path / "parts", Region(("wb-2", "wb-1")), split=True)
    assert len(list((tmp_path / "parts").iterdir())) == 2


def test_one_missing_place_of_several_writes_none(fabric: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="wb-77"):
        subset(fabric, tmp_path / "parts", Region(("wb-1", "wb-77")), split=True)
    assert not (tmp_path / "parts").exists()


def test_parts_of_one_name_are_refused(fabric: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two parts would both be written"):
        subset(fabric, tmp_path / "parts", Region(("conus:wb-1", "conus_wb-1")), split=True)


def test_ids_are_validated_one_by_one(fabric: Path) -> None:
    asked = ["cat-1", "cat-9", "gage-0123456", "gage-01234567", "ak:cat-1", "80,10", "41.9,-999"]
    answers = {answer.asked: answer for answer in validate_ids(fabric, asked)}
    assert [answer.exists for answer in answers.values()] == [True, False, False, True, False, False, False]
    assert answers["cat-9"].near[0] == "cat-3"
    assert answers["gage-0123456"].near == ("gage-01234567",)
    assert answers["gage-01234567"].ids == ("wb-3",)
    assert "not Alaska" in answers["ak:cat-1"].reason
    assert "nearest catchment" in answers["80,10"].reason
    assert "latitude comes first" in answers["41.9,-999"].reason
    assert "not Hawaii" in validate_ids(fabric, ["cat-1"], domain="hi")[0].reason


def test_index_is_built_anew_and_verified_when_asked(fabric: Path) -> None:
    said: list[str] = []
    find_region(fabric, Region(("wb-1",)))
    find_region(fabric, Region(("wb-1",)), progress=said.append, index_options=IndexOptions(verify=True))
    assert said == []
    find_region(fabric, Region(("wb-1",)), progress=said.append, index_options=IndexOptions(rebuild=True))
    assert said[0].startswith("building the index")


def test_geojson_fabric_is_cut_into_a_geopackage(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.basin([2, 2, -1, -1]))
    before = sorted(tmp_path.iterdir())
    made = subset(catchments, tmp_path / "out.gpkg", Region(("cat-3",)))
    assert made.selected[0].catchments == ("cat-1", "cat-2", "cat-3")
    read = read_hydrofabric(made.output)
    assert read.catchments.ids == ("cat-1", "cat-2", "cat-3")
    assert read.network.downstream.tolist() == [2, 2, -1]
    assert read.catchments.area_km2.tolist() == [1.0, 1.0, 1.0]
    assert sorted(tmp_path.iterdir()) == [catchments, *before[1:], made.output]
    assert validate_ids(catchments, ["cat-9"])[0].near


def test_geojson_without_nexuses_is_refused(tmp_path: Path) -> None:
    catchments, nexus = write_geojson_pair(tmp_path, fabrics.chain(2))
    nexus.unlink()
    with pytest.raises(HydrofabricError, match="nexuses that belong"):
        subset(catchments, tmp_path / "out.gpkg", Region(("cat-1",)))
    with pytest.raises(NotFoundError):
        find_region(tmp_path / "no.geojson", Region(("cat-1",)))
