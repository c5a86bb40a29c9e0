"""From the tables of a file to the values of a hydrofabric: one place for the differences of versions.

v2.0 has ``flowpath_attributes`` keyed by ``id``; v2.2 has ``flowpath-attributes`` keyed by ``link`` and
``id`` alike, and ``divide-attributes``; the GeoJSON pair has ``area_sqkm`` and no attribute tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dmod.core.problem import Problem
from dmod.hydrofabric.fabric import (
    Catchments,
    Column,
    Floats,
    Flowpaths,
    Hydrofabric,
    Lakes,
    Nexuses,
    Table,
    index_of,
    look_up,
)

_NULL_WORDS = frozenset({"", "null", "na", "nan", "none"})
_TERMINAL = frozenset({"wb-0", "cat-0", "nex-0", "0", "terminal"})
_KEYS = frozenset({"id", "toid", "link", "to", "divide_id"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The tables that a hydrofabric is made of; an absent one is None.

    ``places`` says for each part which file and table it came from.
    """

    divides: Table
    nexus: Table
    flowpaths: Table | None = None
    flowpath_attributes: Table | None = None
    divide_attributes: Table | None = None
    lakes: Table | None = None
    places: Mapping[str, str] = field(default_factory=dict)


def assemble(
    source: Path,
    version: str,
    parts: Parts,
    *,
    tables: Mapping[str, Table],
    sources: tuple[Path, ...],
    notes: Sequence[Problem] = (),
) -> Hydrofabric:
    """Return the hydrofabric that the tables describe, sound or not: ``find_problems`` judges it."""
    nexuses, nexus_notes = _nexuses(parts)
    catchments, catchment_notes = _catchments(parts, nexuses)
    flowpaths, flowpath_notes = _flowpaths(parts, catchments, nexuses)
    return Hydrofabric(
        source=source,
        version=version,
        catchments=catchments,
        nexuses=_ending(nexuses, catchments, flowpaths),
        flowpaths=flowpaths,
        lakes=_lakes(parts.lakes),
        tables=tables,
        notes=(*notes, *nexus_notes, *catchment_notes, *flowpath_notes),
        sources=sources,
        places=parts.places,
    )


def _nexuses(parts: Parts) -> tuple[Nexuses, list[Problem]]:
    ids, toid = _ids(parts.nexus, "id"), _ids(parts.nexus, "toid")
    rows = list(zip(ids, toid, strict=True))
    first = {row: i for i, row in reversed(list(enumerate(rows)))}
    keep = sorted(first.values())
    notes = []
    if len(keep) < len(rows):
        notes.append(_repeated("nexus", [row[0] for i, row in enumerate(rows) if first[row] != i], parts))
        ids, toid = tuple(ids[i] for i in keep), tuple(toid[i] for i in keep)
    attributes = {name: column[keep] for name, column in parts.nexus.items() if name not in {"id", "toid"}}
    return Nexuses(ids, toid, tuple(identifier.split("-")[0] for identifier in ids), attributes), notes


def _ending(nexuses: Nexuses, catchments: Catchments, flowpaths: Flowpaths | None) -> Nexuses:
    """Empty the toid of nexuses that say in words or by number zero that the water ends there."""
    known = {*catchments.ids, *(flowpaths.ids if flowpaths else ())}
    toid = tuple("" if below not in known and below.lower() in _TERMINAL else below for below in nexuses.toid)
    return Nexuses(nexuses.ids, toid, nexuses.kind, nexuses.attributes)


def _catchments(parts: Parts, nexuses: Nexuses) -> tuple[Catchments, list[Problem]]:
    divides = parts.divides
    key = "divide_id" if "divide_id" in divides else "id"
    ids, toid = _ids(divides, key), _ids(divides, "toid")
    area = numbers(divides, "areasqkm" if "areasqkm" in divides else "area_sqkm", len(ids))
    attributes = {name: column for name, column in divides.items() if name not in {key, "toid"}}
    if "property_id" in attributes:
        attributes["id"] = attributes.pop("property_id")
    notes: list[Problem] = []
    if parts.divide_attributes is not None:
        extra = parts.divide_attributes
        extra_key = "divide_id" if "divide_id" in extra else "id"
        joined, notes = _joined(extra, extra_key, ids, "divide_attributes", parts)
        attributes = joined | attributes
    return Catchments(ids, area, look_up(toid, index_of(nexuses.ids)), toid, attributes), notes


def _flowpaths(
    parts: Parts, catchments: Catchments, nexuses: Nexuses
) -> tuple[Flowpaths | None, list[Problem]]:
    table = parts.flowpaths
    if table is None or not len(table.get("id", ())):
        return None, []
    ids = _ids(table, "id")
    divide_id = _divides_of(table, ids, catchments)
    attributes = {name: column for name, column in table.items() if name not in {"id", "toid", "divide_id"}}
    notes: list[Problem] = []
    if parts.flowpath_attributes is not None:
        extra = parts.flowpath_attributes
        joined, notes = _joined(extra, "id" if "id" in extra else "link", ids, "flowpath_attributes", parts)
        notes += _contradictions(ids, _ids(table, "toid"), joined, parts)
        attributes |= {name: column for name, column in joined.items() if name not in _KEYS}
    by_lower = {name.lower(): name for name in attributes}
    length_m = numbers(attributes, by_lower.pop("length_m", ""), len(ids))
    for name in ("lengthkm", "length_km"):
        length_m = np.where(np.isnan(length_m), 1000.0 * numbers(attributes, name, len(ids)), length_m)
    lake = next((by_lower[name] for name in ("waterbodyid", "rl_nhdwaterbodycomid") if name in by_lower), "")
    flowpaths = Flowpaths(
        ids=ids,
        toid=_lower_ends(_ids(table, "toid"), divide_id, catchments, nexuses),
        divide_id=divide_id,
        length_m=length_m,
        waterbody=tuple(numbered(value) for value in _ids(attributes, lake, len(ids))),
        attributes={name: column for name, column in attributes.items() if name.lower() != "length_m"},
        has_routing_attributes=parts.flowpath_attributes is not None,
    )
    return flowpaths, notes


def _contradictions(ids: Sequence[str], toid: Sequence[str], joined: Table, parts: Parts) -> list[Problem]:
    """Report flowpaths that drain elsewhere according to their attributes; the flowpaths table counts."""
    place = parts.places.get("flowpath_attributes", "")
    message = "{} contradicts the flowpaths table, which is used"
    return [
        Problem("warning", "toid-differs", message.format(name), place, differing)
        for name in ("toid", "to")
        if name in joined
        and (
            differing := tuple(
                wb
                for wb, above, below in zip(ids, toid, _ids(joined, name), strict=True)
                if below and below != above
            )
        )
    ]


def _divides_of(table: Table, ids: Sequence[str], catchments: Catchments) -> tuple[str, ...]:
    for name in ("divide_id", "realized_catchment"):
        if name in table:
            return _ids(table, name)
    known = set(catchments.ids)
    same = ("cat-" + identifier.partition("-")[2] for identifier in ids)
    return tuple(identifier if identifier in known else "" for identifier in same)


def _lower_ends(
    toid: Sequence[str], divide_id: Sequence[str], catchments: Catchments, nexuses: Nexuses
) -> tuple[str, ...]:
    """Take the nexus from the divide where a flowpath names the next flowpath instead (GeoJSON)."""
    known = set(nexuses.ids)
    of_divide = dict(zip(catchments.ids, catchments.toid, strict=True))
    return tuple(
        of_divide.get(divide, below) if below.startswith(("fp-", "wb-")) and below not in known else below
        for below, divide in zip(toid, divide_id, strict=True)
    )


def _lakes(table: Table | None) -> Lakes | None:
    if not table:
        return None
    key = next((name for name in ("lake_id", "hl_link", "id") if name in table), "")
    ids = tuple(numbered(value) for value in _ids(table, key, len(next(iter(table.values())))))
    return Lakes(ids, table) if ids else None


def _joined(
    extra: Table, key: str, ids: Sequence[str], part: str, parts: Parts
) -> tuple[dict[str, Column], list[Problem]]:
    """Return the columns of an attribute table in the order of ``ids``; the first of repeated rows counts."""
    extra_ids = _ids(extra, key)
    index = index_of(extra_ids)
    row = look_up(ids, index)
    missing = row < 0
    columns = {}
    for name, column in extra.items():
        if name == key or not column.size:
            continue
        taken = column[row]
        if missing.any():
            taken[missing] = "" if taken.dtype == object else np.nan
        columns[name] = taken
    notes = []
    if len(index) < len(extra_ids):
        notes.append(_repeated(part, [i for at, i in enumerate(extra_ids) if i and index[i] != at], parts))
    return columns, notes


def _repeated(part: str, ids: Sequence[str], parts: Parts) -> Problem:
    message = "ids stand in more than one row; the first row is used"
    return Problem(
        "warning", "repeated-row", message, parts.places.get(part, part), tuple(dict.fromkeys(ids))
    )


def _ids(table: Table, name: str, count: int | None = None) -> tuple[str, ...]:
    """Return a column as identifiers: text without spaces, "" for null in any spelling."""
    if name not in table:
        return ("",) * (len(next(iter(table.values()), ())) if count is None else count)
    return tuple(
        "" if text.lower() in _NULL_WORDS else text
        for text in (str(value).strip() for value in table[name].tolist())
    )


def numbers(table: Table, name: str, count: int) -> Floats:
    """Return a column as numbers, NaN where it is absent or a text is none."""
    if name not in table:
        return np.full(count, np.nan)
    column = table[name]
    return column if column.dtype == np.float64 else np.array([_number(value) for value in column.tolist()])


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")


def numbered(text: str) -> str:
    """Return a whole number without its decimals: lake ids are stored as text, integers and reals."""
    return text.removesuffix(".0")
