"""Small real packages to copy and to spoil, and the real command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.testing.warm_command import warm_command

Dmod = Callable[..., subprocess.CompletedProcess[str]]
Copy = Callable[..., Path]


def listing(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def run_dmod(
    *arguments: str | Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    file_limit: int | None = None,
    **more: Any,
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; a traceback on standard error is a failure whatever the test.

    It is forked from a process that has imported it, but where ``more`` says how it is started; none of its
    files may become larger than ``file_limit`` bytes.
    """
    variables = {**os.environ, "COLUMNS": "100", **(environment or {})}
    if more:
        command = dmod_command(*arguments)
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=cwd, env=variables, timeout=120, **more
        )
    else:
        done = warm_command().run(
            [*map(str, arguments)], cwd=cwd, variables=variables, timeout=120, file_limit=file_limit
        )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def dmod_command(*arguments: str | Path) -> Sequence[str]:
    """Return the command that starts dmod."""
    return [sys.executable, "-m", "dmod.cli.main", *map(str, arguments)]


@pytest.fixture(scope="session")
def cfe_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five catchments that run SLoTH, PET and CFE on NetCDF forcing; not to be changed."""
    folder = tmp_path_factory.mktemp("packages") / "cfe"
    return dmod.make_example(folder, catchments=5, years=0.05, observed=False).path


@pytest.fixture(scope="session")
def csv_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three catchments with forcing in CSV; not to be changed."""
    folder = tmp_path_factory.mktemp("packages") / "csv"
    return dmod.make_example(folder, catchments=3, years=0.05, forcing="csv", observed=False).path


@pytest.fixture(scope="session")
def topmodel_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five catchments that run PET and TOPMODEL, the same basin as the one with CFE."""
    folder = tmp_path_factory.mktemp("packages") / "topmodel"
    return dmod.make_example(folder, catchments=5, years=0.05, formulation="topmodel", observed=False).path


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Return a function that copies a package to a place where it may be spoiled."""

    def copied(package: Path, name: str = "package") -> Path:
        return Path(shutil.copytree(package, tmp_path / name))

    return copied


@pytest.fixture(name="dmod_cli")
def _dmod_cli() -> Dmod:
    """Return the command line."""
    return run_dmod


@pytest.fixture(name="listing")
def _listing() -> Callable[[Path], dict[str, bytes]]:
    """Return the function that lists a folder with all contents."""
    return listing
