"""The C++ framework behind ``dmod run`` and jobs, by a program with its arguments, files and faults."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

import dmod
from dmod.cli.main import app
from dmod.errors import DmodError, InputError, NotFoundError
from dmod.services.partition import partition
from dmod.testing.ngen_stand_in import write_libraries, write_program
from dmod.testing.requiring import require_mpirun
from dmod.testing.serving import ServedHome, fetch_results
from dmod.testing.troute_stand_in import DEPTH, VELOCITY
from dmod.testing.troute_stand_in import VERSION as TROUTE

RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "framework/realization.json")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("framework") / "package"
    return dmod.make_example(folder, catchments=7, years=0.02, observed=False).path


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_program(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="module")
def libraries(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    document = json.loads((package / "config" / "realization.json").read_text(encoding="utf-8"))
    return write_libraries(tmp_path_factory.mktemp("libraries"), document)


def run(package: Path, program: Path, libraries: Path, output: Path, **options: object) -> dmod.RunResult:
    return dmod.run(
        package, engine="ngen", program=program, library_path=(libraries,), output=output, **options
    )


def test_same_package_runs_by_another_word(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    result = run(package, program, libraries, tmp_path / "outputs")
    for name in (*RESULTS, "report.html", "balance.csv", "hydrograph.csv"):
        assert (tmp_path / "outputs" / name).is_file(), name
    assert result.hydrograph.simulated.max() > 0
    record = json.loads((tmp_path / "outputs" / "metadata" / "run.json").read_text(encoding="utf-8"))
    assert record["framework"]["program"] == str(program)
    assert record["framework"]["version"]
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


def test_ranks_give_what_one_process_gives(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    require_mpirun()
    for ranks in (1, 2):
        run(package, program, libraries, tmp_path / str(ranks), ranks=ranks, report=False)
    for name in (*RESULTS[:3], "hydrograph.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_partition_file_of_ones_own_is_used_where_it_fits(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    require_mpirun()
    own = tmp_path / "own.json"
    partition(next(package.rglob("*.gpkg")), own, 2)
    run(package, program, libraries, tmp_path / "two", ranks=2, partition_file=str(own), report=False)
    assert (tmp_path / "two" / "framework" / "own.json").read_bytes() == own.read_bytes()
    document = json.loads(own.read_text(encoding="utf-8"))
    document["partitions"][0]["cat-ids"].pop()
    own.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="catchments are in no part"):
        run(package, program, libraries, tmp_path / "broken", ranks=2, partition_file=str(own))


@pytest.mark.parametrize("limit", ["time_limit", "silence_limit"])
def test_run_over_a_limit_is_ended_with_its_reason(
    package: Path, program: Path, libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("STAND_IN_FAILURE", "stall@3")
    with pytest.raises(DmodError, match=r"its time was over|no sign of work"):
        run(package, program, libraries, tmp_path / "outputs", **{limit: 2.0})


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_limit", 60.0), ("silence_limit", 60.0), ("partition_file", "x"), ("routed_by", "framework")],
)
def test_option_of_the_framework_is_refused_under_another_engine(
    package: Path, name: str, value: object
) -> None:
    with pytest.raises(InputError, match=f"{name}: the engine 'native' has no use for it"):
        dmod.run(package, **{name: value})


def test_framework_routes_as_the_package_configures_it(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    before = sorted(package.rglob("*"))
    output = tmp_path / "outputs"
    result = run(package, program, libraries, output, routed_by="framework")
    assert sorted(package.rglob("*")) == before
    with netCDF4.Dataset(output / "streamflow.nc") as routed, netCDF4.Dataset(output / "nexuses.nc") as file:
        flowpaths = result.plan.fabric.flowpaths
        assert flowpaths is not None
        flow = file["runoff_rate"][:][[result.plan.fabric.nexus_index[nexus] for nexus in flowpaths.toid]]
        np.testing.assert_allclose(routed["flow"][:], flow, rtol=1e-5)
        np.testing.assert_allclose(routed["velocity"][:], flow * VELOCITY, rtol=1e-5)
        np.testing.assert_allclose(routed["depth"][:], flow * DEPTH, rtol=1e-5)
        assert routed.routing == "t-route of ngen 0.3.0 dd04bbc, 300 s steps"
    assert result.routing == f"t-route {TROUTE} of ngen 0.3.0 dd04bbc, 300 s steps"
    # as of dmod's own routing a value is for the end of a step
    assert result.hydrograph.times[0] == result.plan.axis.stamps()[1]
    record = json.loads((output / "metadata" / "run.json").read_text(encoding="utf-8"))
    wanted = {"program": "t-route", "version": TROUTE, "files": ["troute_output_201510010000.nc"]}
    assert record["framework"]["routing"] == wanted
    assert (output / "framework" / "troute.yaml").is_file()


def test_routed_flow_is_the_same_from_tables_and_on_ranks(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    require_mpirun()
    config = tmp_path / "troute.yaml"
    text = (package / "config" / "troute.yaml").read_text(encoding="utf-8")
    config.write_text(text.replace("type: .nc", "type: .csv"), encoding="utf-8")
    asked: dict[str, dict[str, object]] = {"one": {}, "table": {"routing": config}, "ranks": {"ranks": 2}}
    for name, options in asked.items():
        run(package, program, libraries, tmp_path / name, routed_by="framework", report=False, **options)
        one, other = ((tmp_path / folder / "streamflow.nc").read_bytes() for folder in ("one", name))
        assert one == other, name


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("import", "t-route cannot be imported in the framework's Python"),
        ("config", "t-route does not accept its configuration: compute_parameters"),
        ("key", "t-route failed: KeyError: 'link'"),
        ("nothing", "its routing wrote nothing"),
        ("short", r"t-route wrote nothing for 1 of \d+ steps"),
    ],
)
def test_failure_of_routing_says_why_with_lines_of_the_log(
    package: Path, program: Path, libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str,
    said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("STAND_IN_FAILURE", f"route-{way}")
    with pytest.raises(DmodError, match=said) as caught:
        run(package, program, libraries, tmp_path / "outputs", routed_by="framework")
    assert f"log: {tmp_path}/outputs.ngen.log" in caught.value.message
    assert caught.value.message.count("\n") > 1
    assert [path.name for path in tmp_path.iterdir()] == ["outputs.ngen.log"]


def test_failure_says_why_and_leaves_nothing(
    package: Path, program: Path, libraries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FAILURE", "signal:11@3")
    with pytest.raises(DmodError, match=r"SIGSEGV|signal 11"):
        run(package, program, libraries, tmp_path / "outputs")
    assert [path.name for path in tmp_path.iterdir()] == ["outputs.ngen.log"]


def test_program_that_is_not_there_is_told(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DMOD_NGEN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFoundError, match=r"DMOD_NGEN|--program"):
        dmod.run(package, engine="ngen", output=tmp_path / "outputs")


def test_parts_of_dmod_are_not_for_the_framework(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="warm"):
        run(package, program, libraries, tmp_path / "outputs", warm_start=tmp_path / "states.nc")


def test_job_runs_by_the_framework_with_as_many_ranks_as_partitions(
    package: Path, program: Path, libraries: Path, tmp_path: Path
) -> None:
    require_mpirun()
    partition(next(package.rglob("*.gpkg")), tmp_path / "cut.json", 2)
    with dmod.open_data(tmp_path / "home") as data:
        data.add("basin", [package])
        data.add("cut", [tmp_path / "cut.json"])
    variables = {"DMOD_NGEN": str(program), "LD_LIBRARY_PATH": str(libraries)}
    served = ServedHome(tmp_path / "home", ("--cpus", "2"), variables).start()
    try:
        asked = {
            "kind": "run", "package": "basin", "engine": "ngen", "evaluation": False, "fresh": True,
            "outputs": {"report": False}, "routed_by": "framework", "time_limit": "10 min",
        }  # fmt: skip
        for ranks in (1, 2):
            own = {"partition_file": "cut"} if ranks == 2 else {}
            fetch_results(served, served.submit({**asked, **own, "partitions": ranks}), tmp_path / str(ranks))
    finally:
        served.stop()
    for name in (*RESULTS[:3], "hydrograph.csv"):
        one, two = (next((tmp_path / str(ranks)).rglob(name)).read_bytes() for ranks in (1, 2))
        assert one == two, name
    found = next((tmp_path / "2").rglob("run.json"))
    assert json.loads(found.read_text(encoding="utf-8"))["framework"]["routing"]["program"] == "t-route"
    assert (found.parent.parent / "framework" / "cut.json").read_bytes() == (
        tmp_path / "cut.json"
    ).read_bytes()


def test_check_has_nothing_against_modules_that_only_the_framework_has(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "package"
    shutil.copytree(package, other)
    place = other / "config" / "realization.json"
    place.write_text(
        place.read_text(encoding="utf-8")
        .replace('"bmi_c_cfe"', '"NoahOWP"')
        .replace("cfebmi", "noah")
        .replace("register_bmi_cfe", "register_bmi_noah"),
        encoding="utf-8",
    )
    assert not dmod.check(other).ok
    found = dmod.check(other, dmod.RunOptions(engine="ngen"))
    assert found.ok, found.as_text()


def test_limit_that_is_no_length_of_time_is_named_with_its_option(package: Path) -> None:
    found = CliRunner().invoke(app, ["run", str(package), "--engine", "ngen", "--silence-limit", "soon"])
    assert isinstance(found.exception, InputError)
    assert "--silence-limit: 'soon' is no length of time" in found.exception.message
