"""Configurations: realizations, files of modules, routing, partitions, whole packages; and their chains."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmod
from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import ALL, Continuous
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.services.data.detect import detect, formulation_chain
from dmod.services.example import ExamplePackage
from dmod.services.example_fabric import make_example_fabric
from dmod.services.subset import Region, find_region
from dmod.testing.fabrics import write_geojson_pair, y_confluence

START, END = parse_time("2015-10-01"), parse_time("2015-10-02")
PERIOD = Continuous(parse_time("2015-10-01"), parse_time("2015-10-06"))
SIX = {f"cat-{number}" for number in range(1, 7)}
CHAINS = {
    "cfe": "SLoTH+PET+CFE",
    "cfe-x": "SLoTH+PET+CFE",
    "topmodel": "PET+TOPMODEL",
    "noah-cfe": "SLoTH+Noah-OWP-Modular+CFE",
    "snow17-sac": "PET+Snow-17+SAC-SMA",
}


def document(package: ExamplePackage) -> dict[str, Any]:
    return json.loads(package.realization.read_text())


def written(folder: Path, content: object, name: str = "realization.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def test_realization_of_all_catchments_restricts_none(package: ExamplePackage) -> None:
    found = detect(package.realization)
    assert (found.category, found.format.name) == (Category.CONFIG, "NGEN_REALIZATION_CONFIG")
    assert dict(found.domain.restrictions) == {
        DomainIndex.TIME: PERIOD,
        DomainIndex.CATCHMENT_ID: ALL,
        DomainIndex.FORMULATION: found.domain.restrictions[DomainIndex.FORMULATION],
    }
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE"}
    assert found.step == 3600
    assert found.description == ("realization of SLoTH+PET+CFE, 2015-10-01 00:00 to 2015-10-06 00:00, hourly")


def test_realization_without_a_global_formulation_is_for_those_it_names(
    package: ExamplePackage, csv_package: ExamplePackage, tmp_path: Path
) -> None:
    cfe, topmodel = document(package)["global"], document(csv_package)["global"]
    content = {"time": document(package)["time"], "catchments": {"cat-2": cfe, "cat-5": topmodel}}
    found = detect(written(tmp_path, content))
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-2", "cat-5"}
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE", "PET+TOPMODEL"}
    assert "2 catchments" in found.description


def test_realization_with_overrides_stays_for_all(
    package: ExamplePackage, csv_package: ExamplePackage, tmp_path: Path
) -> None:
    content = document(package)
    content["catchments"] = {"cat-2": document(csv_package)["global"]}
    found = detect(written(tmp_path, content))
    assert found.domain.restrictions[DomainIndex.CATCHMENT_ID] == ALL
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE", "PET+TOPMODEL"}
    assert found.notes == ("cat-2 has a formulation of its own beside the global formulation",)


def test_single_module_is_a_chain_of_one(package: ExamplePackage, tmp_path: Path) -> None:
    content = document(package)
    module = content["global"]["formulations"][0]["params"]["modules"][1]
    content["global"]["formulations"] = [module]
    found = detect(written(tmp_path, content))
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET"}


def test_unknown_module_keeps_the_name_of_its_type(package: ExamplePackage, tmp_path: Path) -> None:
    content = document(package)
    params = content["global"]["formulations"][0]["params"]["modules"][2]["params"]
    params |= {
        "model_type_name": "MyBucket",
        "library_file": "/lib/libbucket.so",
        "registration_function": "reg",
    }
    found = detect(written(tmp_path, content))
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+MyBucket"}


def test_realization_without_a_period_says_what_is_missing(package: ExamplePackage, tmp_path: Path) -> None:
    content = document(package)
    del content["time"]
    with pytest.raises(InputError, match=r"looks like this: realization document; but .*'time' is missing"):
        detect(written(tmp_path, content))


def test_key_without_a_meaning_is_noted(package: ExamplePackage, tmp_path: Path) -> None:
    found = detect(written(tmp_path, document(package) | {"colour": "red"}))
    assert found.notes == ("1 key without a meaning: colour",)


@pytest.mark.parametrize("name", sorted(FORMULATIONS))
def test_chain_of_a_name_is_that_of_the_realization_made_from_it(
    package: ExamplePackage, tmp_path: Path, name: str
) -> None:
    made = tmp_path / "made"
    dmod.configure(package.hydrofabric, made, formulation=name, start=START, end=END)
    found = detect(made / "config" / "realization.json")
    assert found.domain.values(DomainIndex.FORMULATION) == {formulation_chain(name)} == {CHAINS[name]}
    assert detect(made).domain.values(DomainIndex.FORMULATION) == {CHAINS[name]}


def test_chain_is_told_from_any_form_of_a_formulation(package: ExamplePackage) -> None:
    chain = "SLoTH+PET+CFE"
    assert formulation_chain(package.realization) == chain
    assert formulation_chain(str(package.realization)) == chain
    assert formulation_chain(document(package)) == chain
    assert formulation_chain("sloth+pet+cfe") == chain
    assert formulation_chain(chain) == chain


def test_chain_of_one_module_is_not_taken_for_a_named_formulation() -> None:
    assert formulation_chain("CFE") == "CFE"
    assert formulation_chain("cfe") == "SLoTH+PET+CFE"


def test_module_configurations_are_told_by_content(package: ExamplePackage) -> None:
    found = detect(package.path / "config" / "cat_config")
    assert (found.category, found.format.name) == (Category.CONFIG, "BMI_CONFIG")
    assert found.domain.values(DomainIndex.FORMULATION) == {"CFE", "PET"}
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    (checksum,) = found.domain.values(DomainIndex.GLOBAL_CHECKSUM)
    assert len(str(checksum)) == 64
    assert found.description == "module configurations of CFE, PET for 6 catchments"
    assert (found.files, found.notes) == (12, ())


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("topmodel", {"PET", "TOPMODEL"}),
        ("snow17-sac", {"PET", "Snow-17", "SAC-SMA"}),
        ("noah-cfe", {"CFE", "Noah-OWP-Modular"}),
    ],
)
def test_files_of_other_modules_are_told_by_content(
    package: ExamplePackage, tmp_path: Path, name: str, modules: set[str]
) -> None:
    made = tmp_path / "made"
    dmod.configure(package.hydrofabric, made, formulation=name, start=START, end=END)
    found = detect(made / "config" / "cat_config")
    assert found.domain.values(DomainIndex.FORMULATION) == modules
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX
    assert found.notes == ()


def checksum(path: Path) -> frozenset:
    return detect(path).domain.values(DomainIndex.GLOBAL_CHECKSUM)


def test_checksum_depends_on_names_and_contents_alone(package: ExamplePackage, tmp_path: Path) -> None:
    source = package.path / "config" / "cat_config"
    copy = Path(shutil.copytree(source, tmp_path / "copy"))
    first = checksum(source)
    assert checksum(copy) == first
    path = copy / "CFE" / "cat-1.ini"
    text = path.read_text()
    path.write_text(text + "# remark\n")
    assert checksum(copy) != first
    path.write_text(text)
    assert checksum(copy) == first
    path.rename(path.with_name("cat-1.txt"))
    assert checksum(copy) != first


def test_catchment_that_a_module_lacks_is_left_out(package: ExamplePackage, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(package.path / "config" / "cat_config", tmp_path / "copy"))
    (copy / "CFE" / "cat-4.ini").unlink()
    found = detect(copy)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX - {"cat-4"}
    assert found.notes == ("CFE not for every catchment; the domain is what all modules have",)


def test_one_file_of_a_module_is_its_configuration(package: ExamplePackage) -> None:
    found = detect(package.path / "config" / "cat_config" / "PET" / "cat-3.ini")
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET"}
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-3"}


def test_routing_configuration_tells_period_and_network(package: ExamplePackage) -> None:
    found = detect(package.routing)
    assert (found.category, found.format.name) == (Category.CONFIG, "T_ROUTE_CONFIG")
    network = detect(package.hydrofabric).domain.values(DomainIndex.HYDROFABRIC_ID)
    assert found.domain.values(DomainIndex.HYDROFABRIC_ID) == network
    assert found.domain.time == PERIOD
    assert (found.step, found.notes) == (300, ())


def test_routing_configuration_elsewhere_does_not_tell_the_network(
    package: ExamplePackage, tmp_path: Path
) -> None:
    shutil.copy(package.routing, tmp_path / "r.yaml")
    found = detect(tmp_path / "r.yaml")
    assert set(found.domain.restrictions) == {DomainIndex.TIME}
    assert found.notes == ("the hydrofabric that it names is not there: ./config/creek.gpkg",)


def test_routing_configuration_that_says_nothing_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text("compute_parameters:\n  assume_short_ts: True\n")
    found = detect(tmp_path / "short.yaml")
    assert found.domain.values(DomainIndex.DATA_ID) == {"short"}


PARTITIONS = {
    "partitions": [
        {"id": 0, "cat-ids": ["cat-1", "cat-2"], "nex-ids": ["nex-3"], "remote-connections": []},
        {
            "id": 1,
            "cat-ids": ["cat-3", "wb-TERMINAL_SENTINEL-nex-4"],
            "nex-ids": ["nex-4"],
            "remote-connections": [],
        },
    ]
}


def test_partitions_tell_their_number_and_catchments(tmp_path: Path) -> None:
    found = detect(written(tmp_path, PARTITIONS, "p.json"))
    assert (found.category, found.format.name) == (Category.PARTITION, "NGEN_PARTITION_CONFIG")
    assert found.domain.values(DomainIndex.LENGTH) == {2}
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-2", "cat-3"}
    assert found.description == "2 partitions of 3 catchments"


@pytest.mark.parametrize("content", [{"partitions": []}, {"partitions": [{"id": 0}]}, {"partitions": [3]}])
def test_partitions_that_say_nothing_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="looks like this: partitions"):
        detect(written(tmp_path, content, "p.json"))


# packages


def test_package_is_read_completely(package: ExamplePackage) -> None:
    found = detect(package.path)
    fabric, forcing = detect(package.hydrofabric), detect(package.forcing)
    assert (found.category, found.format.name) == (Category.CONFIG, "NGEN_JOB_COMPOSITE_CONFIG")
    assert {index: found.domain.values(index) for index in found.domain.restrictions} == {
        DomainIndex.CATCHMENT_ID: SIX,
        DomainIndex.TIME: frozenset(),
        DomainIndex.FORMULATION: {"SLoTH+PET+CFE"},
        DomainIndex.VARIABLE: forcing.domain.values(DomainIndex.VARIABLE),
        DomainIndex.HYDROFABRIC_ID: fabric.domain.values(DomainIndex.HYDROFABRIC_ID),
        DomainIndex.HYDROFABRIC_VERSION: {"2.2"},
        DomainIndex.HYDROFABRIC_REGION: {"99"},
    }
    assert found.domain.time == PERIOD
    assert found.domain.units == forcing.domain.units
    assert found.description == (
        "run package of 6 catchments, SLoTH+PET+CFE, 2015-10-01 00:00 to 2015-10-06 00:00, hourly"
    )
    assert (found.step, found.notes) == (3600, ())
    assert found.files == sum(path.is_file() for path in package.path.rglob("*"))


def test_package_with_csv_is_read_completely(csv_package: ExamplePackage) -> None:
    found = detect(csv_package.path)
    assert found.format.name == "NGEN_JOB_COMPOSITE_CONFIG"
    assert found.domain.values(DomainIndex.FORMULATION) == {"PET+TOPMODEL"}
    assert len(found.domain.values(DomainIndex.VARIABLE)) == 8


@pytest.fixture
def copy(csv_package: ExamplePackage, tmp_path: Path) -> Path:
    return Path(shutil.copytree(csv_package.path, tmp_path / "copy"))


def test_package_covers_what_realization_and_forcing_share(copy: Path) -> None:
    path = copy / "config" / "realization.json"
    content = json.loads(path.read_text())
    content["time"]["end_time"] = "2015-10-20 00:00:00"
    content["time"]["start_time"] = "2015-10-02 00:00:00"
    path.write_text(json.dumps(content))
    found = detect(copy)
    assert found.domain.time == Continuous(parse_time("2015-10-02"), PERIOD.end)
    assert found.notes == (
        "the realization asks for 2015-10-02 00:00 to 2015-10-20 01:00, of which the forcing has a part",
    )


def test_package_leaves_out_catchments_without_forcing(copy: Path) -> None:
    (copy / "forcings" / "cat-2.csv").unlink()
    found = detect(copy)
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == SIX - {"cat-2"}
    assert found.notes == ("1 catchment has no forcing: cat-2",)


def test_package_without_its_forcing_says_so(copy: Path) -> None:
    shutil.rmtree(copy / "forcings")
    found = detect(copy)
    assert DomainIndex.VARIABLE not in found.domain.restrictions
    assert found.domain.time == PERIOD
    assert found.notes == ("the forcing that the realization names is not in it (./forcings/)",)


def test_forcing_of_the_current_folder_is_no_part_of_a_package(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(copy / "forcings", tmp_path / "forcings")
    monkeypatch.chdir(tmp_path)
    assert detect(copy).notes == ("the forcing that the realization names is not in it (./forcings/)",)


def test_configuration_without_a_fabric_is_a_configuration_of_a_run(copy: Path) -> None:
    (copy / "config" / "brook.gpkg").unlink()
    found = detect(copy)
    assert found.format.name == "NGEN_JOB_COMPOSITE_CONFIG"
    assert found.domain.restrictions[DomainIndex.CATCHMENT_ID] == ALL
    assert DomainIndex.HYDROFABRIC_ID not in found.domain.restrictions
    assert found.description.startswith("configuration of a run, PET+TOPMODEL, ")
    assert "there is no hydrofabric in it" in found.notes


def test_package_with_two_fabrics_is_refused(copy: Path) -> None:
    shutil.copy(copy / "config" / "brook.gpkg", copy / "config" / "other.gpkg")
    with pytest.raises(InputError, match="several files could be the hydrofabric"):
        detect(copy)


def test_package_of_named_catchments_covers_them_alone(copy: Path) -> None:
    path = copy / "config" / "realization.json"
    content = json.loads(path.read_text())
    own = content.pop("global")
    content["catchments"] = {"cat-2": own, "cat-99": own}
    path.write_text(json.dumps(content))
    assert detect(copy).domain.values(DomainIndex.CATCHMENT_ID) == {"cat-2"}


def test_package_with_geojson_is_read(package: ExamplePackage, tmp_path: Path) -> None:
    (tmp_path / "hydrofabric").mkdir()
    write_geojson_pair(tmp_path / "hydrofabric", y_confluence())
    shutil.copy(package.realization, tmp_path / "realization.json")
    found = detect(tmp_path)
    assert found.format.name == "NGEN_JOB_COMPOSITE_CONFIG"
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-2", "cat-3"}
    alone = detect(tmp_path / "hydrofabric").domain
    assert found.domain.values(DomainIndex.HYDROFABRIC_ID) == alone.values(DomainIndex.HYDROFABRIC_ID)


def weather(column: str, x: np.ndarray, y: np.ndarray, step: int) -> np.ndarray:
    values = {"precip_rate": 1e-4, "SPFH_2maboveground": 0.004, "PRES_surface": 9e4}
    return np.full(np.shape(x), values.get(column, 280.0 if column.startswith("TMP") else 5.0))


def test_prepared_package_is_read_completely(tmp_path: Path) -> None:
    made = make_example_fabric(tmp_path / "basin.gpkg", catchments=60, seed=4)
    bounds = find_region(made.path, Region(bbox=(-130, 20, -60, 55))).bounds
    assert bounds is not None
    west, south, east, north = bounds
    axis = TimeAxis(parse_time("2019-03-01"), 3600, 48)
    write_aorc_store(
        tmp_path / "store",
        (west - 0.1, south - 0.1, east + 0.1, north + 0.1),
        axis,
        weather,
        packed=False,
        chunks=(24, 16, 16),
    )
    gauge = made.gauge_of(20)
    dmod.prepare(
        tmp_path / "package",
        hydrofabric=made.path,
        region=f"gage-{gauge.id}",
        start=axis.start,
        end=axis.end,
        forcing=str(tmp_path / "store"),
    )
    found = detect(tmp_path / "package")
    assert found.format.name == "NGEN_JOB_COMPOSITE_CONFIG"
    assert len(found.domain.values(DomainIndex.CATCHMENT_ID)) == gauge.catchments
    assert found.domain.time == Continuous(axis.start, axis.start + timedelta(days=2))
    assert found.domain.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE"}
    assert len(found.domain.values(DomainIndex.VARIABLE)) == 8
    assert found.notes == ()
