"""Going on where an earlier run stopped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import format_time
from dmod.engine.chain import Chain
from dmod.errors import InputError
from dmod.output.states import ChainState, ModuleState, RunState, read_states, restore, write_states

if TYPE_CHECKING:
    from dmod.engine.routing.router import Router
    from dmod.engine.routing.state import RoutingState
    from dmod.services.plan import RunPlan

ROUTING_ARRAYS = ("flow", "depth", "level", "inflow")


def save_states(path: Path, plan: RunPlan, router: Router | None) -> None:
    """Write the states after the last step."""
    chains = tuple(_chain_state(chain, plan.catchments) for chain in plan.chains)
    routing: dict[str, NDArray[Any]] = {}
    if router is not None:
        routing = {name: getattr(router.state, name) for name in ROUTING_ARRAYS}
        routing["flowpath"] = np.array(plan.fabric.flowpath_network.ids, dtype=object)
    after = plan.axis.end + timedelta(seconds=plan.axis.step)
    write_states(path, RunState(after, chains, routing))


def _chain_state(chain: Chain, catchments: tuple[str, ...]) -> ChainState:
    modules = tuple(
        ModuleState(stage.module.name, stage.module.revision, stage.state_names, stage.state)
        for stage in chain.stages
    )
    return ChainState(tuple(catchments[row] for row in chain.rows), modules, chain.feedback)


def restore_states(plan: RunPlan, path: Path | None) -> RunState | None:
    """Put the states of an earlier run into the plan's chains; routing takes its own from the result.

    Raises
    ------
    InputError
        the states are of another time, of other modules, or lack a catchment; the plan is unusable then.
    """
    if path is None:
        return None
    saved = read_states(path)
    if saved.time != plan.axis.start:
        raise InputError(
            f"{path} holds states for {format_time(saved.time)}, "
            f"the run starts at {format_time(plan.axis.start)}",
            hint=f"start the run at --start '{format_time(saved.time)}'",
        )
    place = {c: (chain, row) for chain in saved.chains for row, c in enumerate(chain.catchments)}
    missing = tuple(c for c in plan.catchments if c not in place)
    if missing:
        raise InputError(
            f"{path} holds no states for {name_some(missing)}",
            hint="start warm from a run of the same hydrofabric",
        )
    for chain in plan.chains:
        for row, position in enumerate(chain.rows):
            source, line = place[plan.catchments[position]]
            _restore_catchment(chain, row, source, line, path)
    return saved


def routing_state(plan: RunPlan, saved: RunState | None) -> RoutingState | None:
    """Return the routing state to start from, None to start cold.

    Raises
    ------
    InputError
        the saved state is of other flowpaths.
    """
    if saved is None or not saved.routing:
        return None
    if tuple(str(i) for i in saved.routing["flowpath"]) != plan.fabric.flowpath_network.ids:
        raise InputError(
            "the saved routing state is of other flowpaths than the hydrofabric has",
            hint="start warm from a run of the same hydrofabric",
        )
    from dmod.engine.routing.state import RoutingState

    return RoutingState(
        **{name: np.asarray(saved.routing[name], dtype=np.float64) for name in ROUTING_ARRAYS}
    )


def _restore_catchment(chain: Chain, row: int, saved: ChainState, line: int, path: Path) -> None:
    modules = [(m.module, m.revision) for m in saved.modules]
    wanted = [(s.module.name, s.module.revision) for s in chain.stages]
    if modules != wanted:
        raise InputError(
            f"{path}: {saved.catchments[line]} was run with {_named(modules)}, now it runs {_named(wanted)}",
            hint="start warm with the same modules and revisions",
        )
    for stage, module in zip(chain.stages, saved.modules, strict=True):
        restore(stage.state_names, stage.state[row : row + 1], module, [line])
    if chain.feedback is not None and saved.feedback is not None:
        chain.feedback[row] = saved.feedback[line]


def _named(modules: list[tuple[str, str]]) -> str:
    return " + ".join(f"{name} {revision}".strip() for name, revision in modules)
