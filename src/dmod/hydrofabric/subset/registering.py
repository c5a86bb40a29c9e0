"""What makes a set of copied tables a GeoPackage: contents, shapes, R-trees, triggers, metadata.

OGC 12-128r15 (version 1.2): R-tree extension F.3, metadata extension F.8; ``gpkg_ogr_contents`` with its
triggers is GDAL's own, kept where the source has it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.geopackage import ask, quoted
from dmod.hydrofabric.schema import (
    APPLICATION_ID,
    GEOGRAPHIC,
    REFERENCE_SYSTEMS,
    RTREE_TRIGGERS,
    SYSTEM_TABLES,
    USER_VERSION,
)
from dmod.hydrofabric.subset.boxes import Box, boxes_of_rows, outwards
from dmod.hydrofabric.subset.rtree import fill_rtree
from dmod.hydrofabric.subset.source import SourceTable

RECORD_URI = "urn:dmod:subset"

_RTREE = "gpkg_rtree_index"
_RTREE_URI = "http://www.geopackage.org/spec120/#extension_rtree"
_METADATA_URI = "http://www.geopackage.org/spec120/#extension_metadata"
_METADATA = {
    "gpkg_metadata": """CREATE TABLE gpkg_metadata (
        id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
        md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
        metadata TEXT NOT NULL DEFAULT '')""",
    "gpkg_metadata_reference": """CREATE TABLE gpkg_metadata_reference (
        reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
        timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
        CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
        CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))""",
}
_DESCRIBING = ("gpkg_data_columns", "gpkg_data_column_constraints")
_OGR = "gpkg_ogr_contents"
_EPOCH = "1970-01-01T00:00:00.000Z"


class Register:
    """Registers tables in a GeoPackage that is being written.

    Parameters
    ----------
    database : the new file, with the one it comes from attached as ``source``
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.source = dict(
            database.execute("SELECT name, sql FROM source.sqlite_master WHERE type = 'table'")
        )
        self.tables: list[SourceTable] = []
        for sql in SYSTEM_TABLES:
            name = sql.split()[2]
            database.execute(self.source.get(name) or sql)
        if "gpkg_spatial_ref_sys" in self.source:
            self._copy("gpkg_spatial_ref_sys")
        else:
            database.executemany(
                "INSERT INTO main.gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
                [REFERENCE_SYSTEMS[code] for code in (-1, 0, GEOGRAPHIC)],
            )
        if _OGR in self.source:
            database.execute(self.source[_OGR])
        if not database.execute("PRAGMA main.application_id").fetchone()[0]:
            database.execute(f"PRAGMA main.application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA main.user_version = {USER_VERSION}")

    def add(self, table: SourceTable, count: int) -> None:
        """Register a table that has been copied."""
        extent = self._index_shapes(table) if table.geometry else None
        self._add_contents(table, extent)
        self.tables.append(table)
        if _OGR in self.source and table.data_type:
            self.database.execute(f"INSERT INTO {_OGR} VALUES (?, ?)", (table.name, count))
            for trigger in _count_triggers(table.name):
                self.database.execute(trigger)

    def finish(self, record: str) -> None:
        """Copy what describes the tables, and keep the record of the subset."""
        for name in _DESCRIBING:
            if name in self.source:
                self.database.execute(self.source[name])
                self._copy(name)
        self._add_extensions()
        self._add_record(record)

    def _copy(self, name: str) -> None:
        self.database.execute(f"INSERT INTO main.{quoted(name)} SELECT * FROM source.{quoted(name)}")

    def _add_contents(self, table: SourceTable, extent: Box | None) -> None:
        name = table.name
        if table.data_type:
            self.database.execute(
                "INSERT INTO main.gpkg_contents SELECT * FROM source.gpkg_contents"
                " WHERE lower(table_name) = lower(?)",
                (name,),
            )
        else:
            self.database.execute(
                "INSERT INTO main.gpkg_contents (table_name, data_type, identifier, last_change, srs_id)"
                " VALUES (?, 'attributes', ?, ?, 0)",
                (name, name, self._last_change()),
            )
        self.database.execute(  # the date as the specification writes it, whoever wrote it before
            "UPDATE main.gpkg_contents SET last_change ="
            " coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', last_change), last_change)"
            " WHERE lower(table_name) = lower(?)",
            (name,),
        )
        if table.data_type == "features":
            self.database.execute(
                "UPDATE main.gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?"
                " WHERE lower(table_name) = lower(?)",
                (*(extent or (None,) * 4), name),
            )
            self.database.execute(
                "INSERT INTO main.gpkg_geometry_columns SELECT * FROM source.gpkg_geometry_columns"
                " WHERE lower(table_name) = lower(?)",
                (name,),
            )

    def _index_shapes(self, table: SourceTable) -> Box | None:
        """Build the R-tree of a layer and the triggers that keep it true; return the layer's extent."""
        found = list(boxes_of_rows(self.database, table))
        boxes = np.array([box for _, box in found], dtype=np.float64).reshape(-1, 4)
        key = self._key(table.name)
        if key and table.data_type == "features":
            tree = f"rtree_{table.name}_{table.geometry}"
            self.database.execute(
                f"CREATE VIRTUAL TABLE main.{quoted(tree)} USING rtree(id, minx, maxx, miny, maxy)"
            )
            west, south, east, north = outwards(boxes.T)
            rows = np.array([row for row, _ in found], dtype=np.int64)
            fill_rtree(self.database, tree, rows, np.column_stack((west, east, south, north)))
            name, column = table.name.replace('"', '""'), table.geometry.replace('"', '""')
            for trigger in RTREE_TRIGGERS:
                sql = trigger.format(table=name, column=column)
                self.database.execute(sql.replace('"fid"', quoted(key)))
            self.database.execute(
                "INSERT INTO main.gpkg_extensions VALUES (?, ?, ?, ?, 'write-only')",
                (table.name, table.geometry, _RTREE, _RTREE_URI),
            )
        return _extent(boxes)

    def _key(self, name: str) -> str:
        """Return the column that is the row's number; "" where there is none."""
        rows = self.database.execute(f"PRAGMA main.table_info({quoted(name)})").fetchall()
        keys = [(column, kind) for _, column, kind, _, _, key in rows if key]
        return keys[0][0] if len(keys) == 1 and keys[0][1].upper() == "INTEGER" else ""

    def _add_extensions(self) -> None:
        if "gpkg_extensions" not in self.source:
            return
        known = {table.name.lower() for table in self.tables} | {
            name for name in _DESCRIBING if name in self.source
        }
        for row in self.database.execute("SELECT * FROM source.gpkg_extensions").fetchall():
            about, extension = (row[0] or "").lower(), row[2]
            general = not about and extension.startswith("gpkg_crs_wkt")
            if extension != _RTREE and (general or about in known):
                self.database.execute("INSERT INTO main.gpkg_extensions VALUES (?, ?, ?, ?, ?)", row[:5])

    def _add_record(self, record: str) -> None:
        for name, sql in _METADATA.items():
            self.database.execute(sql)
            self.database.execute(
                "INSERT INTO main.gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
                (name, _METADATA_URI),
            )
        self.database.execute(
            "INSERT INTO main.gpkg_metadata VALUES (1, 'dataset', ?, 'application/json', ?)",
            (RECORD_URI, record),
        )
        self.database.execute(
            "INSERT INTO main.gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?, 1, NULL)",
            (self._last_change(),),
        )

    def _last_change(self) -> str:
        """Return when the source was last changed: the same subset is the same file, whenever it is made."""
        if "gpkg_contents" not in self.source:
            return _EPOCH
        (latest,) = self.database.execute(
            "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(last_change)) FROM source.gpkg_contents"
        ).fetchone()
        return str(latest or _EPOCH)


def read_record(path: Path) -> dict[str, Any] | None:
    """Return the record of a subset that dmod wrote; None where the file is no such subset.

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such file, or it is no GeoPackage.
    """
    if not ask(path, "SELECT 1 FROM sqlite_master WHERE name = 'gpkg_metadata'"):
        return None
    rows = ask(path, "SELECT metadata FROM gpkg_metadata WHERE md_standard_uri = ?", RECORD_URI)
    if not rows:
        return None
    found: dict[str, Any] = json.loads(rows[0][0])
    return found


def _count_triggers(table: str) -> Iterator[str]:
    name, literal = table.replace('"', '""'), table.replace("'", "''")
    for event, sign in (("insert", "+"), ("delete", "-")):
        yield (
            f'CREATE TRIGGER "trigger_{event}_feature_count_{name}" AFTER {event.upper()} ON "{name}"'
            f" BEGIN UPDATE {_OGR} SET feature_count = feature_count {sign} 1"
            f" WHERE lower(table_name) = lower('{literal}'); END"
        )


def _extent(boxes: NDArray[np.float64]) -> Box | None:
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
