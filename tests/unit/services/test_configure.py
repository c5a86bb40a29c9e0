"""Configuring a package: whole or not at all, checked, recorded."""

import json
import math
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dmod.errors import AlreadyExists, HydrofabricError, InputError, NotFoundError, StoreError
from dmod.services import configuration_folder
from dmod.services.check import check
from dmod.services.configure import ConfigureResult, configure, plan_configuration
from dmod.services.formulation_list import describe_formulations
from dmod.testing import attributes as made
from dmod.testing import fabrics

START, END = datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 3, 2, tzinfo=UTC)
SMCMAX, B = "mean.smcmax_soil_layers_stag=2", "mode.bexp_soil_layers_stag=2"

Configure = Callable[..., ConfigureResult]


@pytest.fixture
def fabric(tmp_path: Path) -> Path:
    return fabrics.write_fabric(tmp_path, made.river(4), "river.gpkg")


@pytest.fixture
def bad_fabric(tmp_path: Path) -> Path:
    tables = made.spoiled(made.river(4), SMCMAX, 1, math.nan)
    return fabrics.write_fabric(tmp_path, tables, "bad.gpkg")


def make(fabric: Path, package: Path, **more: Any) -> ConfigureResult:
    return configure(fabric, package, **({"start": START, "end": END} | more))


def listing(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("formulation", ["cfe", "cfe-x", "topmodel", "noah-cfe", "snow17-sac"])
def test_configure_makes_a_package_that_lacks_only_forcing(
    fabric: Path, tmp_path: Path, formulation: str
) -> None:
    package = tmp_path / "package"
    result = make(fabric, package, formulation=formulation)
    assert result.hydrofabric == package / "config" / "river.gpkg"
    assert result.hydrofabric.read_bytes() == fabric.read_bytes()
    found = {path.name for path in (package / "config").iterdir()}
    assert found == {"cat_config", "realization.json", "river.gpkg", "troute.yaml"}
    made_files = [path for path in (package / "config" / "cat_config").rglob("*") if path.is_file()]
    assert len(made_files) == result.plan.files
    assert sum(path.stat().st_size for path in made_files) == pytest.approx(result.plan.size, rel=0.05)
    kinds = {problem.code for problem in check(package).problems if problem.is_error}
    assert kinds <= {"forcing-not-found", "forcing", "unknown-module"}
    assert result.plan.native == ("unknown-module" not in kinds)


def test_configured_package_is_named_by_its_routing(fabric: Path, tmp_path: Path) -> None:
    result = make(fabric, tmp_path / "package")
    assert result.routing is not None
    routing = yaml.safe_load(result.routing.read_text())
    path = routing["network_topology_parameters"]["supernetwork_parameters"]["geo_file_path"]
    assert (result.package / path).samefile(result.hydrofabric)


def test_configure_in_place_leaves_fabric_and_forcing_alone(fabric: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "config").mkdir(parents=True)
    (package / "forcings").mkdir()
    (package / "forcings" / "forcings.nc").write_bytes(b"x")
    inside = Path(shutil.copy(fabric, package / "config"))
    make(inside, package)
    assert (package / "forcings" / "forcings.nc").read_bytes() == b"x"
    assert inside.read_bytes() == fabric.read_bytes()
    assert not list(package.rglob("*.partial*"))


def test_period_includes_both_ends_and_may_have_another_zone(fabric: Path, tmp_path: Path) -> None:
    start = datetime.fromisoformat("2019-03-01T02:00:00+02:00")
    result = make(fabric, tmp_path / "package", start=start, end=datetime(2019, 3, 2))
    time = json.loads(result.realization.read_text())["time"]
    assert time == {
        "start_time": "2019-03-01 00:00:00",
        "end_time": "2019-03-02 00:00:00",
        "output_interval": 3600,
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"start": END, "end": START}, "before it starts"),
        ({"start": START.replace(minute=30)}, "no full hour"),
        ({"step": 900}, "900 s"),
        ({"formulation": "cfex"}, "no formulation 'cfex'"),
        ({"fallbacks": ["mean"]}, "no 'mean'"),
    ],
)
def test_impossible_request_is_refused_and_nothing_is_left(
    fabric: Path, tmp_path: Path, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        make(fabric, tmp_path / "package", **more)
    assert [path.name for path in tmp_path.iterdir()] == ["river.gpkg"]


def test_missing_attribute_is_refused_with_catchment_and_attribute(bad_fabric: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        make(bad_fabric, tmp_path / "package")
    assert "cat-2" in str(error.value)
    assert SMCMAX in str(error.value)
    assert "--fallback" in str(error.value)
    assert not (tmp_path / "package").exists()


def test_replacement_is_stated_in_file_result_and_record(bad_fabric: Path, tmp_path: Path) -> None:
    result = make(bad_fabric, tmp_path / "package", fallbacks=["smcmax=basin-median"])
    (replacement,) = result.plan.replacements
    assert (replacement.method, replacement.catchments) == ("basin-median", ("cat-2",))
    text = (result.package / "config/cat_config/CFE/cat-2.ini").read_text()
    assert "fallback basin-median, as mean.smcmax_soil_layers_stag=2 has no value" in text
    assert "soil_params.smcmax=0.42[m/m]" in text
    assert "fallback" not in (result.package / "config/cat_config/CFE/cat-1.ini").read_text()
    record = json.loads(result.record.read_text())
    assert record["replacements"] == [
        {
            "module": "cfe",
            "parameter": "soil_params.smcmax",
            "attribute": "soil_porosity",
            "fallback": "basin-median",
            "values": {"cat-2": 0.42},
        }
    ]


def test_record_says_where_every_parameter_comes_from(fabric: Path, tmp_path: Path) -> None:
    result = make(fabric, tmp_path / "package", formulation="topmodel")
    record = json.loads(result.record.read_text())
    assert record["formulation"] == "topmodel"
    assert record["hydrofabric"] == {"file": "river.gpkg", "version": "2.2", "catchments": 4}
    modules = {module["name"]: module["parameters"] for module in record["modules"]}
    assert modules["topmodel"]["topographic_index"]["source"].startswith("dist_4.twi")
    assert modules["pet"]["site_elevation_m"]["source"] == "mean.elevation / 100"
    assert all({"unit", "meaning", "source"} <= set(p) for m in modules.values() for p in m.values())


def test_existing_configuration_is_refused_and_left(fabric: Path, tmp_path: Path) -> None:
    result = make(fabric, tmp_path / "package")
    before = listing(result.package)
    with pytest.raises(AlreadyExists, match=r"realization\.json"):
        make(fabric, result.package)
    with pytest.raises(AlreadyExists):
        make(result.hydrofabric, result.package, formulation="topmodel")
    assert listing(result.package) == before


def test_overwriting_replaces_folders_as_a_whole_and_leaves_others(fabric: Path, tmp_path: Path) -> None:
    result = make(fabric, tmp_path / "package")
    folder = result.package / "config" / "cat_config"
    (folder / "CFE" / "cat-999.ini").write_text("of an older basin")
    (folder / "LSTM").mkdir()
    (folder / "LSTM" / "mine.yml").write_text("mine")
    make(result.hydrofabric, result.package, formulation="cfe-x", overwrite=True)
    assert sorted(path.name for path in (folder / "CFE").iterdir()) == [f"cat-{i}.ini" for i in (1, 2, 3, 4)]
    assert "Xinanjiang" in (folder / "CFE" / "cat-1.ini").read_text()
    assert (folder / "LSTM" / "mine.yml").read_text() == "mine"
    assert not list(result.package.rglob(".*"))


def test_failure_while_files_take_their_places_restores_the_old(
    fabric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = make(fabric, tmp_path / "package")
    before = listing(result.package)
    rename = Path.replace

    def fail_late(self: Path, target: Path) -> Path:
        if self.name == "realization.json" and "partial" in str(self) and "replaced" not in str(self):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(configuration_folder.Path, "replace", fail_late)
    with pytest.raises(StoreError, match="no space left"):
        make(result.hydrofabric, result.package, formulation="topmodel", overwrite=True)
    assert listing(result.package) == before


def test_full_disk_while_writing_leaves_nothing(
    fabric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dmod.services import configure as service

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service, "_write_documents", fail)
    with pytest.raises(StoreError) as error:
        make(fabric, tmp_path / "package")
    assert error.value.retryable
    assert [path.name for path in tmp_path.iterdir()] == ["river.gpkg"]


def test_package_with_another_fabric_is_refused_and_the_same_one_taken(fabric: Path, tmp_path: Path) -> None:
    result = make(fabric, tmp_path / "package")
    other = fabrics.write_fabric(tmp_path, made.river(3), "other.gpkg")
    with pytest.raises(InputError, match="hydrofabric of its own"):
        make(other, result.package, overwrite=True)
    assert make(fabric, result.package, overwrite=True).hydrofabric == result.hydrofabric


def test_fabric_that_is_not_there_or_not_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        make(tmp_path / "absent.gpkg", tmp_path / "package")
    with pytest.raises(HydrofabricError):
        make(fabrics.write_fabric(tmp_path, fabrics.cyclic()), tmp_path / "package")


def test_fabric_without_channels_gets_no_routing(tmp_path: Path) -> None:
    tables = made.complete(fabrics.without_flowpath_attributes())
    result = make(fabrics.write_fabric(tmp_path, tables), tmp_path / "package")
    assert result.routing is None
    assert "routing" not in json.loads(result.realization.read_text())


def test_fabric_with_lakes_breaks_the_network_there(tmp_path: Path) -> None:
    tables = made.complete(fabrics.with_lake())
    result = make(fabrics.write_fabric(tmp_path, tables), tmp_path / "package")
    assert result.routing is not None
    network = yaml.safe_load(result.routing.read_text())["network_topology_parameters"]
    assert network["waterbody_parameters"]["break_network_at_waterbodies"] is True


def test_geojson_pair_with_defaults_is_configured(tmp_path: Path) -> None:
    catchments, _ = fabrics.write_geojson_pair(tmp_path, fabrics.y_confluence())
    result = make(catchments, tmp_path / "package", fallbacks=["default"])
    assert {p.name for p in (result.package / "config").glob("*.geojson")} == {
        "catchments.geojson",
        "nexus.geojson",
    }
    assert (result.package / "config/cat_config/PET/cat-1.ini").is_file()


def test_plan_writes_nothing_and_lists_what_is_missing(bad_fabric: Path, tmp_path: Path) -> None:
    plan = plan_configuration(bad_fabric, formulation="cfe", fallbacks=())
    assert not plan.ok
    assert [p.ids for p in plan.problems] == [("cat-2",)]
    assert [path.name for path in tmp_path.iterdir()] == ["bad.gpkg"]
    assert plan_configuration(bad_fabric, formulation="cfe", fallbacks=["upstream"]).ok
    assert plan.as_json()["problems"][0]["ids"] == ("cat-2",)


def test_plan_says_what_the_module_would_say(tmp_path: Path) -> None:
    # each value is plausible, but with so small a b and suction the soil holds less than its field capacity
    tables = made.spoiled(made.river(3), "geom_mean.psisat_soil_layers_stag=2", 1, 9.0)
    fabric = fabrics.write_fabric(tmp_path, tables)
    plan = plan_configuration(fabric, formulation="cfe-x")
    (problem,) = plan.problems
    assert (problem.code, problem.ids) == ("config-value", ("cat-2",))
    assert "field capacity" in problem.message
    with pytest.raises(InputError, match="field capacity"):
        make(fabric, tmp_path / "package", formulation="cfe-x")
    assert not (tmp_path / "package").exists()


def test_template_places_its_own_files(fabric: Path, tmp_path: Path) -> None:
    document = json.loads(make(fabric, tmp_path / "first").realization.read_text())
    modules = document["global"]["formulations"][0]["params"]["modules"]
    modules[2]["params"]["init_config"] = "./config/mine/{{id}}_cfe.txt"
    document["remark"] = "calibrated by hand"
    template = tmp_path / "mine.json"
    template.write_text(json.dumps(document))
    result = make(fabric, tmp_path / "second", formulation=template)
    assert (result.package / "config/mine/cat-3_cfe.txt").is_file()
    assert not (result.package / "config/cat_config/CFE").exists()
    assert json.loads(result.realization.read_text())["remark"] == "calibrated by hand"
    with pytest.raises(AlreadyExists, match="mine"):
        (result.package / "config" / "realization.json").unlink()
        make(result.hydrofabric, result.package, formulation=template)


def test_topmodel_of_a_template_finds_its_other_files(fabric: Path, tmp_path: Path) -> None:
    document = json.loads(make(fabric, tmp_path / "first", formulation="topmodel").realization.read_text())
    modules = document["global"]["formulations"][0]["params"]["modules"]
    modules[1]["params"]["init_config"] = "./config/top/{{id}}.run"
    template = tmp_path / "mine.json"
    template.write_text(json.dumps(document))
    package = make(fabric, tmp_path / "second", formulation=str(template)).package
    kinds = {p.code for p in check(package).problems if p.is_error}
    assert kinds <= {"forcing-not-found", "forcing"}


def test_formulations_are_described_with_what_they_need() -> None:
    described = {each["name"]: each for each in describe_formulations()}
    assert set(described) == {"cfe", "cfe-x", "topmodel", "noah-cfe", "snow17-sac"}
    assert described["cfe"]["engine"] == "native"
    assert described["noah-cfe"]["engine"] == "C++ framework"
    assert "mode.ISLTYP" in described["cfe-x"]["attributes"]
    assert "mode.ISLTYP" not in described["cfe"]["attributes"]


def test_plan_refuses_tables_of_noah_that_are_not_there(fabric: Path, tmp_path: Path) -> None:
    options = {"noah_parameters": str(tmp_path / "absent")}
    with pytest.raises(NotFoundError, match="GENPARM"):
        plan_configuration(fabric, formulation="noah-cfe", options=options)


def test_what_a_killed_process_left_is_swept(fabric: Path, tmp_path: Path) -> None:
    (tmp_path / ".package.999999999.partial").mkdir()
    make(fabric, tmp_path / "package")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package", "river.gpkg"]
