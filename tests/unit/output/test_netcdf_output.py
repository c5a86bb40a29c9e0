"""CF NetCDF of a run, as xarray reads it, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray

from dmod.core.time_axis import TimeAxis
from dmod.errors import StoreError
from dmod.output.layout import OutputLayout, OutputVariable
from dmod.output.netcdf_output import CatchmentNetcdf, NexusNetcdf

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 48)
IDS = ("cat-1", "cat-22", "cat-3", "cat-4")
LAYOUT = OutputLayout((OutputVariable("Q_OUT", "m", "runoff"), OutputVariable("ET", "m")))


def arrays(rows: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.random((rows, AXIS.count)) for name in ("Q_OUT", "ET")}


def test_catchment_netcdf_blocks_in_any_order_are_read_back(tmp_path: Path) -> None:
    values = arrays()
    path = tmp_path / "new" / "catchments.nc"
    with CatchmentNetcdf.open(path, IDS, AXIS, [LAYOUT], attributes={"source": "test"}) as sink:
        for rows in (np.array([3, 0]), np.array([1, 2])):
            for first, end in ((0, 10), (10, 48)):
                sink.write(rows, first, {n: a[rows][:, first:end] for n, a in values.items()})
        assert not path.exists()
    assert [p.name for p in path.parent.iterdir()] == ["catchments.nc"]
    with xarray.open_dataset(path) as data:
        assert data.catchment.values.tolist() == list(IDS)
        assert (data.time.values == AXIS.stamps()).all()
        np.testing.assert_array_equal(data.Q_OUT.sel(catchment="cat-22"), values["Q_OUT"][1])
        np.testing.assert_array_equal(data.ET, values["ET"])
        assert data.Q_OUT.dims == ("catchment", "time")
        assert data.Q_OUT.attrs == {"long_name": "runoff", "units": "m"}
        assert data.catchment.attrs["cf_role"] == "timeseries_id"
        assert data.attrs["Conventions"].startswith("CF-")
        assert data.attrs["source"] == "test"


def test_catchment_netcdf_variable_of_another_formulation_is_nan(tmp_path: Path) -> None:
    layouts = [
        OutputLayout((OutputVariable("a", "m"),), np.array([0, 2])),
        OutputLayout((OutputVariable("b", "m"), OutputVariable("a", "mm h-1")), np.array([1, 3])),
    ]
    value = {"a": np.ones((4, AXIS.count)), "b": np.full((4, AXIS.count), 2.0)}
    with CatchmentNetcdf.open(tmp_path / "c.nc", IDS, AXIS, layouts, dtype="float32") as sink:
        sink.write(np.arange(4), 0, value)
    with xarray.open_dataset(tmp_path / "c.nc") as data:
        assert set(data.data_vars) == {"a", "b", "a_mm_h-1"}
        assert data.a.dtype == np.float32
        assert np.isnan(data.b.values[[0, 2]]).all()
        assert (data.b.values[[1, 3]] == 2).all()
        assert np.isnan(data.a.values[[1, 3]]).all()
        assert (data["a_mm_h-1"].values[[1, 3]] == 1).all()


def test_nexus_netcdf_has_the_frameworks_names(tmp_path: Path) -> None:
    flow = np.arange(96.0).reshape(2, 48)
    ids = ["nex-1", "tnx-1000000099"]
    with NexusNetcdf.open(tmp_path / "nexuses.nc", ids, AXIS) as sink:
        sink.write(np.arange(2), 0, {"runoff_rate": flow})
    with xarray.open_dataset(tmp_path / "nexuses.nc") as data:
        assert [name.decode() for name in data.feature_id.values] == ids
        assert (data.time.values == AXIS.stamps()).all()
        assert data.runoff_rate.dims == ("feature_id", "time")
        assert data.runoff_rate.attrs["units"] == "m3 s-1"
        np.testing.assert_array_equal(data.runoff_rate, flow)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_catchment_netcdf_failure_leaves_the_old_file(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "c.nc"
    path.write_text("old")

    def fail() -> None:
        with CatchmentNetcdf.open(path, IDS, AXIS, [LAYOUT]) as sink:
            sink.write(np.arange(2), 0, {n: a[:2] for n, a in arrays().items()})
            raise failure

    with pytest.raises(failure):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["c.nc"]
    assert path.read_text() == "old"


def test_catchment_netcdf_larger_than_the_disk_is_refused_before_writing(tmp_path: Path) -> None:
    axis = TimeAxis(AXIS.start, 60, 10**9)
    with pytest.raises(StoreError, match="no space left"):
        CatchmentNetcdf.open(tmp_path / "c.nc", [f"cat-{i}" for i in range(10**5)], axis, [LAYOUT])
    assert not list(tmp_path.iterdir())


def test_catchment_netcdf_folder_that_is_a_file_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        CatchmentNetcdf.open(tmp_path / "file" / "c.nc", IDS, AXIS, [LAYOUT])
