"""``dmod module`` as a user calls it: from nothing to a module that is checked, measured, listed, run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset

from dmod.services.modules.skeleton import LANGUAGES

COMPILERS = {"c": "gcc", "c++": "g++", "fortran": "gfortran"}


def require_compiler(language: str) -> None:
    if language in COMPILERS and shutil.which(COMPILERS[language]) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {COMPILERS[language]}")


@pytest.mark.parametrize(("language", "vectorised"), [*((x, False) for x in LANGUAGES), ("python", True)])
def test_new_module_passes_its_own_tests(tmp_path: Path, dmod_cli, language: str, vectorised: bool) -> None:
    require_compiler(language)
    more = ["--vectorised"] if vectorised else []
    done = dmod_cli("module", "new", "snow-store", "--language", language, *more, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "dmod module check" in done.stdout
    folder = tmp_path / "snow-store"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    # plugins that happen to be here are not what its tests need, and take longer than these
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    tests = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=400, env=variables
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "skipped" not in tests.stdout


def test_new_module_is_not_written_over_another(tmp_path: Path, dmod_cli) -> None:
    assert dmod_cli("module", "new", "store", "-q", cwd=tmp_path).stdout == ""
    page = tmp_path / "store" / "README.md"
    page.write_text("mine")
    again = dmod_cli("module", "new", "store", cwd=tmp_path)
    assert again.returncode == 4
    assert "nothing is overwritten" in again.stderr
    assert page.read_text() == "mine"
    done = dmod_cli("module", "new", "store", "--output", "other", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["folder"] == "other"


def test_check_ends_with_status_1_where_there_is_an_error(tmp_path: Path, dmod_cli) -> None:
    dmod_cli("module", "new", "store", "-q", cwd=tmp_path)
    source = tmp_path / "store" / "src" / "store" / "module.py"
    source.write_text(source.read_text().replace('RAIN: "mm h-1"', 'RAIN: "K"'))
    config = tmp_path / "store" / "example" / "store.ini"
    call = (
        "module",
        "check",
        "store.module:Store",
        "--python-path",
        tmp_path / "store" / "src",
        "--config",
        config,
    )
    done = dmod_cli(*call, "--only", "units", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["ok"], found["errors"]) == (False, 1)
    quiet = dmod_cli(*call, "--only", "units", "-q")
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert "said 'K'" in quiet.stderr
    fine = dmod_cli(*call, "--only", "time", "--steps", "24")
    assert fine.returncode == 0
    assert "can be used: 0 errors" in fine.stdout


def test_check_of_a_library_that_crashes_is_no_traceback(tmp_path: Path, dmod_cli) -> None:
    require_compiler("c")
    dmod_cli("module", "new", "store", "--language", "c", "-q", cwd=tmp_path)
    source = tmp_path / "store" / "store.c"
    source.write_text(source.read_text().replace("  it->time += seconds;", "  *(volatile int *)8 = 1;"))
    subprocess.run(["make", "-s", "-C", str(source.parent)], check=True)
    config = source.parent / "example" / "store.ini"
    library = source.parent / "libstore.so"
    done = dmod_cli("module", "check", library, "--config", config, "--only", "numbers", "--only", "time")
    assert done.returncode == 1
    assert done.stdout.count("update: was ended by signal SIGSEGV") == 1
    assert "came no further: the same error as in time" in done.stdout


def test_check_that_is_killed_takes_the_process_of_the_module_along(tmp_path: Path, dmod_cli) -> None:
    dmod_cli("module", "new", "store", "-q", cwd=tmp_path)
    source = tmp_path / "store" / "src" / "store" / "module.py"
    note = tmp_path / "pid"
    indent = "\n            "
    write = f"open({str(note)!r}, 'w').write(str(os.getpid()) + '.')"
    hang = f"import os, time{indent}{write}{indent}time.sleep(300)"
    source.write_text(
        source.read_text().replace(
            "        self._advance(self._settings.time_step)\n\n    def update_until",
            f"        if True:\n            {hang}\n\n    def update_until",
        )
    )
    call = [
        "store.module:Store",
        "--python-path",
        "src",
        "--config",
        "example/store.ini",
        "--only",
        "numbers",
    ]
    command = [sys.executable, "-m", "dmod.cli.main", "module", "check", *call]
    variables = {**os.environ, "TMPDIR": str(tmp_path)}  # what a killed process leaves
    with subprocess.Popen(
        command, cwd=tmp_path / "store", stdout=subprocess.DEVNULL, env=variables
    ) as process:
        try:
            until(lambda: note.is_file() and note.read_text().endswith("."))
        finally:
            process.kill()
    stat = Path(f"/proc/{note.read_text().rstrip('.')}/stat")
    until(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z")


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not become true within a minute")


def test_check_of_nothing_says_what_is_allowed(dmod_cli) -> None:
    done = dmod_cli("module", "check", "what-is-that")
    assert done.returncode == 2
    assert "package.module:Class" in done.stderr


def test_bench_measures_beside_native_modules(tmp_path: Path, dmod_cli) -> None:
    dmod_cli("module", "new", "store", "-q", cwd=tmp_path)
    folder = tmp_path / "store"
    call = ("module", "bench", "store.module:Store", "--python-path", "src", "--config", "example/store.ini")
    done = dmod_cli(*call, "-n", "2", "--steps", "30", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "native TOPMODEL" in done.stdout
    alone = dmod_cli(*call, "-n", "2", "--steps", "30", "--no-native", "--json", cwd=folder)
    assert json.loads(alone.stdout)["native"] == {}


def test_installed_module_is_listed_shown_and_checked_by_name(tmp_path: Path, dmod_cli) -> None:
    dmod_cli("module", "new", "store", "-q", cwd=tmp_path)
    source = tmp_path / "store" / "src"
    info = source / "store-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: store\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(
        "[dmod.modules]\nstore = store.module:Store\nspoiled = store.module:Nothing\n"
    )
    # a process of its own, that has this package installed from its beginning
    path = os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-m", "dmod.cli.main", "module"]

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, timeout=400,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    listed = call("list")
    assert "store: A linear reservoir: rain in, outflow and storage out (store 0.1.0)" in listed.stdout
    assert "spoiled: cannot be used: loading it raised AttributeError" in listed.stdout
    shown = call("show", "store")
    assert "[mm h-1]" in shown.stdout
    assert call("show", "store", "--markdown").stdout.startswith("# store\n")
    assert call("show", "spoiled").returncode == 7
    config = str(tmp_path / "store" / "example" / "store.ini")
    assert call("check", "store", "--config", config, "--only", "names").returncode == 0


def test_native_module_is_shown_as_by_modules(dmod_cli) -> None:
    assert dmod_cli("module", "show", "pet").stdout == dmod_cli("modules", "pet").stdout
    assert json.loads(dmod_cli("module", "list", "--json").stdout)[0]["kind"] == "native"
    refused = dmod_cli("module", "show", "pet", "--markdown")
    assert refused.returncode == 2
    assert dmod_cli("module", "show", "none").returncode == 3


@pytest.mark.parametrize(("language", "vectorised"), [*((x, False) for x in LANGUAGES), ("python", True)])
def test_new_module_runs_in_a_package_as_its_equation_says(
    tmp_path: Path, dmod_cli, language: str, vectorised: bool
) -> None:
    require_compiler(language)
    package, module = tmp_path / "package", tmp_path / "module"
    made = dmod_cli("example", package, "-n", "3", "--years", "0.01", "--no-observed", "-q")
    assert made.returncode == 0, made.stderr
    more = ["--vectorised"] if vectorised else []
    dmod_cli("module", "new", "store", "--language", language, *more, "-q", "--output", module)
    if language in COMPILERS:
        subprocess.run(["make", "-s", "-C", str(module)], check=True)
        (package / "lib").mkdir()
        shutil.copy(module / "libstore.so", package / "lib")
    document = package / "config" / "realization.json"
    before, ours = (json.loads(p.read_text()) for p in (document, module / "example" / "realization.json"))
    ours["time"] = before["time"]
    if language == "python":
        ours["global"]["formulations"][0]["params"]["python_path"] = str(module / "src")
    document.write_text(json.dumps(ours))
    with Dataset(package / "forcings" / "forcings.nc") as forcing:
        ids, rain = list(forcing["ids"][:]), np.asarray(forcing["precip_rate"][:], dtype=float) * 3.6
    for name in ids:
        shutil.copy(module / "example" / "store.ini", package / "config" / f"{name}.ini")
    done = dmod_cli("run", package, "--engine", "bmi", "--no-report", "--no-route", "-q")
    assert done.returncode == 0, done.stderr
    with Dataset(package / "outputs" / "catchments.nc") as results:
        order = [ids.index(name) for name in results["catchment"][:]]
        flow = np.asarray(results["Q_OUT"][:], dtype=float)
    storage = np.full(len(ids), 0.02)
    for step in range(rain.shape[1]):
        full = rain[order, step] * 12
        after = full + (storage - full) * np.exp(-1 / 12)
        assert flow[:, step] == pytest.approx(storage + rain[order, step] - after, rel=1e-5)
        storage = after
