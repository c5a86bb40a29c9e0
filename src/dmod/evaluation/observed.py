"""Observed streamflow: a series at a gauge in m3/s, read from CSV or NetCDF.

Nothing is repaired silently: every value that is not used is counted in ``ObservedSeries.notes``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.core.flow_columns import MISSING_CODES
from dmod.errors import InputError, NotFoundError, UnitError

if TYPE_CHECKING:
    from collections.abc import Sequence

FLOW = "m3 s-1"
DAY = 86400
UNIT_HINT = (
    "state it in the header, as in 'flow[ft3/s]' or 'flow (m3/s)', "
    "or by the option (--observed-unit ft3/s; read_observed(..., unit='ft3/s'))"
)


@dataclass(frozen=True, slots=True)
class ObservedSeries:
    """Observed flow at one gauge; times are unique and ascending.

    Parameters
    ----------
    times : UTC, start of the interval for which the value holds, shape (time,)
    values : [m3 s-1], NaN where missing, shape (time,)
    name : the gauge
    source : the file
    unit : as the source stated it
    notes : what was dropped or converted, one sentence each
    """

    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    name: str = ""
    source: str = ""
    unit: str = FLOW
    notes: tuple[str, ...] = ()

    @property
    def step(self) -> int | None:
        """The most frequent spacing [s] if the stamps stand on its grid, None if they are irregular."""
        seconds = self.times.astype("datetime64[s]").astype(np.int64)
        if len(seconds) < 2:
            return None
        spacings, counts = np.unique(np.diff(seconds), return_counts=True)
        step = int(spacings[np.argmax(counts)])
        off_grid = np.count_nonzero((seconds - seconds[0]) % step)
        return step if off_grid == 0 else None


def read_observed(
    path: str | Path,
    *,
    unit: str | None = None,
    column: str | None = None,
    name: str | None = None,
    zone: str | None = None,
) -> ObservedSeries:
    """Read a gauge's series from CSV or NetCDF (``.nc``, ``.nc4``, ``.cdf``).

    Stamps without a zone are UTC unless ``zone`` says otherwise; stamps with an offset are converted.
    Empty cells, NaN, -999 and its longer kin, agencies' words such as ``Ice`` and negative flow become
    missing. A stamp that occurs twice with the same value counts once, with different values is missing.

    Parameters
    ----------
    unit : of the flow, where the file does not state it or states it wrongly
    column : name of the flow column or variable, where it cannot be told
    name : of the gauge; the file's stem if not given
    zone : of stamps that carry none, ``America/Denver``

    Raises
    ------
    NotFoundError
        the file does not exist.
    UnitError
        the unit is not stated, or is none of flow.
    InputError
        the file has no time or flow column, or a cell cannot be read; the message names line and cell.
    """
    from dmod.evaluation.observed_files import read_csv, read_netcdf

    path = Path(path)
    if path.is_dir():
        raise InputError(f"observed streamflow: {path} is a folder", hint="give the gauge's file")
    if not path.is_file():
        raise NotFoundError(f"observed streamflow: {path} does not exist", hint="check the path")
    netcdf = path.suffix.lower() in {".nc", ".nc4", ".cdf"}
    raw = read_netcdf(path, column) if netcdf else read_csv(path, column, zone)
    stated = unit if unit is not None else raw.unit
    if stated is None:
        raise UnitError(f"{path}: the unit of column {raw.column!r} is not stated", hint=UNIT_HINT)
    scale = _to_cubic_metres(stated, path)
    times, values, notes = _clean(raw.times, raw.values, raw.notes)
    if scale != 1.0:
        values = values * scale
        notes = (*notes, f"converted from {stated} to m³/s")
    if not np.isfinite(values).any():
        raise InputError(f"{path}: column {raw.column!r} holds no value", hint="; ".join(notes) or None)
    return _days(ObservedSeries(times, values, name or path.stem, str(path), stated, notes))


def _days(series: ObservedSeries) -> ObservedSeries:
    """Say on which clock the days of a daily series begin: it decides what they are compared with."""
    if series.step != DAY:
        return series
    late = int(series.times[0].astype("datetime64[s]").astype(np.int64)) % DAY
    note = f"daily values hold for days that begin at {late // 3600:02d}:{late // 60 % 60:02d} UTC"
    return replace(series, notes=(*series.notes, note))


def _to_cubic_metres(unit: str, path: Path) -> float:
    from dmod.core.units import conversion

    plain = unit.strip().lower().replace("³", "3")
    spelled = {"m3s": FLOW, "m3_s": FLOW, "cumecs": FLOW, "ft3s": "cfs", "ft3_s": "cfs", "cusecs": "cfs"}
    try:
        found = conversion(spelled.get(plain, plain), FLOW)
    except UnitError as error:
        hint = "flow is given in m3/s, ft3/s or another volume per time; depths need the basin's area"
        raise UnitError(f"{path}: unit {unit!r} is no unit of streamflow", hint=hint) from error
    return found.scale


def _clean(
    times: NDArray[np.datetime64], values: NDArray[np.float64], notes: Sequence[str]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], tuple[str, ...]]:
    said = list(notes)
    coded = np.isin(values, MISSING_CODES)
    values = np.where(coded, np.nan, values)
    missing = int(np.isnan(values).sum())
    negative = values < 0.0
    values = np.where(negative | ~np.isfinite(values), np.nan, values)
    if missing:
        said.append(f"{missing} of {len(values)} values are missing")
    if negative.any():
        said.append(f"{int(negative.sum())} negative values are taken as missing")
    if np.any(np.diff(times.astype(np.int64)) < 0):
        said.append("stamps were not in order and were sorted")
    times, values, repeated = _merge_repeated(times, values)
    return times, values, (*said, *repeated)


def _merge_repeated(
    times: NDArray[np.datetime64], values: NDArray[np.float64]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], list[str]]:
    order = np.argsort(times, kind="stable")
    unique, first = np.unique(times[order], return_index=True)
    if len(unique) == len(times):
        return unique, values[order], []
    # fmin/fmax pass over NaN: a missing twin does not hide a value
    low = np.fmin.reduceat(values[order], first)
    high = np.fmax.reduceat(values[order], first)
    conflict = low < high
    notes = [f"{len(times) - len(unique)} repeated stamps were merged"]
    if conflict.any():
        notes.append(f"{int(conflict.sum())} stamps with contradicting values are taken as missing")
    return unique, np.where(conflict, np.nan, low), notes
