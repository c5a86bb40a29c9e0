"""From runoff to streamflow: nexuses, lateral inflow, routing, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import errors_of, name_some
from dmod.engine.integrate import ChunkRunoff, sum_into_nexuses
from dmod.engine.models.module import Array
from dmod.engine.routing.nexus import lateral_inflow
from dmod.errors import HydrofabricError
from dmod.hydrofabric.checks import find_problems
from dmod.output.routed import VARIABLES
from dmod.services.routing_scheme import RoutingScheme, has_lakes, require_scheme

if TYPE_CHECKING:
    from dmod.engine.routing.router import Router
    from dmod.engine.routing.state import RoutingState
    from dmod.hydrofabric import Hydrofabric
    from dmod.services.plan import RunPlan

KM2 = 1e6
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class ChunkFlow:
    """Streamflow of one chunk, arrays of shape (flowpath, time).

    Parameters
    ----------
    flow : [m3 s-1]
    velocity, depth : [m s-1], [m]; None where flow is not routed
    """

    first: int
    flow: NDArray[np.floating]
    velocity: NDArray[np.floating] | None = None
    depth: NDArray[np.floating] | None = None


class Nexuses:
    """Runoff of catchments summed into the nexuses they drain to, as the framework does."""

    def __init__(self, fabric: Hydrofabric) -> None:
        self.ids = fabric.nexuses.ids
        order, offset = np.argsort(fabric.catchments.nexus, kind="stable"), None
        nexus = fabric.catchments.nexus[order]
        offset = np.searchsorted(nexus, np.arange(len(self.ids) + 1))
        self._contributing = order.astype(np.int64)
        self._offset = offset.astype(np.int64)
        # the framework divides by an hour whatever the step
        self._factor = fabric.catchments.area_km2 * KM2 / HOUR
        self.receiving = np.flatnonzero(np.diff(self._offset) > 0)

    def flow(self, runoff: ChunkRunoff) -> Array:
        """Return the flow into every nexus, shape (nexus, time) [m3 s-1]."""
        flow = np.empty((len(self.ids), runoff.depth.shape[1]))
        sum_into_nexuses(runoff.depth, self._factor, self._offset, self._contributing, flow)
        return flow


class Streamflow(Protocol):
    """Flow in every flowpath from the flow into nexuses.

    Parameters
    ----------
    method : how it is made, for people
    delay : from the start of a step to the moment that its value is for [s]
    variables : that are told: flow, and velocity and depth where flow is routed
    """

    @property
    def ids(self) -> tuple[str, ...]:
        """See the class."""

    @property
    def method(self) -> str:
        """See the class."""

    @property
    def delay(self) -> int:
        """See the class."""

    @property
    def variables(self) -> tuple[str, ...]:
        """See the class."""

    def advance(self, first: int, nexus_flow: Array) -> ChunkFlow:
        """Go on by one chunk; ``nexus_flow`` (nexus, time) [m3 s-1]."""

    def notes(self) -> list[str]:
        """Return what the user must know of the flow so far, a sentence each."""


class RoutedStreamflow:
    """Muskingum-Cunge routing and level pools."""

    variables = tuple(VARIABLES)

    def __init__(
        self, plan: RunPlan, scheme: RoutingScheme, start: RoutingState | None, *, threads: int
    ) -> None:
        from dmod.engine.routing.channel import ChannelGeometry
        from dmod.engine.routing.level_pool import Reservoirs
        from dmod.engine.routing.nexus import nexus_recipients
        from dmod.engine.routing.router import Router

        fabric = plan.fabric
        flowpaths = fabric.flowpaths
        assert flowpaths is not None
        self.ids = flowpaths.ids
        attributes = {**flowpaths.attributes, "length_m": flowpaths.length_m}
        pools = None
        if scheme.reservoirs and fabric.lakes is not None and any(flowpaths.waterbody):
            lakes = {**fabric.lakes.attributes, "lake_id": np.array(fabric.lakes.ids, dtype=object)}
            pools = Reservoirs.from_attributes(lakes, [w or None for w in flowpaths.waterbody])
        self.router: Router = Router(
            fabric.flowpath_network,
            ChannelGeometry.from_attributes(attributes),
            pools,
            dt=scheme.dt,
            short_step=scheme.short_step,
            state=start,
            threads=threads,
        )
        self.delay = plan.axis.step
        self._substeps = plan.axis.step // scheme.dt
        self.method = scheme.describe(lakes=has_lakes(fabric))
        self._recipients = nexus_recipients(fabric.nexuses.ids, flowpaths.toid)
        self._unconverged = np.zeros(len(self.ids), dtype=np.int64)

    def notes(self) -> list[str]:
        """Name the flowpaths in which the search for the depth was given up."""
        given_up = np.flatnonzero(self._unconverged)
        if not given_up.size:
            return []
        worst = given_up[np.argsort(-self._unconverged[given_up], kind="stable")]
        named = name_some([self.ids[i] for i in worst])
        return [
            f"routing: the search for the depth was given up in {int(self._unconverged.sum())} steps of "
            f"{given_up.size} flowpaths, where the last value was kept ({named})"
        ]

    def advance(self, first: int, nexus_flow: Array) -> ChunkFlow:
        """Route one chunk."""
        lateral = lateral_inflow(nexus_flow, self._recipients, len(self.ids))
        routed = self.router.advance(lateral, self._substeps)
        self._unconverged += routed.unconverged
        return ChunkFlow(first, routed.flow, routed.velocity, routed.depth)


class AccumulatedStreamflow:
    """Flow summed downstream without delay: what there is without channel attributes."""

    method = "summed downstream without delay"
    variables = ("flow",)
    delay = 0  # the value is the mean of the step

    def __init__(self, plan: RunPlan) -> None:
        fabric = plan.fabric
        network = fabric.flowpath_network
        self.ids = network.ids
        self._network = network
        toid = fabric.nexus_index
        below = fabric.flowpath_nexus if fabric.flowpaths is not None else fabric.catchments.nexus
        last = {int(nexus): i for i, nexus in enumerate(below) if nexus >= 0}
        self._recipients = np.array([last.get(i, -1) for i in range(len(toid))], dtype=np.int64)

    def notes(self) -> list[str]:
        """Return nothing: a sum cannot fail."""
        return []

    def advance(self, first: int, nexus_flow: Array) -> ChunkFlow:
        """Sum one chunk."""
        flow = lateral_inflow(nexus_flow, self._recipients, len(self.ids))
        for i in self._network.order:
            below = self._network.downstream[i]
            if below >= 0:
                flow[below] += flow[i]
        return ChunkFlow(first, flow)


def streamflow_of(
    plan: RunPlan, route: bool | None, start: RoutingState | None, *, threads: int
) -> tuple[Streamflow, tuple[str, ...]]:
    """Return how streamflow is made, and what the user must know about it.

    Raises
    ------
    HydrofabricError
        routing was insisted on, and the fabric's channels do not allow it.
    RealizationError
        the routing configuration has errors.
    InputError
        there is none, and the time step is no multiple of the usual routing step.
    """
    flowpaths = plan.fabric.flowpaths
    if route is False:
        return AccumulatedStreamflow(plan), (
            "flow is summed downstream without delay: routing was switched off",
        )
    if flowpaths is None or not flowpaths.has_routing_attributes:
        if route:
            raise HydrofabricError(
                f"{plan.fabric.source}: the flowpaths have no channel attributes, so flow cannot be routed",
                hint="use a hydrofabric with a flowpath-attributes table, or --no-route",
            )
        return AccumulatedStreamflow(plan), (
            "flow is summed downstream without delay: the hydrofabric has no channel attributes",
        )
    problems = errors_of(find_problems(plan.fabric, routing=True))
    if problems:
        raise HydrofabricError(
            f"{plan.fabric.source}: channels cannot be routed: "
            + "; ".join(f"{p.message} ({name_some(p.ids)})" for p in problems[:5]),
            hint="correct the channel attributes, or run with --no-route",
        )
    scheme, notes = require_scheme(plan.package, plan.axis)
    return RoutedStreamflow(plan, scheme, start, threads=threads), notes
