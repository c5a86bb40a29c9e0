"""A file that is laid out once and filled row by row has the bytes of one that was written at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.errors import StoreError
from dmod.output.catchment_outputs import NETCDF, CatchmentOutputs
from dmod.output.hdf5_storage import storage_offsets
from dmod.output.layout import OutputLayout, OutputVariable, stored_variables
from dmod.output.netcdf_output import CatchmentNetcdf
from dmod.output.shared_netcdf import SharedNetcdf

AXIS = TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 48)
IDS = tuple(f"cat-{number}" for number in range(1, 8))
FIRST = OutputLayout((OutputVariable("Q_OUT", "m"), OutputVariable("a/b", "m")), np.array([0, 2, 3, 6]))
SECOND = OutputLayout((OutputVariable("ET", "m"), OutputVariable("Q_OUT", "mm h-1")), np.array([1, 4, 5]))
NAMES = ("Q_OUT", "a/b", "ET")


def outputs(dtype: str = "float64") -> CatchmentOutputs:
    return CatchmentOutputs(IDS, AXIS, (FIRST, SECOND), dtype=dtype)


def laid_out(folder: Path, dtype: str = "float64", barrier: threading.Barrier | None = None) -> SharedNetcdf:
    def write(aside: Path) -> Path:
        outputs(dtype).open(aside).close()
        if barrier is not None:
            barrier.wait(30)
        return aside / NETCDF

    names = list(stored_variables((FIRST, SECOND)))
    return SharedNetcdf.laid_out(folder, write, names=names, dtype=dtype, steps=AXIS.count)


def values() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.random((len(IDS), AXIS.count)) for name in NAMES}


def fill(sink: CatchmentNetcdf, rows: list[int], steps: int) -> None:
    with sink:
        for first in range(0, AXIS.count, steps):
            part = {name: array[rows, first : first + steps] for name, array in values().items()}
            sink.write(np.array(rows), first, part)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("steps", [48, 20])
def test_rows_of_several_writers_are_the_file_of_one(tmp_path: Path, dtype: str, steps: int) -> None:
    whole = outputs(dtype).open(tmp_path / "whole")
    assert isinstance(whole, CatchmentNetcdf)
    fill(whole, list(range(7)), AXIS.count)
    for rows in ([5, 1, 2], [3], [0, 4, 6], [3]):  # one of them does it twice
        shared = laid_out(tmp_path / "shared", dtype)
        fill(CatchmentNetcdf(shared.rows(), IDS, (FIRST, SECOND)), rows, steps)
    assert shared.path.read_bytes() == (tmp_path / "whole" / NETCDF).read_bytes()
    assert shared.path.stat().st_size == shared.size


def test_order_of_blocks_changes_no_byte(tmp_path: Path) -> None:
    for name, order in (("one", [[0], [1, 2, 3, 4, 5, 6]]), ("two", [[1], [0, 2, 3, 4, 5, 6]])):
        with outputs().open(tmp_path / name) as sink:
            for rows in order:
                sink.write(np.array(rows), 0, {key: array[rows] for key, array in values().items()})
    assert (tmp_path / "one" / NETCDF).read_bytes() == (tmp_path / "two" / NETCDF).read_bytes()


def test_all_who_race_agree_on_one_file(tmp_path: Path) -> None:
    barrier = threading.Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: laid_out(tmp_path / "shared", barrier=barrier), range(3)))
    assert len({shared.token for shared in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]
    assert laid_out(tmp_path / "shared").token == found[0].token


def test_file_that_is_a_result_already_is_not_written_again(tmp_path: Path) -> None:
    first = laid_out(tmp_path / "shared")
    (tmp_path / "result.nc").hardlink_to(first.path)
    second = laid_out(tmp_path / "shared")
    assert second.token != first.token
    before = (tmp_path / "result.nc").read_bytes()
    fill(CatchmentNetcdf(second.rows(), IDS, (FIRST, SECOND)), [0], AXIS.count)
    assert (tmp_path / "result.nc").read_bytes() == before != second.path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.nc", "shared"]


def test_laying_out_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def write(_: Path) -> Path:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SharedNetcdf.laid_out(tmp_path / "shared", write, names=[], dtype="float64", steps=1)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_are_given_up_are_let_go_of(tmp_path: Path) -> None:
    rows = laid_out(tmp_path / "shared").rows()
    opened = len(list(Path("/proc/self/fd").iterdir()))
    rows.discard()
    rows.discard()
    assert len(list(Path("/proc/self/fd").iterdir())) == opened - 1


def test_offsets_are_where_the_values_lie(tmp_path: Path) -> None:
    path = tmp_path / "some.nc"
    held = {"x": np.arange(6.0).reshape(2, 3), "y": -np.arange(6.0).reshape(2, 3)}
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("row", 2)
        data.createDimension("step", 3)
        for name, array in held.items():
            data.createVariable(name, "f8", ("row", "step"), contiguous=True)[:] = array
        data.createVariable("z", "f8", ("row", "step"), zlib=True)[:] = 1.0
    content = path.read_bytes()
    for name, place in storage_offsets(path, held).items():
        assert np.array_equal(np.frombuffer(content, "<f8", 6, place).reshape(2, 3), held[name])
    with pytest.raises(StoreError, match="'z' does not lie in one piece"):
        storage_offsets(path, ["z"])
    with pytest.raises(StoreError, match="'no' cannot be opened"):
        storage_offsets(path, ["no"])
    with pytest.raises(StoreError, match="cannot be opened"):
        storage_offsets(tmp_path / "none.nc", ["x"])
