"""From numbers as a file holds them to numbers as a module wants them, looked at on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.units import Conversion
from dmod.errors import CoverageError, InputError
from dmod.forcing.column import Column, diagnose

Array = NDArray[np.float64]

# how many numbers a refused value's neighbourhood is described by
_SOME = 100_000


@compiled
def convert_rows(
    raw: NDArray[Any],
    scale: float,
    offset: float,
    lowest: float,
    highest: float,
    fill: float,
    out: Array,
    order: NDArray[np.int64],
    skip: int,
) -> int:
    """Convert (row, time) and return how many values are missing or outside the range.

    Row *i* goes to row ``order[i]`` of ``out``, from column ``skip`` on; ``fill`` marks a missing
    value (where it is NaN, only NaN does).
    """
    outside = 0
    for i in range(raw.shape[0]):
        k = order[i]
        for t in range(raw.shape[1]):
            value = np.float64(raw[i, t])
            out[k, skip + t] = value * scale + offset
            outside += not (lowest <= value <= highest) or value == fill
    return outside


def missing_mask(raw: NDArray[Any], fill: float) -> NDArray[np.bool_]:
    """Return where there is no value."""
    missing: NDArray[np.bool_] = np.isnan(raw) | (raw == fill)
    return missing


def convert(
    raw: NDArray[Any],
    out: Array,
    order: NDArray[np.int64],
    column: Column,
    change: Conversion,
    fill: float = np.nan,
    *,
    skip: int = 0,
) -> bool:
    """Convert into ``out`` from column ``skip`` on, missing as NaN; return whether all were in range."""
    lowest, highest = column.limits()
    outside = convert_rows(raw, change.scale, change.offset, lowest, highest, fill, out, order, skip)
    if outside and fill == fill:  # noqa: PLR0124 - not NaN
        for i, row in enumerate(raw):
            out[order[i], skip : skip + row.size][row == fill] = np.nan
    return outside == 0


def refuse(
    raw: NDArray[Any], catchments: Sequence[str], window: TimeAxis, column: Column, fill: float, where: str
) -> None:
    """Raise the error that describes the first bad value of ``raw`` (catchment, time), if there is one.

    Raises
    ------
    CoverageError
        a value is missing.
    InputError
        a value is outside the physically possible range.
    """
    missing = missing_mask(raw, fill)
    if missing.any():
        row, step = np.argwhere(missing)[0]
        raise CoverageError(
            f"{where}: {column.name} of {catchments[row]} is missing at "
            f"{format_time(window.time(int(step)))} ({missing[row].sum()} missing values in that catchment)",
            hint="complete the file, or choose how to fill such gaps with --fill (linear, previous, …)",
        )
    lowest, highest = column.limits()
    outside = ~((raw >= lowest) & (raw <= highest))
    if outside.any():
        row, step = np.argwhere(outside)[0]
        value = float(raw[row, step])
        bad = raw[outside][:_SOME]
        raise InputError(
            f"{where}: {column.name} of {catchments[row]} is {value:g} {column.file_unit} at "
            f"{format_time(window.time(int(step)))}, outside {lowest:g} to {highest:g} {column.file_unit}",
            hint=diagnose(column, float(bad.min()), float(bad.max())),
        )
