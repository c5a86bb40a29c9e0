"""Routing of lateral inflow through a river network, chunk by chunk of time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.network import RiverNetwork
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.level_pool import Reservoirs
from dmod.engine.routing.muskingum_cunge import LANES, PARAMETERS, Numbers, hydraulic_parameters
from dmod.engine.routing.piece_kernel import route_piece
from dmod.engine.routing.plan import Piece, plan_routing
from dmod.engine.routing.state import RoutingState
from dmod.errors import InputError, NumericalError

Flows = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Routed:
    """Result of a chunk, each array of shape (flowpath, period), values at the end of the period.

    Parameters
    ----------
    flow : outflow of the flowpath [m3 s-1]
    velocity : mean velocity in the channel [m s-1]; 0 in a reservoir
    depth : water depth [m]; in a reservoir the elevation of its water surface [m]
    inflow_volume : lateral inflow of the chunk [m3]
    outflow_volume : water that left the network during the chunk [m3]
    unconverged : shape (flowpath,), steps whose search for depth was given up
    """

    flow: Flows
    velocity: Flows
    depth: Flows
    inflow_volume: float
    outflow_volume: float
    unconverged: NDArray[np.int64]


class Router:
    """Muskingum-Cunge routing over flowpaths and level pools, with the state that it leaves.

    Parameters
    ----------
    network : flowpaths in the order of all arrays
    geometry : their channels
    reservoirs : level pools in the place of the flowpaths they cover
    dt : routing step [s]
    short_step : take the upstream flow of the step before in place of that of the same step, which
        is right where a step is short against the time that water takes through a reach
    state : where to start; None is a cold start
    threads : pieces routed at once; the result is the same for any number
    double : compute in double instead of single precision

    Raises
    ------
    HydrofabricError
        geometry is missing or impossible.
    InputError
        the state is of another size.
    """

    def __init__(
        self,
        network: RiverNetwork,
        geometry: ChannelGeometry,
        reservoirs: Reservoirs | None = None,
        *,
        dt: float = 300.0,
        short_step: bool = True,
        state: RoutingState | None = None,
        threads: int | None = None,
        double: bool = False,
    ) -> None:
        self._pools = Reservoirs.none() if reservoirs is None else reservoirs
        self._network = network
        self._geometry = geometry
        geometry.require_sound(network.ids)
        self._dtype: type[Any] = np.float64 if double else np.float32
        self._numbers = Numbers.of(self._dtype)
        self._dt: Any = self._dtype(dt)
        self._threads = max(1, threads or os.cpu_count() or 1)
        self._short_step = short_step
        self._plan = plan_routing(network, self._pools, staged=not short_step)
        values = hydraulic_parameters(geometry)
        self._upper = [(piece, _lanes(values, piece, self._dtype)) for piece in self._plan.upper]
        trunk = self._plan.trunk
        self._trunk = [] if trunk is None else [(trunk, _lanes(values, trunk, self._dtype))]
        start = RoutingState.cold(len(network), self._pools, double=double) if state is None else state
        if start.flow.shape != (len(network),) or start.level.shape != (len(self._pools),):
            raise InputError(
                f"the routing state has {start.flow.size} flowpaths and {start.level.size} reservoirs, "
                f"the network {len(network)} and {len(self._pools)}",
                hint="use the state of a run of the same hydrofabric, with reservoirs if that had them",
            )
        self._state = RoutingState(
            start.flow.astype(self._dtype),
            start.depth.astype(self._dtype),
            start.level.copy(),
            start.inflow.copy(),
        )

    @property
    def state(self) -> RoutingState:
        """A copy of the present state."""
        now = self._state
        return RoutingState(now.flow.copy(), now.depth.copy(), now.level.copy(), now.inflow.copy())

    @property
    def storage(self) -> float:
        """Water in channels (cross-section times length) and above the orifices of reservoirs [m3]."""
        inside = np.zeros(len(self._network), dtype=bool)
        for members in self._pools.flowpaths:
            inside[members] = True
        channel = np.where(inside, 0.0, self._geometry.area(self._state.depth) * self._geometry.length)
        pools = self._pools.parameters
        return float(channel.sum() + (pools[:, 0] * (self._state.level - pools[:, 4])).sum())

    def advance(self, lateral_inflow: NDArray[np.float64], substeps: int = 12) -> Routed:
        """Route a chunk of periods, each of ``substeps`` steps.

        Parameters
        ----------
        lateral_inflow : shape (flowpath, period), constant over its period [m3 s-1]

        Raises
        ------
        InputError
            the shape is wrong, or a value is not finite; nothing was routed.
        NumericalError
            a flow is not finite; the state is no longer usable.
        """
        lateral = np.ascontiguousarray(lateral_inflow, dtype=np.float64)
        self._require_usable(lateral)
        shape = lateral.shape
        links = np.zeros((shape[1] * substeps + 1, self._plan.links), self._dtype)
        flow, velocity, depth = (np.zeros(shape, self._dtype) for _ in range(3))
        missed = np.zeros(shape[0], np.int64)

        def route(part: tuple[Piece, Flows]) -> None:
            piece, parameters = part
            route_piece(
                piece.members, piece.pools, piece.stage_offset, piece.pool_stage,
                piece.upstream_offset, piece.upstream, piece.inlet_offset, piece.inlet,
                piece.outlet, piece.outlet_link, piece.inside_offset, piece.inside,
                parameters, self._pools.parameters, self._dt, substeps, self._short_step, self._numbers,
                lateral, links,
                self._state.flow, self._state.depth, self._state.level, self._state.inflow,
                flow, velocity, depth, missed,
            )  # fmt: skip

        if self._threads == 1 or len(self._upper) == 1:
            for part in self._upper:
                route(part)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(route, self._upper))
        for part in self._trunk:
            route(part)
        self._require_finite()
        seconds = float(self._dt)
        return Routed(
            flow,
            velocity,
            depth,
            float(lateral.sum()) * seconds * substeps,
            float(links[1:, self._plan.terminal].sum(dtype=np.float64)) * seconds,
            missed,
        )

    def _require_usable(self, lateral: NDArray[np.float64]) -> None:
        if lateral.ndim != 2 or lateral.shape[0] != len(self._network):
            raise InputError(
                f"lateral inflow has shape {lateral.shape}, the network {len(self._network)} flowpaths",
                hint="give an array (flowpath, period)",
            )
        if not np.isfinite(lateral).all():
            where = int(np.flatnonzero(~np.isfinite(lateral).all(axis=1))[0])
            raise InputError(
                f"the lateral inflow of {self._network.ids[where]} is not a finite number",
                hint="look for missing values in the runoff of the catchments above its nexus",
            )

    def _require_finite(self) -> None:
        bad = ~(np.isfinite(self._state.flow) & np.isfinite(self._state.depth))
        if bad.any():
            raise NumericalError(
                f"the flow of {self._network.ids[int(np.flatnonzero(bad)[0])]} is not a finite number",
                hint="check its channel geometry and the state the run started from",
            )


def _lanes(values: NDArray[np.float64], piece: Piece, dtype: type[Any]) -> Flows:
    """Arrange parameters as (block, parameter, lane); idle lanes repeat the first flowpath."""
    if not piece.members.size:
        return np.zeros((0, len(PARAMETERS) * LANES), dtype)
    order = np.full(piece.blocks * LANES, piece.members[0])
    order[: piece.members.size] = piece.members
    blocked = values[:, order].reshape(len(PARAMETERS), piece.blocks, LANES)
    return np.ascontiguousarray(blocked.transpose(1, 0, 2), dtype=dtype).reshape(piece.blocks, -1)
