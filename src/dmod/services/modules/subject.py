"""The module that a check looks at: new instances of it, their input, and runs over some steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dmod.core.units import conversion
from dmod.engine.foreign.module import ForeignModule, Values
from dmod.engine.foreign.program import ProgramSpec, open_program
from dmod.engine.foreign.python_class import find_class
from dmod.engine.foreign.python_module import PythonModule
from dmod.errors import UnitError
from dmod.services.modules.finding import Finding
from dmod.services.modules.trail import Trail
from dmod.services.modules.watched import Watched
from dmod.services.modules.weather import Kind, Series, weather

MANY = "initialize_many"
HOUR = 3600.0


class ManyModule(PythonModule):
    """An instance of a vectorised module that has no ``initialize``: it begins with one catchment."""

    def _initialize(self, config_path: str) -> None:
        self._call(MANY, [config_path])


def instance_maker(spec: ProgramSpec) -> Callable[[str], ForeignModule]:
    """Open a module's program and return what makes its instances.

    Raises
    ------
    RealizationError, PluginError
        it cannot be opened; what is wrong is said.
    """
    if spec.coupling == "bmi_python":
        found = find_class(spec.title, spec.python_type, spec.python_path or None)
        if hasattr(found, MANY) and not hasattr(found, "initialize"):
            return lambda catchment: ManyModule(spec.title, catchment, found())
    return open_program(spec).instance


@dataclass(slots=True)
class Subject:
    """A module under examination.

    Parameters
    ----------
    make : returns a new instance for a catchment
    config : path of its configuration file, "" for none
    trail : where calls are noted
    steps : over how many steps runs go, unless the module ends before
    """

    make: Callable[[str], ForeignModule]
    config: str
    trail: Trail
    steps: int = 240
    count: int = 0

    def new(self) -> Watched:
        """Return a new instance, not initialised."""
        self.count += 1
        self.trail.note("making an instance")
        return Watched(self.make(f"cat-{self.count}"), self.trail)

    def start(self) -> Watched:
        """Return a new instance, initialised."""
        instance = self.new()
        instance.initialize(self.config)
        return instance

    def steps_of(self, instance: Watched, wanted: int | None = None) -> int:
        """Return how many steps an instance can go, at most as many as are wanted."""
        most = self.steps if wanted is None else wanted
        step, left = instance.time_step, instance.end_time - instance.time
        if step > 0 and np.isfinite(left) and left > 0:
            return max(1, min(most, int(left / step * (1 + 1e-9))))
        return most

    def input_of(self, instance: Watched, steps: int, kind: Kind = "mixed") -> dict[str, Series]:
        """Return plausible values of every input, by name, in the module's unit."""
        length = seconds(instance.time_step, instance.time_units)
        found = {}
        for name in instance.input_names:
            values = weather(name, instance.units(name), steps, length, kind)
            found[name] = values if instance.dtype(name).kind == "f" else np.rint(np.abs(values))
        return found

    def scalars(self, instance: Watched) -> tuple[str, ...]:
        """Return the outputs that have one value."""
        return tuple(name for name in instance.output_names if instance.count(name) == 1)


@dataclass(slots=True)
class Report:
    """What one check reports.

    Parameters
    ----------
    check : its name
    tell : is given every finding as it is made
    """

    check: str
    tell: Callable[[Finding], None]
    found: list[Finding] = field(default_factory=list)

    def error(self, where: str, what: str, allowed: str = "", to_do: str = "") -> None:
        """Report what makes runs fail or be wrong."""
        self._add(Finding("error", self.check, where, what, allowed, to_do))

    def warning(self, where: str, what: str, allowed: str = "", to_do: str = "") -> None:
        """Report what goes wrong in some uses."""
        self._add(Finding("warning", self.check, where, what, allowed, to_do))

    def note(self, where: str, what: str, allowed: str = "", to_do: str = "") -> None:
        """Report what is good to know."""
        self._add(Finding("note", self.check, where, what, allowed, to_do))

    def _add(self, finding: Finding) -> None:
        self.found.append(finding)
        self.tell(finding)

    @property
    def is_clean(self) -> bool:
        """Whether there is neither an error nor a warning."""
        return all(finding.level == "note" for finding in self.found)


def seconds(number: float, units: str) -> float:
    """Return a time in seconds; an hour where the units cannot be read."""
    try:
        found = number * conversion(units, "s").scale
    except UnitError:
        return HOUR
    return found if np.isfinite(found) and found > 0 else HOUR


def feed(instance: Watched, given: Mapping[str, Series], step: int) -> None:
    """Give an instance its input of a step; all places of an input get the same value."""
    for name, values in given.items():
        instance.set(name, np.full(instance.count(name), values[step]))


def advance(
    instances: Sequence[Watched],
    given: Sequence[Mapping[str, Series]],
    outputs: Sequence[str],
    first: int,
    last: int,
) -> list[dict[str, list[Values]]]:
    """Run instances over some steps, all together step by step; return every output at every step."""
    taken: list[dict[str, list[Values]]] = [{name: [] for name in outputs} for _ in instances]
    for step in range(first, last):
        for instance, values in zip(instances, given, strict=True):
            feed(instance, values, step)
            instance.update()
        for instance, rows in zip(instances, taken, strict=True):
            for name in outputs:
                rows[name].append(instance.get(name))
    return taken


def difference(one: Mapping[str, Sequence[Values]], other: Mapping[str, Sequence[Values]]) -> str:
    """Return where two runs differ first, in words; "" where all their bits are the same."""
    for step in range(max((len(values) for values in one.values()), default=0)):
        for name in one:
            a, b = one[name][step], other[name][step]
            if a.tobytes() != b.tobytes():
                return f"{name!r} is {_shown(a)} and {_shown(b)} at step {step + 1}"
    return ""


def _shown(values: Values) -> Any:
    return repr(values[0].item()) if values.size == 1 else np.array2string(values, threshold=4)
