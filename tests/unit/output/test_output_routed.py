"""The NetCDF file of routed flow: names as river routing has them, whole or not at all."""

from datetime import UTC, datetime

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError, StoreError
from dmod.output.routed import RoutedNetcdf, open_routed

IDS = ["wb-11223", "wb-7", "rv-9"]
AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 5)


def values():
    return np.arange(15, dtype=np.float32).reshape(3, 5)


def test_routed_file_written_in_chunks_holds_every_value(tmp_path):
    path = tmp_path / "routed.nc"
    with RoutedNetcdf.open(path, IDS, AXIS) as sink:
        for first, end in ((0, 2), (2, 5)):
            part = values()[:, first:end]
            sink.write(first, part, part + 100, part + 200)
        assert not path.exists()

    with netCDF4.Dataset(path) as file:
        assert file["feature_id"].dtype == np.int64
        assert file["feature_id"][:].tolist() == [11223, 7, 9]
        assert file["type"][:].tolist() == ["wb", "wb", "rv"]
        assert file["flow"].dimensions == ("feature_id", "time")
        assert (file["flow"].units, file["velocity"].units, file["depth"].units) == (
            "m3 s-1", "m s-1", "m",
        )  # fmt: skip
        assert np.array_equal(file["flow"][:], values())
        assert np.array_equal(file["velocity"][:], values() + 100)
        assert np.array_equal(file["depth"][:], values() + 200)
    assert [p.name for p in tmp_path.iterdir()] == ["routed.nc"]


def test_routed_file_read_back_is_stamped_at_the_end_of_its_periods(tmp_path):
    path = tmp_path / "routed.nc"
    with RoutedNetcdf.open(path, IDS, AXIS) as sink:
        sink.write(0, values(), values(), values())

    with open_routed(path) as data:
        assert data["time"].values[0] == np.datetime64("2015-12-01T01:00:00")
        assert data["time"].values[-1] == np.datetime64("2015-12-01T05:00:00")
        assert data["flow"].sel(feature_id=7).values.tolist() == [5, 6, 7, 8, 9]


def test_routed_file_aborted_leaves_nothing(tmp_path):
    sink = RoutedNetcdf.open(tmp_path / "routed.nc", IDS, AXIS)
    sink.write(0, values(), values(), values())
    sink.abort()
    assert list(tmp_path.iterdir()) == []


def test_routed_file_error_inside_leaves_nothing(tmp_path):
    sink = RoutedNetcdf.open(tmp_path / "routed.nc", IDS, AXIS)
    with pytest.raises(KeyError), sink:
        raise KeyError("interrupted")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("ids", "word"), [(["wb-x"], "no number"), (["wb-1", "rv-1"], "more than one")])
def test_routed_file_unusable_ids_are_refused_and_leave_nothing(tmp_path, ids, word):
    with pytest.raises(InputError, match=word):
        RoutedNetcdf.open(tmp_path / "routed.nc", ids, AXIS)
    assert list(tmp_path.iterdir()) == []


def test_open_routed_other_files_are_refused(tmp_path):
    text = tmp_path / "a.nc"
    text.write_text("no")
    with pytest.raises(StoreError, match=r"a\.nc"):
        open_routed(text)
    other = tmp_path / "b.nc"
    with netCDF4.Dataset(other, "w") as file:
        file.createDimension("time", 1)
        file.createVariable("time", "f8", ("time",))[:] = 0
    with pytest.raises(InputError, match="feature_id"):
        open_routed(other)
