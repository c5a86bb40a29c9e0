import numpy as np
import pytest

from dmod.core.units import Conversion
from dmod.errors import InputError
from dmod.forcing.gridded.cf import packing, projection, seconds_since_1970


def decoded(raw, change=None, **attributes):
    packed = packing(attributes, raw.dtype, "store")
    return packed.decode(raw) if change is None else packed.decode(raw, change)


def test_packing_scales_then_converts():
    raw = np.array([0, 100, -32767], np.int16)
    values = decoded(raw, Conversion(1.0, 273.15), scale_factor=0.1, add_offset=2.0, _FillValue=-32767)
    np.testing.assert_allclose(values, [275.15, 285.15, np.nan], rtol=1e-6)
    assert values.dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "expected"), [("i1", "f4"), ("i2", "f4"), ("u2", "f4"), ("i4", "f8"), ("f4", "f4"), ("f8", "f8")]
)
def test_packing_keeps_the_precision_that_is_stored(kind, expected):
    assert decoded(np.ones((2, 3), kind)).dtype == np.dtype(expected)


def test_packing_several_marks_are_missing():
    raw = np.array([1.0, -1.0, -2.0, -3.0, -4.0, np.nan])
    values = decoded(raw, _FillValue=-1.0, missing_value=[-2.0, -3.0, -4.0])
    np.testing.assert_array_equal(np.isnan(values), [False, True, True, True, True, True])


def test_packing_mark_written_in_double_precision_marks_single_values():
    assert np.isnan(
        decoded(np.array([1e20, -9999.9], np.float32), _FillValue=1e20, missing_value=-9999.9)
    ).all()


def test_packing_valid_range_is_of_stored_numbers():
    raw = np.array([5, 10, 20, 25], np.int16)
    np.testing.assert_array_equal(
        np.isnan(decoded(raw, scale_factor=0.01, valid_range=[10, 20])), [True, False, False, True]
    )
    np.testing.assert_array_equal(
        np.isnan(decoded(raw, valid_min=10, valid_max=20)), [True, False, False, True]
    )


def test_packing_unsigned_numbers_in_signed_ones():
    raw = np.array([1, -1, -2], np.int8)
    values = decoded(raw, _Unsigned="true", _FillValue=-1)
    np.testing.assert_array_equal(values, [1.0, np.nan, 254.0])


def test_packing_big_endian_and_turned_numbers():
    raw = np.arange(6, dtype=">i2").reshape(2, 3).T
    np.testing.assert_array_equal(decoded(raw, scale_factor=2.0), 2.0 * np.arange(6.0).reshape(2, 3).T)


def test_packing_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="store: scale_factor is 'big'"):
        packing({"scale_factor": "big"}, np.dtype("i2"), "store")


@pytest.mark.parametrize(
    ("units", "calendar", "value", "expected"),
    [
        ("seconds since 1970-01-01", "standard", 7, 7),
        ("hours since 2019-01-01 00:00:00", "proleptic_gregorian", 1, 1546304400),
        ("minutes since 1970-01-01 00:00:00 UTC", "standard", 2, 120),
        ("seconds since 1970-01-01 00:00:00.0 0:00", "", 9, 9),
        ("hours since 1900-01-01T00:00:00Z", "gregorian", 613608, 0),
        ("days since 1970-01-01 06:00", "standard", 1.5, 151200),
        ("days since 0001-01-01", "proleptic_gregorian", 719162, 0),
        ("days since 0001-01-01", "standard", 719164, 0),  # ten days fell out in 1582, two are its own
        ("hours since 1970-01-01 00:00:00 +01:00", "standard", 1, 0),
    ],
)
def test_times_are_seconds_since_1970(units, calendar, value, expected):
    attributes = {"units": units} | ({"calendar": calendar} if calendar else {})
    assert seconds_since_1970(np.array([value]), attributes, "store").tolist() == [expected]


def test_times_in_single_precision_hours_are_whole_seconds():
    hours = np.float32(1 / 3) + np.arange(3, dtype=np.float32)
    assert seconds_since_1970(hours, {"units": "hours since 1970-01-01"}, "s").tolist() == [1200, 4800, 8400]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"units": "hours"}, "none of a time"),
        ({}, "none of a time"),
        ({"units": "months since 1970-01-01"}, "none of a time"),
        ({"units": "hours since noon"}, "no time to count from"),
        ({"units": "hours since 1970-01-01", "calendar": "noleap"}, "noleap"),
    ],
)
def test_times_that_cannot_be_read_are_refused(attributes, message):
    with pytest.raises(InputError, match=message):
        seconds_since_1970(np.arange(3), attributes, "store: time")


def test_missing_time_is_refused():
    with pytest.raises(InputError, match="a time is missing"):
        seconds_since_1970(np.array([0.0, np.nan]), {"units": "hours since 1970-01-01"}, "store: time")


WKT = (
    'GEOGCS["unknown",DATUM["D_Sphere",SPHEROID["Sphere",6370000.0,0.0]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


@pytest.mark.parametrize(
    ("candidates", "start"),
    [
        ([{"crs_wkt": WKT}], "GEOGCS"),
        ([{}, {"esri_pe_string": WKT + ";-400 -400 1e9;-1e5 1e4;0.001"}], "GEOGCS"),
        ([{"crs": "EPSG:4326"}], "EPSG:4326"),
        ([{"spatial_ref": "EPSG:5070"}, {"crs": "EPSG:4326"}], "EPSG:5070"),
        ([{"grid_mapping_name": "latitude_longitude"}], "GEOGCRS"),
        ([{"proj4": "+proj=longlat +datum=WGS84"}], "+proj"),
    ],
)
def test_projection_is_what_is_stated_first(candidates, start):
    found = projection(candidates, "store")
    assert found.startswith(start)
    assert ";" not in found


def test_projection_that_is_not_stated_is_none_and_one_that_cannot_be_read_refused():
    assert projection([{}, {"units": "K"}], "store") is None
    with pytest.raises(InputError, match="crs_wkt"):
        projection([{"crs_wkt": "PROJCS[nonsense"}], "store")
    with pytest.raises(InputError, match="grid mapping 'flat_earth'"):
        projection([{"grid_mapping_name": "flat_earth"}], "store")
