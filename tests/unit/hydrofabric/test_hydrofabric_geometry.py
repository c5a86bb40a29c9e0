import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyproj
import pytest

from dmod.errors import HydrofabricError
from dmod.hydrofabric import Layer, read_hydrofabric, write_geopackage
from dmod.hydrofabric.geometry import read_geometry, thin
from dmod.testing import fabrics
from dmod.testing.fabrics import write_fabric, write_geojson_pair


def test_shapes_are_converted_to_longitude_and_latitude(tmp_path: Path) -> None:
    geometry = read_geometry(read_hydrofabric(write_fabric(tmp_path, fabrics.y_confluence())))
    to_lonlat = pyproj.Transformer.from_crs(5070, 4326, always_xy=True)
    corner = to_lonlat.transform(fabrics.WEST, fabrics.SOUTH)
    ring = geometry.divides["cat-1"][0]
    assert ring.shape == (5, 2)
    np.testing.assert_allclose(ring[0], corner, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(ring[0], ring[-1])
    assert geometry.flowpaths["wb-2"][0].shape == (2, 2)
    assert geometry.nexuses["nex-3"].shape == (2,)
    np.testing.assert_allclose(geometry.flowpaths["wb-3"][0][1], geometry.nexuses["nex-4"], atol=1e-9)
    west, south, east, north = geometry.bounds
    assert west <= corner[0] < east
    assert -115 < west < east < -110
    assert 41 < south < north < 43


@pytest.mark.parametrize(("srs", "unit"), [(4326, 1.0), (3857, 111_319.490793)])
def test_shapes_in_other_reference_systems_are_converted(tmp_path: Path, srs: int, unit: float) -> None:
    tables = fabrics.headwater()
    for name in ("divides", "flowpaths", "nexus"):
        layer = tables[name]
        origin = [fabrics.WEST, fabrics.SOUTH]
        shapes = [(np.asarray(shape) - origin) / 1e5 * unit for shape in layer.geometry]  # type: ignore[union-attr]
        tables[name] = Layer(layer.columns, shapes, layer.geometry_type)
    path = write_geopackage(tmp_path / "basin.gpkg", tables, srs=srs)
    ring = read_geometry(read_hydrofabric(path)).divides["cat-1"][0]
    np.testing.assert_allclose(ring[1], [0.01, 0.0], atol=1e-9)


def test_polygon_of_several_parts_gives_a_ring_each(tmp_path: Path) -> None:
    tables = fabrics.headwater()
    square = tables["divides"].geometry[0]  # type: ignore[index]
    hole = square.mean(axis=0) + 0.1 * (square - square.mean(axis=0))
    parts = [[square, hole], square + np.array([5000.0, 0.0])]
    tables["divides"] = Layer(tables["divides"].columns, [parts], "MULTIPOLYGON")
    rings = read_geometry(read_hydrofabric(write_fabric(tmp_path, tables))).divides["cat-1"]
    assert [len(ring) for ring in rings] == [5, 5]


def test_empty_shape_is_reported_missing(tmp_path: Path) -> None:
    import sqlite3

    path = write_fabric(tmp_path, fabrics.y_confluence())
    with sqlite3.connect(path) as database:
        for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{row[0]}"')
        database.execute("UPDATE divides SET geom = NULL WHERE divide_id = 'cat-2'")
    database.close()
    geometry = read_geometry(read_hydrofabric(path))
    assert set(geometry.divides) == {"cat-1", "cat-3"}
    assert geometry.missing == ("cat-2",)


def test_table_without_geometry_is_refused(tmp_path: Path) -> None:
    tables = fabrics.headwater()
    tables["divides"] = Layer(tables["divides"].columns)
    with pytest.raises(HydrofabricError, match="'divides' has no geometry"):
        read_geometry(read_hydrofabric(write_fabric(tmp_path, tables)))


def test_simplified_neighbours_still_share_their_border(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    border = np.column_stack([500.0 + rng.normal(0, 8, 60), np.linspace(0, 1000, 60)])
    left = np.vstack([[[0.0, 0.0]], border, [[0.0, 1000.0]]])
    right = np.vstack([[[1000.0, 1000.0]], border[::-1], [[1000.0, 0.0]]])
    tables = fabrics.chain(2)
    origin = [fabrics.WEST, fabrics.SOUTH]
    tables["divides"] = Layer(tables["divides"].columns, [left + origin, right + origin])
    fabric = read_hydrofabric(write_fabric(tmp_path, tables))
    full, simple = read_geometry(fabric), read_geometry(fabric, simplify=50.0)
    rings = [simple.divides[identifier][0] for identifier in ("cat-1", "cat-2")]
    assert len(rings[0]) < 0.5 * len(full.divides["cat-1"][0])
    shared = {tuple(point) for point in rings[0].tolist()} & {tuple(point) for point in rings[1].tolist()}
    assert len(shared) >= len(rings[0]) - 4


def test_simplification_in_degrees_is_given_in_metres(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.headwater())
    angle = np.linspace(0, 2 * np.pi, 801)
    circle = np.column_stack([0.05 * np.cos(angle) - 111.0, 0.05 * np.sin(angle) + 41.0])
    document = json.loads(catchments.read_text())
    document["features"][0]["geometry"]["coordinates"] = [circle.tolist()]
    catchments.write_text(json.dumps(document))
    ring = read_geometry(read_hydrofabric(catchments), simplify=500.0).divides["cat-1"][0]
    radius = np.hypot(ring[:, 0] + 111.0, ring[:, 1] - 41.0)
    assert 10 < len(ring) < 200
    assert np.abs(radius - 0.05).max() < 0.71 * 500.0 / 111_320.0


def test_thin_moves_points_by_at_most_half_a_cell_diagonal_and_keeps_ends() -> None:
    line = np.column_stack([np.linspace(0, 100, 1001), np.sin(np.linspace(0, 6, 1001))])
    points, part_of = thin(line, np.zeros(len(line), np.int64), 5.0)
    assert set(part_of.tolist()) == {0}
    assert len(points) == 2
    assert np.abs(points[[0, -1]] - line[[0, -1]]).max() <= 2.5


def test_thin_leaves_a_ring_that_would_vanish() -> None:
    ring = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    large = 100.0 * ring
    points, part_of = thin(np.vstack([ring, large]), np.repeat([0, 1], 4), 10.0)
    np.testing.assert_array_equal(points[part_of == 0], ring)
    np.testing.assert_array_equal(points[part_of == 1], large)


def test_reading_a_fabric_loads_no_gis_library(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, fabrics.y_confluence())
    code = (
        "import sys; from dmod.hydrofabric import read_hydrofabric, find_problems;"
        "import dmod.hydrofabric.geometry;"
        "f = read_hydrofabric(sys.argv[1]); f.network; find_problems(f);"
        "print(sorted({'shapely', 'pyogrio', 'pyproj', 'pandas', 'xarray', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
