"""The two file forms of an observed series, read to stamps and numbers as they stand."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.camels_flow import UNIT as CAMELS_UNIT
from dmod.core.camels_flow import is_camels_flow, split_camels_flow
from dmod.core.flow_columns import (
    APPROVAL_COLUMNS,
    BESIDE_THE_FLOW,
    FLOW_NAMES,
    PARAMETER_COLUMNS,
    SITE_COLUMNS,
    STATISTIC_COLUMNS,
    TIME_NAMES,
    UNIT_COLUMNS,
    WORDS_FOR_MISSING,
    bare_name,
    unit_in_name,
)
from dmod.core.time_axis import EPOCH, parse_time
from dmod.errors import InputError

SECONDS = {"second": 1.0, "sec": 1.0, "s": 1.0, "minute": 60.0, "min": 60.0, "hour": 3600.0, "h": 3600.0}
SECONDS |= {"hr": 3600.0, "day": 86400.0, "d": 86400.0, "millisecond": 1e-3, "nanosecond": 1e-9}
SHAPES_OF_STAMPS = {10, 16, 19}
STREAMFLOW = "00060"
PROVISIONAL = frozenset({"p", "provisional"})

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class RawSeries:
    """What a file says, before anything is dropped or converted.

    Parameters
    ----------
    times : UTC, in the file's order
    values : in the file's unit, NaN where a cell is empty
    unit : None if the file does not state it
    """

    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    column: str
    unit: str | None
    notes: tuple[str, ...] = ()


def read_csv(path: Path, column: str | None = None, zone: str | None = None) -> RawSeries:
    """Read a table with a header line, or the streamflow of CAMELS; lines that start with ``#`` are comments.

    Of several parameters streamflow (00060) is read.

    Raises
    ------
    InputError
        no header, no time or flow column, several gauges, an unreadable cell (with its line), or an unknown
        zone.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file", hint="give CSV (UTF-8) or NetCDF (.nc)") from error
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if len(kept) < 2:
        raise InputError(f"{path} holds no data", hint="a header line and at least one row are needed")
    names, rows, numbers = _table(kept, path)
    rows, numbers, chosen = _one_series(names, rows, numbers, path)
    when = _time_column(names, path)
    what = _flow_column(names, column, path)
    short = next((n for n, row in zip(numbers, rows, strict=True) if len(row) <= max(when, what)), None)
    if short is not None:
        raise InputError(f"{path}, line {short}: fewer cells than the header has columns")
    times, notes = _stamps([row[when].strip() for row in rows], zone, path, numbers)
    values, words = _numbers([row[what] for row in rows], path, numbers, names[what])
    unit = unit_in_name(names[what]) or _unit_of_column(names, rows)
    return RawSeries(times, values, names[what], unit, (*chosen, *notes, *words, *_provisional(names, rows)))


def _table(kept: list[tuple[int, str]], path: Path) -> tuple[list[str], Rows, list[int]]:
    """Return names of the columns, rows, and the line of each."""
    if is_camels_flow(kept[0][1]):
        split = [split_camels_flow(line) for _, line in kept]
        bad = next((n for (n, _), row in zip(kept, split, strict=True) if row is None), None)
        if bad is not None:
            raise InputError(f"{path}, line {bad}: not GAUGE YYYY MM DD FLOW FLAG", hint="as in CAMELS")
        names = ["site", "date", f"flow[{CAMELS_UNIT}]", "flag"]
        return names, [list(row) for row in split if row is not None], [n for n, _ in kept]
    delimiter = max(",;\t", key=kept[0][1].count)
    header, *rows = csv.reader((line for _, line in kept), delimiter=delimiter)
    return [cell.strip() for cell in header], rows, [n for n, _ in kept[1:]]


def _one_series(
    names: list[str], rows: Rows, numbers: list[int], path: Path
) -> tuple[Rows, list[int], tuple[str, ...]]:
    """Return the rows of one gauge's streamflow, and what was left out."""
    notes: tuple[str, ...] = ()
    for what, columns in (
        ("parameters", PARAMETER_COLUMNS),
        ("gauges", SITE_COLUMNS),
        ("statistics", STATISTIC_COLUMNS),
    ):
        index = next((i for i, name in enumerate(names) if name.lower() in columns), None)
        if index is None:
            continue
        held = [row[index].strip() if len(row) > index else "" for row in rows]
        if what != "gauges":
            held = [code.zfill(5) if code.isdigit() else code for code in held]
        kinds = sorted(set(held))
        if len(kinds) > 1 and what == "parameters" and STREAMFLOW in kinds:
            kept = [i for i, kind in enumerate(held) if kind == STREAMFLOW]
            notes = (f"{len(rows) - len(kept)} rows of other parameters than {STREAMFLOW} are left out",)
            rows, numbers = [rows[i] for i in kept], [numbers[i] for i in kept]
        elif len(kinds) > 1:
            raise InputError(
                f"{path} holds several {what}: {', '.join(kinds[:5])}",
                hint="take one out of it: dmod observations GAUGE gauge.csv --source FILE",
            )
    return rows, numbers, notes


def _provisional(names: list[str], rows: Rows) -> tuple[str, ...]:
    index = next((i for i, name in enumerate(names) if name.lower() in APPROVAL_COLUMNS), None)
    if index is None:
        return ()
    count = sum(len(row) > index and row[index].strip().lower() in PROVISIONAL for row in rows)
    return (f"{count} of {len(rows)} values are provisional: subject to revision",) if count else ()


def _time_column(names: list[str], path: Path) -> int:
    found = [i for i, name in enumerate(names) if bare_name(name) in TIME_NAMES]
    if not found:
        raise InputError(
            f"{path}: no time column among {', '.join(names)}",
            hint="call it time, datetime, date or value_time",
        )
    return found[0]


def _flow_column(names: list[str], column: str | None, path: Path) -> int:
    if column is not None:
        exact = [i for i, name in enumerate(names) if column in {name, bare_name(name)}]
        if len(exact) != 1:
            raise InputError(f"{path}: no single column {column!r}", hint=f"there are {', '.join(names)}")
        return exact[0]
    found = [i for i, name in enumerate(names) if bare_name(name) in FLOW_NAMES]
    if len(found) != 1:
        others = [i for i, name in enumerate(names) if bare_name(name) not in BESIDE_THE_FLOW]
        found = found or others
    if len(found) != 1:
        what = "several columns could be" if found else "no column is"
        raise InputError(
            f"{path}: {what} the flow; there are {', '.join(names)}",
            hint="name it (--observed-column NAME; read_observed(..., column='NAME'))",
        )
    return found[0]


def _unit_of_column(names: list[str], rows: list[list[str]]) -> str | None:
    for index, name in enumerate(names):
        if name.lower() in UNIT_COLUMNS:
            units = {row[index].strip() for row in rows if len(row) > index}
            if len(units) == 1:
                return units.pop() or None
    return None


def _numbers(
    cells: list[str], path: Path, numbers: Sequence[int], name: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    try:
        return np.array(cells, dtype=np.float64), ()
    except ValueError:
        pass  # some cell is empty or a word
    values = np.empty(len(cells))
    for i, cell in enumerate(cells):
        text = cell.strip()
        if text.lower() in WORDS_FOR_MISSING:
            values[i] = np.nan
            continue
        try:
            values[i] = float(text)
        except ValueError as error:
            raise InputError(
                f"{path}, line {numbers[i]}, column {name!r}: {text!r} is not a number",
                hint="leave the cell empty where there is no value",
            ) from error
    return values, ()


def _stamps(
    texts: list[str], zone: str | None, path: Path, numbers: Sequence[int]
) -> tuple[NDArray[np.datetime64], tuple[str, ...]]:
    if all(len(t) == 20 and t[10] == "T" and t[19] == "Z" for t in texts):  # as dmod writes them
        try:
            return np.array([t[:19] for t in texts], dtype="datetime64[s]"), ()
        except ValueError:
            pass  # the slow way names the line
    plain = all(len(t) in SHAPES_OF_STAMPS and t[4] == "-" and t[7] == "-" for t in texts)
    if plain and zone is None:
        try:
            return np.array(texts, dtype="datetime64[s]"), ("stamps carry no zone and are taken as UTC",)
        except ValueError:
            pass  # the slow way names the line
    local = UTC if zone is None else _zone(zone)
    seconds = np.empty(len(texts), dtype=np.int64)
    zoned = 0
    for i, text in enumerate(texts):
        time, had_zone = _one_stamp(text, local, f"{path}, line {numbers[i]}")
        zoned += had_zone
        seconds[i] = round((time - EPOCH).total_seconds())
    notes: list[str] = []
    if zoned:
        notes.append(f"{zoned} stamps carry a zone and were converted to UTC")
    if zoned < len(texts):
        notes.append(f"{len(texts) - zoned} stamps carry no zone and are taken as {zone or 'UTC'}")
    return seconds.astype("datetime64[s]"), tuple(notes)


def _one_stamp(text: str, local: tzinfo, where: str) -> tuple[datetime, bool]:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{where}: {text!r} is not a time", hint="write YYYY-MM-DD HH:MM:SS, with Z or +HH:MM if not UTC"
        ) from error
    return (time.replace(tzinfo=local), False) if time.tzinfo is None else (time, True)


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(
            f"time zone {name!r} is not known", hint="use a name such as America/Denver or Etc/GMT+7"
        ) from error


def read_netcdf(path: Path, column: str | None = None) -> RawSeries:
    """Read a variable along a CF time coordinate (``units: ... since ...``).

    Raises
    ------
    InputError
        not a NetCDF file, no such variable, more than one series in it, or a time unit that CF does not know.
    """
    import netCDF4

    try:
        dataset = netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read as NetCDF: {error.strerror or error}") from error
    with dataset:
        variables = dataset.variables
        when = next((n for n in variables if n.lower() in TIME_NAMES), None)
        if when is None:
            raise InputError(f"{path}: no time coordinate among {', '.join(variables)}", hint="call it time")
        what = _flow_variable(variables, column, path)
        axis = variables[what].dimensions
        values = np.ma.filled(np.ma.asarray(variables[what][:], dtype=np.float64), np.nan).squeeze()
        if values.shape != (variables[when].size,):
            raise InputError(
                f"{path}: {what!r} has dimensions {axis} and is not one series",
                hint="give a file with the gauge's series alone",
            )
        times = _decode(np.ma.filled(variables[when][:], 0), variables[when], path)
        unit = getattr(variables[what], "units", None)
    return RawSeries(times, values, what, unit)


def _flow_variable(variables: Mapping[str, object], column: str | None, path: Path) -> str:
    if column is not None:
        if column not in variables:
            raise InputError(f"{path}: no variable {column!r}", hint=f"there are {', '.join(variables)}")
        return column
    standard = "water_volume_transport_in_river_channel"
    found = [n for n, v in variables.items() if getattr(v, "standard_name", "") == standard]
    found = found or [n for n in variables if bare_name(n) in FLOW_NAMES]
    if len(found) != 1:
        raise InputError(
            f"{path}: which variable is the flow? There are {', '.join(variables)}",
            hint="name it (--observed-column NAME; read_observed(..., column='NAME'))",
        )
    return found[0]


def _decode(values: NDArray[np.float64], variable: object, path: Path) -> NDArray[np.datetime64]:
    units = getattr(variable, "units", "")
    calendar = getattr(variable, "calendar", "standard")
    match = re.fullmatch(r"\s*([a-z]+?)s?\s+since\s+(.+?)\s*(?:UTC)?\s*", units, flags=re.IGNORECASE)
    factor = SECONDS.get(match[1].lower() if match else "")
    if match is None or factor is None or calendar not in {"standard", "gregorian", "proleptic_gregorian"}:
        raise InputError(
            f"{path}: time units {units!r} (calendar {calendar}) cannot be read",
            hint="write them as in 'hours since 2015-12-01 00:00:00'",
        )
    origin = parse_time(match[2], what=f"{path}: origin of time")
    start = round((origin - EPOCH).total_seconds())
    return (start + np.round(np.asarray(values, dtype=np.float64) * factor).astype(np.int64)).astype(
        "datetime64[s]"
    )
