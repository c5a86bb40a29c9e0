"""A module is called in the environment that it will run in: with nothing of dmod's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.services.modules.bench import bench_module
from dmod.services.modules.check import check_module
from dmod.services.modules.program_name import ProgramOptions, Target, find_target
from dmod.services.modules.skeleton import write_skeleton

CLASS = "only_in_there.module:OnlyInThere"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment with numpy and a module, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    made = write_skeleton("only-in-there", output=folder / "module")
    venv = folder / "venv"
    base = str(getattr(sys, "_base_executable", None) or sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = (venv / "lib").glob("python*/site-packages")
    for found in Path(np.__file__).parents[1].glob("numpy*"):
        (site / found.name).symlink_to(found)
    (made.folder / "src" / "only_in_there").rename(site / "only_in_there")
    return venv


def target(environment: Path) -> Target:
    """Return the module, with its configuration."""
    config = environment.parent / "module" / "example" / "only_in_there.ini"
    return find_target(CLASS, ProgramOptions(), config)


def test_module_passes_every_check_in_an_environment_with_numpy_alone(environment: Path) -> None:
    found = check_module(target(environment), steps=24, environment=str(environment))
    assert (found.of("error"), found.of("warning")) == ((), ())
    assert found.facts["environment"].endswith("1 package")


def test_module_that_needs_what_only_dmod_has_does_not_pass(environment: Path) -> None:
    (source,) = (environment / "lib").glob("python*/site-packages/only_in_there/module.py")
    text = source.read_text(encoding="utf-8")
    source.write_text(f"{text}\nimport numba\n", encoding="utf-8")
    try:
        found = check_module(target(environment), names=("functions",), environment=str(environment))
    finally:
        source.write_text(text, encoding="utf-8")
    (error,) = found.of("error")
    assert "No module named 'numba'" in error.what


def test_module_is_measured_in_its_environment_and_not_found_without(environment: Path) -> None:
    cost = bench_module(
        target(environment), catchments=2, steps=24, native=False, environment=str(environment)
    )
    assert cost.whole >= cost.update > 0
    assert f"environment {cost.environment}" in cost.as_text()
    found = check_module(target(environment), names=("functions",))
    assert "there is no Python package only_in_there" in found.of("error")[0].what


def test_environment_for_a_library_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "libx.so"
    library.write_bytes(b"")
    with pytest.raises(InputError, match="is a library"):
        check_module(find_target(str(library), ProgramOptions(language="c"), None), environment=["numpy"])
