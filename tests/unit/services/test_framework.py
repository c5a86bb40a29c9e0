"""What is made ready for the framework, what is refused before it starts, and what its plan says."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dmod.engine.ngen import FrameworkProgram
from dmod.errors import DmodError, InputError, NotFoundError, PluginError, StoreError
from dmod.formulation.package import RunPackage
from dmod.services import framework_folder
from dmod.services.example import make_example
from dmod.services.framework import FrameworkRun, FrameworkSettings, open_framework
from dmod.services.framework_routing import find_version
from dmod.services.options import RunOptions
from dmod.services.partition import partition
from dmod.services.plan import RAIN, RUNOFF, RunPlan, locate
from dmod.services.run import run as run_package
from dmod.testing.ngen_stand_in import SERIAL, UNROUTED, write_libraries, write_program

COUNT = 6
IMAGE = f"registry.example/ngen@sha256:{'a' * 64}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package, the program, and libraries of its modules."""
    home = tmp_path_factory.mktemp("framework")
    make_example(home / "package", catchments=COUNT, years=0.01, formulation="cfe", observed=False, seed=4)
    write_program(home / "bin")
    write_libraries(home / "lib", json.loads(document_of(home / "package").read_text()))
    return home


def document_of(package: Path) -> Path:
    return locate(package, RunOptions().locations).realization_file


@pytest.fixture
def package(home: Path) -> RunPackage:
    return locate(home / "package", RunOptions().locations)


@pytest.fixture
def settings(home: Path) -> FrameworkSettings:
    return FrameworkSettings(home / "bin" / "ngen", library_path=(home / "lib",))


@contextmanager
def opened(
    package: RunPackage, settings: FrameworkSettings, folder: Path, **options: Any
) -> Iterator[tuple[RunPlan, FrameworkRun]]:
    plan, run = open_framework(package, RunOptions(**options), settings, folder)
    try:
        yield plan, run
    finally:
        plan.close()


def changed(package: RunPackage, folder: Path, change: Any) -> RunPackage:
    """Return the package with another realization document."""
    document = json.loads(package.realization_file.read_text())
    change(document)
    path = folder / "realization.json"
    path.write_text(json.dumps(document))
    return locate(package.root, replace(RunOptions().locations, realization=path))


def params(document: dict[str, Any]) -> Any:
    return document["global"]["formulations"][0]["params"]


def test_plan_names_modules_by_the_framework_and_columns_as_asked_for(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    with opened(package, settings, tmp_path / "run") as (plan, run):
        (chain,) = plan.chains
        asked = package.realization.formulation_for("").output_variables
        assert tuple(c.name for c in chain.columns[: plan.column_count[0]]) == asked
        assert [c.name for c in chain.columns[plan.column_count[0] :]] == [RAIN]
        assert {c.name: c.unit for c in chain.columns}["Q_OUT"] == "m"
        assert [name for name, _ in plan.modules] == ["sloth", "pet", "cfe"]
        assert {revision for _, revision in plan.modules} == {run.program.title}
        assert chain.rows.tolist() == list(range(COUNT))


def test_plan_says_which_files_are_read(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path
) -> None:
    with opened(package, settings, tmp_path / "run") as (plan, run):
        assert plan.inputs["framework"] == (run.program.path,)
        assert {path.parent for path in plan.inputs["module"]} == {home / "lib"}
        assert len(plan.inputs["module configuration"]) == 2 * COUNT
        assert all(path.is_file() for files in plan.inputs.values() for path in files)


def test_runoff_is_a_column_of_its_own_where_the_realization_does_not_ask_for_it(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    other = changed(package, tmp_path, lambda d: params(d).update(output_variables=["GIUH_RUNOFF"]))
    with opened(other, settings, tmp_path / "run") as (plan, _):
        (chain,) = plan.chains
        assert [c.name for c in chain.columns] == ["GIUH_RUNOFF", RUNOFF, RAIN]
        assert plan.column_count == (1,)
        assert chain.columns[1].source == chain.runoff


def test_folder_holds_what_the_framework_needs_with_paths_that_are_absolute(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with opened(package, settings, folder, end=package.realization.time.time(5)) as (_, run):
        document = json.loads((folder / "realization.json").read_text())
        assert document["time"]["end_time"] == "2015-10-01 05:00:00"
        assert Path(document["global"]["forcing"]["path"]).exists()
        assert document["output"]["root"] == f"{folder}/output/"
        assert {path.name for path in (folder / "work").iterdir()} == {
            path.name for path in package.root.iterdir() if not path.name.startswith(".")
        }
        fabric = str(package.hydrofabric)
        assert run.prepared.command[1:] == (fabric, "all", fabric, "all", str(folder / "realization.json"))
        assert run.prepared.before == ()


def test_geopackage_that_the_framework_would_not_see_as_one_is_linked(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    fabric = tmp_path / "BASIN.GPKG"
    shutil.copy(package.hydrofabric, fabric)
    with opened(replace(package, hydrofabric=fabric), settings, tmp_path / "run") as (_, run):
        link = Path(run.prepared.command[1])
        assert link.name.endswith("gpkg")
        assert link.resolve() == fabric


def test_disk_without_room_for_the_outputs_is_said_before_the_framework_starts(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framework_folder, "STAMPED", 1 << 50)
    with pytest.raises(StoreError, match="no space left"):
        open_framework(package, RunOptions(), settings, tmp_path / "run")


def test_folder_of_an_earlier_run_is_replaced(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    old = tmp_path / "run" / "output" / "cat-1.csv"
    old.parent.mkdir(parents=True)
    old.write_text("of yesterday")
    with opened(package, settings, tmp_path / "run"):
        assert not old.exists()


def test_several_ranks_get_a_partition_file_and_a_launcher(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    with opened(package, replace(settings, ranks=2), tmp_path / "run") as (_, run):
        document = json.loads((tmp_path / "run" / "partitions.json").read_text())
        assert len(document["partitions"]) == 2
        assert run.prepared.command[-1] == str(tmp_path / "run" / "partitions.json")
        assert run.prepared.before[1:] == ("-n", "2")


def test_partition_file_that_is_given_is_used_where_it_fits(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    path = tmp_path / "three.json"
    partition(package.hydrofabric, path, 3)
    given = replace(settings, ranks=3, partitions=path)
    with opened(package, given, tmp_path / "run") as (_, run):
        assert run.prepared.command[-1] == str(path)
    with pytest.raises(InputError, match="has 3 parts, and there are 2 ranks"):
        open_framework(package, RunOptions(), replace(given, ranks=2), tmp_path / "run")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("fill", "linear"), ("warm_start", Path("states.nc")), ("revisions", {"cfe": "a349a95"}),
        ("model_params", {"cfe.refkdt": 2.5}),
    ],
)  # fmt: skip
def test_option_that_the_framework_cannot_be_told_is_refused_before_anything_is_looked_for(
    tmp_path: Path, option: str, value: Any
) -> None:
    options = RunOptions(engine="ngen", program=tmp_path / "no-ngen", **{option: value})
    with pytest.raises(InputError, match="has no meaning for a run by the framework"):
        run_package(tmp_path / "no-package", options)


def test_program_built_for_one_rank_is_refused_for_two(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERIAL, "1")
    with opened(package, settings, tmp_path / "run"):
        pass
    with pytest.raises(PluginError, match="built without MPI"):
        open_framework(package, RunOptions(), replace(settings, ranks=2), tmp_path / "run")


def test_library_that_is_nowhere_is_said_before_the_framework_starts(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match=r"the library .*libslothmodel\.so") as caught:
        open_framework(package, RunOptions(), replace(settings, library_path=()), tmp_path / "run")
    assert "library path" in (caught.value.hint or "")
    assert not (tmp_path / "run").exists()


def test_library_without_a_suffix_is_found_as_the_framework_finds_it(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path
) -> None:
    def without_suffix(document: dict[str, Any]) -> None:
        for module in params(document)["modules"]:
            name = module["params"]["library_file"]
            module["params"]["library_file"] = str(home / "lib" / Path(name).stem)

    other = changed(package, tmp_path, without_suffix)
    with opened(other, replace(settings, library_path=()), tmp_path / "run") as (plan, _):
        assert {path.suffix for path in plan.inputs["module"]} == {".so"}


def test_configurations_that_are_missing_are_named_before_the_framework_starts(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    def elsewhere(document: dict[str, Any]) -> None:
        params(document)["modules"][2]["params"]["init_config"] = "./nowhere/{{id}}.ini"

    with pytest.raises(NotFoundError, match=r"no configuration file for cat-1, .*nowhere/cat-1\.ini"):
        open_framework(changed(package, tmp_path, elsewhere), RunOptions(), settings, tmp_path / "run")


def test_grouping_of_the_realization_is_kept_where_that_can_be(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    def together(document: dict[str, Any]) -> None:
        document["output"] = {"catchment": {"grouping": "per_formulation"}}

    other = changed(package, tmp_path, together)
    for ranks, grouping in ((1, "per_formulation"), (2, "per_feature")):
        folder = tmp_path / f"run-{ranks}"
        with opened(other, replace(settings, ranks=ranks), folder):
            output = json.loads((folder / "realization.json").read_text())["output"]
            assert output["catchment"]["grouping"] == grouping


def test_flow_at_nexuses_is_asked_for_only_where_a_unit_has_to_be_found_out(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path
) -> None:
    def strange(document: dict[str, Any]) -> None:
        params(document)["modules"][2]["params"] |= {
            "model_type_name": "strange", "registration_function": "register",
            "library_file": "libstrange.so",
        }  # fmt: skip

    (home / "lib" / "libstrange.so").touch()
    for number, (case, wanted) in enumerate(((package, False), (changed(package, tmp_path, strange), True))):
        folder = tmp_path / f"run-{number}"
        with opened(case, settings, folder) as (plan, _):
            output = json.loads((folder / "realization.json").read_text())["output"]
            assert output["nexus"]["enable"] is wanted
            assert (plan.chains[0].columns[-2].name == RUNOFF) is wanted


def test_period_outside_the_forcing_is_refused(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    with pytest.raises(DmodError):
        open_framework(package, RunOptions(end=datetime(2040, 1, 1, tzinfo=UTC)), settings, tmp_path / "run")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ranks": 0}, "0 ranks are impossible"),
        ({"partitions": Path("p.json")}, "one rank has no use"),
        ({"time_limit": 0.0}, "a limit of time of 0 s"),
        ({"silence_limit": -1.0}, "a limit of silence of -1 s"),
        ({"library_path": (Path("/nowhere"),)}, "/nowhere is no folder"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DmodError, match=said):
        FrameworkSettings(**wrong)


def test_settings_take_the_variables_of_this_process() -> None:
    assert FrameworkSettings().environment is os.environ


def test_framework_that_routes_gets_configuration_inflow_and_folders(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with opened(package, replace(settings, routes=True), folder) as (plan, run):
        document = json.loads((folder / "realization.json").read_text())
        assert document["routing"]["t_route_config_file_with_path"] == str(folder / "troute.yaml")
        assert document["output"]["nexus"]["enable"] is True
        forcing = yaml.safe_load((folder / "troute.yaml").read_text())["compute_parameters"][
            "forcing_parameters"
        ]
        assert forcing["qlat_input_folder"] == f"{folder}/output"
        assert forcing["nts"] == plan.axis.count * 12
        assert list((folder / "inflow").iterdir()) == list((folder / "routed").iterdir()) == []
        assert folder / "troute.yaml" in run.documents
        assert run.record["routing"] == {"program": "t-route"}


def test_framework_that_does_not_route_is_told_nothing_of_routing(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    with opened(package, settings, tmp_path / "run") as (_, run):
        assert "routing" not in json.loads((tmp_path / "run" / "realization.json").read_text())
        assert run.streamflow is None
        assert "routing" not in run.record


def test_package_without_routing_configuration_is_refused_where_the_framework_is_to_route(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    routes = replace(settings, routes=True)
    without = changed(package, tmp_path, lambda d: d.pop("routing"))
    with pytest.raises(InputError, match="no routing configuration") as caught:
        open_framework(without, RunOptions(), routes, tmp_path / "run")
    assert "--routing" in (caught.value.hint or "")
    elsewhere = replace(package, routing=tmp_path / "nowhere.yaml")
    with pytest.raises(NotFoundError, match=r"nowhere\.yaml does not exist"):
        open_framework(elsewhere, RunOptions(), routes, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_framework_built_without_routing_is_refused_where_it_is_to_route(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(UNROUTED, "1")
    with pytest.raises(PluginError, match="was built without routing"):
        open_framework(package, RunOptions(), replace(settings, routes=True), tmp_path / "run")


def test_routing_without_a_geopackage_is_refused(
    package: RunPackage, tmp_path: Path, settings: FrameworkSettings
) -> None:
    from dmod.formulation.routing_config import read_routing_config
    from dmod.services.framework_routing import prepare_routing

    assert package.routing is not None
    config = replace(read_routing_config(package.routing), geo_file_path="catchments.geojson")
    with opened(package, settings, tmp_path / "run") as (plan, _):
        other = replace(plan, package=replace(package, hydrofabric=tmp_path / "catchments.geojson"))
        with pytest.raises(InputError, match="from a GeoPackage, and there is none"):
            prepare_routing(tmp_path, other, config, tmp_path)
        named = replace(config, geo_file_path=str(package.hydrofabric))
        found = prepare_routing(tmp_path, other, named, tmp_path)
        assert str(package.hydrofabric) in found.config.read_text()


def test_version_of_t_route_is_taken_from_the_log_or_from_what_is_installed(tmp_path: Path) -> None:
    log = tmp_path / "ngen.log"
    program = FrameworkProgram(tmp_path / "ngen", description=f"  Python:\n    Site Library: {tmp_path}\n")
    assert find_version(program, log, {}) == ""
    (tmp_path / "nwm_routing-4.2.0.dist-info").mkdir()
    assert find_version(program, log, {}) == "4.2.0"
    site = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    (site / "troute_network-4.3.dist-info").mkdir(parents=True)
    found = find_version(replace(program, description=""), log, {"VIRTUAL_ENV": str(tmp_path / "venv")})
    assert found == "4.3"
    log.write_text("Using Routing\nt-route version 5.0.1\n")
    assert find_version(program, log, {}) == "5.0.1"


def test_image_that_has_the_framework_is_recorded_and_no_other_is_taken(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = RunOptions(engine="ngen", environment={"image": IMAGE})
    options.require_meaning()
    with pytest.raises(InputError, match="does not run in the image"):
        open_framework(package, options, settings, tmp_path / "run")
    monkeypatch.setenv("DMOD_ATTEMPT_IMAGE", IMAGE)
    plan, _ = open_framework(package, options, settings, tmp_path / "run")
    with closing(plan):
        assert plan.finder.recorded["environment"]["image"] == IMAGE
    with pytest.raises(InputError, match="has no use for it"):
        RunOptions(engine="ngen", environment=["numpy"]).require_meaning()
