"""Parameters of formulations, as the page and the API list them."""

from __future__ import annotations

from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.services.formulation_parameters import describe_parameters


def test_every_parameter_of_every_module_is_described() -> None:
    described = {item["name"]: item for item in describe_parameters()}
    assert list(described) == list(FORMULATIONS)
    for name, formulation in FORMULATIONS.items():
        modules = described[name]["modules"]
        assert [module["name"] for module in modules] == [g.name for g in formulation.generators]
        for module, generator in zip(modules, formulation.generators, strict=True):
            assert len(module["parameters"]) == len(generator.needs)
            assert all(item["description"] for item in module["parameters"])


def test_what_can_be_set_is_named_as_requests_name_it() -> None:
    described = {item["name"]: item for item in describe_parameters()}
    settable = [name for module in described["cfe"]["modules"] for name in module["settable"]]
    assert "cfe.refkdt" in settable
    assert {name.partition(".")[0] for name in settable} == {"cfe"}
    assert [module["settable"] for module in described["snow17-sac"]["modules"]] == [[], [], []]


def test_parameter_has_unit_range_default_and_where_its_value_comes_from() -> None:
    cfe = next(item for item in describe_parameters() if item["name"] == "cfe")
    module = next(item for item in cfe["modules"] if item["name"] == "cfe")
    parameters = {item["name"]: item for item in module["parameters"]}
    exponent, depth = parameters["soil_params.b"], parameters["soil_params.depth"]
    assert exponent["minimum"] is not None
    assert exponent["source"]
    assert depth["unit"] == "m"
    assert depth["default"] is not None
