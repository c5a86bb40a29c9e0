"""Files that are no hydrofabric, and what reading leaves behind."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric import Layer, read_hydrofabric, write_geopackage
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"divide_id,toid\ncat-1,nex-1\n", "text that starts with 'divide_id"),
        (b'{"type": "FeatureCollection"}', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "NetCDF or HDF5"),
        (b"\x00\x01\x02\xff" * 50, "binary file that starts with 00 01 02"),
    ],
)
def test_file_that_is_no_geopackage_is_refused_with_what_it_is(
    tmp_path: Path, content: bytes, found: str
) -> None:
    path = tmp_path / "basin.gpkg"
    path.write_bytes(content)
    with pytest.raises(HydrofabricError, match=found) as caught:
        read_hydrofabric(path)
    assert "'divides' and 'nexus'" in str(caught.value)


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"basin\.gpkg"):
        read_hydrofabric(tmp_path / "basin.gpkg")


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HydrofabricError, match="folder"):
        read_hydrofabric(tmp_path)


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.9])
def test_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence())
    content = path.read_bytes()
    path.write_bytes(content[: max(60, int(share * len(content)))])
    with pytest.raises(HydrofabricError, match="cut short"):
        read_hydrofabric(path)


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, fabrics.tree(200))
    content = bytearray(path.read_bytes())
    content[100:8192] = b"\xaa" * 8092
    path.write_bytes(content)
    with pytest.raises(HydrofabricError, match="damaged"):
        read_hydrofabric(path)


def test_database_without_the_tables_is_refused_with_those_it_has(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "other.gpkg", {"roads": Layer({"name": ["A 1"]})})
    with pytest.raises(HydrofabricError, match="no table 'divides' and no table 'nexus'; it has roads"):
        read_hydrofabric(path)


def test_database_without_any_table_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "empty.gpkg")) as database:
        database.execute("PRAGMA user_version = 1")
    with pytest.raises(HydrofabricError, match="no tables at all"):
        read_hydrofabric(tmp_path / "empty.gpkg")


def test_table_without_its_columns_is_refused_with_those_it_has(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    tables["divides"] = Layer({"name": ["a"], "area": [1.0]})
    with pytest.raises(
        HydrofabricError, match=r"'divides' has no column 'divide_id' or 'id'; it has name, area"
    ):
        read_hydrofabric(write_fabric(tmp_path, tables))


def test_reading_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence())
    before = path.read_bytes()
    fabric = read_hydrofabric(path)
    assert fabric.table("network")
    assert [entry.name for entry in tmp_path.iterdir()] == ["basin.gpkg"]
    assert path.read_bytes() == before


def test_reading_a_write_ahead_database_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence())
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(path, alone / "basin.gpkg")
    alone.chmod(0o555)
    try:
        assert read_hydrofabric(alone / "basin.gpkg").table("network")
        assert [entry.name for entry in alone.iterdir()] == ["basin.gpkg"]
    finally:
        alone.chmod(0o755)


def test_reading_sees_what_a_writer_has_not_yet_merged(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence())
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("DROP TRIGGER rtree_divides_geom_update1")
        database.execute("DROP TRIGGER rtree_divides_geom_update3")
        database.execute("DROP TRIGGER rtree_divides_geom_update2")
        database.execute("DROP TRIGGER rtree_divides_geom_update4")
        database.execute("UPDATE divides SET areasqkm = 5.0")
        database.commit()
        assert read_hydrofabric(path).catchments.area_km2.tolist() == [5.0] * 3


def test_path_with_unusual_characters_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a b?#%20é"
    folder.mkdir()
    assert len(read_hydrofabric(write_fabric(folder, fabrics.headwater())).catchments) == 1
