"""What a module costs: its own updates, and values that go in and out. Runs in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.engine.foreign.module import ForeignModule
from dmod.engine.foreign.program import bind
from dmod.engine.foreign.python_module import PythonModule
from dmod.services.modules.checks.many import is_vectorised
from dmod.services.modules.child_task import ChildTask, Telling
from dmod.services.modules.subject import MANY, Subject, instance_maker
from dmod.services.modules.trail import Trail

PASSES = 5
_PAGE = 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Load:
    """What is run: steps, and the values of every input.

    Parameters
    ----------
    inputs, outputs : names, of one value each
    given : shape (catchment, input, step)
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    given: Floats

    @property
    def catchments(self) -> int:
        """How many catchments there are."""
        return len(self.given)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return int(self.given.shape[2])


def measure(task: ChildTask, tell: Telling, trail: Trail) -> None:
    """Tell processor seconds per catchment and step, of the best of some passes."""
    subject = Subject(instance_maker(task.spec), task.config, trail, task.steps)
    first = subject.start()
    steps = subject.steps_of(first)
    values = subject.input_of(first, steps)
    scalar = tuple(name for name in values if first.count(name) == 1)
    given = np.zeros((task.catchments, len(scalar), steps))
    for place, name in enumerate(scalar):
        given[:, place, :] = values[name]
    load = Load(scalar, subject.scalars(first), given)
    many = is_vectorised(first.module)
    whole: list[float] = []
    alone: list[float] = []
    began: list[float] = []
    held: list[int] = []
    for _ in range(PASSES + 1):
        run = _many_pass if many else _pass
        for inputs, outputs, kept in ((load.inputs, load.outputs, whole), ((), (), alone)):
            found = run(subject, load, inputs, outputs)
            kept.append(found[0])
            began.append(found[1])
            held.append(found[2])
        tell("pass")  # the first one loads what is compiled, and does not count
    scale = 1 / (load.catchments * load.steps)
    tell(
        "measured",
        whole=min(whole[1:]) * scale,
        update=min(*alone[1:], *whole[1:]) * scale,
        initialize=min(began) / load.catchments,
        memory=max(held) / load.catchments,
        inputs=len(load.inputs),
        outputs=len(load.outputs),
        catchments=load.catchments,
        steps=load.steps,
        vectorised=many,
    )


def _pass(
    subject: Subject, load: Load, inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[float, float, int]:
    """Run new instances over all steps; return seconds of that, of their beginning, and bytes they take."""
    before, begin = _resident(), time.process_time()
    modules: list[ForeignModule] = []
    for _ in range(load.catchments):
        modules.append(subject.start().module)
    began, held = time.process_time() - begin, max(0, _resident() - before)
    exchange = bind(modules, inputs, outputs)
    if not inputs:
        _settle(modules, load)
    results = np.zeros((load.catchments, len(outputs), load.steps))
    given = load.given if inputs else np.zeros((load.catchments, 0, load.steps))
    subject.trail.note("update")
    seconds = _seconds(lambda: exchange.run(given, results))
    for module in modules:
        module.finalize()
    return seconds, began, held


def _settle(modules: Sequence[ForeignModule], load: Load) -> None:
    """Give modules their input once, so that updates alone have something to compute."""
    for row, module in enumerate(modules):
        for place, name in enumerate(load.inputs):
            module.set_values(name, load.given[row, place, load.steps // 2])


def _many_pass(
    subject: Subject, load: Load, inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[float, float, int]:
    """Run one new instance for all catchments, as `_pass` does."""
    before, begin = _resident(), time.process_time()
    instance = subject.new()
    instance.initialize_many([subject.config] * load.catchments)
    began, held = time.process_time() - begin, max(0, _resident() - before)
    module = instance.module
    if not isinstance(module, PythonModule):
        raise TypeError(f"{MANY} is a function of modules in Python")
    made = module.made
    rows = [(name, np.ascontiguousarray(load.given[:, at, :].T)) for at, name in enumerate(load.inputs)]
    for name, values in rows:
        made.set_value(name, values[load.steps // 2])
    rows = rows if inputs else []
    rooms = [(name, np.empty(load.catchments, dtype=module.dtype(name))) for name in outputs]

    def run() -> None:
        for step in range(load.steps):
            for name, values in rows:
                made.set_value(name, values[step])
            made.update()
            for name, room in rooms:
                made.get_value(name, room)

    subject.trail.note("update")
    seconds = _seconds(run)
    instance.finalize()
    return seconds, began, held


def _seconds(act: Callable[[], None]) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
