"""A linear reservoir as a module in C, C++, Fortran and Python, compiled here, for tests of couplings.

Every one has the closed form of `closed_form`, and can be told by its configuration to misbehave.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from math import exp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCES = Path(__file__).parent
PYTHON_TYPE = f"{__name__}.reservoir.Reservoir"
COMPILERS = {"c": ("CC", "gcc"), "cpp": ("CXX", "g++"), "f90": ("FC", "gfortran")}
"""Ending of a source → the variable that names its compiler, and the usual one."""
_FLAGS = {"c": ("-std=gnu11", "-lm"), "cpp": ("-std=c++17",), "f90": ("-std=f2008",)}


@dataclass(frozen=True, slots=True)
class Reservoir:
    """What a reservoir is given.

    Parameters
    ----------
    k : residence time [h]
    storage : at the start [m]
    """

    k: float = 12.0
    storage: float = 0.25

    def write(self, path: Path, behaviour: str = "well") -> Path:
        """Write its configuration file and return the file's path."""
        path.write_text(f"{self.k} {self.storage} {behaviour}\n", encoding="utf-8")
        return path


def closed_form(reservoir: Reservoir, rain: float, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the storage [m] after some hours of constant rain [m h-1].

    S(t) = P k + (S0 - P k) exp(-t / k)
    """
    full = rain * reservoir.k
    return np.array([full + (reservoir.storage - full) * exp(-t / reservoir.k) for t in hours])


def missing(language: str) -> str:
    """Return why modules in a language (``c``, ``cpp``, ``f90``) cannot be compiled here; "" if they can."""
    compiler = _compiler(language)
    return "" if shutil.which(compiler) else f"the compiler {compiler} is not installed"


def compile_module(source: str | Path, target: Path, *flags: str) -> Path:
    """Compile a source to a shared library and return the library's path.

    Parameters
    ----------
    source : a path, or the name of a file that lies here, such as ``reservoir.c``
    """
    path = SOURCES / source
    language = path.suffix.removeprefix(".")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = ("-J", str(target.parent)) if language == "f90" else ()
    command = [_compiler(language), "-O2", "-shared", "-fPIC", *folder, str(path), "-o", str(target)]
    subprocess.run([*command, *_FLAGS[language], *flags], check=True, capture_output=True, text=True)
    return target


def _compiler(language: str) -> str:
    variable, usual = COMPILERS[language]
    return os.environ.get(variable) or usual
