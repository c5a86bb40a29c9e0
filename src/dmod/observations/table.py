"""Tables with a header line: dmod's own tidy form, exports of the agencies, and the field's plain CSV.

Columns are found by name (`dmod.core.flow_columns`). A table without a column of sites holds one gauge.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from dmod.core.camels_flow import UNIT, split_camels_flow
from dmod.core.flow_columns import (
    APPROVAL_COLUMNS,
    BESIDE_THE_FLOW,
    CODE_COLUMNS,
    FLOW_NAMES,
    PARAMETER_COLUMNS,
    SITE_COLUMNS,
    STATISTIC_COLUMNS,
    TIME_NAMES,
    UNIT_COLUMNS,
    bare_name,
    unit_in_name,
)
from dmod.errors import InputError
from dmod.observations.codes import joined, qualifier_text, split_code
from dmod.observations.column import Column
from dmod.observations.features import bare_site
from dmod.observations.series import FLOW, MEAN, unit_of


@dataclass(frozen=True, slots=True)
class _Places:
    """Index of each column, None where the table has none."""

    time: int
    value: int
    unit: int | None
    site: int | None
    parameter: int | None
    statistic: int | None
    approval: int | None
    code: int | None
    series: int | None
    zone: int | None


def delimiter_of(header: str) -> str:
    """Return what separates the cells of a header line."""
    return max(",;\t", key=header.count)


def read_table(lines: Sequence[str], place: str) -> list[Column]:
    """Read a table; lines that start with ``#`` are comments.

    Raises
    ------
    InputError
        there is no column of times or no single one of values, or a row is too short.
    """
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if len(kept) < 2:
        raise InputError(f"{place} holds no data", hint="a header line and at least one row are needed")
    header, *rows = csv.reader((line for _, line in kept), delimiter=delimiter_of(kept[0][1]))
    names = [cell.strip() for cell in header]
    places = _find(names, place)
    stated = unit_in_name(names[places.value]) or ""
    found: dict[tuple[str, ...], Column] = {}
    for (number, _), row in zip(kept[1:], rows, strict=True):
        if len(row) <= max(places.time, places.value):
            raise InputError(f"{place}, line {number}: fewer cells than the header has columns")
        _take([cell.strip() for cell in row], places, stated, found, (number, place))
    return list(found.values())


def _find(names: list[str], place: str) -> _Places:
    bare = [bare_name(name) for name in names]

    def index(wanted: Sequence[str]) -> int | None:
        return next((bare.index(name) for name in wanted if name in bare), None)

    time = index(TIME_NAMES)
    if time is None:
        raise InputError(
            f"{place}: no time column among {', '.join(names)}",
            hint="call it time, datetime, date or value_time",
        )
    values = [i for i, name in enumerate(bare) if name in FLOW_NAMES]
    values = values or [i for i, name in enumerate(bare) if name not in BESIDE_THE_FLOW]
    if len(values) != 1:
        what = "several columns could be" if values else "no column is"
        raise InputError(
            f"{place}: {what} the values; there are {', '.join(names)}",
            hint="call it value, flow, streamflow or discharge",
        )
    return _Places(
        time,
        values[0],
        unit=index(UNIT_COLUMNS),
        site=index(SITE_COLUMNS),
        parameter=index(PARAMETER_COLUMNS),
        statistic=index(STATISTIC_COLUMNS),
        approval=index(APPROVAL_COLUMNS),
        code=index(CODE_COLUMNS),
        series=index(("series", "time_series_id")),
        zone=index(("tz_cd",)),
    )


def _take(
    row: list[str], places: _Places, stated: str, found: dict[tuple[str, ...], Column], where: tuple[int, str]
) -> None:
    """Add a row to its series."""

    def cell(index: int | None) -> str:
        return row[index] if index is not None and index < len(row) else ""

    parameter = cell(places.parameter)
    parameter = parameter.zfill(5) if parameter.isdigit() else parameter
    statistic = cell(places.statistic)
    statistic = statistic.zfill(5) if statistic.isdigit() else statistic
    unit = cell(places.unit) or stated or unit_of(parameter)
    key = (bare_site(cell(places.site)), parameter or FLOW, statistic, cell(places.series), unit)
    column = found.get(key)
    if column is None:
        site, parameter, statistic, series, unit = key
        column = found[key] = Column(where[1], site, parameter, statistic, unit, series)
    approval, beside = split_code(cell(places.approval))
    other, qualifiers = split_code(qualifier_text(cell(places.code)))
    column.add(row[places.time], row[places.value], approval or other, joined(qualifiers, beside), where[0])
    if places.zone is not None:
        column.zones.append(cell(places.zone) or "UTC")


def read_camels_flow(lines: Sequence[str], place: str) -> list[Column]:
    """Read a file of CAMELS.

    Raises
    ------
    InputError
        a line is no row of such a file.
    """
    found: dict[str, Column] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        parts = split_camels_flow(line)
        if parts is None:
            raise InputError(
                f"{place}, line {number}: not GAUGE YYYY MM DD FLOW FLAG: {line.strip()[:60]!r}",
                hint="give a file of CAMELS as it is distributed (*_streamflow_qc.txt)",
            )
        gauge, date, flow, flag = parts
        column = found.setdefault(gauge, Column(place, gauge, FLOW, MEAN, UNIT))
        approval, qualifiers = split_code(flag)
        column.add(date, flow, approval, qualifiers, number)
    return list(found.values())
