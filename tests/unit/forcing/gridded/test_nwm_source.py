import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import CoverageError, InputError, NotFoundError, StoreError
from dmod.forcing.gridded.example_layouts import NWM
from dmod.forcing.gridded.example_stores import write_nwm_netcdf_store, write_nwm_zarr_store
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.opening import open_grid_source

BOUNDS = (-111.9, 41.6, -111.6, 41.8)
PERIOD = TimeAxis(parse_time("2018-12-31 20:00"), 3600, 8)
COLUMNS = ("precip_rate", "TMP_2maboveground", "UGRD_10maboveground", "VGRD_10maboveground")
WRITERS = {"zarr": write_nwm_zarr_store, "netcdf": write_nwm_netcdf_store}


def plane(column, x, y, step):
    if column == "precip_rate":
        return 1e-4 * (step + 2) + 1e-9 * (x + 1.3e6)
    return 280.0 + step + 1e-5 * x - 2e-5 * y


@pytest.fixture(scope="module", params=["zarr", "netcdf"])
def root(request, tmp_path_factory):
    write = WRITERS[request.param]
    return write(tmp_path_factory.mktemp("nwm"), BOUNDS, PERIOD, plane, columns=COLUMNS, packed=False)


@pytest.mark.parametrize("column", COLUMNS[:3])
def test_nwm_values_stand_at_the_start_of_their_step(root, column):
    source = open_grid_source(str(root), PERIOD)
    x, y = np.meshgrid(source.grid.x, source.grid.y)
    values = source.read(column, source.grid.whole, PERIOD)
    for step in range(PERIOD.count):
        np.testing.assert_allclose(values[step], plane(column, x, y, step), rtol=1e-12)
    assert source.layout == "nwm"
    assert open_grid_source(str(root)).period == PERIOD


def test_nwm_rain_is_a_mean_that_ends_at_its_stamp_and_the_rest_of_an_instant(root):
    variables = open_grid_source(str(root), PERIOD).variables
    assert variables["precip_rate"].stamp == "end"
    assert variables["TMP_2maboveground"].stamp == "instant"


@pytest.mark.parametrize(("wind", "axes"), [("", ["", ""]), ("grid", ["x", "y"]), ("earth", ["", ""])])
def test_nwm_winds_point_east_and_north_unless_said_otherwise(root, wind, axes):
    options = {"wind": wind} if wind else {}
    variables = open_grid_source(str(root), PERIOD, options=options).variables
    assert [variables[column].wind for column in COLUMNS[2:]] == axes


def lambert(lon, lat):
    """Lambert's conformal projection of a sphere (Snyder 1987, eqs. 15-1 to 15-4)."""
    radius, low, high = 6_370_000.0, np.radians(30.0), np.radians(60.0)
    tangent = lambda latitude: np.tan(np.pi / 4 + latitude / 2)  # noqa: E731
    n = np.log(np.cos(low) / np.cos(high)) / np.log(tangent(high) / tangent(low))
    reach = radius * np.cos(low) * tangent(low) ** n / n
    far, middle = reach / tangent(np.radians(lat)) ** n, reach / tangent(np.radians(40.0)) ** n
    angle = n * np.radians(lon + 97.0)
    return far * np.sin(angle), middle - far * np.cos(angle)


def test_nwm_projection_takes_latitudes_as_those_of_its_sphere(root):
    from pyproj import Transformer

    grid = open_grid_source(str(root), PERIOD).grid
    to_grid = Transformer.from_crs("EPSG:4269", grid.crs, always_xy=True)
    for place in ((-97.0, 40.0), (-111.7, 41.7), (-75.0, 30.0)):
        assert to_grid.transform(*place) == pytest.approx(lambert(*place), abs=1e-3)
    west, south, east, north = to_grid.transform_bounds(*BOUNDS)
    assert grid.bounds[0] <= west
    assert grid.bounds[1] <= south
    assert grid.bounds[2] >= east
    assert grid.bounds[3] >= north


@pytest.mark.parametrize("kind", ["zarr", "netcdf"])
def test_nwm_packed_is_within_half_a_step_of_its_packing(tmp_path, kind):
    root = WRITERS[kind](tmp_path, BOUNDS, PERIOD.window(0, 2), plane, columns=COLUMNS)
    source = open_grid_source(str(root))
    x, y = np.meshgrid(source.grid.x, source.grid.y)
    warmth = source.read("TMP_2maboveground", source.grid.whole, source.period)
    assert np.abs(warmth[1] - plane("TMP_2maboveground", x, y, 1)).max() <= 0.00501
    rain = source.read("precip_rate", source.grid.whole, source.period)
    np.testing.assert_allclose(rain[1], plane("precip_rate", x, y, 1), rtol=1e-6)


@pytest.mark.parametrize("kind", ["zarr", "netcdf"])
def test_nwm_missing_values_are_missing(tmp_path, kind):
    def holes(column, x, y, step):
        return np.where(x < x.mean(), np.nan, plane(column, x, y, step))

    root = WRITERS[kind](tmp_path, BOUNDS, PERIOD.window(0, 2), holes, columns=COLUMNS)
    source = open_grid_source(str(root))
    half = source.grid.columns // 2
    for column in COLUMNS:
        values = source.read(column, source.grid.whole, source.period)
        assert np.isnan(values[:, :, :half]).all()
        assert np.isfinite(values[:, :, half + 1 :]).all()


def test_nwm_zarr_store_that_is_needed_and_missing_is_named(tmp_path):
    root = write_nwm_zarr_store(tmp_path, BOUNDS, PERIOD.window(0, 2), plane, columns=COLUMNS)
    with pytest.raises(NotFoundError, match=r"psfc\.zarr"):
        open_grid_source(str(root), columns=["precip_rate", "PRES_surface"])
    assert set(open_grid_source(str(root)).variables) == set(COLUMNS)


def test_nwm_netcdf_missing_hour_is_named(tmp_path):
    root = write_nwm_netcdf_store(tmp_path, BOUNDS, PERIOD, plane, columns=COLUMNS)
    (root / "2018" / "2018123122.LDASIN_DOMAIN1").unlink()
    with pytest.raises(CoverageError, match=r"2018-12-31 2[12]:00:00") as error:
        open_grid_source(str(root), PERIOD)
    assert "gap" in error.value.hint
    with pytest.raises(CoverageError, match="no files"):
        open_grid_source(str(root), TimeAxis(parse_time("2001-01-01"), 3600, 2))


def test_nwm_netcdf_file_under_another_hours_name_is_refused(tmp_path):
    root = write_nwm_netcdf_store(tmp_path, BOUNDS, PERIOD, plane, columns=COLUMNS)
    folder = root / "2018"
    shutil.copy(folder / "2018123121.LDASIN_DOMAIN1", folder / "2018123122.LDASIN_DOMAIN1")
    source = open_grid_source(str(root), PERIOD)
    with pytest.raises(StoreError, match="its name says 2018-12-31 22:00:00"):
        source.read("precip_rate", GridWindow(0, 1, 0, 1), PERIOD)


def test_nwm_netcdf_truncated_file_is_named(tmp_path):
    root = write_nwm_netcdf_store(tmp_path, BOUNDS, PERIOD, plane, columns=COLUMNS)
    file = root / "2019" / "2019010100.LDASIN_DOMAIN1"
    file.write_bytes(file.read_bytes()[:5000])
    source = open_grid_source(str(root), PERIOD)
    with pytest.raises((InputError, StoreError), match="2019010100"):
        source.read("precip_rate", GridWindow(0, 1, 0, 1), PERIOD)


def test_nwm_netcdf_minutes_in_names_and_one_folder_are_read_too(tmp_path):
    made = write_nwm_netcdf_store(tmp_path / "made", BOUNDS, PERIOD, plane, columns=COLUMNS[:2])
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in made.rglob("*.LDASIN_DOMAIN1"):
        shutil.copy(file, flat / f"{file.name[:10]}00.LDASIN_DOMAIN1")
    source = open_grid_source(str(flat), PERIOD)
    assert source.period == PERIOD
    assert source.read("precip_rate", GridWindow(0, 1, 0, 1), PERIOD).shape == (8, 1, 1)


def test_nwm_netcdf_file_is_as_the_framework_s_tools_expect(tmp_path):
    root = write_nwm_netcdf_store(tmp_path, BOUNDS, PERIOD.window(0, 1), plane)
    path = Path(root) / "2018" / "2018123120.LDASIN_DOMAIN1"
    with HDF5_LOCK, netCDF4.Dataset(path) as file:
        assert {shown.name for shown in NWM.values()} <= set(file.variables)
        assert file.variables["RAINRATE"].units == "mm s^-1"
        assert file.variables["T2D"].scale_factor == 0.01
        assert file.variables["T2D"][0].max() == pytest.approx(float(plane("T", -1.2e6, 2.4e5, 0)), abs=2.0)


def test_nwm_rain_is_a_mean_that_ends_at_its_stamp_though_nothing_says_so(tmp_path):
    root = write_nwm_zarr_store(tmp_path, BOUNDS, PERIOD, plane, columns=COLUMNS[:2], packed=False)
    for name in (".zmetadata", "RAINRATE/.zattrs"):
        described = root / "precip.zarr" / name
        described.write_text(described.read_text().replace("cell_methods", "methods_of_cells"))
    source = open_grid_source(str(root), PERIOD)
    assert source.variables["precip_rate"].stamp == "end"
    assert source.period == PERIOD
