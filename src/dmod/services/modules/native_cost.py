"""What native modules cost on this machine, to set beside others."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np

from dmod.engine.chain import Stage
from dmod.services.example import make_example
from dmod.services.modules.weather import weather
from dmod.services.options import Locations, RunOptions
from dmod.services.plan import locate, plan_run

FORMULATIONS = ("cfe", "topmodel")
PASSES = 3
HOUR = 3600.0
_YEARS = timedelta(days=3) / timedelta(days=365.25)


def native_costs(catchments: int, steps: int) -> dict[str, float]:
    """Return processor seconds per catchment and hourly step of PET, CFE and TOPMODEL, by name.

    They are given the same plausible weather as other modules, over warm arrays, in one thread.
    """
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="dmod-native-") as name:
        for formulation in FORMULATIONS:
            for stage in _stages(Path(name) / formulation, formulation, catchments):
                module = stage.module
                if module.name not in found:
                    found[module.name] = _seconds(stage, catchments, steps) / (catchments * steps)
    return found


def _stages(package: Path, formulation: str, catchments: int) -> Iterator[Stage]:
    """Yield the native modules of an example basin, ready to run."""
    make_example(package, catchments=catchments, years=_YEARS, formulation=formulation, observed=False)
    plan = plan_run(locate(package, Locations()), RunOptions(route=False))
    with closing(plan.forcing):
        yield from plan.chains[0].stages


def _seconds(stage: Stage, catchments: int, steps: int) -> float:
    shape = (catchments, steps)
    inputs = tuple(
        np.ascontiguousarray(np.broadcast_to(weather(v.name, v.unit, steps, HOUR), shape))
        for v in stage.module.inputs
    )
    outputs = tuple(np.empty(shape) for _ in stage.module.outputs)
    best = np.inf
    for _ in range(PASSES + 1):  # the first one loads what is compiled
        state, balance = stage.state.copy(), stage.balance.copy()
        begin = time.process_time()
        stage.module.kernel(stage.parameters, state, inputs, outputs, balance, stage.failed_step.copy())
        best = min(best, time.process_time() - begin)
    return best
