"""Catchments as polygons: from GeoPackage and GeoJSON, repaired where they can be, named where not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric.polygons import CatchmentPolygons, read_polygons

SQUARE = shapely.box(0, 0, 100, 100)
BOW = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def write(path: Path, shapes: list[shapely.Geometry | None], crs: str = "EPSG:5070") -> Path:
    ids = [f"cat-{i}" for i in range(len(shapes))]
    if path.suffix == ".geojson":
        features = [
            {"type": "Feature", "id": name, "properties": {}, "geometry": shape and shape.__geo_interface__}
            for name, shape in zip(ids, shapes, strict=True)
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path
    frame = geopandas.GeoDataFrame({"divide_id": ids}, geometry=shapes, crs=crs)
    frame.to_file(path, layer="divides", engine="pyogrio")
    return path


def test_geopackage_gives_shapes_in_its_own_reference_system(tmp_path: Path) -> None:
    shapes = [SQUARE, shapely.MultiPolygon([shapely.box(200, 0, 300, 50)])]
    polygons = read_polygons(write(tmp_path / "a.gpkg", shapes))
    assert (polygons.ids, polygons.crs, polygons.problems) == (("cat-0", "cat-1"), "EPSG:5070", ())
    assert [shape.equals(other) for shape, other in zip(polygons.shapes, shapes, strict=True)] == [True, True]
    assert polygons.bounds == (0, 0, 300, 100)


def test_geojson_gives_shapes_in_longitude_and_latitude(tmp_path: Path) -> None:
    polygons = read_polygons(write(tmp_path / "catchments.geojson", [shapely.box(-112, 41, -111, 42)]))
    assert (polygons.ids, polygons.crs) == (("cat-0",), "EPSG:4326")
    assert polygons.shapes[0].area == 1.0


def test_key_tells_coordinates_ids_and_reference_systems_apart(tmp_path: Path) -> None:
    files = {
        "same": ([SQUARE], "EPSG:5070"),
        "again": ([SQUARE], "EPSG:5070"),
        "moved": ([shapely.box(0, 0, 100, 100.000001)], "EPSG:5070"),
        "system": ([SQUARE], "EPSG:3338"),
        "more": ([SQUARE, SQUARE], "EPSG:5070"),
    }
    keys = {
        name: read_polygons(write(tmp_path / f"{name}.gpkg", *given)).key for name, given in files.items()
    }
    assert keys["same"] == keys["again"]
    assert len(set(keys.values())) == 4


def test_border_that_crosses_itself_is_repaired_and_said(tmp_path: Path) -> None:
    polygons = read_polygons(write(tmp_path / "a.gpkg", [SQUARE, BOW]))
    assert shapely.is_valid(polygons.shapes).all()
    assert shapely.get_type_id(polygons.shapes).tolist() == [3, 6]
    assert polygons.shapes[1].area == pytest.approx(5000)
    (problem,) = polygons.problems
    assert (problem.code, problem.ids, problem.is_error) == ("invalid-polygon", ("cat-1",), False)


@pytest.mark.parametrize("kind", ["gpkg", "geojson"])
def test_catchments_without_a_shape_are_named(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"a.{kind}", [SQUARE, None, SQUARE])
    with pytest.raises(HydrofabricError, match="1 of 3 catchments have no shape: cat-1"):
        read_polygons(path)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (shapely.Point(1, 1), "no polygons but Point: cat-1"),
        (shapely.Polygon([(0, 0), (1, 1), (2, 2)]), "have no area: cat-1"),
        (shapely.Polygon([(0, 0), (np.inf, 1), (2, 2)]), "no numbers: cat-1"),
    ],
)
def test_shapes_that_are_no_areas_are_named(tmp_path: Path, shape: shapely.Geometry, message: str) -> None:
    with pytest.raises(HydrofabricError, match=message):
        read_polygons(write(tmp_path / "a.gpkg", [SQUARE, shape]))


def test_file_without_catchments_says_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "roads.gpkg"
    geopandas.GeoDataFrame({"id": ["a"]}, geometry=[SQUARE], crs="EPSG:5070").to_file(path, layer="roads")
    with pytest.raises(HydrofabricError, match="no table 'divides'; it has roads"):
        read_polygons(path)


def test_empty_table_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", [SQUARE])
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("DELETE FROM divides")
        database.commit()
    with pytest.raises(HydrofabricError, match="has no catchments"):
        read_polygons(path)


def test_catchments_without_an_id_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", [SQUARE, SQUARE])
    path.write_text(path.read_text().replace('"id": "cat-1", ', ""))
    with pytest.raises(HydrofabricError, match="catchments have no id"):
        read_polygons(path)
    path = tmp_path / "a.gpkg"
    frame = geopandas.GeoDataFrame({"divide_id": ["cat-1", None]}, geometry=[SQUARE, SQUARE], crs="EPSG:5070")
    frame.to_file(path, layer="divides")
    with pytest.raises(HydrofabricError, match="catchments have no id"):
        read_polygons(path)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("a.gpkg", "a.geojson"):
        with pytest.raises(NotFoundError, match=name):
            read_polygons(tmp_path / name)


@pytest.mark.parametrize("system", [5070, 4326, 3857])
def test_area_is_that_on_the_ground_in_any_reference_system(system: int) -> None:
    square = shapely.segmentize(shapely.box(-1_000_000, 1_500_000, -990_000, 1_520_000), 500)
    to_system = pyproj.Transformer.from_crs(5070, system, always_xy=True)
    shapes = np.array([shapely.transform(square, to_system.transform, interleaved=False)], dtype=object)
    polygons = CatchmentPolygons(("cat-1",), shapes, f"EPSG:{system}", "key")
    assert polygons.area_km2 == pytest.approx(200.0, rel=1e-6)
