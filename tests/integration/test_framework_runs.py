"""The framework's adapter with a program that has its files, exit codes and faults, and with mpirun."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.engine.integrate import ChunkRunoff
from dmod.errors import BackendError, CoverageError, DmodError, NumericalError, PluginError, RealizationError
from dmod.formulation.package import RunPackage
from dmod.services.example import make_example
from dmod.services.framework import FrameworkRun, FrameworkSettings, open_framework
from dmod.services.options import RunOptions
from dmod.services.plan import RAIN, RUNOFF, RunPlan, locate
from dmod.testing.columns import Columns
from dmod.testing.ngen_stand_in import (
    FAILURE,
    SCALE,
    other,
    runoff,
    write_libraries,
    write_program,
)
from dmod.testing.ngen_stand_in import (
    RAIN as RAIN_COLUMNS,
)
from dmod.testing.requiring import require_mpirun

COUNT = 9
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package, the program, and libraries of its modules."""
    home = tmp_path_factory.mktemp("framework")
    make_example(home / "package", catchments=COUNT, years=0.03, formulation="cfe", observed=False, seed=4)
    write_program(home / "bin")
    found = locate(home / "package", RunOptions().locations)
    write_libraries(home / "lib", json.loads(found.realization_file.read_text()))
    return home


@pytest.fixture
def package(home: Path) -> RunPackage:
    return locate(home / "package", RunOptions().locations)


@pytest.fixture
def settings(home: Path) -> FrameworkSettings:
    return FrameworkSettings(home / "bin" / "ngen", library_path=(home / "lib",))


@contextmanager
def opened(
    package: RunPackage, settings: FrameworkSettings, folder: Path, **more: Any
) -> Iterator[tuple[RunPlan, FrameworkRun]]:
    plan, run = open_framework(package, RunOptions(), settings, folder, **more)
    try:
        yield plan, run
    finally:
        plan.close()


def finished(
    plan: RunPlan, run: FrameworkRun, progress: Callable[[int], None] = lambda _: None
) -> tuple[Array, dict[str, Array]]:
    columns = Columns(plan)
    chunks: list[ChunkRunoff] = list(run.run([columns], progress))
    assert [chunk.first for chunk in chunks] == [0, *np.cumsum([c.depth.shape[1] for c in chunks[:-1]])]
    return np.concatenate([chunk.depth for chunk in chunks], axis=1), columns.found


def rain_of(plan: RunPlan, package: RunPackage) -> Array:
    """Return the rain of each catchment and step [m per step] as the files of the package have it."""
    assert package.forcing is not None
    rain = np.empty((len(plan.catchments), plan.axis.count))
    labels = plan.axis.labels()
    if package.forcing.is_file():
        import netCDF4

        with netCDF4.Dataset(package.forcing) as file:
            ids = [str(name) for name in file["ids"][:]]
            name = next(name for name in RAIN_COLUMNS if name in file.variables)
            for row, catchment in enumerate(plan.catchments):
                values = np.asarray(file[name][ids.index(catchment), : plan.axis.count], dtype=np.float64)
                rain[row] = values * RAIN_COLUMNS[name]
        return rain
    for row, catchment in enumerate(plan.catchments):
        (path,) = (p for p in package.forcing.iterdir() if re.fullmatch(rf".*\b{catchment}\b.*\.csv", p.name))
        with path.open(newline="") as file:
            rows = {line["time"]: line for line in csv.DictReader(file)}
        name = next(name for name in RAIN_COLUMNS if name in rows[labels[0]])
        rain[row] = [float(rows[label][name]) * RAIN_COLUMNS[name] for label in labels]
    return rain


def wanted(plan: RunPlan, package: RunPackage) -> Array:
    """Return the main output that the program writes [m per step]."""
    rain = rain_of(plan, package)
    return np.array(
        [[runoff(name, value) for value in rain[row]] for row, name in enumerate(plan.catchments)]
    )


def changed(package: RunPackage, folder: Path, change: Callable[[dict[str, Any]], None]) -> RunPackage:
    document = json.loads(package.realization_file.read_text())
    change(document)
    path = folder / "realization.json"
    path.write_text(json.dumps(document))
    return locate(package.root, replace(RunOptions().locations, realization=path))


def params(document: dict[str, Any]) -> Any:
    return document["global"]["formulations"][0]["params"]


def together(document: dict[str, Any]) -> None:
    document["output"] = {"catchment": {"grouping": "per_formulation"}}


@pytest.mark.parametrize("grouping", ["per_feature", "per_formulation"])
def test_run_of_one_process_gives_what_the_program_computed_to_the_last_bit(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, grouping: str
) -> None:
    if grouping == "per_formulation":
        package = changed(package, tmp_path, together)
    with opened(package, settings, tmp_path / "run") as (plan, run):
        depth, columns = finished(plan, run)
        due = wanted(plan, package)
        assert due.max() > due.min() >= 0.0
        assert np.array_equal(depth, due)
        asked = plan.chains[0].columns[: plan.column_count[0]]
        assert set(columns) == {column.name for column in asked} | {RAIN}
        assert np.array_equal(columns["Q_OUT"], due)
        steps = np.arange(plan.axis.count)
        for place, column in enumerate(asked):
            if column.name != "Q_OUT":
                values = due * (place + 2) + steps * 1e-9
                assert other(place, 5, due[0, 5]) == values[0, 5]
                assert np.array_equal(columns[column.name], values)
        np.testing.assert_allclose(columns[RAIN], rain_of(plan, package) * 1e3, rtol=1e-12)
        assert run.notes == []


@pytest.mark.parametrize("ranks", [2, 3])
def test_run_of_several_ranks_gives_what_one_process_gives(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, ranks: int
) -> None:
    require_mpirun()
    with opened(package, replace(settings, ranks=ranks), tmp_path / "run") as (plan, run):
        depth, columns = finished(plan, run)
        assert np.array_equal(depth, wanted(plan, package))
        assert np.isfinite(columns["ACTUAL_ET"]).all()


def test_ranks_are_started_by_the_launcher_that_is_given(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    asked: list[tuple[int, dict[str, str]]] = []

    def launch(
        command: Sequence[str], *, ranks: int, variables: Mapping[str, str], on_line: Callable[[str], None]
    ) -> int:
        """Run the ranks one after the other, as nobody would."""
        asked.append((ranks, dict(variables)))
        code = 0
        for rank in range(ranks):
            place = {"PMI_RANK": str(rank), "PMI_SIZE": str(ranks)}
            done = subprocess.run(
                command, env={**os.environ, **variables, **place}, capture_output=True, text=True, check=False
            )
            code = code or done.returncode
            for line in done.stdout.splitlines():
                on_line(line)
        return code

    several = replace(settings, ranks=3)
    with opened(package, several, tmp_path / "run", launch=launch) as (plan, run):
        assert run.prepared.before == ()
        depth, _ = finished(plan, run)
        assert np.array_equal(depth, wanted(plan, package))
    assert [ranks for ranks, _ in asked] == [3]
    assert str(settings.library_path[0]) in asked[0][1]["LD_LIBRARY_PATH"]


def test_catchment_with_a_formulation_of_its_own_has_columns_of_its_own(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    def one_of_its_own(document: dict[str, Any]) -> None:
        own = json.loads(json.dumps(document["global"]["formulations"]))
        own[0]["params"]["output_variables"] = ["ACTUAL_ET"]
        document["catchments"] = {"cat-3": {"formulations": own}}

    other_package = changed(package, tmp_path, one_of_its_own)
    with opened(other_package, settings, tmp_path / "run") as (plan, run):
        depth, columns = finished(plan, run)
        due = wanted(plan, package)
        row = plan.catchments.index("cat-3")
        assert np.array_equal(depth, due)
        assert np.isnan(columns["Q_OUT"][row]).all()
        assert np.array_equal(columns[RUNOFF][row], due[row])
        assert np.isfinite(columns["ACTUAL_ET"]).all()


@pytest.mark.parametrize(("scale", "depth_of_one"), [("1", 1.0), ("1000", 1e-3), ("100", 1e-2)])
def test_unit_that_nobody_states_is_found_out_from_the_flow_that_was_made_of_it(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, scale: str, depth_of_one: float,
) -> None:  # fmt: skip
    monkeypatch.setenv(SCALE, scale)
    (home / "lib" / "libstrange.so").touch()
    strange = changed(package, tmp_path, _with_strange_module)
    with opened(strange, settings, tmp_path / "run") as (plan, run):
        depth, columns = finished(plan, run)
        np.testing.assert_allclose(depth, wanted(plan, package), rtol=1e-14)
        np.testing.assert_allclose(columns["Q_OUT"] * depth_of_one, depth, rtol=1e-14)
        assert np.array_equal(columns[RUNOFF], depth)
        assert run.notes == []


def test_unit_is_found_out_from_flow_to_which_several_ranks_gave(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    require_mpirun()
    monkeypatch.setenv(SCALE, "1000")
    (home / "lib" / "libstrange.so").touch()
    strange = changed(package, tmp_path, _with_strange_module)
    with opened(strange, replace(settings, ranks=3), tmp_path / "run") as (plan, run):
        depth, _ = finished(plan, run)
        np.testing.assert_allclose(depth, wanted(plan, package), rtol=1e-14)
        written = {path.name for path in (tmp_path / "run" / "output").glob("nex-*")}
        assert len(written) == len(plan.fabric.nexuses)


def test_unit_that_is_none_of_depth_is_refused(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(SCALE, "7")
    (home / "lib" / "libstrange.so").touch()
    strange = changed(package, tmp_path, _with_strange_module)
    with (
        opened(strange, settings, tmp_path / "run") as (plan, run),
        pytest.raises(BackendError, match=r"0\.142857 times what Q_OUT"),
    ):
        finished(plan, run)


def _with_strange_module(document: dict[str, Any]) -> None:
    params(document)["modules"][2]["params"] |= {
        "model_type_name": "strange", "library_file": "libstrange.so", "registration_function": "register",
    }  # fmt: skip


def test_progress_grows_to_all_steps_of_all_catchments(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    told: list[int] = []
    with opened(package, settings, tmp_path / "run") as (plan, run):
        finished(plan, run, told.append)
        assert sum(told) == plan.axis.count * COUNT
        assert all(steps > 0 for steps in told)


@pytest.mark.parametrize(
    ("way", "kind", "said"),
    [
        (f"signal:{int(signal.SIGSEGV)}@50", BackendError, "was ended by SIGSEGV"),
        (f"signal:{int(signal.SIGKILL)}@50", BackendError, "was ended by SIGKILL"),
        ("exit:3", BackendError, "ended with exit code 3"),
        ("exit:255", BackendError, "ended with exit code 255"),
        ("symbol", RealizationError, "has no function register_bmi_cfe"),
        ("input:ice_fraction_schaake", RealizationError, "gives ice_fraction_schaake"),
        ("python:lstm", PluginError, "Python has no module lstm"),
        ("truncate:cat-4", BackendError, r"cat-4\.csv"),
        ("missing:cat-4", BackendError, r"1 catchments \(cat-4\)"),
        (
            "nan:cat-4@17",
            NumericalError,
            r"no finite main output in cat-4 at step 17 \(2015-10-01 17:00:00\)",
        ),
    ],
)
def test_failure_of_the_program_is_explained(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    way: str, kind: type[DmodError], said: str,
) -> None:  # fmt: skip
    with opened(package, settings, tmp_path / "run") as (plan, run):
        monkeypatch.setenv(FAILURE, way)
        with pytest.raises(kind, match=said) as caught:
            finished(plan, run)
        assert caught.value.hint


def test_log_of_a_run_that_fails_is_kept_where_it_is_asked_for(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(package, settings, tmp_path / "run") as (plan, run):
        run.failed_log = tmp_path / "kept.log"
        monkeypatch.setenv(FAILURE, "symbol")
        with pytest.raises(RealizationError) as caught:
            finished(plan, run)
        assert str(run.failed_log) in caught.value.message
        assert "register_bmi_cfe" in run.failed_log.read_text()


def test_library_that_vanishes_is_named_as_the_program_names_it(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    lib = tmp_path / "lib"
    shutil.copytree(settings.library_path[0], lib)
    with opened(package, replace(settings, library_path=(lib,)), tmp_path / "run") as (plan, run):
        (lib / "libcfebmi.so").unlink()
        with pytest.raises(PluginError, match=r"library .*libcfebmi\.so is not there"):
            finished(plan, run)


@pytest.fixture(scope="module")
def home_with_csv(home: Path) -> Path:
    """Return the folder of a package with a file of forcing for each catchment."""
    folder = home / "package-csv"
    make_example(folder, catchments=5, years=0.01, forcing="csv", formulation="topmodel", observed=False)
    found = locate(folder, RunOptions().locations)
    write_libraries(home / "lib", json.loads(found.realization_file.read_text()))
    return folder


def test_forcing_in_files_of_catchments_and_topmodels_raw_output_are_read(
    home_with_csv: Path, settings: FrameworkSettings, tmp_path: Path
) -> None:
    package = locate(home_with_csv, RunOptions().locations)
    with opened(package, settings, tmp_path / "run") as (plan, run):
        depth, columns = finished(plan, run)
        assert np.array_equal(depth, wanted(plan, package))
        assert np.array_equal(columns["Qout"], depth)


def test_forcing_that_vanishes_is_named_as_the_program_names_it(
    home_with_csv: Path, settings: FrameworkSettings, tmp_path: Path
) -> None:
    moved = tmp_path / "package"
    shutil.copytree(home_with_csv, moved)
    package = locate(moved, RunOptions().locations)
    assert package.forcing is not None
    with opened(package, settings, tmp_path / "run") as (plan, run):
        (package.forcing / "cat-4.csv").unlink()
        with pytest.raises(CoverageError, match="there is no forcing for cat-4"):
            finished(plan, run)


@pytest.mark.parametrize("way", ["stall@60", "deaf@60"])
def test_program_that_stalls_is_ended_after_its_silence(
    package: RunPackage,
    settings: FrameworkSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    with opened(package, replace(settings, silence_limit=1.0), tmp_path / "run") as (plan, run):
        monkeypatch.setenv(FAILURE, way)
        with pytest.raises(BackendError, match="it had shown no sign of work for too long"):
            finished(plan, run)


def test_ranks_that_stall_are_all_ended_and_the_hint_speaks_of_partitions(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_mpirun()
    with opened(package, replace(settings, ranks=2, time_limit=4.0), tmp_path / "run") as (plan, run):
        monkeypatch.setenv(FAILURE, "stall@60")
        with pytest.raises(BackendError, match="its time was over") as caught:
            finished(plan, run)
        assert "partition" in (caught.value.hint or "")
        left = subprocess.run(
            ["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True
        ).stdout  # of this very run: its folder is in the arguments
        assert str(tmp_path / "run") not in left


def test_run_that_is_cancelled_ends_the_program(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(package, settings, tmp_path / "run", cancelled=lambda: True) as (plan, run):
        monkeypatch.setenv(FAILURE, "stall@60")
        with pytest.raises(BackendError, match="the run was cancelled"):
            finished(plan, run)


def test_crash_of_one_rank_ends_the_run_with_its_signal(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_mpirun()
    with opened(package, replace(settings, ranks=2), tmp_path / "run") as (plan, run):
        monkeypatch.setenv(FAILURE, f"signal:{int(signal.SIGSEGV)}@60")
        with pytest.raises(BackendError, match=r"SIGSEGV|signal 11") as caught:
            finished(plan, run)
        assert caught.value.hint


def test_record_says_which_program_ran_how_and_documents_are_kept(
    package: RunPackage, settings: FrameworkSettings, tmp_path: Path
) -> None:
    require_mpirun()
    with opened(package, replace(settings, ranks=2), tmp_path / "run") as (plan, run):
        finished(plan, run)
        record = run.record
        assert record["program"] == str(settings.program)
        assert str(record["version"]).startswith("0.3.0")
        assert record["ranks"] == 2
        assert json.loads(json.dumps(record))["command"][1:3] == ["-n", "2"]
        assert [path.name for path in run.documents] == ["realization.json", "partitions.json", "ngen.log"]


def test_unit_that_cannot_be_found_out_without_water_is_taken_as_metres_and_that_is_said(
    package: RunPackage, settings: FrameworkSettings, home: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(SCALE, "0")
    (home / "lib" / "libstrange.so").touch()
    strange = changed(package, tmp_path, _with_strange_module)
    with opened(strange, settings, tmp_path / "run") as (plan, run):
        depth, _ = finished(plan, run)
        assert not depth.any()
        assert "the unit of Q_OUT is not known" in plan.finder.complaints()[0]
