"""Observed series: units, columns, stamps, missing values; nothing repaired silently."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError, UnitError
from dmod.evaluation import read_observed

CUBIC_FOOT = 0.3048**3


@pytest.fixture
def csv(tmp_path: Path):
    def write(text: str, name: str = "gauge.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def rows(header: str, *values: str) -> str:
    lines = [f"2015-12-01 {hour:02d}:00:00,{value}" for hour, value in enumerate(values)]
    return "\n".join([header, *lines, ""])


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("time,flow[ft3/s]", CUBIC_FOOT),
        ("time,flow (cfs)", CUBIC_FOOT),
        ("Time,Discharge_cfs", CUBIC_FOOT),
        ("datetime,streamflow (m3 s-1)", 1.0),
        ("datetime,streamflow (ft³/s)", CUBIC_FOOT),
        ("value_time,flow_m3s", 1.0),
        ("date,Q [m^3/s]", 1.0),
        ("time,qobs_cms", 1.0),
        ("time,flow [L/s]", 1e-3),
        ("time,my gauge [ft3 s-1]", CUBIC_FOOT),
    ],
)
def test_unit_in_the_header_is_used(csv, header, factor) -> None:
    series = read_observed(csv(rows(header, "10", "0", "30.5")))
    assert series.values.tolist() == pytest.approx([10 * factor, 0.0, 30.5 * factor], rel=1e-12)
    assert series.times[1] == np.datetime64("2015-12-01T01:00:00")
    assert series.step == 3600
    assert series.name == "gauge"


def test_unit_as_an_option_goes_before_the_header(csv) -> None:
    series = read_observed(csv(rows("time,flow[m3/s]", "1", "2")), unit="ft3/s", name="10109001")
    assert series.values[1] == pytest.approx(2 * CUBIC_FOOT)
    assert series.unit == "ft3/s"
    assert series.name == "10109001"
    assert "converted from ft3/s to m³/s" in series.notes


def test_unit_that_is_not_stated_raises_and_says_how(csv) -> None:
    with pytest.raises(UnitError, match=r"--observed-unit"):
        read_observed(csv(rows("time,flow", "1")))


@pytest.mark.parametrize("unit", ["mm/d", "furlongs", "m"])
def test_unit_of_something_else_raises(csv, unit) -> None:
    with pytest.raises(UnitError, match="no unit of streamflow"):
        read_observed(csv(rows(f"time,flow [{unit}]", "1")))


def test_unit_in_its_own_column_is_used(csv) -> None:
    text = "value_time,value,measurement_unit\n2020-01-01 00:00,2,ft3/s\n2020-01-01 01:00,3,ft3/s\n"
    assert read_observed(csv(text)).values[0] == pytest.approx(2 * CUBIC_FOOT)


def test_missing_values_are_nan_and_counted(csv) -> None:
    series = read_observed(csv(rows("time,flow[m3/s]", "1", "", "NaN", "-999", "-9999.0", "Ice", "0")))
    assert np.isnan(series.values).tolist() == [False, True, True, True, True, True, False]
    assert "5 of 7 values are missing" in series.notes


def test_negative_flow_is_missing_and_counted_apart(csv) -> None:
    series = read_observed(csv(rows("time,flow[m3/s]", "1", "-0.5", "2")))
    assert np.isnan(series.values[1])
    assert "1 negative values are taken as missing" in series.notes


def test_word_that_is_no_number_raises_with_its_line(csv) -> None:
    with pytest.raises(InputError, match=r"line 3, column 'flow\[m3/s\]': 'twelve'"):
        read_observed(csv(rows("time,flow[m3/s]", "1", "twelve")))


def test_series_without_a_value_raises(csv) -> None:
    with pytest.raises(InputError, match="holds no value"):
        read_observed(csv(rows("time,flow[m3/s]", "-999", "")))


def test_repeated_stamps_are_merged_and_contradictions_missing(csv) -> None:
    text = (
        "time,flow[m3/s]\n2015-12-01,1\n2015-12-01,1\n2015-12-02,2\n2015-12-02,3\n2015-12-03,\n2015-12-03,4\n"
    )
    series = read_observed(csv(text))
    assert series.times.astype(str).tolist() == [f"2015-12-0{d}T00:00:00" for d in (1, 2, 3)]
    assert series.values.tolist() == pytest.approx([1.0, np.nan, 4.0], nan_ok=True)
    assert "3 repeated stamps were merged" in series.notes
    assert "1 stamps with contradicting values are taken as missing" in series.notes


def test_stamps_out_of_order_are_sorted_and_noted(csv) -> None:
    series = read_observed(csv("time,flow[m3/s]\n2015-12-02,2\n2015-12-01,1\n"))
    assert series.values.tolist() == [1.0, 2.0]
    assert "stamps were not in order and were sorted" in series.notes


def test_stamps_with_offsets_are_converted(csv) -> None:
    text = "time,flow[m3/s]\n2015-12-01T00:00:00-07:00,1\n2015-12-01T08:00:00Z,2\n"
    series = read_observed(csv(text))
    assert series.times.astype(str).tolist() == ["2015-12-01T07:00:00", "2015-12-01T08:00:00"]
    assert "2 stamps carry a zone and were converted to UTC" in series.notes


def test_stamps_without_zone_follow_the_named_zone(csv) -> None:
    series = read_observed(csv(rows("time,flow[m3/s]", "1", "2")), zone="America/Denver")
    assert str(series.times[0]) == "2015-12-01T07:00:00"
    assert "2 stamps carry no zone and are taken as America/Denver" in series.notes


def test_stamps_without_zone_are_utc_and_noted(csv) -> None:
    assert "stamps carry no zone and are taken as UTC" in read_observed(csv(rows("time,q_cms", "1"))).notes


def test_unknown_zone_raises(csv) -> None:
    with pytest.raises(InputError, match="Mars/Olympus"):
        read_observed(csv(rows("time,flow[m3/s]", "1")), zone="Mars/Olympus")


@pytest.mark.parametrize("stamp", ["12/01/2015", "2015-13-01", "noon"])
def test_stamp_that_is_no_time_raises_with_its_line(csv, stamp) -> None:
    with pytest.raises(InputError, match=rf"line 2: '{stamp}' is not a time"):
        read_observed(csv(f"time,flow[m3/s]\n{stamp},1\n"))


def test_irregular_stamps_have_no_step(csv) -> None:
    text = "time,flow[m3/s]\n2015-12-01 00:00,1\n2015-12-01 00:07,2\n2015-12-01 00:20,2\n"
    assert read_observed(csv(text)).step is None


def test_step_passes_over_gaps(csv) -> None:
    text = "time,flow[m3/s]\n2015-12-01,1\n2015-12-02,2\n2015-12-05,2\n"
    assert read_observed(csv(text)).step == 86400


def test_single_value_has_no_step(csv) -> None:
    assert read_observed(csv(rows("time,flow[m3/s]", "1"))).step is None


def test_comments_semicolons_and_byte_order_mark_are_read(csv) -> None:
    series = read_observed(
        csv("\ufeff# a gauge\ndate;flow (m3/s);code\n2015-12-01;1.5;A\n\n2015-12-02;2.5;A\n")
    )
    assert series.values.tolist() == [1.5, 2.5]


def test_column_is_chosen_by_name(csv) -> None:
    text = "time,upper_cms,lower_cms\n2015-12-01,1,2\n"
    with pytest.raises(InputError, match="several columns could be the flow"):
        read_observed(csv(text))
    assert read_observed(csv(text), column="lower_cms").values.tolist() == [2.0]
    with pytest.raises(InputError, match="no single column 'middle'"):
        read_observed(csv(text), column="middle")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flow[m3/s],code\n1,2\n", "no time column"),
        ("time,unit\n2015-12-01,m3/s\n", "no column is the flow"),
        ("time,flow[m3/s]\n", "holds no data"),
        ("time,flow[m3/s]\n2015-12-01\n", "line 2: fewer cells"),
    ],
)
def test_table_that_cannot_be_read_raises(csv, text, message) -> None:
    with pytest.raises(InputError, match=message):
        read_observed(csv(text))


def test_file_that_is_not_text_raises(tmp_path: Path) -> None:
    path = tmp_path / "gauge.csv"
    path.write_bytes(b"\x89HDF\xff\xfe\x00")
    with pytest.raises(InputError, match="not a text file"):
        read_observed(path)


def test_file_that_does_not_exist_raises(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        read_observed(tmp_path / "none.csv")


@pytest.fixture
def netcdf(tmp_path: Path):
    def write(time_units: str = "hours since 2015-12-01 00:00:00", flow: str = "flow", **attributes) -> Path:
        path = tmp_path / "gauge.nc"
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.createDimension("time", 3)
            dataset.createDimension("gauge", 1)
            time = dataset.createVariable("time", "f8", ("time",))
            time.units = time_units
            time[:] = [0, 1, 2]
            values = dataset.createVariable(flow, "f4", ("gauge", "time"), fill_value=-1e20)
            values.setncatts(attributes)
            values[:] = np.ma.masked_invalid([[1.0, np.nan, 3.0]])
        return path

    return write


@pytest.mark.parametrize(
    ("time_units", "last"),
    [
        ("hours since 2015-12-01 00:00:00", "2015-12-01T02:00:00"),
        ("seconds since 1970-01-01T00:00:00Z", "1970-01-01T00:00:02"),
        ("days since 2015-12-01 06:00 UTC", "2015-12-03T06:00:00"),
    ],
)
def test_netcdf_series_is_read_with_its_units(netcdf, time_units, last) -> None:
    series = read_observed(netcdf(time_units, units="ft3 s-1"))
    assert series.values.tolist() == pytest.approx([CUBIC_FOOT, np.nan, 3 * CUBIC_FOOT], nan_ok=True)
    assert str(series.times[-1]) == last


def test_netcdf_flow_is_found_by_its_standard_name(netcdf) -> None:
    path = netcdf(flow="q_17", units="m3 s-1", standard_name="water_volume_transport_in_river_channel")
    assert read_observed(path).values[0] == 1.0


def test_netcdf_flow_is_chosen_by_name(netcdf) -> None:
    path = netcdf(flow="gauge_17", units="m3 s-1")
    assert read_observed(path, column="gauge_17").values[2] == 3.0
    with pytest.raises(InputError, match="which variable is the flow"):
        read_observed(path)
    with pytest.raises(InputError, match="no variable 'other'"):
        read_observed(path, column="other")


def test_netcdf_without_units_of_flow_raises(netcdf) -> None:
    with pytest.raises(UnitError, match="not stated"):
        read_observed(netcdf())


@pytest.mark.parametrize("time_units", ["hours", "moons since 2015-12-01", "hours since yesterday"])
def test_netcdf_time_that_cannot_be_decoded_raises(netcdf, time_units) -> None:
    with pytest.raises(InputError, match=r"time"):
        read_observed(netcdf(time_units, units="m3 s-1"))


def test_netcdf_that_is_none_raises(csv) -> None:
    with pytest.raises(InputError, match="cannot be read as NetCDF"):
        read_observed(csv("time,flow", "gauge.nc"))


def test_netcdf_of_several_series_raises(tmp_path: Path) -> None:
    path = tmp_path / "many.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("time", 3)
        dataset.createDimension("gauge", 2)
        dataset.createVariable("time", "f8", ("time",)).units = "hours since 2015-12-01"
        dataset.createVariable("flow", "f4", ("gauge", "time")).units = "m3 s-1"
    with pytest.raises(InputError, match="not one series"):
        read_observed(path)


def test_netcdf_without_time_raises(tmp_path: Path) -> None:
    path = tmp_path / "still.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("x", 3)
        dataset.createVariable("flow", "f4", ("x",)).units = "m3 s-1"
    with pytest.raises(InputError, match="no time coordinate"):
        read_observed(path)


TIDY = "site,time,value,unit,approval,qualifiers,parameter,statistic\n"


def test_tidy_table_counts_provisional_values(csv) -> None:
    text = (
        TIDY
        + "01073000,2015-12-01T00:00:00Z,10,ft3/s,A,,00060,00011\n"
        + "01073000,2015-12-01T00:15:00Z,,ft3/s,P,Ice,00060,00011\n"
    )
    observed = read_observed(csv(text))
    np.testing.assert_allclose(observed.values, [10 * CUBIC_FOOT, np.nan])
    assert observed.unit == "ft3/s"
    assert "1 of 2 values are provisional: subject to revision" in observed.notes
    assert "1 of 2 values are missing" in observed.notes


def test_streamflow_is_taken_from_a_table_of_several_parameters(csv) -> None:
    text = (
        TIDY
        + "01073000,2015-12-01T00:00:00Z,2.5,ft,A,,00065,00011\n"
        + "01073000,2015-12-01T00:00:00Z,10,ft3/s,A,,00060,00011\n"
    )
    observed = read_observed(csv(text))
    assert observed.values.tolist() == [10 * CUBIC_FOOT]
    assert "1 rows of other parameters than 00060 are left out" in observed.notes


def test_codes_whose_zeros_were_lost_are_known(csv) -> None:
    text = "time,value,unit,parameter\n2015-12-01T00:00:00Z,2.5,ft,65\n2015-12-01T00:00:00Z,10,ft3/s,60\n"
    assert read_observed(csv(text)).values.tolist() == [10 * CUBIC_FOOT]


def test_column_of_gage_heights_is_left_alone(csv) -> None:
    text = "time,flow[m3/s],gage\n2015-12-01T00:00:00Z,1,0.5\n2015-12-01T01:00:00Z,2,0.6\n"
    assert read_observed(csv(text)).values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("rows_", "message"),
    [
        (
            "1,2015-12-01T00:00:00Z,1,ft3/s,,,00060,00003\n2,2015-12-01T00:00:00Z,1,ft3/s,,,00060,00003\n",
            "gauges",
        ),
        (
            "1,2015-12-01T00:00:00Z,1,ft3/s,,,00060,00003\n1,2015-12-01T00:00:00Z,1,ft3/s,,,00060,00001\n",
            "statist",
        ),
        (
            "1,2015-12-01T00:00:00Z,1,ft,,,00065,00003\n1,2015-12-01T00:00:00Z,1,ft,,,00055,00003\n",
            "parameters",
        ),
    ],
)
def test_table_of_several_series_raises_and_names_the_command(csv, rows_: str, message: str) -> None:
    with pytest.raises(InputError, match=f"several {message}") as caught:
        read_observed(csv(TIDY + rows_))
    assert "dmod observations" in (caught.value.hint or "")


def test_days_say_when_they_begin(csv) -> None:
    text = "time,flow[m3/s]\n" + "".join(f"2015-12-0{day}T07:00:00Z,1\n" for day in (1, 2, 4))
    observed = read_observed(csv(text))
    assert "daily values hold for days that begin at 07:00 UTC" in observed.notes
    assert observed.step == 86400


def test_stamp_in_utc_that_is_no_time_raises_with_its_line(csv) -> None:
    with pytest.raises(InputError, match="line 2"):
        read_observed(csv("time,flow[m3/s]\n2015-12-41T00:00:00Z,1\n"))


def test_camels_streamflow_is_read_as_it_is_distributed(csv) -> None:
    text = (
        "01013500 1993 09 29   514.00 A\n01013500 1993 09 30  -999.00 M\n01013500 1993 10 01   497.00 A:e\n"
    )
    observed = read_observed(csv(text, "01013500_streamflow_qc.txt"))
    np.testing.assert_allclose(observed.values, np.array([514, np.nan, 497]) * CUBIC_FOOT)
    assert (observed.unit, observed.step) == ("ft3/s", 86400)
    with pytest.raises(InputError, match="line 2"):
        read_observed(csv("01013500 1993 09 29   514.00 A\n01013500 1993 09\n", "cut.txt"))
