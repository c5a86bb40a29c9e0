"""Opening what a dataset's files hold to look at: results of a run, or observations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.catalog.category import Category
from dmod.catalog.dataset import Dataset
from dmod.errors import InputError
from dmod.services.comparison.layer import Layer
from dmod.services.comparison.run_folder import open_run
from dmod.services.hydrograph_table import FILE, UNITS, read_hydrograph
from dmod.services.views.view import DatasetView, Floats, ViewedLayer

RECORD = "metadata/run.json"


def open_view(dataset: Dataset, folder: Path) -> DatasetView:
    """Return what can be looked at of a dataset whose files lie in a folder.

    Raises
    ------
    InputError
        it holds no series that are known here.
    """
    match dataset.category:
        case Category.OUTPUT:
            return _results(folder)
        case Category.OBSERVATION:
            return _observations(dataset, folder)
    raise InputError(
        f"{dataset.reference} is of category {dataset.category.value}, which has no series to look at",
        hint="name results of a run (OUTPUT) or observations (OBSERVATION)",
    )


def _results(folder: Path) -> DatasetView:
    inside = next((path.parent for path in sorted(folder.rglob("streamflow.nc"))), folder)
    run = open_run(inside, "results")
    layers: dict[str, ViewedLayer] = {name: _viewed(name, layer) for name, layer in run.layers.items()}
    summary = _summary(next(iter(sorted(folder.rglob(RECORD))), None))
    basin = _basin(inside / FILE, summary)
    if basin is not None:
        layers[basin.name] = basin
    return DatasetView(layers, summary, run.close)


def _viewed(name: str, layer: Layer) -> ViewedLayer:
    stamps = layer.stamps
    seconds = stamps.start + stamps.step * np.arange(stamps.count, dtype=np.int64)
    return ViewedLayer(name, layer.index, seconds, layer.units, layer.read)


def _basin(file: Path, summary: Mapping[str, Any]) -> ViewedLayer | None:
    """Return the hydrograph at the outlet; None where the run wrote none, or it is another table."""
    if not file.is_file():
        return None
    try:
        table = read_hydrograph(file)
    except InputError:
        return None
    names = list(table.columns)
    values = np.array(list(table.columns.values()))
    result = summary.get("result")
    outlet = str(result.get("outlet") or "outlet") if isinstance(result, dict) else "outlet"

    def read(wanted: Sequence[str], rows: NDArray[np.int64], first: int, count: int) -> Mapping[str, Floats]:
        return {name: values[[names.index(name)] * len(rows), first : first + count] for name in wanted}

    return ViewedLayer("basin", {outlet: 0}, table.seconds, {name: UNITS[name] for name in names}, read)


def _summary(record: Path | None) -> dict[str, Any]:
    """Return what the run's record says of itself; nothing where it cannot be read."""
    if record is None:
        return {}
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _observations(dataset: Dataset, folder: Path) -> DatasetView:
    from dmod.services.views.gauges import observed_series

    observed = observed_series(dataset, folder)
    seconds = np.unique(np.concatenate([_seconds(one.times) for one in observed.values()]))
    values = np.full((len(observed), len(seconds)), np.nan)
    for row, one in enumerate(observed.values()):
        values[row, np.searchsorted(seconds, _seconds(one.times))] = one.values
    names = {name: row for row, name in enumerate(observed)}

    def read(wanted: Sequence[str], rows: NDArray[np.int64], first: int, count: int) -> Mapping[str, Floats]:
        return dict.fromkeys(wanted, values[rows, first : first + count])

    layer = ViewedLayer("gauges", names, seconds, {"flow": "m3 s-1"}, read)
    return DatasetView({"gauges": layer}, {}, observed=observed)


def _seconds(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return times.astype("datetime64[s]").astype(np.int64)
