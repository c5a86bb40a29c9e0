"""Files that are tables, as DuckDB reads them, and what their columns are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dmod.core.flow_columns import FLOW_NAMES, SITE_COLUMNS, TIME_NAMES, UNIT_COLUMNS, bare_name
from dmod.errors import InputError, NotFoundError

LOCATION_NAMES = ("location_id", "location", *SITE_COLUMNS, "gauge", "id", "feature_id")
UNIT_NAMES = ("unit_name", *UNIT_COLUMNS)
VALUE_NAMES = (*FLOW_NAMES, "predicted", "prediction", "simulated", "sim")
PARQUET = frozenset({".parquet", ".pq"})
CSV = frozenset({".csv", ".tsv", ".txt"})


@dataclass(frozen=True, slots=True)
class TableColumns:
    """What the columns of a table are, as the table calls them; "" for none."""

    location: str
    time: str
    value: str
    unit: str = ""


def find_columns(names: Sequence[str], value: str, where: str, *, location: str = "") -> TableColumns:
    """Tell the columns of a table by their names.

    Parameters
    ----------
    value, location : the columns of values and locations, where they are stated

    Raises
    ------
    InputError
        there is none of locations, of times, or of values.
    """
    bare = {bare_name(name): name for name in reversed(names)}

    def first(wanted: Sequence[str]) -> str:
        return next((bare[name] for name in wanted if name in bare), "")

    found = TableColumns(
        location=location or first(LOCATION_NAMES),
        time=first(("value_time", *TIME_NAMES)),
        value=value if value in names else first(("value", *VALUE_NAMES)),
        unit=first(UNIT_NAMES),
    )
    for what, name, example in (
        ("locations", found.location, "location"),
        ("times", found.time, "time"),
        ("values", found.value, "value"),
    ):
        if not name:
            raise InputError(
                f"{where} has no column of {what} among {', '.join(names)}", hint=f"call it {example}"
            )
    return found


def is_table(path: Path) -> bool:
    """Whether a file, or a folder's first one, is a table of one row a value for several locations."""
    file = next(iter(files_of(path)), None) if path.exists() else None
    if file is None:
        return False
    if file.suffix.lower() in PARQUET:
        return True
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        header = lines.readline()
    names = [bare_name(cell.strip('" ')) for cell in header.strip().split(max(",;\t", key=header.count))]
    places = set(LOCATION_NAMES).difference(("id", "feature_id"))
    return bool(places.intersection(names)) and bool({"value_time", *TIME_NAMES}.intersection(names))


def files_of(path: Path) -> list[Path]:
    """Return a file, or the tables below a folder."""
    if path.is_file():
        return [path] if path.suffix.lower() in PARQUET | CSV else []
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in PARQUET and file.is_file())
    return found or sorted(file for file in path.glob("*.csv") if file.is_file())


def relation(path: Path) -> str:
    """Return what stands after FROM to read a table; columns of text stay text."""
    files = files_of(path)
    if not files:
        raise NotFoundError(f"{path} holds no table", hint="looked for .parquet and .csv")
    names = "[" + ", ".join(f"'{str(file).replace(chr(39), chr(39) * 2)}'" for file in files) + "]"
    if files[0].suffix.lower() in PARQUET:
        # partitions named in the path, as configuration_name=..., are columns of text
        partitions = "hive_partitioning = true, hive_types_autocast = false"
        return f"read_parquet({names}, {partitions}, union_by_name = true)"
    return f"read_csv({names}, all_varchar = true, union_by_name = true, comment = '#')"


def quoted(name: str) -> str:
    """Return a column's name as a query has it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a table into an error of this package.

    Raises
    ------
    InputError
        it cannot be read.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path} cannot be read as a table: {reason}") from error


def parquet(path: Path, options: str = "") -> str:
    """Return a file of Parquet as it stands after FROM."""
    return f"read_parquet({sql_text(path)}{f', {options}' if options else ''})"


def sql_text(value: str | Path) -> str:
    """Return a text as a query has it."""
    return "'" + str(value).replace("'", "''") + "'"
