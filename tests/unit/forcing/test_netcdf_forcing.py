"""NetCDF forcing: time units, identifiers, layouts of other tools, damaged files."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import CoverageError, InputError, StoreError
from dmod.forcing.opening import open_forcing
from dmod.forcing.source import ForcingSource
from dmod.forcing.write import write_netcdf_forcing

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 6)
SECONDS = AXIS.epoch_seconds()
HEAT = 270 + np.arange(18, dtype=np.float64).reshape(3, 6)
IDS = ["cat-1", "cat-2", "cat-3"]
WANTED = [("T2D", "K")]


def framework_file(path: Path, times: np.ndarray = SECONDS, dtype: str = "f8", **attributes: str) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("catchment-id", 3)
        file.createDimension("time", len(times))
        file.createVariable("ids", str, ("catchment-id",))[:] = np.array(IDS, dtype=object)
        time = file.createVariable("Time", dtype, ("catchment-id", "time"))
        time.setncatts(attributes)
        time[0] = times
        heat = file.createVariable("T2D", "f8", ("catchment-id", "time"))
        heat[:] = HEAT[:, : len(times)]
    return path


def opened(path: Path) -> ForcingSource:
    return open_forcing("NetCDF", path, None, IDS)


@pytest.mark.parametrize(
    ("scale", "offset", "attributes"),
    [
        (1e9, 0, {"units": "ns"}),
        (1e6, 0, {"units": "microseconds"}),
        (1e3, 0, {"units": "ms"}),
        (1, 0, {"units": "s"}),
        (1, 0, {}),
        (1 / 60, 0, {"units": "minutes"}),
        (1 / 3600, 0, {"units": "h"}),
        (1 / 60, 1448841600, {"units": "minutes since 2015-11-30 00:00:00"}),
        (1, 1448841600, {"units": "seconds since 2015-11-30 00:00:00 UTC"}),
        (1 / 3600, 1448841600, {"units": "hours", "epoch_start": "11/30/2015 00:00:00"}),
    ],
)
def test_times_in_every_unit_are_understood(tmp_path: Path, scale, offset, attributes) -> None:
    path = framework_file(tmp_path / "f.nc", (SECONDS - offset) * scale, **attributes)
    source = opened(path)
    assert source.period == AXIS
    np.testing.assert_array_equal(source.read(IDS, WANTED, AXIS)["T2D"], HEAT)


def test_times_in_an_unknown_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fortnights"):
        opened(framework_file(tmp_path / "f.nc", units="fortnights"))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("kind", ["string", "char", "integer"])
def test_layouts_of_other_tools_are_read(tmp_path: Path, transposed: bool, kind: str) -> None:
    path = tmp_path / "f.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("catchment", 3)
        file.createDimension("time", 6)
        file.createDimension("characters", 8)
        if kind == "string":
            file.createVariable("catchment", str, ("catchment",))[:] = np.array(IDS, dtype=object)
        elif kind == "char":
            padded = np.array(IDS, "S8").view("S1").reshape(3, 8)
            file.createVariable("ids", "S1", ("catchment", "characters"))[:] = padded
        else:
            file.createVariable("catchment", "i4", ("catchment",))[:] = [1, 2, 3]
        time = file.createVariable("time", "i8", ("time",))
        time.units = "hours since 2015-12-01 00:00:00"
        time[:] = np.arange(6)
        shape = ("time", "catchment") if transposed else ("catchment", "time")
        heat = file.createVariable("T2D", "i2", shape, fill_value=-32768)
        heat.scale_factor = 0.5
        heat[:] = HEAT.T if transposed else HEAT
    source = opened(path)
    assert list(source.catchments) == IDS
    found = source.read(["cat-3", "cat-1"], WANTED, AXIS.window(2, 3))["T2D"]
    np.testing.assert_array_equal(found, HEAT[[2, 0]][:, 2:5])


@pytest.mark.parametrize("fill", [-9999.0, 9.969209968386869e36])
def test_fill_value_is_a_missing_value(tmp_path: Path, fill: float) -> None:
    path = tmp_path / "f.nc"
    with netCDF4.Dataset(framework_file(path), "a") as file:
        other = file.createVariable("own_variable", "f4", ("catchment-id", "time"), fill_value=fill)
        other[:] = 1.0
        other[1, 4] = fill
    source = opened(path)
    with pytest.raises(CoverageError, match="own_variable of cat-2 is missing at 2015-12-01 04:00:00"):
        source.read(IDS, [("own_variable", "")], AXIS)
    found = source.read(IDS, [("own_variable", "")], AXIS, check=False)["own_variable"]
    assert np.argwhere(np.isnan(found)).tolist() == [[1, 4]]


def test_gap_in_times_is_named_and_missing_without_the_check(tmp_path: Path) -> None:
    source = opened(framework_file(tmp_path / "f.nc", np.delete(SECONDS, 2)))
    with pytest.raises(CoverageError, match="1 times are missing, the first is 2015-12-01 02:00:00"):
        source.read(IDS, WANTED, AXIS)
    found = source.read(IDS, WANTED, AXIS, check=False)["T2D"]
    np.testing.assert_array_equal(found[1], [276, 277, np.nan, 278, 279, 280])


def test_file_that_is_no_netcdf_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "f.nc").write_text("time,T2D\n")
    with pytest.raises(InputError, match="not a NetCDF file"):
        opened(tmp_path / "f.nc")


@pytest.mark.parametrize("name", ["ids", "Time", "T2D"])
def test_file_without_what_is_needed_says_so(tmp_path: Path, name: str) -> None:
    with netCDF4.Dataset(framework_file(tmp_path / "f.nc"), "a") as file:
        file.renameVariable(name, "other")
        if name == "T2D":
            return
    with pytest.raises(InputError, match="there is no variable"):
        opened(tmp_path / "f.nc")


def test_write_failing_block_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f.nc"
    path.write_text("old")

    def blocks() -> object:
        yield 0, {"T2D": HEAT[:1]}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_netcdf_forcing(path, IDS, AXIS, blocks())
    assert [p.name for p in tmp_path.iterdir()] == ["f.nc"]
    assert path.read_text() == "old"
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        write_netcdf_forcing(tmp_path / "file" / "f.nc", IDS, AXIS, {"T2D": HEAT})


def test_files_dropped_unclosed_do_not_disturb_reading_in_other_threads(tmp_path: Path) -> None:
    axis = TimeAxis(AXIS.start, 3600, 4000)
    ids = [f"cat-{i}" for i in range(32)]
    heat = 280 + np.random.default_rng(0).random((32, axis.count)).astype(np.float32)
    write_netcdf_forcing(tmp_path / "f.nc", ids, axis, {"T2D": heat})
    others = [framework_file(tmp_path / f"{i}.nc") for i in range(24)]  # one handle a file
    source = open_forcing("NetCDF", tmp_path / "f.nc", None, ids)

    def drop(path: Path) -> None:
        cycle: list[object] = [open_forcing("NetCDF", path, None, IDS)]
        cycle.append(cycle)
        del cycle
        gc.collect()

    with ThreadPoolExecutor(4) as pool:
        drops, reads = [], []
        for path in others:
            drops.append(pool.submit(drop, path))
            reads += [pool.submit(source.read, ids, WANTED, axis) for _ in range(2)]
        for task in drops:
            task.result()
    source.close()
    for read in reads:
        np.testing.assert_array_equal(read.result()["T2D"], heat)
