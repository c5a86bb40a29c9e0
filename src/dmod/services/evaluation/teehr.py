"""Tables as TEEHR has them: time series by configuration and variable, crosswalks, joined pairs.

TEEHR (RTI International, github.com/RTIInternational/teehr) keeps an evaluation in a folder of tables:
``primary_timeseries`` (observed) and ``secondary_timeseries`` (simulated), one row a value, in files of
Parquet below folders ``configuration_name=…/variable_name=…``; ``location_crosswalks`` pairs their locations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dmod.errors import InputError
from dmod.services.evaluation.source_options import SourceOptions
from dmod.services.evaluation.table_files import quoted, reading, relation
from dmod.services.evaluation.table_source import TableSource

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Table = Literal["primary_timeseries", "secondary_timeseries"]
MARKS = frozenset({"value_time", "location_id", "value", "unit_name"})
JOINED = frozenset({"primary_location_id", "secondary_location_id", "primary_value", "secondary_value"})
CROSSWALK = ("primary_location_id", "secondary_location_id")
FLOW_VARIABLES = "streamflow"
AS_ENSEMBLE = "score them as an ensemble, NAME: {members: ADDRESS} under runs"


def is_teehr(path: Path) -> bool:
    """Whether tables have TEEHR's columns."""
    return set(columns_of(path)) >= MARKS


def columns_of(path: Path) -> list[str]:
    """Return the columns of a table."""
    import duckdb

    with reading(path), duckdb.connect() as database:
        return [
            str(row[0]) for row in database.execute(f"DESCRIBE SELECT * FROM {relation(path)}").fetchall()
        ]


def find_table(path: Path, table: Table) -> Path:
    """Return the folder of a table, given itself, the folder of an evaluation, or its ``dataset``."""
    for found in (path / table, path / "dataset" / table):
        if found.is_dir():
            return found
    return path


def open_teehr(path: Path, options: SourceOptions) -> TableSource:
    """Open one configuration and variable of a table of time series.

    Raises
    ------
    InputError
        the table holds several and none was named, not the one that was named, or several forecasts of
        one time.
    """
    import duckdb

    rows = relation(path)
    names = columns_of(path)
    with reading(path), duckdb.connect() as database:
        chosen = {
            "configuration_name": _chosen(
                database, rows, names, "configuration_name", options.configuration, path
            ),
            "variable_name": _chosen(database, rows, names, "variable_name", options.variable, path),
            "member": _chosen(database, rows, names, "member", options.member, path),
        }
        condition = " AND ".join(_conditions(chosen))
        if "reference_time" in names:
            _require_one_forecast(database, rows, condition, path)
    plain = SourceOptions(
        options.unit,
        options.stated_unit,
        "",
        options.zone,
        options.name or chosen["configuration_name"] or path.stem,
    )
    return TableSource(path, plain, where=condition)


def members_of_table(path: Path, options: SourceOptions) -> tuple[str, ...]:
    """Return the members in the column ``member`` of a table, TEEHR's or another; none without one.

    Raises
    ------
    InputError
        the table holds several configurations or variables and none was named, or not the one that was.
    """
    import duckdb

    rows, names = relation(path), columns_of(path)
    if "member" not in names:
        return ()
    with reading(path), duckdb.connect() as database:
        chosen = {}
        if set(names) >= MARKS:
            wanted = {"configuration_name": options.configuration, "variable_name": options.variable}
            chosen = {n: _chosen(database, rows, names, n, said, path) for n, said in wanted.items()}
        where = " AND ".join(["member IS NOT NULL", *_conditions(chosen)])
        query = f"SELECT DISTINCT member::VARCHAR AS name FROM {rows} WHERE {where} ORDER BY ALL"
        found = [str(row[0]) for row in database.execute(query).fetchall()]
    return tuple(sorted(found, key=lambda name: (len(name), name) if name.isdigit() else (0, name)))


def of_member(path: Path, options: SourceOptions) -> str:
    """Return the condition of SQL for the rows of a member in a table that is not TEEHR's; empty without.

    Raises
    ------
    InputError
        the table holds several members and none was named, or not the one that was.
    """
    names = members_of_table(path, options)
    if options.member and options.member not in names:
        raise InputError(f"{path} holds no member {options.member}", hint=f"it holds {', '.join(names)}")
    if len(names) > 1 and not options.member:
        raise InputError(f"{path} holds several members", hint=f"{AS_ENSEMBLE}: {', '.join(names)}")
    return " AND ".join(_conditions({"member": options.member}))


def _conditions(chosen: Mapping[str, str]) -> list[str]:
    """Return columns of SQL as texts, and what they are to be."""
    texts = {name: value.replace("'", "''") for name, value in chosen.items() if value}
    return [f"{quoted(name)}::VARCHAR = '{value}'" for name, value in texts.items()]


def read_crosswalk(path: Path) -> dict[str, str]:
    """Return location of the observations → location of the simulations, from TEEHR's table of them.

    Raises
    ------
    InputError
        the table lacks the columns.
    """
    import duckdb

    names = columns_of(path)
    if not set(CROSSWALK) <= set(names):
        raise InputError(
            f"{path} has no columns {' and '.join(CROSSWALK)}", hint=f"it has {', '.join(names)}"
        )
    with reading(path), duckdb.connect() as database:
        query = f"SELECT {', '.join(CROSSWALK)} FROM {relation(path)} ORDER BY ALL"
        return {str(first): str(second) for first, second in database.execute(query).fetchall()}


def open_joined(path: Path, options: SourceOptions) -> tuple[TableSource, TableSource, Mapping[str, str]]:
    """Open a table of joined time series: what was observed, what was simulated, and how they are paired.

    Raises
    ------
    InputError
        it is no such table, or holds several configurations and none was named.
    """
    import duckdb

    names = columns_of(path)
    if not set(names) >= JOINED:
        raise InputError(f"{path} is no table of joined time series", hint=f"it has {', '.join(names)}")
    rows = relation(path)
    with reading(path), duckdb.connect() as database:
        configuration = _chosen(database, rows, names, "configuration_name", options.configuration, path)
    condition = f"configuration_name = '{configuration}'" if configuration else ""
    both = [
        TableSource(
            path,
            SourceOptions(options.unit, options.stated_unit, f"{side}_value", options.zone, name),
            where=condition,
            location=f"{side}_location_id",
        )
        for side, name in (
            ("primary", "observed"),
            ("secondary", options.name or configuration or "simulated"),
        )
    ]
    return both[0], both[1], read_crosswalk_of_pairs(path)


def read_crosswalk_of_pairs(path: Path) -> dict[str, str]:
    """Return the pairs of locations in a table of joined time series."""
    import duckdb

    with reading(path), duckdb.connect() as database:
        query = f"SELECT DISTINCT {', '.join(CROSSWALK)} FROM {relation(path)} ORDER BY ALL"
        return {str(first): str(second) for first, second in database.execute(query).fetchall()}


def _chosen(
    database: DuckDBPyConnection, rows: str, names: Sequence[str], column: str, wanted: str, path: Path
) -> str:
    if column not in names:
        return ""
    query = f"SELECT DISTINCT {quoted(column)} AS name FROM {rows} WHERE name IS NOT NULL ORDER BY name"
    there = [str(row[0]) for row in database.execute(query).fetchall()]
    what = column.removesuffix("_name")
    if wanted:
        if wanted not in there:
            raise InputError(f"{path} holds no {what} {wanted}", hint=f"it holds {', '.join(there)}")
        return wanted
    if len(there) > 1 and column == "variable_name":
        flow = [name for name in there if name.startswith(FLOW_VARIABLES)]
        there = flow if len(flow) == 1 else there
    if len(there) > 1:
        one_of = f"name one of {', '.join(there)}"
        hint = f"{AS_ENSEMBLE}, or {one_of}" if column == "member" else one_of
        raise InputError(f"{path} holds several {what}s", hint=hint)
    return there[0] if there else ""


def _require_one_forecast(database: DuckDBPyConnection, rows: str, condition: str, path: Path) -> None:
    query = (
        f"SELECT count(DISTINCT reference_time) FROM {rows} {f'WHERE {condition}' if condition else ''} "
        "GROUP BY location_id, value_time ORDER BY 1 DESC LIMIT 1"
    )
    row = database.execute(query).fetchone()
    if row is not None and row[0] > 1:
        raise InputError(
            f"{path} holds {row[0]} forecasts of one time",
            hint="give a table with the forecasts of one reference time, or of one lead time",
        )
