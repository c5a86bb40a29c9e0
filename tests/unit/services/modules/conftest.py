"""Modules that `write_skeleton` wrote, as they are and spoiled on purpose, compiled once for a process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.services.modules.program_name import ProgramOptions, Target, find_target
from dmod.services.modules.skeleton import write_skeleton

NAME = "reservoir-of-tests"
PLAIN, CLASS = "reservoir_of_tests", "ReservoirOfTests"
COMPILERS = {"c": "gcc", "c++": "g++", "fortran": "gfortran"}
ENDINGS = {"c": "c", "c++": "cpp", "fortran": "f90"}
Edit = tuple[str, str]
Made = Callable[..., Target]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a function that writes a module in a language, changes its source, and compiles it."""
    folder = tmp_path_factory.mktemp("modules")
    found: dict[tuple[object, ...], Target] = {}

    def make(language: str, *edits: Edit, config: bool = True) -> Target:
        key = (language, edits, config)
        if key not in found:
            root = folder / f"{language}-{len(found)}"
            found[key] = _target(root, language, edits, config=config)
        return found[key]

    return make


def _target(root: Path, language: str, edits: tuple[Edit, ...], *, config: bool) -> Target:
    vectorised = language == "vectorised"
    language = "python" if vectorised else language
    made = write_skeleton(NAME, language=language, output=root, vectorised=vectorised)
    source = (
        root / f"src/{PLAIN}/module.py" if language == "python" else root / f"{PLAIN}.{ENDINGS[language]}"
    )
    spoil(source, *edits)
    ini = root / "example" / f"{PLAIN}.ini" if config else None
    if language == "python":
        # a package of its own for each, as a process imports a name once
        package = f"{PLAIN}_{root.name.replace('-', '_')}"
        (root / "src" / PLAIN).rename(root / "src" / package)
        for path in (root / "src" / package).glob("*.py"):
            spoil(path, (f"from {PLAIN}.", f"from {package}."), needed=False)
        options = ProgramOptions(python_path=root / "src")
        return find_target(f"{package}.module:{CLASS}", options, ini)
    compiler = COMPILERS[language]
    if shutil.which(compiler) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{compiler} is not installed")
    subprocess.run(["make", "-s", "-C", str(root)], check=True)
    return find_target(str(root / made.program), ProgramOptions(language), ini)


def spoil(path: Path, *edits: Edit, needed: bool = True) -> None:
    """Change a text; what is to be changed has to be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text or not needed, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
