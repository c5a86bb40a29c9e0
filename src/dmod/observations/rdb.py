"""RDB: the tab-separated form of the National Water Information System, daily and instantaneous.

A header of comments, a row of names, a row of widths (``5s 15s 20d``), rows of data; several sites follow one
another, each with a header of its own. A value's column is named ``[series_]parameter[_statistic]``, that of
its code the same with ``_cd``. Instantaneous rows carry their zone (``tz_cd``); daily rows only a date.

Source: help.waterdata.usgs.gov/faq/about-tab-delimited-output; nwis/dv and nwis/iv with format=rdb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dmod.errors import InputError
from dmod.observations.codes import split_code
from dmod.observations.column import Column
from dmod.observations.series import MOMENT, unit_of

VALUE_COLUMN = re.compile(r"(?:(?P<id>\w+?)_)?(?P<parameter>\d{5})(?:_(?P<statistic>\d{5}))?")
TIME_COLUMNS = ("datetime", "date", "date_time")
_SITE = re.compile(r"#\s+\w+\s+(\d{8,15})\s+(\S.*)")
_WIDTH = re.compile(r"\d+[sdn]")


def is_rdb(names: list[str]) -> bool:
    """Whether a row of names is that of a table of sites and parameter codes."""
    lower = [name.lower() for name in names]
    return "site_no" in lower and any(VALUE_COLUMN.fullmatch(name) for name in names)


@dataclass(slots=True)
class _Layout:
    """Which column is which below one row of names."""

    site: int
    time: int
    zone: int | None
    values: list[tuple[int, int | None, Column]]
    sites: dict[str, list[tuple[int, int | None, Column]]]


def read_rdb(lines: Iterable[str], place: str, *, delimiter: str = "\t") -> list[Column]:
    """Read a file; the series come in its order, those without a row too.

    Raises
    ------
    InputError
        a row of data stands before any row of names, or is shorter than it.
    """
    names: dict[str, str] = {}
    layout: _Layout | None = None
    layouts: list[_Layout] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            site = _SITE.match(line)
            if site:
                names[site[1]] = site[2].strip()
            continue
        cells = [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]
        if is_rdb(cells):
            layout = _layout(cells, f"{place}, line {number}", place)
            layouts.append(layout)
        elif any(cells) and not all(map(_WIDTH.fullmatch, filter(None, cells))):
            if layout is None:
                raise InputError(f"{place}, line {number}: data before the row of column names")
            _take(cells, layout, number, place)
    found = [column for item in layouts for group in item.sites.values() for _, _, column in group]
    for column in found:
        column.name = names.get(column.site, "")
    return found


def _layout(cells: list[str], where: str, place: str) -> _Layout:
    lower = [cell.lower() for cell in cells]
    time = next((lower.index(name) for name in TIME_COLUMNS if name in lower), None)
    if time is None:
        raise InputError(f"{where}: no column datetime", hint=f"there are {', '.join(cells)}")
    zone = lower.index("tz_cd") if "tz_cd" in lower else None
    return _Layout(lower.index("site_no"), time, zone, list(_values(cells, place, zone)), {})


def _values(cells: list[str], place: str, zone: int | None) -> Iterator[tuple[int, int | None, Column]]:
    for index, name in enumerate(cells):
        match = VALUE_COLUMN.fullmatch(name)
        if match is None:
            continue
        code = cells.index(f"{name}_cd") if f"{name}_cd" in cells else None
        statistic = match["statistic"] or (MOMENT if zone is not None else "")
        series = "" if match["id"] in (None, "X") else match["id"]
        parameter = match["parameter"]
        yield index, code, Column(place, "", parameter, statistic, unit_of(parameter), series)


def _take(cells: list[str], layout: _Layout, number: int, place: str) -> None:
    """Add a row of data to its site's columns."""
    last = max(index for index, _, _ in layout.values)
    if len(cells) <= max(last, layout.time, layout.site):
        raise InputError(
            f"{place}, line {number}: {len(cells)} cells where the row of names has more",
            hint="the file seems to be cut off; fetch it again",
        )
    site = cells[layout.site]
    if site not in layout.sites:
        layout.sites[site] = [
            (index, code, Column(place, site, like.parameter, like.statistic, like.unit, like.id))
            for index, code, like in layout.values
        ]
    for index, code, column in layout.sites[site]:
        said = cells[code] if code is not None and code < len(cells) else ""
        if not cells[index] and not said:
            continue  # another series has a value at this time, this one has not
        approval, qualifiers = split_code(said)
        column.add(cells[layout.time], cells[index], approval, qualifiers, number)
        if layout.zone is not None:
            column.zones.append(cells[layout.zone])
