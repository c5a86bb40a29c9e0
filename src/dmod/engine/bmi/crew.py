"""All processes in which modules of a run are."""

from __future__ import annotations

import threading
from pathlib import Path

from dmod.core.time_axis import TimeAxis, format_time
from dmod.engine.bmi.host import Host, Limits
from dmod.engine.bmi.room import BEFORE, FACTOR, NOWHERE, STEP


class Crew:
    """The processes of a run; they are started as they are needed.

    Parameters
    ----------
    size : how many there are at most
    axis : steps of the run
    folder : their working folder, from which relative paths in configurations are
    python : the interpreter for modules in Python; dmod's own where None
    """

    def __init__(
        self, size: int, axis: TimeAxis, folder: Path, *, python: Path | None = None, limits: Limits
    ) -> None:
        self.axis = axis
        self.complaints: list[str] = []
        self._size = size
        self._folder = folder
        self._python = python
        self._limits = limits
        self._lock = threading.Lock()
        self._hosts: dict[Path | None, list[Host | None]] = {}
        self._stages = 0

    def stage(self) -> int:
        """Return a number for one module of a chain."""
        with self._lock:
            self._stages += 1
            return self._stages

    def host(self, place: int, *, in_python: bool) -> Host:
        """Return a process for a module.

        Parameters
        ----------
        place : any number; neighbours get different ones
        in_python : whether the module is a class in Python
        """
        python = self._python if in_python else None
        with self._lock:
            hosts = self._hosts.setdefault(python, [None] * self._size)
            found = hosts[place % self._size]
            if found is None:
                found = hosts[place % self._size] = Host(python, self._folder, self._limits)
        return found

    def moment(self, marks: object) -> str:
        """Return at which step a process is, from its marks; "" where it is at none."""
        assert hasattr(marks, "__getitem__")
        before = int(marks[BEFORE])
        if before == NOWHERE:
            return ""
        step = before + int(marks[STEP]) * int(marks[FACTOR])
        return f"step {step} ({format_time(self.axis.time(step))})"

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            hosts = [host for each in self._hosts.values() for host in each if host is not None]
            self._hosts.clear()
        for host in hosts:
            host.close()
