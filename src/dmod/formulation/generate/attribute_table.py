"""The attributes of one hydrofabric's catchments as columns, whatever its version calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem
from dmod.formulation.generate.attributes import Attribute
from dmod.formulation.generate.generator import Column
from dmod.formulation.generate.position import positions
from dmod.formulation.generate.topographic_index import read_all
from dmod.hydrofabric import Hydrofabric
from dmod.hydrofabric.assemble import numbers

_NULLS = frozenset({"", "na", "nan", "null", "none"})


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One attribute of every catchment.

    Parameters
    ----------
    values : shape (n,), in the attribute's unit, NaN or None where there is none; distributions as objects
    column : as the fabric spells it; "" where it has none
    raw : shape (n,), as the fabric has them
    """

    values: Column
    column: str
    raw: Column


class AttributeTable:
    """Where generators' attributes are looked up; columns are read when they are asked for."""

    def __init__(self, fabric: Hydrofabric) -> None:
        self.fabric = fabric
        self._found: dict[str, Found] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> tuple[str, ...]:
        """The catchments, in the order of the fabric."""
        return self.fabric.catchments.ids

    def find(self, attribute: Attribute) -> Found:
        """Return an attribute's column."""
        if attribute.name not in self._found:
            self._found[attribute.name] = self._read(attribute)
        return self._found[attribute.name]

    @property
    def place(self) -> str:
        """File and table of the attributes, for messages."""
        return self.fabric.places.get("divide_attributes", str(self.fabric.source))

    def place_of(self, attribute: Attribute) -> str:
        """Return file and table of an attribute, for messages."""
        part = attribute.table.replace("-", "_")
        return self.fabric.places.get(part, f"{self.fabric.source.name}, no table {attribute.table}")

    @cached_property
    def without_row(self) -> NDArray[np.bool_]:
        """Shape (n,): the catchments that have no row in the table of attributes."""
        rows = self._rows()
        return np.array([identifier not in rows for identifier in self.ids], dtype=bool)

    @cached_property
    def contradictory(self) -> NDArray[np.bool_]:
        """Shape (n,): the catchments with several rows that differ."""
        rows, table = self._rows(), self._table()
        columns = [column for name, column in table.items() if name not in {"fid", "divide_id", "id"}]
        differing = {identifier for identifier, at in rows.items() if len(at) > 1 and _differ(columns, at)}
        return np.array([identifier in differing for identifier in self.ids], dtype=bool)

    def problems(self) -> list[Problem]:
        """Return what the table of attributes as a whole lacks."""
        if "divide_attributes" not in self.fabric.places:
            message = "the hydrofabric has no table of catchment attributes (divide-attributes)"
            hint = "take a fabric with attributes (v2.1.1 or v2.2), or choose fallbacks, such as default"
            return [Problem("error", "attributes-absent", message, str(self.fabric.source), hint=hint)]
        return []

    def _table(self) -> dict[str, Column]:
        name = self.fabric.places.get("divide_attributes", "").rpartition("table ")[2]
        return dict(self.fabric.table(name)) if name else {}

    def _rows(self) -> dict[str, list[int]]:
        table = self._table()
        key = "divide_id" if "divide_id" in table else "id"
        rows: dict[str, list[int]] = {}
        for at, identifier in enumerate(table.get(key, np.empty(0)).tolist()):
            rows.setdefault(str(identifier).strip(), []).append(at)
        return rows

    def _read(self, attribute: Attribute) -> Found:
        if attribute.name in ("latitude", "longitude"):
            return self._position(attribute)
        if attribute.name == "area":
            area = self.fabric.catchments.area_km2
            return Found(area, "areasqkm", area)
        if attribute.name == "flowpath_length":
            return self._length()
        known = self.fabric.catchments.attributes
        column = next((name for name in attribute.columns if name in known), "")
        raw = known[column] if column else np.full(len(self), np.nan)
        if attribute.kind == "distribution":
            return Found(read_all(raw.astype(object)), column, raw)
        values = numbers(known, column, len(self)) / attribute.per
        return Found(values, column, raw)

    def _length(self) -> Found:
        paths, at = self.fabric.flowpaths, self.fabric.catchment_flowpath
        length = np.full(len(self), np.nan)
        if paths is not None:
            length = np.where(at >= 0, paths.length_m[at], np.nan)
        return Found(length, "" if paths is None else "Length_m", length)

    def _position(self, attribute: Attribute) -> Found:
        longitude, latitude, columns = self._places
        second = attribute.name == "latitude"
        values, column = (longitude, latitude)[second], columns[second]
        return Found(values, column, self.fabric.catchments.attributes.get(column, values))

    @cached_property
    def _places(self) -> tuple[Column, Column, tuple[str, str]]:
        return positions(self.fabric)


def _differ(columns: Sequence[Column], rows: Sequence[int]) -> bool:
    """Whether any column has different values in the rows."""
    return any(len({str(column[at]) for at in rows}) > 1 for column in columns)


def is_null(raw: object) -> bool:
    """Whether a value of the fabric says nothing."""
    return raw is None or str(raw).strip().lower() in _NULLS
