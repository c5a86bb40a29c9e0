"""Modules in four languages, compiled once for all tests of a process; skipped where there is no compiler."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.foreign.module import ForeignModule, Program
from dmod.engine.foreign.program import ProgramSpec, bind, open_program
from dmod.testing.foreign_modules import PYTHON_TYPE, Reservoir, compile_module, missing

COUPLINGS = {"c": "bmi_c", "cpp": "bmi_c++", "f90": "bmi_fortran"}
Opened = Callable[..., Program]
Started = Callable[..., ForeignModule]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that compiles a source, each once, and returns the library's path."""
    folder = tmp_path_factory.mktemp("foreign-modules")
    made: dict[tuple[object, ...], Path] = {}

    def compile_once(source: str | Path, *flags: str) -> Path:
        key = (source, *flags)
        if key not in made:
            reason = missing(Path(source).suffix.removeprefix("."))
            if reason and os.environ.get("CI") == "true":
                pytest.fail(reason)
            if reason:
                pytest.skip(reason)
            made[key] = compile_module(source, folder / str(len(made)) / "libmodule.so", *flags)
        return made[key]

    for language in COUPLINGS:  # here, so that no test is slow for it
        if not missing(language):
            compile_once(f"reservoir.{language}")
    return compile_once


@pytest.fixture(scope="session")
def opened(compiled: Callable[..., Path]) -> Opened:
    """Return a function that opens the reservoir in a language: ``c``, ``cpp``, ``f90`` or ``py``."""

    def open_reservoir(language: str, **settings: str) -> Program:
        if language == "py":
            return open_program(ProgramSpec("bmi_python", "Reservoir", python_type=PYTHON_TYPE))
        library = compiled(f"reservoir.{language}")
        return open_program(ProgramSpec(COUPLINGS[language], "Reservoir", library_file=library, **settings))

    return open_reservoir


@pytest.fixture(scope="session")
def kernels(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile the loop over steps before a test that runs it."""
    module = opened("c").instance("cat-1")
    module.initialize(Reservoir().write(tmp_path_factory.mktemp("kernels") / "reservoir.txt"))
    bind([module], ["rain"], ["outflow"]).run(np.zeros((1, 1, 1)), np.zeros((1, 1, 1)))


@pytest.fixture
def started(opened: Opened, tmp_path: Path) -> Started:
    """Return a function that starts an instance in a language with a behaviour."""

    def start(language: str, behaviour: str = "well", reservoir: Reservoir | None = None) -> ForeignModule:
        module = opened(language).instance("cat-27")
        module.initialize((reservoir or Reservoir()).write(tmp_path / f"{language}.txt", behaviour))
        return module

    return start
