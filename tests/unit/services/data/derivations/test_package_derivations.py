"""A package that is composed of its parts is the one that preparing makes, and runs the same."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import dmod
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Refusal
from dmod.catalog.fulfilling import objection
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete
from dmod.errors import InputError
from dmod.formulation.generate.formulations import FORMULATIONS
from dmod.services.data.derivations import (
    convert_forcing,
    formulation_choice,
    module_configuration,
    package_layout,
    realization,
    run_package,
)
from dmod.services.data.derivations.registry import find_derivation
from dmod.services.data.detect import detect
from dmod.testing.derivation_trial import content_of

START, END = datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 3, 2, 11, tzinfo=UTC)
PACKAGE = "NGEN_JOB_COMPOSITE_CONFIG"
FALLBACKS = {"fallbacks": ["basin-median"]}


@pytest.fixture(scope="session")
def prepared(basin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that `dmod.prepare` makes of the same basin."""
    return dmod.prepare(
        tmp_path_factory.mktemp("prepared") / "package",
        hydrofabric=basin.fabric,
        region=f"gage-{basin.gauge}",
        start=START,
        end=END,
        forcing=basin.store,
        formulation="cfe",
        fallbacks=["basin-median"],
    ).path


def wanting(basin, **more: Any) -> Requirement:
    more = {"formulation": "cfe", "parameters": FALLBACKS, **more}
    return basin.wanting("CONFIG", PACKAGE, **more)


def flows(package: Path, folder: Path) -> dict[str, np.ndarray]:
    result = dmod.run(package, output=folder, report=False)
    return {"flow": np.asarray(result.hydrograph.simulated), "times": np.asarray(result.hydrograph.times)}


def test_composed_package_is_sound_and_runs_as_the_prepared_one(
    basin, parts, prepared, trial, tmp_path
) -> None:
    done = trial.run(run_package.DERIVATION, wanting(basin), parts.inputs())
    again = trial.run(run_package.DERIVATION, wanting(basin), parts.inputs())
    assert done.content() == again.content()
    assert dmod.check(done.output).ok
    mine, theirs = flows(done.output, tmp_path / "mine"), flows(prepared, tmp_path / "theirs")
    assert mine["flow"].size == 36
    assert mine["flow"].max() > 0
    for name, values in theirs.items():
        np.testing.assert_array_equal(mine[name], values)


def test_composed_package_has_the_files_of_the_prepared_one(basin, parts, prepared, trial) -> None:
    done = trial.run(run_package.DERIVATION, wanting(basin), parts.inputs())
    made, other = done.content(), content_of(prepared)
    same = [name for name in other if name.startswith("config/") and not name.endswith((".gpkg", ".yaml"))]
    assert len(same) > 2 * len(basin.catchments)
    assert {name: made[name] for name in same} == {name: other[name] for name in same}
    assert made["forcings/forcings.nc"] == other["forcings/forcings.nc"]
    routing = yaml.safe_load((done.output / "config" / "troute.yaml").read_text())
    assert routing["network_topology_parameters"]["supernetwork_parameters"]["geo_file_path"] == (
        "./config/hydrofabric.gpkg"
    )
    assert sorted(set(made) - set(other)) == ["config/hydrofabric.gpkg", "outputs/.keep"]


def test_composed_package_states_what_it_is_and_what_went_in(basin, parts, trial) -> None:
    done = trial.run(run_package.DERIVATION, wanting(basin), parts.inputs())
    stated = done.made.domain
    assert stated.values(DomainIndex.CATCHMENT_ID) == set(basin.catchments)
    assert stated.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE"}
    names = (parts.fabric, parts.realization, parts.modules, parts.routing, parts.forcing)
    assert stated.values(DomainIndex.COMPOSITE_SOURCE_ID) == {part.dataset.name for part in names}
    assert done.made.facts["native"]


def test_package_with_larger_and_other_inputs_is_cut_to_what_is_asked(basin, parts, trial, tmp_path) -> None:
    """The fabric is the smaller one; all the rest is of the whole basin and of a longer period."""
    some = basin.catchments[2:5]
    fabric = trial.run(
        find_derivation("hydrofabric-subset"),
        basin.wanting("HYDROFABRIC", "NGEN_GEOPACKAGE_HYDROFABRIC_V2", catchments=some, exactly=True),
        {"hydrofabric": [basin.fabric]},
    )
    routing = trial.run(
        find_derivation("routing-configuration"),
        basin.wanting("CONFIG", "T_ROUTE_CONFIG", catchments=some),
        {"hydrofabric": [fabric]},
    )
    zarr = trial.run(
        convert_forcing.DERIVATION,
        basin.wanting("FORCING", "ZARR_FORCING", exact=True),
        {"forcing": [parts.forcing]},
    )
    inputs = {**parts.inputs(), "hydrofabric": [fabric], "routing": [routing], "forcing": [zarr]}
    wanted = wanting(basin, catchments=some, end="2019-03-01 23:00")
    done = trial.run(run_package.DERIVATION, wanted, inputs)
    found = detect(done.output).domain
    assert found.values(DomainIndex.CATCHMENT_ID) == set(some)
    assert found.time == wanted.restrictions[DomainIndex.TIME]
    configs = [p.stem for p in (done.output / "config" / "cat_config" / "CFE").iterdir()]
    assert sorted(configs) == sorted(some)
    routed = yaml.safe_load((done.output / "config" / "troute.yaml").read_text())["compute_parameters"]
    assert routed["forcing_parameters"]["nts"] == 24 * 12
    assert flows(done.output, tmp_path / "results")["flow"].size == 24


def test_package_with_csv_forcing_runs(basin, parts, trial, tmp_path) -> None:
    wanted = wanting(basin, parameters={**FALLBACKS, "forcing": "csv"})
    done = trial.run(run_package.DERIVATION, wanted, parts.inputs())
    assert len(list((done.output / "forcings").iterdir())) == len(basin.catchments)
    whole = trial.run(run_package.DERIVATION, wanting(basin), parts.inputs())
    mine, other = flows(done.output, tmp_path / "csv"), flows(whole.output, tmp_path / "netcdf")
    np.testing.assert_array_equal(mine["flow"], other["flow"])
    csv = trial.run(
        convert_forcing.DERIVATION,
        basin.wanting("FORCING", "AORC_CSV", exact=True),
        {"forcing": [parts.forcing]},
    )
    copied = trial.run(run_package.DERIVATION, wanted, {**parts.inputs(), "forcing": [csv]})
    assert copied.content() == done.content()


def test_package_without_routing_has_none(basin, parts, trial) -> None:
    inputs = {role: given for role, given in parts.inputs().items() if role != "routing"}
    wanted = wanting(basin, parameters={**FALLBACKS, "routing": "none"})
    done = trial.run(run_package.DERIVATION, wanted, inputs)
    assert not (done.output / "config" / "troute.yaml").exists()
    assert "routing" not in json.loads((done.output / "config" / "realization.json").read_text())
    assert dmod.check(done.output).ok


def test_named_routing_keeps_its_choices_and_gets_the_packages_period(basin, parts, trial, tmp_path) -> None:
    document = yaml.safe_load((parts.routing.output / "troute.yaml").read_text())
    document["compute_parameters"]["assume_short_ts"] = False
    document["compute_parameters"]["restart_parameters"]["start_datetime"] = "1999-01-01 00:00:00"
    own = tmp_path / "my-routing.yaml"
    own.write_text(yaml.safe_dump(document))
    wanted = wanting(basin, parameters={**FALLBACKS, "routing": "my-routing"})
    done = trial.run(run_package.DERIVATION, wanted, {**parts.inputs(), "routing": [own]})
    made = yaml.safe_load((done.output / "config" / "troute.yaml").read_text())["compute_parameters"]
    assert made["assume_short_ts"] is False
    assert made["restart_parameters"]["start_datetime"] == "2019-03-01 00:00:00"
    broken = tmp_path / "broken.yaml"
    broken.write_text("compute_parameters: [1]\n")
    with pytest.raises(InputError, match="no routing configuration"):
        package_layout.place_routing(broken, tmp_path / "out.yaml", document_axis())


def document_axis() -> Any:
    from dmod.core.time_axis import TimeAxis

    return TimeAxis(START, 3600, 24)


def test_package_of_parts_that_do_not_fit_is_refused_with_what_is_wrong(
    basin, parts, trial, tmp_path
) -> None:
    modules = tmp_path / "modules"
    shutil.copytree(parts.modules.output, modules)
    shutil.rmtree(modules / "cat_config" / "PET")
    without = wanting(basin, formulation=None)
    with pytest.raises(InputError, match=r"nothing that fits .*PET.*which the realization names"):
        trial.run(run_package.DERIVATION, without, {**parts.inputs(), "modules": [modules]})
    shutil.copytree(parts.modules.output / "cat_config" / "PET", modules / "cat_config" / "PET")
    victim = next((modules / "cat_config" / "CFE").iterdir())
    victim.write_text(victim.read_text().replace("soil_params.smcmax=", "soil_params.smcmax=-"))
    with pytest.raises(InputError, match=r"(?s)cannot be run:.*smcmax") as caught:
        trial.run(run_package.DERIVATION, without, {**parts.inputs(), "modules": [modules]})
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("depth", ["cat_config", "CFE"])
def test_module_files_are_found_however_deep_they_lie(depth: str, tmp_path: Path) -> None:
    package, source = tmp_path / "package", tmp_path / "source"
    folder = source / ("cat_config/CFE" if depth == "cat_config" else "CFE")
    folder.mkdir(parents=True)
    for name in ("cat-1.ini", "cat-2.ini", "tables.txt"):
        (folder / name).write_text(name)
    document = {
        "params": [{"init_config": "./config/cat_config/CFE/{{id}}.ini"}, {"init_config": "/dev/null"}]
    }
    (package / "config").mkdir(parents=True)
    (package / "config" / "realization.json").write_text(json.dumps(document))
    package_layout.place_modules(source, package, ["cat-2"])
    made = sorted(path.name for path in (package / "config" / "cat_config" / "CFE").iterdir())
    assert made == ["cat-2.ini", "tables.txt"]


@pytest.mark.parametrize("formulation", ["cfe-x", "topmodel"])
def test_other_native_formulations_become_packages_that_run(
    make_parts, basin, trial, tmp_path, formulation
) -> None:
    done = trial.run(
        run_package.DERIVATION, wanting(basin, formulation=formulation), make_parts(formulation).inputs()
    )
    assert flows(done.output, tmp_path / "results")["flow"].size == 36


def test_realization_and_modules_twice_are_the_same_bytes(basin, parts, make_parts) -> None:
    again = make_parts("cfe")
    assert again.realization.content() == parts.realization.content()
    assert again.modules.content() == parts.modules.content()
    assert again.fabric.content() == parts.fabric.content()


def test_module_configuration_names_what_it_was_made_from(parts) -> None:
    stated = parts.modules.made.domain
    assert stated.values(DomainIndex.FORMULATION) == {"SLoTH+PET+CFE", "PET", "CFE"}
    assert stated.values(DomainIndex.HYDROFABRIC_DATA_ID) == {parts.fabric.dataset.name}
    assert parts.modules.made.facts["native"]
    assert sorted(path.name for path in parts.modules.output.iterdir()) == ["cat_config"]


def test_modules_of_a_users_realization_are_configured_by_it(basin, parts, trial, tmp_path) -> None:
    document = json.loads((parts.realization.output / "realization.json").read_text())
    text = json.dumps(document).replace("./config/cat_config/CFE/", "./config/mine/cfe/")
    own = tmp_path / "own.json"
    own.write_text(text)
    period = {"start": "2019-03-01 00:00:00", "end": "2019-03-02 11:00:00"}
    wanted = basin.wanting("CONFIG", "BMI_CONFIG", parameters={**FALLBACKS, **period})
    modules = trial.run(
        module_configuration.DERIVATION, wanted, {"hydrofabric": [parts.fabric], "realization": [own]}
    )
    assert (modules.output / "mine" / "cfe" / f"{basin.catchments[0]}.ini").is_file()
    inputs = {**parts.inputs(), "realization": [own], "modules": [modules]}
    done = trial.run(run_package.DERIVATION, wanting(basin, formulation=None), inputs)
    assert dmod.check(done.output).ok
    assert (done.output / "config" / "mine" / "cfe").is_dir()


@pytest.mark.parametrize("name", FORMULATIONS)
def test_formulations_whose_files_say_the_period_are_known(name, parts, tmp_path) -> None:
    """Files that differ between two periods are just those of the formulations that ask for it."""
    contents = []
    for day in (1, 2):
        place = tmp_path / f"day-{day}"
        dmod.configure(
            parts.fabric.output / "hydrofabric.gpkg",
            place,
            formulation=name,
            start=datetime(2019, 3, day, tzinfo=UTC),
            end=datetime(2019, 3, day, 5, tzinfo=UTC),
            fallbacks=["basin-median", "default"],
        )
        contents.append(content_of(place / "config" / "cat_config"))
    assert (contents[0] != contents[1]) == formulation_choice.says_the_period(name)


@pytest.mark.parametrize("name", FORMULATIONS)
def test_modules_that_a_formulation_has_files_for_are_called_as_detection_calls_them(name: str) -> None:
    chain = formulation_choice.stated(name)[0].split("+")
    assert formulation_choice.configured_modules(name) == set(chain) - {"SLoTH"}


REFUSED = [
    (run_package, PACKAGE, {"catchments": ()}, "no catchments"),
    (run_package, PACKAGE, {"start": None, "end": None}, "no period"),
    (run_package, PACKAGE, {"formulation": "cfe", "parameters": {"forcing": "grib"}}, "no layout of forcing"),
    (run_package, PACKAGE, {"parameters": {"formulation": "cef"}}, "no formulation 'cef'"),
    (realization, "NGEN_REALIZATION_CONFIG", {}, "no formulation is named"),
    (realization, "NGEN_REALIZATION_CONFIG", {"catchments": ()}, "no catchments"),
    (realization, "NGEN_REALIZATION_CONFIG", {"start": None, "end": None}, "no period"),
    (
        realization,
        "NGEN_REALIZATION_CONFIG",
        {"restrictions": {"FORMULATION": ["SLoTH+PET+CFE"]}},
        "several formulations",
    ),
    (
        realization,
        "NGEN_REALIZATION_CONFIG",
        {"restrictions": {"FORMULATION": ["HBV"]}},
        "has the modules HBV",
    ),
    (module_configuration, "BMI_CONFIG", {"parameters": {"formulation": "snow17-sac"}}, "say the period"),
    (
        module_configuration,
        "BMI_CONFIG",
        {"formulation": "cfe", "parameters": {"start": "2019-03-01"}},
        "only one",
    ),
    (
        module_configuration,
        "BMI_CONFIG",
        {"formulation": "cfe", "parameters": {"start": "2019-03-01", "end": "2018-03-01"}},
        "before",
    ),
    (module_configuration, "BMI_CONFIG", {"parameters": {"start": "soon", "end": "later"}}, "not a time"),
    (module_configuration, "BMI_CONFIG", {"catchments": ()}, "no catchments"),
]


@pytest.mark.parametrize(("module", "form", "more", "said"), REFUSED)
def test_what_cannot_be_made_is_refused_with_reason_and_hint(basin, module, form, more, said) -> None:
    found = module.needs(basin.wanting("CONFIG", form, **more))
    assert isinstance(found, Refusal)
    assert said in found.reason
    assert found.hint


def test_formulation_follows_from_modules_that_only_one_has(basin) -> None:
    wanted = basin.wanting(
        "CONFIG", "NGEN_REALIZATION_CONFIG", restrictions={"FORMULATION": ["PET+Snow-17+SAC-SMA"]}
    )
    assert formulation_choice.formulation_of(wanted) == "snow17-sac"


def test_modules_made_with_other_fallbacks_are_objected_to(basin, parts) -> None:
    needs = {need.role: need for need in run_package.needs(wanting(basin))}  # type: ignore[union-attr]
    assert objection(needs["modules"], parts.modules.dataset) is None
    other = {need.role: need for need in run_package.needs(wanting(basin, parameters={}))}  # type: ignore[union-attr]
    assert "fallbacks" in (objection(other["modules"], parts.modules.dataset) or "")


def test_choices_for_forcing_and_hydrofabric_are_handed_on(basin) -> None:
    parameters = {
        "store": "s3://somewhere",
        "partial": "renormalise",
        "hydrofabric": "rivers",
        "places": ["cat-1"],
    }
    needs = {need.role: need for need in run_package.needs(wanting(basin, parameters=parameters))}  # type: ignore[union-attr]
    assert needs["forcing"].parameters["store"] == "s3://somewhere"
    assert needs["hydrofabric"].parameters == {"hydrofabric": "rivers", "exactly": True}
    cut = find_derivation("hydrofabric-subset").needs(needs["hydrofabric"])
    assert cut[0].restrictions[DomainIndex.DATA_ID] == Discrete(frozenset({"rivers"}))  # type: ignore[index]
