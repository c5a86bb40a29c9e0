"""Observed series of gauges: dmod's own tables, CAMELS, and what agencies send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.core.camels_flow import UNIT as CAMELS_UNIT
from dmod.core.camels_flow import is_camels_flow, split_camels_flow
from dmod.core.flow_columns import FLOW_NAMES, TIME_NAMES, bare_name
from dmod.errors import InputError
from dmod.observations.features import is_features
from dmod.observations.rdb import is_rdb
from dmod.observations.series import FLOW, PARAMETERS, Series
from dmod.observations.table import delimiter_of
from dmod.observations.tidy import COLUMNS, is_sidecar
from dmod.observations.waterml import is_waterml
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.csv_ends import Ends, Span, read_ends, span_of
from dmod.services.data.detect.detected import Detected, joined_notes
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.json_document import json_of
from dmod.services.data.detect.sight import Kind, kind_of, listing
from dmod.services.data.detect.spans import shared_period
from dmod.services.data.detect.words import counted, period_text, some, step_text

_GAUGE = re.compile(r"(?<!\d)\d{8,15}(?!\d)")
_PIECE = 65536
_LOOKED_AT = 3
_FLOW = PARAMETERS[FLOW][0]
_FORMS = {"rdb": "RDB of the USGS", "json": "JSON of the USGS"}


@dataclass(frozen=True, slots=True)
class _Observed:
    """One series of a file."""

    name: str
    gauge: str
    variable: str
    unit: str
    span: Span
    notes: tuple[str, ...] = ()


def recognises(path: Path) -> bool:
    """Whether it is a file of observed series, or a folder with one."""
    if not path.is_dir():
        return bool(form_of(path))
    files = [path / name for name in listing(path).files]
    return any(form_of(file) for file in files[:_LOOKED_AT])


def form_of(path: Path) -> str:
    """Return the form of a file of observed series: camels, tidy, table, rdb, json; "" for none.

    Raises
    ------
    InputError
        it begins like JSON, and is none.
    """
    kind = kind_of(path)
    if kind is Kind.JSON:
        return "json" if _is_observed_json(json_of(path)) else ""
    if kind is not Kind.TEXT:
        return ""
    lines = _data_lines(read_ends(path, _PIECE))
    if not lines:
        return ""
    if is_camels_flow(lines[0]):
        return "camels"
    names = [cell.strip().strip('"') for cell in lines[0].split(delimiter_of(lines[0]))]
    if is_rdb(names):
        return "rdb"
    if tuple(names) == COLUMNS:
        return "tidy"
    bare = [bare_name(name) for name in names]
    flows = sum(name in FLOW_NAMES for name in bare)
    return "table" if flows == 1 and any(name in TIME_NAMES for name in bare) else ""


def read(path: Path) -> Detected:
    """Read gauges, variables, units and period."""
    if path.is_dir():
        names = [name for name in listing(path).files if form_of(path / name)]
        along = {name for name in listing(path).files if _goes_along(path / name)}
        notes = notes_on_others(path, {*names, *along}, "observed series")
        count = len(listing(path).files)
    else:
        names, notes, count = [Path(path.name)], [], 1
    base = path if path.is_dir() else path.parent
    series = [found for name in names for found in _series_of(base / name)]
    if not series:
        raise InputError(f"{path} holds no value", hint="ask the service for another period or gauge")
    parts = {f"{one.name} {number}": one.span for number, one in enumerate(series)}
    period, step, uneven = shared_period(parts, path.name or str(path), ("series", "series"))
    gauges = dict.fromkeys(one.gauge for one in series if one.gauge)
    units, odd = _units(series, len(gauges))
    unnamed = [] if gauges else ["it does not say which gauge it is of"]
    held = {
        DomainIndex.TIME: period,
        **discrete(DomainIndex.GAGE_ID, gauges),
        **discrete(DomainIndex.VARIABLE, units),
    }
    words = [counted(len(gauges), "gauge")] if gauges else ["a gauge without a name"]
    words[0] += f" ({some(list(gauges))})" if gauges else ""
    return Detected(
        path,
        Category.OBSERVATION,
        Domain(FORMATS["OBSERVATION_CSV"], held, units={name: unit for name, unit in units.items() if unit}),
        f"observed {', '.join(units)} of {words[0]}, {period_text(period)}, {step_text(step)}",
        step,
        joined_notes(uneven, odd, unnamed, *(one.notes for one in series), notes),
        count,
    )


DETECTOR = Detector("observed series of gauges", recognises, read)


def _is_observed_json(document: object) -> bool:
    if is_waterml(document):
        return True
    if not isinstance(document, dict) or not is_features(document):
        return False
    features = document["features"]
    properties = features[0].get("properties") if features and isinstance(features[0], dict) else None
    return isinstance(properties, dict) and {"time", "value"} <= set(properties)


def _goes_along(path: Path) -> bool:
    """Whether a file describes a table that lies beside it."""
    return kind_of(path) is Kind.JSON and is_sidecar(json_of(path))


def _data_lines(ends: Ends) -> list[str]:
    return [line for line in ends.head if not line.startswith("#")]


def _series_of(path: Path) -> list[_Observed]:
    form = form_of(path)
    ends = read_ends(path, _PIECE)
    if form == "camels":
        return _camels(path, ends)
    if form == "tidy":
        found = _tidy(path, ends)
        if found is not None:
            return [found]
    return _read_whole(path, form)


def _camels(path: Path, ends: Ends) -> list[_Observed]:
    """Read the ends of a file of one gauge's daily flow."""
    rows = [[split_camels_flow(line) for line in part] for part in (ends.head[:2], ends.tail[-2:])]
    if not all(rows[0]) or not all(rows[1]):
        raise InputError(f"{path.name} has a line that is not GAUGE YYYY MM DD FLOW FLAG")
    first, last = ([row[1] for row in part if row is not None] for part in rows)
    gauge = next(row[0] for row in rows[0] if row is not None)
    note = "days are taken as days of UTC; -999 stands for no value"
    return [_Observed(path.name, gauge, _FLOW, CAMELS_UNIT, span_of(first, last, path.name), (note,))]


def _tidy(path: Path, ends: Ends) -> _Observed | None:
    """Read the ends of a table of one series; None where they are not of one."""
    head = [line.split(",") for line in _data_lines(ends)[1:3]]
    tail = [line.split(",") for line in ends.tail[-2:]] if ends.tail != ends.head else head[-2:]
    if ends.tail == ends.head:
        tail = [line.split(",") for line in _data_lines(ends)[1:][-2:]]
    rows = [*head, *tail]
    if not head or any(len(row) < len(COLUMNS) for row in rows):
        return None
    kinds = {(row[0], row[3], row[-2], row[-1]) for row in rows}
    if len(kinds) > 1:
        return None
    site, unit, parameter, _ = kinds.pop()
    span = span_of([row[1] for row in head], [row[1] for row in tail], path.name)
    return _Observed(path.name, site, _variable(parameter), unit, span)


def _read_whole(path: Path, form: str) -> list[_Observed]:
    """Read every value of a file."""
    from dmod.observations.files import read_source

    note = f"{path.name} is {_FORMS[form]}, not CSV" if form in _FORMS else ""
    return [_described(path, series, note) for series in read_source(path) if series.times.size]


def _described(path: Path, series: Series, note: str) -> _Observed:
    from dmod.forcing.times import step_of

    times = np.unique(series.times.astype("datetime64[s]").astype(np.int64))
    step = step_of(times) if times.size > 1 else 0
    gauge, notes = series.site, [note, *series.notes]
    if not gauge:
        match = _GAUGE.search(path.stem)
        gauge = match[0] if match else ""
        notes += [f"the number {gauge} of the gauge is taken from the file's name"] if gauge else []
    span = Span(int(times[0]), int(times[-1]), step, step)
    return _Observed(path.name, gauge, _variable(series.parameter), series.unit, span, tuple(notes))


def _variable(parameter: str) -> str:
    """Return what a parameter's code stands for, as a word; the code where it is not known here."""
    return PARAMETERS.get(parameter, (parameter or _FLOW, ""))[0]


def _units(series: Sequence[_Observed], gauges: int) -> tuple[dict[str, str], list[str]]:
    """Return the variables that every gauge has, with their units, and notes."""
    found: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for one in series:
        found.setdefault(one.variable, set()).add(one.unit)
        owners.setdefault(one.variable, set()).add(one.gauge)
    shared = {name: units for name, units in found.items() if len(owners[name]) >= max(gauges, 1)}
    notes = [f"not all gauges have {name}" for name in found if name not in shared]
    for name, units in shared.items():
        if len(units) > 1:
            notes.append(f"{name} is in several units: {', '.join(sorted(units))}")
    return {name: min(units) if len(units) == 1 else "" for name, units in shared.items()}, notes
