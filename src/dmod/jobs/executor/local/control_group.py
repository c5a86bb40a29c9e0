"""Control groups: limits that the system itself keeps, where it lets us make a group.

Both versions are known. In version 1 a group is made below that of this process, in version 2 there or beside
it, for there a group with processes in it has no others below it that are limited. A service manager that
gives its service a group with one of its own for processes (systemd: ``Delegate=yes``, ``DelegateSubgroup=``)
allows this.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATIENCE = 1.0
"""For a group to be left by processes that have just been killed [s]."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where control groups of one kind are.

    Parameters
    ----------
    version : 1 or 2
    group : of this process
    """

    version: int
    group: Path

    @property
    def places(self) -> tuple[Path, ...]:
        """Return where a group can be made, the best first."""
        return (self.group,) if self.version == 1 else (self.group, self.group.parent)


@cache
def hierarchy(controller: str) -> Hierarchy | None:
    """Return where groups are that have a controller (``memory``, ``pids``, ``cpu``)."""
    paths = {}
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, names, path = line.split(":", 2)
            paths.update(dict.fromkeys(names.split(","), path))
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            found = _mounted(line, controller, paths)
            if found is not None:
                return found
    return None


def _mounted(line: str, controller: str, paths: dict[str, str]) -> Hierarchy | None:
    fields, _, rest = line.partition(" - ")
    root, point = fields.split()[3:5]
    kind, _, options = rest.split(" ", 2)
    if kind == "cgroup" and controller in options.split(","):
        return Hierarchy(1, _below(point, root, paths.get(controller, "/")))
    if kind == "cgroup2" and "" in paths:
        group = _below(point, root, paths[""])
        with suppress(OSError):
            if controller in (group / "cgroup.controllers").read_text(encoding="ascii").split():
                return Hierarchy(2, group)
    return None


def _below(point: str, root: str, path: str) -> Path:
    """Return where a group is seen, of a mount that may show only a part."""
    inside = path.removeprefix(root) if root != "/" else path
    found = Path(point) / inside.lstrip("/")
    return found if found.is_dir() else Path(point)


def killed_for_memory() -> int:
    """Return how many processes the system has ended in the group of this one for want of memory."""
    found = hierarchy("memory")
    return _killed_in(found.group) if found is not None else 0


def _killed_in(group: Path) -> int:
    for name in ("memory.events", "memory.oom_control"):
        with suppress(OSError):
            for line in (group / name).read_text(encoding="ascii").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0


class ControlGroup:
    """The groups of one attempt.

    Parameters
    ----------
    name : no other attempt's
    """

    def __init__(self, name: str) -> None:
        self.name = f"dmod-{name}"
        self._groups: list[Path] = []

    def limit_memory(self, size: int) -> bool:
        """Allow so many bytes to what enters; return whether the system keeps that."""
        made = self._make("memory", {1: ("memory.limit_in_bytes",), 2: ("memory.max",)}, size)
        if made is not None:
            # what is written out to disk is not gained; where there is no swap there is no such file
            with suppress(OSError):
                (made / "memory.swap.max").write_text("0", encoding="ascii")
            with suppress(OSError):
                (made / "memory.memsw.limit_in_bytes").write_text(str(size), encoding="ascii")
        return made is not None

    def limit_processes(self, count: int) -> bool:
        """Allow so many processes and threads at a time; return whether the system keeps that."""
        return self._make("pids", {1: ("pids.max",), 2: ("pids.max",)}, count) is not None

    def enter(self) -> None:
        """Put this process in; what descends from it will be there too."""
        for group in self._groups:
            (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def was_short_of_memory(self) -> bool:
        """Whether the system ended something in it because it had too little memory."""
        return any(_killed_in(group) for group in self._groups)

    def remove(self) -> None:
        """Remove it, or leave it where a process will not go."""
        for group in self._groups or self._left():
            end = time.monotonic() + PATIENCE
            while group.is_dir():
                try:
                    group.rmdir()
                except OSError:
                    if time.monotonic() > end:
                        break
                    time.sleep(0.005)

    def _left(self) -> list[Path]:
        kinds = [found for name in ("memory", "pids") if (found := hierarchy(name)) is not None]
        return [place / self.name for kind in kinds for place in kind.places if (place / self.name).is_dir()]

    def _make(self, controller: str, files: dict[int, tuple[str, ...]], value: int) -> Path | None:
        kind = hierarchy(controller)
        for place in kind.places if kind is not None else ():
            assert kind is not None
            group = place / self.name
            made = not group.is_dir()
            try:
                group.mkdir(exist_ok=True)
                for name in files[kind.version]:
                    # a name that is not there is not made: it is a file of the system
                    with (group / name).open("r+", encoding="ascii") as file:
                        file.write(str(value))
            except OSError:
                if made:
                    with suppress(OSError):
                        group.rmdir()
                continue
            if group not in self._groups:
                self._groups.append(group)
            return group
        return None
