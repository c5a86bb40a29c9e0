"""What t-route wrote is read in all its forms, and what is missing or torn is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.routed import RoutedFlow
from dmod.errors import BackendError

AXIS = TimeAxis(datetime(2010, 10, 1, tzinfo=UTC), 3600, 4)
IDS = ("wb-7", "wb-3", "wb-5")
FLOW = {"wb-7": 7.0, "wb-3": 3.0, "wb-5": 5.0}


def flow_of(name: str, step: int) -> float:
    return FLOW.get(name, 99.0) + step / 8


def write_netcdf(
    folder: Path, names: Sequence[str], steps: Sequence[int], *, turned: bool = False, minutes: bool = False
) -> Path:
    """Write a file of values at the ends of steps."""
    path = folder / f"troute_output_20101001{steps[0]:02d}00.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.code_version = "4.1"
        file.createDimension("feature_id", len(names))
        file.createDimension("time", len(steps))
        time = file.createVariable("time", "f8", ("time",))
        time.units = ("minutes" if minutes else "seconds") + " since 2010-10-01 00:00:00"
        time[:] = (np.array(steps) + 1) * (60 if minutes else 3600)
        feature = file.createVariable("feature_id", "i8", ("feature_id",))
        feature[:] = [int(name.rpartition("-")[2]) for name in names]
        kind = file.createVariable("type", str, ("feature_id",))
        kind[:] = np.array([name.rpartition("-")[0] for name in names], dtype=object)
        values = np.array([[flow_of(name, step) for step in steps] for name in names])
        dimensions = ("time", "feature_id") if turned else ("feature_id", "time")
        for name, part in (("flow", 1.0), ("velocity", 0.5)):  # depth is not told
            variable = file.createVariable(name, "f4", dimensions, fill_value=-9999.0)
            variable[:] = values.T * part if turned else values * part
    return path


def csv_rows(names: Sequence[str], *, earlier: bool = False) -> list[str]:
    start = AXIS.start
    rows = [",,t0,time,flow,velocity,depth,nudge" if earlier else ",,current_time,flow,velocity,depth,nudge"]
    for step in reversed(range(AXIS.count)):
        for name in names:
            kind, _, number = name.rpartition("-")
            passed = timedelta(hours=step + 1)
            moment = f"{start:%Y-%m-%d %H:%M:%S},{passed}" if earlier else f"2010-10-01 {step + 1}:00:00"
            rows.append(f"{number},{kind},{moment},{flow_of(name, step)},1.5,-9999.0,-9999.0")
    return rows


def read(folder: Path, first: int = 0, count: int = AXIS.count) -> dict[str, np.ndarray]:
    with RoutedFlow(folder, IDS, AXIS) as routed:
        return dict(routed.read(first, count))


def due(first: int = 0, count: int = AXIS.count) -> np.ndarray:
    return np.array([[flow_of(name, step) for step in range(first, first + count)] for name in IDS], "f4")


@pytest.mark.parametrize("turned", [False, True])
def test_netcdf_is_read_in_the_order_of_the_run(tmp_path: Path, turned: bool) -> None:
    write_netcdf(tmp_path, ["nex-7", "wb-3", "wb-5", "wb-7", "wb-9"], range(5), turned=turned)
    found = read(tmp_path, 1, 2)
    assert np.array_equal(found["flow"], due(1, 2))
    assert np.array_equal(found["velocity"], due(1, 2) / 2)
    assert np.isnan(found["depth"]).all()


def test_pieces_in_time_are_joined(tmp_path: Path) -> None:
    write_netcdf(tmp_path, IDS, [2, 3], minutes=True)
    write_netcdf(tmp_path, [*reversed(IDS)], [0, 1])
    assert np.array_equal(read(tmp_path)["flow"], due())
    with RoutedFlow(tmp_path, IDS, AXIS) as routed:
        assert routed.version == "4.1"


@pytest.mark.parametrize("earlier", [False, True])
def test_tables_of_either_release_are_read(tmp_path: Path, earlier: bool) -> None:
    rows = csv_rows(["wb-5", "nex-7", "wb-7", "wb-3"], earlier=earlier)
    (tmp_path / "troute_output_201010010000.csv").write_text("\n".join(rows) + "\n")
    found = read(tmp_path)
    assert np.array_equal(found["flow"], due())
    assert (found["velocity"] == 1.5).all()
    assert np.isnan(found["depth"]).all()


def test_time_that_has_passed_may_be_days() -> None:
    from dmod.engine.ngen.routed_csv import _passed

    day = 86400
    texts = {"1 day, 1:00:00": day + 3600, "2 days 00:05:00": 2 * day + 300, "1 days": day, "10:00:00": 36000}
    assert {text: _passed(text) for text in texts} == texts
    for wrong in ("", "soon", "1:2"):
        with pytest.raises(ValueError, match="no length of time"):
            _passed(wrong)


def test_flowpath_that_is_missing_is_named_unless_it_may_be(tmp_path: Path) -> None:
    write_netcdf(tmp_path, ["wb-7", "wb-5"], range(4))
    with pytest.raises(BackendError, match=r"1 of 3 flowpaths \(wb-3\)"):
        RoutedFlow(tmp_path, IDS, AXIS)
    with RoutedFlow(tmp_path, IDS, AXIS, optional={"wb-3"}) as routed:
        assert routed.missing == ("wb-3",)
        flow = routed.read(0, 4)["flow"]
        assert np.isnan(flow[1]).all()
        assert np.array_equal(flow[[0, 2]], due()[[0, 2]])


def test_catchments_stand_for_flowpaths_where_a_fabric_has_none(tmp_path: Path) -> None:
    write_netcdf(tmp_path, IDS, range(4))
    with RoutedFlow(tmp_path, [name.replace("wb", "cat") for name in IDS], AXIS) as routed:
        assert np.array_equal(routed.read(0, 4)["flow"], due())


def test_step_that_is_missing_is_named(tmp_path: Path) -> None:
    write_netcdf(tmp_path, IDS, [0, 1, 3])
    with pytest.raises(BackendError, match="1 of 4 steps, the first of them ends 2010-10-01 03:0"):
        RoutedFlow(tmp_path, IDS, AXIS)


def test_flow_that_is_no_number_is_named_with_its_step(tmp_path: Path) -> None:
    with netCDF4.Dataset(write_netcdf(tmp_path, IDS, range(4)), "a") as file:
        file["flow"][1, 2] = -9999.0
    with (
        RoutedFlow(tmp_path, IDS, AXIS) as routed,
        pytest.raises(BackendError, match="no flow for wb-3 at step 2"),
    ):
        routed.read(1, 3)


def test_folder_without_files_says_that_nothing_was_routed(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="its routing wrote nothing") as caught:
        RoutedFlow(tmp_path, IDS, AXIS)
    assert "NGEN_WITH_ROUTING" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nc", "no NetCDF", "cannot be read"),
        ("csv", ",,current_time,velocity\n", "has no column flow"),
        ("csv", ",,flow,velocity,depth\n", "has no column t0"),
        ("csv", ",,current_time,flow,velocity,depth\n7,wb,2010-10-01 01:00:00,1.0\n", "line 2: '7,wb,"),
        ("csv", ",,current_time,flow,velocity,depth\n7,wb,noon,1,1,1\n", "line 2: '7,wb,noon"),
    ],
)
def test_file_that_is_not_what_it_should_be_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / f"troute_output_201010010000.{name}").write_text(text)
    with pytest.raises(BackendError, match=said):
        RoutedFlow(tmp_path, IDS, AXIS)


def test_netcdf_without_flow_is_named(tmp_path: Path) -> None:
    path = write_netcdf(tmp_path, IDS, range(4))
    with netCDF4.Dataset(path, "a") as file:
        file.renameVariable("flow", "stage")
    with pytest.raises(BackendError, match="has no flow"):
        RoutedFlow(tmp_path, IDS, AXIS)
    with netCDF4.Dataset(path, "a") as file:
        file.renameVariable("stage", "flow")
        file["time"].units = "fortnights since yesterday"
    with pytest.raises(BackendError, match="no unit of time"):
        RoutedFlow(tmp_path, IDS, AXIS)
