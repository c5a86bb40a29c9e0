"""Every reference file is found out for what it is, with exact numbers."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.restriction import ALL, Continuous
from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.hydrofabric import read_hydrofabric
from dmod.hydrofabric.gauges import gauges
from dmod.services.data.detect import detect, hydrofabric_identity
from dmod.services.data.forcing_files import convert_forcing
from dmod.services.data.forcing_parts import open_part

FIVE = {"cat-11223", "cat-11224", "cat-11371", "cat-11410", "cat-11509"}
DECEMBER = Continuous(parse_time("2015-12-01"), parse_time("2015-12-31"))
NETWORK = "cceeaf39ca8cc6aa6ae7bc0261235caf05d3051f"
LOGAN = "c2ab3f1163ccd83178536877c7beda2bf55eac68"
COLUMNS = {
    "precip_rate": "mm s-1",
    "TMP_2maboveground": "K",
    "SPFH_2maboveground": "kg kg-1",
    "UGRD_10maboveground": "m s-1",
    "VGRD_10maboveground": "m s-1",
    "PRES_surface": "Pa",
    "DSWRF_surface": "W m-2",
    "DLWRF_surface": "W m-2",
}
CASES = {
    "noah_pet_cfe_csv": ("SLoTH+PET+Noah-OWP-Modular+CFE", {"CFE", "PET", "Noah-OWP-Modular"}, 18),
    "outopt_precision17": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "pet_topmodel_csv": ("PET+TOPMODEL", {"PET", "TOPMODEL"}, 8),
    "sloth_pet1_cfe_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet2_cfe_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet3_cfe_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet4_cfe_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet5_cfe_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet_cfeHEAD_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet_cfeHEADnash_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet_cfeHEADxaj_csv": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
    "sloth_pet_cfe_nc": ("SLoTH+PET+CFE", {"CFE", "PET"}, 10),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, reference: Path) -> Path:
    return reference / "ngen" / request.param


def test_cases_are_all_that_there_are(reference: Path) -> None:
    assert {path.name for path in (reference / "ngen").iterdir()} == set(CASES)


def test_case_has_its_hydrofabric(case: Path) -> None:
    found = detect(case / "hydrofabric")
    assert (found.category, found.format.name) == (Category.HYDROFABRIC, "NGEN_GEOPACKAGE_HYDROFABRIC_V2")
    assert {index: found.domain.values(index) for index in found.domain.restrictions} == {
        DomainIndex.CATCHMENT_ID: FIVE,
        DomainIndex.GAGE_ID: {"01073000"},
        DomainIndex.HYDROFABRIC_ID: {NETWORK},
        DomainIndex.HYDROFABRIC_VERSION: {"2.0"},
        DomainIndex.HYDROFABRIC_REGION: {"01", "conus"},
    }
    assert found.notes == ()


def test_case_has_its_forcing(case: Path) -> None:
    found = detect(case / "forcing")
    netcdf = case.name == "sloth_pet_cfe_nc"
    assert found.format.name == ("NETCDF_AORC_DEFAULT" if netcdf else "AORC_CSV")
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == FIVE
    assert found.domain.time == DECEMBER
    assert found.domain.values(DomainIndex.VARIABLE) == set(COLUMNS)
    assert found.domain.units == COLUMNS
    assert (found.step, found.notes, found.files) == (3600, (), 1 if netcdf else 5)


def test_case_has_its_realization(case: Path) -> None:
    found = detect(case / "realization.json")
    assert found.format.name == "NGEN_REALIZATION_CONFIG"
    assert found.domain.values(DomainIndex.FORMULATION) == {CASES[case.name][0]}
    assert found.domain.time == DECEMBER
    assert found.domain.restrictions[DomainIndex.CATCHMENT_ID] == ALL
    assert (found.step, found.notes) == (3600, ())


def test_case_has_its_module_configurations(case: Path) -> None:
    found = detect(case / "config")
    _, modules, files = CASES[case.name]
    assert found.format.name == "BMI_CONFIG"
    assert found.domain.values(DomainIndex.FORMULATION) == modules
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == FIVE
    assert len(found.domain.values(DomainIndex.GLOBAL_CHECKSUM)) == 1
    assert (found.files, found.notes) == (files, ())


@pytest.mark.parametrize("folder", ["expected", "expected_p17"])
def test_case_has_its_output(case: Path, folder: str) -> None:
    if not (case / folder).exists():
        assert (case.name, folder) == ("outopt_precision17", "expected_p17")
        return
    found = detect(case / folder)
    assert (found.category, found.format.name) == (Category.OUTPUT, "NGEN_CSV_OUTPUT")
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == FIVE
    assert found.domain.time == DECEMBER
    content = json.loads((case / "realization.json").read_text())
    wanted = content["global"]["formulations"][0]["params"]["output_variables"]
    assert found.domain.values(DomainIndex.VARIABLE) == set(wanted)
    assert (found.step, found.notes, found.files) == (3600, (), 8)
    assert found.description.startswith("output of 5 catchments and 3 nexuses, ")


def test_case_as_a_whole_is_a_package(case: Path) -> None:
    found = detect(case)
    assert (found.category, found.format.name) == (Category.CONFIG, "NGEN_JOB_COMPOSITE_CONFIG")
    assert found.domain.time == DECEMBER
    assert found.domain.units == COLUMNS
    held = {index: found.domain.values(index) for index in found.domain.restrictions}
    assert held == {
        DomainIndex.CATCHMENT_ID: FIVE,
        DomainIndex.TIME: frozenset(),
        DomainIndex.FORMULATION: {CASES[case.name][0]},
        DomainIndex.VARIABLE: set(COLUMNS),
        DomainIndex.HYDROFABRIC_ID: {NETWORK},
        DomainIndex.HYDROFABRIC_VERSION: {"2.0"},
        DomainIndex.HYDROFABRIC_REGION: {"01", "conus"},
    }
    assert found.notes == ()


def test_configurations_that_differ_have_other_checksums(reference: Path) -> None:
    sums = {
        name: detect(reference / "ngen" / name / "config").domain.values(DomainIndex.GLOBAL_CHECKSUM)
        for name in CASES
    }
    assert sums["sloth_pet3_cfe_csv"] == sums["outopt_precision17"]
    assert sums["sloth_pet1_cfe_csv"] != sums["sloth_pet2_cfe_csv"]


def test_logan_river_is_a_fabric_of_version_2_2(reference: Path) -> None:
    path = reference / "hydrofabric" / "gage-10109001_subset.gpkg"
    found = detect(path)
    fabric = read_hydrofabric(path)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == set(fabric.catchments.ids)
    assert len(fabric.catchments) == 88
    assert found.domain.values(DomainIndex.GAGE_ID) == set(gauges(fabric)) == {"10109001"}
    assert found.domain.values(DomainIndex.HYDROFABRIC_VERSION) == {"2.2"}
    assert found.domain.values(DomainIndex.HYDROFABRIC_REGION) == {"16", "conus"}
    assert found.domain.values(DomainIndex.HYDROFABRIC_ID) == {LOGAN}
    assert found.description == (
        "hydrofabric of 88 catchments, version 2.2, conus, unit 16, 1 gauge (10109001)"
    )


def test_identity_is_that_of_the_network_as_it_is_read(reference: Path) -> None:
    places = {
        LOGAN: reference / "hydrofabric" / "gage-10109001_subset.gpkg",
        NETWORK: reference / "ngen" / "pet_topmodel_csv" / "hydrofabric" / "gauge_01073000.gpkg",
    }
    for identity, path in places.items():
        fabric = read_hydrofabric(path)
        below = dict(zip(fabric.nexuses.ids, fabric.nexuses.toid, strict=True))
        pairs = zip(fabric.catchments.ids, fabric.catchments.toid, strict=True)
        assert hydrofabric_identity((name, nexus, below[nexus]) for name, nexus in pairs) == identity


def test_routing_case_has_its_parts(reference: Path) -> None:
    folder = reference / "troute" / "gage-10109001"
    april = Continuous(parse_time("2010-04-01"), parse_time("2010-06-01"))
    config = detect(folder / "troute.yaml")
    assert config.format.name == "T_ROUTE_CONFIG"
    assert config.domain.time == april
    assert config.domain.values(DomainIndex.HYDROFABRIC_ID) == {LOGAN}
    assert config.step == 300
    nexuses = detect(folder / "nexus")
    assert nexuses.format.name == "NGEN_CSV_OUTPUT"
    assert nexuses.domain.time == april
    assert set(nexuses.domain.restrictions) == {DomainIndex.TIME}
    assert nexuses.description == "output of 38 nexuses, 2010-04-01 00:00 to 2010-06-01 00:00, hourly"
    routed = detect(folder / "expected")
    assert routed.format.name == "ROUTED_NETCDF_OUTPUT"
    hour = timedelta(hours=1)
    assert routed.domain.time == Continuous(april.begin + hour, april.end + hour)
    fabric = read_hydrofabric(reference / "hydrofabric" / "gage-10109001_subset.gpkg")
    assert fabric.flowpaths is not None
    assert routed.domain.values(DomainIndex.FLOWPATH_ID) == set(fabric.flowpaths.ids)
    assert routed.domain.units == {"flow": "m3 s-1", "velocity": "m/s", "depth": "m", "nudge": "m3 s-1"}


def test_camels_has_its_streamflow(reference: Path) -> None:
    found = detect(reference / "camels" / "streamflow")
    assert (found.category, found.format.name) == (Category.OBSERVATION, "OBSERVATION_CSV")
    assert found.domain.values(DomainIndex.GAGE_ID) == {
        "01013500", "01333000", "02046000", "03439000", "07057500", "12010000",
    }  # fmt: skip
    assert found.domain.time == Continuous(parse_time("1993-09-29"), parse_time("2013-10-02"))
    assert found.domain.units == {"streamflow": "ft3/s"}
    assert (found.step, found.files) == (86400, 6)


@pytest.mark.parametrize("folder", ["attributes", "forcing_nldas", ""])
def test_rest_of_camels_is_none_of_the_formats(reference: Path, folder: str) -> None:
    with pytest.raises(InputError, match="is none of the kinds of data that are known: it is a folder of"):
        detect(reference / "camels" / folder)


def test_geojson_of_dmod_is_a_hydrofabric(reference: Path) -> None:
    found = detect(reference / "dmod" / "example_hydrofabric_1")
    assert found.format.name == "NGEN_GEOJSON_HYDROFABRIC"
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-27", "cat-52", "cat-67"}
    assert found.domain.values(DomainIndex.HYDROFABRIC_ID) == {"0095bf4f7d6d2dd17d173e874b6045820b9c165f"}
    assert (found.files, found.notes) == (4, ())


@pytest.mark.parametrize("name", ["nexus_data", "flowpath_data"])
def test_geojson_without_catchments_is_no_hydrofabric(reference: Path, name: str) -> None:
    with pytest.raises(InputError, match="it is a JSON document with the keys"):
        detect(reference / "dmod" / "example_hydrofabric_1" / f"{name}.geojson")


@pytest.mark.parametrize(
    ("number", "chains", "period"),
    [
        (1, {"SLoTH+Noah-OWP-Modular+CFE"}, DECEMBER),
        (2, {"SLoTH+Noah-OWP-Modular+CFE", "SLoTH+Noah-OWP-Modular+PET+CFE", "TOPMODEL"}, DECEMBER),
        (3, {"PET+Noah-OWP-Modular+CFE+SLoTH"}, None),
        (4, {"SLoTH+Noah-OWP-Modular+CFE"}, None),
    ],
)
def test_realizations_of_dmod_are_read(
    reference: Path, number: int, chains: set[str], period: Continuous | None
) -> None:
    folder = reference / "dmod" / "example_realization_configs"
    found = detect(folder / f"ex_realization_config_0{number}.json")
    january = Continuous(parse_time("2016-01-01"), parse_time("2016-02-01"))
    assert found.format.name == "NGEN_REALIZATION_CONFIG"
    assert found.domain.values(DomainIndex.FORMULATION) == chains
    assert found.domain.time == (period or january)


def test_folder_of_several_realizations_is_refused(reference: Path) -> None:
    with pytest.raises(InputError, match=r"holds several realizations: ex_realization_config_01\.json"):
        detect(reference / "dmod" / "example_realization_configs")


def test_service_reply_is_observations_with_a_note(reference: Path) -> None:
    found = detect(reference / "dmod" / "evaluation" / "observations.json")
    assert found.format.name == "OBSERVATION_CSV"
    assert found.domain.values(DomainIndex.GAGE_ID) == {"0214655255", "0214657975"}
    assert found.domain.units == {"streamflow": "ft3/s"}
    assert "observations.json is JSON of the USGS, not CSV" in found.notes


@pytest.mark.parametrize(
    "name",
    [
        "cat-27_cfs.csv",
        "cfs_vs_cfs_evaluation.json",
        "crosswalk.json",
        "nwis_stat_thresholds.rdb",
        "thresholds.csv",
    ],
)
def test_parts_of_an_evaluation_are_none_of_the_formats(reference: Path, name: str) -> None:
    with pytest.raises(InputError, match="is none of the kinds of data that are known"):
        detect(reference / "dmod" / "evaluation" / name)


def test_records_of_datasets_are_none_of_the_formats(reference: Path) -> None:
    for path in (reference / "dmod" / "serialized_datasets").iterdir():
        with pytest.raises(InputError, match="it is a JSON document with the keys"):
            detect(path)


def test_everything_found_can_be_written_as_json(reference: Path) -> None:
    for path in (reference / "hydrofabric", reference / "ngen" / "sloth_pet_cfe_nc"):
        assert json.loads(json.dumps(detect(path).as_json()))["format"] == detect(path).format.name


def test_forcing_of_csv_and_netcdf_is_converted_bit_by_bit(reference: Path, tmp_path: Path) -> None:
    for name in ("sloth_pet1_cfe_csv", "sloth_pet_cfe_nc"):
        source = reference / "ngen" / name / "forcing"
        before = values(source)
        for number, layout in enumerate(
            ("ZARR_FORCING", "AORC_CSV", "NETCDF_FORCING_CANONICAL", "NETCDF_AORC_DEFAULT")
        ):
            source = convert_forcing(source, tmp_path / f"{name}{number}", FORMATS[layout]).path
            after = values(source)
            assert set(after) == set(before) == FIVE
            for catchment, columns in before.items():
                for column, series in columns.items():
                    assert series.tobytes() == after[catchment][column].tobytes()


def values(path: Path) -> dict:
    part = open_part(detect(path), {})
    try:
        return dict(part.blocks(part.catchments))
    finally:
        part.source.close()
