"""A task for a process that may be lost with the module that it calls: what is asked, and what it tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from dmod.engine.foreign.program import ProgramSpec

CHECK_NAMES = (
    "functions", "initialize", "names", "types", "units", "time", "values", "numbers", "determinism",
    "independence", "catchments", "restart", "mass balance", "memory", "finalize", "wrong path",
)  # fmt: skip
"""The checks in their order; what each does stands in `dmod.services.modules.checks.table`."""
DECISIVE = ("functions", "initialize")
"""Checks after whose failure no other can say anything."""
NO_PROGRAM = ProgramSpec("", "")
TASK, EVENTS, TRAIL, OUTPUT = "task.json", "events.jsonl", "trail", "output.txt"


@dataclass(frozen=True, slots=True)
class ChildTask:
    """What a process is to do.

    Parameters
    ----------
    action : ``check``, ``bench``, ``describe`` or ``load``
    spec : the module; paths are absolute. Of ``load`` nothing
    config : its configuration file, "" for none
    names : which checks; of ``load`` places among the modules that packages offer
    steps, catchments : how far, and how many
    path : folders that Python looks in
    lifetime : seconds after which it ends itself, should nobody be left to end it
    units : of known names, where native modules cannot be asked for them
    lent : packages that dmod lends, and the folders that they are in
    """

    action: Literal["check", "bench", "describe", "load"]
    spec: ProgramSpec = NO_PROGRAM
    config: str = ""
    names: tuple[str, ...] = ()
    steps: int = 240
    catchments: int = 1
    path: tuple[str, ...] = ()
    lifetime: int = 3600
    units: Mapping[str, str] = field(default_factory=dict)
    lent: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        plain = asdict(replace(self, spec=_plain(self.spec)))
        (folder / TASK).write_text(json.dumps(plain), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the task that was written into a folder."""
        plain: dict[str, Any] = json.loads((folder / TASK).read_text(encoding="utf-8"))
        spec = ProgramSpec(**plain.pop("spec"))
        return cls(**{**plain, "spec": spec, "names": tuple(plain["names"]), "path": tuple(plain["path"])})


def _plain(spec: ProgramSpec) -> ProgramSpec:
    return replace(spec, library_file=str(spec.library_file), python_path=str(spec.python_path))


class Telling:
    """Events that a process tells, one a line, each written at once.

    Parameters
    ----------
    folder : of the task
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EVENTS).open("a", encoding="utf-8")

    def __call__(self, event: str, **content: Any) -> None:
        """Tell an event."""
        self._file.write(json.dumps({"event": event, **content}) + "\n")
        self._file.flush()


def events(folder: Path, after: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the events that were told whole, leaving out the first ones."""
    path = folder / EVENTS
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        yield from (json.loads(line) for line in lines[after:] if line.endswith("\n"))
