"""Build the index of a fabric: one pass over the columns that say what belongs to what."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dmod.errors import HydrofabricError
from dmod.hydrofabric.subset.array_file import Arrays
from dmod.hydrofabric.subset.boxes import boxes_of_nodes
from dmod.hydrofabric.subset.domain import domain_of_place, domain_of_units
from dmod.hydrofabric.subset.fingerprint import content_hash, fingerprint
from dmod.hydrofabric.subset.graph import distinct, walk
from dmod.hydrofabric.subset.numbering import KINDS, Numbering, number_features
from dmod.hydrofabric.subset.ownership import Owned, assign_rows
from dmod.hydrofabric.subset.places import name_places
from dmod.hydrofabric.subset.projection import layer_system, middle_of
from dmod.hydrofabric.subset.source import SourceTable, describe_tables, reading, view_names

Tell = Callable[[str], None]


def build_index(fabric: Path, tell: Tell) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and facts of a fabric's index.

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such file, it is no hydrofabric, it is damaged, or it changed meanwhile.
    """
    before = fingerprint(fabric) if fabric.is_file() else ""
    stopped = threading.Event()
    with ThreadPoolExecutor(1) as beside, _without_search_for_rubbish():
        try:
            hashing = beside.submit(content_hash, fabric, stopped) if before else None
            with reading(fabric) as database:
                arrays, facts = _read(fabric, database, tell)
            content = hashing.result() if hashing is not None else ""
        finally:
            stopped.set()  # who is refused or stops does not wait for a hash of gigabytes
    if fingerprint(fabric) != before:
        raise HydrofabricError(
            f"{fabric} changed while it was read", hint="try again when nobody writes to it"
        )
    return arrays, {**facts, "fingerprint": before, "content": content}


@contextmanager
def _without_search_for_rubbish() -> Iterator[None]:
    """Leave out the search for cycles among millions of texts that all stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(fabric: Path, database: sqlite3.Connection, tell: Tell) -> tuple[Arrays, dict[str, Any]]:
    tables = describe_tables(database)
    tell("reading the river network")
    numbering = number_features(database, tables, fabric)
    owned, locations = assign_rows(database, tables, numbering, tell)
    tell("naming places")
    names, nodes = name_places(numbering, locations, _drained(numbering))
    arrays = {
        **{f"id.{kind}": np.array([i.encode() for i in numbering.ids[kind]], "S") for kind in KINDS},
        "area": numbering.area,
        "vpu": numbering.vpu,
        "place.name": names,
        "place.node": nodes,
        **_boxes(database, tables, numbering),
    }
    for name in ("above", "down", "drains"):
        lists = getattr(numbering, name)
        arrays |= {f"{name}.offset": lists.offset, f"{name}.item": lists.item}
    for number, table in enumerate(owned):
        arrays |= {f"table.{number}.node": table.node, f"table.{number}.row": table.row}
    system = layer_system(database, next(table for table in tables if table.part == "divides"))
    facts = {
        "tables": [(t.table.name, t.how, t.by, t.total, t.ownerless) for t in owned],
        "vpus": numbering.vpus,
        "system": system,
        "domain": _domain(numbering, owned, database, system, arrays),
        "notes": _notes(owned, view_names(database)),
        "bytes": fabric.stat().st_size,
    }
    return {name: _narrowed(array) for name, array in arrays.items()}, facts


def _narrowed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Store row numbers and offsets in four bytes where they fit: the file is mapped, size is time."""
    small = array.dtype == np.int64 and (not array.size or -(2**31) <= array.min() <= array.max() < 2**31)
    return array.astype(np.int32) if small else array


def _drained(numbering: Numbering) -> Callable[[int], float]:
    def area(flowpath: int) -> float:
        above = walk(numbering.above, np.array([flowpath]))
        divides = above[above >= numbering.first_divide] - numbering.first_divide
        return float(np.nansum(numbering.area[divides]))

    return area


def _boxes(database: sqlite3.Connection, tables: Sequence[SourceTable], numbering: Numbering) -> Arrays:
    """Return boxes of all divides, and of the flowpaths that have none around them."""
    parts = {table.part: table for table in reversed(tables)}
    row, node = numbering.rows["divides"]
    first = numbering.first_divide
    count = len(numbering.ids["divide"])
    boxes = {
        "box": boxes_of_nodes(database, parts["divides"], row, np.where(node < 0, -1, node - first), count)
    }
    bare = np.ones(numbering.flowpaths, bool)
    with_divide = numbering.above.item[numbering.above.item >= first]
    owners = numbering.down.of(distinct(with_divide))
    bare[owners[owners < numbering.flowpaths]] = False
    alone = np.flatnonzero(bare)
    boxes["alone"] = alone.astype(np.int32)
    if "flowpaths" in parts and alone.size:
        row, node = numbering.rows["flowpaths"]
        at = np.full(numbering.flowpaths + 1, -1)
        at[alone] = np.arange(alone.size)
        boxes["alone.box"] = boxes_of_nodes(database, parts["flowpaths"], row, at[node], alone.size)
    else:
        boxes["alone.box"] = np.zeros((4, 0), np.float32)
    return boxes


def _domain(
    numbering: Numbering,
    owned: Sequence[Owned],
    database: sqlite3.Connection,
    system: dict[str, Any],
    arrays: Arrays,
) -> str:
    """Tell the domain by the processing units, else by what lakes say, else by the middle of the shapes."""
    found = domain_of_units(numbering.vpus)
    if not found:
        lakes = next((t.table for t in owned if t.table.part == "lakes" and t.table.column("domain")), None)
        if lakes is not None:
            said = database.execute(f'SELECT DISTINCT domain FROM "{lakes.name}" WHERE domain IS NOT NULL')
            found = domain_of_units([str(name) for (name,) in said])
    if not found:
        place = middle_of(arrays["box"], system)
        found = "" if place is None else domain_of_place(*place)
    return found


def _notes(owned: Sequence[Owned], views: Sequence[str]) -> list[str]:
    notes = []
    for table in owned:
        name = table.table.name
        if table.how == "whole" and table.total:
            notes.append(
                f"table {name} names no feature of the fabric: all its {table.total} rows are copied"
            )
        if table.how == "none":
            notes.append(f"table {name} holds images or grids and is left out")
    notes += [f"view {view} is left out" for view in views]
    return notes
