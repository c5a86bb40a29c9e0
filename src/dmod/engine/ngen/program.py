"""The framework's program: where it is, which version it is, and what it was built with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.errors import NotFoundError, PluginError

NGEN = "DMOD_NGEN"
"""Variable that says where the program is."""
NAME = "ngen"
SECONDS = 60.0
"""For the program to say what it is: it may start a Python interpreter for that."""

_OWN_VERSION = re.compile(
    r"ngen[^\n]*?version\W+v?(\d+(?:\.\d+)+\S*)|ngen framework v?(\d+(?:\.\d+)+\S*)", re.I
)
_COMMIT = re.compile(r"(?:commit|sha|hash)\b[^\n:]*:\s*([0-9a-f]{7,40})\b", re.I)
_PARALLEL = re.compile(r"parallel build|^\s*mpi\s*:\s*\n\s*rank", re.I | re.M)
_ROUTING = re.compile(r"^\s*routing active", re.I | re.M)
_USAGE = re.compile(r"^\s*build info", re.I | re.M)
"""Heads the list of what a program was built with; what is not in it was left out."""
_LIBRARY = re.compile(r"error while loading shared libraries: ([^:\n]+)")


@dataclass(frozen=True, slots=True)
class FrameworkProgram:
    """The program that is run.

    Parameters
    ----------
    path : of the program
    version : release and commit, as far as it says
    is_parallel : whether it was built for many ranks; None where it does not say
    can_route : whether it was built to call t-route; None where it does not say
    description : all that it says of itself
    """

    path: Path
    version: str = ""
    is_parallel: bool | None = None
    can_route: bool | None = None
    description: str = ""

    @property
    def title(self) -> str:
        """Return its name with its version."""
        return f"{NAME} {self.version}".strip()


def find_program(
    path: Path | None,
    *,
    library_path: Sequence[Path] = (),
    variables: Mapping[str, str] = os.environ,
) -> FrameworkProgram:
    """Find the framework's program and ask what it is.

    Parameters
    ----------
    path : of the program; where None, what the variable ``DMOD_NGEN`` names, or the first ``ngen`` in
        ``PATH``
    library_path : folders in which its libraries are looked for first

    Raises
    ------
    NotFoundError
        there is none; what was looked for where is said.
    PluginError
        it cannot be started.
    """
    found = _locate(path, variables)
    said = _ask(found, ["--info"], library_path, variables)
    if not (_OWN_VERSION.search(said) and _PARALLEL.search(said) and _ROUTING.search(said)):
        # the summary leaves these out in some builds, the usage has them
        usage = _ask(found, [], library_path, variables)
        said = f"{said.rstrip()}\n{usage.rstrip()}\n"
    is_parallel = True if _PARALLEL.search(said) else (False if _OWN_VERSION.search(said) else None)
    can_route = True if _ROUTING.search(said) else (False if _USAGE.search(said) else None)
    return FrameworkProgram(found, _version(said), is_parallel, can_route, said.strip())


def with_libraries(library_path: Sequence[Path], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which the system's loader looks into folders first."""
    if not library_path:
        return {}
    inherited = variables.get("LD_LIBRARY_PATH", "")
    # absolute: the program is started in another folder
    folders = [str(folder.absolute()) for folder in library_path]
    return {"LD_LIBRARY_PATH": ":".join([*folders, *([inherited] if inherited else [])])}


def _locate(path: Path | None, variables: Mapping[str, str]) -> Path:
    named = variables.get(NGEN, "")
    asked, where = (str(path), "option") if path is not None else (named, f"variable {NGEN}")
    if not asked:
        found = shutil.which(NAME, path=variables.get("PATH"))
        if found is None:
            places = variables.get("PATH", "").replace(os.pathsep, ", ")
            raise NotFoundError(
                f"the framework's program was not found: no option names it, {NGEN} is not set, and there is "
                f"no {NAME} in {places or 'PATH, which is empty'}",
                hint=f"build the NextGen framework, and name its program by an option or by {NGEN}",
            )
        return Path(found).absolute()
    found = shutil.which(Path(asked).expanduser(), path=variables.get("PATH"))
    if found is None:
        there = Path(asked).expanduser()
        why = (
            "is a folder" if there.is_dir() else "may not be executed" if there.exists() else "does not exist"
        )
        raise NotFoundError(
            f"the framework's program {asked} ({where}) {why}", hint=f"name the program {NAME} itself"
        )
    return Path(found).absolute()


def _ask(
    path: Path, arguments: Sequence[str], library_path: Sequence[Path], variables: Mapping[str, str]
) -> str:
    """Return what the program says; its exit code means nothing here (it is 1 after ``--info``)."""
    try:
        done = subprocess.run(
            [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=SECONDS, check=False, env={**variables, **with_libraries(library_path, variables)},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PluginError(
            f"{path} did not say what it is within {SECONDS:g} s", hint=f"try {path} --info by hand"
        ) from error
    except OSError as error:
        raise PluginError(
            f"{path} cannot be started: {error.strerror}", hint="was it built for this system?"
        ) from error
    said = done.stdout + done.stderr
    missing = _LIBRARY.search(said)
    if missing:
        raise PluginError(
            f"{path} cannot be started: its library {missing[1]} is not found",
            hint="name the folder that has it in the library path",
        )
    if done.returncode < 0:
        raise PluginError(
            f"{path} ended by signal {-done.returncode} when asked what it is",
            hint=f"try {path} --info by hand",
        )
    return said


def _version(said: str) -> str:
    own, commit = _OWN_VERSION.search(said), _COMMIT.search(said)
    release = next((text for text in own.groups() if text), "") if own else ""
    return " ".join(filter(None, (release.rstrip(",;"), commit[1][:7] if commit else "")))
