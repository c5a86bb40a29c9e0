"""What routing remembers between two chunks of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.engine.routing.level_pool import Reservoirs
from dmod.errors import InputError


@dataclass(frozen=True, slots=True)
class RoutingState:
    """Flow and depth of every flowpath, level and inflow of every reservoir.

    Parameters
    ----------
    flow : shape (flowpath,), outflow at the end of the last step [m3 s-1]
    depth : shape (flowpath,) [m]
    level : shape (reservoir,), water surface [m]
    inflow : shape (reservoir,), inflow during the last step [m3 s-1]
    """

    flow: NDArray[Any]
    depth: NDArray[Any]
    level: NDArray[np.float64]
    inflow: NDArray[np.float64]

    @classmethod
    def cold(
        cls, flowpaths: int, reservoirs: Reservoirs | None = None, *, double: bool = False
    ) -> RoutingState:
        """Dry channels, and reservoirs filled to the initial fraction of their depth."""
        pools = Reservoirs.none() if reservoirs is None else reservoirs
        dtype = np.float64 if double else np.float32
        return cls(
            np.zeros(flowpaths, dtype),
            np.zeros(flowpaths, dtype),
            pools.initial_level.copy(),
            np.zeros(len(pools)),
        )

    def save(self, path: Path, ids: Sequence[str]) -> None:
        """Write the state with the flowpaths it belongs to; the file appears whole or not at all."""
        aside = path.with_name(f".{path.name}.part")
        try:
            with aside.open("wb") as file:
                np.savez(
                    file,
                    ids=np.array(ids, dtype=str),
                    flow=self.flow,
                    depth=self.depth,
                    level=self.level,
                    inflow=self.inflow,
                )
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, ids: Sequence[str]) -> RoutingState:
        """Read a state; it must be of the same flowpaths in the same order.

        Raises
        ------
        InputError
            the file is not a routing state, or belongs to another network.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in ("ids", "flow", "depth", "level", "inflow")}
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{path} is not a routing state: {error}", hint="give the file that a run saved at its end"
            ) from error
        if tuple(values.pop("ids").tolist()) != tuple(ids):
            raise InputError(
                f"the routing state {path} belongs to other flowpaths than this network",
                hint="start cold, or use the state of a run of the same hydrofabric",
            )
        return cls(**values)
