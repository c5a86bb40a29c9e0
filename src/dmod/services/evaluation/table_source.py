"""Tables with one row a value, CSV or Parquet: read by DuckDB, only the locations that are asked for."""

from __future__ import annotations

import functools
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.core.flow_columns import MISSING_CODES, WORDS_FOR_MISSING, unit_in_name
from dmod.errors import InputError
from dmod.evaluation.location_series import LocationSeries
from dmod.services.evaluation.file_hashes import file_hashes
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.evaluation.table_files import (
    PARQUET,
    TableColumns,
    files_of,
    find_columns,
    quoted,
    reading,
    relation,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OFFSET = r":[0-9]{2}(\.[0-9]+)? ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"
"""What a moment ends with that says how far its clock is from UTC."""
MEMORY = "512MB"


class TableSource:
    """A table of one row a value: a file, or all files below a folder.

    Text, and Parquet that is not sorted by location, is first brought into a table of its own on the disk,
    sorted, so that each location is read once.

    Parameters
    ----------
    where : condition of SQL for the rows that count
    location : column of the locations, where it cannot be told
    """

    def __init__(self, path: Path, options: SourceOptions, *, where: str = "", location: str = "") -> None:
        import duckdb

        self._path = path
        self._options = options
        self._condition = where
        self._stated_location = location
        self.name = options.name or path.stem
        self._folder = Path(tempfile.mkdtemp(prefix="dmod-table-"))
        self._discard = weakref.finalize(self, shutil.rmtree, self._folder, True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "memory_limit": MEMORY,
            "threads": "2",
        }
        self._database: DuckDBPyConnection = duckdb.connect(str(self._folder / "table.duckdb"), config=config)
        opened = False
        try:
            with reading(path):
                self._database.execute(f"SET temp_directory = '{self._folder}'")
                self._relation = relation(path)
                self._columns = self._find()
                self._scales = self._units()
                self._own = not self._is_sorted()
                if self._own:
                    self._take_in()
            opened = True
        finally:
            if not opened:
                self.close()

    @functools.cached_property
    def locations(self) -> tuple[str, ...]:
        """All locations in the table, in the order of their ids."""
        query = "SELECT id FROM locations ORDER BY number"
        if not self._own:
            everything = f"SELECT DISTINCT {self._location()} AS id FROM {self._rows()}"
            query = f"SELECT id FROM ({everything}) WHERE id IS NOT NULL ORDER BY id"
        rows = self._database.execute(query).fetchall()
        return tuple(str(row[0]) for row in rows)

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {location: number for number, location in enumerate(self.locations)}

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations."""
        known = [location for location in dict.fromkeys(locations) if location in self._numbers]
        found = dict(zip(known, self._read(known), strict=True)) if known else {}
        for location in locations:
            series = found.get(location)
            yield series or LocationSeries.missing(location, f"{self._path} does not hold {location}")

    def provenance(self) -> Mapping[str, str]:
        """Return the files with their hashes."""
        return file_hashes(files_of(self._path))

    def close(self) -> None:
        """Close the table and remove what was made for it."""
        self._database.close()
        self._discard()

    def _find(self) -> TableColumns:
        described = self._database.execute(f"DESCRIBE SELECT * FROM {self._relation}").fetchall()
        self._types = {str(row[0]): str(row[1]) for row in described}
        return find_columns(
            list(self._types), self._options.variable, str(self._path), location=self._stated_location
        )

    def _units(self) -> dict[str, float]:
        """Return unit as the table writes it → factor; of a table without such a column for all rows."""
        where = str(self._path)
        if not self._columns.unit or self._options.stated_unit:
            stated = unit_in_name(self._columns.value) or ""
            return {"": scale_of(stated, self._options, where)}
        rows = self._database.execute(
            f"SELECT DISTINCT {quoted(self._columns.unit)} FROM {self._rows()}"
        ).fetchall()
        if not rows:
            raise InputError(f"{where} holds no row", hint=self._condition)
        return {str(unit): scale_of(str(unit or ""), self._options, f"{where}: {unit!r}") for (unit,) in rows}

    def _rows(self) -> str:
        """Return the rows that count, as they stand after FROM; a condition may follow by AND."""
        return f"{self._relation} WHERE {self._condition or 'true'}"

    def _location(self) -> str:
        return f"CAST({quoted(self._columns.location)} AS VARCHAR)"

    def _seconds(self) -> str:
        """Return the seconds since 1970 of a row; a time without an offset is of the stated zone, or UTC."""
        column, kind = quoted(self._columns.time), self._types[self._columns.time]
        if "TIME ZONE" in kind:
            return f"CAST(epoch({column}) AS BIGINT)"
        is_text = kind == "VARCHAR"
        # trimmed, because text that is cast as it is would be cast by the reader, who knows no offsets
        bare = f"trim({column})" if is_text else column
        local = f"CAST({bare} AS TIMESTAMP)"
        if self._options.zone:
            local = f"timezone({_text(self._options.zone)}, {local})"
        if not is_text:
            return f"CAST(epoch({local}) AS BIGINT)"
        has_offset, moved = f"regexp_matches({bare}, '{OFFSET}')", f"epoch(CAST({bare} AS TIMESTAMPTZ))"
        return f"CAST(CASE WHEN {has_offset} THEN {moved} ELSE epoch({local}) END AS BIGINT)"

    def _number(self) -> str:
        column = quoted(self._columns.value)
        is_text = self._types[self._columns.value] == "VARCHAR"
        return f"TRY_CAST({f'trim({column})' if is_text else column} AS DOUBLE)"

    def _value(self) -> str:
        """Return the value of a row in the unit that is wanted; nothing where a code stands for none."""
        codes = ", ".join(map(repr, MISSING_CODES))
        value = f"(CASE WHEN {self._number()} IN ({codes}) THEN NULL ELSE {self._number()} END)"
        if len(set(self._scales.values())) == 1:
            scale = next(iter(self._scales.values()))
            return value if scale == 1.0 else f"{value} * {scale!r}"
        cases = " ".join(f"WHEN {_text(name)} THEN {scale!r}" for name, scale in self._scales.items())
        return f"{value} * CASE {quoted(self._columns.unit)} {cases} END"

    def _is_sorted(self) -> bool:
        """Whether a table in Parquet holds each location in few neighbouring groups of rows."""
        files = files_of(self._path)
        if any(file.suffix.lower() not in PARQUET for file in files) or self._options.zone:
            return False
        groups = self._database.execute(
            "SELECT stats_min_value, stats_max_value FROM parquet_metadata(?) WHERE path_in_schema = ? "
            "ORDER BY file_name, row_group_id",
            [[str(file) for file in files], self._columns.location],
        ).fetchall()
        if len(groups) == 1 or not groups or any(low is None or high is None for low, high in groups):
            return False
        ordered = sorted(groups)
        return all(before[1] <= after[0] for before, after in itertools.pairwise(ordered))

    def _require_numbers(self) -> None:
        """Refuse a table whose values are text that stands for nothing known."""
        column = quoted(self._columns.value)
        words = ", ".join(f"'{word}'" for word in sorted(WORDS_FOR_MISSING))
        row = self._database.execute(
            f"SELECT {column} FROM {self._rows()} AND {column} IS NOT NULL AND "
            f"{self._number()} IS NULL AND lower(trim({column})) NOT IN ({words}) LIMIT 1"
        ).fetchone()
        if row is not None:
            raise InputError(
                f"{self._path}, column {self._columns.value}: {row[0]!r} is no number",
                hint="leave the cell empty where there is no value",
            )

    def _take_in(self) -> None:
        if self._types[self._columns.value] == "VARCHAR":
            self._require_numbers()
        self._database.execute(
            f"CREATE TABLE locations AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM "
            f"(SELECT DISTINCT {self._location()} AS id FROM {self._rows()}) WHERE id IS NOT NULL"
        )
        self._database.execute(
            f"CREATE TABLE series AS SELECT CAST(number AS INTEGER) AS number, seconds, value FROM "
            f"(SELECT {self._location()} AS id, {self._seconds()} AS seconds, {self._value()} AS value "
            f"FROM {self._rows()}) JOIN locations USING (id) ORDER BY number, seconds"
        )

    def _read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        # thresholds by quantile are read in threads that score: each has a cursor of its own
        with reading(self._path), self._database.cursor() as cursor:
            found = cursor.execute(*self._query(locations)).fetchnumpy()
        number, seconds = _array(found["number"], np.int64), _array(found["seconds"], np.int64)
        values = np.ma.filled(found["value"].astype(np.float64), np.nan)
        # rows come as they stand, which is mostly in order: cheaper than to sort all of them in SQL
        disorder = np.diff(number) < 0
        if self._own:  # its own table is in order of time, whatever order a join gives its rows back in
            disorder |= (np.diff(number) == 0) & (np.diff(seconds) < 0)
        if disorder.any():
            order = np.lexsort((seconds, number)) if self._own else np.argsort(number, kind="stable")
            number, seconds, values = number[order], seconds[order], values[order]
        starts = np.searchsorted(number, np.arange(len(locations) + 1))
        for index, location in enumerate(locations):
            part = slice(starts[index], starts[index + 1])
            yield LocationSeries.of(location, seconds[part], values[part], self._notes())

    def _query(self, locations: Sequence[str]) -> tuple[str, list[Any]]:
        if self._own:
            numbers = [self._numbers[location] for location in locations]
            return (
                "SELECT place.index AS number, seconds, value FROM (SELECT unnest($1) AS number, "
                "generate_subscripts($1, 1) - 1 AS index) place JOIN series USING (number) "
                "WHERE number BETWEEN $2 AND $3",
                [numbers, min(numbers), max(numbers)],
            )
        return (
            "SELECT list_position($1, id) - 1 AS number, seconds, value FROM ("
            f"SELECT {self._location()} AS id, {self._seconds()} AS seconds, {self._value()} AS value "
            f"FROM {self._rows()}) "
            "WHERE list_contains($1, id) AND id BETWEEN $2 AND $3",
            [list(locations), min(locations), max(locations)],
        )

    @functools.lru_cache(maxsize=1)  # noqa: B019 - lives as long as the table
    def _notes(self) -> tuple[str, ...]:
        units = [unit for unit, scale in self._scales.items() if scale != 1.0]
        named = ", ".join(
            self._options.stated_unit or unit or unit_in_name(self._columns.value) or "" for unit in units
        )
        return (f"converted from {named} to {self._options.unit}",) if units else ()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _array(column: Any, kind: Any) -> Any:
    return np.ma.filled(column, 0).astype(kind)
