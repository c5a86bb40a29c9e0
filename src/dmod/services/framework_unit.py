"""In which unit a module's main output is, seen from the flow that the framework made of it.

The framework converts the main output to metres before it sums it into nexuses, and writes the module's own
number into the catchment's file. Where the unit is not known here, the two are compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.engine.ngen import FrameworkColumns
from dmod.engine.ngen.outputs import LEADING
from dmod.engine.ngen.row_file import RowFile
from dmod.errors import BackendError

if TYPE_CHECKING:
    from dmod.services.plan import RunPlan

SCALES = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "in": 0.0254, "ft": 0.3048}
TRIED = 20
"""Nexuses that are looked at until there is water in one."""
SMALL = 1e-3
"""Part of the largest flow; below, the six digits of the file say too little."""
CLOSE = 1e-3
KM2, HOUR = 1e6, 3600.0
Array = NDArray[np.float64]


def find_scale(
    plan: RunPlan, rows: NDArray[np.int64], columns: FrameworkColumns, output: Path, notes: list[str]
) -> float:
    """Return what the main output is multiplied by to be metres per step.

    Parameters
    ----------
    rows : catchments that have it
    output : folder of what the framework wrote
    notes : is added to where it cannot be found out

    Raises
    ------
    BackendError
        catchments and nexuses do not fit together in any unit.
    """
    if columns.to_depth is not None:
        return columns.to_depth.scale
    name = columns.variables[columns.main]
    ours = np.zeros(len(plan.catchments), dtype=bool)
    ours[rows] = True
    nexus = plan.fabric.catchments.nexus
    tried = 0
    for place in dict.fromkeys(nexus[rows].tolist()):
        members = np.flatnonzero(nexus == place)
        path = _nexus_file(output, plan.fabric.nexuses.ids[place]) if place >= 0 else None
        if path is None or not ours[members].all():
            continue
        ratio = _ratio(plan, members, columns, output, path)
        if ratio is not None:
            return _known(ratio, name, path)
        tried += 1
        if tried == TRIED:
            break
    notes.append(f"the unit of {name} is not known, and no water flowed by which to find it out: taken as m")
    return 1.0


def _nexus_file(output: Path, nexus: str) -> Path | None:
    name = f"{nexus}_output.csv"
    return next(iter([*output.glob(name), *output.glob(f"rank_*/{name}")]), None)


def _ratio(
    plan: RunPlan, members: NDArray[np.int64], columns: FrameworkColumns, output: Path, path: Path
) -> float | None:
    """Return the framework's flow at a nexus over that of its catchments as they stand; None if all dry."""
    steps = plan.axis.count
    area = plan.fabric.catchments.area_km2
    raw = np.zeros(steps)
    for row in members.tolist():
        name = f"{plan.catchments[row]}.csv"
        file = next(iter([*output.glob(name), *output.glob(f"rank_*/{name}")]), output / name)
        values = RowFile(file, LEADING, columns.variables).read(steps).values[columns.main]
        raw += values * (area[row] * KM2 / HOUR)
    try:
        flow: Array = np.loadtxt(path, delimiter=",", usecols=2, ndmin=1)
    except (OSError, ValueError) as error:
        raise BackendError(f"{path} cannot be read: {error}", hint="look at the framework's log") from error
    if len(flow) != steps:
        raise BackendError(f"{path} has {len(flow)} rows, wanted {steps}", hint="look at the framework's log")
    wet = (flow > SMALL * flow.max()) & (raw > 0.0)
    return float(np.median(flow[wet] / raw[wet])) if wet.any() else None


def _known(ratio: float, name: str, path: Path) -> float:
    for scale in SCALES.values():
        if abs(ratio / scale - 1.0) < CLOSE:
            return scale
    raise BackendError(
        f"{path}: the flow is {ratio:.6g} times what {name} of its catchments sums to; no unit of depth "
        "does that",
        hint=f"known units are {', '.join(SCALES)}; report this with the run package",
    )
