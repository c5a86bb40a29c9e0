"""Forcing of a real basin from a grid, beside what a script with another program for zonal means gives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.example_layouts import NWM_WKT
from dmod.forcing.gridded.example_stores import write_nwm_zarr_store
from dmod.forcing.gridded.opening import open_grid_source
from dmod.hydrofabric.polygons import read_polygons
from dmod.services.derive_forcing import derive_forcing

PERIOD = TimeAxis(datetime(2019, 3, 1, tzinfo=UTC), 3600, 5)
COLUMNS = ("precip_rate", "TMP_2maboveground")


def field(column: str, x: Any, y: Any, step: int) -> Any:
    """Return values that differ from cell to cell."""
    wave = np.sin(x * 1.7e-3 + step) * np.cos(y * 2.3e-3 - 2 * step)
    return 1e-3 * (1.0 + wave) if column == "precip_rate" else 280.0 + 10.0 * wave


@pytest.fixture(scope="module")
def fabric(reference: Path) -> Path:
    return reference / "hydrofabric" / "gage-10109001_subset.gpkg"


@pytest.fixture(scope="module")
def store(fabric: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pyproj import Transformer

    polygons = read_polygons(fabric)
    to_degrees = Transformer.from_crs(polygons.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*polygons.bounds)
    bounds = (west - 0.05, south - 0.05, east + 0.05, north + 0.05)
    root = tmp_path_factory.mktemp("store") / "nwm"
    return write_nwm_zarr_store(root, bounds, PERIOD, field, columns=COLUMNS, packed=False)


def by_script(fabric: Path, store: Path, column: str) -> np.ndarray[Any, Any]:
    """Return what a loop over steps with exactextract gives: (catchment, time)."""
    import geopandas
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    source = open_grid_source(str(store), PERIOD, layout="nwm", columns=COLUMNS)
    values = source.read(column, source.grid.whole, PERIOD)
    west, south, east, north = source.grid.bounds
    divides = geopandas.read_file(fabric, layer="divides").to_crs(NWM_WKT)
    means = []
    for step in values:
        rows = step[::-1] if source.grid.dy > 0 else step
        raster = NumPyRasterSource(rows, xmin=west, ymin=south, xmax=east, ymax=north, srs_wkt=NWM_WKT)
        table = exact_extract(raster, divides, ["mean"], include_cols=["divide_id"], output="pandas")
        means.append(table.set_index("divide_id")["mean"][divides["divide_id"]].to_numpy())
    return np.stack(means, axis=1)


def test_forcing_of_a_real_basin_equals_exactextract(fabric: Path, store: Path, tmp_path: Path) -> None:
    import netCDF4

    result = derive_forcing(
        str(store), fabric, tmp_path / "forcings.nc", start=PERIOD.start, end=PERIOD.end, layout="nwm",
        variables=COLUMNS, cache=tmp_path / "cache",
    )  # fmt: skip
    assert result.catchments == 88
    assert result.facts["coverage"]["covered_minimum"] == 1.0
    assert result.warnings == ()
    with netCDF4.Dataset(tmp_path / "forcings.nc") as file:
        for column, scale in zip(COLUMNS, (1e-3, 10.0), strict=True):
            got, expected = np.asarray(file[column][:]), by_script(fabric, store, column)
            np.testing.assert_allclose(got, expected, atol=2e-5 * scale + 2e-7 * abs(expected).max(), rtol=0)
    for facts in result.facts["conservation"].values():
        assert facts["largest_relative_difference_of_a_step"] < 1e-9
