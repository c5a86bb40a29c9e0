"""A hydrofabric as GeoPackage: its identifiers are read by SQL, shapes are left where they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.errors import HydrofabricError
from dmod.hydrofabric.geopackage import GeoPackageTables, ask, quoted
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.identity import Relation, hydrofabric_identity
from dmod.services.data.detect.sight import Kind, kind_of
from dmod.services.data.detect.words import counted, some

LATER = frozenset({"flowpath-attributes", "divide-attributes", "model-attributes"})
ML_TABLE = "flowpath-attributes-ml"
_GAUGE = re.compile(r"(?:gages?|gauges?)-(.+)", re.IGNORECASE)
_NOT_GIVEN = frozenset({"", "NA", "None", "null"})


def recognises(path: Path) -> bool:
    """Whether it is a GeoPackage with divides; a damaged one is taken for one."""
    if kind_of(path) is not Kind.SQLITE:
        return False
    return "divides" in GeoPackageTables(path).parts()


def read(path: Path) -> Detected:
    """Read ids, network, version, region and gauges."""
    fabric = _Fabric(path)
    catchments, relations, units = fabric.network()
    region, domain = _region(units, fabric)
    gauges = fabric.gauges()
    version = fabric.version()
    held = {
        **discrete(DomainIndex.CATCHMENT_ID, catchments),
        **discrete(DomainIndex.HYDROFABRIC_ID, [hydrofabric_identity(relations)]),
        **discrete(DomainIndex.HYDROFABRIC_VERSION, [version]),
        **discrete(DomainIndex.HYDROFABRIC_REGION, region),
        **discrete(DomainIndex.GAGE_ID, gauges),
    }
    parts = [f"hydrofabric of {counted(len(catchments), 'catchment')}", f"version {version}"]
    if domain or units:
        parts.append(", ".join([*([domain] if domain else []), *([f"unit {some(units)}"] if units else [])]))
    if gauges:
        parts.append(f"{counted(len(gauges), 'gauge')} ({some(gauges)})")
    return Detected(
        path,
        Category.HYDROFABRIC,
        Domain(FORMATS["NGEN_GEOPACKAGE_HYDROFABRIC_V2"], held),
        ", ".join(parts),
        notes=fabric.notes,
    )


DETECTOR = Detector("hydrofabric as GeoPackage", recognises, read)


def _region(units: list[str], fabric: _Fabric) -> tuple[list[str], str]:
    """Return processing units and domain of a fabric, as far as it says them."""
    from dmod.hydrofabric.subset.domain import SEVERAL, domain_of_units

    domain = domain_of_units(units) or fabric.recorded_domain() or domain_of_units(fabric.lake_domains())
    named = [] if domain in {"", SEVERAL} else [domain]
    return [*units, *named], ", ".join(named)


class _Fabric:
    """The tables of a GeoPackage, asked by SQL.

    Parameters
    ----------
    notes : what reading found odd
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        tables = GeoPackageTables(path)
        self.names = tuple(tables)
        self.parts = tables.parts()
        self.notes: tuple[str, ...] = ()
        self._columns: dict[str, tuple[str, ...]] = {}

    def network(self) -> tuple[set[str], list[Relation], list[str]]:
        """Return catchments, relations of the network and processing units."""
        divides, nexus = self.parts["divides"], self.parts.get("nexus", "")
        if not nexus:
            raise HydrofabricError(
                f"{self.path}: there is no table 'nexus' beside 'divides'",
                hint="a hydrofabric has both: make the subset again",
            )
        own = self._column(divides, "divide_id", "id")
        rows = self._texts(divides, own, self._column(divides, "toid"), self._has(divides, "vpuid"))
        below = self._texts(nexus, self._column(nexus, "id"), self._column(nexus, "toid"))
        receiver = {identifier: toid for identifier, toid in below if identifier}
        relations = [(name, toid, receiver.get(toid, "")) for name, toid, _ in rows if name]
        catchments = {name for name, _, _ in relations}
        if not catchments:
            raise HydrofabricError(f"{self.path}: the table {divides!r} has no catchment")
        repeated = len(relations) - len(catchments)
        lost = sum(toid not in receiver for _, toid, _ in relations)
        self.notes = tuple(
            f"{counted(count, 'catchment')} {what}"
            for count, what in (
                (repeated, "repeated"),
                (lost, "draining to a nexus that is not there"),
            )
            if count
        )
        units = {unit for _, _, unit in rows}
        units |= set(map(text, self._distinct("network", "vpu", "vpuid"))) if units == {""} else set()
        return catchments, relations, sorted(units - {""})

    def version(self) -> str:
        """Tell the version by what each one brought, as reading a fabric does."""
        if self._has(self.parts["divides"], "vpuid") or ML_TABLE in self.names:
            return "2.2"
        return "2.1.1" if LATER & set(self.names) else "2.0"

    def gauges(self) -> list[str]:
        """Return the numbers of the gauges that any table names."""
        found: set[str] = set()
        attributes = self.parts.get("flowpath_attributes", "")
        for value in self._distinct(attributes, "gage", "rl_gages"):
            for part in _parts(value):
                match = _GAUGE.fullmatch(part)
                found.add(match[1] if match else part)
        for table in ("hydrolocations", self.parts.get("nexus", ""), "network"):
            for value in self._distinct(table, "hl_uri"):
                found |= {match[1] for part in _parts(value) if (match := _GAUGE.fullmatch(part))}
        return sorted(found)

    def lake_domains(self) -> list[str]:
        """Return the domains that lakes name."""
        return [text(value) for value in self._distinct(self.parts.get("lakes", ""), "domain")]

    def recorded_domain(self) -> str:
        """Return the domain that the record of a subset names; "" where the file is none."""
        from dmod.hydrofabric.subset import read_record

        record = read_record(self.path) or {}
        return str(record.get("domain", ""))

    def _column(self, table: str, *names: str) -> str:
        found = self._has(table, *names)
        if not found:
            raise HydrofabricError(
                f"{self.path}: table {table!r} has no column {' or '.join(map(repr, names))}",
                hint="see the columns of the hydrofabric's version in the reference",
            )
        return found

    def _has(self, table: str, *names: str) -> str:
        """Return the first of the columns that a table has; "" for none, also where there is no table."""
        if table not in self.names:
            return ""
        if table not in self._columns:
            self._columns[table] = tuple(
                row[1] for row in ask(self.path, f"PRAGMA table_info({quoted(table)})")
            )
        return next((name for name in names if name in self._columns[table]), "")

    def _texts(self, table: str, *columns: str) -> list[Any]:
        """Return columns as text, "" for null and for a column without a name."""
        shown = (f"COALESCE(CAST({quoted(name)} AS TEXT), '')" if name else "''" for name in columns)
        return ask(self.path, f"SELECT {', '.join(shown)} FROM {quoted(table)}")

    def _distinct(self, table: str, *names: str) -> list[Any]:
        """Return the values of the first of the columns that a table has, each once, without null."""
        column = self._has(table, *names)
        if not column:
            return []
        shown = quoted(column)
        rows = ask(self.path, f"SELECT DISTINCT {shown} FROM {quoted(table)} WHERE {shown} IS NOT NULL")
        return [value for (value,) in rows]


def text(value: object) -> str:
    """Return what a table holds as text; "" for null."""
    return "" if value is None else str(value)


def _parts(value: object) -> list[str]:
    return [part for part in (p.strip() for p in text(value).split(",")) if part not in _NOT_GIVEN]
