"""Forcing: of catchments as CSV, NetCDF and Zarr, and on a grid."""

import shutil
from datetime import timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError
from dmod.forcing.gridded.example_stores import (
    write_aorc_store,
    write_cf_store,
    write_nwm_netcdf_store,
    write_nwm_zarr_store,
)
from dmod.forcing.write import write_csv_forcing, write_netcdf_forcing
from dmod.services.data.detect import Detected, detect
from dmod.services.data.forcing_files import convert_forcing
from dmod.services.example import ExamplePackage

START = parse_time("2019-01-01 00:00")
DAY = TimeAxis(START, 3600, 24)
WHOLE_DAY = Continuous(START, parse_time("2019-01-02 00:00"))
COLUMNS = ("precip_rate", "TMP_2maboveground")
EIGHT = {
    "precip_rate": "mm s-1",
    "DLWRF_surface": "W m-2",
    "DSWRF_surface": "W m-2",
    "PRES_surface": "Pa",
    "SPFH_2maboveground": "kg kg-1",
    "TMP_2maboveground": "K",
    "UGRD_10maboveground": "m s-1",
    "VGRD_10maboveground": "m s-1",
}
PERIOD = Continuous(parse_time("2015-10-01"), parse_time("2015-10-06"))
SIX = {f"cat-{number}" for number in range(1, 7)}


def values(axis: TimeAxis, count: int = 2) -> dict[str, np.ndarray]:
    return {name: np.full((count, axis.count), 280.0 + k) for k, name in enumerate(COLUMNS)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two catchments, a day."""
    write_csv_forcing(tmp_path / "csv", ["cat-1", "cat-22"], DAY, values(DAY))
    return tmp_path / "csv"


def require_example(found: Detected, layout: str) -> None:
    assert found.category is Category.FORCING
    assert found.format.name == layout
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.time == PERIOD
    assert found.domain.values(DomainIndex.VARIABLE) == set(EIGHT)
    assert found.domain.units == EIGHT
    assert found.step == 3600
    assert found.notes == ()
    assert found.description == (
        "forcing of 6 catchments, 8 variables, 2015-10-01 00:00 to 2015-10-06 00:00, hourly"
    )


def test_csv_of_an_example_is_read_completely(csv_package: ExamplePackage) -> None:
    found = detect(csv_package.forcing)
    require_example(found, "AORC_CSV")
    assert found.files == 6


def test_netcdf_of_an_example_is_read_completely(package: ExamplePackage) -> None:
    require_example(detect(package.forcing), "NETCDF_AORC_DEFAULT")


@pytest.mark.parametrize("layout", ["NETCDF_FORCING_CANONICAL", "ZARR_FORCING"])
def test_other_layouts_are_told_apart(package: ExamplePackage, tmp_path: Path, layout: str) -> None:
    convert_forcing(package.forcing, tmp_path / "made", FORMATS[layout])
    require_example(detect(tmp_path / "made"), layout)


def test_netcdf_with_another_time_unit_and_dimension_names_is_canonical(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        file.createDimension("catchment", 2)
        file.createDimension("time", 3)
        file.createVariable("catchment", str, ("catchment",))[:] = np.array(["cat-5", "cat-6"], dtype=object)
        time = file.createVariable("time", "f8", ("time",))
        time.units = "hours since 2019-01-01 06:00:00"
        time[:] = [0, 3, 6]
        rain = file.createVariable("RAINRATE", "f4", ("time", "catchment"))
        rain.units = "mm h-1"
        rain[:] = 1.0
    found = detect(tmp_path / "f.nc")
    assert found.format.name == "NETCDF_FORCING_CANONICAL"
    assert found.domain.time == Continuous(parse_time("2019-01-01 06:00"), parse_time("2019-01-01 15:00"))
    assert (found.step, dict(found.domain.units)) == (10800, {"RAINRATE": "mm h-1"})
    assert found.description.endswith("every 3 hours")


def test_one_file_of_one_catchment_is_that_catchments(folder: Path) -> None:
    found = detect(folder / "cat-22.csv")
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-22"}
    assert found.domain.time == WHOLE_DAY


def test_file_without_a_catchments_name_leaves_catchments_open(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "cat-1.csv", tmp_path / "shared.csv")
    found = detect(tmp_path / "shared.csv")
    assert DomainIndex.CATCHMENT_ID not in found.domain.restrictions
    assert found.notes == ("the file's name tells no catchment",)


def test_names_with_periods_in_them_tell_the_catchment(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "named"
    target.mkdir()
    for path in folder.iterdir():
        shutil.copy(path, target / f"{path.stem}_2019-01-01 00_00_00_2019-01-01 23_00_00.csv")
    assert detect(target).domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-22"}


def test_domain_is_the_period_that_all_files_have(folder: Path) -> None:
    late = TimeAxis(START + timedelta(hours=6), 3600, 24)
    write_csv_forcing(folder, ["cat-3"], late, values(late, 1))
    found = detect(folder)
    assert found.domain.time == Continuous(START + timedelta(hours=6), WHOLE_DAY.end)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-22", "cat-3"}
    assert found.notes == (
        "1 file has another period than 2019-01-01 00:00:00 to 2019-01-01 23:00:00; "
        "the domain is what all have",
    )


def test_files_without_a_common_time_are_refused(folder: Path) -> None:
    later = TimeAxis(START + timedelta(days=2), 3600, 24)
    write_csv_forcing(folder, ["cat-3"], later, values(later, 1))
    with pytest.raises(InputError, match=r"no time that all its files have: one begins at 2019-01-03 00"):
        detect(folder)


def test_domain_is_the_variables_that_all_files_have(folder: Path) -> None:
    write_csv_forcing(folder, ["cat-3"], DAY, {"precip_rate": np.zeros((1, 24))})
    found = detect(folder)
    assert found.domain.values(DomainIndex.VARIABLE) == {"precip_rate"}
    assert found.notes == ("not all files have the columns TMP_2maboveground",)


def test_units_of_headers_are_read_and_mixed_ones_left_open(folder: Path) -> None:
    units = {"TMP_2maboveground": "degC"}
    write_csv_forcing(folder, ["cat-1", "cat-22"], DAY, values(DAY), units=units)
    assert detect(folder).domain.units == {"precip_rate": "mm s-1", **units}
    write_csv_forcing(folder, ["cat-22"], DAY, values(DAY, 1))
    found = detect(folder)
    assert found.domain.units == {"precip_rate": "mm s-1"}
    assert found.notes == ("files differ in the unit of TMP_2maboveground",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cat-9.csv holds no row"),
        ("time,precip_rate\n", "cat-9.csv holds no row"),
        ("stamp,precip_rate\n2019-01-01 00:00:00,0\n", "cat-9.csv has no column named time"),
        ("time,precip_rate\n2019-01-01 00:00:00,0,0\n", "cat-9.csv has rows of unequal length"),
        ("time,precip_rate\nyesterday,0\n", "cat-9.csv: 'yesterday' is not a time"),
        ("time,precip_rate\n2019-01-01 00:00:00,0\n2019-01-01 0", "cat-9.csv is cut short in its last line"),
        (
            "time,precip_rate\n2019-01-01 02:00:00,0\n2019-01-01 01:00:00,0\n",
            "cat-9.csv: its times do not rise",
        ),
    ],
)
def test_file_that_cannot_be_read_is_left_out_and_noted(folder: Path, text: str, reason: str) -> None:
    (folder / "cat-9.csv").write_text(text)
    found = detect(folder)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-22"}
    assert found.notes == (f"1 file left out that cannot be read: {reason}",)


def test_uneven_end_of_a_file_is_noted(folder: Path) -> None:
    with (folder / "cat-1.csv").open("a") as file:
        file.write("2019-01-02 00:30:00,0,280\n")
    notes = detect(folder).notes
    assert "the times of 1 file are uneven, such as cat-1.csv" in notes


def test_papers_beside_are_noted(folder: Path) -> None:
    (folder / "README.md").write_text("# weather\n")
    found = detect(folder)
    assert found.notes == ("1 other file beside: README.md",)
    assert found.files == 3


def test_data_of_another_kind_beside_are_refused(folder: Path, package: ExamplePackage) -> None:
    shutil.copy(package.hydrofabric, folder / "fabric.gpkg")
    with pytest.raises(InputError, match=r"holds forcing as CSV \(2 files\) and other data: fabric.gpkg"):
        detect(folder)


def test_long_file_is_read_at_its_ends(tmp_path: Path) -> None:
    axis = TimeAxis(START, 900, 20_000)
    write_csv_forcing(tmp_path / "csv", ["cat-1"], axis, values(axis, 1))
    found = detect(tmp_path / "csv")
    assert found.domain.time == Continuous(START, START + timedelta(seconds=900 * 20_000))
    assert found.description.endswith("every 15 minutes")


def test_repeated_catchment_in_netcdf_is_noted(tmp_path: Path) -> None:
    write_netcdf_forcing(tmp_path / "f.nc", ["cat-1", "cat-1"], DAY, values(DAY))
    assert detect(tmp_path / "f.nc").notes == ("1 catchment repeated",)


# a grid

BOUNDS = (-111.9, 41.6, -111.7, 41.8)
NEW_YEAR = TimeAxis(parse_time("2019-12-31 12:00"), 3600, 24)
OVER_NEW_YEAR = Continuous(parse_time("2019-12-31 12:00"), parse_time("2020-01-01 12:00"))


def plane(column: str, x: np.ndarray, y: np.ndarray, step: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(1e-4 if column == "precip_rate" else 280.0 + step), np.shape(x))


def require_grid(found: Detected, names: dict[str, str], title: str) -> None:
    assert found.category is Category.FORCING
    assert found.format.name == "FORCING_GRID"
    assert set(found.domain.restrictions) == {DomainIndex.TIME, DomainIndex.VARIABLE}
    assert found.domain.time == OVER_NEW_YEAR
    assert found.domain.values(DomainIndex.VARIABLE) == set(names)
    assert found.domain.units == names
    assert found.step == 3600
    assert f"({title})" in found.description


def test_aorc_stores_of_two_years_are_one_grid(tmp_path: Path) -> None:
    write_aorc_store(tmp_path / "aorc", BOUNDS, NEW_YEAR, plane, columns=COLUMNS)
    found = detect(tmp_path / "aorc")
    require_grid(found, {"APCP_surface": "kg/m^2", "TMP_2maboveground": "K"}, "AORC")
    assert found.files == sum(path.is_file() for path in (tmp_path / "aorc").rglob("*"))


def test_stores_of_the_national_water_model_are_one_grid(tmp_path: Path) -> None:
    write_nwm_zarr_store(tmp_path / "nwm", BOUNDS, NEW_YEAR, plane, columns=COLUMNS)
    require_grid(detect(tmp_path / "nwm"), {"RAINRATE": "mm s^-1", "T2D": "K"}, "National Water Model")


def test_files_of_the_national_water_model_are_one_grid(tmp_path: Path) -> None:
    write_nwm_netcdf_store(tmp_path / "nwm", BOUNDS, NEW_YEAR, plane, columns=COLUMNS)
    require_grid(detect(tmp_path / "nwm"), {"RAINRATE": "mm s^-1", "T2D": "K"}, "National Water Model")


@pytest.mark.parametrize("name", ["grid.nc", "grid.zarr"])
def test_cf_file_and_store_are_a_grid(tmp_path: Path, name: str) -> None:
    x, y = np.arange(-111.9, -111.5, 0.1), np.arange(41.6, 42.0, 0.1)
    write_cf_store(tmp_path / name, x, y, NEW_YEAR, plane, columns=COLUMNS)
    names = {"precip_rate": "kg m-2 s-1", "TMP_2maboveground": "K"}
    found = detect(tmp_path / name)
    require_grid(found, names, "CF")
    assert "4 × 5 cells" in found.description


@pytest.mark.parametrize(
    ("hours", "note"), [([0, 1, 2, 5], "2 times missing in between"), ([0, 1, 1, 2], "1 time repeated")]
)
def test_times_of_netcdf_that_are_uneven_are_noted(tmp_path: Path, hours: list[int], note: str) -> None:
    axis = DAY.window(0, 4)
    write_netcdf_forcing(tmp_path / "f.nc", ["cat-1", "cat-2"], axis, values(axis))
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file["Time"][:] = axis.epoch_seconds()[0] + 3600 * np.array(hours)
    assert detect(tmp_path / "f.nc").notes == (note,)


def test_times_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        file.createDimension("catchment-id", 1)
        file.createDimension("time", 2)
        file.createVariable("ids", str, ("catchment-id",))[:] = np.array(["cat-5"], dtype=object)
        time = file.createVariable("Time", "f8", ("catchment-id", "time"))
        time.units = "s"
        time[:] = np.nan
        file.createVariable("RAINRATE", "f4", ("catchment-id", "time"))[:] = 1.0
    with pytest.raises(InputError, match="is damaged or cannot be read"):
        detect(tmp_path / "f.nc")
