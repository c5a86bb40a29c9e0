"""Small, plausible forcing that a test can spoil."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.forcing.opening import open_forcing
from dmod.forcing.source import ForcingSource
from dmod.forcing.write import write_csv_forcing, write_netcdf_forcing

Values = dict[str, np.ndarray]
Open = Callable[..., ForcingSource]


@pytest.fixture
def axis() -> TimeAxis:
    """Return two days of hours."""
    return TimeAxis(datetime(2015, 12, 1, tzinfo=UTC), 3600, 48)


@pytest.fixture
def ids() -> tuple[str, ...]:
    """Return four catchments."""
    return ("cat-4", "cat-2", "cat-30", "cat-1")


@pytest.fixture
def values(axis: TimeAxis, ids: tuple[str, ...]) -> Values:
    """Return exact single-precision values, so that both layouts hold the same numbers."""
    rng = np.random.default_rng(7)
    shape = (len(ids), axis.count)
    draw = {
        "precip_rate": rng.random(shape) * 1e-3,
        "TMP_2maboveground": 270 + 20 * rng.random(shape),
        "PRES_surface": 98_000 + 3000 * rng.random(shape),
        "SPFH_2maboveground": 0.01 * rng.random(shape),
    }
    return {name: array.astype(np.float32).astype(np.float64) for name, array in draw.items()}


@pytest.fixture(params=["NetCDF", "CsvPerFeature"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, axis: TimeAxis, ids: tuple[str, ...]) -> Open:
    """Return what writes values in a layout and opens them."""

    def open_values(values: Values, catchments: tuple[str, ...] = ids, **units: str) -> ForcingSource:
        if request.param == "NetCDF":
            path = tmp_path / "forcing.nc"
            write_netcdf_forcing(path, ids, axis, values, units=units)
            return open_forcing("NetCDF", path, None, catchments)
        write_csv_forcing(tmp_path / "csv", ids, axis, values, units=units, digits=17)
        return open_forcing("CsvPerFeature", tmp_path / "csv", "{{id}}.csv", catchments)

    return open_values
