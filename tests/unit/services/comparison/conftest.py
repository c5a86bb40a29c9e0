"""Results of runs written by hand, with the writers that runs use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.output.csv_output import CatchmentCsv, NexusCsv
from dmod.output.layout import OutputLayout, OutputVariable
from dmod.output.netcdf_output import NEXUS_FLOW, CatchmentNetcdf, NexusNetcdf
from dmod.output.routed import RoutedNetcdf

START = datetime(2015, 12, 1, tzinfo=UTC)
Series = Mapping[str, list[list[float]]]
MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Return a function that writes a run's folder."""

    def make(
        name: str,
        values: Series,
        *,
        ids: tuple[str, ...] = ("cat-1", "cat-2"),
        units: Mapping[str, str] | None = None,
        start: datetime = START,
        step: int = 3600,
        csv: bool = False,
        dtype: str = "float64",
        nexus: list[list[float]] | None = None,
        flow: list[list[float]] | None = None,
        record: Mapping[str, object] | None = None,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        arrays = {key: np.array(rows, dtype=float) for key, rows in values.items()}
        axis = TimeAxis(start, step, next(iter(arrays.values())).shape[1])
        known = dict.fromkeys(arrays, "m") | dict(units or {})
        layout = [OutputLayout(tuple(OutputVariable(key, known[key]) for key in arrays))]
        rows = np.arange(len(ids))
        catchments = (
            CatchmentCsv.open(folder, ids, axis, layout, digits=17)
            if csv
            else CatchmentNetcdf.open(folder / "catchments.nc", ids, axis, layout, dtype=dtype)
        )
        with catchments as sink:
            sink.write(rows, 0, arrays)
        if nexus is not None:
            names = [f"nex-{i + 1}" for i in range(len(nexus))]
            opened = (
                NexusCsv.open(folder, names, axis)
                if csv
                else NexusNetcdf.open(folder / "nexuses.nc", names, axis)
            )
            with opened as sink:
                sink.write(np.arange(len(names)), 0, {NEXUS_FLOW: np.array(nexus, dtype=float)})
        if flow is not None:
            rivers = [f"wb-{i + 1}" for i in range(len(flow))]
            with RoutedNetcdf.open(folder / "streamflow.nc", rivers, axis, variables=("flow",)) as routed:
                routed.write(0, np.array(flow, dtype=np.float32))
        if record is not None:
            (folder / "metadata").mkdir()
            (folder / "metadata" / "run.json").write_text(json.dumps(record), encoding="utf-8")
        return folder

    return make
