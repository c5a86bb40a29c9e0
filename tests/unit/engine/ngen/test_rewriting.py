"""A realization is rewritten so that the framework runs it from any folder, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.core.time_axis import parse_time
from dmod.engine.ngen.columns import columns_of
from dmod.engine.ngen.rewriting import DIGITS, Places, Wish, rewrite
from dmod.formulation.reader import read_realization_text

PLACES = Places(
    lambda text: f"/config{text}",
    lambda text: f"/lib/{text}",
    lambda text, is_global: f"/f/{text}/{is_global}",
)


def module(**more: Any) -> dict[str, Any]:
    params = {
        "model_type_name": "CFE", "library_file": "libcfebmi.so", "init_config": "/{{id}}.ini",
        "main_output_variable": "Q_OUT", "registration_function": "register_bmi_cfe", **more,
    }  # fmt: skip
    return {"name": "bmi_c", "params": params}


@pytest.fixture
def document() -> dict[str, Any]:
    multi = {
        "name": "bmi_multi",
        "params": {
            "model_type_name": "multi", "init_config": "", "main_output_variable": "Q_OUT",
            "modules": [module(revision="a349a95")], "output_variables": ["GIUH_RUNOFF"],
            "output_header_fields": ["giuh, of it"],
        },
    }  # fmt: skip
    return {
        "global": {"formulations": [multi], "forcing": {"provider": "NetCDF", "path": "all.nc"}},
        "time": {
            "start_time": "2015-12-01 00:00:00",
            "end_time": "2015-12-30 23:00:00",
            "output_interval": 3600,
        },
        "catchments": {
            "cat-1": {"formulations": [module()], "forcing": {"path": "one.csv"}},
            "cat-2": {"formulations": [module()]},
        },
        "routing": {"t_route_config_file_with_path": "routing.yaml"},
        "output_root": "old",
        "disable_catchment_output": True,
    }


def rewritten(document: dict[str, Any], **wish: Any) -> dict[str, Any]:
    realization = read_realization_text(json.dumps(document)).with_period(
        parse_time("2015-12-02"), parse_time("2015-12-03")
    )
    return rewrite(
        document,
        realization,
        lambda c: columns_of(realization.formulation_for(c or "")),
        places=PLACES,
        wish=Wish(Path("/out"), **wish),
    )


def test_paths_of_modules_become_absolute_and_empty_ones_stay(document: dict[str, Any]) -> None:
    params = rewritten(document)["global"]["formulations"][0]["params"]
    assert params["init_config"] == ""
    own = params["modules"][0]["params"]
    assert (own["init_config"], own["library_file"]) == ("/config/{{id}}.ini", "/lib/libcfebmi.so")
    single = rewritten(document)["catchments"]["cat-1"]["formulations"][0]["params"]
    assert (single["init_config"], single["library_file"]) == ("/config/{{id}}.ini", "/lib/libcfebmi.so")


def test_period_is_that_of_the_run(document: dict[str, Any]) -> None:
    assert rewritten(document)["time"] == {
        "start_time": "2015-12-02 00:00:00",
        "end_time": "2015-12-03 00:00:00",
        "output_interval": 3600,
    }


def test_forcing_becomes_absolute_and_a_catchment_without_one_gets_the_global_one(
    document: dict[str, Any],
) -> None:
    found = rewritten(document)
    assert found["global"]["forcing"] == {"provider": "NetCDF", "path": "/f/all.nc/True"}
    assert found["catchments"]["cat-1"]["forcing"] == {"path": "/f/one.csv/False"}
    assert found["catchments"]["cat-2"]["forcing"] == found["global"]["forcing"]


def test_main_output_is_among_the_columns_and_headings_are_left_to_dmod(document: dict[str, Any]) -> None:
    params = rewritten(document)["global"]["formulations"][0]["params"]
    assert params["output_variables"] == ["GIUH_RUNOFF", "Q_OUT"]
    assert "output_header_fields" not in params


def test_outputs_are_asked_for_in_one_folder_in_all_digits(document: dict[str, Any]) -> None:
    found = rewritten(document, grouping="per_formulation", nexuses=True)
    assert found["output"]["root"] == found["output_root"] == "/out/"
    assert found["output"]["precision"] == DIGITS
    assert found["output"]["catchment"]["enable"] is True
    assert found["output"]["catchment"]["grouping"] == "per_formulation"
    assert found["output"]["nexus"] == {
        "enable": True, "format": "csv", "grouping": "per_feature", "rank_subdir": False,
    }  # fmt: skip
    assert "disable_catchment_output" not in found


def test_routing_and_keys_of_dmods_own_are_left_out(document: dict[str, Any]) -> None:
    found = rewritten(document)
    assert "routing" not in found
    assert "revision" not in found["global"]["formulations"][0]["params"]["modules"][0]["params"]


def test_document_that_was_read_stays_as_it_is(document: dict[str, Any]) -> None:
    before = json.dumps(document)
    rewritten(document)
    assert json.dumps(document) == before
