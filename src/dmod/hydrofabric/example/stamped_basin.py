"""One basin of an example continent with the identifiers and numbers that only it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example.continent import Stamp
from dmod.hydrofabric.example.locations import Locations

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Columns = dict[str, Any]

FIRST_TERMINAL = 1_000_000_001
"""Number of the first terminal nexus."""

_HIGHEST_OUTLET = 1500.0  # [m] above that of the pattern


@dataclass(frozen=True)
class StampedBasin:
    """One basin of the continent with the identifiers and numbers that only it has."""

    stamp: Stamp

    def __len__(self) -> int:
        return len(self.stamp.pattern)

    @cached_property
    def numbers(self) -> Index:
        """Numbers of the catchments."""
        return np.arange(self.stamp.first, self.stamp.first + len(self))

    @cached_property
    def divides(self) -> list[str]:
        """Identifiers of the catchments."""
        return [f"cat-{i}" for i in self.numbers.tolist()]

    @cached_property
    def flowpaths(self) -> list[str]:
        """Identifiers of the flowpaths."""
        return [f"wb-{i}" for i in self.numbers.tolist()]

    @cached_property
    def terminal(self) -> str:
        """Identifier of the nexus where the water leaves."""
        return f"tnx-{FIRST_TERMINAL + self.stamp.number}"

    @cached_property
    def toid(self) -> list[str]:
        """Nexus that each catchment drains to."""
        below = self.stamp.pattern.downstream
        first = self.stamp.first
        return [f"nex-{first + i}" if i >= 0 else self.terminal for i in below.tolist()]

    @cached_property
    def vpuid(self) -> list[str]:
        """Vector processing unit of each catchment."""
        lower, upper = self.stamp.regions
        return [upper if above else lower for above in self.stamp.pattern.upper.tolist()]

    @cached_property
    def measures(self) -> Columns:
        """Length and areas."""
        pattern, scale = self.stamp.pattern, self.stamp.scale
        return {
            "lengthkm": pattern.length * scale / 1000,
            "areasqkm": pattern.area * scale**2,
            "tot_drainage_areasqkm": pattern.drainage * scale**2,
        }

    @cached_property
    def poi(self) -> list[int | None]:
        """Point of interest at the lower end of each flowpath that stands for it."""
        found: list[int | None] = [None] * len(self)
        for i, flowpath in enumerate(self.stamp.pattern.locations.flowpath.tolist()):
            found[flowpath] = self.stamp.first_poi + i
        return found

    @cached_property
    def relief(self) -> Callable[[Floats], Floats]:
        """Elevation [m] on this stamp of an elevation of the pattern."""
        stamp = self.stamp
        shift = stamp.scatter * _HIGHEST_OUTLET * float(self.random(1).random())
        if stamp.scale == 1.0 and not shift:
            return lambda height: height
        lowest = stamp.pattern.lowest
        return lambda height: lowest + shift + (height - lowest) * stamp.scale

    @cached_property
    def links(self) -> list[str]:
        """What each hydrolocation is called in its source."""
        locations, gauges = self.stamp.pattern.locations, iter(self.stamp.gauges)
        region, links = self.stamp.regions[0][:2], []
        lakes = (locations.lake + self.stamp.first).tolist()
        for number, (kind, lake) in enumerate(zip(locations.kind, lakes, strict=True)):
            if kind == "gages":
                links.append(next(gauges))
            elif kind == "huc12":
                links.append(f"{region}{self.stamp.first_location + number:010d}")
            else:
                links.append(f"XX{lake:05d}" if kind == "nid" else str(lake))
        return links

    @cached_property
    def uris(self) -> list[str]:
        """Kind and name of each hydrolocation."""
        return [f"{kind}-{link}" for kind, link in zip(self.locations.kind, self.links, strict=True)]

    @property
    def locations(self) -> Locations:
        """Hydrolocations of the pattern."""
        return self.stamp.pattern.locations

    def random(self, purpose: int) -> np.random.Generator:
        """Return the numbers that this basin draws for one purpose."""
        return np.random.default_rng([self.stamp.seed, self.stamp.number, purpose])


def taken(columns: Columns, order: Index) -> Columns:
    """Return the rows of columns in another order, or some of them."""
    at = order.tolist()
    return {
        name: values[order] if isinstance(values, np.ndarray) else [values[i] for i in at]
        for name, values in columns.items()
    }
