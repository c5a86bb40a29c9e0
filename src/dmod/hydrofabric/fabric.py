"""The values of a hydrofabric: catchments, nexuses, flowpaths, lakes, and the river network they form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dmod.core.network import RiverNetwork
from dmod.core.problem import Problem

Index = NDArray[np.int64]
Floats = NDArray[np.float64]
Column = NDArray[Any]
Table = Mapping[str, Column]
T = TypeVar("T")

# attributes that Muskingum-Cunge routing needs per flowpath, beside its length
ROUTING_ATTRIBUTES = ("n", "nCC", "So", "BtmWdth", "TopWdth", "TopWdthCC", "ChSlp")


@dataclass(frozen=True, slots=True, eq=False)
class Catchments:
    """The divides, in the order of the file.

    Parameters
    ----------
    ids : ``cat-N``; empty where the file has none
    area_km2 : shape (n,) [km²]; NaN where the file has none
    nexus : shape (n,), index of the nexus drained to, -1 where ``toid`` names none of the fabric
    toid : the nexus ids as the file has them
    attributes : every other column of the divides table and of the divide attributes;
        numbers as float64 (NaN for null), text as objects ("" for null)
    """

    ids: tuple[str, ...]
    area_km2: Floats
    nexus: Index
    toid: tuple[str, ...]
    attributes: Table = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Nexuses:
    """The points where catchments' water meets.

    Parameters
    ----------
    ids : ``nex-N``, ``tnx-N`` (terminal), ``cnx-N`` (coastal), ``inx-N`` (internal)
    toid : ``wb-N`` or ``cat-N``; "" where the water ends
    kind : the prefix of the id
    attributes : every other column
    """

    ids: tuple[str, ...]
    toid: tuple[str, ...]
    kind: tuple[str, ...]
    attributes: Table = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Flowpaths:
    """The river reaches.

    Parameters
    ----------
    ids : ``wb-N``
    toid : the nexus at the lower end
    divide_id : the catchment around it; "" where it has none
    length_m : shape (n,) [m]; NaN where unknown
    waterbody : id of the lake that the reach is part of; "" where none
    attributes : every other column of the flowpaths table (order, hydroseq, ...) and of the
        flowpath attributes (n, So, ...), NaN where a flowpath has no row there
    has_routing_attributes : whether the fabric has a table of flowpath attributes
    """

    ids: tuple[str, ...]
    toid: tuple[str, ...]
    divide_id: tuple[str, ...]
    length_m: Floats
    waterbody: tuple[str, ...]
    attributes: Table = field(default_factory=dict)
    has_routing_attributes: bool = False

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Lakes:
    """The lakes and reservoirs.

    Parameters
    ----------
    ids : the lake's number, as flowpaths name it in ``waterbody``
    attributes : every column of the table (LkArea, LkMxE, WeirL, OrificeA, ifd, ...)
    """

    ids: tuple[str, ...]
    attributes: Table = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class Hydrofabric:
    """A river basin, or several: what was read from one fabric.

    Parameters
    ----------
    source : the file (of a GeoJSON pair: the catchments)
    version : "2.0", "2.1.1", "2.2", "geojson"
    flowpaths, lakes : None where the fabric has no such table
    tables : every table of the file by name, each read when asked for
    notes : what reading had to decide (repeated rows); part of what ``find_problems`` returns
    sources : all files that were read
    places : file and table that catchments ("divides"), "nexus", "flowpaths", ... came from
    """

    source: Path
    version: str
    catchments: Catchments
    nexuses: Nexuses
    flowpaths: Flowpaths | None = None
    lakes: Lakes | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    sources: tuple[Path, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def network(self) -> RiverNetwork:
        """The catchments as a river network: each drains, by way of its nexus, into the next.

        Raises
        ------
        HydrofabricError
            the network contains a cycle.
        """
        return self._remember("network", self._catchment_network)

    @property
    def flowpath_network(self) -> RiverNetwork:
        """The flowpaths as a river network; without flowpaths, that of the catchments.

        Raises
        ------
        HydrofabricError
            the network contains a cycle.
        """
        return self._remember("flowpath_network", self._flowpath_network)

    @property
    def catchment_flowpath(self) -> Index:
        """Shape (catchments,): the flowpath of each catchment, -1 where it has none."""
        return self._remember("catchment_flowpath", self._find_catchment_flowpath)

    @property
    def flowpath_nexus(self) -> Index:
        """Shape (flowpaths,): the nexus at the lower end of each flowpath, -1 where it is missing."""
        toid = () if self.flowpaths is None else self.flowpaths.toid
        return self._remember("flowpath_nexus", lambda: look_up(toid, self.nexus_index))

    @property
    def nexus_flowpath(self) -> Index:
        """Shape (nexuses,): the flowpath that each nexus drains into, -1 at an outlet."""
        return self._remember("nexus_flowpath", self._find_nexus_flowpath)

    @property
    def nexus_catchment(self) -> Index:
        """Shape (nexuses,): the catchment that each nexus drains into, -1 at an outlet."""
        return self._remember("nexus_catchment", self._find_nexus_catchment)

    @property
    def catchment_index(self) -> Mapping[str, int]:
        """Catchment id → index (of the first, where an id is given twice)."""
        return self._remember("catchment_index", lambda: index_of(self.catchments.ids))

    @property
    def nexus_index(self) -> Mapping[str, int]:
        """Nexus id → index."""
        return self._remember("nexus_index", lambda: index_of(self.nexuses.ids))

    @property
    def flowpath_index(self) -> Mapping[str, int]:
        """Flowpath id → index; empty without flowpaths."""
        ids = () if self.flowpaths is None else self.flowpaths.ids
        return self._remember("flowpath_index", lambda: index_of(ids))

    def table(self, name: str) -> Table:
        """Return a table of the file by name (``-`` and ``_`` alike); empty where there is none."""
        plain = name.replace("_", "-").lower()
        for known in self.tables:
            if known.replace("_", "-").lower() == plain:
                return self.tables[known]
        return {}

    def contributing(self, nexus: str | int) -> Index:
        """Return the indices of the catchments that drain to a nexus (id or index)."""
        position = self.nexus_index[nexus] if isinstance(nexus, str) else nexus
        order, first = self._remember("contributing", self._contributors)
        members: Index = order[first[position] : first[position + 1]]
        return members

    def receiving_flowpath(self, nexus: str | int) -> int:
        """Return the index of the flowpath that a nexus (id or index) drains into, -1 at an outlet."""
        position = self.nexus_index[nexus] if isinstance(nexus, str) else nexus
        return int(self.nexus_flowpath[position])

    def _remember(self, name: str, compute: Callable[[], T]) -> T:
        """Return what ``compute`` gave the first time: the fabric is frozen, so it stays true."""
        if name not in self._derived:
            self._derived[name] = compute()
        value: T = self._derived[name]
        return value

    def _catchment_network(self) -> RiverNetwork:
        return RiverNetwork.from_downstream(
            self.catchments.ids, through(self.catchments.nexus, self.nexus_catchment)
        )

    def _flowpath_network(self) -> RiverNetwork:
        if self.flowpaths is None:
            return self.network
        return RiverNetwork.from_downstream(
            self.flowpaths.ids, through(self.flowpath_nexus, self.nexus_flowpath)
        )

    def _find_catchment_flowpath(self) -> Index:
        if self.flowpaths is None:
            return np.full(len(self.catchments), -1, np.int64)
        by_divide = index_of(self.flowpaths.divide_id)
        found = look_up(self.catchments.ids, by_divide)
        own = self.catchments.attributes.get("id")
        if own is not None:
            found = np.where(found < 0, look_up(own.tolist(), self.flowpath_index), found)
        return found

    def _find_nexus_flowpath(self) -> Index:
        direct = look_up(self.nexuses.toid, self.flowpath_index)
        by_catchment = through(look_up(self.nexuses.toid, self.catchment_index), self.catchment_flowpath)
        return np.where(direct >= 0, direct, by_catchment)

    def _find_nexus_catchment(self) -> Index:
        direct = look_up(self.nexuses.toid, self.catchment_index)
        own = np.where(direct >= 0, direct, look_up(self.nexuses.toid, self._catchment_of_flowpath()))
        found, flowpath = own, self.nexus_flowpath
        for _ in range(0 if self.flowpaths is None else len(self.flowpaths)):
            # a flowpath without a catchment passes the water on to the nexus below it
            onward = through(np.where(found < 0, flowpath, -1), self.flowpath_nexus)
            if not (onward >= 0).any():
                break
            found = np.where(onward >= 0, through(onward, own), found)
            flowpath = np.where(onward >= 0, through(onward, self.nexus_flowpath), -1)
        return found

    def _catchment_of_flowpath(self) -> Mapping[str, int]:
        """Return flowpath id → catchment: from the flowpaths, else from the divides' own column."""
        known: dict[str, int] = {}
        own = self.catchments.attributes.get("id")
        if own is not None:
            known |= index_of(own.tolist())
        if self.flowpaths is not None:
            at = look_up(self.flowpaths.divide_id, self.catchment_index).tolist()
            known |= {wb: i for wb, i in zip(self.flowpaths.ids, at, strict=True) if i >= 0}
        return known

    def _contributors(self) -> tuple[Index, Index]:
        nexus = self.catchments.nexus
        order = np.argsort(nexus, kind="stable")
        return order, np.searchsorted(nexus[order], np.arange(len(self.nexuses) + 1))


def index_of(ids: Sequence[str]) -> dict[str, int]:
    """Return id → index of its first occurrence; the empty id is left out."""
    index = {identifier: i for i, identifier in reversed(list(enumerate(ids)))}
    index.pop("", None)
    return index


def look_up(ids: Sequence[str], index: Mapping[str, int]) -> Index:
    """Return the index of each id, -1 where it is unknown."""
    return np.fromiter((index.get(identifier, -1) for identifier in ids), np.int64, len(ids))


def through(first: Index, second: Index) -> Index:
    """Follow one pointer after another: ``second[first]``, -1 where either ends."""
    if second.size == 0:
        return np.full(first.shape, -1, np.int64)
    return np.where(first >= 0, second[first], -1)
