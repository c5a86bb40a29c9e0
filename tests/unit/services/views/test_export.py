"""Series as files are read back: by the NetCDF library, and by xarray as others would."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from dmod.errors import InputError
from dmod.services.views import export
from dmod.services.views.export import Stretch, csv_lines, netcdf_bytes

START = 1_443_657_600


def stretch(source: str, variable: str, values: list[float], first: int = 0, **other: str) -> Stretch:
    seconds = START + 3600 * np.arange(first, first + len(values))
    told = {"layer": "rivers", "place": "wb-27", "unit": "m3 s-1", **other}
    return Stretch(source, told["layer"], told["place"], variable, told["unit"], seconds, np.array(values))


FLOW = stretch("found@1", "flow", [1.5, np.nan, 2.5])
OTHER = stretch("found@2", "flow", [4.0, 5.0, 6.0], first=1)
RAIN = stretch("found@1", "rain", [0.25], layer="basin", place="nex-10 ü", unit="mm h-1")


def test_netcdf_of_one_series_is_a_time_series_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "one.nc"
    path.write_bytes(netcdf_bytes([FLOW]))
    with netCDF4.Dataset(path) as file:
        assert (file.Conventions, file.featureType) == ("CF-1.8", "timeSeries")
        flow = file["flow"]
        assert (flow.units, flow.source, flow.coordinates) == ("m3 s-1", "found@1", "place")
        assert flow.standard_name == "water_volume_transport_in_river_channel"
        assert file["place"].cf_role == "timeseries_id"
        assert file["time"].units == "seconds since 1970-01-01 00:00:00"
    with xr.open_dataset(path) as data:
        assert data["time"].values[0] == np.datetime64("2015-10-01T00:00:00")
        np.testing.assert_array_equal(data["flow"].values, [1.5, np.nan, 2.5])
        assert str(data["place"].values.astype(str)) == "wb-27"


def test_netcdf_of_several_series_tells_them_apart_and_puts_them_on_one_time(tmp_path: Path) -> None:
    path = tmp_path / "many.nc"
    path.write_bytes(netcdf_bytes([FLOW, OTHER, RAIN]))
    with xr.open_dataset(path) as data:
        assert set(data.data_vars) == {"flow", "flow_2", "rain"}
        assert data.sizes["time"] == 4
        np.testing.assert_array_equal(data["flow"].values, [1.5, np.nan, 2.5, np.nan])
        np.testing.assert_array_equal(data["flow_2"].values, [np.nan, 4.0, 5.0, 6.0])
        np.testing.assert_array_equal(data["rain"].values, [0.25, np.nan, np.nan, np.nan])
        sources = [data[name].attrs["source"] for name in ("flow", "flow_2", "rain")]
        assert sources == ["found@1", "found@2", "found@1"]
        assert data["rain"].attrs["units"] == "mm h-1"
        assert "featureType" not in data.attrs
        assert str(data["place_2"].values.astype(str)) == "nex-10 ü"
        assert data["rain"].encoding["coordinates"] == "place_2"


def test_names_are_such_as_netcdf_allows(tmp_path: Path) -> None:
    odd = [stretch("found@1", name, [1.0]) for name in ("time", "2 m/s", "Q[a]", "Q(a)")]
    path = tmp_path / "odd.nc"
    path.write_bytes(netcdf_bytes(odd))
    with netCDF4.Dataset(path) as file:
        names = {name for name, variable in file.variables.items() if variable.dimensions == ("time",)}
        assert names == {"time", "time_2", "v_2_m_s", "Q_a_", "Q_a__2"}


def test_table_of_several_series_names_their_datasets() -> None:
    lines = "".join(csv_lines([FLOW, OTHER])).splitlines()
    assert lines[0] == 'time,"found@1 flow [m3 s-1]","found@2 flow [m3 s-1]"'
    assert lines[1:] == [
        "2015-10-01T00:00:00Z,1.5,",
        "2015-10-01T01:00:00Z,,4.0",
        "2015-10-01T02:00:00Z,2.5,5.0",
        "2015-10-01T03:00:00Z,,6.0",
    ]
    assert next(csv_lines([FLOW, RAIN])).endswith('"found@1 rain at nex-10 ü [mm h-1]"\r\n')


def test_more_numbers_than_fit_in_a_file_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_VALUES", 7)
    with pytest.raises(InputError, match="2 series of 4 steps are too many numbers"):
        netcdf_bytes([FLOW, OTHER])
