"""What a module costs, beside native ones, on this machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dmod.errors import BackendError, InputError
from dmod.services.modules.child_run import run_child
from dmod.services.modules.child_task import ChildTask
from dmod.services.modules.program_name import Target
from dmod.services.modules.surroundings import surroundings_of

TIME_LIMIT = 300.0
"""Seconds for one pass of the benchmark."""
_TITLES = {"pet": "PET", "cfe": "CFE", "topmodel": "TOPMODEL"}


@dataclass(frozen=True, slots=True)
class ModuleCost:
    """What a module costs; times are seconds of a processor, memory is bytes.

    Parameters
    ----------
    program : as the user named it
    machine : what it was measured on
    catchments, steps : how many
    inputs, outputs : how many values go in and out at a step, each of one value
    whole : per catchment and step, with all values going in and out
    update : per catchment and step, the module's updates alone
    initialize : per catchment
    memory : per catchment
    vectorised : whether one instance was for all catchments
    native : per catchment and step of native modules, by name
    environment : that the module was called in, "" for dmod's own
    """

    program: str
    machine: str
    catchments: int
    steps: int
    inputs: int
    outputs: int
    whole: float
    update: float
    initialize: float
    memory: float
    vectorised: bool
    native: Mapping[str, float]
    environment: str = ""

    @property
    def coupling(self) -> float:
        """Seconds per catchment and step of values that go in and out, the module's own part included."""
        return self.whole - self.update

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {**asdict(self), "native": dict(self.native), "coupling": self.coupling}

    def as_text(self) -> str:
        """Return it as plain text."""
        size = f"{self.catchments:,} catchments × {self.steps:,} steps"
        size += f", {self.inputs} values in, {self.outputs} out"
        rows = [(self.program, self.whole, self.update, self.coupling)]
        rows += [(f"native {_TITLES.get(name, name)}", cost, cost, 0.0) for name, cost in self.native.items()]
        width = max(len(row[0]) for row in rows)
        head = f"  {'':<{width}}  {'whole':>9}  {'update':>9}  {'coupling':>9}"
        lines = [
            self.machine,
            *([f"environment {self.environment}"] if self.environment else []),
            size,
            "",
            "µs of a processor per catchment and step, the best of some passes",
            head,
        ]
        for name, *costs in rows:
            lines.append(f"  {name:<{width}}  " + "  ".join(f"{cost * 1e6:>9.3f}" for cost in costs))
        per = f"{self.initialize * 1e6:,.1f} µs and {self.memory / 1024:,.1f} KiB a catchment to begin"
        kind = "one instance for all catchments" if self.vectorised else "an instance for each catchment"
        return "\n".join([*lines, "", f"  {kind}; {per}"])


def bench_module(
    target: Target,
    *,
    catchments: int = 100,
    steps: int = 1000,
    native: bool = True,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[str], None] | None = None,
    environment: Any = None,
) -> ModuleCost:
    """Measure a module in a process of its own, and native modules in this one.

    Parameters
    ----------
    steps : fewer are taken where the module ends before
    native : measure native modules too
    progress : told what is being measured
    environment : in which a class in Python is called, as runs take it; dmod's own where None

    Raises
    ------
    InputError
        a number is not above zero, or the environment cannot be had.
    BackendError
        the module failed, or its process was lost.
    """
    if catchments < 1 or steps < 1:
        raise InputError(
            f"{catchments} catchments × {steps} steps cannot be measured", hint="give more than 0"
        )
    say = progress or (lambda _: None)
    say(target.name)
    task = ChildTask("bench", target.spec, target.config, catchments=catchments, steps=steps)
    surroundings = surroundings_of(environment, target.spec)
    end = run_child(task, time_limit, surroundings=surroundings)
    found = next((event for event in end.told if event["event"] == "measured"), None)
    failed = next((event["reason"] for event in end.told if event["event"] == "failed"), "")
    if found is None:
        what = failed or f"{end.call or 'opening the program'} {end.fault}"
        raise BackendError(
            f"module {target.name} cannot be measured: {what}" + (f"\n{end.tail}" if end.tail else ""),
            hint="`dmod module check` finds out more",
        )
    costs: dict[str, float] = {}
    if native:
        from dmod.services.modules.native_cost import native_costs

        say("native modules")
        costs = native_costs(catchments, found["steps"])
    numbers = {key: value for key, value in found.items() if key != "event"}
    return ModuleCost(
        program=target.name, machine=machine(), native=costs, environment=surroundings.title, **numbers
    )


def machine() -> str:
    """Describe the machine in one line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}"
