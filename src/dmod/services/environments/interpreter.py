"""Interpreters that exist: what they are and what is installed, asked in a process of their own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dmod.core.redaction import redact
from dmod.errors import InputError, NotFoundError
from dmod.services.environments.environment import Environment, Identity, Package, hash_of
from dmod.services.environments.installed import ANSWER, PROGRAM
from dmod.services.environments.specification import NEEDED, OLDEST
from dmod.services.environments.variables import kept_variables

PATIENCE = 120
PLACES = ("bin/python", "bin/python3", "python", "python3")


def own_identity() -> Identity:
    """Return the identity of the interpreter that runs this."""
    return Identity(
        platform.python_implementation(),
        platform.python_version(),
        sysconfig.get_platform(),
        str(sysconfig.get_config_var("SOABI") or ""),
    )


def own_interpreter() -> Path:
    """Return the interpreter that runs this, and not the virtual environment that it may be used through."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable)


def inspect_environment(path: Path) -> Environment:
    """Return the environment at a path, with all that its interpreter finds installed.

    Its interpreter is started, apart from this process and its variables.

    Parameters
    ----------
    path : of a virtual environment, a Conda environment, or an interpreter

    Raises
    ------
    NotFoundError
        there is nothing.
    InputError
        it is no interpreter of Python 3.11 or newer, or lacks what every environment needs.
    """
    python = find_python(path)
    answer = _ask(python, NEEDED)
    identity = _identity(python, answer)
    lacking = [name for name in NEEDED if answer["lacking"].get(name, "") is not None]
    if lacking:
        why = "; ".join(f"{name}: {answer['lacking'].get(name, '')}" for name in lacking)
        raise InputError(
            f"environment: {python} lacks {', '.join(lacking)} ({why})",
            hint=f"install it there: {python} -m pip install {' '.join(lacking)}",
        )
    packages = tuple(
        Package(name, version, redact(source))
        for name, version, source in sorted(map(tuple, answer["packages"]))
    )
    return Environment(
        "path", python, hash_of(astuple(identity), packages), identity, packages, datetime.now(UTC)
    )


def identity_of(python: Path) -> Identity:
    """Return the identity of an interpreter.

    Raises
    ------
    InputError
        it is no interpreter of Python 3.11 or newer.
    """
    return _identity(python, _ask(python))


def find_python(path: Path) -> Path:
    """Return the interpreter that a path names or holds.

    Raises
    ------
    NotFoundError
        there is nothing at the path, or where its interpreter leads.
    InputError
        a folder holds none, or a file is no program.
    """
    if not path.exists():
        if path.is_symlink():
            raise NotFoundError(
                f"environment: {path} leads to {path.readlink()}, which is not there",
                hint="the Python that it was made with is gone: make the environment anew",
            )
        raise NotFoundError(f"environment: {path} is not there", hint="name an environment that exists")
    if path.is_dir():
        for place in PLACES:
            python = path / place
            if python.is_symlink() or python.is_file():
                return find_python(python)
        raise InputError(
            f"environment: {path} holds no bin/python, so it is no environment",
            hint="name the folder of a virtual environment or its interpreter; "
            "for a project, name it in a list of requirements",
        )
    if not os.access(path, os.X_OK):
        raise InputError(
            f"environment: {path} is no program that may be run", hint="name an interpreter of Python"
        )
    return path


def _ask(python: Path, modules: Sequence[str] = ()) -> dict[str, Any]:
    command = [str(python), "-I", "-c", PROGRAM, *modules]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd="/",
            env=kept_variables(os.environ),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise _no_python(python, f"it gave no answer within {PATIENCE} s") from error
    except OSError as error:
        raise _no_python(python, (error.strerror or str(error)).lower()) from error
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        if line.startswith(ANSWER):
            try:
                return dict(json.loads(line.removeprefix(ANSWER)))
            except ValueError as error:
                raise _no_python(python, "its answer cannot be read") from error
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise _no_python(python, redact(said[-1]) if said else f"it ended with status {done.returncode}")


def _no_python(python: Path, why: str) -> InputError:
    return InputError(
        f"environment: {python} is no interpreter of Python {OLDEST[0]}.{OLDEST[1]} or newer: {why}",
        hint=f"try it: {python} -I -V",
    )


def _identity(python: Path, answer: dict[str, Any]) -> Identity:
    version = tuple(int(part) for part in answer["version"].split(".")[:2])
    if version < OLDEST:
        raise InputError(
            f"environment: {python} is Python {answer['version']}",
            hint=f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed",
        )
    return Identity(answer["implementation"], answer["version"], answer["platform"], answer["abi"])
