"""The point whose streamflow is looked at: where it is and how its flow is made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from dmod.errors import NotFoundError
from dmod.hydrofabric import Hydrofabric
from dmod.hydrofabric.gauges import gauges

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A point of the river network.

    Parameters
    ----------
    id : nexus or flowpath as users name it
    flowpaths : indices of the flowpaths whose flow adds up to the point's
    nexus : index of the nexus, where no flowpath leads there; -1 otherwise
    gauge : the gauge that stands there, "" if none is known
    """

    id: str
    flowpaths: tuple[int, ...]
    nexus: int = -1
    gauge: str = ""

    def flow(self, flowpath_flow: NDArray[np.floating], nexus_flow: Array) -> Array:
        """Return the flow at the point [m3 s-1], shape (time,)."""
        if self.flowpaths:
            return np.asarray(flowpath_flow[list(self.flowpaths)].sum(axis=0, dtype=np.float64))
        return np.asarray(nexus_flow[self.nexus])


def choose_outlet(fabric: Hydrofabric, name: str | None) -> Outlet:
    """Find the outlet that a user names: a nexus, flowpath, catchment, or gauge.

    Without a name it is the end of the largest basin; a gauge that stands there is named with it.

    Raises
    ------
    NotFoundError
        there is no such point; similar names are listed.
    """
    known = gauges(fabric)
    names = {place: gauge.id for gauge in known.values() for place in (gauge.nexus, gauge.flowpath) if place}
    if name is None:
        return _largest(fabric, names)
    number = name.lower().removeprefix("gages-").removeprefix("gage-")
    gauge = known.get(name) or known.get(number)
    outlet = None
    for place in (gauge.nexus, gauge.flowpath) if gauge else (name,):
        outlet = outlet or _at(fabric, place, names)
    if outlet is None:
        choices = [*fabric.nexuses.ids, *fabric.flowpath_index, *fabric.catchments.ids, *known]
        close = ", ".join(get_close_matches(name, choices, n=3)) or ", ".join(list(known)[:3])
        raise NotFoundError(
            f"--outlet {name}: the hydrofabric has no nexus, flowpath, catchment or gauge of that name",
            hint=f"did you mean: {close}" if close else "give an id of the hydrofabric, such as nex-10",
        )
    return outlet


def _at(fabric: Hydrofabric, place: str, names: Mapping[str, str]) -> Outlet | None:
    gauge = names.get(place, "")
    if place in fabric.nexus_index:
        return _nexus(fabric, fabric.nexus_index[place], gauge)
    if place in fabric.flowpath_index:
        return Outlet(place, (fabric.flowpath_index[place],), gauge=gauge)
    if place in fabric.catchment_index:
        row = fabric.catchment_index[place]
        flowpath = int(fabric.catchment_flowpath[row]) if fabric.flowpaths is not None else row
        if flowpath >= 0:
            return Outlet(place, (flowpath,), gauge=gauge)
    return None


def _nexus(fabric: Hydrofabric, nexus: int, gauge: str) -> Outlet:
    below = fabric.flowpath_nexus if fabric.flowpaths is not None else fabric.catchments.nexus
    return Outlet(fabric.nexuses.ids[nexus], tuple(np.flatnonzero(below == nexus).tolist()), nexus, gauge)


def _largest(fabric: Hydrofabric, names: Mapping[str, str]) -> Outlet:
    network = fabric.network
    drained = network.accumulate(np.nan_to_num(fabric.catchments.area_km2))
    ends = network.outlets
    last = int(ends[np.argmax(drained[ends])])
    nexus = int(fabric.catchments.nexus[last])
    if nexus < 0:
        found = _at(fabric, fabric.catchments.ids[last], names)
        return found or Outlet(fabric.catchments.ids[last], (last,))
    outlet = _nexus(fabric, nexus, names.get(fabric.nexuses.ids[nexus], ""))
    if outlet.gauge or fabric.flowpaths is None:
        return outlet
    at = [names.get(fabric.flowpaths.ids[i], "") for i in outlet.flowpaths]
    return Outlet(outlet.id, outlet.flowpaths, nexus, next((gauge for gauge in at if gauge), ""))
