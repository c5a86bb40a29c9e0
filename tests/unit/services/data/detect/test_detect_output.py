"""Output of runs: dmod's own, the framework's CSV and NetCDF, routed flow, saved states, archives."""

import json
import shutil
import tarfile
import zipfile
from datetime import timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError
from dmod.hydrofabric import read_hydrofabric
from dmod.output.routed import RoutedNetcdf
from dmod.services.data.detect import detect
from dmod.services.example import ExamplePackage

START = parse_time("2015-10-01")
PERIOD = Continuous(START, parse_time("2015-10-06"))
SIX = {f"cat-{number}" for number in range(1, 7)}
CFE = {
    "RAIN_RATE", "DIRECT_RUNOFF", "GIUH_RUNOFF", "NASH_LATERAL_RUNOFF", "DEEP_GW_TO_CHANNEL_FLUX",
    "SOIL_TO_GW_FLUX", "Q_OUT", "POTENTIAL_ET", "ACTUAL_ET", "GW_STORAGE", "SOIL_STORAGE",
    "SOIL_STORAGE_CHANGE",
}  # fmt: skip
TOPMODEL = {
    "Qout",
    "atmosphere_water__liquid_equivalent_precipitation_rate_out",
    "water_potential_evaporation_flux_out",
    "land_surface_water__runoff_mass_flux",
    "soil_water_root-zone_unsat-zone_top__recharge_volume_flux",
    "land_surface_water__baseflow_volume_flux",
    "soil_water__domain_volume_deficit",
}


def test_results_of_a_run_are_read_completely(results: Path, package: ExamplePackage) -> None:
    found = detect(results)
    assert (found.category, found.format.name) == (Category.OUTPUT, "DMOD_RUN_OUTPUT")
    assert found.domain.time == PERIOD
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.values(DomainIndex.VARIABLE) == {*CFE, "runoff_rate", "flow", "velocity", "depth"}
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE"}
    fabric = detect(package.hydrofabric).domain.values(DomainIndex.HYDROFABRIC_ID)
    assert found.domain.values(DomainIndex.HYDROFABRIC_ID) == fabric
    assert found.domain.units["flow"] == found.domain.units["runoff_rate"] == "m3 s-1"
    assert (found.step, found.notes) == (3600, ())
    assert found.description == (
        "results of a run of 6 catchments, 16 variables, 2015-10-01 00:00 to 2015-10-06 00:00, hourly"
    )
    assert found.files == sum(path.is_file() for path in results.rglob("*"))


def test_results_whose_inputs_are_gone_say_so(results: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(results, tmp_path / "results"))
    record = folder / "metadata" / "run.json"
    text = record.read_text().replace("/creek/", "/elsewhere/")
    record.write_text(text)
    found = detect(folder)
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET+CFE"}
    assert DomainIndex.HYDROFABRIC_ID not in found.domain.restrictions
    assert found.notes == (
        "the hydrofabric of the run is not there any more, or changed: creek.gpkg",
        "the realization of the run is not there any more, or changed: realization.json",
    )


def test_results_as_csv_are_read_completely(text_results: Path) -> None:
    found = detect(text_results)
    assert found.format.name == "DMOD_RUN_OUTPUT"
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.values(DomainIndex.VARIABLE) >= TOPMODEL
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET+TOPMODEL"}
    assert found.domain.time == PERIOD


def test_record_of_a_run_that_is_broken_is_refused(results: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(results, tmp_path / "results"))
    (folder / "metadata" / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        detect(folder)


def test_catchments_and_nexuses_as_netcdf_are_told_apart(results: Path) -> None:
    catchments, nexuses = detect(results / "catchments.nc"), detect(results / "nexuses.nc")
    for found in (catchments, nexuses):
        assert found.format.name == "NGEN_NETCDF_OUTPUT"
        assert found.domain.time == PERIOD
    assert catchments.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert catchments.domain.values(DomainIndex.VARIABLE) == CFE
    assert catchments.domain.units["Q_OUT"] == "m"
    assert set(nexuses.domain.restrictions) == {DomainIndex.TIME, DomainIndex.VARIABLE}
    assert nexuses.domain.units == {"runoff_rate": "m3 s-1"}
    assert nexuses.description.startswith("output of 4 nexuses, 1 variable, ")


def test_folder_of_netcdf_output_is_one(results: Path, tmp_path: Path) -> None:
    for name in ("catchments.nc", "nexuses.nc", "streamflow.nc"):
        shutil.copy(results / name, tmp_path / name)
    found = detect(tmp_path)
    assert found.format.name == "NGEN_NETCDF_OUTPUT"
    assert found.domain.values(DomainIndex.VARIABLE) == {*CFE, "runoff_rate"}
    assert found.notes == ("1 other file beside: streamflow.nc",)


def test_nexus_flow_as_the_framework_writes_it_is_output(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "formulation_default_nexuses.nc", "w") as file:
        for name, size in (("feature_id", 2), ("time", 3), ("feature_id_str_len", 32)):
            file.createDimension(name, size)
        names = np.array([b"nex-1", b"nex-2"], "S32").view("S1").reshape(2, 32)
        file.createVariable("feature_id", "S1", ("feature_id", "feature_id_str_len"))[:] = names
        time = file.createVariable("time", "i8", ("time",))
        time.units = "minutes since 1970-01-01 00:00:00"
        time[:] = int(START.timestamp()) // 60 + np.arange(3) * 60
        flow = file.createVariable("runoff_rate", "f8", ("feature_id", "time"))
        flow.units = "m3 s-1"
        flow[:] = 1.0
    found = detect(tmp_path)
    assert found.format.name == "NGEN_NETCDF_OUTPUT"
    assert found.domain.time == Continuous(START, START + timedelta(hours=3))
    assert found.description.startswith("output of 2 nexuses")


def test_routed_flow_is_by_flowpath_and_moment(results: Path, package: ExamplePackage) -> None:
    found = detect(results / "streamflow.nc")
    fabric = read_hydrofabric(package.hydrofabric)
    assert fabric.flowpaths is not None
    assert found.format.name == "ROUTED_NETCDF_OUTPUT"
    assert found.domain.values(DomainIndex.FLOWPATH_ID) == set(fabric.flowpaths.ids)
    hour = timedelta(hours=1)
    assert found.domain.time == Continuous(PERIOD.begin + hour, PERIOD.end + hour)
    assert found.domain.units == {"flow": "m3 s-1", "velocity": "m s-1", "depth": "m"}
    assert found.notes == ("a value is that of the moment it is stamped with",)


def routed(folder: Path, name: str, first: int, count: int, ids: tuple[str, ...] = ("wb-1", "wb-2")) -> None:
    axis = TimeAxis(START + timedelta(hours=first), 3600, count)
    with RoutedNetcdf.open(folder / name, ids, axis, variables=("flow",)) as sink:
        sink.write(0, np.ones((len(ids), count)))


def test_pieces_of_routed_flow_are_one(tmp_path: Path) -> None:
    routed(tmp_path, "b.nc", 24, 24)
    routed(tmp_path, "a.nc", 0, 24)
    found = detect(tmp_path)
    assert found.domain.time == Continuous(START + timedelta(hours=1), START + timedelta(hours=49))
    assert found.files == 2


def test_pieces_of_one_hour_are_one(tmp_path: Path) -> None:
    for hour in range(3):
        routed(tmp_path, f"{hour}.nc", hour, 1)
    found = detect(tmp_path)
    assert (found.step, found.domain.time) == (
        3600,
        Continuous(START + timedelta(hours=1), START + timedelta(hours=4)),
    )


def test_gap_between_pieces_of_routed_flow_is_refused(tmp_path: Path) -> None:
    routed(tmp_path, "a.nc", 0, 24)
    routed(tmp_path, "b.nc", 25, 24)
    with pytest.raises(InputError, match=r"b\.nc does not begin where a\.nc ends"):
        detect(tmp_path)


def test_pieces_of_other_flowpaths_are_refused(tmp_path: Path) -> None:
    routed(tmp_path, "a.nc", 0, 24)
    routed(tmp_path, "b.nc", 24, 24, ("wb-1",))
    with pytest.raises(InputError, match=r"a\.nc and b\.nc have other flowpaths"):
        detect(tmp_path)


def test_saved_states_stand_for_one_moment(results: Path) -> None:
    found = detect(results / "states.nc")
    assert (found.category, found.format.name) == (Category.STATE, "MODEL_STATE")
    assert found.domain.time == Continuous(PERIOD.end, PERIOD.end + timedelta(seconds=1))
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET+CFE"}
    assert found.step is None
    assert found.description == "states of 6 catchments and 6 flowpaths at 2015-10-06 00:00:00, PET+CFE"


# the framework's CSV


@pytest.fixture
def output(text_results: Path, tmp_path: Path) -> Path:
    """The CSV files alone, as the framework leaves them."""
    folder = tmp_path / "output"
    folder.mkdir()
    for path in text_results.glob("*-*.csv"):
        shutil.copy(path, folder / path.name)
    return folder


def require_output(found, layout: str) -> None:
    assert (found.category, found.format.name) == (Category.OUTPUT, layout)
    assert found.domain.time == PERIOD
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.values(DomainIndex.VARIABLE) == TOPMODEL
    assert found.step == 3600
    assert found.description == (
        "output of 6 catchments and 4 nexuses, 7 variables, 2015-10-01 00:00 to 2015-10-06 00:00, hourly"
    )


def test_csv_of_the_framework_is_read_completely(output: Path) -> None:
    found = detect(output)
    require_output(found, "NGEN_CSV_OUTPUT")
    assert (found.files, found.notes) == (10, ())


def test_csv_output_in_folders_of_ranks_is_one(output: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(output.iterdir())):
        rank = tmp_path / "ranks" / f"rank_{number % 2}"
        rank.mkdir(parents=True, exist_ok=True)
        path.rename(rank / path.name)
    require_output(detect(tmp_path / "ranks"), "NGEN_CSV_OUTPUT")


def test_one_file_of_output_is_its_catchments(output: Path) -> None:
    assert detect(output / "cat-2.csv").domain.values(DomainIndex.CATCHMENT_ID) == {"cat-2"}


def test_files_of_nexuses_alone_cover_a_period_only(output: Path) -> None:
    for path in output.glob("cat-*"):
        path.unlink()
    found = detect(output)
    assert found.format.name == "NGEN_CSV_OUTPUT"
    assert set(found.domain.restrictions) == {DomainIndex.TIME}
    assert found.description.startswith("output of 4 nexuses, 2015-10-01")


def test_output_in_one_file_is_read_step_by_step(output: Path, tmp_path: Path) -> None:
    tables = {path.stem: path.read_text().splitlines() for path in output.glob("cat-*.csv")}
    header = next(iter(tables.values()))[0]
    rows = [f"{name},{lines[step]}" for step in range(1, 121) for name, lines in tables.items()]
    grouped = tmp_path / "cat_output.csv"
    grouped.write_text("\n".join([f"catchment_id,{header}", *rows]) + "\n")
    found = detect(grouped)
    assert found.format.name == "NGEN_CSV_OUTPUT"
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.domain.time == PERIOD
    assert found.domain.values(DomainIndex.VARIABLE) == TOPMODEL


def test_catchments_with_other_variables_are_noted(output: Path) -> None:
    text = (output / "cat-2.csv").read_text()
    (output / "cat-2.csv").write_text(text.replace(",Qout", ",q", 1))
    found = detect(output)
    assert found.domain.values(DomainIndex.VARIABLE) == TOPMODEL - {"Qout"}
    assert found.notes == ("not all catchments have the variables Qout, q",)


def test_run_that_was_stopped_is_noted(output: Path) -> None:
    text = (output / "cat-2.csv").read_text()
    (output / "cat-2.csv").write_text(text[: text.rindex(",")])
    (output / "cat-3.csv").write_text(text.splitlines()[0] + "\n")
    found = detect(output)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX - {"cat-2", "cat-3"}
    assert found.notes == ("2 files left out: cat-2.csv is cut short in its last line",)


def test_routed_flow_beside_the_output_is_noted(output: Path, results: Path) -> None:
    shutil.copy(results / "streamflow.nc", output / "troute_output.nc")
    found = detect(output)
    assert found.format.name == "NGEN_CSV_OUTPUT"
    assert found.notes == ("1 other file beside: troute_output.nc",)


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.bz2", "tar.xz", "zip", "zip-stored"])
def test_archives_of_output_are_read(output: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"archive.{form}"
    if form.startswith("zip"):
        kind = zipfile.ZIP_STORED if form == "zip-stored" else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(path, "w", kind) as archive:
            for file in output.iterdir():
                archive.write(file, f"run/{file.name}")
    else:
        with tarfile.open(path, f"w:{form.partition('.')[2]}") as archive:
            archive.add(output, "run")
    found = detect(path)
    require_output(found, "ARCHIVED_NGEN_CSV_OUTPUT")
    assert (found.files, found.notes) == (1, ())


def test_large_archive_is_sampled_and_says_so(output: Path, tmp_path: Path) -> None:
    table, nexus = output / "cat-1.csv", next(output.glob("nex-*"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(100):
            archive.write(table, f"cat-{number}.csv")
            archive.write(nexus, f"nex-{number}_output.csv")
    found = detect(tmp_path / "a.zip")
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {f"cat-{number}" for number in range(100)}
    assert found.description.startswith("output of 100 catchments and 100 nexuses, 7 variables")
    assert found.notes == ("of 200 files in it 13 were read",)


def test_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("words.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match="it is a zip archive"):
        detect(tmp_path / "a.zip")


def test_description_can_be_written_as_json(results: Path) -> None:
    said = json.loads(json.dumps(detect(results).as_json()))
    assert said["format"] == "DMOD_RUN_OUTPUT"
    assert said["category"] == "OUTPUT"
    assert said["path"] == str(results)
    assert said["step"] == 3600
