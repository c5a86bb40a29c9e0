"""``hydrograph.csv``: flow at the outlet, what was observed there, and rain over the basin, by time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

if TYPE_CHECKING:
    from dmod.core.time_axis import TimeAxis
    from dmod.services.evaluate import Hydrograph

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]

FILE = "hydrograph.csv"
TIME = "time"
UNITS: Mapping[str, str] = {"simulated": "m3 s-1", "observed": "m3 s-1", "rain": "mm h-1"}
"""Of the columns, in their order; a run without observations or rain has no such column."""


@dataclass(frozen=True, slots=True)
class HydrographTable:
    """Series of the outlet on one axis of time.

    Parameters
    ----------
    seconds : since 1970 UTC, ascending, shape (time,)
    columns : name of `UNITS` → values, NaN where there is none, shape (time,)
    """

    seconds: Seconds
    columns: Mapping[str, Floats]


def table_of(hydrograph: Hydrograph, axis: TimeAxis) -> HydrographTable:
    """Return the table of a run's hydrograph.

    Routed flow is that of the moment it is stamped with, the end of a step, while rain is the mean of the
    step that begins at its stamp. So there is one row more than steps where flow is routed: the first row
    has no flow yet, the last no rain.

    Parameters
    ----------
    axis : steps of the run, which the rain is of
    """
    flow = hydrograph.times.astype("datetime64[s]").astype(np.int64)
    fallen = axis.epoch_seconds()
    seconds = flow if hydrograph.rain is None else np.union1d(fallen, flow)
    columns = {"simulated": _placed(seconds, flow, hydrograph.simulated)}
    if hydrograph.observed is not None:
        from dmod.evaluation.align import observed_means

        means = observed_means(hydrograph.times, hydrograph.step, hydrograph.observed)
        columns["observed"] = _placed(seconds, flow, means)
    if hydrograph.rain is not None:
        columns["rain"] = _placed(seconds, fallen, hydrograph.rain)
    return HydrographTable(seconds, columns)


def _placed(seconds: Seconds, stamps: Seconds, values: Floats) -> Floats:
    found = np.full(len(seconds), np.nan)
    found[np.searchsorted(seconds, stamps)] = values
    return found


def write_hydrograph(path: Path, table: HydrographTable) -> None:
    """Write a table as CSV: times as ``YYYY-MM-DD HH:MM:SS`` (UTC), nine digits, nothing where none is known.

    Ten years of hours take a tenth of a second.
    """
    titles = [TIME, *(f"{name}[{UNITS[name]}]" for name in table.columns)]
    labels = np.datetime_as_string(table.seconds.astype("datetime64[s]"), unit="s").tolist()
    row = ",".join(["%s", *["%.9g"] * len(table.columns)]) + "\n"
    values = [column.tolist() for column in table.columns.values()]
    lines = "".join([row % cells for cells in zip(labels, *values, strict=True)])
    # neither times nor numbers hold these letters otherwise
    path.write_text(",".join(titles) + "\n" + lines.replace("T", " ").replace("nan", ""), encoding="utf-8")


def read_hydrograph(path: Path) -> HydrographTable:
    """Read what `write_hydrograph` wrote.

    Raises
    ------
    InputError
        it cannot be read, or is another table.
    """
    import pandas as pd

    try:
        found = pd.read_csv(path)
        stamps = found.pop(TIME).to_numpy(dtype="datetime64[s]")
        columns = {str(title).partition("[")[0]: found[title].to_numpy(np.float64) for title in found}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} is not the hydrograph of a run: {error}", hint="run the package again"
        ) from error
    seconds = stamps.astype(np.int64)
    if not columns or columns.keys() - UNITS.keys() or np.any(np.diff(seconds) <= 0):
        raise InputError(
            f"{path} is not the hydrograph of a run",
            hint="it has ascending times and some of the columns " + ", ".join(UNITS),
        )
    return HydrographTable(seconds, {name: columns[name] for name in UNITS if name in columns})
