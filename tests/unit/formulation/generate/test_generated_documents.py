"""Realization and routing documents, of named formulations and of the user's own template."""

import copy
import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError, NotFoundError, RealizationError
from dmod.formulation import read_realization_text
from dmod.formulation.generate.documents import realization, routing, routing_columns
from dmod.formulation.generate.formulations import FORMULATIONS, find_formulation
from dmod.formulation.generate.generator import Settings
from dmod.formulation.generate.registry import GENERATORS, find_generator
from dmod.formulation.generate.template import Template, read_template
from dmod.formulation.routing_keys import DEFAULT_COLUMNS
from dmod.hydrofabric import read_hydrofabric
from dmod.testing import fabrics

AXIS = TimeAxis.between(parse_time("2019-03-01"), parse_time("2019-03-02 05:00"), 3600)
SETTINGS = Settings(AXIS)
IDS = ("cat-1", "cat-2", "cat-3")


def chain(document: dict[str, Any]) -> list[dict[str, Any]]:
    modules: list[dict[str, Any]] = document["global"]["formulations"][0]["params"]["modules"]
    return modules


@pytest.mark.parametrize("name", FORMULATIONS)
def test_named_formulation_is_a_realization_without_a_complaint(name: str) -> None:
    document = realization(find_formulation(name), SETTINGS)
    read = read_realization_text(json.dumps(document), "realization.json")
    assert read.problems == ()
    assert read.time == AXIS
    assert read.forcing is not None
    assert (read.forcing.provider, read.forcing.path) == ("NetCDF", "./forcings/forcings.nc")
    assert str(read.routing) == "config/troute.yaml"
    assert read.default is not None
    assert len(read.default.modules) == len(find_formulation(name).links)
    for generator, spec in zip(find_formulation(name).generators, read.default.modules, strict=True):
        assert spec.name == generator.language
        if generator.folder:
            assert spec.init_config.startswith(f"./config/cat_config/{generator.folder}/")
            assert "{{id}}" in spec.init_config


def test_noah_cfe_takes_rain_and_evaporation_from_noah() -> None:
    _, noah, cfe = chain(realization(find_formulation("noah-cfe"), SETTINGS))
    aliases = cfe["params"]["variables_names_map"]
    assert aliases["water_potential_evaporation_flux"] == "EVAPOTRANS"
    assert aliases["atmosphere_water__liquid_equivalent_precipitation_rate"] == "QINSUR"
    assert noah["params"]["variables_names_map"]["PRCPNONC"] == "precip_rate"


def test_snow17_sac_melts_before_it_runs_off() -> None:
    pet, snow, sac = chain(realization(find_formulation("snow17-sac"), SETTINGS))
    assert pet["params"]["main_output_variable"] == sac["params"]["variables_names_map"]["pet"]
    assert snow["params"]["main_output_variable"] == sac["params"]["variables_names_map"]["precip"]


def test_forcing_in_a_folder_is_one_file_per_catchment() -> None:
    document = realization(find_formulation("cfe"), Settings(AXIS, "./forcings/"))
    assert document["global"]["forcing"] == {
        "provider": "CsvPerFeature",
        "path": "./forcings/",
        "file_pattern": "{{id}}.csv",
    }


def test_realization_without_routing_names_none() -> None:
    assert "routing" not in realization(find_formulation("cfe"), SETTINGS, routed=False)


def test_unknown_formulation_names_the_nearest_and_all() -> None:
    with pytest.raises(InputError) as error:
        find_formulation("CFEX")
    assert "did you mean cfe" in str(error.value)
    assert "snow17-sac" in str(error.value)
    with pytest.raises(InputError, match="no generator"):
        find_generator("lstm")


def test_every_generator_names_its_first_file_as_init_config() -> None:
    for name in GENERATORS:
        generator = find_generator(name)
        pattern = generator.module(SETTINGS)["init_config"]
        assert pattern == "/dev/null" if not generator.folder else "{{id}}" in pattern
        assert generator.name == name


def test_routing_covers_the_period_and_names_the_fabric() -> None:
    document = routing(AXIS, PurePosixPath("config/x.gpkg"), lakes=True)
    forcing = document["compute_parameters"]["forcing_parameters"]
    assert forcing["nts"] * forcing["dt"] == AXIS.count * AXIS.step
    network = document["network_topology_parameters"]
    assert network["supernetwork_parameters"]["geo_file_path"] == "./config/x.gpkg"
    assert network["supernetwork_parameters"]["columns"] == dict(DEFAULT_COLUMNS)


@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_routing_columns_are_those_of_the_fabric(tmp_path: Path, version: fabrics.Version) -> None:
    fabric = read_hydrofabric(fabrics.write_fabric(tmp_path, fabrics.with_lake(version)))
    columns = routing_columns(fabric)
    assert columns["dx"] == ("length_m" if version == "2.0" else "Length_m")
    assert columns["waterbody"] == ("rl_NHDWaterbodyComID" if version == "2.0" else "WaterbodyID")
    assert set(columns) == set(DEFAULT_COLUMNS)


OWN: dict[str, Any] = {
    "note": "kept",
    "global": {
        "formulations": [
            {
                "name": "bmi_multi",
                "params": {
                    "model_type_name": "mine",
                    "main_output_variable": "Q_OUT",
                    "modules": [
                        {
                            "name": "bmi_c++",
                            "params": {"model_type_name": "SLOTH", "init_config": "/dev/null"},
                        },
                        {
                            "name": "bmi_c",
                            "params": {
                                "model_type_name": "p",
                                "library_file": "/lib/libpetbmi.so.1.0.0",
                                "init_config": "./my/pet/{{id}}_pet.txt",
                            },
                        },
                        {
                            "name": "bmi_c",
                            "params": {
                                "model_type_name": "CFE",
                                "registration_function": "register_bmi_cfe",
                                "init_config": "config/cfe/{{id}}.ini",
                                "model_params": {"satdk": 1e-6},
                            },
                        },
                    ],
                },
            }
        ],
        "forcing": {"provider": "CsvPerFeature", "path": "old", "file_pattern": "x", "enable_cache": False},
    },
    "time": {"start_time": "1999-01-01 00:00:00"},
    "routing": {"t_route_config_file_with_path": "old.yaml"},
}


def template(folder: Path, document: object) -> Template:
    path = folder / "mine.json"
    path.write_text(json.dumps(document))
    return read_template(path, IDS)


def changed(**params: Any) -> dict[str, Any]:
    """Return the template with members of its last module changed."""
    document = copy.deepcopy(OWN)
    chain(document)[-1]["params"].update(params)
    return document


def test_template_places_files_where_its_patterns_point(tmp_path: Path) -> None:
    parts = template(tmp_path, OWN).parts
    assert [(p.generator.name, p.pattern, p.rows) for p in parts] == [
        ("pet", "my/pet/{{id}}_pet.txt", (0, 1, 2)),
        ("cfe", "config/cfe/{{id}}.ini", (0, 1, 2)),
    ]
    assert parts[0].place("cat-2", PurePosixPath("x")) == PurePosixPath("my/pet/cat-2_pet.txt")


def test_template_is_filled_and_all_else_kept(tmp_path: Path) -> None:
    filled = template(tmp_path, OWN).filled(SETTINGS, routed=True)
    assert filled["time"]["start_time"] == "2019-03-01 00:00:00"
    assert filled["time"]["end_time"] == "2019-03-02 05:00:00"
    assert filled["time"]["output_interval"] == 3600
    assert filled["global"]["forcing"] == {
        "provider": "NetCDF",
        "path": "./forcings/forcings.nc",
        "enable_cache": False,
    }
    assert filled["routing"] == {"t_route_config_file_with_path": "./config/troute.yaml"}
    assert filled["note"] == "kept"
    assert chain(filled) == chain(OWN)
    assert "routing" not in template(tmp_path, OWN).filled(SETTINGS, routed=False)


def test_template_overrides_take_their_own_catchments(tmp_path: Path) -> None:
    document = copy.deepcopy(OWN)
    own = {"name": "bmi_c", "params": {"model_type_name": "bmi_c_topmodel", "init_config": "t/{{id}}.run"}}
    document["catchments"] = {
        "cat-2": {"formulations": [own], "forcing": {"path": "old"}},
        "cat-9": {"formulations": [own]},
    }
    read = template(tmp_path, document)
    assert {(p.generator.name, p.rows) for p in read.parts} == {
        ("pet", (0, 2)),
        ("cfe", (0, 2)),
        ("topmodel", (1,)),
    }
    (problem,) = read.problems
    assert (problem.code, problem.ids) == ("override-unknown", ("cat-9",))
    filled = read.filled(SETTINGS, routed=True)
    assert filled["catchments"]["cat-2"]["forcing"]["path"] == "./forcings/forcings.nc"
    assert "forcing" not in filled["catchments"]["cat-9"]


def test_template_with_a_module_that_has_no_generator_says_so(tmp_path: Path) -> None:
    read = template(
        tmp_path, changed(model_type_name="lstm", registration_function="none", init_config="x.yml")
    )
    assert [p.code for p in read.problems] == ["module-not-configured"]
    assert [p.generator.name for p in read.parts] == ["pet"]


def test_template_means_the_xinanjiang_scheme_by_its_type(tmp_path: Path) -> None:
    assert template(tmp_path, changed(model_type_name="CFE-X")).parts[-1].generator.name == "cfe-x"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"init_config": "/abs/{{id}}.ini"}, "leads out of the package"),
        ({"init_config": "../{{id}}.ini"}, "leads out of the package"),
        ({"init_config": "config/cfe.ini"}, "same file for all 3 catchments"),
        ({"init_config": ""}, "init_config is missing"),
    ],
)
def test_template_with_impossible_places_is_refused(
    tmp_path: Path, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(RealizationError, match=said) as error:
        template(tmp_path, changed(**params))
    assert "mine.json:" in str(error.value)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"global": {}},
        {"global": {"formulations": []}},
        {"global": {"formulations": [{"name": "bmi_multi", "params": {}}]}},
        {"global": {"formulations": [{"name": "bmi_x", "params": {"model_type_name": "cfe"}}]}},
        {"global": {"formulations": [{"name": "bmi_c"}]}},
        {"catchments": []},
        {"global": OWN["global"], "catchments": {"cat-1": {}}},
    ],
)
def test_template_that_is_no_realization_is_refused(tmp_path: Path, document: object) -> None:
    with pytest.raises(RealizationError):
        template(tmp_path, document)


def test_template_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_template(tmp_path / "absent.json", IDS)
