import sqlite3
import struct
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from dmod.errors import AlreadyExists, HydrofabricError, StoreError
from dmod.hydrofabric import Layer, read_hydrofabric, write_geopackage
from dmod.testing import fabrics

SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
HOLE = np.array([[2.0, 2.0], [4.0, 2.0], [4.0, 4.0], [2.0, 4.0]])


def read_back(path: Path, layer: str) -> np.ndarray:
    *_, shapes, _ = pyogrio.raw.read(path, layer=layer)
    return shapely.from_wkb(shapes)


def test_written_fabric_opens_in_gdal_without_warnings(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.with_lake())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers = dict(pyogrio.list_layers(path))
        assert layers["divides"] == "Polygon"
        assert layers["flowpaths"] == "LineString"
        assert layers["nexus"] == layers["lakes"] == "Point"
        assert layers["flowpath-attributes"] is None
        information = pyogrio.read_info(path, layer="divides")
    assert information["crs"] == "EPSG:5070"
    assert information["features"] == 3
    assert information["capabilities"]["fast_spatial_filter"]
    kinds = dict(zip(information["fields"], information["dtypes"], strict=True))
    assert (kinds["areasqkm"], kinds["has_flowline"], kinds["toid"]) == ("float64", "bool", "object")


def test_spatial_index_finds_what_lies_in_a_box(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.chain(20))
    west, south = fabrics.WEST + 3.2 * fabrics.SIDE, fabrics.SOUTH + 10.0
    _, _, shapes, fields = pyogrio.raw.read(
        path, layer="divides", bbox=(west, south, west + 10.0, south + 10.0)
    )
    assert len(shapes) == 1
    assert fields[0].tolist() == ["cat-4"]


def test_spatial_index_follows_an_edit_by_another_program(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.headwater())
    far = np.array([shapely.to_wkb(shapely.box(9e5, 9e5, 9.1e5, 9.1e5))], dtype=object)
    pyogrio.raw.write(
        path, far, [np.array(["cat-9"], dtype=object)], ["divide_id"], layer="divides", append=True,
        geometry_type="Polygon", crs="EPSG:5070",
    )  # fmt: skip
    _, _, shapes, _ = pyogrio.raw.read(path, layer="divides", bbox=(8e5, 8e5, 1e6, 1e6))
    assert len(shapes) == 1


@pytest.mark.parametrize("srs", [4326, 5070, 3857])
def test_reference_system_is_recognised(tmp_path: Path, srs: int) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", {"divides": Layer({"id": ["cat-1"]}, [SQUARE])}, srs=srs)
    assert pyogrio.read_info(path, layer="divides")["crs"] == f"EPSG:{srs}"


def test_shapes_of_every_kind_come_back(tmp_path: Path) -> None:
    row = {"id": ["a"]}
    path = write_geopackage(
        tmp_path / "shapes.gpkg",
        {
            "point": Layer(row, np.array([[3.0, 4.0]]), "POINT"),
            "line": Layer(row, [SQUARE[:3]], "LINESTRING"),
            "polygon": Layer(row, [[SQUARE, HOLE]], "POLYGON"),
            "lines": Layer(row, [[SQUARE[:2], HOLE[:3]]], "MULTILINESTRING"),
            "polygons": Layer(row, [[SQUARE, [SQUARE + 20.0, HOLE + 20.0]]], "MULTIPOLYGON"),
        },
    )
    expected = {
        "point": shapely.Point(3, 4),
        "line": shapely.LineString(SQUARE[:3]),
        "polygon": shapely.Polygon(SQUARE, [HOLE]),
        "lines": shapely.MultiLineString([SQUARE[:2], HOLE[:3]]),
        "polygons": shapely.MultiPolygon([(SQUARE, []), (SQUARE + 20, [HOLE + 20])]),
    }
    for layer, shape in expected.items():
        assert read_back(path, layer)[0].equals_exact(shape), layer


def test_envelope_and_extent_are_stated_in_the_order_of_the_standard(tmp_path: Path) -> None:
    shape = SQUARE * [1.0, 2.0] + [100.0, 300.0]
    path = write_geopackage(tmp_path / "a.gpkg", {"divides": Layer({"id": ["cat-1"]}, [shape])})
    with closing(sqlite3.connect(path)) as database:
        (blob,) = database.execute("SELECT geom FROM divides").fetchone()
        extent = database.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents").fetchone()
    assert struct.unpack("<2sBBi4d", blob[:40]) == (b"GP", 0, 3, 5070, 100.0, 110.0, 300.0, 320.0)
    assert extent == (100.0, 300.0, 110.0, 320.0)


def test_row_without_a_shape_is_written_as_null(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "a.gpkg", {"divides": Layer({"id": ["a", "b"]}, [None, SQUARE])})
    assert read_back(path, "divides").tolist() == [None, shapely.Polygon(SQUARE)]
    *_, shapes, _ = pyogrio.raw.read(path, layer="divides", bbox=(1, 1, 2, 2))
    assert len(shapes) == 1


def test_values_come_back_with_their_types_and_nulls(tmp_path: Path) -> None:
    layer = Layer(
        {
            "name": ["a", None],
            "real": np.array([1.5, np.nan]),
            "whole": np.array([3, 4]),
            "listed": [7, None],
            "flag": [True, False],
            "odd.name=1": np.array([0.1, 0.2]),
            'with "quotes"': [1.0, 2.0],
        }
    )
    path = write_geopackage(tmp_path / "values.gpkg", {"a-b": layer})
    with closing(sqlite3.connect(path)) as database:
        assert database.execute('SELECT * FROM "a-b"').fetchall() == [
            (1, "a", 1.5, 3, 7, 1, 0.1, 1.0),
            (2, None, None, 4, None, 0, 0.2, 2.0),
        ]
        kinds = [row[2] for row in database.execute('PRAGMA table_info("a-b")')]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    assert kinds == ["INTEGER", "TEXT", "REAL", "INTEGER", "INTEGER", "BOOLEAN", "REAL", "REAL"]


def test_existing_file_is_kept_unless_overwriting_is_asked_for(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.headwater())
    with pytest.raises(AlreadyExists):
        write_geopackage(path, fabrics.y_confluence())
    assert len(read_hydrofabric(path).catchments) == 1
    write_geopackage(path, fabrics.y_confluence(), overwrite=True)
    assert len(read_hydrofabric(path).catchments) == 3


def test_failure_half_way_leaves_the_old_file_and_no_debris(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.headwater())
    before = path.read_bytes()
    tables = fabrics.y_confluence()
    tables["zone"] = Layer({"id": ["a", "b"]}, [SQUARE, "no shape"])
    with pytest.raises((ValueError, TypeError)):
        write_geopackage(path, tables, overwrite=True)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["basin.gpkg"]


def test_target_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="could not be written"):
        write_geopackage(tmp_path / "file" / "basin.gpkg", fabrics.headwater())


def test_full_disk_is_a_store_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_geopackage(tmp_path / "basin.gpkg", fabrics.headwater())
    before = path.read_bytes()
    code = """if True:
        import resource, signal, sys
        from dmod.errors import StoreError
        from dmod.hydrofabric import write_geopackage
        from dmod.testing import fabrics
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            write_geopackage(sys.argv[1], fabrics.tree(3000), overwrite=True)
        except StoreError as error:
            print("refused", error.retryable)
    """
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "refused True"
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["basin.gpkg"]


def test_columns_of_different_length_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(HydrofabricError, match=r"table divides.*'b': 1"):
        write_geopackage(tmp_path / "a.gpkg", {"divides": Layer({"a": [1, 2], "b": [1]})})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "srs"), [("CIRCLE", 5070), ("POLYGON", 31467)])
def test_unknown_geometry_type_or_reference_system_is_refused(tmp_path: Path, kind: str, srs: int) -> None:
    with pytest.raises(HydrofabricError, match="cannot be"):
        write_geopackage(tmp_path / "a.gpkg", {"divides": Layer({"a": [1]}, [SQUARE], kind)}, srs=srs)
