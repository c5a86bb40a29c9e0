"""Winds along a grid's axes against closed forms of how far these are turned."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from dmod.errors import CoverageError
from dmod.forcing.gridded.coverage import find_weights
from dmod.forcing.gridded.grid import Grid
from dmod.forcing.gridded.wind import axis_angle, earth_winds, wind_shares

LONLAT = "EPSG:4326"
LAMBERT = "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=40 +lon_0=-97 +R=6370000 +units=m"
ROTATED = pyproj.CRS.from_cf(
    {
        "grid_mapping_name": "rotated_latitude_longitude",
        "grid_north_pole_latitude": 39.25,
        "grid_north_pole_longitude": -162.0,
        "earth_radius": 6371000.0,
    }
).to_wkt()
LON = np.array([-124.0, -111.6, -97.0, -67.0])
LAT = np.array([25.0, 41.8, 40.0, 49.0])


def to_grid(crs: str, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = pyproj.Transformer.from_crs(LONLAT, crs, always_xy=True).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


@pytest.mark.parametrize("unit", ["m", "km"])
def test_angle_of_a_lambert_grid_is_cone_times_longitude(unit: str) -> None:
    """Snyder (1987), p. 107: θ = n (λ - λ₀), n from the two standard parallels."""
    crs = LAMBERT.replace("units=m", f"units={unit}")
    low, high = np.radians(30), np.radians(60)
    cone = np.log(np.cos(low) / np.cos(high)) / np.log(
        np.tan(np.pi / 4 + high / 2) / np.tan(np.pi / 4 + low / 2)
    )
    expected = cone * np.radians(LON + 97.0)
    assert axis_angle(crs, *to_grid(crs, LON, LAT)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:32612", "EPSG:3413", "EPSG:5070"])
def test_angle_of_a_projection_is_its_meridian_convergence(crs: str) -> None:
    projection = pyproj.Proj(crs)
    lon, lat = np.array([-111.6, -109.0]), np.array([41.8, 44.0])
    factors = projection.get_factors(lon, lat)
    # PROJ: convergence of the meridian, from true north to the grid's
    found = axis_angle(crs, *to_grid(crs, lon, lat))
    if crs == "EPSG:5070":  # not conformal: away from the standard parallels the axes are no right angle
        assert found == pytest.approx(np.radians(factors.meridian_convergence), abs=0.01)
    else:
        assert found == pytest.approx(np.radians(factors.meridian_convergence), abs=1e-8)


def test_angle_of_a_rotated_pole_is_that_between_the_two_norths() -> None:
    """From the spherical triangle of the place, the pole and the grid's pole."""
    lon, lat = np.array([5.0, 18.0, 30.0]), np.array([45.0, 50.0, 60.0])
    pole_lon, pole_lat = np.radians(-162.0), np.radians(39.25)
    across = np.radians(lon)
    up = np.radians(lat)
    sine = np.cos(pole_lat) * np.sin(pole_lon - across)
    cosine = np.sin(pole_lat) * np.cos(up) - np.cos(pole_lat) * np.sin(up) * np.cos(pole_lon - across)
    expected = np.arctan2(sine, cosine)  # azimuth of the grid's pole, which its y axis points to
    assert axis_angle(ROTATED, *to_grid(ROTATED, lon, lat)) == pytest.approx(expected, abs=1e-9)


def test_angle_of_an_unturned_grid_is_nothing() -> None:
    assert axis_angle(LONLAT, LON, LAT) == pytest.approx(0.0, abs=1e-12)
    assert axis_angle(LONLAT, np.array([180.0]), np.array([50.0])) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("crs", [LAMBERT, ROTATED])
@pytest.mark.parametrize(("east", "north"), [(7.0, 0.0), (0.0, 7.0), (3.0, -4.0)])
def test_wind_that_is_the_same_everywhere_is_found_again(crs: str, east: float, north: float) -> None:
    """Turn an even wind to the grid's axes by following a small parcel of air for a second."""
    lon, lat = (27.0, 50.0) if crs == ROTATED else (-115.0, 45.0)
    x, y = (float(value[0]) for value in to_grid(crs, np.array([lon]), np.array([lat])))
    size = 0.02 if crs == ROTATED else 2000.0
    grid = Grid(crs, x - 10 * size, y + 10 * size, size, -size, 20, 20)
    shape = np.array([shapely.Point(lon, lat).buffer(0.1)], dtype=object)
    weights = find_weights(grid, ["cat-1"], shape, LONLAT)
    window = grid.cut(weights.window)
    gx, gy = np.meshgrid(window.x, window.y)
    radius = 6371000.0 if crs == ROTATED else 6370000.0
    to_lonlat = pyproj.Transformer.from_crs(crs, LONLAT, always_xy=True)
    at_lon, at_lat = to_lonlat.transform(gx, gy)
    moved_lon = at_lon + np.degrees(east / (radius * np.cos(np.radians(at_lat))))
    moved_x, moved_y = to_grid(crs, moved_lon, at_lat + np.degrees(north / radius))
    u, v = moved_x - gx, moved_y - gy
    if crs == ROTATED:
        u = u * np.cos(np.radians(gy))
    speed = np.hypot(east, north) / np.hypot(u, v)  # the map's scale
    field = (np.stack([u * speed] * 3), np.stack([v * speed] * 3))
    found = earth_winds(weights, wind_shares(grid, weights), *field)
    off = abs((u * speed).mean() - east) + abs((v * speed).mean() - north)
    assert off > 0.5  # unturned it would be wrong
    assert found[0].values == pytest.approx(east, abs=1e-5)
    assert found[1].values == pytest.approx(north, abs=1e-5)


def test_cell_that_lacks_one_component_lacks_both() -> None:
    grid = Grid(LAMBERT, 0.0, 10e3, 1e3, -1e3, 10, 10)
    shape = np.array([shapely.box(1e3, 1e3, 3e3, 3e3)], dtype=object)
    weights = find_weights(grid, ["cat-1"], shape, LAMBERT)
    u, v = np.full((2, 2, 2), 3.0), np.full((2, 2, 2), 4.0)
    whole = earth_winds(weights, wind_shares(grid, weights), u, v)
    v[1, 0, 1] = np.nan
    with pytest.raises(CoverageError, match="wind: cells of 1 of 1 catchments"):
        earth_winds(weights, wind_shares(grid, weights), u, v)
    u[1, 0, 1] = 99.0
    rest = earth_winds(weights, wind_shares(grid, weights), u, v, missing="renormalise")
    for one, other in zip(whole, rest, strict=True):
        assert other.values == pytest.approx(one.values, rel=1e-4)
        assert other.gaps.share == pytest.approx(0.25)
