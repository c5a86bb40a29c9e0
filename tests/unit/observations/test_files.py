"""Each form of a file, in the shape that agencies publish."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.observations.files import read_source
from dmod.observations.series import Series
from dmod.observations.zones import parse_zone

# Shape: nwis/iv, nwis/dv, format=rdb (help.waterdata.usgs.gov/faq/about-tab-delimited-output); made up.
INSTANTANEOUS = """\
# ---------------------------------- WARNING ----------------------------------------
# Some of the data that you have obtained from this U.S. Geological Survey database
# may not have received Director's approval.
# Data for the following 2 site(s) are contained in this file
#    USGS 01073000 OYSTER RIVER NEAR DURHAM, NH
#    USGS 13206000 BOISE RIVER AT GLENWOOD BRIDGE NR BOISE ID
# -----------------------------------------------------------------------------------
#
# Data provided for site 01073000
#            TS   parameter     Description
#         65415       00060     Discharge, cubic feet per second
#
# Data-value qualification codes included in this output:
#     A  Approved for publication -- Processing and review completed.
#     P  Provisional data subject to revision.
#
agency_cd\tsite_no\tdatetime\ttz_cd\t65415_00060\t65415_00060_cd
5s\t15s\t20d\t6s\t14n\t10s
USGS\t01073000\t2019-03-10 01:45\tEST\t12.5\tA
USGS\t01073000\t2019-03-10 03:00\tEDT\t12.4\tA:e
USGS\t01073000\t2019-03-10 03:15\tEDT\tIce\tP
USGS\t01073000\t2019-03-10 03:30\tEDT\t-999999\tP:Eqp
#
# Data provided for site 13206000
#    01   00060     Discharge, cubic feet per second
#    02   00065     Gage height, feet
#
agency_cd\tsite_no\tdatetime\ttz_cd\t02_00065\t02_00065_cd\t01_00060\t01_00060_cd
5s\t15s\t20d\t6s\t14n\t10s\t14n\t10s
USGS\t13206000\t2012-05-02 10:00\tMDT\t10.63\tP\t7830\tP
USGS\t13206000\t2012-05-02 10:15\tMDT\t10.56\tP\t\t
"""
DAILY = """\
#    USGS 12462500 WENATCHEE RIVER AT MONITOR, WA
#         149854       00060     00003     Discharge, cubic feet per second (Mean)
agency_cd\tsite_no\tdatetime\t149854_00060_00003\t149854_00060_00003_cd\t149855_00060_00001\t149855_00060_00001_cd
5s\t15s\t20d\t14n\t10s\t14n\t10s
USGS\t12462500\t2024-10-01\t352\tA\t400\tA
USGS\t12462500\t2024-10-02\tIce\tA\t\t
USGS\t12462500\t2024-10-03\t330\tP:e\t390\tP
"""


def waterml(values: list[object], *, statistic: str, methods: int = 1) -> str:
    """Return a reply as nwis/iv and nwis/dv write it with format=json (WaterML 1.1)."""
    zone = {
        "defaultTimeZone": {"zoneOffset": "-05:00", "zoneAbbreviation": "EST"},
        "daylightSavingsTimeZone": {"zoneOffset": "-04:00", "zoneAbbreviation": "EDT"},
        "siteUsesDaylightSavingsTime": True,
    }
    part = {"value": values, "qualifier": [], "method": [{"methodDescription": "", "methodID": 69512}]}
    other = {**part, "value": values[:1], "method": [{"methodDescription": "backup", "methodID": 7}]}
    entry = {
        "sourceInfo": {
            "siteName": "CHOPTANK RIVER NEAR GREENSBORO, MD",
            "siteCode": [{"value": "01491000", "network": "NWIS", "agencyCode": "USGS"}],
            "timeZoneInfo": zone,
        },
        "variable": {
            "variableCode": [{"value": "00060", "network": "NWIS", "vocabulary": "NWIS:UnitValues"}],
            "unit": {"unitCode": "ft3/s"},
            "options": {"option": [{"name": "Statistic", "optionCode": statistic}]},
            "noDataValue": -999999.0,
        },
        "values": [part, other][:methods],
        "name": f"USGS:01491000:00060:{statistic}",
    }
    reply = {"name": "ns1:timeSeriesResponseType", "value": {"queryInfo": {}, "timeSeries": [entry]}}
    return json.dumps(reply)


def feature(time: str, value: object, **more: object) -> dict[str, object]:
    """Return a value as api.waterdata.usgs.gov/ogcapi/v1 writes it."""
    properties = {
        "time_series_id": "90a0ea0b6d99431e9f3d91da1aa49564",
        "monitoring_location_id": "USGS-05427718",
        "parameter_code": "00060",
        "statistic_id": "00003",
        "time": time,
        "value": value,
        "unit_of_measure": "ft^3/s",
        "approval_status": "Provisional",
        "qualifier": None,
        **more,
    }
    return {"type": "Feature", "id": "x", "geometry": None, "properties": properties}


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, "numberReturned": len(features)})


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str, name: str = "observed.txt") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def by_title(series: list[Series]) -> dict[tuple[str, str, str], Series]:
    return {(s.site, s.parameter, s.statistic): s for s in series}


def times(series: Series) -> list[str]:
    return np.datetime_as_string(series.times, unit="m").tolist()


def test_rdb_of_readings_keeps_sites_zones_units_and_codes(file) -> None:
    found = by_title(read_source(file(INSTANTANEOUS)))
    assert set(found) == {
        ("01073000", "00060", "00011"),
        ("13206000", "00060", "00011"),
        ("13206000", "00065", "00011"),
    }
    oyster = found["01073000", "00060", "00011"]
    assert oyster.name == "OYSTER RIVER NEAR DURHAM, NH"
    assert (oyster.unit, oyster.daily) == ("ft3/s", False)
    # a quarter of an hour passes between 01:45 EST and 03:00 EDT
    assert times(oyster) == [f"2019-03-10T{t}" for t in ("06:45", "07:00", "07:15", "07:30")]
    np.testing.assert_array_equal(oyster.values, [12.5, 12.4, np.nan, np.nan])
    assert oyster.approval.tolist() == ["A", "A", "P", "P"]
    assert oyster.qualifiers.tolist() == ["", "e", "Ice", "Eqp"]
    stage, flow = found["13206000", "00065", "00011"], found["13206000", "00060", "00011"]
    assert (stage.unit, stage.values.tolist()) == ("ft", [10.63, 10.56])
    assert flow.values.tolist() == [7830.0]


def test_rdb_of_days_follows_the_zone_that_is_given(file) -> None:
    found = by_title(read_source(file(DAILY), zone=parse_zone("America/Los_Angeles")))
    mean = found["12462500", "00060", "00003"]
    assert mean.day_offset == -8 * 3600
    assert times(mean)[0] == "2024-10-01T08:00"  # standard time, though the clocks show daylight time
    assert mean.dates().astype(str).tolist() == ["2024-10-01", "2024-10-02", "2024-10-03"]
    np.testing.assert_array_equal(mean.values, [352, np.nan, 330])
    assert mean.qualifiers.tolist() == ["", "Ice", "e"]
    assert found["12462500", "00060", "00001"].values.tolist() == [400, 390]


def test_days_without_a_zone_are_taken_as_utc_and_said_so(file) -> None:
    mean = read_source(file(DAILY))[0]
    assert times(mean)[0] == "2024-10-01T00:00"
    assert any("--zone" in note for note in mean.notes)


def test_rdb_saved_as_csv_by_other_programs_is_read(file) -> None:
    text = (
        '"agency_cd","site_no","Date","X_00060_00003","X_00060_00003_cd"\n'
        '"USGS","01073000","2020-01-01",5,"A"\n'
    )
    series = read_source(file(text, "r.csv"))[0]
    assert (series.site, series.statistic, series.unit, series.id) == ("01073000", "00003", "ft3/s", "")


def test_rdb_that_is_cut_off_raises_with_its_line(file) -> None:
    cut = INSTANTANEOUS[: INSTANTANEOUS.index("\t-999999")]
    with pytest.raises(InputError, match="line 22: 4 cells"):
        read_source(file(cut))


def test_rdb_that_found_nothing_says_so(file) -> None:
    with pytest.raises(InputError, match="No sites found matching all criteria"):
        read_source(file("#\n#  No sites found matching all criteria\n#\n"))


def test_waterml_of_readings_keeps_offsets_and_codes(file) -> None:
    values = [
        {"value": "439", "qualifiers": ["P"], "dateTime": "2020-11-01T01:30:00.000-04:00"},
        {"value": "440", "qualifiers": ["A", "e"], "dateTime": "2020-11-01T01:30:00.000-05:00"},
        {"value": "-999999", "qualifiers": ["P", "Ice"], "dateTime": "2020-11-01T01:45:00.000-05:00"},
    ]
    (series,) = read_source(file(waterml(values, statistic="00000"), "iv.json"))
    assert (series.site, series.parameter, series.statistic) == ("01491000", "00060", "00011")
    assert times(series) == ["2020-11-01T05:30", "2020-11-01T06:30", "2020-11-01T06:45"]
    np.testing.assert_array_equal(series.values, [439, 440, np.nan])
    assert series.approval.tolist() == ["P", "A", "P"]
    assert series.qualifiers.tolist() == ["", "e", "Ice"]
    assert series.name.startswith("CHOPTANK")


def test_waterml_of_days_begins_them_in_standard_time(file) -> None:
    values = [{"value": "466", "qualifiers": ["P"], "dateTime": "2020-07-14T00:00:00.000"}]
    (series,) = read_source(file(waterml(values, statistic="00003"), "dv.json"))
    assert (series.daily, times(series)) == (True, ["2020-07-14T05:00"])
    assert series.notes == ()


def test_zone_that_is_not_known_matters_only_to_days(file) -> None:
    reading = [{"value": "1", "qualifiers": [], "dateTime": "2020-07-14T00:15:00.000-05:00"}]
    day = [{"value": "1", "qualifiers": [], "dateTime": "2020-07-14T00:00:00.000"}]
    text = waterml(reading, statistic="00000").replace('"zoneOffset": "-05:00"', '"zoneOffset": "ZP11"')
    assert times(read_source(file(text, "iv.json"))[0]) == ["2020-07-14T05:15"]
    path = file(waterml(day, statistic="00003").replace('"-05:00"', '"ZP11"'), "dv.json")
    with pytest.raises(InputError, match="'ZP11' is not known"):
        read_source(path)
    assert times(read_source(path, zone=parse_zone("EST"))[0]) == ["2020-07-14T05:00"]


def test_waterml_of_several_sensors_is_several_series(file) -> None:
    values = [{"value": str(i), "qualifiers": [], "dateTime": f"2020-01-0{i}T00:00:00.000"} for i in (1, 2)]
    found = read_source(file(waterml(values, statistic="00003", methods=2), "dv.json"))
    assert [(s.id, len(s.times)) for s in found] == [("69512", 2), ("7", 1)]


def test_waterml_that_lacks_a_part_raises(file) -> None:
    text = waterml([], statistic="00003").replace('"siteCode"', '"code"')
    with pytest.raises(InputError, match="siteCode"):
        read_source(file(text, "dv.json"))


def test_features_of_days_and_their_gauge_make_one_series(tmp_path: Path) -> None:
    gauge = {
        "type": "Feature",
        "id": "USGS-05427718",
        "properties": {
            "monitoring_location_number": "05427718",
            "monitoring_location_name": "YAHARA RIVER AT WINDSOR, WI",
            "time_zone_abbreviation": "CST",
            "uses_daylight_savings": "Y",
        },
    }
    (tmp_path / "page1.json").write_text(collection(feature("2025-12-26", "20.2")))
    (tmp_path / "page2.json").write_text(collection(feature("2025-12-27", None, qualifier=["ICE"])))
    (tmp_path / "site.geojson").write_text(collection(gauge))
    (series,) = read_source(tmp_path)
    assert (series.site, series.unit, series.name) == ("05427718", "ft3/s", "YAHARA RIVER AT WINDSOR, WI")
    assert times(series) == ["2025-12-26T06:00", "2025-12-27T06:00"]
    np.testing.assert_array_equal(series.values, [20.2, np.nan])
    assert series.qualifiers.tolist() == ["", "ICE"]


def test_features_of_readings_are_utc(file) -> None:
    one = feature("2025-09-22T16:00:00+00:00", "0.39", statistic_id="00011", approval_status="Approved")
    (series,) = read_source(file(collection(one), "c.json"))
    assert (series.daily, times(series), series.approval.tolist()) == (False, ["2025-09-22T16:00"], ["A"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (collection({"type": "Feature"}), "feature 1: no properties"),
        (collection({"properties": {"time": "2020-01-01"}}), "feature 1: no value"),
        ('{"features": [', "not whole JSON"),
        ('{"type": "Topology"}', "no known form"),
        ("[1, 2]", "no known form"),
        ("", "is empty"),
        ("<!DOCTYPE html><html></html>", "web page"),
        ("time,flow[ft3/s]\n", "holds no data"),
        ("time,flow[ft3/s]\nsoon,5\n", "line 2: 'soon' is not a time"),
        ("time,flow[ft3/s]\n2020-01-01,lots\n", "line 2: 'lots' is not a number"),
        ("time,flow[ft3/s]\n2020-01-01\n", "line 2: fewer cells"),
        ("when,flow\n2020-01-01,5\n", "no time column"),
        ("time,one,two\n2020-01-01,5,6\n", "several columns"),
        ("01013500 1993 09 29 514.00 A\n01013500 1993 09\n", "line 2: not GAUGE"),
    ],
)
def test_file_that_cannot_be_read_raises(file, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_source(file(text))


def test_file_that_is_not_text_raises(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\x89HDF\xff\xfe")
    with pytest.raises(InputError, match="not a text file"):
        read_source(tmp_path / "x.txt")


def test_source_that_does_not_exist_raises(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        read_source(tmp_path / "nothing.txt")
    with pytest.raises(NotFoundError, match="holds no file"):
        read_source(tmp_path)


def test_csv_of_the_field_takes_its_unit_from_the_header(file) -> None:
    text = "# gauge\ntime,flow[m3 s-1],flag\n2020-01-01 00:00:00,1.5,P\n2020-01-01 01:00:00,,P:Ice\n"
    (series,) = read_source(file(text, "gauge.csv"))
    assert (series.site, series.parameter, series.unit, series.daily) == ("", "00060", "m3 s-1", False)
    assert series.approval.tolist() == ["P", "P"]
    assert series.qualifiers.tolist() == ["", "Ice"]
    assert any("carry no zone" in note and "00:00-07:00" in note for note in series.notes)


def test_csv_of_dates_is_taken_as_daily_means(file) -> None:
    (series,) = read_source(file("date;discharge_cfs\n2020-01-01;5\n2020-01-02;6\n"), zone=parse_zone("MST"))
    assert (series.statistic, series.day_offset, series.unit) == ("00003", -25200, "ft3/s")
    assert any("daily means" in note for note in series.notes)


def test_csv_of_the_agency_is_read(file) -> None:
    text = (
        "x,y,id,time_series_id,monitoring_location_id,parameter_code,statistic_id,time,value,unit_of_measure,"
        "approval_status,qualifier,last_modified\n"
        '-89.3,43.2,1,abc,USGS-05427718,00060,00003,2025-12-26,20.2,ft^3/s,Provisional,"[""ICE""]",2026-01-01\n'
    )
    (series,) = read_source(file(text, "items.csv"), zone=parse_zone("CST"))
    assert (series.site, series.unit, series.id) == ("05427718", "ft3/s", "abc")
    assert (series.approval.tolist(), series.qualifiers.tolist()) == (["P"], ["ICE"])


def test_camels_keeps_flags_and_missing_days(file) -> None:
    text = (
        "01013500 1993 09 29   514.00 A\n01013500 1993 09 30  -999.00 M\n01013500 1993 10  1   497.00 A:e\n"
    )
    (series,) = read_source(file(text, "01013500_streamflow_qc.txt"), zone=parse_zone("EST"))
    assert (series.site, series.unit, series.statistic) == ("01013500", "ft3/s", "00003")
    assert times(series)[2] == "1993-10-01T05:00"
    np.testing.assert_array_equal(series.values, [514, np.nan, 497])
    assert series.qualifiers.tolist() == ["", "M", "e"]


def test_folder_takes_the_files_that_name_the_gauge(tmp_path: Path) -> None:
    (tmp_path / "01013500_streamflow_qc.txt").write_text("01013500 1993 09 29   514.00 A\n")
    (tmp_path / "01333000_streamflow_qc.txt").write_text("broken")
    assert [s.site for s in read_source(tmp_path, gage="01013500")] == ["01013500"]
