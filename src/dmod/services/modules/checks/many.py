"""Whether a vectorised module keeps its catchments apart."""

from __future__ import annotations

import numpy as np

from dmod.engine.foreign.module import ForeignModule
from dmod.engine.foreign.python_module import PythonModule
from dmod.services.modules.subject import MANY, Report, Subject
from dmod.services.modules.watched import Watched
from dmod.services.modules.weather import KINDS

CLOSE = 1e-9


def check_many(subject: Subject, report: Report) -> str:
    """Look whether every variable has a value for each catchment, and each computes what it does alone."""
    if not is_vectorised(subject.new().module):
        return "has one catchment an instance"
    alone = [_start(subject, 1) for _ in KINDS]
    all_of_them = _start(subject, len(KINDS))
    for name in all_of_them.names:
        count = all_of_them.count(name)
        if count != len(KINDS):
            report.error(
                f"get_var_nbytes({name})",
                f"said {count} values after {MANY} with {len(KINDS)} configurations",
                "one value for each catchment",
            )
            return ""
    steps = subject.steps_of(all_of_them)
    series = [subject.input_of(one, steps, kind) for one, kind in zip(alone, KINDS, strict=True)]
    for step in range(steps):
        for name in all_of_them.input_names:
            row = np.array([values[name][step] for values in series])
            all_of_them.set(name, row)
            for one, value in zip(alone, row, strict=True):
                one.set(name, [value])
        for instance in (all_of_them, *alone):
            instance.update()
        for name in all_of_them.output_names:
            together = all_of_them.get(name)
            apart = np.array([one.get(name)[0] for one in alone])
            if not np.allclose(together, apart, rtol=CLOSE, atol=0, equal_nan=True):
                at = int(np.argmax(~np.isclose(together, apart, rtol=CLOSE, atol=0, equal_nan=True)))
                report.error(
                    f"get_value({name})",
                    f"catchment {at + 1} of {len(KINDS)} has {together[at]!r} at step {step + 1}, and alone "
                    f"{apart[at]!r}",
                    "the same as alone",
                    "look for sums and means over catchments, and for values that are kept once for all",
                )
                return ""
    return f"{len(KINDS)} catchments in one instance, each as alone, over {steps} steps"


def is_vectorised(module: ForeignModule) -> bool:
    """Return whether one instance of a module can hold many catchments."""
    return isinstance(module, PythonModule) and callable(getattr(module.made, MANY, None))


def _start(subject: Subject, count: int) -> Watched:
    instance = subject.new()
    instance.initialize_many([subject.config] * count)
    return instance
