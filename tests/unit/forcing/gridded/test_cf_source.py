import numpy as np
import pytest
import xarray as xr

from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import CoverageError, InputError, StoreError, UnitError
from dmod.forcing.gridded.example_layouts import NWM_WKT
from dmod.forcing.gridded.example_stores import write_cf_store
from dmod.forcing.gridded.grid import GridWindow
from dmod.forcing.gridded.opening import open_grid_source

PERIOD = TimeAxis(parse_time("2020-02-28 18:00"), 3600, 12)
LON = np.linspace(-112.0, -111.0, 9)
LAT = np.linspace(41.0, 42.0, 6)
TIMES = PERIOD.stamps()


def plane(column, x, y, step):
    return 1e-3 * (step + 1) + 1e-6 * x + 2e-6 * y


def dataset(
    values=None, *, name="tas", attributes=None, times=TIMES, lon=LON, lat=LAT, order=("time", "lat", "lon")
):
    """A little dataset as others write it, of one variable."""
    shape = (len(times), len(lat), len(lon))
    if values is None:
        values = 280.0 + np.arange(np.prod(shape), dtype=float).reshape(shape) / 100
    made = xr.Dataset(
        {
            name: (
                ("time", "lat", "lon"),
                values,
                attributes or {"units": "K", "standard_name": "air_temperature"},
            )
        },
        {
            "time": ("time", times),
            "lat": ("lat", lat, {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("lon", lon, {"units": "degrees_east", "standard_name": "longitude"}),
        },
    )
    return made.transpose(*order)


def saved(made, path, **more):
    with HDF5_LOCK:
        made.to_netcdf(path, engine="netcdf4", **more)
    return str(path)


def read(location, column="TMP_2maboveground", **more):
    source = open_grid_source(location, **more)
    values = source.read(column, source.grid.whole, source.period)
    source.close()
    return values


@pytest.mark.parametrize(
    ("name", "crs", "upwards"),
    [
        ("a.nc", "EPSG:4326", False),
        ("a.zarr", "EPSG:4326", True),
        ("a.nc", "EPSG:5070", True),
        ("a.zarr", NWM_WKT, False),
    ],
)
def test_cf_store_reads_as_written(tmp_path, name, crs, upwards):
    degrees = crs == "EPSG:4326"
    x = LON if degrees else np.arange(-1_200_000.0, -1_190_000.0, 1000.0)
    y = (LAT if degrees else np.arange(200_000.0, 206_000.0, 1000.0))[:: 1 if upwards else -1]
    path = write_cf_store(tmp_path / name, x, y, PERIOD, plane, crs=crs)
    source = open_grid_source(str(path), PERIOD)
    assert source.layout == "cf"
    assert len(source.variables) == 8
    assert {variable.stamp for variable in source.variables.values()} == {"start"}
    across, up = np.meshgrid(source.grid.x, source.grid.y)
    for column in source.variables:
        values = source.read(column, source.grid.whole, PERIOD)
        np.testing.assert_allclose(values[5], plane(column, across, up, 5), rtol=1e-9)
    assert (source.grid.dy > 0) == upwards


def test_cf_zarr_format_3_reads_as_written(tmp_path):
    path = write_cf_store(tmp_path / "three.zarr", LON, LAT, PERIOD, plane, zarr_format=3)
    x, y = np.meshgrid(LON, LAT)
    np.testing.assert_allclose(read(str(path))[3], plane("", x, y, 3), rtol=1e-9)


@pytest.mark.parametrize("order", [("lon", "lat", "time"), ("lat", "time", "lon"), ("time", "lon", "lat")])
def test_cf_dimensions_in_any_order_come_as_time_row_column(tmp_path, order):
    usual = dataset()
    values = read(saved(dataset(order=order), tmp_path / "turned.nc"))
    np.testing.assert_array_equal(values, usual["tas"].values)
    dataset(order=order).to_zarr(tmp_path / "turned.zarr", zarr_format=2)
    np.testing.assert_array_equal(read(str(tmp_path / "turned.zarr")), usual["tas"].values)


def test_cf_dimension_of_size_one_is_dropped_and_of_more_refused(tmp_path):
    one = dataset().expand_dims(height=[2.0], axis=1)
    assert read(saved(one, tmp_path / "one.nc")).shape == (12, 6, 9)
    two = xr.concat([one, one.assign_coords(height=[10.0])], "height")
    with pytest.raises(InputError, match="varies along height"):
        open_grid_source(saved(two, tmp_path / "two.nc"))


def test_cf_units_are_brought_to_the_column_s(tmp_path):
    stored = {"t2m": ("degC", 7.0), "sp": ("hPa", 850.0), "pr": ("mm/h", 7.2), "hurs": ("%", 50.0)}
    parts = [
        dataset(np.full((12, 6, 9), value), name=name, attributes={"units": unit})
        for name, (unit, value) in stored.items()
    ]
    location = saved(xr.merge(parts), tmp_path / "units.nc")
    np.testing.assert_allclose(read(location), 280.15)
    np.testing.assert_allclose(read(location, "PRES_surface"), 85_000.0)
    np.testing.assert_allclose(read(location, "precip_rate"), 0.002)


def test_cf_unit_of_something_else_is_refused(tmp_path):
    attributes = {"units": "m", "standard_name": "air_temperature"}
    with pytest.raises(UnitError, match="thing is in 'm'"):
        open_grid_source(saved(dataset(name="thing", attributes=attributes), tmp_path / "wrong.nc"))


AMOUNT = {"units": "m", "standard_name": "lwe_thickness_of_precipitation_amount"}


def test_cf_amount_of_unknown_interval_is_refused(tmp_path):
    with pytest.raises(InputError, match="over which time it adds up") as error:
        open_grid_source(saved(dataset(name="tp", attributes=AMOUNT), tmp_path / "amount.nc"))
    assert "accumulation=step" in error.value.hint


@pytest.mark.parametrize("options", [{"accumulation": "step"}, {}])
def test_cf_amount_of_each_step_becomes_the_rate_of_the_hour_before_its_stamp(tmp_path, options):
    attributes = AMOUNT | ({} if options else {"cell_methods": "time: sum"})
    values = np.arange(12.0)[:, None, None] * np.ones((1, 6, 9))
    source = open_grid_source(
        saved(dataset(values, name="tp", attributes=attributes), tmp_path / "a.nc"), options=options
    )
    assert source.period.start == parse_time("2020-02-28 17:00")
    got = source.read("precip_rate", GridWindow(0, 1, 0, 1), source.period)[:, 0, 0]
    np.testing.assert_allclose(got, np.arange(12.0) * 1000 / 3600)


def test_cf_amount_since_midnight_is_taken_apart(tmp_path):
    hourly = np.arange(1.0, 13.0)  # of the hours that end at 18:00 … 05:00
    running = np.where(np.arange(12) < 7, np.cumsum(hourly), np.cumsum(hourly) - hourly[:7].sum())
    values = running[:, None, None] * np.ones((1, 6, 9))
    location = saved(dataset(values, name="tp", attributes=AMOUNT), tmp_path / "land.nc")
    source = open_grid_source(location, options={"accumulation": "day"})
    got = source.read("precip_rate", GridWindow(1, 1, 1, 1), source.period)[:, 0, 0]
    np.testing.assert_allclose(got * 3.6, hourly[1:])
    assert source.period.start == parse_time("2020-02-28 18:00")
    part = source.period.window(5, 3)
    np.testing.assert_allclose(
        source.read("precip_rate", GridWindow(1, 1, 1, 1), part)[:, 0, 0] * 3.6, hourly[6:9]
    )


def test_cf_amount_that_falls_is_refused(tmp_path):
    values = np.arange(12.0)[::-1, None, None] * np.ones((1, 6, 9))
    location = saved(dataset(values, name="tp", attributes=AMOUNT), tmp_path / "falls.nc")
    source = open_grid_source(location, options={"accumulation": "start"})
    with pytest.raises(InputError, match="falls"):
        source.read("precip_rate", source.grid.whole, source.period)


@pytest.mark.parametrize("at", ["start", "middle", "end"])
def test_cf_bounds_decide_which_step_a_value_holds_for(tmp_path, at):
    shift = {"start": 0, "middle": 1800, "end": 3600}[at]
    made = dataset(
        attributes={"units": "K", "standard_name": "air_temperature", "cell_methods": "time: mean"}
    )
    starts = PERIOD.epoch_seconds()
    unit = "seconds since 1970-01-01"
    made["time"] = ("time", starts + shift, {"units": unit, "bounds": "time_bnds"})
    made["time_bnds"] = (("time", "nv"), np.stack([starts, starts + 3600], axis=1))
    source = open_grid_source(saved(made, tmp_path / "bounds.nc"))
    assert source.period == PERIOD
    assert source.variables["TMP_2maboveground"].stamp == ("end" if at == "end" else "start")


def test_cf_amount_that_grows_within_bounds_is_taken_apart(tmp_path):
    joules = np.cumsum(np.full(12, 3600.0 * 50.0))
    attributes = {"units": "J m-2", "cell_methods": "time: sum"}
    made = dataset(joules[:, None, None] * np.ones((1, 6, 9)), name="ssrd", attributes=attributes)
    ends = PERIOD.epoch_seconds() + 3600
    made["time"] = ("time", ends, {"units": "seconds since 1970-01-01", "bounds": "time_bnds"})
    made["time_bnds"] = (("time", "nv"), np.stack([np.full(12, ends[0] - 3600), ends], axis=1))
    source = open_grid_source(saved(made, tmp_path / "grows.nc"))
    assert source.period == PERIOD
    np.testing.assert_allclose(source.read("DSWRF_surface", source.grid.whole, PERIOD), 50.0, rtol=1e-9)


def test_cf_longitudes_to_360_are_turned(tmp_path):
    made = dataset(lon=LON + 360.0)
    source = open_grid_source(saved(made, tmp_path / "east.nc"))
    np.testing.assert_allclose(source.grid.x, LON)


def test_cf_globe_from_0_to_360_is_read_across_its_seam(tmp_path):
    lon = np.arange(0.0, 360.0, 10.0)
    values = np.broadcast_to(np.where(lon > 180, lon - 360, lon), (12, 6, 36)).copy()
    source = open_grid_source(saved(dataset(values, lon=lon), tmp_path / "globe.nc"))
    assert source.grid.bounds == pytest.approx((-185.0, 40.9, 175.0, 42.1))
    np.testing.assert_allclose(
        source.read("TMP_2maboveground", source.grid.whole, PERIOD)[0, 0] % 360, source.grid.x % 360
    )
    window = source.grid.window((-25.0, 41.0, 25.0, 42.0))
    part = source.grid.cut(window)
    np.testing.assert_allclose(source.read("TMP_2maboveground", window, PERIOD)[3, 0], part.x, atol=1e-9)
    assert part.x[0] < 0 < part.x[-1]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [({"d2m": ("K", 283.15)}, 0.622 * 1227.0 / (90_000 - 0.378 * 1227.0)), ({"hurs": ("%", 50.0)}, 0.0081)],
)
def test_cf_humidity_is_computed_where_a_store_has_it_otherwise(tmp_path, inputs, expected):
    stored = {"t2m": ("K", 293.15), "sp": ("Pa", 90_000.0)} | inputs
    parts = [
        dataset(np.full((12, 6, 9), value), name=name, attributes={"units": unit})
        for name, (unit, value) in stored.items()
    ]
    location = saved(xr.merge(parts), tmp_path / "humidity.nc")
    values = read(location, "SPFH_2maboveground")
    np.testing.assert_allclose(values, expected, rtol=5e-3)
    assert "SPFH_2maboveground" in open_grid_source(location, columns=["SPFH_2maboveground"]).variables


@pytest.mark.parametrize("calendar", ["noleap", "360_day", "julian"])
def test_cf_calendar_of_days_that_never_were_is_refused(tmp_path, calendar):
    made = dataset()
    made["time"] = ("time", np.arange(12.0), {"units": "hours since 2020-02-28", "calendar": calendar})
    with pytest.raises(InputError, match=calendar):
        open_grid_source(saved(made, tmp_path / "calendar.nc"))


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10], "stands there twice"),
        ([0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11], "stands after"),
    ],
)
def test_cf_times_that_do_not_rise_are_refused(tmp_path, times, message):
    made = dataset()
    made["time"] = ("time", np.array(times, float), {"units": "hours since 2020-02-28 18:00"})
    with pytest.raises(InputError, match=message):
        open_grid_source(saved(made, tmp_path / "times.nc"))


def test_cf_gap_in_times_is_refused_where_it_is_needed(tmp_path):
    location = saved(dataset().isel(time=[0, 1, 2, 3, 6, 7, 8, 9, 10, 11]), tmp_path / "gap.nc")
    with pytest.raises(CoverageError, match="2020-02-28 22:00:00") as error:
        open_grid_source(location, PERIOD)
    assert "gap" in error.value.hint
    assert open_grid_source(location, PERIOD.window(6, 4)).period == PERIOD


@pytest.mark.parametrize("kind", ["i2", "f4"])
def test_cf_missing_values_and_valid_range_are_missing(tmp_path, kind):
    made = dataset()
    made["tas"].values[:, 2, 3] = np.nan
    encoding = {"dtype": kind, "_FillValue": -999}
    if kind == "i2":
        encoding |= {"scale_factor": 0.01, "add_offset": 280.0}
    values = read(saved(made, tmp_path / "fill.nc", encoding={"tas": encoding}))
    assert np.isnan(values[:, 2, 3]).all()
    assert np.isnan(values).sum() == 12
    np.testing.assert_allclose(values[0, 0, 1], 280.01, atol=1e-4)


def test_cf_values_outside_their_valid_range_are_missing(tmp_path):
    attributes = {"units": "K", "standard_name": "air_temperature", "valid_range": np.array([200.0, 281.0])}
    values = read(saved(dataset(attributes=attributes), tmp_path / "range.nc"))
    assert np.isnan(values).sum() == 648 - 101


def test_cf_curvilinear_grid_is_refused(tmp_path):
    across, up = np.meshgrid(LON, LAT)
    made = xr.Dataset(
        {"t2m": (("time", "j", "i"), np.full((12, 6, 9), 280.0), {"units": "K"})},
        {"time": TIMES, "lat": (("j", "i"), up, {"units": "degrees_north"}), "lon": (("j", "i"), across)},
    )
    with pytest.raises(InputError, match="two-dimensional lat"):
        open_grid_source(saved(made, tmp_path / "curved.nc"))


def test_cf_uneven_grid_is_refused(tmp_path):
    lon = LON.copy()
    lon[4] += 0.05
    with pytest.raises(InputError, match="not evenly spaced"):
        open_grid_source(saved(dataset(lon=lon), tmp_path / "uneven.nc"))


def test_cf_projected_grid_without_projection_is_refused_unless_it_is_given(tmp_path):
    made = (
        dataset()
        .rename(lat="y", lon="x")
        .assign_coords(x=("x", np.arange(9) * 1e3), y=("y", np.arange(6) * 1e3))
    )
    location = saved(made, tmp_path / "nowhere.nc")
    with pytest.raises(InputError, match="grid mapping"):
        open_grid_source(location)
    assert open_grid_source(location, options={"crs": "EPSG:5070"}).grid.crs == "EPSG:5070"


def test_cf_unknown_variables_are_refused_with_those_there_are(tmp_path):
    location = saved(dataset(name="warmth", attributes={"units": "K"}), tmp_path / "named.nc")
    with pytest.raises(InputError, match="no variable that is known") as error:
        open_grid_source(location)
    assert "warmth" in error.value.hint
    assert read(location, options={"TMP_2maboveground": "warmth"}).shape == (12, 6, 9)
    with pytest.raises(InputError, match="'cold'"):
        open_grid_source(location, options={"TMP_2maboveground": "cold"})


def test_cf_two_variables_of_one_kind_are_refused_unless_one_is_named(tmp_path):
    attributes = {"units": "K", "standard_name": "air_temperature"}
    made = xr.merge([dataset(name="low", attributes=attributes), dataset(name="high", attributes=attributes)])
    location = saved(made, tmp_path / "both.nc")
    with pytest.raises(InputError, match=r"high, low|low, high"):
        open_grid_source(location)
    assert (
        open_grid_source(location, options={"TMP_2maboveground": "low"}).variables["TMP_2maboveground"].name
        == "low"
    )


@pytest.mark.parametrize("pattern", ["", "/*.nc", "/part_?.nc"])
def test_cf_files_of_a_folder_are_joined_in_time(tmp_path, pattern):
    whole = dataset()
    folder = tmp_path / "parts"
    folder.mkdir()
    for number, places in enumerate([slice(8, 12), slice(0, 5), slice(5, 8)]):
        saved(whole.isel(time=places), folder / f"part_{number}.nc")
    (folder / "readme.txt").write_text("notes")
    values = read(f"{folder}{pattern}", period=PERIOD)
    np.testing.assert_array_equal(values, whole["tas"].values)


def test_cf_files_of_one_variable_each_are_read_together(tmp_path):
    saved(dataset(), tmp_path / "tas.nc")
    saved(dataset(name="sp", attributes={"units": "Pa"}), tmp_path / "sp.nc")
    assert set(open_grid_source(str(tmp_path)).variables) == {"TMP_2maboveground", "PRES_surface"}


def test_cf_files_on_different_grids_are_refused(tmp_path):
    saved(dataset(), tmp_path / "a.nc")
    saved(dataset(name="sp", attributes={"units": "Pa"}, lon=LON + 0.1), tmp_path / "b.nc")
    with pytest.raises(InputError, match="another grid"):
        open_grid_source(str(tmp_path))


def test_cf_files_that_overlap_in_time_are_refused(tmp_path):
    saved(dataset().isel(time=slice(0, 7)), tmp_path / "a.nc")
    saved(dataset().isel(time=slice(6, 12)), tmp_path / "b.nc")
    with pytest.raises(InputError, match="stands there twice"):
        open_grid_source(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"not NetCDF", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_cf_file_that_is_no_netcdf_is_refused(tmp_path, content):
    path = tmp_path / "broken.nc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.nc is not a NetCDF file"):
        open_grid_source(str(path))


def test_cf_damaged_values_are_a_store_error(tmp_path):
    values = np.random.default_rng(1).random((12, 60, 90)) + 280
    lon, lat = np.linspace(-112, -111, 90), np.linspace(41, 42, 60)
    path = tmp_path / "damaged.nc"
    encoding = {"tas": {"zlib": True, "chunksizes": (1, 60, 90)}}
    saved(dataset(values, lon=lon, lat=lat), path, encoding=encoding)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    source = open_grid_source(str(path))
    with pytest.raises(StoreError, match=r"damaged\.nc"):
        source.read("TMP_2maboveground", source.grid.whole, source.period)
