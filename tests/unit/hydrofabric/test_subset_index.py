"""The index beside a fabric: kept, recognised, and built anew when it does not fit."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric import Layer, write_geopackage
from dmod.hydrofabric.subset import index_places, open_index
from dmod.hydrofabric.subset.array_file import map_arrays, write_arrays
from dmod.hydrofabric.subset.fingerprint import SAMPLES, content_hash, fingerprint
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    return write_fabric(tmp_path, fabrics.tree(15))


def beside(fabric: Path) -> Path:
    return fabric.with_name(fabric.name + ".index")


def editor(fabric: Path) -> sqlite3.Connection:
    """Open a fabric to change it; the functions that its triggers call are GDAL's."""
    database = sqlite3.connect(fabric)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(name, 1, lambda _shape: 0)
    return database


def told(fabric: Path, **options: bool) -> list[str]:
    """Return what opening the index says it does; nothing where the index fits."""
    said: list[str] = []
    open_index(fabric, tell=said.append, **options)
    return said


def test_index_is_built_once_and_kept_beside(fabric: Path) -> None:
    assert told(fabric)[0] == "building the index of basin.gpkg, once"
    assert told(fabric) == []
    assert sorted(path.name for path in fabric.parent.iterdir()) == ["basin.gpkg", "basin.gpkg.index"]


def test_index_survives_a_copy_of_both_files(fabric: Path, tmp_path: Path) -> None:
    open_index(fabric)
    other = tmp_path / "elsewhere"
    other.mkdir()
    for path in (fabric, beside(fabric)):
        shutil.copyfile(path, other / path.name)
    assert told(other / fabric.name) == []


def test_index_of_a_fabric_that_changed_is_built_anew_with_a_notice(fabric: Path) -> None:
    open_index(fabric)
    with closing(editor(fabric)) as database:
        database.execute("UPDATE flowpaths SET toid = 'nex-16' WHERE id = 'wb-1'")
        database.commit()
    index = open_index(fabric)
    assert any("another state of the fabric" in note for note in index.notes)
    above = index.upstream(np.array([index.find("nex-16")]))
    assert index.find("wb-1") in above
    assert open_index(fabric).notes == ()


def test_change_in_write_ahead_mode_is_noticed(fabric: Path) -> None:
    with closing(sqlite3.connect(fabric)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    open_index(fabric)
    with closing(editor(fabric)) as writer:
        writer.execute("UPDATE flowpaths SET toid = 'nex-16' WHERE id = 'wb-1'")
        writer.commit()
        assert any("another state" in note for note in open_index(fabric).notes)
    assert any("another state" in note for note in open_index(fabric).notes)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.99])
def test_index_cut_short_is_built_anew_with_a_notice(fabric: Path, share: float) -> None:
    open_index(fabric)
    content = beside(fabric).read_bytes()
    beside(fabric).write_bytes(content[: int(share * len(content))])
    assert any("cannot be used" in note for note in open_index(fabric).notes)
    assert beside(fabric).read_bytes() == content


def test_index_of_another_fabric_is_built_anew_with_a_notice(fabric: Path, tmp_path: Path) -> None:
    other = write_fabric(tmp_path, fabrics.chain(4), "other.gpkg")
    open_index(other)
    shutil.copyfile(beside(other), beside(fabric))
    index = open_index(fabric)
    assert any("another state" in note for note in index.notes)
    assert index.count["divide"] == 15


def test_something_else_under_the_name_of_the_index_is_noticed(fabric: Path) -> None:
    beside(fabric).write_text("notes about the basin")
    assert any("or is none" in note for note in open_index(fabric).notes)


def test_damage_inside_is_found_when_it_is_looked_for(fabric: Path) -> None:
    open_index(fabric)
    content = bytearray(beside(fabric).read_bytes())
    content[-2000] ^= 0xFF
    beside(fabric).write_bytes(content)
    assert told(fabric) == []
    assert "does not have the hash" in told(fabric, verify=True)[0]
    assert told(fabric, verify=True) == []


def test_change_that_the_samples_miss_is_found_by_every_byte(fabric: Path) -> None:
    content = fabric.read_bytes() + bytes(4096 * 400)  # so that there is room between the samples
    fabric.write_bytes(content)
    open_index(fabric)
    spot = len(fabric.read_bytes()) - 4096 * 3 - 2000
    changed = bytearray(content)
    changed[spot] = 1
    fabric.write_bytes(changed)
    assert SAMPLES < 100
    assert told(fabric) == []
    assert "does not have the content" in told(fabric, verify=True)[0]


def test_rebuilding_is_done_when_asked(fabric: Path) -> None:
    open_index(fabric)
    assert told(fabric, rebuild=True)[0].startswith("building the index")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A fabric in a folder that nobody may write."""
    folder = tmp_path / "closed"
    folder.mkdir()
    path = write_fabric(folder, fabrics.tree(15))
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)


def test_folder_that_cannot_be_written_gets_its_index_in_the_cache(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DMOD_CACHE_DIR", str(tmp_path / "cache"))
    index = open_index(closed)
    assert index.file == index_places(closed)[1]
    assert index.file.parent == tmp_path / "cache" / "hydrofabric"
    assert not beside(closed).exists()
    assert told(closed) == []


def test_fingerprint_tells_a_change_of_the_header_and_of_the_log(fabric: Path) -> None:
    before = fingerprint(fabric)
    content = bytearray(fabric.read_bytes())
    content[27] += 1  # the change counter, which SQLite raises with every change
    fabric.write_bytes(content)
    assert fingerprint(fabric) != before
    content[18:20] = b"\x02\x02"  # write-ahead mode: the counter may stay, the time counts
    fabric.write_bytes(content)
    os.utime(fabric, (1.0, 1.0))
    ahead = fingerprint(fabric)
    os.utime(fabric, (2.0, 2.0))
    assert fingerprint(fabric) != ahead
    os.utime(fabric, (1.0, 1.0))
    assert fingerprint(fabric) == ahead
    fabric.with_name(fabric.name + "-wal").write_bytes(b"a change that waits")
    assert fingerprint(fabric) != ahead


def test_index_that_can_be_kept_nowhere_serves_once_with_a_notice(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    monkeypatch.setenv("DMOD_CACHE_DIR", str(tmp_path / "cache"))
    index = open_index(closed)
    assert index.file is None
    assert any("could not be kept" in note for note in index.notes)
    assert index.count["divide"] == 15


def test_what_a_killed_builder_left_is_no_index_and_is_swept_later(fabric: Path) -> None:
    left = fabric.with_name(f".{beside(fabric).name}.999999.partial")
    left.write_bytes(b"half of it")
    young = fabric.with_name(f".{beside(fabric).name}.999998.partial")
    young.write_bytes(b"of a builder on another machine")
    os.utime(left, (1.0, 1.0))
    assert told(fabric)
    assert not left.exists()
    assert young.exists()


def test_fabric_that_is_none_is_refused_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no\.gpkg"):
        open_index(tmp_path / "no.gpkg")
    (tmp_path / "text.gpkg").write_text("no database")
    with pytest.raises(HydrofabricError, match="no GeoPackage"):
        open_index(tmp_path / "text.gpkg")
    write_geopackage(tmp_path / "roads.gpkg", {"roads": Layer({"name": ["A 1"]})})
    with pytest.raises(HydrofabricError, match="no table 'divides'; it has roads"):
        open_index(tmp_path / "roads.gpkg")
    write_geopackage(tmp_path / "odd.gpkg", {**fabrics.headwater(), "nexus": Layer({"name": ["n"]})})
    with pytest.raises(HydrofabricError, match="'nexus' has no column 'id'"):
        open_index(tmp_path / "odd.gpkg")
    assert not list(tmp_path.glob("*.index"))


def test_refusal_does_not_wait_for_the_hash_of_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dmod.hydrofabric.subset import fingerprint as module

    write_geopackage(tmp_path / "roads.gpkg", {"roads": Layer({"name": ["A 1"]})})
    with (tmp_path / "roads.gpkg").open("r+b") as file:
        file.truncate(1 << 36)  # sparse: hours to hash a byte at a time
    monkeypatch.setattr(module, "_CHUNK", 1)
    with pytest.raises(HydrofabricError, match="no table 'divides'"):
        open_index(tmp_path / "roads.gpkg")


def test_damaged_fabric_is_refused(fabric: Path) -> None:
    content = bytearray(fabric.read_bytes())
    content[8192:60000] = b"\xaa" * (60000 - 8192)
    fabric.write_bytes(content)
    with pytest.raises(HydrofabricError, match="damaged"):
        open_index(fabric)


def test_fabric_without_flowpaths_or_with_nothing_in_it_is_indexed(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    bare = {name: tables[name] for name in ("divides", "nexus")}
    index = open_index(write_fabric(tmp_path, bare))
    assert index.count == {"flowpath": 0, "nexus": 2, "divide": 3}
    above = index.upstream(np.array([index.find("cat-3")]))
    assert index.names(above) == ("nex-3", "cat-1", "cat-2", "cat-3")


def test_arrays_come_back_as_they_were_written(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(5),
        "none": np.zeros((4, 0), np.float32),
        "names": np.array([b"x", b"longer"]),
        "table": np.arange(6.0).reshape(2, 3),
        "last": np.zeros(0, np.int32),
    }
    write_arrays(tmp_path / "f", arrays, {"fact": 1})
    found, facts = map_arrays(tmp_path / "f", verify=True)
    assert facts == {"fact": 1}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert (found[name] == array).all()


def test_fingerprint_does_not_depend_on_the_time_of_the_file(fabric: Path) -> None:
    before = fingerprint(fabric), content_hash(fabric)
    os.utime(fabric, (1.0, 1.0))
    assert (fingerprint(fabric), content_hash(fabric)) == before
