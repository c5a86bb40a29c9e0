from pathlib import Path

import pytest

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric import read_hydrofabric
from dmod.hydrofabric.partition import read_network
from dmod.hydrofabric.partition.drainage import drainage_of
from dmod.testing import fabrics
from dmod.testing.fabrics import Version, spoil, write_fabric, write_geojson_pair

VERSIONS: tuple[Version, ...] = ("2.0", "2.1.1", "2.2")


@pytest.mark.parametrize("lakes", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_network_drains_as_the_whole_fabric_does(tmp_path: Path, version: Version, lakes: bool) -> None:
    path = write_fabric(tmp_path, fabrics.with_lake(version))
    whole, found = read_hydrofabric(path), read_network(path, lakes=lakes)
    assert found.catchments.ids == whole.catchments.ids
    assert found.nexuses.ids == whole.nexuses.ids
    assert found.sources == whole.sources
    ours, theirs = drainage_of(found), drainage_of(whole)
    assert ours.nexus.tolist() == theirs.nexus.tolist()
    assert ours.receiver.tolist() == theirs.receiver.tolist()
    assert whole.flowpaths is not None
    assert found.flowpaths is not None
    assert found.catchment_flowpath.tolist() == whole.catchment_flowpath.tolist()
    assert found.flowpaths.waterbody == (whole.flowpaths.waterbody if lakes else ("", "", ""))
    assert (found.lakes is not None and found.lakes.ids == ("4711",)) == lakes


def test_network_of_geojson_is_read_whole(tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.y_confluence())
    assert read_network(catchments, nexuses).catchments.ids == ("cat-1", "cat-2", "cat-3")


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("divides", "toid", "nex-99", "cat-1 → nex-99"),
        ("divides", "areasqkm", None, "no area"),
        ("divides", "divide_id", "cat-2", "duplicate-id"),
        ("flowpaths", "toid", None, "wb-1"),
    ],
)
def test_network_that_is_not_sound_is_refused(
    tmp_path: Path, table: str, column: str, value: object, message: str
) -> None:
    path = write_fabric(tmp_path, spoil(fabrics.y_confluence(), table, column, 0, value))
    with pytest.raises(HydrofabricError, match=message):
        read_network(path)


def test_file_that_is_no_hydrofabric_is_refused_as_elsewhere(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    path = write_fabric(tmp_path, {name: layer for name, layer in tables.items() if name != "nexus"})
    with pytest.raises(HydrofabricError, match="no table 'nexus'"):
        read_network(path)
    path.write_text("{")
    with pytest.raises(HydrofabricError, match="JSON"):
        read_network(path)
    with pytest.raises(NotFoundError):
        read_network(tmp_path / "none.gpkg")
