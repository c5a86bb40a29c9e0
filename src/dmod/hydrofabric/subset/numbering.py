"""Every flowpath, nexus and divide of a fabric by one number, and where each one drains.

Flowpaths come first, then nexuses, then divides; within each kind they are ordered by their id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError
from dmod.hydrofabric.geopackage import NEEDED
from dmod.hydrofabric.subset.graph import Index, Lists
from dmod.hydrofabric.subset.source import SourceTable, whole

KINDS = ("flowpath", "nexus", "divide")
NULLS = frozenset({"", "na", "nan", "null", "none"})
_LONGEST_NULL = 4


@dataclass(slots=True)
class Numbering:
    """Numbers of features, and what was learned while the features were read.

    Parameters
    ----------
    ids : the ids of each kind, ascending
    feature, divide : id → number; where a flowpath and a divide share an id, ``feature`` means the
        flowpath and ``divide`` the divide
    rows : part → row number and node of every row of divides, flowpaths and nexus
    area : shape (divides,) [km²], NaN where unknown
    vpu : shape (flowpaths + nexuses + divides,), number of the processing unit, 0 for none
    vpus : names of the processing units, the first being ""
    mentions : locations that nexuses name: (text, node)
    poi : (number of a point of interest, node), as flowpaths and nexuses say
    """

    ids: dict[str, list[str]]
    feature: dict[str, int]
    divide: dict[str, int]
    rows: dict[str, tuple[Index, Index]]
    down: Lists
    above: Lists
    drains: Lists
    area: NDArray[np.float64]
    vpu: NDArray[np.uint16]
    vpus: list[str] = field(default_factory=lambda: [""])
    mentions: list[tuple[str, int]] = field(default_factory=list)
    poi: list[tuple[str, int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.vpu)

    @property
    def flowpaths(self) -> int:
        """How many flowpaths there are; the number of the first nexus."""
        return len(self.ids["flowpath"])

    @property
    def first_divide(self) -> int:
        """The number of the first divide."""
        return len(self.ids["flowpath"]) + len(self.ids["nexus"])


@dataclass(slots=True)
class _Columns:
    """Columns of one table by name, None for null; ``rowid`` among them."""

    rowid: list[int]
    values: dict[str, list[Any]]

    def __getitem__(self, name: str) -> list[Any]:
        return self.values[name]


def number_features(database: sqlite3.Connection, tables: Sequence[SourceTable], path: object) -> Numbering:
    """Read divides, flowpaths and nexuses, and number them.

    Raises
    ------
    HydrofabricError
        the file lacks the tables or columns of a hydrofabric.
    """
    parts = {table.part: table for table in reversed(tables)}
    divides = _read(database, parts, "divides", path)
    flowpaths = _read(database, parts, "flowpaths", path)
    nexuses = _read(database, parts, "nexus", path)
    ids = {
        "flowpath": _ordered(flowpaths["id"]),
        "nexus": _ordered(nexuses["id"]),
        "divide": _ordered(divides["divide_id"]),
    }
    n_flowpaths, n_nexuses = len(ids["flowpath"]), len(ids["nexus"])
    divide = _numbers(ids["divide"], n_flowpaths + n_nexuses)
    flowpath = _numbers(ids["flowpath"], 0)
    feature = {**divide, **_numbers(ids["nexus"], n_flowpaths), **flowpath}
    node = {
        "divides": look_up(divide, divides["divide_id"]),
        "flowpaths": look_up(flowpath, flowpaths["id"]),
        "nexus": look_up(feature, nexuses["id"]),
    }
    own = _flowpaths_of(divides, flowpaths, divide, flowpath)
    aliases = _aliases(divides, divide, feature)
    edges = [
        (node["flowpaths"], look_up(feature, flowpaths["toid"])),
        (node["nexus"], np.maximum(look_up(feature, nexuses["toid"]), look_up(aliases, nexuses["toid"]))),
        own,
        _without(own[0], node["divides"], look_up(feature, divides["toid"])),
    ]
    count = n_flowpaths + n_nexuses + len(ids["divide"])
    source, target = _joined(edges)
    numbering = Numbering(
        ids=ids,
        feature=feature,
        divide=divide,
        rows={
            part: (np.array(read.rowid, np.int64), node[part])
            for part, read in (("divides", divides), ("flowpaths", flowpaths), ("nexus", nexuses))
        },
        down=Lists.from_pairs(source, target, count),
        above=Lists.from_pairs(target, source, count),
        drains=Lists.from_pairs(*_joined([(node["divides"], look_up(feature, divides["toid"]))]), count),
        area=_areas(divides, node["divides"] - n_flowpaths - n_nexuses, len(ids["divide"])),
        vpu=np.zeros(count, np.uint16),
    )
    for read, part in ((divides, "divides"), (flowpaths, "flowpaths")):
        note_vpus(numbering, node[part], read["vpuid"])
    _note_locations(numbering, nexuses, node["nexus"], flowpaths, node["flowpaths"])
    return numbering


def look_up(index: Mapping[str, int], values: Iterable[Any]) -> Index:
    """Return the number of each id, -1 where it is unknown or null."""
    return np.fromiter(map(index.get, values, repeat(-1)), np.int64)


def note_vpus(numbering: Numbering, node: Index, names: Sequence[Any]) -> None:
    """Note the processing unit of features that have none yet."""
    known = {name: number for number, name in enumerate(numbering.vpus)}
    for name in {name for name in set(names) if not is_null(name)}:
        if str(name) not in known:
            known[str(name)] = len(numbering.vpus)
            numbering.vpus.append(str(name))
    of_name = {name: known.get(str(name), 0) for name in set(names)}
    found = np.fromiter(map(of_name.__getitem__, names), np.uint16, len(names))
    free = (node >= 0) & (found > 0)
    free[free] = numbering.vpu[node[free]] == 0
    numbering.vpu[node[free]] = found[free]


def is_null(value: object) -> bool:
    """Return whether a value is null in any spelling of it."""
    return value is None or (isinstance(value, str) and value.strip().lower() in NULLS)


def plain(value: object) -> str:
    """Return a number without decimals, a text as it is: 18025, "18025" and 18025.0 are one."""
    return str(value).strip().removesuffix(".0")


_WANTED = {
    "divides": {
        "divide_id": ("divide_id", "id"),
        "toid": ("toid",),
        "id": ("id",),
        "area": ("areasqkm", "area_sqkm"),
        "vpuid": ("vpuid", "vpu"),
    },
    "flowpaths": {
        "id": ("id",),
        "toid": ("toid",),
        "divide_id": ("divide_id", "realized_catchment"),
        "vpuid": ("vpuid", "vpu"),
        "poi": ("poi_id", "hl_id"),
    },
    "nexus": {"id": ("id",), "toid": ("toid",), "poi": ("poi_id", "hl_id"), "uri": ("hl_uri",)},
}
_NEEDED = {"divides": ("divide_id", "toid"), "flowpaths": ("id", "toid"), "nexus": ("id", "toid")}


def _read(
    database: sqlite3.Connection, parts: Mapping[str, SourceTable], part: str, path: object
) -> _Columns:
    table = parts.get(part)
    wanted = _WANTED[part]
    if table is None and part == "flowpaths":
        return _Columns([], {name: [] for name in wanted})
    if table is None:
        names = ", ".join(sorted(table.name for table in parts.values())) or "no tables at all"
        raise HydrofabricError(
            f"{path} is no hydrofabric: it has no table {part!r}; it has {names}", hint=NEEDED
        )
    columns = {name: table.column(*spellings) for name, spellings in wanted.items()}
    for name in _NEEDED[part]:
        if not columns[name] or not table.rowid:
            lacks = "row numbers" if columns[name] else f"column {' or '.join(map(repr, wanted[name]))}"
            raise HydrofabricError(
                f"{path}: table {table.name!r} has no {lacks}; it has {', '.join(table.columns)}", hint=NEEDED
            )
    rowid, *values = whole(database, table, list(columns.values()))
    read = _Columns(rowid, dict(zip(columns, values, strict=True)))
    for name in ("divide_id", "id", "toid"):
        if name in read.values:
            read.values[name] = _as_text(read.values[name])
    return read


def _as_text(values: list[Any]) -> list[Any]:
    """Return ids as text; almost always they are."""
    if set(map(type, values)) <= {str, type(None)}:
        return values
    return [None if value is None else plain(value) for value in values]


def _ordered(values: Iterable[Any]) -> list[str]:
    # sorting what is nearly sorted, as ids in a file are, is ten times as fast as sorting a set
    found = list(dict.fromkeys(sorted(value for value in values if value is not None)))
    return [value for value in found if len(value) > _LONGEST_NULL or not is_null(value)]


def _numbers(ids: Sequence[str], first: int) -> dict[str, int]:
    return dict(zip(ids, range(first, first + len(ids)), strict=True))


def _flowpaths_of(
    divides: _Columns, flowpaths: _Columns, divide: Mapping[str, int], flowpath: Mapping[str, int]
) -> tuple[Index, Index]:
    """Return divides and their flowpaths: as flowpaths say, else divides, else by their number."""
    named = look_up(divide, flowpaths["divide_id"]), look_up(flowpath, flowpaths["id"])
    there = (named[0] >= 0) & (named[1] >= 0)
    owner, own = named[0][there], named[1][there]
    candidates = [look_up(flowpath, divides["id"])]
    if not there.any() and flowpath and not (candidates[0] >= 0).any():
        same = [f"wb-{str(name).partition('-')[2]}" for name in divides["divide_id"]]
        candidates.append(look_up(flowpath, same))
    node = look_up(divide, divides["divide_id"])
    for found in candidates:
        left = (node >= 0) & (found >= 0) & ~_among(node, owner)
        owner, own = np.concatenate((owner, node[left])), np.concatenate((own, found[left]))
    return owner, own


def _among(nodes: Index, known: Index) -> NDArray[np.bool_]:
    """Return which of ``nodes`` are known; -1 is not."""
    marked = np.zeros(int(max(nodes.max(initial=-1), known.max(initial=-1))) + 2, dtype=bool)
    marked[known] = True
    marked[-1] = False
    found: NDArray[np.bool_] = marked[nodes]
    return found


def _aliases(divides: _Columns, divide: Mapping[str, int], feature: Mapping[str, int]) -> dict[str, int]:
    """Return flowpath id → divide, for divides whose flowpath has no row of its own."""
    pairs = zip(divides["id"], divides["divide_id"], strict=True)
    return {
        own: divide[name]
        for own, name in pairs
        if own is not None and own not in feature and not is_null(own) and name in divide
    }


def _without(known: Index, source: Index, target: Index) -> tuple[Index, Index]:
    """Leave out the pairs whose source is known already."""
    kept = ~_among(source, known)
    return source[kept], target[kept]


def _joined(edges: Sequence[tuple[Index, Index]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return source and target of the pairs that have both."""
    source = np.concatenate([pair[0] for pair in edges])
    target = np.concatenate([pair[1] for pair in edges])
    there = (source >= 0) & (target >= 0) & (source != target)
    return source[there].astype(np.int32), target[there].astype(np.int32)


def _areas(divides: _Columns, position: Index, count: int) -> NDArray[np.float64]:
    area = np.full(count, np.nan)
    values = np.array(
        [value if isinstance(value, int | float) else np.nan for value in divides["area"]], dtype=np.float64
    )
    there = position >= 0
    area[position[there][::-1]] = values[there][::-1]  # of repeated rows the first counts
    return area


def _note_locations(
    numbering: Numbering, nexuses: _Columns, nexus: Index, flowpaths: _Columns, flowpath: Index
) -> None:
    for node, uri in zip(nexus.tolist(), nexuses["uri"], strict=True):
        if uri is not None and node >= 0 and not is_null(uri):
            numbering.mentions.append((str(uri), node))
    for read, nodes in ((flowpaths, flowpath), (nexuses, nexus)):
        numbering.poi += [
            (plain(number), node)
            for number, node in zip(read["poi"], nodes.tolist(), strict=True)
            if number is not None and node >= 0 and not is_null(number)
        ]
