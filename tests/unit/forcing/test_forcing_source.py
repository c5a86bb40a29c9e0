"""Both layouts are read alike: right catchment, right time, right unit, or a clear refusal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.core.variables import PRECIPITATION, TEMPERATURE
from dmod.errors import CoverageError, InputError, UnitError
from dmod.forcing.opening import open_forcing

RAIN = (PRECIPITATION.name, "mm h-1")
HEAT = (TEMPERATURE.name, "K")


def test_source_tells_catchments_period_names_and_units(opened, values, axis, ids) -> None:
    source = opened(values)
    assert set(source.catchments) == set(ids)
    assert source.period == axis
    assert source.provides("precip_rate")
    assert source.provides(PRECIPITATION.name)
    assert not source.provides("DLWRF_surface")
    assert source.units[TEMPERATURE.name] == "K"


def test_read_converts_units_and_keeps_catchments_apart(opened, values, axis, ids) -> None:
    source = opened(values)
    order = ("cat-1", "cat-30", "cat-4")
    rows = [ids.index(name) for name in order]
    found = source.read(order, [RAIN, ("T2D", "degC")], axis)
    np.testing.assert_array_equal(found[RAIN[0]], values["precip_rate"][rows] * 3600.0)
    np.testing.assert_array_equal(found["T2D"], values["TMP_2maboveground"][rows] - 273.15)
    assert found["T2D"].flags.c_contiguous
    assert found["T2D"].dtype == np.float64


def test_read_windows_in_any_order_equal_the_whole(opened, values, axis, ids) -> None:
    source = opened(values)
    for first, count in ((0, 10), (10, 20), (30, 18), (5, 7), (0, 48)):
        found = source.read(ids, [HEAT], axis.window(first, count))[HEAT[0]]
        np.testing.assert_array_equal(found, values["TMP_2maboveground"][:, first : first + count])


def test_read_fills_the_arrays_that_it_is_given_and_one_name_in_two_units(opened, values, axis, ids) -> None:
    out = [np.zeros((4, 48)), np.zeros((4, 48))]
    opened(values).read(ids, [RAIN, (RAIN[0], "m h-1")], axis, out=out)
    np.testing.assert_array_equal(out[0], values["precip_rate"] * 3600.0)
    np.testing.assert_array_equal(out[1], values["precip_rate"] * 3.6)
    with pytest.raises(ValueError, match="shape"):
        opened(values).read(ids, [RAIN], axis, out=[np.zeros((2, 48))])


def test_read_from_threads_is_right(opened, values, axis, ids) -> None:
    source = opened(values)
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(source.read, [ids[i % 4]], [HEAT], axis) for i in range(40)]
    for i, task in enumerate(tasks):
        np.testing.assert_array_equal(task.result()[HEAT[0]][0], values["TMP_2maboveground"][i % 4])


def test_read_missing_value_names_catchment_time_and_count(opened, values, axis, ids) -> None:
    values["TMP_2maboveground"][2, [5, 6]] = np.nan
    source = opened(values)
    with pytest.raises(
        CoverageError, match=r"TMP_2maboveground of cat-30 is missing at 2015-12-01 05:00:00 \(2"
    ):
        source.read(ids, [HEAT], axis)
    found = source.read(ids, [HEAT], axis, check=False)[HEAT[0]]
    assert np.flatnonzero(np.isnan(found[2])).tolist() == [5, 6]
    assert not np.isnan(found[[0, 1, 3]]).any()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (
            "precip_rate",
            -0.5,
            ["of cat-2 is -0.5 mm s-1 at 2015-12-01 03:00:00", "cannot be negative"],
        ),
        ("TMP_2maboveground", 12.5, ["12.5 K", "outside 170 to 340 K", "degrees Celsius", "[degC]"]),
        ("PRES_surface", 985.0, ["hectopascals"]),
        ("SPFH_2maboveground", 0.75, ["g/kg"]),
        ("SPFH_2maboveground", 85.0, ["relative humidity"]),
        ("TMP_2maboveground", np.inf, ["inf K"]),
    ],
)
def test_read_impossible_value_is_refused_with_a_guess(
    opened, values, axis, ids, column, value, words
) -> None:
    values[column][1, 3] = value
    with pytest.raises(InputError) as caught:
        opened(values).read(ids, [(column, "")], axis)
    for word in words:
        assert word in str(caught.value)


def test_read_stated_unit_is_used_and_checked_in_that_unit(opened, values, axis, ids) -> None:
    celsius = values["TMP_2maboveground"] = np.round(values["TMP_2maboveground"] - 273.15, 1)
    source = opened(values, TMP_2maboveground="degC")
    found = source.read(ids, [HEAT], axis)[HEAT[0]]
    np.testing.assert_allclose(found, celsius + 273.15, rtol=1e-7)


def test_read_impossible_unit_is_a_unit_error(opened, values, axis, ids) -> None:
    source = opened(values, TMP_2maboveground="Pa")
    with pytest.raises(UnitError, match="Pa"):
        source.read(ids, [HEAT], axis)


def test_read_missing_variable_lists_what_there_is(opened, values, axis, ids) -> None:
    with pytest.raises(InputError, match="no forcing variable DLWRF_surface") as caught:
        opened(values).read(ids, [("DLWRF_surface", "W m-2")], axis)
    assert "precip_rate" in str(caught.value)


def test_read_depth_per_hour_is_no_rate_unless_named(opened, values, axis, ids) -> None:
    values["APCP_surface"] = values.pop("precip_rate") * 3600.0
    source = opened(values)
    assert not source.provides(PRECIPITATION.name)
    with pytest.raises(InputError, match="variables_names_map"):
        source.read(ids, [RAIN], axis)
    found = source.read(ids, [("APCP_surface", "mm h-1")], axis)["APCP_surface"]
    np.testing.assert_allclose(found, values["APCP_surface"], rtol=1e-7)
    assert source.units["APCP_surface"] == "mm h-1"


def test_read_catchment_without_forcing_is_named(opened, values, axis, ids) -> None:
    source = opened(values)
    with pytest.raises(CoverageError, match="cat-99"):
        source.read([*ids, "cat-99"], [HEAT], axis)


@pytest.mark.parametrize(("shift", "count", "missing"), [(-3, 10, 3), (40, 12, 4), (100, 5, 5)])
def test_read_outside_the_period_counts_missing_steps(
    opened, values, axis, ids, shift, count, missing
) -> None:
    window = TimeAxis(axis.start + timedelta(hours=shift), 3600, count)
    with pytest.raises(CoverageError, match=f"covers 2015-12-01 00:00:00 to .*{missing} steps missing"):
        opened(values).read(ids, [HEAT], window)


def test_read_another_step_is_refused(opened, values, axis, ids) -> None:
    with pytest.raises(CoverageError):
        opened(values).read(ids, [HEAT], TimeAxis(axis.start, 1800, 4))


def test_open_unknown_provider_or_missing_path_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="provider"):
        open_forcing("Zarr", tmp_path, None, ["cat-1"])
    with pytest.raises(InputError, match="does not exist"):
        open_forcing("NetCDF", tmp_path / "none.nc", None, ["cat-1"])
