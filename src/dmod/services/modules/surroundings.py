"""The environment that a module is called in: dmod's own, or one that its users will give it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dmod.engine.foreign.program import ProgramSpec
from dmod.errors import InputError

LENT = ("pint", "flexcache", "flexparser", "platformdirs", "typing_extensions")
"""What the check itself needs to read units; an environment need not have it."""
_PACKAGE = Path(__file__).parents[2]
_BOOT = _PACKAGE / "engine" / "bmi" / "boot.py"
_START = (
    "import pathlib, runpy, sys; runpy.run_path(sys.argv[1])['load'](sys.argv[2]); "
    "from dmod.services.modules.child import main; main(pathlib.Path(sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a module is called.

    Parameters
    ----------
    python : the interpreter; dmod's own where None
    title : what it is, for people
    """

    python: Path | None = None
    title: str = ""

    def command(self, folder: str) -> list[str]:
        """Return what does the task in a folder."""
        if self.python is None:
            return [sys.executable, "-m", "dmod.services.modules.child", folder]
        return [str(self.python), "-I", "-c", _START, str(_BOOT), str(_PACKAGE), folder]

    @property
    def path(self) -> tuple[str, ...]:
        """Return the folders that are put on Python's path there: none of dmod's in an environment."""
        return tuple(entry for entry in sys.path if entry) if self.python is None else ()

    @property
    def lent(self) -> dict[str, str]:
        """Return what dmod lends to an environment: names of packages, and the folders that they are in."""
        if self.python is None:
            return {}
        found = {name: find_spec(name) for name in LENT}
        return {
            name: str(Path(spec.origin).parents[1 if spec.submodule_search_locations else 0])
            for name, spec in found.items()
            if spec is not None and spec.origin
        }


OWN = Surroundings()


def surroundings_of(wish: Any, spec: ProgramSpec) -> Surroundings:
    """Return the surroundings that an environment is which is wished for; it is built if it is not there.

    Parameters
    ----------
    wish : a path, requirements, or a mapping, as runs take them; None for dmod's own
    spec : the module, which has to be a class in Python

    Raises
    ------
    InputError
        the module is a library, or the wish cannot be met.
    """
    if wish is None:
        return OWN
    if spec.coupling != "bmi_python":
        raise InputError(
            f"environment: {spec.title} is a library, which dmod's own process calls",
            hint="leave the environment out: it is for classes in Python",
        )
    from dmod.services.environments import Environments, EnvironmentSpec

    found = Environments().build(EnvironmentSpec.parse(wish))
    packages = f"{len(found.packages)} package{'' if len(found.packages) == 1 else 's'}"
    title = f"{found.hash[:12]}, {found.identity.implementation} {found.identity.version}, {packages}"
    return Surroundings(found.python, title)
