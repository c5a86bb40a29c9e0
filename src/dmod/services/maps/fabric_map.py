"""The map of one hydrofabric: its tiles, and what is asked of it while it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError, NotFoundError
from dmod.hydrofabric.geopackage import GeoPackageTables, ask, quoted
from dmod.hydrofabric.subset import FabricIndex, near_names
from dmod.hydrofabric.subset.finding import Found, find_place
from dmod.services.maps.mercator import DEEPEST, Bounds, is_tile
from dmod.services.maps.pyramid import Pyramid
from dmod.services.maps.tile import make_tile

KIND_OF = {"flowpath": "flowpath", "nexus": "nexus", "divide": "catchment"}
GAUGE = "gage-"
PREFIXES = ("", "cat-", "wb-", "nex-", GAUGE)
TABLES = ("divides", "divide-attributes", "flowpaths", "flowpath-attributes")
HIDDEN = frozenset({"divide_id", "id", "toid", "fid", "vpuid", "type", "link", "to"})


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found by its name.

    Parameters
    ----------
    id : as the fabric has it; of a gauge its number
    kind : "catchment", "flowpath", "nexus", "gauge"
    bounds : west, south, east, north [degrees]; None where it has no shape
    """

    id: str
    kind: str
    bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class Upstream:
    """What drains to a place, the place itself included.

    Parameters
    ----------
    place : as it was asked for
    bounds : of the catchments [degrees]; None where there is none
    """

    place: str
    catchments: tuple[str, ...]
    flowpaths: tuple[str, ...]
    nexuses: tuple[str, ...]
    area_km2: float
    bounds: Bounds | None


class FabricMap:
    """A hydrofabric that is looked at.

    Parameters
    ----------
    fabric : a GeoPackage
    index : of it
    pyramid : its shapes
    """

    def __init__(self, fabric: Path, index: FabricIndex, pyramid: Pyramid) -> None:
        self.fabric, self.index, self.pyramid = fabric, index, pyramid

    def tile(self, zoom: int, x: int, y: int) -> bytes:
        """Return a vector tile, compressed with gzip.

        Raises
        ------
        NotFoundError
            there is no such tile.
        """
        if not is_tile(zoom, x, y):
            raise NotFoundError(
                f"there is no tile {zoom}/{x}/{y}", hint=f"zoom is 0 to {DEEPEST}, x and y 0 to 2^zoom - 1"
            )
        return make_tile(self.pyramid, zoom, x, y)

    def describe(self) -> dict[str, Any]:
        """Return what the map holds: bounds [degrees], layers, attributes to colour by."""
        return {
            "bounds": list(self.pyramid.bounds),
            "deepest_zoom": DEEPEST,
            "layers": [
                {"name": name, "count": count, "first_zoom": first}
                for name, count, first in self.pyramid.layers.values()
            ],
            "attributes": list(self.attributes),
        }

    @cached_property
    def _tables(self) -> GeoPackageTables:
        return GeoPackageTables(self.fabric)

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """Numbers of catchments by which it can be coloured, with the table that has each."""
        found: dict[str, str] = {}
        for table in ("divides", "divide-attributes"):
            for name, column in self._columns(table).items():
                is_number = column.dtype.kind == "f" and bool(np.isfinite(column).any())
                if is_number and name not in HIDDEN and name not in found:
                    found[name] = table
        return found

    def _columns(self, table: str) -> Mapping[str, Any]:
        return self._tables.get(table, {})

    def values(self, attribute: str) -> tuple[tuple[str, ...], list[float | None]]:
        """Return catchments, and the value that each has of an attribute (None where it has none).

        Raises
        ------
        NotFoundError
            catchments have no such number.
        """
        if attribute not in self.attributes:
            raise NotFoundError(
                f"catchments have no attribute {attribute!r}",
                hint="they have " + ", ".join(self.attributes) if self.attributes else "they have none",
            )
        columns = self._columns(self.attributes[attribute])
        numbers = np.asarray(columns[attribute], dtype=np.float64)
        values = [value if np.isfinite(value) else None for value in numbers.tolist()]
        return tuple(str(identifier) for identifier in columns["divide_id"]), values

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Return what has a name that begins so; a bare number is one of whatever kind.

        Raises
        ------
        InputError
            nothing is asked for.
        """
        asked = text.strip().lower()
        if not asked:
            raise InputError("nothing is searched for", hint="type the number of a gauge, or an id: cat-27")
        found = dict.fromkeys(
            (hit.kind, hit.id)
            for prefix in (PREFIXES if asked[0].isdigit() else ("", GAUGE))
            for hit in self._beginning(prefix + asked, limit)
        )
        exact = sorted(found, key=lambda item: (len(item[1]), item[1]))[:limit]
        return [self._hit(kind, identifier) for kind, identifier in exact]

    def _beginning(self, text: str, limit: int) -> Iterator[Hit]:
        """Yield what begins with a text, without looking where it is."""
        begin = text.encode()
        arrays = {KIND_OF[kind]: self.index.arrays[f"id.{kind}"] for kind in KIND_OF}
        for kind, names in {**arrays, "gauge": self.index.arrays["place.name"]}.items():
            at = int(np.searchsorted(names, np.bytes_(begin)))
            for name in names[at : at + limit].tolist():
                if not name.startswith(begin):
                    break
                identifier = name.decode()
                if kind != "gauge":
                    yield Hit(identifier, kind, None)
                elif identifier.startswith(GAUGE):
                    yield Hit(identifier.removeprefix(GAUGE), kind, None)

    def _hit(self, kind: str, identifier: str) -> Hit:
        layer = "gauges" if kind == "gauge" else f"{kind}es" if kind == "nexus" else f"{kind}s"
        return Hit(identifier, kind, self.pyramid.place(identifier, layer))

    def _place(self, text: str) -> Found:
        found = find_place(self.index, text)
        if found is None:
            near = near_names(self.index, text)
            raise NotFoundError(
                f"the hydrofabric has no {text!r}",
                hint=f"did you mean {', '.join(near)}?" if near else "search for what begins so",
            )
        return found

    def upstream(self, place: str) -> Upstream:
        """Return all that drains to a place.

        Raises
        ------
        NotFoundError
            the fabric does not have it; near names are listed.
        """
        above = self.index.upstream(self._place(place).nodes)
        divides = self.index.of_kind(above, "divide")
        ids = {kind: self.index.ids(self.index.of_kind(above, kind), kind) for kind in KIND_OF}
        return Upstream(
            place,
            ids["divide"],
            ids["flowpath"],
            ids["nexus"],
            self.index.area_km2(divides),
            self._bounds(ids["divide"]),
        )

    def _bounds(self, catchments: tuple[str, ...]) -> Bounds | None:
        boxes = [box for box in self.pyramid.places(catchments, "catchments") if box is not None]
        if not boxes:
            return None
        low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
        return (float(low[0]), float(low[1]), float(high[2]), float(high[3]))

    def feature(self, identifier: str) -> dict[str, Any]:
        """Return what the fabric knows of one catchment, flowpath, nexus or gauge.

        Raises
        ------
        NotFoundError
            it does not have it; near names are listed.
        """
        node = self.index.find(identifier.strip())
        if node >= 0:
            kind, nodes = KIND_OF[self.index.kind_of(node)], np.array([node])
        else:
            found = self._place(identifier)
            kind, nodes = found.place.kind, found.nodes
        below = self.index.names(self.index.down.of(nodes))
        above = self.index.names(self.index.above.of(nodes))
        names = self.index.names(nodes)
        at = identifier.removeprefix(GAUGE) if kind == "gauge" else names[0]
        bounds = self._hit(kind, at).bounds
        return {
            "id": identifier,
            "kind": kind,
            "ids": list(names),
            "below": sorted(set(below)),
            "above": sorted(set(above)),
            "bounds": None if bounds is None else list(bounds),
            "attributes": self._attributes(nodes),
        }

    def _attributes(self, nodes: NDArray[np.int64]) -> dict[str, Any]:
        """Return what the tables of attributes say of a feature; the index knows its rows."""
        found: dict[str, Any] = {}
        for number, table in enumerate(self.index.tables):
            if table.name in TABLES and (rows := self.index.rows(number, nodes)).size:
                found |= _row(self.fabric, table.name, int(rows[0]))
        return found


def _row(fabric: Path, table: str, row: int) -> dict[str, Any]:
    """Return a row of a table without its shape; what is not there is left out."""
    names = [column[1] for column in ask(fabric, f"PRAGMA table_info({quoted(table)})")]
    values = ask(fabric, f"SELECT * FROM {quoted(table)} WHERE rowid = ?", str(row))[0]
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in zip(names, values, strict=True)
        if isinstance(value, str | int | float) and value != ""
    }
