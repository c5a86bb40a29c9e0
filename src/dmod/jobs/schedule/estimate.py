"""How much memory and time a job will need, from the size of its domain, before anything is read.

Both are sums of terms that were measured, times a factor of safety; `benchmarks/estimates.py` measures them
anew, and prints by how much the estimates are above what it saw. They are for the native engine, data on a
local disk and a processor like the one on which they were measured. What comes over a network takes as long
as the network does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

MEMORY_SAFETY = 1.5
TIME_SAFETY = 3.0
"""For other processors, busy disks, other versions of libraries."""
LEAST_SECONDS = 60.0
HELD_CELLS = 128 * 2**20 // 8
"""Catchments × hours that the engine holds at once (`dmod.engine.integrate`), a day at least."""
COMPILING = 35.0
COMPILING_MEMORY = 620e6
"""Seconds until all loops are compiled where no cache has them yet, and bytes of a small run that does so."""
WORKER_MEMORY = 42e6
"""Bytes of each further thread."""
MOST_SPEED_UP = 4.0
READ_AHEAD = 640 * 2**20
"""Bytes of gridded forcing that are held at once at most (`dmod.forcing.gridded.derive.run`)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Terms of one kind of work, as measured: seconds on one thread, bytes.

    Parameters
    ----------
    start, memory : of a process
    catchment, catchment_memory : of each catchment
    cell, cell_memory : of each catchment and hour; memory of those that are held at once
    """

    start: float = 0.0
    catchment: float = 0.0
    cell: float = 0.0
    memory: float = 0.0
    catchment_memory: float = 0.0
    cell_memory: float = 0.0


COSTS: dict[str, Cost] = {
    "cfe": Cost(3.0, 1.0e-3, 0.45e-6, 250e6, 6e3, 26.0),
    "topmodel": Cost(3.0, 1.8e-3, 0.45e-6, 250e6, 6e3, 26.0),
    "csv": Cost(cell=0.9e-6),
    "routing": Cost(cell=1.1e-6, cell_memory=10.5),
    "preparation": Cost(4.0, 2.7e-3, 3.0e-6, 240e6, 45e3, 570.0),
    "index": Cost(0.0, 0.04e-3, 0.0, 100e6, 1.4e3, 0.0),
}
"""By name of a module, or of what is done beside.

SLoTH, PET and CFE together stand under ``cfe``, PET and TOPMODEL under ``topmodel``. ``csv`` is what the
framework's CSV costs more than NetCDF, ``index`` what each catchment of a hydrofabric costs that is used for
the first time. Processor time and peak memory of whole processes, rounded up: example basins of 100 to 5,000
catchments over 877 to 8,784 hours, basins of 100 to 3,007 catchments with 48 to 240 hours of forcing, a
fabric of 20,000 (AMD EPYC). Time for each cell of forcing is from 10,000 catchments over 744 hours.
"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job will hardly exceed.

    Parameters
    ----------
    memory : [bytes]
    seconds : wall time [s]
    """

    memory: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunWork:
    """A run, its evaluation and report included.

    Parameters
    ----------
    hours : steps
    modules : of the formulation, by name in any case
    is_csv : whether the framework's CSV is written in place of NetCDF
    cpus : threads
    """

    catchments: int
    hours: int
    modules: Collection[str] = ("sloth", "pet", "cfe")
    is_routed: bool = True
    is_csv: bool = False
    cpus: int = 1


@dataclass(frozen=True, slots=True)
class PreparationWork:
    """A basin cut out of a hydrofabric, configured, and given forcing from a grid.

    Parameters
    ----------
    hours : of forcing, all eight variables; 0 for none
    fabric : catchments of the whole hydrofabric if it has no index yet, or 0
    """

    catchments: int
    hours: int
    fabric: int = 0


def estimate(work: RunWork | PreparationWork) -> Estimate:
    """Return what some work will hardly exceed."""
    return _of_run(work) if isinstance(work, RunWork) else _of_preparation(work)


def _of_run(work: RunWork) -> Estimate:
    names = {name.lower() for name in work.modules}
    known = [COSTS[name] for name in ("cfe", "topmodel") if name in names]
    # a formulation that was not measured is taken to be like the dearest that was
    parts = known or [max((COSTS["cfe"], COSTS["topmodel"]), key=lambda cost: (cost.cell, cost.catchment))]
    parts += [COSTS["routing"]] * work.is_routed + [COSTS["csv"]] * work.is_csv
    cells = work.catchments * work.hours
    held = min(cells, max(HELD_CELLS, 24 * work.catchments))
    speed_up = min((1 + work.cpus) / 2, MOST_SPEED_UP)
    seconds = COMPILING + sum(
        part.start + part.catchment * work.catchments + part.cell * cells / speed_up for part in parts
    )
    memory = sum(part.memory + part.catchment_memory * work.catchments for part in parts)
    memory += sum(part.cell_memory for part in parts) * held + WORKER_MEMORY * (work.cpus - 1)
    return _safely(max(memory, COMPILING_MEMORY), seconds)


def _of_preparation(work: PreparationWork) -> Estimate:
    cost, index = COSTS["preparation"], COSTS["index"]
    cells = work.catchments * work.hours
    seconds = COMPILING + cost.start + cost.catchment * work.catchments + cost.cell * cells
    # the index is made by a process that holds nothing else yet
    making = index.memory + index.catchment_memory * work.fabric if work.fabric else 0.0
    memory = cost.memory + cost.catchment_memory * work.catchments
    memory += min(cost.cell_memory * cells, READ_AHEAD)
    return _safely(max(memory, making), seconds + index.catchment * work.fabric)


def _safely(memory: float, seconds: float) -> Estimate:
    return Estimate(int(MEMORY_SAFETY * memory), max(TIME_SAFETY * seconds, LEAST_SECONDS))
