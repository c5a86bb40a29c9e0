import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely

from dmod.errors import AlreadyExists, StoreError
from dmod.hydrofabric.shape_arrays import ShapeArray
from dmod.hydrofabric.shapes import encode_geometry
from dmod.hydrofabric.stream import streaming
from dmod.hydrofabric.version22 import TableForm

FORMS = {
    "places": TableForm({"id": "TEXT", "height": "REAL"}, "POINT"),
    "notes": TableForm({"id": "TEXT", "text": "TEXT"}),
}
SHAPES = {
    "POINT": [np.array([[1.0, 2.0]]), np.array([[-3.5, 4.0]])],
    "LINESTRING": [np.array([[0.0, 0], [1, 5]]), np.array([[2.0, 2], [3, 1], [-4, 9]])],
    "POLYGON": [
        np.array([[0.0, 0], [2, 0], [2, 2], [0, 0]]),
        np.array([[5.0, 5], [6, 5], [6, 7], [5, 6], [5, 5]]),
    ],
}


def points(count: int, first: int = 0) -> ShapeArray:
    return ShapeArray.of("POINT", [np.array([[float(i), -float(i)]]) for i in range(first, first + count)])


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("kind", SHAPES)
def test_shape_array_is_encoded_as_each_shape_alone(kind: str) -> None:
    together = ShapeArray.of(kind, SHAPES[kind])
    alone = [encode_geometry(kind, s[0] if kind == "POINT" else s, 5070) for s in SHAPES[kind]]
    assert together.encoded(5070) == [blob for blob, _ in alone]
    assert [tuple(box) for box in together.bounds().tolist()] == [box for _, box in alone]


@pytest.mark.parametrize("kind", SHAPES)
def test_shape_array_taken_in_another_order_holds_the_same_shapes(kind: str) -> None:
    blobs = ShapeArray.of(kind, SHAPES[kind]).encoded(5070)
    taken = ShapeArray.of(kind, SHAPES[kind]).taken(np.array([1, 0, 1]))
    assert taken.encoded(5070) == [blobs[1], blobs[0], blobs[1]]


def test_shape_array_without_shapes_has_no_bounds() -> None:
    assert ShapeArray.of("POLYGON", []).bounds().shape == (0, 4)
    assert ShapeArray.of("POLYGON", []).encoded(5070) == []


def test_stream_batches_follow_each_other_and_are_indexed(tmp_path: Path) -> None:
    path = tmp_path / "places.gpkg"
    with streaming(path, FORMS) as stream:
        stream.add("places", {"height": np.array([1.5, np.nan]), "id": ["a", "b"]}, points(2))
        stream.add("notes", {"id": ["a"], "text": [None]})
        stream.add("places", {"id": ["c"], "height": [3.0]}, points(1, first=2))
        assert stream.rows == {"places": 3, "notes": 1}
    assert rows(path, "SELECT fid, id, height FROM places") == [(1, "a", 1.5), (2, "b", None), (3, "c", 3.0)]
    near = "SELECT id FROM rtree_places_geom WHERE minx > 1.5 AND maxy < -1.5"
    assert rows(path, near) == [(3,)]
    extent = "SELECT min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'places'"
    assert rows(path, extent) == [(0.0, -2.0, 2.0, 0.0, 5070)]


def test_stream_is_read_by_a_gis_library(tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    with streaming(tmp_path / "places.gpkg", FORMS) as stream:
        stream.add("places", {"id": ["a", "b"], "height": [1.0, 2.0]}, points(2))
    frame = pyogrio.read_dataframe(tmp_path / "places.gpkg", layer="places")
    assert frame.crs.to_epsg() == 5070
    assert frame.geometry[1] == shapely.Point(1, -1)
    assert pyogrio.read_info(tmp_path / "places.gpkg", layer="notes")["features"] == 0


def test_stream_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="text"), streaming(tmp_path / "x.gpkg", FORMS) as stream:
        stream.add("notes", {"id": ["a"]})
    with pytest.raises(ValueError, match="shapes"), streaming(tmp_path / "x.gpkg", FORMS) as stream:
        stream.add("places", {"id": ["a"], "height": [1.0]})
    with pytest.raises(ValueError, match="shorter"), streaming(tmp_path / "x.gpkg", FORMS) as stream:
        stream.add("notes", {"id": ["a", "b"], "text": ["one"]})
    assert list(tmp_path.iterdir()) == []


def test_stream_existing_file_is_kept_unless_overwriting(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    path.write_text("mine")
    with pytest.raises(AlreadyExists), streaming(path, FORMS):
        pass
    with pytest.raises(KeyboardInterrupt), streaming(path, FORMS, overwrite=True) as stream:
        stream.add("notes", {"id": ["a"], "text": ["b"]})
        raise KeyboardInterrupt
    assert path.read_text() == "mine"
    with streaming(path, FORMS, overwrite=True):
        pass
    assert rows(path, "SELECT count(*) FROM notes") == [(0,)]
    assert list(tmp_path.iterdir()) == [path]


def test_stream_where_the_file_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    text = ["x" * 1000] * 4000
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(StoreError, match=r"x\.gpkg"), streaming(path, FORMS) as stream:
            stream.add("notes", {"id": text, "text": text})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_stream_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    text = ["x" * 1000] * 4000
    with pytest.raises(StoreError, match="no space left") as raised, streaming(path, FORMS) as stream:
        stream._database.execute(
            "PRAGMA max_page_count = 100"
        )  # what SQLite says then is what it says of a disk
        stream.add("notes", {"id": text, "text": text})
    assert raised.value.retryable
    assert list(tmp_path.iterdir()) == []
