from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError, RealizationError
from dmod.formulation import HydrofabricAttribute, Realization, read_realization, read_realization_text

MODULE: dict[str, Any] = {
    "name": "bmi_c",
    "params": {
        "model_type_name": "CFE",
        "library_file": "/dmod/shared_libs/libcfebmi.so",
        "init_config": "./config/{{id}}.ini",
        "main_output_variable": "Q_OUT",
        "registration_function": "register_bmi_cfe",
        "variables_names_map": {"ice": "sloth_ice"},
    },
}
CHAIN: dict[str, Any] = {
    "name": "bmi_multi",
    "params": {
        "model_type_name": "bmi_multi",
        "init_config": "",
        "forcing_file": "",
        "main_output_variable": "Q_OUT",
        "modules": [MODULE],
        "output_variables": ["Q_OUT", "RAIN_RATE"],
    },
}
DOCUMENT: dict[str, Any] = {
    "global": {
        "formulations": [CHAIN],
        "forcing": {"provider": "CsvPerFeature", "path": "./forcing", "file_pattern": ".*{{id}}.*.csv"},
    },
    "time": {"start_time": "2015-12-01 00:00:00", "end_time": "2015-12-30 23:00:00", "output_interval": 3600},
}


def document() -> dict[str, Any]:
    return deepcopy(DOCUMENT)


def params(tree: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tree["global"]["formulations"][0]["params"]
    return found


def read(tree: dict[str, Any]) -> Realization:
    return read_realization_text(json.dumps(tree, indent=1), "r.json")


def test_realization_chain_is_read_with_its_modules() -> None:
    realization = read(document())
    formulation = realization.formulation_for("cat-1")
    module = formulation.modules[0]
    assert (formulation.name, formulation.main_output_variable) == ("bmi_multi", "Q_OUT")
    assert formulation.output_variables == ("Q_OUT", "RAIN_RATE")
    assert (module.name, module.model_type_name) == ("bmi_c", "CFE")
    assert module.registration_function == "register_bmi_cfe"
    assert module.alias("ice") == "sloth_ice"
    assert module.alias("other") == "other"
    assert module.init_config_for("cat-27") == "./config/cat-27.ini"
    assert realization.problems == ()


def test_realization_end_time_is_a_step_of_the_run() -> None:
    time = read(document()).time
    assert (time.count, time.step) == (720, 3600)
    assert time.end == datetime(2015, 12, 30, 23, tzinfo=UTC)


def test_realization_forcing_pattern_takes_the_catchment() -> None:
    forcing = read(document()).forcing_for("cat-1")
    assert (forcing.provider, forcing.path) == ("CsvPerFeature", "./forcing")
    assert forcing.file_pattern_for("cat-1") == ".*cat-1.*.csv"


def test_realization_empty_provider_means_csv() -> None:
    tree = document()
    tree["global"]["forcing"] = {"provider": "", "path": "one.csv"}
    forcing = read(tree).forcing_for("cat-1")
    assert (forcing.provider, forcing.file_pattern_for("cat-1")) == ("CsvPerFeature", None)


def test_realization_single_module_is_a_chain_of_one() -> None:
    tree = document()
    tree["global"]["formulations"] = [deepcopy(MODULE)]
    formulation = read(tree).formulation_for("cat-1")
    assert (formulation.name, len(formulation.modules)) == ("bmi_c", 1)
    assert formulation.main_output_variable == "Q_OUT"


def test_realization_override_runs_its_own_formulation_and_forcing() -> None:
    tree = document()
    own = deepcopy(CHAIN)
    own["params"]["output_variables"] = ["Q_OUT"]
    tree["catchments"] = {
        "cat-2": {"formulations": [own], "forcing": {"path": "two.csv"}},
        "cat-3": {"formulations": [own]},
    }
    realization = read(tree)
    assert realization.forcing_for("cat-2").path == "two.csv"
    assert realization.forcing_for("cat-3").path == "./forcing"
    groups = realization.groups(["cat-1", "cat-2", "cat-3", "cat-4"])
    assert [(f.output_variables, members) for f, members in groups] == [
        (("Q_OUT", "RAIN_RATE"), [0, 3]),
        (("Q_OUT",), [1, 2]),
    ]
    assert len(realization.formulations) == 2


def test_realization_groups_by_structure_ignore_paths_and_parameter_values() -> None:
    tree = document()
    tree["catchments"] = {}
    for catchment, value in (("cat-1", 1.0), ("cat-2", 2.0)):
        own = deepcopy(CHAIN)
        own["params"]["modules"][0]["params"] |= {
            "init_config": f"{catchment}.ini",
            "model_params": {"b": value},
        }
        tree["catchments"][catchment] = {"formulations": [own]}
    realization = read(tree)
    ids = ["cat-1", "cat-2", "cat-3"]
    assert [members for _, members in realization.groups(ids)] == [[0], [1], [2]]
    assert [members for _, members in realization.groups(ids, by_structure=True)] == [[0, 1], [2]]
    assert realization.formulation_for("cat-2").modules[0].model_params == {"b": 2.0}


def test_realization_without_global_needs_every_catchment() -> None:
    tree = document()
    section = tree.pop("global")
    tree["catchments"] = {"cat-1": {"formulations": section["formulations"]}}
    realization = read(tree)
    assert realization.formulation_for("cat-1").modules
    with pytest.raises(RealizationError, match="cat-2 has no formulation"):
        realization.formulation_for("cat-2")
    with pytest.raises(RealizationError, match="cat-1 has no forcing"):
        realization.forcing_for("cat-1")


def test_realization_model_params_are_numbers_lists_and_attributes() -> None:
    tree = document()
    params(tree)["modules"][0]["params"]["model_params"] = {
        "b": 4,
        "giuh": [0.1, 0.9],
        "slope": {"source": "hydrofabric", "from": "mean.slope"},
        "areasqkm": {"source": "hydrofabric"},
        "quoted": "1.5",
    }
    module = read(tree).formulation_for("cat-1").modules[0]
    assert module.model_params == {
        "b": 4.0,
        "giuh": (0.1, 0.9),
        "slope": HydrofabricAttribute("mean.slope"),
        "areasqkm": HydrofabricAttribute("areasqkm"),
        "quoted": 1.5,
    }
    assert module.parameters_for({"mean.slope": 0.2}) == {
        "b": 4.0,
        "giuh": (0.1, 0.9),
        "slope": 0.2,
        "quoted": 1.5,
    }


def test_realization_revision_of_a_module_is_read_and_can_be_chosen() -> None:
    tree = document()
    params(tree)["modules"][0]["params"]["revision"] = "a349a95"
    realization = read(tree)
    assert realization.formulation_for("x").modules[0].revision == "a349a95"
    changed = realization.with_modules(lambda module: replace(module, revision=f"{module.model_type_name}-1"))
    assert changed.formulation_for("x").modules[0].revision == "CFE-1"
    assert realization.unknown == ()


def test_realization_default_output_values_and_headers_are_read() -> None:
    tree = document()
    params(tree)["default_output_values"] = [{"name": "Q_OUT", "value": 0.5}]
    params(tree)["output_header_fields"] = ["q", "p"]
    formulation = read(tree).formulation_for("x")
    assert formulation.default_output_values == {"Q_OUT": 0.5}
    assert formulation.output_header_fields == ("q", "p")


def test_realization_unknown_keys_are_named_with_path_line_and_nearest() -> None:
    tree = document()
    params(tree)["modules"][0]["params"]["main_output_varable"] = "x"
    tree["tmie"] = {}
    realization = read(tree)
    assert realization.unknown == (
        "tmie",
        "global.formulations[0].params.modules[0].params.main_output_varable",
    )
    first, second = realization.problems
    assert (first.code, first.severity, first.hint) == ("unknown-key", "warning", "did you mean 'time'?")
    assert second.hint == "did you mean 'main_output_variable'?"
    lines = json.dumps(tree, indent=1).splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if "main_output_varable" in text)
    assert second.where == f"r.json:{line}"


def test_realization_output_block_is_read() -> None:
    tree = document()
    tree["output"] = {
        "root": "out",
        "precision": 17,
        "catchment": {"enable": "false"},
        "nexus": {"format": "netcdf", "grouping": "per_formulation"},
    }
    output = read(tree).output
    assert (output.root, output.precision, output.catchment.enable) == ("out/", 17, False)
    assert (output.nexus.format, output.nexus.grouping) == ("netcdf", "per_formulation")


def test_realization_deprecated_output_keys_are_heeded_without_a_block() -> None:
    tree = document() | {
        "output_root": "./outputs/ngen",
        "disable_catchment_output": True,
        "per_formulation_nexus_files": True,
    }
    output = read(tree).output
    assert (output.root, output.catchment.enable, output.nexus.format) == ("./outputs/ngen/", False, "netcdf")
    assert read(document()).output.root == "./"


def test_realization_deprecated_output_keys_beside_a_block_are_reported() -> None:
    realization = read(document() | {"output": {"root": "a"}, "output_root": "b"})
    assert realization.output.root == "a/"
    assert [(p.code, p.message.split(":")[0]) for p in realization.problems] == [
        ("unheeded-key", "output_root")
    ]


def test_realization_routing_and_layers_are_read() -> None:
    tree = document()
    tree["routing"] = {"t_route_config_file_with_path": "./config/troute.yaml"}
    tree["layers"] = [{"name": "surface", "id": 0, "time_step": 3600, "time_step_units": "s"}]
    realization = read(tree)
    assert realization.routing == Path("config/troute.yaml")
    assert (realization.layers[0].name, realization.layers[0].time_step) == ("surface", 3600.0)
    assert read(document()).routing is None


def test_realization_period_can_be_replaced_in_part() -> None:
    realization = read(document())
    later = realization.with_period(start=datetime(2015, 12, 2, tzinfo=UTC))
    assert (later.time.count, later.time.end) == (696, realization.time.end)
    with pytest.raises(InputError, match="ends"):
        realization.with_period(end=datetime(2014, 1, 1, tzinfo=UTC))


def test_realization_surplus_formulation_is_reported() -> None:
    tree = document()
    tree["global"]["formulations"] *= 2
    assert [p.code for p in read(tree).problems] == ["surplus-formulations"]


def _set(path: str, value: Any) -> Any:
    def change(tree: dict[str, Any]) -> None:
        *parts, last = [int(p) if p.isdigit() else p for p in path.split("/")]
        node: Any = tree
        for part in parts:
            node = node[part]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return change


FORMULATION = "global/formulations/0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("time", None), r"r.json:1:1: 'time' is missing"),
        (_set("global", None), r"'global' is missing"),
        (_set("global/forcing", None), r"global: 'forcing' is missing"),
        (_set("time/end_time", None), r"time: 'end_time' is missing"),
        (_set("time/start_time", "yesterday"), r"time.start_time: .*'yesterday' is not a time"),
        (_set("time/end_time", "2014-01-01 00:00:00"), r"time.end_time: the period ends .* before it starts"),
        (_set("time/output_interval", 0), r"time.output_interval: the step must be positive"),
        (_set("time/output_interval", "hourly"), r"time.output_interval: a number is expected, not 'hourly'"),
        (_set("time/output_interval", 0.5), r"time.output_interval: a whole number is expected, not 0.5"),
        (_set("time", []), r"time: an object .* is expected, not a list"),
        (_set("global/formulations", []), r"global.formulations: the list is empty"),
        (_set("global/formulations", {}), r"global.formulations: a list .* is expected, not an object"),
        (_set(f"{FORMULATION}/name", "tshirt"), r"formulations\[0\].name: 'tshirt' is not allowed"),
        (_set(f"{FORMULATION}/params", None), r"global.formulations\[0\]: 'params' is missing"),
        (_set(f"{FORMULATION}/params/modules", None), r"params: 'modules' is missing"),
        (_set(f"{FORMULATION}/params/modules", []), r"params.modules: the list is empty"),
        (_set(f"{FORMULATION}/params/modules/0/name", "bmi_multi"), r"modules\[0\].name: 'bmi_multi' is not"),
        (
            _set(f"{FORMULATION}/params/modules/0/params/init_config", None),
            r"params: 'init_config' is missing",
        ),
        (
            _set(f"{FORMULATION}/params/modules/0/params/init_config", 5),
            r"text is expected, not the number 5",
        ),
        (
            _set(f"{FORMULATION}/params/output_variables", ["a", 1]),
            r"output_variables\[1\]: text is expected",
        ),
        (_set(f"{FORMULATION}/params/forcing_file", "f.csv"), r"forcing_file: modules cannot read forcing"),
        (_set(f"{FORMULATION}/params/uses_forcing_file", True), r"uses_forcing_file: modules cannot read"),
        (_set(f"{FORMULATION}/params/allow_exceed_end_time", "yes"), r"true or false is expected"),
        (_set(f"{FORMULATION}/params/modules/0/params/model_params", {"b": True}), r"expected, not true"),
        (
            _set(f"{FORMULATION}/params/modules/0/params/model_params", {"b": {"source": "soil"}}),
            r"model_params.b.source: 'soil' is not allowed",
        ),
        (_set("global/forcing/provider", "netcdf"), r"forcing.provider: 'netcdf' is not allowed"),
        (_set("global/forcing/path", ""), r"forcing.path: the path is empty"),
        (_set("output", {"precision": 40}), r"output.precision: 40 significant digits"),
        (_set("output", {"nexus": {"format": "zarr"}}), r"output.nexus.format: 'zarr' is not allowed"),
        (_set("output", {"catchment": {"format": "netcdf"}}), r"output.catchment.format: 'netcdf' is not"),
        (_set("routing", {}), r"routing: 't_route_config_file_with_path' is missing"),
        (
            _set("catchments", {"cat-1": {"forcing": {"path": "a"}}}),
            r"catchments.cat-1: 'formulations' is missing",
        ),
    ],
)
def test_realization_wrong_key_is_refused_with_path_and_place(change: Any, said: str) -> None:
    tree = document()
    change(tree)
    with pytest.raises(RealizationError, match=said) as caught:
        read(tree)
    assert caught.value.message.startswith("r.json:")
    assert caught.value.message.splitlines()[-1].strip() == "^"


def test_realization_missing_key_that_is_misspelled_gets_a_hint() -> None:
    tree = document()
    tree["time"]["end_tme"] = tree["time"].pop("end_time")
    with pytest.raises(RealizationError) as caught:
        read(tree)
    assert caught.value.hint == "did you mean 'end_tme'?"


def test_realization_file_is_read_from_disk(tmp_path: Path) -> None:
    file = tmp_path / "realization.json"
    file.write_text(json.dumps(DOCUMENT))
    assert read_realization(file).source == str(file)
