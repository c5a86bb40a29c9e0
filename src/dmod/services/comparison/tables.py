"""A comparison as CSV: a table per run and kind of place, a row per place and variable."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

from dmod.core.atomic import replacing
from dmod.core.time_axis import format_time
from dmod.services.comparison.comparison import Comparison, RunDeviation
from dmod.services.comparison.layer import LAYERS, SINGULAR, LayerName

COLUMNS = (
    "pairs", "missing", "beyond", "identical", "largest", "when", "bias", "rmse", "reference_sum",
    "other_sum", "relative", "correlation", "nse",
)  # fmt: skip


def write_tables(folder: Path, comparison: Comparison) -> list[Path]:
    """Write the tables of all runs and return their paths; tables of these names are replaced.

    Columns are those of `PlaceDeviation`; a field is empty where a score is not defined.

    Raises
    ------
    StoreError
        the folder cannot be written to.
    """
    written = []
    for deviation in comparison.deviations:
        stem = re.sub(r"[^\w.-]+", "_", deviation.name).strip("_") or "run"
        for layer in LAYERS:
            if any(variable.layer == layer for variable in deviation.variables):
                path = Path(folder) / f"{stem}-{layer}.csv"
                while path in written:
                    path = path.with_name(f"{path.stem}_.csv")
                _write(path, deviation, layer)
                written.append(path)
    return written


def _write(path: Path, deviation: RunDeviation, layer: LayerName) -> None:
    with replacing(path) as hidden, hidden.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((SINGULAR[layer], "variable", "unit", *COLUMNS))
        for variable in (v for v in deviation.variables if v.layer == layer):
            for row, name in enumerate(variable.ids):
                place = variable.place(row)
                cells = [_cell(getattr(place, column)) for column in COLUMNS if column != "when"]
                when = "" if place.when is None else format_time(place.when)
                cells.insert(COLUMNS.index("when"), when)
                writer.writerow((name, variable.variable, variable.unit, *cells))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return str(value)
