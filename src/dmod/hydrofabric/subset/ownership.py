"""Which rows of every table belong to which flowpath, nexus or divide.

A row belongs to the feature that its key names. A point of interest belongs to its flowpath and its nexus,
a lake to every flowpath that lies in it and to its point of interest. A table without a key has no owner.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.geopackage import quoted
from dmod.hydrofabric.subset.graph import Index
from dmod.hydrofabric.subset.numbering import Numbering, is_null, look_up, note_vpus, plain
from dmod.hydrofabric.subset.source import RASTERS, SourceTable, scan

How = Literal["rows", "whole", "none"]
Pairs = tuple[Index, Index]
"""Nodes and the numbers of rows that belong to them, in no order; node -1 means no owner."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The rows of one table by the feature they belong to.

    Parameters
    ----------
    how : "rows": those of the selected features are copied; "whole": all; "none": none
    by : the columns that say whose row it is
    node, row : shape (n,), ascending by node, then by row
    total, ownerless : how many rows there are, and how many belong to no feature
    """

    table: SourceTable
    how: How
    by: tuple[str, ...]
    node: NDArray[np.int32]
    row: Index
    total: int = 0
    ownerless: int = 0


@dataclass(slots=True)
class Locations:
    """What is learned from other tables about points of interest, lakes and named places.

    Parameters
    ----------
    poi, lake : number of a point of interest, of a lake → nodes
    gauges : (text, flowpath) as flowpath attributes have it
    uris : (text, node) as hydrolocations have it
    network : (text, nexus) as the network table has it
    network_table : says which flowpath a reach of the source data (``hf_id``) became part of
    """

    poi: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    lake: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    gauges: list[tuple[str, int]] = field(default_factory=list)
    uris: list[tuple[str, int]] = field(default_factory=list)
    network: set[tuple[str, int]] = field(default_factory=set)
    network_table: SourceTable | None = None


_FIRST = ("divides", "flowpaths", "nexus")
_ORDER = ("pois", "hydrolocations", "flowpathattributes", "network")
_POI = ("poi_id", "hl_id")
_LAKE = ("lake_id", "WaterbodyID", "rl_NHDWaterbodyComID")
_FEATURE = ("divide_id", "id", "link", "flowpath_id", "nex_id", "nexus_id")
_REACH = "hf_id"
_BELOW = ("toid", "to")


def assign_rows(
    database: sqlite3.Connection,
    tables: Sequence[SourceTable],
    numbering: Numbering,
    tell: Callable[[str], None],
) -> tuple[list[Owned], Locations]:
    """Return whose rows every table holds, in the tables' own order, and the places named in them."""
    locations = Locations()
    for number, node in numbering.poi:
        locations.poi[number].add(node)
    owned: dict[str, Owned] = {}
    for table in sorted(tables, key=_rank):
        tell(f"reading table {table.name}")
        owned[table.name] = _assigned(database, table, numbering, locations)
    return [owned[table.name] for table in tables], locations


def _rank(table: SourceTable) -> int:
    """Put tables that others are understood by first."""
    order = (*_FIRST, *_ORDER)
    return order.index(table.part) if table.part in order else len(order)


def _assigned(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> Owned:
    if table.data_type in RASTERS:
        return _unowned(table, "none")
    if table.part in _FIRST:
        row, node = numbering.rows[table.part]
        key = table.column("divide_id", "id") if table.part == "divides" else table.column("id")
        return _sorted(table, (key,), [(node, row)])
    if not table.rowid:
        return _unowned(table, "whole", _count(database, table))
    by, pairs = _RULES.get(table.part, _by_any_key)(database, table, numbering, locations)
    found = _sorted(table, by, pairs)
    if by and (found.node.size or not found.total):
        return found
    return _unowned(table, "whole", found.total or _count(database, table))


def _unowned(table: SourceTable, how: How, total: int = 0) -> Owned:
    return Owned(table, how, (), np.zeros(0, np.int32), np.zeros(0, np.int64), total, total)


def _count(database: sqlite3.Connection, table: SourceTable) -> int:
    return int(database.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()[0])


def _sorted(table: SourceTable, by: tuple[str, ...], pairs: Iterable[Pairs]) -> Owned:
    """Order by node and row; a row without any owner is counted."""
    found = list(pairs) or [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    node = np.concatenate([pair[0] for pair in found])
    row = np.concatenate([pair[1] for pair in found])
    total = _distinct(row)
    node, row = node[node >= 0].astype(np.int32), row[node >= 0]
    order = np.lexsort((row, node)) if (np.diff(row) < 0).any() else node.argsort(kind="stable")
    ownerless = total - _distinct(row)
    return Owned(table, "rows", by, node[order], row[order], total, ownerless)


def _distinct(rows: Index) -> int:
    """Count row numbers; repeated ones follow each other."""
    return int(np.count_nonzero(np.diff(rows))) + 1 if rows.size else 0


Rule = Callable[
    [sqlite3.Connection, SourceTable, Numbering, Locations], tuple[tuple[str, ...], Iterable[Pairs]]
]


def _by_network(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> tuple[tuple[str, ...], Iterable[Pairs]]:
    """Rows of the network belong to their flowpath or nexus, those of neither to their divide."""
    own, divide = table.column("id"), table.column("divide_id")
    below, uri = table.column("toid"), table.column("hl_uri")
    vpu = table.column("vpuid", "vpu") if len(numbering.vpus) == 1 else ""
    locations.network_table = table

    def pairs() -> Iterator[Pairs]:
        for row, ids, divides, toids, uris, vpus in scan(database, table, (own, divide, below, uri, vpu)):
            node, area = look_up(numbering.feature, ids), look_up(numbering.divide, divides)
            if vpu:
                note_vpus(numbering, node, vpus)
                note_vpus(numbering, area, vpus)
            for text, toid in zip(uris, toids, strict=True):
                if text is not None and toid in numbering.feature and not is_null(text):
                    locations.network.add((str(text), numbering.feature[toid]))
            yield np.where(node >= 0, node, area), np.array(row, np.int64)

    return tuple(filter(None, (own, divide))), pairs()


def _by_point(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> tuple[tuple[str, ...], Iterable[Pairs]]:
    """Points of interest belong to their flowpath and to their nexus."""
    own, nexus, poi = table.column("id"), table.column("nex_id"), table.column(*_POI)
    uri, reference, link = table.column("hl_uri"), table.column("hl_reference"), table.column("hl_link")

    def pairs() -> Iterator[Pairs]:
        for row, *columns in scan(database, table, (own, nexus, poi, uri, reference, link)):
            found: list[tuple[int, int]] = []
            for number, at, below, point, text, kind, name in zip(row, *columns, strict=True):
                nodes = {numbering.feature.get(at, -1), numbering.feature.get(below, -1)} - {-1}
                nodes = nodes or (set() if point is None else set(locations.poi.get(plain(point), ())))
                found += [(node, number) for node in sorted(nodes) or [-1]]
                if point is not None and not is_null(point):
                    locations.poi[plain(point)] |= nodes
                label = text if not is_null(text) else "" if is_null(link) else f"{kind}-{name}"
                if label and nodes:
                    locations.uris.append((str(label), min(nodes)))  # flowpaths come before nexuses
            yield _columns(found)

    return tuple(filter(None, (own, nexus, poi))), pairs()


def _by_flowpath(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> tuple[tuple[str, ...], Iterable[Pairs]]:
    """Flowpath attributes belong to their flowpath; gauges and lakes are noted."""
    own, link = table.column("id"), table.column("link")
    gauge, lake = table.column("gage", "rl_gages"), table.column(*_LAKE)

    def pairs() -> Iterator[Pairs]:
        for row, ids, links, gauges, lakes in scan(database, table, (own, link, gauge, lake)):
            node = look_up(numbering.feature, ids)
            if link:
                node = np.where(node >= 0, node, look_up(numbering.feature, links))
            locations.gauges += _named(gauges, node)
            for name, at in _named(lakes, node):
                locations.lake[name].add(at)
            yield node, np.array(row, np.int64)

    return tuple(filter(None, (own, link))), pairs()


def _named(values: Iterable[Any], node: Index) -> list[tuple[str, int]]:
    there = ((value, at) for value, at in zip(values, node.tolist(), strict=True) if value is not None)
    return [(plain(value), at) for value, at in there if at >= 0 and not is_null(value)]


def _columns(found: Sequence[tuple[int, int]]) -> Pairs:
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _by_lake(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> tuple[tuple[str, ...], Iterable[Pairs]]:
    """Lakes belong to the flowpaths in them, to their point of interest, and to what their id names."""
    lake, poi = table.column("lake_id", "hl_link"), table.column(*_POI)
    own, below = table.column("id"), table.column("toid")

    def pairs() -> Iterator[Pairs]:
        for row, lakes, points, ids, toids in scan(database, table, (lake, poi, own, below)):
            found: list[tuple[int, int]] = []
            for number, name, point, at, toid in zip(row, lakes, points, ids, toids, strict=True):
                nodes = set() if name is None else set(locations.lake.get(plain(name), ()))
                nodes |= set() if point is None else set(locations.poi.get(plain(point), ()))
                nodes |= {numbering.feature.get(at, -1)} - {-1}
                nodes = nodes or {numbering.feature.get(toid, -1)}
                found += [(node, number) for node in sorted(nodes)]
            yield _columns(found)

    return tuple(filter(None, (lake, poi, own, below))), pairs()


def _by_any_key(
    database: sqlite3.Connection, table: SourceTable, numbering: Numbering, locations: Locations
) -> tuple[tuple[str, ...], Iterable[Pairs]]:
    """Rows of a table that is not known belong to what the first of its keys names that names anything."""
    for name in (*_FEATURE, *_POI, *_LAKE, _REACH, *_BELOW):
        column = table.column(name)
        if not column:
            continue
        pairs = list(_of_key(database, table, column, name, numbering, locations))
        if not pairs or any((node >= 0).any() for node, _ in pairs):
            return (column,), pairs
    return (), []


def _of_key(
    database: sqlite3.Connection,
    table: SourceTable,
    column: str,
    name: str,
    numbering: Numbering,
    locations: Locations,
) -> Iterator[Pairs]:
    several: Mapping[str, set[int]] | None = None
    if name in _POI or name in _LAKE:
        several = locations.poi if name in _POI else locations.lake
    elif name == _REACH:
        several = _reaches(database, numbering, locations)
    features = numbering.divide if name == "divide_id" else numbering.feature
    for row, values in scan(database, table, (column,)):
        if several is None:
            yield look_up(features, _texts(values)), np.array(row, np.int64)
            continue
        found = [
            (node, number)
            for number, value in zip(row, values, strict=True)
            for node in sorted(several.get(plain(value), {-1}))
        ]
        yield _columns(found)


def _reaches(
    database: sqlite3.Connection, numbering: Numbering, locations: Locations
) -> Mapping[str, set[int]]:
    """Return reach of the source data → the flowpaths it is part of, from the network table."""
    table = locations.network_table
    found: dict[str, set[int]] = defaultdict(set)
    if table is not None and table.column(_REACH):
        for _, ids, reaches in scan(database, table, (table.column("id"), table.column(_REACH))):
            for reach, node in _named(reaches, look_up(numbering.feature, ids)):
                found[reach].add(node)
    return found


def _texts(values: Sequence[Any]) -> Sequence[Any]:
    return values if set(map(type, values)) <= {str, type(None)} else [plain(value) for value in values]


_RULES: Mapping[str, Rule] = {
    "network": _by_network,
    "pois": _by_point,
    "hydrolocations": _by_point,
    "flowpathattributes": _by_flowpath,
    "flowpathattributesml": _by_flowpath,
    "lakes": _by_lake,
}
