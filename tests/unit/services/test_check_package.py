from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis
from dmod.errors import NotFoundError, RealizationError
from dmod.forcing.write import write_netcdf_forcing
from dmod.hydrofabric import write_geopackage
from dmod.services.check import check
from dmod.services.check_report import CheckReport
from dmod.services.options import RunOptions
from dmod.testing.fabrics import Tables, spoil, with_lake, without_flowpath_attributes, y_confluence

IDS = ["cat-1", "cat-2", "cat-3"]
START = datetime(2020, 1, 1, tzinfo=UTC)
TIME = TimeAxis(START, 3600, 24)
CFE = """forcing_file=BMI
surface_partitioning_scheme=Schaake
soil_params.depth=2.0[m]
soil_params.b=5.0
soil_params.satdk=4.8e-06[m s-1]
soil_params.satpsi=0.14[m]
soil_params.slop=0.07[m/m]
soil_params.smcmax=0.44[m/m]
soil_params.wltsmc=0.047[m/m]
soil_params.expon=1.0
soil_params.expon_secondary=1.0
refkdt=1.04
max_gw_storage=0.013[m]
Cgw=1.8e-05[m h-1]
expon=7.0
gw_storage=0.35[m/m]
alpha_fc=0.33
soil_storage=0.35[m/m]
K_nash=0.03
K_lf=0.01
nash_storage=0.0,0.0
verbosity=1
giuh_ordinates=0.57,0.43
"""
TROUTE = """
network_topology_parameters:
    supernetwork_parameters:
        geo_file_path: ./config/basin.gpkg
compute_parameters:
    assume_short_ts: True
    forcing_parameters:
        dt: 300
        qts_subdivisions: 12
        nts: 288
"""
REALIZATION: dict[str, Any] = {
    "global": {
        "formulations": [
            {
                "name": "bmi_multi",
                "params": {
                    "model_type_name": "bmi_multi",
                    "main_output_variable": "Q_OUT",
                    "modules": [
                        {
                            "name": "bmi_c++",
                            "params": {
                                "model_type_name": "SLOTH",
                                "init_config": "/dev/null",
                                "main_output_variable": "z",
                                "model_params": {
                                    "water_potential_evaporation_flux(1,double,m s-1,node)": 1e-8,
                                    "ice_fraction_schaake(1,double,m,node)": 0.0,
                                    "ice_fraction_xinanjiang(1,double,1,node)": 0.0,
                                    "soil_moisture_profile(1,double,1,node)": 0.0,
                                },
                            },
                        },
                        {
                            "name": "bmi_c",
                            "params": {
                                "model_type_name": "CFE",
                                "library_file": "/dmod/shared_libs/libcfebmi.so",
                                "init_config": "./config/cat_config/CFE/{{id}}.ini",
                                "main_output_variable": "Q_OUT",
                            },
                        },
                    ],
                    "output_variables": ["Q_OUT", "ACTUAL_ET"],
                },
            }
        ],
        "forcing": {"provider": "NetCDF", "path": "./forcings/forcings.nc"},
    },
    "time": {"start_time": "2020-01-01 00:00:00", "end_time": "2020-01-01 23:00:00", "output_interval": 3600},
    "routing": {"t_route_config_file_with_path": "./config/troute.yaml"},
}


def write_forcing(root: Path, rain: np.ndarray[Any, Any] | None = None, ids: list[str] = IDS) -> None:
    (root / "forcings").mkdir(exist_ok=True)
    values = np.full((len(ids), TIME.count), 1e-4) if rain is None else rain
    (root / "forcings/forcings.nc").unlink(missing_ok=True)
    write_netcdf_forcing(
        root / "forcings/forcings.nc", ids, TIME, {"precip_rate": values}, units={"precip_rate": "mm s^-1"}
    )


def write_fabric(root: Path, tables: Tables) -> None:
    (root / "config/basin.gpkg").unlink(missing_ok=True)
    write_geopackage(root / "config/basin.gpkg", tables)


def write_realization(root: Path, change: Callable[[dict[str, Any]], object] | None = None) -> None:
    tree = deepcopy(REALIZATION)
    if change is not None:
        change(tree)
    (root / "config/realization.json").write_text(json.dumps(tree, indent=1))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a sound package of three catchments."""
    configs = tmp_path / "config/cat_config/CFE"
    configs.mkdir(parents=True)
    for catchment in IDS:
        (configs / f"{catchment}.ini").write_text(CFE)
    (tmp_path / "config/troute.yaml").write_text(TROUTE)
    write_fabric(tmp_path, y_confluence())
    write_forcing(tmp_path)
    write_realization(tmp_path)
    return tmp_path


def found(report: CheckReport) -> list[tuple[str, str]]:
    return [(problem.severity, problem.code) for problem in report.problems]


def the(report: CheckReport, code: str) -> Problem:
    (problem,) = (p for p in report.problems if p.code == code)
    return problem


def cfe_params(tree: dict[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = tree["global"]["formulations"][0]["params"]["modules"][1]["params"]
    return params


def test_check_sound_package_finds_nothing_and_says_what_it_is(package: Path) -> None:
    report = check(package)
    assert found(report) == []
    assert report.ok
    assert report.facts["catchments"] == 3
    assert report.facts["steps"] == "24 of 3600 s"
    assert report.facts["modules"] == {"sloth": "(3)", "cfe 6d08db7": "(3)"}
    assert report.facts["routing"] == "Muskingum-Cunge, 300 s steps"


def test_check_writes_nothing(package: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in package.rglob("*")}
    check(package)
    assert {file: file.stat().st_mtime_ns for file in package.rglob("*")} == before


def test_check_reports_everything_at_once(package: Path) -> None:
    write_fabric(package, spoil(y_confluence(), "divides", "areasqkm", 1, -4.0))
    rain = np.full((3, TIME.count), 1e-4)
    rain[1, 5] = -1.0
    write_forcing(package, rain)
    (package / "config/cat_config/CFE/cat-3.ini").unlink()

    def change(tree: dict[str, Any]) -> None:
        cfe_params(tree)["main_output_varable"] = "Q"
        tree["global"]["formulations"][0]["params"]["output_variables"] = ["Q_OUTT"]

    write_realization(package, change)
    codes = {problem.code for problem in check(package).problems}
    assert {"unknown-key", "forcing-out-of-range", "config-missing", "output-missing"} <= codes
    assert any("area" in code for code in codes)


def test_check_missing_configuration_names_the_catchments(package: Path) -> None:
    for catchment in ("cat-1", "cat-3"):
        (package / f"config/cat_config/CFE/{catchment}.ini").unlink()
    problem = the(check(package), "config-missing")
    assert problem.ids == ("cat-1", "cat-3")
    assert problem.where == "cfe configuration, ./config/cat_config/CFE/{{id}}.ini"
    assert str(package / "config/cat_config/CFE") in problem.hint


def test_check_same_fault_in_several_configurations_is_one_problem(package: Path) -> None:
    for catchment in ("cat-2", "cat-3"):
        file = package / f"config/cat_config/CFE/{catchment}.ini"
        file.write_text(CFE.replace("smcmax=0.44", "smcmax=4.4") + "colour=blue\n")
    report = check(package)
    assert the(report, "config-unknown-key").ids == ("cat-2", "cat-3")
    assert the(report, "config-unknown-key").severity == "warning"
    faults = [p for p in report.problems if p.code == "config-value"]
    assert faults
    assert all(problem.ids == ("cat-2", "cat-3") for problem in faults)
    assert any("smcmax = 4.4" in problem.message for problem in faults)


def test_check_configuration_that_cannot_be_read_is_an_error(package: Path) -> None:
    (package / "config/cat_config/CFE/cat-2.ini").write_text("soil_params.depth 2.0\n")
    (package / "config/cat_config/CFE/cat-3.ini").write_bytes(b"\xff\xfe")
    faults = [p for p in check(package).problems if p.code == "config-invalid"]
    assert {problem.ids for problem in faults} == {("cat-2",), ("cat-3",)}
    assert all(problem.severity == "error" for problem in faults)


def test_check_unknown_module_is_named_with_its_library_and_what_runs_it(package: Path) -> None:
    library = "/dmod/shared_libs/libsurfacebmi.so"
    write_realization(
        package, lambda tree: cfe_params(tree).update(model_type_name="NoahOWP", library_file=library)
    )
    report = check(package)
    problem = the(report, "unknown-module")
    assert problem.severity == "error"
    assert "Noah-OWP-Modular" in problem.message
    assert library in problem.message
    assert "ngen" in problem.hint
    assert problem.ids == tuple(IDS)
    assert "modules[1]" in problem.where


def test_check_unknown_revision_is_an_error(package: Path) -> None:
    write_realization(package, lambda tree: cfe_params(tree).update(revision="0000000"))
    assert "revision" in the(check(package), "unknown-module").message


def test_check_revision_of_the_options_is_taken(package: Path) -> None:
    facts = check(package, RunOptions(revisions={"cfe": "a349a95"})).facts
    assert facts["modules"] == {"sloth": "(3)", "cfe a349a95": "(3)"}


def test_check_output_of_another_revision_says_which(package: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["global"]["formulations"][0]["params"]["output_variables"] = ["INFILTRATION_EXCESS", "Q_OUTT"]

    write_realization(package, change)
    hints = [problem.hint for problem in check(package).errors]
    assert hints == ["cfe a349a95 gives it: --revision cfe=a349a95", "did you mean 'Q_OUT'?"]


def test_check_unsatisfied_input_names_module_and_variable(package: Path) -> None:
    write_realization(
        package, lambda tree: cfe_params(tree).update(variables_names_map={"ice_fraction_schaake": "x"})
    )
    problem = the(check(package), "input-missing")
    assert "'ice_fraction_schaake' (mapped to 'x')" in problem.message
    assert problem.where.endswith("realization.json, global.formulations[0].params")


def test_check_parameter_that_cannot_be_set_is_an_error(package: Path) -> None:
    write_realization(
        package, lambda tree: cfe_params(tree).update(model_params={"maxsmc": 0.4, "colour": 1})
    )
    problem = the(check(package), "setting-unknown")
    assert "'colour'" in problem.message
    assert "maxsmc" in problem.hint


def test_check_malformed_constant_is_an_error(package: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        sloth = tree["global"]["formulations"][0]["params"]["modules"][0]["params"]
        sloth["model_params"]["ice"] = 0.0

    write_realization(package, change)
    assert the(check(package), "constant").severity == "error"


def test_check_catchment_without_forcing_and_the_reverse_are_reported(package: Path) -> None:
    write_forcing(package, ids=["cat-1", "cat-2", "cat-9"])
    report = check(package)
    assert the(report, "forcing-missing-catchment").ids == ("cat-3",)
    assert the(report, "forcing-surplus-catchment").ids == ("cat-9",)
    assert not report.ok


def test_check_forcing_shorter_than_the_period_is_an_error_that_filling_does_not_mend(package: Path) -> None:
    options = RunOptions(end=datetime(2020, 1, 3, tzinfo=UTC))
    assert the(check(package, options), "forcing-period").severity == "error"
    assert the(check(package, replace(options, fill="previous")), "forcing-period").severity == "error"


def test_check_impossible_value_stays_an_error_with_filling(package: Path) -> None:
    rain = np.full((3, TIME.count), 1e-4)
    rain[0, 3] = -1.0
    write_forcing(package, rain)
    assert the(check(package, RunOptions(fill="previous")), "forcing-out-of-range").severity == "error"


def test_check_unknown_filling_is_an_error(package: Path) -> None:
    assert the(check(package, RunOptions(fill="guess")), "fill-unknown").severity == "error"


def test_check_missing_value_names_catchment_and_time(package: Path) -> None:
    rain = np.full((3, TIME.count), 1e-4)
    rain[2, 7] = np.nan
    write_forcing(package, rain)
    problem = the(check(package), "forcing-missing-value")
    assert "cat-3 at 2020-01-01 07:00:00" in problem.message


def test_check_forcing_that_is_not_there_is_reported_once(package: Path) -> None:
    (package / "forcings/forcings.nc").unlink()
    assert found(check(package)) == [("error", "forcing-not-found")]


def test_check_forcing_that_is_no_netcdf_is_an_error(package: Path) -> None:
    (package / "forcings/forcings.nc").write_text("nothing")
    assert ("error", "forcing-unreadable") in found(check(package))


def test_check_forcing_in_an_impossible_unit_is_an_error(package: Path) -> None:
    path = package / "forcings/forcings.nc"
    path.unlink()
    write_netcdf_forcing(path, IDS, TIME, {"precip_rate": np.zeros((3, 24))}, units={"precip_rate": "K"})
    report = check(package)
    assert "unit-mismatch" in {problem.code for problem in report.errors}


def test_check_hydrofabric_that_is_no_geopackage_is_an_error_beside_the_others(package: Path) -> None:
    (package / "config/basin.gpkg").write_text("not a database")
    write_realization(package, lambda tree: tree.update(tmie={}))
    assert found(check(package)) == [("error", "hydrofabric-unreadable"), ("warning", "unknown-key")]


def test_check_dangling_nexus_is_reported(package: Path) -> None:
    write_fabric(package, spoil(y_confluence(), "divides", "toid", 0, "nex-99"))
    problems = [p for p in check(package).errors if "nex-99" in p.message or "cat-1" in " ".join(p.ids)]
    assert problems


def test_check_period_of_the_options_that_ends_before_it_starts_is_an_error(package: Path) -> None:
    options = RunOptions(start=datetime(2021, 1, 1, tzinfo=UTC))
    assert the(check(package, options), "period").severity == "error"


def test_check_without_channel_attributes_flow_is_not_routed(package: Path) -> None:
    write_fabric(package, without_flowpath_attributes())
    report = check(package)
    assert report.ok
    assert report.facts["routing"] == "none, flow is summed downstream"
    insisted = check(package, RunOptions(route=True))
    assert not insisted.ok


def test_check_impossible_channel_forbids_a_run_that_routes_only(package: Path) -> None:
    write_fabric(package, spoil(y_confluence(), "flowpath-attributes", "n", 1, -0.1))
    assert not check(package).ok
    assert check(package, RunOptions(route=False)).ok


def test_check_routing_configuration_that_is_no_yaml_is_an_error_if_routed(package: Path) -> None:
    (package / "config/troute.yaml").write_text("a: b: c")
    assert found(check(package)) == [("error", "routing-unreadable")]
    assert found(check(package, RunOptions(route=False))) == []


def test_check_routing_is_done_as_configured_but_for_the_hydrofabric(package: Path) -> None:
    write_fabric(package, with_lake())
    text = TROUTE.replace("assume_short_ts: True", "assume_short_ts: False").replace(
        "basin.gpkg", "other.gpkg"
    )
    text = text.replace("dt: 300", "dt: 150").replace("qts_subdivisions: 12", "qts_subdivisions: 24")
    (package / "config/troute.yaml").write_text(text.replace("nts: 288", "nts: 576"))
    report = check(package)
    assert [p.code for p in report.problems if p.code.startswith("routing")] == ["routing-fabric"]
    assert report.ok
    assert report.facts["routing"] == "Muskingum-Cunge, 150 s steps, full scheme, lakes as channels"


def test_check_routing_step_that_does_not_divide_the_hour_is_an_error(package: Path) -> None:
    (package / "config/troute.yaml").write_text(TROUTE.replace("dt: 300", "dt: 350"))
    problem = the(check(package), "routing-dt")
    assert (problem.severity, problem.message) == (
        "error",
        "dt = 350 s does not divide the time step of 3600 s",
    )


def test_check_missing_routing_configuration_is_a_warning(package: Path) -> None:
    (package / "config/troute.yaml").unlink()
    assert found(check(package)) == [("warning", "routing-not-found")]


def test_check_override_with_another_formulation_is_checked_too(package: Path) -> None:
    def change(tree: dict[str, Any]) -> None:
        own = deepcopy(tree["global"]["formulations"])
        own[0]["params"]["modules"][1]["params"]["init_config"] = "./config/own.ini"
        own[0]["params"]["output_variables"] = ["Q_OUT"]
        tree["catchments"] = {"cat-2": {"formulations": own, "forcing": tree["global"]["forcing"]}}

    write_realization(package, change)
    problem = the(check(package), "config-missing")
    assert (problem.ids, problem.where) == (("cat-2",), "cfe configuration, ./config/own.ini")


def test_check_realization_that_is_not_json_is_raised(package: Path) -> None:
    (package / "config/realization.json").write_text('{"global": {},}')
    with pytest.raises(RealizationError, match="remove the comma"):
        check(package)


def test_check_folder_without_package_is_raised(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        check(tmp_path)
