"""What each catchment of a hydrofabric costs to compute, as a division into parts weighs it.

The terms are those that estimate jobs, measured for each chain of modules
(`dmod.jobs.schedule.estimate.COSTS`); here they are taken for every catchment by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmod.errors import InputError
from dmod.formulation.formulation import Formulation
from dmod.formulation.realization import Realization
from dmod.hydrofabric.fabric import Floats, Hydrofabric
from dmod.jobs.schedule.estimate import COSTS, Cost
from dmod.services.data.detect.chain import AND, chain_of

__all__ = ["LAKE", "CatchmentCosts", "catchment_costs"]

LAKE = 1.25
"""Cost of a level pool over that of a river's reach in routing.

Processor time of 10,000 flowpaths, none, half and nine tenths of them pools: 1.1 to 1.3, rounded up.
"""
_MEASURED = ("cfe", "topmodel")
_BESIDE = frozenset({"sloth", "pet"})


@dataclass(frozen=True, slots=True, eq=False)
class CatchmentCosts:
    """What each catchment costs.

    Parameters
    ----------
    seconds : shape (catchments,), of one processor, in the order of the fabric [s]
    unmeasured : chains of modules that no one measured; each is taken to be like the dearest that was
    """

    seconds: Floats
    unmeasured: tuple[str, ...] = ()


def catchment_costs(
    fabric: Hydrofabric,
    realization: Realization | None = None,
    *,
    steps: int | None = None,
    is_routed: bool | None = None,
) -> CatchmentCosts:
    """Return what each catchment costs in a run of a realization.

    A catchment costs what its own chain of modules does, once and at every step. In routing its flowpath
    counts: one reach of a river, or its share of the lake that it is part of. Flowpaths without a
    catchment belong to nobody and are left out, as is output, which costs all the same.

    Parameters
    ----------
    realization : says who runs what and for how long; where not given all run SLoTH, PET and CFE
    steps : how many there are, in place of the realization's; without either a year of hours
    is_routed : whether routing counts, in place of what the realization says; without either it does not

    Raises
    ------
    RealizationError
        a catchment has no formulation.
    InputError
        the number of steps is below 1.
    """
    count = len(fabric.catchments)
    if steps is None:
        steps = 8766 if realization is None else realization.time.count
    if steps < 1:
        raise InputError(f"a run of {steps} steps has no cost", hint="give a number above 0")
    if is_routed is None:
        is_routed = realization is not None and realization.routing is not None
    seconds, unmeasured = np.full(count, _of(COSTS["cfe"], steps)), []
    if realization is not None:
        for formulation, members in realization.groups(fabric.catchments.ids):
            cost = _measured(formulation)
            if cost is None:
                unmeasured.append(chain_of(formulation))
            seconds[members] = _of(cost or _dearest(steps), steps)
    if is_routed:
        seconds += _of(COSTS["routing"], steps) * _reaches(fabric)
    return CatchmentCosts(seconds, tuple(dict.fromkeys(unmeasured)))


def _of(cost: Cost, steps: int) -> float:
    return cost.catchment + cost.cell * steps


def _measured(formulation: Formulation) -> Cost | None:
    """Return the terms of a chain, None unless all of its modules were measured."""
    names = set(chain_of(formulation).lower().split(AND))
    main = [name for name in _MEASURED if name in names]
    return COSTS[main[0]] if len(main) == 1 and names <= _BESIDE | {main[0]} else None


def _dearest(steps: int) -> Cost:
    return max((COSTS[name] for name in _MEASURED), key=lambda cost: _of(cost, steps))


def _reaches(fabric: Hydrofabric) -> Floats:
    """Return how many reaches of a river each catchment's flowpath is worth in routing."""
    if fabric.flowpaths is None:
        return np.ones(len(fabric.catchments))
    known = frozenset(() if fabric.lakes is None else fabric.lakes.ids)
    inside: dict[str, list[int]] = {}
    for flowpath, text in enumerate(fabric.flowpaths.waterbody if known else ()):
        lake = next((name for name in map(str.strip, text.split(",")) if name in known), "") if text else ""
        if lake:
            inside.setdefault(lake, []).append(flowpath)
    worth = np.ones(len(fabric.flowpaths))
    for members in inside.values():
        worth[members] = LAKE / len(members)  # one pool stands for all of them
    own = fabric.catchment_flowpath
    return np.where(own >= 0, worth[own] if worth.size else 0.0, 0.0)
