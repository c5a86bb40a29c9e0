"""Shares of grid cells: against intersections, closed forms, and what must not change them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyproj
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded import coverage
from dmod.forcing.gridded.apply import catchment_means
from dmod.forcing.gridded.coverage import Method, Weights, find_weights
from dmod.forcing.gridded.grid import Grid

ALBERS = "EPSG:5070"
LONLAT = "EPSG:4326"
LAMBERT = "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=40 +lon_0=-97 +R=6370000 +units=m"
PLANE = Grid(ALBERS, 0.0, 9.0, 1.0, -1.0, 11, 9)
FLORIDA = Grid(LONLAT, -82.0, 28.5, 0.05, -0.05, 60, 50)

TO_EQUAL_AREA = pyproj.Transformer.from_crs(LONLAT, "+proj=cea +ellps=WGS84", always_xy=True)

Floats = NDArray[np.float64]


def weigh(grid: Grid, *shapes: shapely.Geometry, crs: str = ALBERS, method: Method = "area") -> Weights:
    ids = [f"cat-{i}" for i in range(len(shapes))]
    return find_weights(grid, ids, np.array(shapes, dtype=object), crs, method=method, workers=1)


def dense(weights: Weights, grid: Grid) -> Floats:
    """Return shares as (catchment, row, column) over the whole grid."""
    whole = weights.within(grid.whole)
    result = np.zeros((len(weights), grid.rows * grid.columns))
    for i in range(len(weights)):
        row = slice(whole.offset[i], whole.offset[i + 1])
        np.add.at(result[i], whole.cell[row], whole.share[row])
    return result.reshape(-1, grid.rows, grid.columns)


def boxes(grid: Grid) -> NDArray[np.object_]:
    """Return every cell as a polygon, (row, column)."""
    x, y = grid.x, grid.y
    return np.asarray(
        shapely.box(
            x[None, :] - abs(grid.dx) / 2,
            y[:, None] - abs(grid.dy) / 2,
            x[None, :] + abs(grid.dx) / 2,
            y[:, None] + abs(grid.dy) / 2,
        )
    )


def mean(weights: Weights, grid: Grid, field: Floats) -> Floats:
    """Return the mean of one field over the whole grid, for each catchment."""
    window = weights.window
    rows = slice(window.row, window.row + window.rows)
    columns = slice(window.column, window.column + window.columns)
    return catchment_means(weights, field[None, rows, columns]).values[:, 0]


def plane(grid: Grid) -> Floats:
    return np.asarray(3.0 + 2.0 * grid.x[None, :] - 5.0 * grid.y[:, None])


SQUIRCLE = shapely.Polygon([(0.3, 0.2), (7.1, 1.3), (5.5, 5.2), (1.1, 4.7)], [[(2, 2), (2.2, 3.7), (4, 3)]])

# quarters of a cell, so that corners and edges fall onto the borders of cells often
quarters = st.integers(-6, 50).map(lambda k: k / 4)
anywhere = st.integers(-(10**6), 12 * 10**6).map(lambda k: k / 1e6)
place = st.tuples(st.one_of(quarters, anywhere), st.one_of(quarters, anywhere))


@settings(max_examples=100, deadline=None)
@given(st.lists(place, min_size=3, max_size=12), st.lists(place, min_size=3, max_size=5))
def test_shares_of_any_polygon_equal_intersections_with_cells(
    corners: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    shape = shapely.make_valid(shapely.Polygon(corners), method="structure", keep_collapsed=False)
    shape = shapely.difference(shape, shapely.convex_hull(shapely.Polygon(other)))
    parts = [part for part in shapely.get_parts([shape]) if part.geom_type == "Polygon"]
    shape = shapely.MultiPolygon(parts)
    if not shape.is_valid or shape.area < 1e-3:
        return
    expected = shapely.area(shapely.intersection(boxes(PLANE), shape))
    if expected.sum() < 1e-3:
        return
    weights = weigh(PLANE, shape)
    assert dense(weights, PLANE)[0] * weights.area[0] == pytest.approx(expected, abs=1e-11)
    assert weights.area[0] == pytest.approx(expected.sum(), abs=1e-11)
    assert weights.covered[0] == pytest.approx(expected.sum() / shape.area, rel=1e-9)
    sloped = weigh(PLANE, shape, method="linear")
    inside = shapely.intersection(shape, shapely.box(*PLANE.bounds))
    centroid = shapely.centroid(inside)
    value = 3.0 + 2.0 * centroid.x - 5.0 * centroid.y
    assert mean(sloped, PLANE, plane(PLANE))[0] == pytest.approx(value, abs=1e-7)


def test_shares_agree_with_exactextract() -> None:
    weights = weigh(PLANE, SQUIRCLE)
    raster = NumPyRasterSource(np.zeros((9, 11)), 0, 0, 11, 9)
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(SQUIRCLE), "properties": {}}
    found = exact_extract(raster, [feature], ["cell_id", "coverage"])[0]["properties"]
    expected = np.zeros(99)
    expected[found["cell_id"]] = found["coverage"]
    # its coverage is in single precision
    assert (dense(weights, PLANE)[0] * weights.area[0]).ravel() == pytest.approx(expected, abs=1e-6)


def test_plane_over_catchments_that_are_unions_of_cells_is_exact_with_both_methods() -> None:
    shape = shapely.union_all([shapely.box(2, 2, 6, 4), shapely.box(3, 4, 5, 8)])
    centroid = shapely.centroid(shape)
    for method in ("area", "linear"):
        weights = weigh(PLANE, shape, method=method)
        value = 3.0 + 2.0 * centroid.x - 5.0 * centroid.y
        assert mean(weights, PLANE, plane(PLANE))[0] == pytest.approx(value, abs=1e-12)


def test_plane_with_linear_is_the_plane_at_the_centroid_up_to_the_edge_of_the_grid() -> None:
    shapes = [SQUIRCLE, shapely.box(-3, 0.2, 0.7, 0.9), shapely.box(10.2, 8.3, 10.4, 8.9)]
    inside = shapely.centroid(shapely.intersection(np.array(shapes), shapely.box(*PLANE.bounds)))
    expected = [3.0 + 2.0 * at.x - 5.0 * at.y for at in inside]
    assert mean(weigh(PLANE, *shapes, method="linear"), PLANE, plane(PLANE)) == pytest.approx(
        expected, abs=1e-12
    )
    with_areas = mean(weigh(PLANE, *shapes), PLANE, plane(PLANE))
    assert np.all(np.abs(with_areas - expected) > 0.01)  # which is why there are two methods


@pytest.mark.parametrize("method", ["area", "linear"])
@pytest.mark.parametrize(("grid", "crs"), [(PLANE, ALBERS), (FLORIDA, LONLAT)])
def test_constant_stays_constant(grid: Grid, crs: str, method: Method) -> None:
    x0, y0, x1, y1 = grid.bounds
    rng = np.random.default_rng(3)
    shapes = [
        shapely.Point(x, y).buffer(0.2 * (x1 - x0)) for x, y in rng.uniform((x0, y0), (x1, y1), (20, 2))
    ]
    weights = weigh(grid, *shapes, crs=crs, method=method)
    assert mean(weights, grid, np.full((grid.rows, grid.columns), 7.3)) == pytest.approx(7.3, abs=1e-12)


def test_grid_moved_by_half_a_cell_gives_the_means_of_the_moved_cells() -> None:
    """Centres that are taken for edges would do just this."""
    field = np.random.default_rng(1).random((9, 11))
    moved = dataclasses.replace(PLANE, x_edge=PLANE.x_edge + 0.5, y_edge=PLANE.y_edge - 0.5)
    there, here = weigh(moved, SQUIRCLE), weigh(PLANE, SQUIRCLE)
    assert abs(mean(there, moved, field)[0] - mean(here, PLANE, field)[0]) > 0.005
    cut = shapely.area(shapely.intersection(boxes(moved), SQUIRCLE))
    assert mean(there, moved, field)[0] == pytest.approx((cut * field).sum() / cut.sum(), abs=1e-12)
    back = shapely.affinity.translate(SQUIRCLE, 0.5, -0.5)
    assert mean(weigh(moved, back), moved, field) == pytest.approx(mean(here, PLANE, field), abs=1e-12)


def test_grid_from_centres_covers_half_a_cell_more_on_every_side() -> None:
    grid = Grid.from_centres(np.arange(3.0), np.arange(2.0, -1.0, -1.0), ALBERS)
    weights = weigh(grid, shapely.box(-0.5, -0.5, 2.5, 2.5))
    assert weights.covered[0] == 1.0
    assert weights.share == pytest.approx(1 / 9, abs=1e-15)


@pytest.mark.parametrize("method", ["area", "linear"])
def test_order_of_rows_and_columns_in_the_store_changes_nothing(method: Method) -> None:
    field = np.random.default_rng(2).random((9, 11))
    shape = shapely.union_all([SQUIRCLE, shapely.box(6, 0, 14, 2.5)])
    expected = mean(weigh(PLANE, shape, method=method), PLANE, field)
    south_up = Grid(ALBERS, 0.0, 0.0, 1.0, 1.0, 11, 9)
    assert mean(weigh(south_up, shape, method=method), south_up, field[::-1]) == pytest.approx(
        expected, abs=1e-13
    )
    westward = Grid(ALBERS, 11.0, 9.0, -1.0, -1.0, 11, 9)
    assert mean(weigh(westward, shape, method=method), westward, field[:, ::-1]) == pytest.approx(
        expected, abs=1e-13
    )


def test_direction_of_rings_changes_nothing() -> None:
    turned = shapely.Polygon(SQUIRCLE.exterior.coords[::-1], [ring.coords[:] for ring in SQUIRCLE.interiors])
    both = weigh(PLANE, SQUIRCLE, turned)
    assert np.ptp(dense(both, PLANE), axis=0).max() < 1e-15


def test_catchment_smaller_than_a_cell_takes_its_cell() -> None:
    field = np.random.default_rng(2).random((9, 11))
    tiny = shapely.Point(4.5, 3.5).buffer(1e-3)
    weights = weigh(PLANE, tiny)
    assert (weights.cell.size, weights.share.tolist()) == (1, [1.0])
    assert mean(weights, PLANE, field)[0] == field[5, 4]
    assert weights.area[0] == pytest.approx(tiny.area, rel=1e-9)


def test_catchment_with_a_hole_and_several_parts_counts_only_what_it_has() -> None:
    ring = shapely.box(1, 1, 4, 4) - shapely.box(2, 2, 3, 3)
    weights = weigh(PLANE, shapely.MultiPolygon([ring, shapely.box(8, 8, 9, 8.5)]))
    shares = dense(weights, PLANE)[0]
    assert weights.area[0] == pytest.approx(8.5)
    assert shares[9 - 3, 2] == 0.0
    assert shares[9 - 9, 8] == pytest.approx(0.5 / 8.5)
    assert (shares > 0).sum() == 9


def test_catchment_across_the_edge_is_covered_in_part() -> None:
    shapes = (shapely.box(-1, 3, 1, 4), shapely.box(2, 2, 3, 3), shapely.box(20, 20, 21, 21))
    weights = weigh(PLANE, *shapes)
    assert weights.covered == pytest.approx([0.5, 1.0, 0.0])
    assert weights.area == pytest.approx([1.0, 1.0, 0.0])
    assert (weights.partly(), weights.outside()) == (("cat-0",), ("cat-2",))
    assert weights.of("cat-0")[1].sum() == pytest.approx(1.0)
    assert np.isnan(mean(weights, PLANE, plane(PLANE))[2])


def test_catchments_that_all_lie_elsewhere_are_refused() -> None:
    with pytest.raises(CoverageError, match="covers none of the 1 catchments"):
        weigh(PLANE, shapely.box(20, 20, 21, 21))


def equal_area(shape: shapely.Geometry) -> float:
    """Return the area on the ellipsoid of a shape whose borders are straight in degrees."""
    fine = shapely.segmentize(shape, 1e-3)
    return float(shapely.area(shapely.transform(fine, TO_EQUAL_AREA.transform, interleaved=False)))


def test_cells_of_a_geographic_grid_count_by_their_area_on_the_ellipsoid() -> None:
    shape = shapely.Polygon([(-81.57, 26.13), (-79.31, 26.41), (-80.02, 28.22)])
    weights = weigh(FLORIDA, shape, crs=LONLAT)
    parts = shapely.intersection(boxes(FLORIDA), shape)
    areas = np.vectorize(lambda part: 0.0 if part.is_empty else equal_area(part))(parts)
    assert dense(weights, FLORIDA)[0] * weights.area[0] == pytest.approx(areas, rel=1e-8, abs=1.0)
    assert weights.area[0] == pytest.approx(equal_area(shape), rel=1e-9)


def test_mean_over_a_tall_catchment_weighs_latitudes_by_their_area() -> None:
    """On the sphere the mean of the sine of latitude is that of the sines of both ends."""
    grid = Grid("+proj=longlat +R=6370000", 0.0, 80.0, 1.0, -0.1, 3, 900)
    weights = weigh(grid, shapely.box(0.5, 10, 2.5, 70), crs=grid.crs)
    field = np.broadcast_to(np.sin(np.radians(grid.y))[:, None], (900, 3))
    expected = 0.5 * (np.sin(np.radians(10)) + np.sin(np.radians(70)))
    assert mean(weights, grid, field)[0] == pytest.approx(expected, rel=1e-6)
    area = 6370000**2 * np.radians(2) * (np.sin(np.radians(70)) - np.sin(np.radians(10)))
    assert weights.area[0] == pytest.approx(area, rel=1e-10)


def test_plane_on_a_geographic_grid_is_the_plane_at_the_centroid_of_true_area() -> None:
    grid = Grid(LONLAT, -112.0, 42.5, 1 / 120, -1 / 120, 120, 120)
    shape = shapely.Polygon([(-111.91, 41.62), (-111.13, 41.97), (-111.43, 42.41)])
    strips = np.linspace(41.62, 42.41, 20001)
    middles = 0.5 * (strips[1:] + strips[:-1])
    left = np.interp(middles, [41.62, 42.41], [-111.91, -111.43])
    right = np.interp(middles, [41.62, 41.97, 42.41], [-111.91, -111.13, -111.43])
    e2 = 0.0066943799901413165
    width = (
        np.abs(right - left) * np.cos(np.radians(middles)) / (1 - e2 * np.sin(np.radians(middles)) ** 2) ** 2
    )
    lat = float((width * middles).sum() / width.sum())
    lon = float((width * 0.5 * (left + right)).sum() / width.sum())
    value = 3.0 + 2.0 * lon - 5.0 * lat
    weights = weigh(grid, shape, crs=LONLAT, method="linear")
    assert mean(weights, grid, plane(grid))[0] == pytest.approx(value, abs=1e-6)


def test_slope_between_large_cells_is_that_between_the_centroids_of_their_areas() -> None:
    """On the sphere the mean latitude of a band is (φ sin φ + cos φ) / sin φ between its borders."""
    grid = Grid("+proj=longlat +R=6370000", 0.0, 85.0, 5.0, -5.0, 4, 17)

    def mean_latitude(south: Floats, north: Floats) -> Floats:
        low, high = np.radians(south), np.radians(north)
        whole = high * np.sin(high) + np.cos(high) - low * np.sin(low) - np.cos(low)
        return np.asarray(np.degrees(whole / (np.sin(high) - np.sin(low))))

    field = np.repeat(mean_latitude(grid.y - 2.5, grid.y + 2.5)[:, None], 4, axis=1)
    weights = weigh(grid, shapely.box(6, 61, 14, 77), crs=grid.crs, method="linear")
    expected = mean_latitude(np.array(61.0), np.array(77.0))
    # the two points of Gauss's rule are good to 1e-7 of cells this large
    assert mean(weights, grid, field)[0] == pytest.approx(float(expected), abs=1e-4)


def test_straight_borders_stay_straight_in_the_catchments_own_projection() -> None:
    """Four corners alone would cut off a strip up to 1.5 km wide along the northern and southern border."""
    shape = shapely.box(1.2e6, 0.5e6, 1.4e6, 0.7e6)
    grid = Grid(LONLAT, -90.0, 35.0, 0.1, -0.1, 120, 120)
    weights = weigh(grid, shape)
    assert weights.area[0] == pytest.approx(4e10, rel=1e-6)
    assert weights.covered[0] == 1.0


def test_grid_in_a_projection_of_its_own_finds_the_same_mean_of_a_smooth_field() -> None:
    centre = shapely.Point(-1.3e6, 2.1e6).buffer(40e3)
    lonlat = pyproj.Transformer.from_crs(ALBERS, LONLAT, always_xy=True)

    def smooth(grid: Grid) -> Floats:
        to_lonlat = pyproj.Transformer.from_crs(grid.crs, LONLAT, always_xy=True)
        lon, lat = to_lonlat.transform(*np.meshgrid(grid.x, grid.y))
        return np.asarray(np.sin(lon) + np.cos(3 * lat))

    lon, lat = lonlat.transform(-1.3e6, 2.1e6)
    x, y = pyproj.Transformer.from_crs(LONLAT, LAMBERT, always_xy=True).transform(lon, lat)
    grids = (
        Grid(LONLAT, lon - 1.0, lat + 1.0, 0.01, -0.01, 200, 200),
        Grid(LAMBERT, x - 1e5, y - 1e5, 1e3, 1e3, 200, 200),
        Grid(ALBERS, -1.4e6, 2.2e6, 1e3, -1e3, 200, 200),
    )
    found = [mean(weigh(grid, centre, method="linear"), grid, smooth(grid))[0] for grid in grids]
    assert found == pytest.approx([found[0]] * 3, abs=2e-4)


def test_longitudes_may_run_from_0_to_360() -> None:
    shape = shapely.Polygon([(-81.57, 26.13), (-79.31, 26.41), (-80.02, 28.22)])
    east = dataclasses.replace(FLORIDA, x_edge=FLORIDA.x_edge + 360.0)
    expected = dense(weigh(FLORIDA, shape, crs=LONLAT), FLORIDA)
    assert dense(weigh(east, shape, crs=LONLAT), east) == pytest.approx(expected, abs=1e-10)


def test_catchment_on_the_western_edge_of_a_regional_grid_keeps_its_eastern_part() -> None:
    weights = weigh(FLORIDA, shapely.box(-83.0, 27.0, -81.5, 27.5), crs=LONLAT)
    assert weights.covered[0] == pytest.approx(1 / 3)
    assert (weights.window.column, weights.window.columns) == (0, 10)


@pytest.mark.parametrize("method", ["area", "linear"])
def test_catchment_across_the_seam_of_a_global_grid_takes_cells_of_both_sides(method: Method) -> None:
    grid = Grid(LONLAT, 0.0, 10.0, 1.0, -1.0, 360, 20)
    weights = weigh(grid, shapely.box(-2.0, 0.0, 2.0, 1.0), crs=LONLAT, method=method)
    assert weights.covered[0] == 1.0
    shares = dense(weights, grid)[0]
    columns = np.flatnonzero(np.abs(shares).sum(axis=0) > 1e-12)
    assert columns.tolist() == [0, 1, 358, 359]
    assert np.all(np.diff(weights.cell) > 0)


def test_catchment_across_the_date_line_is_one_piece_however_it_is_written() -> None:
    grid = Grid(LONLAT, 170.0, 60.0, 0.5, -0.5, 40, 40)
    broken = shapely.Polygon([(179, 50), (-179, 50), (-179, 52), (179, 52)])
    whole = shapely.box(179, 50, 181, 52)
    parts = shapely.MultiPolygon([shapely.box(179, 50, 180, 52), shapely.box(-180, 50, -179, 52)])
    weights = weigh(grid, broken, whole, parts, crs=LONLAT)
    shares = dense(weights, grid)
    assert weights.covered == pytest.approx([1.0, 1.0, 1.0])
    assert np.ptp(shares, axis=0).max() < 1e-12
    assert (shares[0] > 0).sum() == 16


def test_catchments_in_a_projection_may_cross_the_date_line() -> None:
    grid = Grid(LONLAT, -180.0, 60.0, 0.5, -0.5, 720, 40)
    alaska = pyproj.Transformer.from_crs(LONLAT, "EPSG:3338", always_xy=True)
    shape = shapely.Polygon(np.column_stack(alaska.transform([179, 181, 181, 179], [51, 51, 52, 52])))
    weights = weigh(grid, shape, crs="EPSG:3338")
    assert weights.covered[0] == 1.0
    assert weights.area[0] == pytest.approx(shape.area, rel=1e-6)


def test_catchment_round_a_pole_is_refused() -> None:
    around = shapely.Point(0, 0).buffer(5e5)
    with pytest.raises(CoverageError, match="enclose a pole of the grid: cat-0"):
        weigh(Grid(LONLAT, -180.0, 90.0, 1.0, -1.0, 360, 180), around, crs="EPSG:3413")


def test_grid_with_a_rotated_pole_has_the_catchment_where_it_is() -> None:
    crs = pyproj.CRS.from_cf(
        {
            "grid_mapping_name": "rotated_latitude_longitude",
            "grid_north_pole_latitude": 39.25,
            "grid_north_pole_longitude": -162.0,
            "earth_radius": 6371000.0,
        }
    ).to_wkt()
    grid = Grid(crs, -5.0, 5.0, 0.1, -0.1, 100, 100)
    shape = shapely.box(19.0, 51.0, 20.0, 52.0)
    weights = weigh(grid, shape, crs=LONLAT)
    area = 6371000.0**2 * np.radians(1) * (np.sin(np.radians(52)) - np.sin(np.radians(51)))
    assert weights.covered[0] == 1.0
    assert weights.area[0] == pytest.approx(area, rel=1e-6)
    to_lonlat = pyproj.Transformer.from_crs(crs, LONLAT, always_xy=True)
    lon, _ = to_lonlat.transform(*np.meshgrid(grid.x, grid.y))
    assert mean(weigh(grid, shape, crs=LONLAT, method="linear"), grid, lon)[0] == pytest.approx(
        19.5, abs=1e-4
    )


def test_grid_in_kilometres_has_areas_in_square_metres() -> None:
    crs = LAMBERT.replace("+units=m", "+units=km")
    weights = weigh(Grid(crs, 0.0, 10.0, 1.0, -1.0, 10, 10), shapely.box(1, 1, 3, 3), crs=crs)
    assert weights.area[0] == pytest.approx(4e6)


def test_bands_batches_and_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    shapes = np.array([shapely.Point(p).buffer(1.7) for p in rng.uniform(0, 9, (40, 2))], dtype=object)
    ids = [f"cat-{i}" for i in range(40)]
    expected = find_weights(PLANE, ids, shapes, ALBERS, workers=1)
    monkeypatch.setattr(coverage, "BATCH_POINTS", 200)
    monkeypatch.setattr(coverage, "BAND_CELLS", 7)
    said: list[float] = []
    found = find_weights(PLANE, ids, shapes, ALBERS, workers=4, progress=lambda what, done: said.append(done))
    for name in ("offset", "cell", "share", "covered", "area"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert found.window == expected.window
    assert (said == sorted(said), said[-1], len(said) > 5) == (True, 1.0, True)


def test_selected_catchments_keep_their_shares() -> None:
    weights = weigh(PLANE, SQUIRCLE, shapely.box(20, 20, 21, 21), shapely.box(2, 2, 4.5, 3))
    chosen = weights.select([2, 0])
    assert chosen.ids == ("cat-2", "cat-0")
    assert np.array_equal(dense(chosen, PLANE), dense(weights, PLANE)[[2, 0]])
    assert chosen.area.tolist() == weights.area[[2, 0]].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crs": "EPSG:999999"}, "reference system of the polygons is unknown"),
        ({"grid": dataclasses.replace(PLANE, crs="nonsense")}, "reference system of the grid is unknown"),
        ({"method": "nearest"}, "no method 'nearest'"),
        ({"shapes": [shapely.Point(1, 1)]}, "shape of cat-0 is no polygon"),
        ({"shapes": [shapely.Polygon()]}, "shape of cat-0 is no polygon"),
        ({"shapes": [None]}, "shape of cat-0 is no polygon"),
        ({"ids": []}, "0 ids and 1 shapes"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], message: str) -> None:
    given = {"grid": PLANE, "ids": ["cat-0"], "shapes": [SQUIRCLE], "crs": ALBERS} | change
    with pytest.raises(InputError, match=message):
        find_weights(**given)  # type: ignore[arg-type]


def test_catchment_without_a_place_in_the_projection_is_named() -> None:
    far = shapely.box(100, -91.5, 101, -91)
    with pytest.raises(CoverageError, match="no place in the grid's projection: cat-0"):
        weigh(Grid(LAMBERT, 0.0, 1e4, 1e3, -1e3, 10, 10), far, crs=LONLAT)
