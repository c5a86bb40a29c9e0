"""Coverage of the real fabric of the Logan River by the grids of AORC and of the National Water Model."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from dmod.forcing.gridded.apply import catchment_means
from dmod.forcing.gridded.conservation import conservation
from dmod.forcing.gridded.coverage import Method, domain_weights, find_weights
from dmod.forcing.gridded.grid import Grid
from dmod.hydrofabric.polygons import CatchmentPolygons, read_polygons

LOGAN = "hydrofabric/gage-10109001_subset.gpkg"
AORC = Grid("EPSG:4326", -130.0 - 1 / 240, 55.0 + 1 / 240, 1 / 120, -1 / 120, 8401, 4201)
NWM = Grid(
    "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=40 +lon_0=-97 +R=6370000 +units=m",
    -2304000.0, -1920000.0, 1000.0, 1000.0, 4608, 3840,
)  # fmt: skip


@pytest.fixture
def logan(reference: Path) -> CatchmentPolygons:
    return read_polygons(reference / LOGAN)


def test_areas_on_the_ellipsoid_are_those_that_the_fabric_states(
    logan: CatchmentPolygons, reference: Path
) -> None:
    weights = find_weights(AORC, logan.ids, logan.shapes, logan.crs)
    with closing(sqlite3.connect(f"file:{reference / LOGAN}?mode=ro", uri=True)) as database:
        stated = dict(database.execute("SELECT divide_id, areasqkm FROM divides"))
    assert weights.covered.tolist() == [1.0] * 88
    assert weights.area / 1e6 == pytest.approx([stated[name] for name in logan.ids], rel=1e-6)
    assert weights.area == pytest.approx(shapely.area(logan.shapes), rel=1e-7)  # an equal-area projection


@pytest.mark.parametrize("method", ["area", "linear"])
@pytest.mark.parametrize("grid", [AORC, NWM], ids=["aorc", "nwm"])
def test_totals_over_the_basin_are_conserved(logan: CatchmentPolygons, grid: Grid, method: Method) -> None:
    weights = find_weights(grid, logan.ids, logan.shapes, logan.crs, method=method)
    domain = domain_weights(grid, logan.shapes, logan.crs, method=method)
    shape = (8, weights.window.rows, weights.window.columns)
    field = np.random.default_rng(0).gamma(0.3, 5.0, shape).astype(np.float32)
    assert np.abs(conservation(weights, domain, field)).max() < 1e-9


def test_plane_over_the_basin_is_the_plane_at_every_centroid(logan: CatchmentPolygons) -> None:
    grid = Grid(logan.crs, -1.4e6, 2.3e6, 1000.0, -1000.0, 400, 400)
    weights = find_weights(grid, logan.ids, logan.shapes, logan.crs, method="linear")
    window = grid.cut(weights.window)
    field = 3.0 + 2e-3 * window.x[None, None, :] - 5e-3 * window.y[None, :, None]
    centroid = shapely.centroid(logan.shapes)
    expected = 3.0 + 2e-3 * shapely.get_x(centroid) - 5e-3 * shapely.get_y(centroid)
    assert catchment_means(weights, field).values[:, 0] == pytest.approx(expected, abs=1e-6)


def test_means_agree_with_exactextract(logan: CatchmentPolygons) -> None:
    grid = Grid(logan.crs, -1.4e6, 2.3e6, 1000.0, -1000.0, 400, 400)
    weights = find_weights(grid, logan.ids, logan.shapes, logan.crs)
    field = np.random.default_rng(1).random((400, 400))
    raster = NumPyRasterSource(field, *grid.bounds)
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {}}
        for shape in logan.shapes
    ]
    expected = [found["properties"]["mean"] for found in exact_extract(raster, features, ["mean"])]
    window = weights.window
    rows = slice(window.row, window.row + window.rows)
    cut = field[None, rows, window.column : window.column + window.columns]
    assert catchment_means(weights, cut).values[:, 0] == pytest.approx(expected, rel=1e-6)
