"""What a run's record says of it, as far as comparisons show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.errors import InputError

RECORD = Path("metadata") / "run.json"
NATIVE = "native"


@dataclass(frozen=True, slots=True)
class NotedInput:
    """An input of a run, as its record has it.

    Parameters
    ----------
    role : what the file was to the run (``forcing``, ``realization``, …)
    sha256 : of its content then
    """

    path: Path
    role: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RunNote:
    """Where a run's results come from; empty where its folder has no record.

    Parameters
    ----------
    engine : what computed it
    modules : module with revision, in the order of computation
    options : those that were not at their default
    versions : of the packages that numbers depend on
    outlet : nexus or flowpath that the run looked at
    """

    recorded: bool = False
    engine: str = ""
    modules: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[NotedInput, ...] = ()
    routing: str = ""
    outlet: str = ""
    seconds: float | None = None

    def inputs_of(self, role: str) -> tuple[NotedInput, ...]:
        """Return the inputs of a role."""
        return tuple(item for item in self.inputs if item.role == role)


def read_note(folder: Path) -> RunNote:
    """Read a run's record; an empty note where there is none (another program's results).

    Raises
    ------
    InputError
        there is a record, and it cannot be read.
    """
    path = folder / RECORD
    if not path.is_file():
        return RunNote()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _note(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is not the record of a run: {error}",
            hint="copy or run it again; without the file the numbers alone are compared",
        ) from error


def _installed(environment: dict[str, Any]) -> dict[str, str]:
    """Return what is installed in the environment in which modules of others ran."""
    packages: list[dict[str, str]] = environment.get("packages", [])
    interpreter: dict[str, str] = environment.get("interpreter", {})
    found = {f"{item['name']} (environment)": item["version"] for item in packages}
    return found | ({"python (environment)": interpreter["version"]} if "version" in interpreter else {})


def _note(document: dict[str, Any]) -> RunNote:
    result: dict[str, Any] = document.get("result", {})
    options = {str(name): str(value) for name, value in document.get("options", {}).items()}
    roles: dict[str, str] = document.get("input_roles", {})
    return RunNote(
        recorded=True,
        engine=str(result.get("engine") or options.get("engine") or NATIVE),
        modules=tuple(str(module) for module in result.get("modules", ())),
        options=options,
        versions={
            **{str(name): str(value) for name, value in document.get("versions", {}).items()},
            **_installed(document.get("environment", {})),
        },
        inputs=tuple(
            NotedInput(Path(item["path"]), roles.get(item["path"], ""), int(item["size"]), item["sha256"])
            for item in document.get("inputs", ())
        ),
        routing=str(result.get("routing", "")),
        outlet=str(result.get("outlet", "")),
        seconds=None if result.get("seconds") is None else float(result["seconds"]),
    )
